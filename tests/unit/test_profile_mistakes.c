/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Mistakes and contradictions in a device profile are refused at their line.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/profile/profile.h"

/** Everything a profile may have. Line numbers stand beside it; the tests name them. */
static const char whole[] =
    "profile: { id: x, name: X, vendor: V, source: \"manual p. 1\" }\n"                 /* 1 */
    "link:\n"                                                                           /* 2 */
    "  functions: [1, 2, 3, 4, 5, 6, 16]\n"                                             /* 3 */
    "  transports: [rtu, tcp]\n"                                                        /* 4 */
    "  units-max: 32\n"                                                                 /* 5 */
    "  response: 100 ms\n"                                                              /* 6 */
    "  delay-max: 200 ms\n"                                                             /* 7 */
    "  merge-hole: 2\n"                                                                 /* 8 */
    "  merge-max: 16\n"                                                                 /* 9 */
    "release:\n"                                                                        /* 10 */
    "  by: flash\n"                                                                     /* 11 */
    "  tick: 100 ms\n"                                                                  /* 12 */
    "  pulse: 500 ms\n"                                                                 /* 13 */
    "  row: 1\n"                                                                        /* 14 */
    "  close-row: 2\n"                                                                  /* 15 */
    "  hold: latch\n"                                                                   /* 16 */
    "passages:\n"                                                                       /* 17 */
    "  by: counter\n"                                                                   /* 18 */
    "  entry: 1\n"                                                                      /* 19 */
    "  exit: 2\n"                                                                       /* 20 */
    "egress: { by: mechanical }\n"                                                      /* 21 */
    "fail-safe:\n"                                                                      /* 22 */
    "  watchdog: poll-timeout\n"                                                        /* 23 */
    "  timeout: silence\n"                                                              /* 24 */
    "  tick: 1 s\n"                                                                     /* 25 */
    "  alone: [hold, free]\n"                                                           /* 26 */
    "registers:\n"                                                                      /* 27 */
    "  output: { area: coil, address: 0, rows: 4, access: read-write }\n"               /* 28 */
    "  flash: { area: coil, address: 0x200, rows: 4, access: write, max: 0xFF }\n"      /* 29 */
    "  input: { area: discrete, address: 0, rows: 4, access: read }\n"                  /* 30 */
    "  counter:\n"                                                                      /* 31 */
    "    { area: input, address: 16, words: 2, word-order: high-first, rows: 4,\n"      /* 32 */
    "      access: read }\n"                                                            /* 33 */
    "  overflow: { area: discrete, address: 100, rows: 4, access: read }\n"             /* 34 */
    "settings:\n"                                                                       /* 35 */
    "  silence:\n"                                                                      /* 36 */
    "    { address: 8, access: read-write, min: 1, max: 60, want: value, value: 5,\n"   /* 37 */
    "      about-vi: Im, about-en: Silence }\n"                                         /* 38 */
    "  safe:\n"                                                                         /* 39 */
    "    { address: 20, rows: 4, access: read-write, max: 1, want: link-loss,\n"        /* 40 */
    "      hold: 0, free: 1, about-vi: An, about-en: Safe }\n"                          /* 41 */
    "  speed:\n"                                                                        /* 42 */
    "    { address: 30, access: read-write, max: 1152, complement: true, kind: line,\n" /* 43 */
    "      about-vi: Nhanh, about-en: Speed }\n"                                        /* 44 */
    "reboot: { address: 50, access: write, value: 1 }\n";                               /* 45 */

static const struct mistake {
    const char *from, *to; /**< the first place of `from` becomes `to` */
    unsigned line;
    const char *says;
} mistakes[] = {
    /* What it is, and how it is reached. */
    {"source: \"manual p. 1\"", "sauce: x", 1, "did you mean 'source'?"},
    {", source: \"manual p. 1\"", "", 1, "source"},
    {"functions: [1, 2, 3, 4, 5, 6, 16]", "functions: [3, 99]", 3, "got '99'"},
    {"transports: [rtu, tcp]", "transports: [rtu, udp]", 4, "got 'udp'"},
    {"units-max: 32", "units-max: 0", 5, "expected 1 to 247 for 'units-max'"},
    {"response: 100 ms", "response: 5 miles", 6, "response"},
    {"delay-max: 200 ms", "delay-max: 50 ms", 7, "at least 'response' (100 ms)"},
    {"  merge-max: 16\n", "", 8, "expected 'merge-max'"},
    {"merge-max: 16", "read-block-start: 4", 9, "together"},
    {"egress:", "regress:", 21, "did you mean 'egress'?"},
    {"passages:\n  by: counter\n  entry: 1\n  exit: 2\n", "", 1, "expected section 'passages'"},
    {"egress: { by: mechanical }\n", "", 1, "expected section 'egress'"},
    /* Functions cover what is used. */
    {"[1, 2, 3, 4, 5, 6, 16]", "[1, 2, 4, 5, 6, 16]", 3, "function 3 to read"},
    {"[1, 2, 3, 4, 5, 6, 16]", "[1, 2, 3, 5, 6, 16]", 3, "function 4 to read"},
    {"[1, 2, 3, 4, 5, 6, 16]", "[1, 3, 4, 5, 6, 16]", 3, "function 2 to read"},
    {"[1, 2, 3, 4, 5, 6, 16]", "[2, 3, 4, 5, 6, 16]", 3, "function 1 to read"},
    {"[1, 2, 3, 4, 5, 6, 16]", "[1, 2, 3, 4, 6, 15, 16]", 3, "function 5 to write"},
    {"[1, 2, 3, 4, 5, 6, 16]", "[1, 2, 3, 4, 5, 6]", 3, "function 16 to write in"},
    {"[1, 2, 3, 4, 5, 6, 16]", "[1, 2, 3, 4, 5]", 3, "function 6 or 16 to write"},
    /* How an entry is released. */
    {"by: flash", "by: grant", 12, "expected no 'tick' with 'by: grant'"},
    {"by: flash", "by: pulse", 10, "expected 'register' with 'by: pulse'"},
    {"by: flash\n  tick: 100 ms", "by: pulse\n  register: pulse-start", 11,
     "expected register 'pulse-start'"},
    {"  tick: 100 ms\n", "", 10, "expected 'tick' with 'by: flash'"},
    {"pulse: 500 ms", "pulse: 550 ms", 13, "whole number of ticks"},
    {"pulse: 500 ms", "pulse: 30 s", 13, "1 to 255 ticks"},
    {"row: 1", "row: 5", 14, "expected 1 to 4 for 'row', got 5"},
    {"close-row: 2", "close-row: 1", 15, "expected another output"},
    {"hold: latch", "hold: grant", 16, "expected hold: latch or repeat"},
    {"  output: { area: coil, address: 0, rows: 4, access: read-write }\n", "", 16,
     "expected register 'output'"},
    {"  flash: {", "  entry-grant: { address: 99, access: read-write }\n  pulse-start: {", 1,
     "expected 'grant-cancel'"},
    {"watchdog: poll-timeout\n  timeout: silence\n  tick: 1 s\n  alone: [hold, free]",
     "watchdog: none\n  alone: [hold]", 16, "nobody would close it"},
    /* Who counts. */
    {"by: counter", "by: count", 19, "expected no 'entry' with 'by: count'"},
    {"by: counter\n  entry: 1\n  exit: 2", "by: count", 18, "expected register 'entry-count'"},
    {"exit: 2", "exit: 1", 20, "expected another row"},
    {"entry: 1", "entry: 9", 19, "expected 1 to 4 for 'entry'"},
    {"  input: {", "  #input: {", 0, ""}, /* nobody needs it: counters count */
    {"{ by: mechanical }", "{ by: grant }", 21, "expected register 'exit-grant'"},
    {"overflow: { area: discrete, address: 100, rows: 4",
     "overflow: { area: discrete, address: 100, rows: 3", 34, "as many rows as 'counter'"},
    /* What it does alone. */
    {"watchdog: poll-timeout", "watchdog: none", 24, "expected no 'timeout'"},
    {"  timeout: silence\n", "", 23, "got no 'timeout'"},
    {"  tick: 1 s\n", "", 23, "got no 'tick'"},
    {"timeout: silence", "timeout: noise", 24, "got 'noise'"},
    {"min: 1, max: 60", "min: 0, max: 60", 24, "a watchdog that is off"},
    {"alone: [hold, free]", "alone: [hold, flee]", 26, "got 'flee'"},
    {"alone: [hold, free]", "alone: []", 26, "at least one"},
    {"alone: [hold, free]", "alone: [hold, free-exit, free]", 39, "expected 'free-exit'"},
    {"fail-safe:\n  watchdog: poll-timeout\n  timeout: silence\n  tick: 1 s\n",
     "fail-safe:\n  watchdog: none\n", 24, "opens nothing"},
    /* Registers. */
    {"  flash:", "  flush:", 29, "did you mean 'flash'?"},
    {"address: 0x200", "address: 0x1FFFF", 29, "expected 0 to 65535 for 'address'"},
    {"address: 0x200", "address: sixty", 29, "whole number"},
    {"address: 0x200, rows: 4", "address: 0xFFFE, rows: 4", 29, "end by 0xFFFF"},
    {"address: 0x200", "address: 3", 29, "already is 'output'"},
    {"area: coil, address: 0x200", "area: holding, address: 0x200", 29, "expected another area"},
    {"area: discrete, address: 0, rows: 4, access: read }",
     "area: discrete, address: 0, rows: 4, access: read-write }", 30, "access: read for 'input'"},
    {"access: write, max: 0xFF", "access: read, max: 0xFF", 29, "write or read-write"},
    {"address: 0, rows: 4, access: read-write", "address: 0, rows: 4, access: write", 28,
     "access: read-write for 'output'"},
    {"word-order: high-first, ", "", 32, "expected 'word-order'"},
    {"words: 2, word-order", "words: 3, word-order", 32, "words: 1 or 2"},
    {"words: 2, word-order: high-first", "words: 2, word-order: middle", 32, "low-first"},
    {"area: input, address: 16, words: 2", "area: coil, address: 16, words: 2", 32,
     "expected another area"},
    {"rows: 4,\n      access: read", "rows: 4, stride: 1,\n      access: read", 32,
     "do not overlap"},
    {"rows: 4,\n      access: read", "rows: 65,\n      access: read", 32, "1 to 64 for 'rows'"},
    /* Settings. */
    {"min: 1, max: 60", "min: 70, max: 60", 37, "min ≤ max"},
    {"min: 1, max: 60", "min: 1, max: 60, default: 61", 37, "the default of 'silence'"},
    {"want: value, value: 5", "want: value, value: 61", 37, "expected 1 to 60 for 'value'"},
    {"want: value, value: 5", "want: value", 36, "expected 'value'"},
    {"want: value, value: 5", "want: pass-time", 36, "expected 'tick'"},
    {"want: value, value: 5", "want: none, value: 5", 37, "expected 'want: value'"},
    {"want: value, value: 5", "want: value, value: 5, fixed: true", 0, ""},
    {"want: link-loss,", "want: link-loss, fixed: true,", 40, "expected 'want: value'"},
    {"address: 8, access", "address: 8, of: input, access", 37, "expected 'rows' of 2 or more"},
    {"address: 20, rows: 4,", "address: 20, rows: 4, of: inputs,", 40, "did you mean 'input'?"},
    {"address: 20, rows: 4,", "address: 20, rows: 4, of: input,", 40, "an input lets nobody in"},
    {"address: 20, rows: 4,", "address: 20, rows: 4, of: output,", 0, ""},
    {"address: 20, rows: 4", "address: 20, rows: 3", 39, "expected one row or 4"},
    {"about-vi: Im, ", "", 37, "about-vi"},
    {"hold: 0, free: 1", "hold: 0", 39, "expected 'free'"},
    {"hold: 0, free: 1", "hold: 0, free: 2", 41, "expected 0 to 1 for 'free'"},
    {"address: 20, rows: 4, access: read-write, max: 1,", "register: uptime,", 40,
     "expected a role that 'registers' has"},
    {"address: 20, rows: 4, access: read-write, max: 1,", "register: output, address: 20,", 40,
     "expected no 'address' beside 'register'"},
    {"address: 20, rows: 4, access: read-write, max: 1,", "access: read-write,", 39,
     "got no 'address'"},
    {"address: 20, rows: 4, access: read-write, max: 1", "address: 20, access: read, max: 1", 39,
     "expected access: read-write"},
    {"address: 30, access: read-write, max: 1152", "address: 0xFFFF, access: read-write, max: 9",
     42, "room behind it"},
    {"address: 30, access", "address: 19, access", 42, "already is 'safe'"},
    {"address: 50, access: write", "address: 31, access: write", 45, "already is 'speed'"},
    {"address: 50, access: write", "address: 50, access: read", 45, "'reboot' that can be written"},
};

/** The text with one piece replaced. */
static char *changed(const struct mistake *m)
{
    const char *at = strstr(whole, m->from);
    if (at == NULL) {
        fail_msg("'%s' is not in the text", m->from);
    }
    const size_t size = sizeof whole + strlen(m->to);
    char *out = malloc(size);
    assert_non_null(out);
    snprintf(out, size, "%.*s%s%s", (int)(at - whole), whole, m->to, at + strlen(m->from));
    return out;
}

static void test_the_whole_is_taken(void **state)
{
    (void)state;
    struct chl_profile *p = NULL;
    struct chl_yaml_error error = {.text = ""};
    if (chl_profile_parse("x.yaml", whole, sizeof whole - 1, &p, &error) != CHL_OK) {
        fail_msg("%s", error.text);
    }
    assert_int_equal(p->hold, CHL_HOLD_LATCH);
    assert_true(chl_profile_does_alone(p, CHL_LINK_FREE));
    assert_false(chl_profile_does_alone(p, CHL_LINK_FREE_EXIT));
    assert_int_equal(p->merge_hole, 2);
    assert_int_equal(p->merge_max, 16);
    chl_profile_free(p);
}

static void test_mistakes_are_refused_with_their_place(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof mistakes / sizeof *mistakes; i++) {
        const struct mistake *m = &mistakes[i];
        char *text = changed(m);
        struct chl_profile *p = NULL;
        struct chl_yaml_error error;
        memset(&error, 0, sizeof error);
        const chl_err rc = chl_profile_parse("x.yaml", text, strlen(text), &p, &error);
        const bool taken = m->line == 0;
        if (taken ? rc != CHL_OK
                  : rc != CHL_E_CONFIG || p != NULL || strstr(error.text, m->says) == NULL ||
                        strncmp(error.text, "x.yaml:", 7) != 0 || error.line != m->line ||
                        error.column == 0) {
            fail_msg("%s → %s: rc %d, line %u: %s", m->from, m->to, (int)rc, error.line,
                     error.text);
        }
        chl_profile_free(p);
        free(text);
    }
}

/** Cut anywhere, the text is a profile or refused, and nothing is lost. */
static void test_a_cut_text_is_refused(void **state)
{
    (void)state;
    size_t taken = 0;
    for (size_t length = 0; length < sizeof whole - 1; length += 7) {
        struct chl_profile *p = NULL;
        struct chl_yaml_error error;
        memset(&error, 0, sizeof error);
        const chl_err rc = chl_profile_parse("x.yaml", whole, length, &p, &error);
        assert_true(rc == CHL_OK || (rc == CHL_E_CONFIG && p == NULL && error.text[0] != '\0'));
        taken += rc == CHL_OK;
        chl_profile_free(p);
    }
    assert_true(taken < 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_whole_is_taken),
        cmocka_unit_test(test_mistakes_are_refused_with_their_place),
        cmocka_unit_test(test_a_cut_text_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
