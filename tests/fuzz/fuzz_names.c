/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Fuzz: any bytes as a name and as a birth date; keys of keys are themselves, composed and
 *  decomposed text have one key, plain keys are ASCII.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/base/text.h"
#include "lib/names/names.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool kept)
{
    if (!kept) {
        abort();
    }
}

static void check_plain(const char *name)
{
    char plain[CHL_NAME_KEY_SIZE], again[CHL_NAME_KEY_SIZE];
    if (chl_name_key_plain(name, plain, sizeof plain) != CHL_OK) {
        demand(plain[0] == '\0');
        return;
    }
    demand(strspn(plain, "abcdefghijklmnopqrstuvwxyz0123456789 ") == strlen(plain));
    demand(strlen(plain) > CHL_NAME_MAX ||
           (chl_name_key_plain(plain, again, sizeof again) == CHL_OK && strcmp(plain, again) == 0));
}

static void check_name(const char *name)
{
    char nfc[CHL_NAME_NFC_SIZE], key[CHL_NAME_KEY_SIZE], again[CHL_NAME_KEY_SIZE];
    chl_err error = chl_name_nfc(name, nfc, sizeof nfc);
    if (error != CHL_OK) {
        demand(nfc[0] == '\0' && !chl_name_equal(name, name));
        return;
    }
    demand(chl_utf8_valid(nfc, strlen(nfc)));
    if (strlen(nfc) <= CHL_NAME_MAX && chl_name_nfc(nfc, again, sizeof again) == CHL_OK) {
        demand(strcmp(nfc, again) == 0);
    }
    error = chl_name_key(name, key, sizeof key);
    demand(error == CHL_OK || error == CHL_E_NOTFOUND || error == CHL_E_INVAL);
    demand(chl_utf8_valid(key, strlen(key)));
    if (strlen(nfc) <= CHL_NAME_MAX && chl_name_key(nfc, again, sizeof again) != CHL_E_INVAL) {
        demand(strcmp(key, again) == 0);
    }
    if (error == CHL_OK && strlen(key) <= CHL_NAME_MAX &&
        chl_name_key(key, again, sizeof again) != CHL_E_INVAL) {
        demand(strcmp(key, again) == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char text[CHL_NAME_MAX + 64], birth[CHL_BIRTH_SIZE], again[CHL_BIRTH_SIZE];
    if (size >= sizeof text) {
        return 0;
    }
    if (size > 0) {
        memcpy(text, data, size);
    }
    text[size] = '\0';
    check_name(text);
    check_plain(text);
    if (chl_birth_normalise(text, birth) == CHL_OK) {
        demand(chl_birth_normalise(birth, again) == CHL_OK && strcmp(birth, again) == 0);
    } else {
        demand(birth[0] == '\0');
    }
    return 0;
}
