/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The CSV reader: what RFC 4180 allows is read, everything else is refused.
 */
#include "lib/csv/csv.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct csv csv;

static void open_text(char *text, size_t length)
{
    memset(&csv, 0, sizeof csv);
    csv.file = fmemopen(text, length, "r");
    assert_non_null(csv.file);
}

static chl_err read_one(const char *text)
{
    char copy[256];
    size_t length = strlen(text);
    memcpy(copy, text, length + 1);
    open_text(copy, length);
    chl_err err = csv_next(&csv);
    (void)fclose(csv.file);
    return err;
}

static void test_rows_and_quotes_are_read(void **state)
{
    (void)state;
    char text[] =
        "\xEF\xBB\xBFname,birth\r\n\r\n\"Trần, Văn\",\"19\"\"90\"\n\"two\nlines\",\n,last";
    open_text(text, sizeof text - 1);
    assert_int_equal(csv_next(&csv), CHL_OK);
    assert_int_equal(csv.count, 2);
    assert_string_equal(csv.columns[0], "name");
    assert_string_equal(csv.columns[1], "birth");
    assert_int_equal(csv_next(&csv), CHL_OK);
    assert_int_equal(csv.line, 3);
    assert_string_equal(csv.columns[0], "Trần, Văn");
    assert_string_equal(csv.columns[1], "19\"90");
    assert_int_equal(csv_next(&csv), CHL_OK);
    assert_string_equal(csv.columns[0], "two\nlines");
    assert_string_equal(csv.columns[1], "");
    assert_int_equal(csv_next(&csv), CHL_OK);
    assert_int_equal(csv.line, 6);
    assert_string_equal(csv.columns[0], "");
    assert_string_equal(csv.columns[1], "last");
    assert_int_equal(csv_next(&csv), CHL_E_CLOSED);
    assert_int_equal(csv_next(&csv), CHL_E_CLOSED);
    (void)fclose(csv.file);
}

static void test_bad_quotes_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"\"open", "\"a\"b,c\n", "a\"b\n", "\"a\" ,b\n"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(read_one(bad[i]), CHL_E_CORRUPT);
    }
    assert_int_equal(read_one("\"\"\n"), CHL_E_CLOSED); /* an empty line, however written */
}

static void test_rows_are_bounded(void **state)
{
    (void)state;
    char *text = malloc(CSV_RECORD_MAX + 2);
    assert_non_null(text);
    memset(text, 'x', CSV_RECORD_MAX + 2);
    open_text(text, CSV_RECORD_MAX + 2);
    assert_int_equal(csv_next(&csv), CHL_E_LIMIT);
    (void)fclose(csv.file);
    open_text(text, CSV_RECORD_MAX - 1); /* with its NUL just full */
    assert_int_equal(csv_next(&csv), CHL_OK);
    (void)fclose(csv.file);
    memset(text, ',', CSV_COLUMNS_MAX);
    open_text(text, CSV_COLUMNS_MAX);
    assert_int_equal(csv_next(&csv), CHL_E_LIMIT);
    (void)fclose(csv.file);
    open_text(text, CSV_COLUMNS_MAX - 1);
    assert_int_equal(csv_next(&csv), CHL_OK);
    assert_int_equal(csv.count, CSV_COLUMNS_MAX);
    (void)fclose(csv.file);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows_and_quotes_are_read),
        cmocka_unit_test(test_bad_quotes_are_refused),
        cmocka_unit_test(test_rows_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
