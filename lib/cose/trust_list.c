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
#include "lib/cose/verifier.h"

enum { KEY_TEXT_MAX = 64 * 1024, LIST_VALUES_MAX = 256 * 1024 };

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

/* A list's own word for a certificate is what codes signed under it say. @return false when what is
 * stated is no identifier. */
static bool read_kid(const json_t *entry, uint8_t kid[CHL_KID_SIZE])
{
    uint8_t bytes[CHL_KID_SIZE + 1];
    const json_t *stated = json_object_get(entry, "kid");
    const char *text = json_string_value(stated);
    if (stated == NULL || json_is_null(stated)) {
        return true;
    }
    if (text == NULL || unbase64(text, bytes, sizeof bytes) != CHL_KID_SIZE) {
        return false;
    }
    memcpy(kid, bytes, CHL_KID_SIZE);
    return true;
}

static chl_err add_certificate(struct chl_trust *trust, const json_t *entry, struct chl_bytes der,
                               const char **why)
{
    struct chl_trust_key key;
    chl_err error = chl_certificate_to_key(der, &key);
    if (error != CHL_OK) {
        *why = "expected an X.509 certificate in rawData, got something else";
        return error;
    }
    set_country(&key, json_string_value(json_object_get(entry, "country")));
    if (!read_kid(entry, key.kid)) {
        *why = "expected 8 bytes in base64 as kid, got something else";
        chl_verifier_free(key.verifier);
        return CHL_E_CORRUPT;
    }
    return chl_trust_keep(trust, &key, der);
}

static chl_err add_entry(struct chl_trust *trust, const json_t *entry, const char **why)
{
    static const size_t room = KEY_TEXT_MAX;
    const char *raw = json_string_value(json_object_get(entry, "rawData"));
    const json_t *type = json_object_get(entry, "certificateType");
    const char *name = json_string_value(type);
    *why = "expected rawData with a certificate in base64, got none";
    if (type != NULL && (name == NULL || strcmp(name, "DSC") != 0)) {
        *why = "certificateType is not DSC: authorities and upload keys sign no documents";
        return CHL_E_CORRUPT;
    }
    uint8_t *der = raw == NULL ? NULL : malloc(room);
    if (der == NULL) {
        return raw == NULL ? CHL_E_CORRUPT : CHL_E_NOMEM;
    }
    int length = unbase64(raw, der, room);
    chl_err error =
        length > 0 ? add_certificate(trust, entry, (struct chl_bytes){der, (size_t)length}, why)
                   : CHL_E_CORRUPT;
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

/* Seconds of a stated time; 1, as old as can be, when it is no time. */
static int64_t stated_time(const json_t *value)
{
    const char *text = json_string_value(value);
    int64_t ns = 0;
    bool good = text != NULL && chl_time_parse(text, strlen(text), &ns) == CHL_OK;
    return good && ns > CHL_NS_PER_S ? ns / CHL_NS_PER_S : 1;
}

/* When the list was current: as it says itself, else when its newest entry came, else as its file
 * says. Copying a file makes it no younger; a gateway's entries do tell the day. */
static int64_t list_age(const json_t *root, const json_t *list, int64_t file_s)
{
    const json_t *updated = json_object_get(root, "updated");
    int64_t newest_s = 0;
    if (updated != NULL) {
        return stated_time(updated);
    }
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *stamp = json_object_get(json_array_get(list, i), "timestamp");
        int64_t stamp_s = stamp != NULL ? stated_time(stamp) : 0;
        newest_s = stamp_s > newest_s ? stamp_s : newest_s;
    }
    return newest_s != 0 ? newest_s : file_s < 0 ? -file_s : file_s;
}

/* Whether the text has few enough values to be built in memory: a value of two bytes takes a
 * hundred. Marks inside texts count too, which base64 does not hold. */
static bool is_bounded(const char *text, size_t length)
{
    size_t marks = 0;
    for (size_t i = 0; i < length; i++) {
        marks += text[i] == '[' || text[i] == '{' || text[i] == ',' ? 1 : 0;
    }
    return marks <= LIST_VALUES_MAX;
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
    if (!is_bounded(text + skip, content.length - skip)) {
        return CHL_E_LIMIT;
    }
    json_t *root = json_loadb(text + skip, content.length - skip, JSON_REJECT_DUPLICATES, NULL);
    const json_t *list = json_object_get(root, "certificates");
    chl_err error = json_is_array(list) ? CHL_OK : CHL_E_CORRUPT;
    int64_t source_s = trust->source_s;
    trust->source_s = list_age(root, list, source_s);
    for (size_t i = 0; error == CHL_OK && i < json_array_size(list); i++) {
        const char *why = "";
        trust->entry = i + 1;
        error = add_entry(trust, json_array_get(list, i), &why);
        if (error == CHL_E_CORRUPT) {
            chl_trust_pass_over(trust, why);
            error = CHL_OK;
        }
    }
    trust->source_s = source_s;
    json_decref(root);
    return error;
}
