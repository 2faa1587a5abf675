/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Reads PEM, DER and JSON trust lists, files and folders, into a trust store.
 */
#include <dirent.h>
#include <errno.h>
#include <jansson.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/cose/certificate.h"
#include "lib/cose/trust.h"
#include "lib/cose/trust_store.h"

enum { KEY_TEXT_MAX = 64 * 1024 };

#define EXPECTED "expected a PEM or DER certificate, a PEM public key or a JSON trust list"

static chl_err read_pem_block(struct chl_trust *trust, const char *name, struct chl_bytes der)
{
    struct chl_trust_key key;
    chl_err error = CHL_E_NOTFOUND;
    if (strcmp(name, PEM_STRING_X509) == 0 || strcmp(name, PEM_STRING_X509_OLD) == 0) {
        error = chl_certificate_to_key(der, &key);
    } else if (strcmp(name, PEM_STRING_PUBLIC) == 0) {
        error = chl_public_key_read(der, &key);
    }
    return error == CHL_OK ? chl_trust_keep(trust, &key) : error;
}

/* Other blocks (parameters, private keys) are passed over; a broken certificate is not. */
static chl_err add_pem(struct chl_trust *trust, struct chl_bytes content)
{
    BIO *bio = BIO_new_mem_buf(content.data, (int)content.length);
    chl_err error = bio == NULL ? CHL_E_NOMEM : CHL_OK;
    while (error == CHL_OK) {
        char *name = NULL, *header = NULL;
        unsigned char *data = NULL;
        long length = 0;
        if (PEM_read_bio(bio, &name, &header, &data, &length) != 1) {
            break;
        }
        error = read_pem_block(trust, name, (struct chl_bytes){data, (size_t)length});
        error = error == CHL_E_NOTFOUND ? CHL_OK : error;
        OPENSSL_free(name);
        OPENSSL_free(header);
        OPENSSL_free(data);
    }
    ERR_clear_error();
    BIO_free(bio);
    return error;
}

static chl_err add_der(struct chl_trust *trust, struct chl_bytes content)
{
    struct chl_trust_key key;
    chl_err error = chl_certificate_to_key(content, &key);
    return error == CHL_OK ? chl_trust_keep(trust, &key) : error;
}

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
    error = chl_trust_keep(trust, &key);
    if (error != CHL_OK || !other) {
        return error;
    }
    error = chl_certificate_to_key(der, &key);
    if (error != CHL_OK) {
        return error;
    }
    set_country(&key, country);
    memcpy(key.kid, kid, CHL_KID_SIZE);
    return chl_trust_keep(trust, &key);
}

static chl_err add_entry(struct chl_trust *trust, const json_t *entry)
{
    static const size_t room = KEY_TEXT_MAX;
    uint8_t kid[CHL_KID_SIZE + 1];
    const char *raw = json_string_value(json_object_get(entry, "rawData"));
    const char *kid_text = json_string_value(json_object_get(entry, "kid"));
    if (raw == NULL) {
        return CHL_E_CORRUPT;
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

/* One bad entry must not cost all the others: it is passed over. */
static chl_err add_json(struct chl_trust *trust, struct chl_bytes content)
{
    static const char mark[] = "\xEF\xBB\xBF"; /* byte order mark, as some editors leave it */
    const char *text = (const char *)content.data;
    size_t skip = 0;
    if (content.length >= sizeof mark && memcmp(text, mark, sizeof mark - 1) == 0) {
        text += sizeof mark - 1;
        content.length -= sizeof mark - 1;
    }
    if (content.length > 0 && text[0] != '{') {
        const char *line = memchr(text, '\n', content.length);
        skip = line == NULL ? content.length : (size_t)(line - text) + 1;
    }
    json_error_t where;
    json_t *root = json_loadb(text + skip, content.length - skip, JSON_REJECT_DUPLICATES, &where);
    const json_t *list = json_object_get(root, "certificates");
    chl_err error = json_is_array(list) ? CHL_OK : CHL_E_CORRUPT;
    for (size_t i = 0; error == CHL_OK && i < json_array_size(list); i++) {
        error = add_entry(trust, json_array_get(list, i));
        error = error == CHL_E_CORRUPT ? CHL_OK : error;
    }
    json_decref(root);
    return error;
}

static bool contains(struct chl_bytes content, const char *text)
{
    return content.length > 0 && memmem(content.data, content.length, text, strlen(text)) != NULL;
}

static chl_err add_content(struct chl_trust *trust, struct chl_bytes content)
{
    enum { DER_SEQUENCE = 0x30 };
    if (contains(content, "-----BEGIN ")) {
        return add_pem(trust, content);
    }
    if (content.length > 0 && content.data[0] == DER_SEQUENCE) {
        chl_err error = add_der(trust, content);
        if (error != CHL_E_CORRUPT) {
            return error;
        }
    }
    return add_json(trust, content); /* a signature line can begin with any character */
}

chl_err chl_trust_add(struct chl_trust *trust, const char *name, struct chl_bytes content,
                      char *why, size_t why_size)
{
    size_t before = trust->count;
    chl_err error = content.length > CHL_TRUST_FILE_MAX ? CHL_E_LIMIT : add_content(trust, content);
    chl_trust_sort(trust);
    if (error == CHL_OK && trust->count > before) {
        return CHL_OK;
    }
    error = error == CHL_OK || error == CHL_E_CORRUPT ? CHL_E_CONFIG : error;
    (void)snprintf(why, why_size, "%s: " EXPECTED ", got none that can be read (%s)", name,
                   chl_strerror(error));
    return error;
}

static chl_err read_file(const char *path, uint8_t **out, size_t *length)
{
    FILE *file = fopen(path, "rbe");
    struct stat status;
    chl_err error = CHL_E_IO;
    *out = NULL;
    if (file == NULL || fstat(fileno(file), &status) != 0) {
        goto out;
    }
    if (!S_ISREG(status.st_mode) || status.st_size > CHL_TRUST_FILE_MAX) {
        error = CHL_E_LIMIT;
        goto out;
    }
    *out = malloc((size_t)status.st_size + 1);
    if (*out == NULL) {
        error = CHL_E_NOMEM;
        goto out;
    }
    *length = fread(*out, 1, (size_t)status.st_size, file);
    error = ferror(file) != 0 ? CHL_E_IO : CHL_OK;
out:
    if (file != NULL) {
        (void)fclose(file);
    }
    return error;
}

static void tell_unread(const char *path, chl_err error, char *why, size_t why_size)
{
    bool readable = access(path, R_OK) == 0;
    const char *reason = readable ? NULL : strerrordesc_np(errno);
    (void)snprintf(why, why_size,
                   "%s: " EXPECTED " of at most %d MiB, could not read it (%s); check the path and "
                   "its permissions",
                   path, CHL_TRUST_FILE_MAX >> 20, reason != NULL ? reason : chl_strerror(error));
}

static chl_err add_file(struct chl_trust *trust, const char *path, char *why, size_t why_size)
{
    uint8_t *content = NULL;
    size_t length = 0;
    chl_err error = read_file(path, &content, &length);
    if (error == CHL_OK) {
        error = chl_trust_add(trust, path, (struct chl_bytes){content, length}, why, why_size);
    } else {
        tell_unread(path, error, why, why_size);
    }
    free(content);
    return error;
}

static int visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static chl_err add_folder(struct chl_trust *trust, const char *path, char *why, size_t why_size)
{
    struct dirent **entries = NULL;
    int count = scandir(path, &entries, visible, alphasort);
    size_t before = trust->count;
    chl_err error = count < 0 ? CHL_E_IO : CHL_OK;
    for (int i = 0; i < count; i++) {
        char file[4096];
        struct stat status;
        int length = snprintf(file, sizeof file, "%s/%s", path, entries[i]->d_name);
        free(entries[i]);
        if (error == CHL_OK && length > 0 && (size_t)length < sizeof file &&
            stat(file, &status) == 0 && S_ISREG(status.st_mode) &&
            status.st_size <= CHL_TRUST_FILE_MAX) { /* what is larger is no certificate */
            error = add_file(trust, file, why, why_size);
            error = error == CHL_E_CONFIG ? CHL_OK : error;
        }
    }
    free(entries);
    if (count < 0) {
        (void)snprintf(why, why_size,
                       "%s: expected a folder that can be read; check its permissions", path);
    } else if (error == CHL_OK && trust->count == before) {
        (void)snprintf(why, why_size, "%s: " EXPECTED " in this folder, got none", path);
        error = CHL_E_CONFIG;
    }
    return error;
}

chl_err chl_trust_add_path(struct chl_trust *trust, const char *path, char *why, size_t why_size)
{
    struct stat status;
    if (stat(path, &status) == 0 && S_ISDIR(status.st_mode)) {
        return add_folder(trust, path, why, why_size);
    }
    return add_file(trust, path, why, why_size);
}
