/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Birth dates as cards write them, and days that there never were.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "lib/names/names.h"

static const struct {
    const char *text, *birth;
} read[] = {
    {"18/01/1987", "1987-01-18"},
    {"8/1/1987", "1987-01-08"},
    {"18011987", "1987-01-18"},
    {"1987-01-18", "1987-01-18"},
    {"1987-1-8", "1987-01-08"},
    {"18-01-1987", "1987-01-18"},
    {"18.01.1987", "1987-01-18"},
    {" 18011987\r\n", "1987-01-18"},
    {"1987", "1987"},
    {"011987", "1987-01"},
    {"1/1987", "1987-01"},
    {"1987-01", "1987-01"},
    {"1987-**-**", "1987"},
    {"**/**/1987", "1987"},
    {"****1987", "1987"},
    {"1*/01/1987", "1987"},
    {"**011987", "1987"},
    {"29/02/2000", "2000-02-29"},
    {"29022020", "2020-02-29"},
    {"31121999", "1999-12-31"},
    {"1987-*-*", "1987"},
};

static const struct {
    const char *text;
    chl_err error;
} refused[] = {
    {"", CHL_E_NOTFOUND},
    {" \t", CHL_E_NOTFOUND},
    {"18/01/****", CHL_E_NOTFOUND},
    {"****-01-18", CHL_E_NOTFOUND},
    {"31/02/1987", CHL_E_INVAL},
    {"29/02/1900", CHL_E_INVAL},
    {"29022021", CHL_E_INVAL},
    {"31041987", CHL_E_INVAL},
    {"00011987", CHL_E_INVAL},
    {"01001987", CHL_E_INVAL},
    {"01131987", CHL_E_INVAL},
    {"131987", CHL_E_INVAL},
    {"001987", CHL_E_INVAL},
    {"32/01/1987", CHL_E_INVAL},
    {"**/13/1987", CHL_E_INVAL},
    {"1/1/87", CHL_E_INVAL},
    {"1/1/0087", CHL_E_INVAL},
    {"1700", CHL_E_INVAL},
    {"2100", CHL_E_INVAL},
    {"87", CHL_E_INVAL},
    {"1987011", CHL_E_INVAL},
    {"19870118", CHL_E_INVAL},
    {"1987-01-18-", CHL_E_INVAL},
    {"1987--18", CHL_E_INVAL},
    {"/", CHL_E_INVAL},
    {"1987-01-18T", CHL_E_INVAL},
    {"+1/1/1987", CHL_E_INVAL},
    {"18011987 1", CHL_E_INVAL},
    {"0018/01/1987", CHL_E_INVAL},
    {"1/8819871987", CHL_E_INVAL},
    {"999999999999999999999999999999999999999999/1/1987", CHL_E_INVAL},
};

static void test_forms_of_cards_are_brought_to_one(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof read / sizeof *read; i++) {
        char out[CHL_BIRTH_SIZE] = "former";
        if (chl_birth_normalise(read[i].text, out) != CHL_OK || strcmp(out, read[i].birth) != 0) {
            fail_msg("%s: expected %s, got '%s'", read[i].text, read[i].birth, out);
        }
    }
}

static void test_impossible_days_and_other_forms_are_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        char out[CHL_BIRTH_SIZE] = "former";
        chl_err error = chl_birth_normalise(refused[i].text, out);
        if (error != refused[i].error || out[0] != '\0') {
            fail_msg("%s: expected %s, got %s and '%s'", refused[i].text,
                     chl_strerror(refused[i].error), chl_strerror(error), out);
        }
    }
}

/* What comes out goes in again and stays the same, for every day of a leap year. */
static void test_every_day_comes_back(void **state)
{
    (void)state;
    unsigned days = 0;
    for (unsigned month = 1; month <= 13; month++) {
        for (unsigned day = 0; day <= 32; day++) {
            char run[16], parted[16], first[CHL_BIRTH_SIZE], again[CHL_BIRTH_SIZE];
            (void)snprintf(run, sizeof run, "%02u%02u2020", day, month);
            (void)snprintf(parted, sizeof parted, "%u/%u/2020", day, month);
            chl_err error = chl_birth_normalise(run, first);
            assert_int_equal(chl_birth_normalise(parted, again), error);
            assert_string_equal(first, again);
            if (error == CHL_OK) {
                days++;
                assert_int_equal(chl_birth_normalise(first, again), CHL_OK);
                assert_string_equal(first, again);
            }
        }
    }
    assert_int_equal(days, 366);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_forms_of_cards_are_brought_to_one),
        cmocka_unit_test(test_impossible_days_and_other_forms_are_refused),
        cmocka_unit_test(test_every_day_comes_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
