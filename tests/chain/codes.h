/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief One code of each format that a checkpoint reads, and a chain of plugins that trusts their
 *         issuers.
 */
#ifndef CHL_TESTS_CHAIN_CODES_H
#define CHL_TESTS_CHAIN_CODES_H

#include "lib/cose/issue.h"
#include "tests/chain/chain.h"
#include "tests/issuing/issuing.h"

enum { CREDENTIAL_CODES = 7 };

#define CREDENTIAL_NOW_S INT64_C(1643700000) /* 2022-02-01 */

struct credential_code {
    const char *name;
    const char *prefix; /**< of a signed code; NULL = nobody signed it */
    const char *key;    /**< kind of key, as issuing_make() takes it */
    double bound;       /**< share of the bare operation that is left at least; 0 = none is set.
                             Of an unsigned code: codes a second at least */
    chl_format format;
    struct issuing issuing;
    char text[CHL_ISSUE_CODE_MAX];
};

/** The table. Thread: one. */
struct credential_code *credential_codes(void);
/** Make keys and codes, and a chain that believes them. @return NULL when it could not. */
struct chain *credential_codes_make(void);
void credential_codes_free(void);

#endif
