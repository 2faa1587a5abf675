/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Stands before the C library's allocator for the whole process.
 *
 *  A program's own malloc is also its plugins' and its libraries'. What OpenSSL asks for is told
 *  apart through the functions it lets a program set. Sanitizers have an allocator of their own:
 *  there nothing is counted.
 */
#include "tests/bench/allocations.h"

#include <openssl/crypto.h>

#ifdef CHL_COUNT_ALLOCATIONS

#include <stdlib.h>

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *block, size_t size);

static _Thread_local struct allocations counted;

void *malloc(size_t size)
{
    counted.ours++;
    return __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    counted.ours++;
    return __libc_calloc(count, size);
}

void *realloc(void *block, size_t size)
{
    counted.ours++;
    return __libc_realloc(block, size);
}

static void *crypto_malloc(size_t size, const char *file, int line)
{
    (void)file;
    (void)line;
    counted.openssl++;
    return __libc_malloc(size);
}

static void *crypto_realloc(void *block, size_t size, const char *file, int line)
{
    (void)file;
    (void)line;
    counted.openssl++;
    return __libc_realloc(block, size);
}

static void crypto_free(void *block, const char *file, int line)
{
    (void)file;
    (void)line;
    free(block);
}

bool allocations_begin(void)
{
    return CRYPTO_set_mem_functions(crypto_malloc, crypto_realloc, crypto_free) == 1;
}

struct allocations allocations_now(void)
{
    return counted;
}

#else

bool allocations_begin(void)
{
    return false;
}

struct allocations allocations_now(void)
{
    return (struct allocations){0, 0};
}

#endif
