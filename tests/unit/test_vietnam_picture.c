/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Cards from a picture: every name comes through the QR reader with its accents.
 *
 *  A reader that guesses the character set takes some names for Chinese.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/qr/reader.h"
#include "lib/qr/symbol.h"
#include "tests/unit/vietnam_codes.h"

/* The name that libzbar's guess is known to turn into Chinese. */
#define GUESSED_WRONGLY "HUỲNH HIẾU THUẬN"

static void read_back(struct chl_qr_reader *reader, const char *text, const char *name)
{
    static struct chl_qr_symbol symbol;
    static struct chl_qr_code code;
    struct chl_inspection out;
    uint8_t *png = NULL;
    size_t length = 0;
    assert_int_equal(chl_qr_encode(text, strlen(text), CHL_QR_M, &symbol), CHL_OK);
    assert_int_equal(chl_qr_png(&symbol, 3, &png, &length), CHL_OK);
    assert_int_equal(chl_qr_read_memory(reader, png, length, &code), CHL_OK);
    free(png);
    assert_int_equal(code.length, strlen(text));
    assert_memory_equal(code.bytes, text, code.length);
    vietnam_look(code.bytes, code.length, &out);
    assert_int_equal(out.outcome, CHL_CLAIMED);
    assert_string_equal(out.claims.name, name);
}

static void test_every_name_comes_through_a_picture(void **state)
{
    (void)state;
    struct chl_qr_reader *reader = NULL;
    char code[VIETNAM_CODE_SIZE];
    assert_int_equal(chl_qr_reader_new(&reader), CHL_OK);
    for (size_t i = 0; i <= vietnam_name_count; i++) {
        const char *name = i < vietnam_name_count ? vietnam_names[i] : GUESSED_WRONGLY;
        vietnam_make_cccd(name, i % 2 == 0 ? 7 : 11, code);
        read_back(reader, code, name);
    }
    vietnam_make_bhyt(GUESSED_WRONGLY, 17, true, code);
    read_back(reader, code, GUESSED_WRONGLY);
    vietnam_make_pccovid("HUYNH HIEU THUAN", code);
    read_back(reader, code, "HUYNH HIEU THUAN");
    chl_qr_reader_free(reader);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_name_comes_through_a_picture),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
