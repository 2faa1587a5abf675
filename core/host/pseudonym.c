/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The period's key on disk, and the keyed hash made with it.
 */
#include "core/host/pseudonym.h"

#include "lib/base/time.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

static chl_err refuse_system(const char *path, const char *act, char *why, size_t why_size)
{
    int error = errno;
    (void)snprintf(why, why_size, "%s: cannot %s: %s", path, act, strerrordesc_np(error));
    return CHL_E_IO;
}

static chl_err read_key(int fd, const char *path, struct pseudonym_key *out, char *why,
                        size_t why_size)
{
    struct stat status;
    uint8_t bytes[PSEUDONYM_KEY + 1];
    if (fstat(fd, &status) != 0) {
        return refuse_system(path, "be examined", why, why_size);
    }
    if (!S_ISREG(status.st_mode) || (status.st_mode & 077U) != 0) {
        (void)snprintf(why, why_size,
                       "%s: expected a file only its owner may read (mode 0600), got mode %04o; "
                       "chmod 0600 it, or put a new key in its place if others have seen it",
                       path, status.st_mode & 07777U);
        return CHL_E_DENIED;
    }
    ssize_t length = read(fd, bytes, sizeof bytes);
    if (length != PSEUDONYM_KEY) {
        (void)snprintf(why, why_size,
                       "%s: expected %d bytes, got %s%zd; restore it from the backup, or remove it "
                       "to begin a new period",
                       path, PSEUDONYM_KEY, length > PSEUDONYM_KEY ? "at least " : "", length);
        return CHL_E_CORRUPT;
    }
    memcpy(out->bytes, bytes, PSEUDONYM_KEY);
    return CHL_OK;
}

static bool write_fresh(const char *path)
{
    uint8_t bytes[PSEUDONYM_KEY];
    if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes) {
        return false;
    }
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0) {
        return false;
    }
    bool written = write(fd, bytes, sizeof bytes) == (ssize_t)sizeof bytes && fsync(fd) == 0;
    return close(fd) == 0 && written;
}

static bool sync_folder(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        return false;
    }
    bool synced = fsync(fd) == 0;
    (void)close(fd);
    return synced;
}

/* Written whole under another name, then linked: a crash leaves either no key or a good one, and a
 * key that exists is never replaced. */
static chl_err make_key(const char *state_dir, const char *path, char *why, size_t why_size)
{
    char fresh[PATH_MAX];
    int length = snprintf(fresh, sizeof fresh, "%s.new", path);
    if (length < 0 || (size_t)length >= sizeof fresh) {
        errno = ENAMETOOLONG;
        return refuse_system(path, "be made", why, why_size);
    }
    (void)unlink(fresh);
    if (!write_fresh(fresh)) {
        return refuse_system(fresh, "be written", why, why_size);
    }
    bool linked = link(fresh, path) == 0 || errno == EEXIST;
    chl_err error = linked ? CHL_OK : refuse_system(path, "be made", why, why_size);
    (void)unlink(fresh);
    if (linked && !sync_folder(state_dir)) {
        return refuse_system(state_dir, "be synchronised", why, why_size);
    }
    return error;
}

chl_err pseudonym_key_expire(const char *state_dir, int64_t keep_ms, char *why, size_t why_size)
{
    char path[PATH_MAX];
    struct stat status;
    static const uint8_t nothing[PSEUDONYM_KEY];
    int length = snprintf(path, sizeof path, "%s/pseudonym.key", state_dir);
    if (length < 0 || (size_t)length >= sizeof path || keep_ms <= 0 || lstat(path, &status) != 0 ||
        !S_ISREG(status.st_mode)) {
        return CHL_OK;
    }
    int64_t age_ms = (chl_wall_ns() / CHL_NS_PER_MS) - (int64_t)status.st_mtim.tv_sec * 1000;
    if (age_ms < keep_ms) {
        return CHL_OK;
    }
    int fd = open(path, O_WRONLY | O_NOFOLLOW | O_CLOEXEC);
    bool wiped =
        fd >= 0 && write(fd, nothing, sizeof nothing) == (ssize_t)sizeof nothing && fsync(fd) == 0;
    if (fd >= 0) {
        (void)close(fd);
    }
    if (!wiped || unlink(path) != 0) {
        return refuse_system(path, "be destroyed at its period's end", why, why_size);
    }
    return CHL_OK;
}

chl_err pseudonym_key_open(const char *state_dir, struct pseudonym_key *out, char *why,
                           size_t why_size)
{
    char path[PATH_MAX];
    int length = snprintf(path, sizeof path, "%s/pseudonym.key", state_dir);
    if (length < 0 || (size_t)length >= sizeof path) {
        errno = ENAMETOOLONG;
        return refuse_system(state_dir, "be used", why, why_size);
    }
    if (mkdir(state_dir, 0700) != 0 && errno != EEXIST) {
        return refuse_system(state_dir, "be made", why, why_size);
    }
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT) {
        chl_err error = make_key(state_dir, path, why, why_size);
        if (error != CHL_OK) {
            return error;
        }
        fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    }
    if (fd < 0) {
        return refuse_system(path, "be opened", why, why_size);
    }
    chl_err error = read_key(fd, path, out, why, why_size);
    (void)close(fd);
    return error;
}

/* What is hashed: a kind, then parts that hold no NUL, each ended by one. */
struct material {
    uint8_t bytes[256];
    size_t length;
};

static void add(struct material *to, const void *bytes, size_t length)
{
    size_t room = sizeof to->bytes - to->length;
    size_t kept = length < room ? length : room;
    memcpy(to->bytes + to->length, bytes, kept);
    to->length += kept;
}

_Static_assert(sizeof((struct chl_claims *)0)->issuer + sizeof((struct chl_claims *)0)->id + 8 <=
                   sizeof((struct material *)0)->bytes,
               "the longest identifier fits whole");

chl_err pseudonym_hash(const struct pseudonym_key *key, const void *bytes, size_t length,
                       uint8_t out[PSEUDONYM_SIZE])
{
    uint8_t mac[EVP_MAX_MD_SIZE];
    unsigned mac_length = 0;
    if (HMAC(EVP_sha256(), key->bytes, PSEUDONYM_KEY, bytes, length, mac, &mac_length) == NULL ||
        mac_length < PSEUDONYM_SIZE) {
        return CHL_E_IO;
    }
    memcpy(out, mac, PSEUDONYM_SIZE);
    return CHL_OK;
}

chl_err pseudonym_make(const struct pseudonym_key *key, const struct chl_inspection *inspection,
                       const uint8_t *code, size_t length, uint8_t out[PSEUDONYM_SIZE])
{
    struct material material = {.length = 0};
    const struct chl_claims *claims = &inspection->claims;
    uint8_t kind = inspection->is_signed ? 's' : 'c';
    /* The identifier of a refused code is whatever a forger wrote there, unless it was signed. */
    if (claims->id[0] != '\0' && (inspection->is_signed || inspection->outcome == CHL_CLAIMED)) {
        add(&material, &kind, 1);
        add(&material, &inspection->format, 1);
        add(&material, claims->issuer, strnlen(claims->issuer, sizeof claims->issuer - 1));
        add(&material, "", 1);
        add(&material, claims->id, strnlen(claims->id, sizeof claims->id - 1));
    } else {
        uint8_t digest[EVP_MAX_MD_SIZE];
        unsigned digest_length = 0;
        if (EVP_Digest(code, length, digest, &digest_length, EVP_sha256(), NULL) != 1) {
            return CHL_E_IO;
        }
        kind = 'b';
        add(&material, &kind, 1);
        add(&material, digest, digest_length);
    }
    return pseudonym_hash(key, material.bytes, material.length, out);
}
