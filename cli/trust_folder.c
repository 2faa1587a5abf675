/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Certificates and keys put into a trust folder, a file each.
 */
#include "cli/trust_folder.h"

#include <errno.h>
#include <limits.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/text.h"

/* Whole under a name that readers pass over, then linked under its own: never over another. */
static bool put_file(const struct chl_trust_key *key, const char *folder, const char *path)
{
    char fresh[PATH_MAX];
    bool bare = key->kind == CHL_TRUST_PUBLIC_KEY;
    int length = snprintf(fresh, sizeof fresh, "%s/.new.%ld", folder, (long)getpid());
    FILE *file = length > 0 && (size_t)length < sizeof fresh ? fopen(fresh, "wex") : NULL;
    if (file == NULL) {
        return false;
    }
    bool good = PEM_write(file, bare ? PEM_STRING_PUBLIC : PEM_STRING_X509, "", key->der.data,
                          (long)key->der.length) > 0 &&
                fflush(file) == 0 && fsync(fileno(file)) == 0;
    good = fclose(file) == 0 && good;
    good = good && link(fresh, path) == 0;
    int error = errno;
    (void)unlink(fresh);
    errno = error;
    return good;
}

chl_err trust_write_folder(const struct chl_trust *trust, const char *folder, char *why,
                           size_t why_size)
{
    size_t added = 0, there = 0;
    for (size_t i = 0; i < chl_trust_count(trust); i++) {
        const struct chl_trust_key *key = chl_trust_at(trust, i);
        char kid[2 * CHL_KID_SIZE + 1], path[PATH_MAX];
        chl_hex(key->kid, CHL_KID_SIZE, kid);
        int length = snprintf(path, sizeof path, "%s/%s%s.pem", folder, kid,
                              key->kind == CHL_TRUST_PUBLIC_KEY ? ".pub" : "");
        if (length > 0 && (size_t)length < sizeof path && put_file(key, folder, path)) {
            added++;
        } else if (errno == EEXIST) {
            there++;
        } else {
            (void)snprintf(why, why_size, "%s: cannot be written: %s; %zu of %zu were added", path,
                           strerrordesc_np(errno), added, chl_trust_count(trust));
            return CHL_E_IO;
        }
    }
    printf("%s: %zu added, %zu there before, %zu skipped\n", folder, added, there,
           chl_trust_skipped(trust));
    return CHL_OK;
}
