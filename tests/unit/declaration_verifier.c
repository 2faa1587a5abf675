/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The keys, the trust and the checks of declaration_verifier.h.
 */
#include "declaration_verifier.h"

#include "lib/base/time.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct test_issuer issuer, edwards, stranger;
struct chl_trust *trust;
const struct chl_declaration_rules rules = {.skew_ns = CHL_DECLARATION_SKEW_S * CHL_NS_PER_S,
                                            .life_max_s = CHL_DECLARATION_LIFE_S};
struct chl_scratch scratch = {.size = sizeof scratch, .capacity = CHL_SCRATCH_MIN};
struct chl_inspection seen;

int make_keys(void **state)
{
    (void)state;
    test_issuer_make(&issuer, "P-256");
    test_issuer_make(&edwards, "ED25519");
    test_issuer_make(&stranger, "P-256");
    assert_int_equal(chl_trust_new(&trust), CHL_OK);
    test_trust_add(trust, &issuer);
    test_trust_add(trust, &edwards);
    scratch.base = malloc(scratch.capacity);
    return scratch.base == NULL ? -1 : 0;
}

int free_keys(void **state)
{
    (void)state;
    test_issuer_clear(&issuer);
    test_issuer_clear(&edwards);
    test_issuer_clear(&stranger);
    chl_trust_free(trust);
    free(scratch.base);
    return 0;
}

const struct chl_inspection *inspect_n(const void *code, size_t length)
{
    seen = (struct chl_inspection){.size = (uint32_t)sizeof seen};
    scratch.used = 0;
    chl_declaration_inspect(trust, &rules, &scratch, code, length, NOW_NS, &seen);
    return &seen;
}

const struct chl_inspection *inspect(const char *code)
{
    return inspect_n(code, strlen(code));
}

void issue(const struct test_issuer *by, struct chl_declaration *declaration,
           char code[CHL_ISSUE_CODE_MAX])
{
    char why[256] = "";
    assert_int_equal(
        chl_declaration_issue(by->issuer, declaration, code, CHL_ISSUE_CODE_MAX, why, sizeof why),
        CHL_OK);
}

void assert_refused(chl_stage stage, const char *reason)
{
    assert_int_equal(seen.outcome, CHL_REFUSED);
    assert_int_equal(seen.format, CHL_FORMAT_DECLARATION);
    assert_string_equal(seen.reason, reason);
    assert_int_equal(seen.stage, stage);
}
