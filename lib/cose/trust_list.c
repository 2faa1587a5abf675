/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Reads JSON trust lists: those of the DCC gateway's national backends, and our own.
 */
#include <jansson.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/time.h"
#include "lib/cose/certificate.h"
#include "lib/cose/trust.h"
#include "lib/cose/trust_store.h"

enum { KEY_TEXT_MAX = 64 * 1024 };

/* Base64 of at most `room` bytes; -1 when it is none. */
static int unbase64(const char *text, uint8_t *out, size_t room)
{
    size_t length = strlen(text);
    if (length == 0 || length % 4 != 0 || length / 4 * 3 > room) {
        return -1;
    }
    int count = EVP_DecodeBlock(out, (const unsigned char *)text, (int)length);
    size_t padding = text[length - 1] != '=' ? 0 : (text[length - 2] == '=' ? 2 : 1);
    return count < 0 ? -1 : count - (int)padding;
}

static void set_country(struct chl_trust_key *key, const char *country)
{
    if (country != NULL && strlen(country) < sizeof key->country) {
        (void)snprintf(key->country, sizeof key->country, "%s", country);
    }
}

/* The list may know the certificate by another identifier: then it is found by both. */
static chl_err add_under(struct chl_trust *trust, struct chl_bytes der, const char *country,
                         const uint8_t *kid)
{
    struct chl_trust_key key;
    chl_err error = chl_certificate_to_key(der, &key);
    if (error != CHL_OK) {
        return error;
    }
    set_country(&key, country);
    bool other = kid != NULL && memcmp(kid, key.kid, CHL_KID_SIZE) != 0;
    error = chl_trust_keep(trust, &key, der);
    if (error != CHL_OK || !other) {
        return error;
    }
    error = chl_certificate_to_key(der, &key);
    if (error != CHL_OK) {
        return error;
    }
    set_country(&key, country);
    memcpy(key.kid, kid, CHL_KID_SIZE);
    return chl_trust_keep(trust, &key, der);
}

static chl_err add_entry(struct chl_trust *trust, const json_t *entry)
{
    static const size_t room = KEY_TEXT_MAX;
    uint8_t kid[CHL_KID_SIZE + 1];
    const char *raw = json_string_value(json_object_get(entry, "rawData"));
    const char *kid_text = json_string_value(json_object_get(entry, "kid"));
    const char *type = json_string_value(json_object_get(entry, "certificateType"));
    if (raw == NULL || (type != NULL && strcmp(type, "DSC") != 0)) {
        return CHL_E_CORRUPT; /* authorities and upload keys sign no documents */
    }
    uint8_t *der = malloc(room);
    if (der == NULL) {
        return CHL_E_NOMEM;
    }
    int length = unbase64(raw, der, room);
    bool has_kid = kid_text != NULL && unbase64(kid_text, kid, sizeof kid) == CHL_KID_SIZE;
    chl_err error = CHL_E_CORRUPT;
    if (length > 0) {
        error =
            add_under(trust, (struct chl_bytes){der, (size_t)length},
                      json_string_value(json_object_get(entry, "country")), has_kid ? kid : NULL);
    }
    free(der);
    return error;
}

/* Where the list begins: behind the signature line, if there is one. */
static size_t body_at(struct chl_bytes content)
{
    if (content.length == 0 || content.data[0] == '{') {
        return 0;
    }
    const uint8_t *line = memchr(content.data, '\n', content.length);
    return line == NULL ? content.length : (size_t)(line - content.data) + 1;
}

/* As JWS writes it (r and s), or as X.509 does. */
static bool made_by(const struct chl_trust_key *key, struct chl_bytes body,
                    struct chl_bytes signature)
{
    enum { HALF = 32 };
    uint8_t raw[2 * HALF];
    if (signature.length == sizeof raw && chl_trust_verify(key, body, signature)) {
        return true;
    }
    const unsigned char *at = signature.data;
    ECDSA_SIG *parts = d2i_ECDSA_SIG(NULL, &at, (long)signature.length);
    bool good = parts != NULL && at == signature.data + signature.length &&
                BN_bn2binpad(ECDSA_SIG_get0_r(parts), raw, HALF) == HALF &&
                BN_bn2binpad(ECDSA_SIG_get0_s(parts), raw + HALF, HALF) == HALF &&
                chl_trust_verify(key, body, (struct chl_bytes){raw, sizeof raw});
    ECDSA_SIG_free(parts);
    ERR_clear_error();
    return good;
}

chl_err chl_trust_list_signed(struct chl_bytes content, const struct chl_trust *signer)
{
    enum { LINE_MAX_LENGTH = 256 };
    char line[LINE_MAX_LENGTH];
    uint8_t signature[LINE_MAX_LENGTH];
    size_t at = body_at(content), length = at;
    while (length > 0 && (content.data[length - 1] == '\n' || content.data[length - 1] == '\r')) {
        length--;
    }
    if (length == 0 || length >= sizeof line || at == content.length) {
        return CHL_E_NOTFOUND;
    }
    memcpy(line, content.data, length);
    line[length] = '\0';
    int signature_length = unbase64(line, signature, sizeof signature);
    const struct chl_trust_key *key = chl_trust_at(signer, 0);
    if (signature_length <= 0) {
        return CHL_E_NOTFOUND;
    }
    bool good = key != NULL && key->alg == CHL_ALG_ES256 &&
                made_by(key, (struct chl_bytes){content.data + at, content.length - at},
                        (struct chl_bytes){signature, (size_t)signature_length});
    return good ? CHL_OK : CHL_E_DENIED;
}

/* When the list was current: as it says itself, else as its file says. A text that is no time says
 * that it is as old as can be. */
static int64_t list_age(const json_t *root, int64_t file_s)
{
    const json_t *updated = json_object_get(root, "updated");
    const char *text = json_string_value(updated);
    int64_t ns = 0;
    if (updated == NULL) {
        return file_s < 0 ? -file_s : file_s; /* a list has an age of its own */
    }
    bool good = text != NULL && chl_time_parse(text, strlen(text), &ns) == CHL_OK;
    return good && ns > CHL_NS_PER_S ? ns / CHL_NS_PER_S : 1;
}

/* One bad entry must not cost all the others: it is passed over. */
chl_err chl_trust_add_list(struct chl_trust *trust, struct chl_bytes content)
{
    static const char mark[] = "\xEF\xBB\xBF"; /* byte order mark, as some editors leave it */
    const char *text = (const char *)content.data;
    if (content.length >= sizeof mark && memcmp(text, mark, sizeof mark - 1) == 0) {
        text += sizeof mark - 1;
        content.length -= sizeof mark - 1;
    }
    content.data = (const uint8_t *)text;
    size_t skip = body_at(content);
    json_error_t where;
    json_t *root = json_loadb(text + skip, content.length - skip, JSON_REJECT_DUPLICATES, &where);
    const json_t *list = json_object_get(root, "certificates");
    chl_err error = json_is_array(list) ? CHL_OK : CHL_E_CORRUPT;
    int64_t source_s = trust->source_s;
    trust->source_s = list_age(root, source_s);
    for (size_t i = 0; error == CHL_OK && i < json_array_size(list); i++) {
        error = add_entry(trust, json_array_get(list, i));
        trust->skipped += error == CHL_E_CORRUPT ? 1 : 0;
        error = error == CHL_E_CORRUPT ? CHL_OK : error;
    }
    trust->source_s = source_s;
    json_decref(root);
    return error;
}
