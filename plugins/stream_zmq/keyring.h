/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The keys of one stream: our own secret, and who is let in with which rights.
 */
#ifndef STREAM_ZMQ_KEYRING_H
#define STREAM_ZMQ_KEYRING_H

#include "lib/stream/certificate.h"

enum { KEYRING_MAX = 4096, KEY_BYTES = 32 };

/** A principal: the name of its file in `clients/`, without `.pub`. */
struct keyring_client {
    char name[CHL_STREAM_NAME_SIZE];
    uint8_t key[KEY_BYTES];
    uint16_t classes;
    int64_t valid_until; /**< ns since 1970 UTC */
};

struct keyring {
    char public_key[CHL_CURVE_TEXT_SIZE], secret_key[CHL_CURVE_TEXT_SIZE];
    size_t count;
    struct keyring_client *clients;
};

/** Load `server.key` and every `clients/<name>.pub` below `folder`. On failure nothing remains. */
chl_err keyring_load(const char *folder, struct keyring *out, char *why, size_t why_size);
/** Free it; the secret is overwritten. */
void keyring_free(struct keyring *keyring);
/** The client with this key, or this name, that is still valid at `now_ns`; NULL when there is
 * none. */
const struct keyring_client *keyring_by_key(const struct keyring *keyring,
                                            const uint8_t key[KEY_BYTES], int64_t now_ns);
const struct keyring_client *keyring_by_name(const struct keyring *keyring, const char *name,
                                             int64_t now_ns);

#endif
