/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief A verifier of declarations with two trusted issuers and a stranger, for tests of
 * lib/declaration.
 */
#ifndef TEST_DECLARATION_VERIFIER_H
#define TEST_DECLARATION_VERIFIER_H

#include "declaration_keys.h"

/** Issuers on P-256 and Ed25519 that `trust` knows, and one that it does not. */
extern struct test_issuer issuer, edwards, stranger;
extern struct chl_trust *trust;
extern const struct chl_declaration_rules rules;
/** The verifier's memory, and what it said of the last code. */
extern struct chl_scratch scratch;
extern struct chl_inspection seen;

/** Setup and teardown of a group of tests. */
int make_keys(void **state);
int free_keys(void **state);

/** What the verifier says of a code at NOW_NS; valid until the next one. */
const struct chl_inspection *inspect(const char *code);
const struct chl_inspection *inspect_n(const void *code, size_t length);
/** A code for a declaration; fails the test when it is not issued. */
void issue(const struct test_issuer *by, struct chl_declaration *declaration,
           char code[CHL_ISSUE_CODE_MAX]);
/** The last code was refused at that stage for that reason. */
void assert_refused(chl_stage stage, const char *reason);

#endif
