/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Counts what the code under test allocates: its own calls and OpenSSL's.
 *
 *  A test that links counted_memory.c is linked with --wrap=malloc,--wrap=calloc,--wrap=realloc.
 */
#ifndef CHL_TESTS_COUNTED_MEMORY_H
#define CHL_TESTS_COUNTED_MEMORY_H

#include <stdbool.h>
#include <stddef.h>

/** Once, before OpenSSL is used. @return false, with a message, when it was used already. */
bool counted_begin(void);
/** Count from nothing. */
void counted_reset(void);
/** Bytes asked for since, whether they were freed or not: no single one can be larger. */
size_t counted_bytes(void);

#endif
