/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Stands before the allocator of the whole process.
 *
 *  What OpenSSL asks for is told apart through the functions that it lets a program set.
 */
#include "tests/chain/memory.h"

#include <malloc.h>
#include <openssl/crypto.h>
#include <stdlib.h>

static _Thread_local struct memory counted;

static void count_taken(size_t size)
{
    counted.calls++;
    counted.bytes += (int64_t)size;
    counted.peak = counted.bytes > counted.peak ? counted.bytes : counted.peak;
}

static void count_given(size_t size)
{
    counted.bytes -= (int64_t)size;
}

#ifdef CHL_SANITIZED

/* Of the sanitizers' runtimes; gcc comes without their header. */
int __sanitizer_install_malloc_and_free_hooks(void (*taken)(const volatile void *, size_t),
                                              void (*given)(const volatile void *));
size_t __sanitizer_get_allocated_size(const volatile void *block);

static void on_malloc(const volatile void *block, size_t size)
{
    (void)block;
    count_taken(size);
}

static void on_free(const volatile void *block)
{
    if (block != NULL) {
        count_given(__sanitizer_get_allocated_size(block));
    }
}

static bool begin(void)
{
    return __sanitizer_install_malloc_and_free_hooks(on_malloc, on_free) != 0;
}

#else

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *block, size_t size);
void __libc_free(void *block);

/* Seen by every library that is loaded, although what we build is hidden. */
#define FOR_ALL __attribute__((visibility("default")))

FOR_ALL void *malloc(size_t size)
{
    void *block = __libc_malloc(size);
    count_taken(malloc_usable_size(block));
    return block;
}

FOR_ALL void *calloc(size_t count, size_t size)
{
    void *block = __libc_calloc(count, size);
    count_taken(malloc_usable_size(block));
    return block;
}

FOR_ALL void *realloc(void *block, size_t size)
{
    size_t before = malloc_usable_size(block);
    void *moved = __libc_realloc(block, size);
    if (moved != NULL || size == 0) {
        count_given(before);
    }
    count_taken(malloc_usable_size(moved));
    return moved;
}

FOR_ALL void free(void *block)
{
    count_given(malloc_usable_size(block));
    __libc_free(block);
}

static bool begin(void)
{
    return true;
}

#endif

static void *crypto_malloc(size_t size, const char *file, int line)
{
    (void)file;
    (void)line;
    counted.openssl_calls++;
    return malloc(size);
}

static void *crypto_realloc(void *block, size_t size, const char *file, int line)
{
    (void)file;
    (void)line;
    counted.openssl_calls++;
    return realloc(block, size);
}

static void crypto_free(void *block, const char *file, int line)
{
    (void)file;
    (void)line;
    free(block);
}

bool memory_begin(void)
{
    return begin() && CRYPTO_set_mem_functions(crypto_malloc, crypto_realloc, crypto_free) == 1;
}

void memory_reset(void)
{
    counted.bytes = 0;
    counted.peak = 0;
}

struct memory memory_now(void)
{
    return counted;
}
