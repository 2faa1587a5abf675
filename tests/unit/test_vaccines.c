/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief One code for a vaccine, however it is written.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/text.h"
#include "lib/vaccines/vaccines.h"

static void test_names_and_codes_meet(void **state)
{
    (void)state;
    static const struct {
        const char *text, *code;
    } rows[] = {
        {"EU/1/20/1528", "EU/1/20/1528"},
        {" eu/1/20/1528\r\n", "EU/1/20/1528"},
        {"Comirnaty", "EU/1/20/1528"},
        {"Pfizer-BioNTech", "EU/1/20/1528"},
        {"MODERNA", "EU/1/20/1507"},
        {"COVID-19 Vaccine AstraZeneca", "EU/1/21/1529"},
        {"Johnson & Johnson", "EU/1/20/1525"},
        {"Vero Cell", "BBIBP-CorV"},
        {"verocell", "BBIBP-CorV"},
        {"BBIBP-CorV", "BBIBP-CorV"},
        {"sputnik v", "Sputnik-V"},
        {"Nanocovax", "Nanocovax"}, /* in no table: as it is */
        {"  Nanocovax ", "Nanocovax"},
        {"AstraZeneca thật", "AstraZeneca thật"},
        {"a very long name that is in no table at all", "a very long name that is in no table at"},
        {"", ""},
        {" - ", "-"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char out[40];
        bool whole = chl_vaccine_code(rows[i].text, out, sizeof out);
        assert_string_equal(out, rows[i].code);
        assert_int_equal(whole, strlen(rows[i].text) < sizeof out);
        /* In its own memory, and once more: it stays. */
        assert_true(chl_vaccine_code(out, out, sizeof out));
        assert_string_equal(out, rows[i].code);
    }
}

static void test_cut_at_a_character(void **state)
{
    (void)state;
    char out[7];
    assert_false(chl_vaccine_code("Vắc xin ở", out, sizeof out));
    assert_true(chl_utf8_valid(out, strlen(out)));
    assert_string_equal(out, "Vắc ");
    assert_false(chl_vaccine_code("Comirnaty", out, sizeof out));
    assert_string_equal(out, "EU/1/2");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names_and_codes_meet),
        cmocka_unit_test(test_cut_at_a_character),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
