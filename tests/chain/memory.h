/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Counts what a thread asks of the allocator, OpenSSL's calls apart, also those of loaded
 *         plugins.
 *
 *  A program that links memory.c has its own malloc, which is also its plugins' and its libraries'.
 *  Under a sanitizer the sanitizer's allocator tells the same.
 */
#ifndef CHL_TESTS_CHAIN_MEMORY_H
#define CHL_TESTS_CHAIN_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct memory {
    size_t calls;         /**< that asked for memory, all of them */
    size_t openssl_calls; /**< of these, OpenSSL's own */
    int64_t bytes;        /**< held now, since memory_reset() */
    int64_t peak;         /**< most held at once since then */
};

/** Once, before OpenSSL is used. @return false when it was: then its calls can't be told apart. */
bool memory_begin(void);
/** What is held now is nothing, and so is the peak. */
void memory_reset(void);
/** Of this thread. */
struct memory memory_now(void);

#endif
