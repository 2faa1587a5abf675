/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Whom two codes speak of: numbers are the same however written, names at the best
 * precision that both have.
 */
#include "core/host/identity.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const struct pseudonym_key key = {{1, 2, 3}};

static struct identity_number number(uint8_t kind, const char *text)
{
    struct identity who = {0};
    assert_int_equal(identity_add_number(&who, &key, kind, text), CHL_OK);
    assert_int_equal(who.number_count, 1);
    return who.numbers[0];
}

static bool same(struct identity_number a, struct identity_number b)
{
    return memcmp(a.key, b.key, sizeof a.key) == 0;
}

static void test_one_number_however_written(void **state)
{
    (void)state;
    struct identity_number chip = number(CHL_DOCUMENT_CCCD, "001093029317");
    assert_true(same(chip, number(CHL_DOCUMENT_OTHER, " 001 093 029.317 ")));
    assert_true(same(chip, number(CHL_DOCUMENT_CMND, "001093029317")));
    assert_int_equal(number(CHL_DOCUMENT_OTHER, "001093029317").kind, CHL_DOCUMENT_CCCD);
    assert_int_equal(number(CHL_DOCUMENT_OTHER, "012345678").kind, CHL_DOCUMENT_CMND);
    /* The insurance card and the number that it is made for. */
    struct identity_number insured = number(CHL_DOCUMENT_BHYT, "HS4010120878821");
    assert_true(same(insured, number(CHL_DOCUMENT_BHYT, "0120878821")));
    assert_true(same(insured, number(CHL_DOCUMENT_OTHER, "hs4 01 0120878821")));
    assert_true(same(number(CHL_DOCUMENT_PASSPORT, "b1234567"),
                     number(CHL_DOCUMENT_PASSPORT, "B 1234567")));
}

static void test_kinds_are_not_mixed(void **state)
{
    (void)state;
    static const struct {
        uint8_t kind;
        const char *text;
    } all[] = {{CHL_DOCUMENT_CMND, "123456780"},      {CHL_DOCUMENT_PASSPORT, "123456780"},
               {CHL_DOCUMENT_QID, "123456780"},       {CHL_DOCUMENT_BHYT, "1234567800"},
               {CHL_DOCUMENT_PASSPORT, "1234567800"}, {CHL_DOCUMENT_CCCD, "123456780000"},
               {CHL_DOCUMENT_OTHER, "B123456780"},    {CHL_DOCUMENT_PASSPORT, "B123456780"}};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        for (size_t j = 0; j < i; j++) {
            assert_false(same(number(all[i].kind, all[i].text), number(all[j].kind, all[j].text)));
        }
    }
}

static void test_what_is_no_number_is_left_out(void **state)
{
    (void)state;
    static const struct {
        uint8_t kind;
        const char *text;
    } none[] = {{CHL_DOCUMENT_CCCD, ""},
                {CHL_DOCUMENT_CCCD, "******029317"},
                {CHL_DOCUMENT_CCCD, "000000000000"},
                {CHL_DOCUMENT_CCCD, "00109302931"},
                {CHL_DOCUMENT_CMND, "Không có"},
                {CHL_DOCUMENT_BHYT, "HS40101208788"},
                {CHL_DOCUMENT_OTHER, "B12"},
                {CHL_DOCUMENT_OTHER, "ABCDEFGH"},
                {CHL_DOCUMENT_OTHER, "12345678901234567890123456789012345678901"}};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        struct identity who = {0};
        assert_int_equal(identity_add_number(&who, &key, none[i].kind, none[i].text),
                         CHL_E_NOTFOUND);
        assert_int_equal(who.number_count, 0);
    }
    /* Twice the same is once. */
    struct identity who = {0};
    assert_int_equal(identity_add_number(&who, &key, CHL_DOCUMENT_CCCD, "001093029317"), CHL_OK);
    assert_int_equal(identity_add_number(&who, &key, CHL_DOCUMENT_CMND, "001093029317"), CHL_OK);
    assert_int_equal(who.number_count, 1);
}

static bool agree(const char *name_a, const char *birth_a, const char *name_b, const char *birth_b)
{
    struct identity a = {0};
    struct identity b = {0};
    assert_int_equal(identity_set_name(&a, &key, name_a, birth_a), CHL_OK);
    assert_int_equal(identity_set_name(&b, &key, name_b, birth_b), CHL_OK);
    bool forth = identity_names_agree(&a.name, &b.name);
    assert_int_equal(forth, identity_names_agree(&b.name, &a.name));
    return forth;
}

static void test_names_are_compared_as_far_as_both_go(void **state)
{
    (void)state;
    assert_true(agree("Nguyễn Văn Hòa", "1990-02-03", "NGUYỄN VĂN HOÀ", "03/02/1990"));
    assert_false(agree("Nguyễn Văn Hòa", "1990-02-03", "Nguyễn Văn Hoa", "1991"));
    /* Both have accents: they count. Either has none: they do not. */
    assert_false(agree("Nguyễn Văn Hòa", "1990", "Nguyễn Văn Hoá", "1990"));
    assert_true(agree("Nguyễn Văn Hòa", "1990", "NGUYEN VAN HOA", "1990"));
    /* Both have the day: it counts. Either has the year only: it does not. */
    assert_false(agree("Lê Thị Ý", "1990-02-03", "Lê Thị Ý", "1990-02-04"));
    assert_true(agree("Lê Thị Ý", "1990-02-03", "Lê Thị Ý", "1990"));
    assert_true(agree("Lê Thị Ý", "1990-02-03", "Lê Thị Ý", "1990-05"));
    assert_false(agree("Lê Thị Ý", "1990", "Lê Thị Ý", "1991"));
    /* No accents on one side but a day on both. */
    assert_true(agree("Đỗ Thị Ử", "1990-02-03", "DO THI U", "1990-02-03"));
    assert_false(agree("Đỗ Thị Ử", "1990-02-03", "DO THI U", "1990-02-04"));
    /* Letters that ASCII has no stand-in for. */
    assert_true(agree("王小明", "1990", "王小明", "1990"));
    assert_false(agree("王小明", "1990", "王小东", "1990"));
}

static void test_nobody_agrees_with_nobody(void **state)
{
    (void)state;
    struct identity none = {0};
    assert_false(identity_names_agree(&none.name, &none.name));
    assert_int_not_equal(identity_set_name(&none, &key, "", "1990"), CHL_OK);
    assert_int_not_equal(identity_set_name(&none, &key, "Lê Thị Ý", ""), CHL_OK);
    assert_int_not_equal(identity_set_name(&none, &key, "Lê Thị Ý", "**/**/****"), CHL_OK);
    assert_int_not_equal(identity_set_name(&none, &key, "\xff\xfe", "1990"), CHL_OK);
    assert_false(none.name.known);
}

static void test_another_period_knows_nobody(void **state)
{
    (void)state;
    static const struct pseudonym_key next = {{9}};
    struct identity now = {0};
    struct identity then = {0};
    assert_int_equal(identity_add_number(&now, &key, CHL_DOCUMENT_CCCD, "001093029317"), CHL_OK);
    assert_int_equal(identity_add_number(&then, &next, CHL_DOCUMENT_CCCD, "001093029317"), CHL_OK);
    assert_false(same(now.numbers[0], then.numbers[0]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_number_however_written),
        cmocka_unit_test(test_kinds_are_not_mixed),
        cmocka_unit_test(test_what_is_no_number_is_left_out),
        cmocka_unit_test(test_names_are_compared_as_far_as_both_go),
        cmocka_unit_test(test_nobody_agrees_with_nobody),
        cmocka_unit_test(test_another_period_knows_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
