/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Reads PEM, DER and JSON trust lists, files and folders, into a trust store.
 */
#include <dirent.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/cose/certificate.h"
#include "lib/cose/trust.h"
#include "lib/cose/trust_store.h"

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
    return error == CHL_OK ? chl_trust_keep(trust, &key, der) : error;
}

/* Other blocks (parameters, private keys) are passed over; a broken certificate is counted. */
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
        trust->skipped += error == CHL_E_CORRUPT ? 1 : 0;
        error = error == CHL_E_NOTFOUND || error == CHL_E_CORRUPT ? CHL_OK : error;
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
    return error == CHL_OK ? chl_trust_keep(trust, &key, content) : error;
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
    return chl_trust_add_list(trust, content); /* a signature line can begin with any character */
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

/* Age of a file; one from the future is no proof of anything, and is judged as it stands. */
static int64_t age_of(const struct stat *status)
{
    return status->st_mtim.tv_sec > 0 ? (int64_t)status->st_mtim.tv_sec : 1;
}

static chl_err read_file(const char *path, uint8_t **out, size_t *length, struct stat *status)
{
    FILE *file = fopen(path, "rbe");
    chl_err error = CHL_E_IO;
    *out = NULL;
    if (file == NULL || fstat(fileno(file), status) != 0) {
        goto out;
    }
    if (!S_ISREG(status->st_mode) || status->st_size > CHL_TRUST_FILE_MAX) {
        error = CHL_E_LIMIT;
        goto out;
    }
    *out = malloc((size_t)status->st_size + 1);
    if (*out == NULL) {
        error = CHL_E_NOMEM;
        goto out;
    }
    *length = fread(*out, 1, (size_t)status->st_size, file);
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

/* @param member it lies in a folder: its certificates are as old as the folder's newest. */
static chl_err add_file(struct chl_trust *trust, const char *path, bool member, char *why,
                        size_t why_size)
{
    uint8_t *content = NULL;
    size_t length = 0;
    struct stat status;
    chl_err error = read_file(path, &content, &length, &status);
    if (error == CHL_OK) {
        trust->source_s = member ? -age_of(&status) : age_of(&status);
        error = chl_trust_add(trust, path, (struct chl_bytes){content, length}, why, why_size);
    } else {
        tell_unread(path, error, why, why_size);
    }
    trust->source_s = 0;
    free(content);
    return error;
}

static int visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

/* Path of a folder's entry that may hold something to believe; larger ones do not. */
static bool candidate(const char *folder, const struct dirent *entry, char *file, size_t size,
                      struct stat *status)
{
    int length = snprintf(file, size, "%s/%s", folder, entry->d_name);
    return length > 0 && (size_t)length < size && stat(file, status) == 0 &&
           S_ISREG(status->st_mode) && status->st_size <= CHL_TRUST_FILE_MAX;
}

/* Who keeps a folder up to date adds to it: all its certificates are as current as the newest. What
 * a member's file said stands there as a negative number. */
static void settle_ages(struct chl_trust *trust)
{
    int64_t newest_s = 0;
    for (size_t i = 0; i < trust->count; i++) {
        int64_t said_s = trust->keys[i].updated_s;
        newest_s = said_s < 0 && -said_s > newest_s ? -said_s : newest_s;
    }
    for (size_t i = 0; i < trust->count; i++) {
        if (trust->keys[i].updated_s < 0) {
            trust->keys[i].updated_s = newest_s;
        }
    }
}

static chl_err add_folder(struct chl_trust *trust, const char *path, char *why, size_t why_size)
{
    struct dirent **entries = NULL;
    int count = scandir(path, &entries, visible, alphasort);
    size_t before = trust->count;
    chl_err error = count < 0 ? CHL_E_IO : CHL_OK;
    char file[4096];
    struct stat status;
    for (int i = 0; i < count; i++) {
        if (error == CHL_OK && candidate(path, entries[i], file, sizeof file, &status)) {
            error = add_file(trust, file, true, why, why_size);
            error = error == CHL_E_CONFIG ? CHL_OK : error;
        }
        free(entries[i]);
    }
    free(entries);
    settle_ages(trust);
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
    return add_file(trust, path, false, why, why_size);
}
