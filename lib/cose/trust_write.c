/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Writes a store of certificates as one trust list, whole or not at all.
 */
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <limits.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/time.h"
#include "lib/cose/trust.h"

static json_t *base64_of(const uint8_t *bytes, size_t length)
{
    size_t room = (length + 2) / 3 * 4 + 1;
    char *text = malloc(room);
    json_t *made = NULL;
    if (text != NULL) {
        (void)EVP_EncodeBlock((unsigned char *)text, bytes, (int)length);
        made = json_string(text);
    }
    free(text);
    return made;
}

static json_t *entry_of(const struct chl_trust_key *key)
{
    return json_pack("{s:o, s:s, s:s, s:o}", "kid", base64_of(key->kid, sizeof key->kid), "country",
                     key->country, "certificateType", "DSC", "rawData",
                     base64_of(key->der.data, key->der.length));
}

/* NULL when memory ran out; an empty list is the caller's to refuse. */
static json_t *list_of(const struct chl_trust *trust, int64_t updated_s, const char *source)
{
    char time[CHL_RFC3339_SIZE];
    chl_time_format(updated_s * CHL_NS_PER_S, time);
    json_t *entries = json_array();
    for (size_t i = 0; i < chl_trust_count(trust) && entries != NULL; i++) {
        const struct chl_trust_key *key = chl_trust_at(trust, i);
        if (key->kind == CHL_TRUST_CERTIFICATE && key->der.length > 0 &&
            json_array_append_new(entries, entry_of(key)) != 0) {
            json_decref(entries);
            entries = NULL;
        }
    }
    return entries == NULL ? NULL
                           : json_pack("{s:s, s:s*, s:o}", "updated", time, "source", source,
                                       "certificates", entries);
}

static bool sync_folder_of(const char *path)
{
    char folder[PATH_MAX];
    (void)snprintf(folder, sizeof folder, "%s", path);
    char *slash = strrchr(folder, '/');
    if (slash == NULL) {
        (void)snprintf(folder, sizeof folder, ".");
    } else {
        slash[slash == folder ? 1 : 0] = '\0';
    }
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool synced = fd >= 0 && fsync(fd) == 0;
    if (fd >= 0) {
        (void)close(fd);
    }
    return synced;
}

/* Under another name first: readers see the old list or the new one. A name that begins with a dot
 * is passed over where trust is read from a folder. */
static bool replace(const char *path, const char *text)
{
    char fresh[PATH_MAX];
    const char *slash = strrchr(path, '/');
    int stem = slash == NULL ? 0 : (int)(slash - path) + 1;
    int length = snprintf(fresh, sizeof fresh, "%.*s.%s.XXXXXX", stem, path, path + stem);
    if (length < 0 || (size_t)length >= sizeof fresh) {
        errno = ENAMETOOLONG;
        return false;
    }
    int fd = mkostemp(fresh, O_CLOEXEC);
    FILE *file = fd < 0 ? NULL : fdopen(fd, "w");
    if (file == NULL) {
        if (fd >= 0) {
            (void)close(fd);
            (void)unlink(fresh);
        }
        return false;
    }
    bool written = fputs(text, file) >= 0 && fputc('\n', file) != EOF && fflush(file) == 0 &&
                   fchmod(fd, 0644) == 0 && fsync(fd) == 0;
    written = fclose(file) == 0 && written;
    if (!written || rename(fresh, path) != 0) {
        int error = errno;
        (void)unlink(fresh);
        errno = error;
        return false;
    }
    return sync_folder_of(path);
}

chl_err chl_trust_write_list(const struct chl_trust *trust, int64_t updated_s, const char *source,
                             const char *path, char *why, size_t why_size)
{
    json_t *list = list_of(trust, updated_s, source);
    char *text = NULL;
    chl_err error = list == NULL ? CHL_E_NOMEM : CHL_OK;
    if (error == CHL_OK && json_array_size(json_object_get(list, "certificates")) == 0) {
        (void)snprintf(why, why_size,
                       "%s: expected certificates to write, got none; bare keys go into a folder",
                       path);
        error = CHL_E_NOTFOUND;
    }
    if (error == CHL_OK) {
        text = json_dumps(list, JSON_INDENT(1));
        error = text == NULL ? CHL_E_NOMEM : CHL_OK;
    }
    if (error == CHL_OK && !replace(path, text)) {
        (void)snprintf(why, why_size, "%s: cannot be written: %s; the former list is untouched",
                       path, strerrordesc_np(errno));
        error = CHL_E_IO;
    } else if (error == CHL_E_NOMEM) {
        (void)snprintf(why, why_size, "%s: out of memory; nothing was written", path);
    }
    free(text);
    json_decref(list);
    return error;
}
