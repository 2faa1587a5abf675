/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The hash chain: SHA-256 by OpenSSL, with one digest context kept for each thread.
 *
 *  A context made anew for each record would cost more than hashing the record.
 */
#include "lib/wire/bigendian.h"
#include "lib/wire/wire.h"

#include <openssl/evp.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { CHAIN_AT = 40 };

static pthread_once_t prepared = PTHREAD_ONCE_INIT;
static pthread_key_t context_key;
static EVP_MD *sha256;
static _Thread_local EVP_MD_CTX *thread_context;

static void free_context(void *context)
{
    EVP_MD_CTX_free(context);
}

static void prepare(void)
{
    sha256 = EVP_MD_fetch(NULL, "SHA2-256", NULL);
    if (sha256 == NULL || pthread_key_create(&context_key, free_context) != 0) {
        abort(); /* no SHA-256 in this process: nothing it writes could be proven */
    }
}

static EVP_MD_CTX *context(void)
{
    pthread_once(&prepared, prepare);
    if (thread_context == NULL) {
        thread_context = EVP_MD_CTX_new();
        if (thread_context == NULL || pthread_setspecific(context_key, thread_context) != 0) {
            abort(); /* a wrong hash must never be written, and there is no memory for a right one
                      */
        }
    }
    return thread_context;
}

void chl_wire_chain(const uint8_t previous[CHL_WIRE_HASH], const uint8_t header[CHL_WIRE_HEADER],
                    const char *topic, size_t topic_length, const uint8_t *body, size_t body_length,
                    uint8_t out[CHL_WIRE_HASH])
{
    uint8_t lead[CHL_WIRE_HASH + CHL_WIRE_HEADER + 4];
    uint8_t length[4];
    memcpy(lead, previous, CHL_WIRE_HASH);
    memcpy(lead + CHL_WIRE_HASH, header, CHL_WIRE_HEADER);
    memset(lead + CHL_WIRE_HASH + CHAIN_AT, 0, CHL_WIRE_HASH);
    chl_put_be(lead + CHL_WIRE_HASH + CHL_WIRE_HEADER, topic_length, 4);
    chl_put_be(length, body_length, sizeof length);
    EVP_MD_CTX *digest = context();
    int good = EVP_DigestInit_ex2(digest, sha256, NULL);
    good &= EVP_DigestUpdate(digest, lead, sizeof lead);
    good &= EVP_DigestUpdate(digest, topic, topic_length);
    good &= EVP_DigestUpdate(digest, length, sizeof length);
    good &= EVP_DigestUpdate(digest, body, body_length);
    good &= EVP_DigestFinal_ex(digest, out, NULL);
    if (good != 1) {
        abort(); /* as above: never a wrong hash */
    }
}
