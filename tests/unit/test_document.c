/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Numbers of documents: one form however they are written, and the kind that fits.
 */
#include "lib/document/document.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void test_one_number_however_written(void **state)
{
    (void)state;
    static const struct {
        const char *written, *number;
        chl_document_kind kind;
    } numbers[] = {
        {"001093029317", "001093029317", CHL_DOCUMENT_CCCD},
        {" 001 093 029-317 ", "001093029317", CHL_DOCUMENT_CCCD},
        {"012345678", "012345678", CHL_DOCUMENT_CMND},
        {"hs4.0101.2087.8821", "HS4010120878821", CHL_DOCUMENT_BHYT},
        {"0120878821", "0120878821", CHL_DOCUMENT_BHYT},
        {"b 1234567", "B1234567", CHL_DOCUMENT_PASSPORT},
        {"PA1234567", "PA1234567", CHL_DOCUMENT_PASSPORT},
        {"12AB34", "12AB34", CHL_DOCUMENT_OTHER},
        {"12345678901234567890123456", "12345678901234567890123456", CHL_DOCUMENT_OTHER},
    };
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        struct chl_document document;
        assert_true(chl_document_read(numbers[i].written, &document));
        assert_string_equal(document.number, numbers[i].number);
        assert_int_equal(document.kind, numbers[i].kind);
    }
}

static void test_no_number(void **state)
{
    (void)state;
    static const char *const none[] = {"",
                                       " - ",
                                       "12345",
                                       "******029317",
                                       "00109302931ơ",
                                       "không có",
                                       "1234567\n",
                                       "123456789012345678901234567"};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        struct chl_document document;
        memset(&document, 1, sizeof document);
        assert_false(chl_document_read(none[i], &document));
        assert_string_equal(document.number, "");
    }
}

static void test_each_number_once(void **state)
{
    (void)state;
    struct chl_claims claims = {.size = sizeof claims};
    struct chl_document document;
    struct chl_document nothing = {.kind = CHL_DOCUMENT_OTHER};
    assert_true(chl_document_read("012345678", &document));
    assert_true(chl_document_add(&claims, &document));
    assert_true(chl_document_add(&claims, &document));
    assert_int_equal(claims.document_count, 1);
    assert_false(chl_document_add(&claims, &nothing));
    for (unsigned i = 1; i < CHL_CLAIM_DOCUMENTS_MAX; i++) {
        (void)snprintf(document.number, sizeof document.number, "99999999%u", i);
        assert_true(chl_document_add(&claims, &document));
    }
    (void)snprintf(document.number, sizeof document.number, "000000000");
    assert_false(chl_document_add(&claims, &document));
    assert_int_equal(claims.document_count, CHL_CLAIM_DOCUMENTS_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_number_however_written),
        cmocka_unit_test(test_no_number),
        cmocka_unit_test(test_each_number_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
