/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Fuzz: lists of declarations that were taken back. Every entry that a list is said to hold
 *  is found again.
 */
#include "lib/declaration/revoked.h"

#include "lib/base/text.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool good)
{
    if (!good) {
        abort();
    }
}

/** Lines that plainly are entries, read the short way. */
static size_t find_all(const struct chl_revoked *list, const char *text, size_t size)
{
    size_t found = 0;
    for (const char *at = text, *end = text + size; at < end;) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        size_t length = (size_t)((stop == NULL ? end : stop) - at);
        uint8_t id[CHL_REVOKED_ID_MAX];
        if (length == 3 + 2 * sizeof id && memcmp(at, "id ", 3) == 0 &&
            chl_unhex(at + 3, 2 * sizeof id, id, sizeof id) == CHL_OK) {
            must(chl_revoked_has(list, CHL_REVOKED_ID, (struct chl_bytes){id, sizeof id}));
            found++;
        }
        at += length + 1;
    }
    return found;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char why[256] = "";
    struct chl_revoked *list = NULL;
    chl_err err = chl_revoked_parse("list", (const char *)data, size, &list, why, sizeof why);
    must((err == CHL_OK) == (list != NULL) && (err == CHL_OK) == (why[0] == '\0'));
    if (err == CHL_OK) {
        must(find_all(list, (const char *)data, size) <= chl_revoked_count(list));
    }
    chl_revoked_free(list);
    return 0;
}
