/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Loading the folder of keys.
 */
#include "plugins/stream_zmq/keyring.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

#include "lib/base/text.h"

static const char suffix[] = ".pub";

void keyring_free(struct keyring *keyring)
{
    free(keyring->clients);
    explicit_bzero(keyring, sizeof *keyring);
}

static bool is_public_file(const char *name)
{
    const size_t length = strlen(name);
    return length > sizeof suffix - 1 && name[0] != '.' &&
           strcmp(name + length - (sizeof suffix - 1), suffix) == 0;
}

static chl_err load_server(const char *folder, struct keyring *out, char *why, size_t why_size)
{
    char path[PATH_MAX];
    struct chl_certificate key;
    if (snprintf(path, sizeof path, "%s/server.key", folder) >= (int)sizeof path) {
        (void)snprintf(why, why_size, "keys: the path is too long");
        return CHL_E_CONFIG;
    }
    chl_err error = chl_certificate_read(path, true, &key, why, why_size);
    if (error == CHL_OK) {
        memcpy(out->public_key, key.public_key, sizeof out->public_key);
        memcpy(out->secret_key, key.secret_key, sizeof out->secret_key);
    }
    chl_certificate_wipe(&key);
    return error;
}

/** Room for one more, in steps. */
static chl_err grow(struct keyring *keyring)
{
    enum { STEP = 16 };
    if (keyring->count % STEP != 0) {
        return CHL_OK;
    }
    struct keyring_client *bigger =
        reallocarray(keyring->clients, keyring->count + STEP, sizeof *bigger);
    if (bigger == NULL) {
        return CHL_E_NOMEM;
    }
    keyring->clients = bigger;
    return CHL_OK;
}

static chl_err load_client(const char *path, const char *file, struct keyring *out, char *why,
                           size_t why_size)
{
    struct chl_certificate key;
    chl_err error = chl_certificate_read(path, false, &key, why, why_size);
    if (error != CHL_OK) {
        return error;
    }
    struct keyring_client client = {.classes = key.classes, .valid_until = key.valid_until};
    (void)chl_copy_n(client.name, sizeof client.name, file, strlen(file) - (sizeof suffix - 1));
    if (!chl_certificate_name_ok(client.name) ||
        strlen(client.name) != strlen(file) - (sizeof suffix - 1)) {
        (void)snprintf(why, why_size,
                       "%s: expected a file name of letters, digits, dots, dashes, underscores: it "
                       "names the principal",
                       path);
        return CHL_E_CONFIG;
    }
    if (zmq_z85_decode(client.key, key.public_key) == NULL) {
        (void)snprintf(why, why_size, "%s: the public key is not Z85", path);
        return CHL_E_CORRUPT;
    }
    const struct keyring_client *other = keyring_by_key(out, client.key, INT64_MIN);
    if (other != NULL) {
        (void)snprintf(why, why_size, "%s: the same key as of principal %s: a key has one owner",
                       path, other->name);
        return CHL_E_CONFIG;
    }
    if (grow(out) != CHL_OK) {
        (void)snprintf(why, why_size, "out of memory");
        return CHL_E_NOMEM;
    }
    out->clients[out->count++] = client;
    return CHL_OK;
}

static chl_err load_clients(const char *folder, struct keyring *out, char *why, size_t why_size)
{
    char path[PATH_MAX];
    (void)snprintf(path, sizeof path, "%s/clients", folder);
    DIR *listing = opendir(path);
    if (listing == NULL) {
        if (errno == ENOENT) {
            return CHL_OK; /* nobody is let in yet */
        }
        (void)snprintf(why, why_size, "%s: cannot be read: check its permissions", path);
        return CHL_E_IO;
    }
    chl_err error = CHL_OK;
    for (const struct dirent *entry = readdir(listing); // NOLINT(concurrency-mt-unsafe)
         error == CHL_OK && entry != NULL;
         entry = readdir(listing)) { // NOLINT(concurrency-mt-unsafe): the stream is ours alone
        if (!is_public_file(entry->d_name)) {
            continue;
        }
        const int length = snprintf(path, sizeof path, "%s/clients/%s", folder, entry->d_name);
        if (out->count >= KEYRING_MAX || length < 0 || (size_t)length >= sizeof path) {
            (void)snprintf(why, why_size, "%s/clients: expected at most %d keys", folder,
                           KEYRING_MAX);
            error = CHL_E_LIMIT;
        } else {
            error = load_client(path, entry->d_name, out, why, why_size);
        }
    }
    (void)closedir(listing);
    return error;
}

chl_err keyring_load(const char *folder, struct keyring *out, char *why, size_t why_size)
{
    *out = (struct keyring){0};
    chl_err error = load_server(folder, out, why, why_size);
    if (error == CHL_OK) {
        error = load_clients(folder, out, why, why_size);
    }
    if (error != CHL_OK) {
        keyring_free(out);
    }
    return error;
}

const struct keyring_client *keyring_by_key(const struct keyring *keyring,
                                            const uint8_t key[KEY_BYTES], int64_t now_ns)
{
    for (size_t i = 0; i < keyring->count; i++) {
        const struct keyring_client *client = &keyring->clients[i];
        if (memcmp(client->key, key, KEY_BYTES) == 0) {
            return now_ns <= client->valid_until ? client : NULL;
        }
    }
    return NULL;
}

const struct keyring_client *keyring_by_name(const struct keyring *keyring, const char *name,
                                             int64_t now_ns)
{
    for (size_t i = 0; i < keyring->count; i++) {
        const struct keyring_client *client = &keyring->clients[i];
        if (strcmp(client->name, name) == 0) {
            return now_ns <= client->valid_until ? client : NULL;
        }
    }
    return NULL;
}
