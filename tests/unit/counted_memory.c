/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The counters behind counted_memory.h.
 */
#include "tests/unit/counted_memory.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>

/* The linker sends our own code's allocations here, OpenSSL is told to. */
void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *block, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *block, size_t size);

static size_t total;

void *__wrap_malloc(size_t size)
{
    total += size;
    return __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    total += count * size;
    return __real_calloc(count, size);
}

void *__wrap_realloc(void *block, size_t size)
{
    total += size;
    return __real_realloc(block, size);
}

static void *crypto_malloc(size_t size, const char *file, int line)
{
    (void)file;
    (void)line;
    total += size;
    return __real_malloc(size);
}

static void *crypto_realloc(void *block, size_t size, const char *file, int line)
{
    (void)file;
    (void)line;
    total += size;
    return __real_realloc(block, size);
}

static void crypto_free(void *block, const char *file, int line)
{
    (void)file;
    (void)line;
    free(block);
}

bool counted_begin(void)
{
    if (CRYPTO_set_mem_functions(crypto_malloc, crypto_realloc, crypto_free) != 1) {
        fputs("OpenSSL had allocated before it could be counted\n", stderr);
        return false;
    }
    return true;
}

void counted_reset(void)
{
    total = 0;
}

size_t counted_bytes(void)
{
    return total;
}
