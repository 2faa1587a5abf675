/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief What a site writes about a serial scanner, and what the table of models adds.
 */
#include "serial.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/** Index of a name among the choices of an option; fails the test when there is none. */
static int choice(const char *const *choices, const char *name)
{
    for (int i = 0; choices[i] != NULL; i++) {
        if (strcmp(choices[i], name) == 0) {
            return i;
        }
    }
    fail_msg("no choice '%s'", name);
    return 0;
}

static void test_every_model_is_whole_and_says_its_source(void **state)
{
    (void)state;
    assert_true(serial_model_count() >= 8);
    for (size_t i = 0; i < serial_model_count(); i++) {
        const struct serial_model *model = serial_model_at(i);
        struct chl_scanline_format format;
        struct scan_serial_config config = {.prefix = "model", .model = (int)i};
        char why[256] = "";
        assert_string_equal(serial_model_names[i], model->name);
        assert_true(strlen(model->source) > 10);
        assert_true(model->port.data_bits == 7 || model->port.data_bits == 8);
        assert_true(model->port.stop_bits == 1 || model->port.stop_bits == 2);
        assert_true(model->port.parity != PARITY_MODEL && model->port.flow != FLOW_MODEL);
        assert_true(model->suffix != SUFFIX_MODEL);
        char baud[16];
        (void)snprintf(baud, sizeof baud, "%d", model->port.baud);
        (void)choice(serial_baud_names, baud);
        assert_int_equal(serial_format(&config, &format, why, sizeof why), CHL_OK);
        for (size_t k = 0; k < i; k++) {
            assert_string_not_equal(model->name, serial_model_at(k)->name);
        }
    }
    assert_null(serial_model_names[serial_model_count()]);
}

static void test_options_override_the_model(void **state)
{
    (void)state;
    struct port_settings port;
    struct scan_serial_config config = {.model = choice(serial_model_names, "symbol-olivetti")};
    serial_settle(&config, &port);
    assert_int_equal(port.baud, 9600);
    assert_int_equal(port.data_bits, 7);
    assert_int_equal(port.parity, PARITY_EVEN);
    config.baud = choice(serial_baud_names, "115200");
    config.data_bits = 2;
    config.stop_bits = 2;
    config.parity = PARITY_NONE;
    config.flow = FLOW_RTS_CTS;
    serial_settle(&config, &port);
    assert_int_equal(port.baud, 115200);
    assert_int_equal(port.data_bits, 8);
    assert_int_equal(port.stop_bits, 2);
    assert_int_equal(port.parity, PARITY_NONE);
    assert_int_equal(port.flow, FLOW_RTS_CTS);
}

static void test_prefixes_are_written_as_people_write_them(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *bytes; /**< NULL: refused */
    } rows[] = {{"", ""},
                {"<STX>", "\x02"},
                {"A<GS><0x1e>", "A\x1D\x1E"},
                {"<<x>", "<x>"},
                {"12345678", "12345678"},
                {"123456789", NULL},
                {"<stx>", NULL},
                {"<STX", NULL},
                {"<0x1>", NULL},
                {"<0xG1>", NULL},
                {"<>", NULL},
                {"Mã", "M\xC3\xA3"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint8_t bytes[CHL_SCANLINE_AFFIX_MAX];
        uint8_t length = 0;
        chl_err error = serial_unescape(rows[i].text, bytes, &length);
        if (rows[i].bytes == NULL) {
            assert_int_equal(error, CHL_E_CONFIG);
            continue;
        }
        assert_int_equal(error, CHL_OK);
        assert_int_equal(length, strlen(rows[i].bytes));
        assert_memory_equal(bytes, rows[i].bytes, length);
    }
}

static void test_prefix_and_suffix_come_from_the_site_or_the_model(void **state)
{
    (void)state;
    struct chl_scanline_format format;
    char why[256] = "";
    struct scan_serial_config config = {.prefix = "model",
                                        .model = choice(serial_model_names, "symbol-olivetti")};
    assert_int_equal(serial_format(&config, &format, why, sizeof why), CHL_OK);
    assert_int_equal(format.prefix_length, 1);
    assert_int_equal(format.prefix[0], 2);
    assert_int_equal(format.suffix_length, 1);
    assert_int_equal(format.suffix[0], 3);
    assert_false(format.any_line_end);
    config.prefix = "none";
    config.suffix = SUFFIX_NONE;
    assert_int_equal(serial_format(&config, &format, why, sizeof why), CHL_OK);
    assert_int_equal(format.prefix_length + format.suffix_length, 0);
    config.suffix = SUFFIX_AUTO;
    assert_int_equal(serial_format(&config, &format, why, sizeof why), CHL_OK);
    assert_true(format.any_line_end);
    config.prefix = "<NOPE>";
    assert_int_equal(serial_format(&config, &format, why, sizeof why), CHL_E_CONFIG);
    assert_non_null(strstr(why, "<NOPE>"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_model_is_whole_and_says_its_source),
        cmocka_unit_test(test_options_override_the_model),
        cmocka_unit_test(test_prefixes_are_written_as_people_write_them),
        cmocka_unit_test(test_prefix_and_suffix_come_from_the_site_or_the_model),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
