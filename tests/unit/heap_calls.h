/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Counts every call for heap memory in the process, also those of shared libraries.
 */
#ifndef CHL_TEST_HEAP_CALLS_H
#define CHL_TEST_HEAP_CALLS_H

#include <stdbool.h>
#include <stddef.h>

/** False under a sanitizer, whose own allocator cannot be counted this way. */
bool heap_calls_are_counted(void);
/** Calls of malloc, calloc and realloc since the start. */
size_t heap_calls(void);

#endif
