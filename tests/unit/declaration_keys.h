/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Fresh issuers for the tests of declarations, with their public keys as PEM.
 */
#ifndef TEST_DECLARATION_KEYS_H
#define TEST_DECLARATION_KEYS_H

#include "lib/declaration/declaration.h"

/** 2022-02-01 00:00 in Việt Nam: what the tests call now. */
#define NOW_S  INT64_C(1643648400)
#define NOW_NS (NOW_S * INT64_C(1000000000))

struct test_issuer {
    struct chl_issuer *issuer;
    char pem[1024]; /**< of the public key */
};

/** A new key: "P-256" or "ED25519". Fails the test when it cannot be made. */
void test_issuer_make(struct test_issuer *out, const char *kind);
void test_issuer_clear(struct test_issuer *issuer);
/** Trust in that issuer added to a store. */
void test_trust_add(struct chl_trust *trust, const struct test_issuer *issuer);
/** The shortest declaration that says what a checkpoint asks. */
void test_fill_minimal(struct chl_declaration *out);
/** The form of a traveller on a coach, with vaccination and test. */
void test_fill_full(struct chl_declaration *out);
/** One with every field of the table filled in, three companions among them. */
void test_fill_everything(struct chl_declaration *out);

#endif
