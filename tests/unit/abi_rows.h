/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Rows of numbers of the ABI: of today's headers, and of those frozen with 1.0.
 */
#ifndef CHL_TEST_ABI_ROWS_H
#define CHL_TEST_ABI_ROWS_H

#include <stddef.h>

struct abi_row {
    const char *name;
    long long place; /* offset of a member, or the value */
    size_t size;     /* of a member or struct, 0 for a value */
};

extern const struct abi_row abi_rows_now[], abi_rows_frozen[];

#endif
