/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Key strokes, recorded and composed, through the code that reads the real device's.
 */
#include "typed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { CODES_MAX = 8 };

struct seen {
    size_t count;
    enum typed_state states[CODES_MAX];
    char codes[CODES_MAX][256];
};

static struct seen seen;
static struct typed typed;

static void keep(void *user, enum typed_state state, const uint8_t *bytes, size_t length)
{
    struct seen *to = user;
    assert_true(to->count < CODES_MAX);
    assert_true((state == TYPED_WHOLE) == (bytes != NULL));
    to->states[to->count] = state;
    size_t kept = length < 255 ? length : 255;
    memcpy(to->codes[to->count], bytes != NULL ? (const char *)bytes : "", kept);
    to->codes[to->count++][kept] = '\0';
}

static int set_up(void **state)
{
    (void)state;
    seen.count = 0;
    typed_init(&typed);
    return 0;
}

static void event(uint16_t type, uint16_t code, int32_t value)
{
    const struct input_event one = {.type = type, .code = code, .value = value};
    typed_take(&typed, &one, keep, &seen);
}

static void key(uint16_t code, int32_t value)
{
    event(EV_KEY, code, value);
    event(EV_SYN, SYN_REPORT, 0);
}

static void tap(uint16_t code)
{
    key(code, 1);
    key(code, 0);
}

static void expect(size_t index, enum typed_state state, const char *code)
{
    assert_true(index < seen.count);
    assert_int_equal(seen.states[index], state);
    assert_string_equal(seen.codes[index], code);
}

/** Play a recording: `type code value` a line. */
static void play(const char *name)
{
    char path[512], line[128];
    unsigned count = 0;
    (void)snprintf(path, sizeof path, CHL_SOURCE_DIR "/tests/fixtures/hid/%s", name);
    FILE *file = fopen(path, "re");
    assert_non_null(file);
    while (fgets(line, sizeof line, file) != NULL) {
        if (line[0] != '#') {
            char *rest = NULL;
            unsigned long type = strtoul(line, &rest, 10);
            unsigned long code = strtoul(rest, &rest, 10);
            event((uint16_t)type, (uint16_t)code, (int32_t)strtol(rest, &rest, 10));
            assert_int_equal(*rest, '\n');
            count++;
        }
    }
    (void)fclose(file);
    assert_true(count > 20);
}

static void test_recordings_give_what_was_shown(void **state)
{
    (void)state;
    play("declaration.events");
    play("card_holes.events");
    play("alt_ascii.events");
    play("alt_code_page.events");
    assert_int_equal(seen.count, 4);
    expect(0, TYPED_WHOLE, "LS1:NCFOX%T3$MA*N-H+/.:");
    expect(1, TYPED_MANGLED, "");
    expect(2, TYPED_WHOLE, "HC1:6BFO");
    expect(3, TYPED_MANGLED, "");
}

static void test_shift_lock_turns_letters_only(void **state)
{
    (void)state;
    tap(KEY_CAPSLOCK);
    tap(KEY_A);
    tap(KEY_1);
    key(KEY_RIGHTSHIFT, 1);
    tap(KEY_A);
    tap(KEY_1);
    key(KEY_RIGHTSHIFT, 0);
    tap(KEY_CAPSLOCK);
    tap(KEY_A);
    tap(KEY_ENTER);
    expect(0, TYPED_WHOLE, "A1a!a");
    assert_false(typed_reset(&typed, true)); /* opened anew with the lamp lit */
    tap(KEY_B);
    tap(KEY_TAB);
    expect(1, TYPED_WHOLE, "B");
}

static void test_keypad_and_control_characters(void **state)
{
    (void)state;
    static const uint16_t keypad[] = {
        KEY_KP0, KEY_KP1, KEY_KP2,   KEY_KP3,     KEY_KP4,    KEY_KP5,        KEY_KP6,    KEY_KP7,
        KEY_KP8, KEY_KP9, KEY_KPDOT, KEY_KPMINUS, KEY_KPPLUS, KEY_KPASTERISK, KEY_KPSLASH};
    tap(KEY_NUMLOCK);
    for (size_t i = 0; i < sizeof keypad / sizeof *keypad; i++) {
        tap(keypad[i]);
    }
    tap(KEY_KPENTER);
    expect(0, TYPED_WHOLE, "0123456789.-+*/");
    tap(KEY_A);
    key(KEY_LEFTCTRL, 1);
    tap(KEY_RIGHTBRACE); /* GS */
    tap(KEY_B);          /* STX */
    key(KEY_LEFTCTRL, 0);
    tap(KEY_A);
    key(KEY_RIGHTCTRL, 1);
    tap(KEY_M); /* CR */
    key(KEY_RIGHTCTRL, 0);
    expect(1, TYPED_WHOLE,
           "a\x1D\x02"
           "a");
    assert_int_equal(seen.count, 2);
}

static void test_strokes_that_are_no_character_mangle_that_code_only(void **state)
{
    (void)state;
    static const uint16_t strange[] = {KEY_102ND, KEY_F1, KEY_COMPOSE, KEY_HOME, KEY_ESC, KEY_RO};
    for (size_t i = 0; i < sizeof strange / sizeof *strange; i++) {
        tap(KEY_X);
        tap(strange[i]);
        tap(KEY_ENTER);
        expect(i, TYPED_MANGLED, "");
    }
    tap(KEY_X);
    tap(KEY_VOLUMEUP); /* a button, no part of a text */
    tap(KEY_ENTER);
    expect(6, TYPED_WHOLE, "x");
}

static void test_dead_keys_and_numbers_beyond_ascii_are_refused(void **state)
{
    (void)state;
    tap(KEY_X);
    key(KEY_RIGHTALT, 1);
    tap(KEY_E);
    key(KEY_RIGHTALT, 0);
    tap(KEY_ENTER);
    expect(0, TYPED_MANGLED, "");
    for (size_t digits = 2; digits <= 7; digits++) {
        seen.count = 0;
        tap(KEY_X);
        key(KEY_LEFTALT, 1);
        for (size_t i = 0; i < digits; i++) {
            tap(KEY_KP9);
        }
        key(KEY_LEFTALT, 0);
        tap(KEY_ENTER);
        /* 99 is the only one of them that is a plain character. */
        expect(0, digits == 2 ? TYPED_WHOLE : TYPED_MANGLED, digits == 2 ? "xc" : "");
    }
}

static void test_repeats_are_the_kernels_and_lost_events_break_the_code(void **state)
{
    (void)state;
    key(KEY_A, 1);
    key(KEY_A, 2);
    key(KEY_A, 2);
    key(KEY_A, 0);
    tap(KEY_ENTER);
    expect(0, TYPED_WHOLE, "a");
    tap(KEY_A);
    key(KEY_LEFTSHIFT, 1);
    event(EV_SYN, SYN_DROPPED, 0);
    event(EV_KEY, KEY_ENTER, 1); /* of what was dropped: up to the report nothing counts */
    event(EV_SYN, SYN_REPORT, 0);
    tap(KEY_B);
    tap(KEY_ENTER);
    assert_int_equal(seen.count, 2);
    expect(1, TYPED_BROKEN, "");
    tap(KEY_C); /* Shift is not held any more, and the next code is whole */
    tap(KEY_ENTER);
    expect(2, TYPED_WHOLE, "c");
}

static void test_silence_ends_a_code_and_nothing_gives_nothing(void **state)
{
    (void)state;
    tap(KEY_ENTER);
    typed_end(&typed, keep, &seen);
    assert_false(typed_is_open(&typed));
    assert_int_equal(seen.count, 0);
    tap(KEY_A);
    assert_true(typed_is_open(&typed));
    typed_end(&typed, keep, &seen);
    expect(0, TYPED_WHOLE, "a");
    tap(KEY_B);
    assert_true(typed_reset(&typed, false));
    tap(KEY_C);
    tap(KEY_ENTER);
    expect(1, TYPED_WHOLE, "c");
}

static void test_too_long_a_code_is_broken_once(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 3 * CHL_CODE_MAX; i++) {
        tap(KEY_A);
    }
    tap(KEY_ENTER);
    tap(KEY_B);
    tap(KEY_ENTER);
    assert_int_equal(seen.count, 2);
    expect(0, TYPED_BROKEN, "");
    expect(1, TYPED_WHOLE, "b");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_recordings_give_what_was_shown, set_up),
        cmocka_unit_test_setup(test_shift_lock_turns_letters_only, set_up),
        cmocka_unit_test_setup(test_keypad_and_control_characters, set_up),
        cmocka_unit_test_setup(test_strokes_that_are_no_character_mangle_that_code_only, set_up),
        cmocka_unit_test_setup(test_dead_keys_and_numbers_beyond_ascii_are_refused, set_up),
        cmocka_unit_test_setup(test_repeats_are_the_kernels_and_lost_events_break_the_code, set_up),
        cmocka_unit_test_setup(test_silence_ends_a_code_and_nothing_gives_nothing, set_up),
        cmocka_unit_test_setup(test_too_long_a_code_is_broken_once, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
