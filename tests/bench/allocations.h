/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Counts a thread's allocations, OpenSSL's apart from everybody else's, also those of
 *         loaded plugins.
 */
#ifndef CHL_TESTS_BENCH_ALLOCATIONS_H
#define CHL_TESTS_BENCH_ALLOCATIONS_H

#include <stdbool.h>
#include <stddef.h>

struct allocations {
    size_t ours, openssl; /**< calls that asked for memory */
};

/** Once, before OpenSSL is used. @return false when it was, or when this build cannot count. */
bool allocations_begin(void);
/** What this thread asked for so far. */
struct allocations allocations_now(void);

#endif
