/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Device profiles: the shipped one says what its source says, and mistakes are placed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/profile/profile.h"

#define LOT CHL_SOURCE_DIR "/firmware-config/lot-turnstile.yaml"

static void test_lot_says_what_its_source_says(void **state)
{
    (void)state;
    struct chl_profile *p = NULL;
    struct chl_yaml_error error;
    memset(&error, 0, sizeof error);
    chl_err rc = chl_profile_load(LOT, &p, &error);
    if (rc != CHL_OK) {
        fail_msg("%s", error.text);
    }
    static const struct {
        chl_register_role role;
        unsigned address, words;
        bool writable, persistent;
        unsigned dflt;
    } expected[] = {
        {CHL_REG_ENTRY_GRANT, 0x40, 1, true, false, 0},
        {CHL_REG_EXIT_GRANT, 0x41, 1, true, false, 0},
        {CHL_REG_ENTRY_OBJECT, 0x42, 1, false, false, 0},
        {CHL_REG_EXIT_OBJECT, 0x43, 1, false, false, 0},
        {CHL_REG_ENTRY_COUNT, 0x44, 2, false, false, 0},
        {CHL_REG_EXIT_COUNT, 0x46, 2, false, false, 0},
        {CHL_REG_ERROR, 0x48, 1, false, false, 0},
        {CHL_REG_MODE, 0x3000, 1, true, true, 0},
        {CHL_REG_ACCUMULATE, 0x3010, 1, true, false, 0},
        {CHL_REG_START_TIME, 0x3011, 1, true, false, 7},
        {CHL_REG_FINISH_TIME, 0x3012, 1, true, false, 7},
    };
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        const struct chl_register *r = &p->registers[expected[i].role];
        assert_true(r->present);
        assert_int_equal(r->address, expected[i].address);
        assert_int_equal(r->words, expected[i].words);
        assert_int_equal(r->writable, expected[i].writable);
        assert_int_equal(r->persistent, expected[i].persistent);
        assert_int_equal(r->dflt, expected[i].dflt);
        assert_true(r->low_word_first);
    }
    assert_string_equal(p->id, "lot-turnstile");
    assert_non_null(strstr(p->source, "lotltd/TurnstileModbusSDK"));
    assert_int_equal(p->functions, 1U << 3 | 1U << 16);
    assert_int_equal(p->read_block_start, 0x40);
    assert_int_equal(p->read_block_count, 9);
    assert_int_equal(p->grant_cancel, 0);
    assert_int_equal(p->grant_max, 0xFFFE);
    assert_int_equal(p->grant_free, 0xFFFF);
    assert_int_equal(p->mode_normal, 0);
    assert_int_equal(p->mode_blocked, 1);
    assert_int_equal(p->mode_emergency, 2);
    assert_int_equal(p->gap_ms, 5);
    assert_int_equal(p->units_max, 32);
    assert_false(p->watchdog);
    assert_string_equal(p->exit_direction, "exit");
    assert_string_equal(p->registers[CHL_REG_START_TIME].unit, "s");
    chl_profile_free(p);
}

/** The shipped text with one piece replaced. */
static char *changed(const char *from, const char *to)
{
    FILE *file = fopen(LOT, "rb");
    assert_non_null(file);
    static char text[16384];
    size_t length = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    text[length] = '\0';
    char *at = strstr(text, from);
    assert_non_null(at);
    size_t size = length + strlen(to) + 1;
    char *out = malloc(size);
    assert_non_null(out);
    snprintf(out, size, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
    return out;
}

static unsigned line_of(const char *text, const char *needle)
{
    const char *at = strstr(text, needle);
    assert_non_null(at);
    unsigned line = 1;
    for (const char *c = text; c < at; c++) {
        line += *c == '\n';
    }
    return line;
}

static void test_mistakes_are_refused_with_their_place(void **state)
{
    (void)state;
    static const struct {
        const char *from, *to, *line_with, *says;
    } cases[] = {
        {"address: 0x40,", "address: 0x1FFFF,", "0x1FFFF", "whole number"},
        {"address: 0x40,", "address: sixty,", "sixty", "sixty"},
        {"entry-grant:", "entry-grand:", "entry-grand", "entry-grand"},
        {"  exit-count: ", "  #exit-count:", NULL, "exit-count"},
        {"address: 0x41, access: read-write", "address: 0x40, access: read-write", "exit-grant",
         "already"},
        {"address: 0x41, access: read-write", "address: 0x90, access: read-write", "0x90",
         "read block"},
        {"access: read-write, max: 0xFFFF", "access: write, max: 0xFFFF", "access: write",
         "read-write"},
        {"watchdog: none", "watchdog: maybe", "maybe", "none"},
        {"functions: [3, 16]", "functions: [3]", NULL, "16"},
        {"functions: [3, 16]", "functions: [3, 99]", "99", "99"},
        {"units-max: 32", "units-max: 0", NULL, "units-max"},
        {"gap: 5 ms", "gap: 5 miles", "miles", "gap"},
        {"  source: ", "  sauce: ", "sauce", "sauce"},
        {"exit-direction: exit", "exit-direction: up", "exit-direction: up", "exit"},
        {"  grant-free: 0xFFFF", "  grant-fee: 0xFFFF", "grant-fee", "grant-fee"},
        {"words: 2, word-order: low-first", "words: 3, word-order: low-first", "words: 3", "words"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char *text = changed(cases[i].from, cases[i].to);
        struct chl_profile *p = NULL;
        struct chl_yaml_error error;
        memset(&error, 0, sizeof error);
        chl_err rc = chl_profile_parse("x.yaml", text, strlen(text), &p, &error);
        if (rc != CHL_E_CONFIG || p != NULL || strstr(error.text, cases[i].says) == NULL ||
            strncmp(error.text, "x.yaml:", 7) != 0 || error.line == 0 ||
            (cases[i].line_with != NULL && error.line != line_of(text, cases[i].line_with))) {
            fail_msg("%s → %s: rc %d, line %u: %s", cases[i].from, cases[i].to, (int)rc, error.line,
                     error.text);
        }
        free(text);
    }
}

static void test_a_name_is_looked_up_and_a_path_kept(void **state)
{
    (void)state;
    char path[256];
    assert_true(chl_profile_path("/data", "lot-turnstile", path, sizeof path));
    assert_string_equal(path, "/data/firmware-config/lot-turnstile.yaml");
    assert_true(chl_profile_path("/data", "./mine.yaml", path, sizeof path));
    assert_string_equal(path, "./mine.yaml");
    char small[8];
    assert_false(chl_profile_path("/data", "lot-turnstile", small, sizeof small));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lot_says_what_its_source_says),
        cmocka_unit_test(test_mistakes_are_refused_with_their_place),
        cmocka_unit_test(test_a_name_is_looked_up_and_a_path_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
