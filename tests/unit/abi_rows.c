/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The ABI as numbers; compiled twice, against today's headers and against the frozen ones.
 */
#include "tests/unit/abi_rows.h"

#include <chilang/plugin.h>

#define STRUCT(type) {"struct " #type, 0, sizeof(struct type)},
#define MEMBER(type, member)                                                                       \
    {#type "." #member, offsetof(struct type, member), sizeof(((struct type *)0)->member)},
#define VALUE(name) {#name, (long long)(name), 0},

const struct abi_row ABI_ROWS[] = {
#include "tests/fixtures/abi-1.0/rows.def"
    {NULL, 0, 0}};
