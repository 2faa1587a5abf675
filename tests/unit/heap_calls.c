/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Stands before glibc's allocator: symbols of the program come before those of libraries.
 */
#include "tests/unit/heap_calls.h"

#include <stdatomic.h>
#include <stdlib.h>

static atomic_size_t calls;

size_t heap_calls(void)
{
    return atomic_load(&calls);
}

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) ||                         \
    __has_feature(memory_sanitizer)
#define SANITIZED 1
#endif
#endif

#ifdef SANITIZED
bool heap_calls_are_counted(void)
{
    return false;
}
#else
/* The names glibc gives its own functions for this very use. */
/* NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *block, size_t size);
/* NOLINTEND(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */
__attribute__((visibility("default"))) void *malloc(size_t size);
__attribute__((visibility("default"))) void *calloc(size_t nmemb, size_t size);
__attribute__((visibility("default"))) void *realloc(void *ptr, size_t size);

void *malloc(size_t size)
{
    (void)atomic_fetch_add(&calls, 1);
    return __libc_malloc(size);
}

void *calloc(size_t nmemb, size_t size)
{
    (void)atomic_fetch_add(&calls, 1);
    return __libc_calloc(nmemb, size);
}

void *realloc(void *ptr, size_t size)
{
    (void)atomic_fetch_add(&calls, 1);
    return __libc_realloc(ptr, size);
}

bool heap_calls_are_counted(void)
{
    return true;
}
#endif
