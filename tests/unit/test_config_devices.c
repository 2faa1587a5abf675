/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Gates made of boards: rows, parts, wishes and promises, and every mistake at its place.
 */
#include "core/config/config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define DATA_DIR CHL_STAGE_DIR "/share/chilang"

/** Gates of every kind; the mistakes below are made in it one at a time. */
static const char site[] =
    "site: { id: x, name: X, area: \"05977\" }\n"                                          /* 1 */
    "zones: { san: {} }\n"                                                                 /* 2 */
    "gates:\n"                                                                             /* 3 */
    "  lot:\n"                                                                             /* 4 */
    "    to: san\n"                                                                        /* 5 */
    "    device:\n"                                                                        /* 6 */
    "      plugin: bus\n"                                                                  /* 7 */
    "      unit: 1\n"                                                                      /* 8 */
    "      profile: lot-turnstile\n"                                                       /* 9 */
    "      lamps: { green: 1, red: 2 }\n"                                                  /* 10 */
    "      check: { unit: 7, profile: wirenboard-mr6c-v3, entry: 5, exit: 6 }\n"           /* 11 */
    "      settings: { motor-time: 9 }\n"                                                  /* 12 */
    "  made:\n"                                                                            /* 13 */
    "    to: san\n"                                                                        /* 14 */
    "    device:\n"                                                                        /* 15 */
    "      plugin: bus\n"                                                                  /* 16 */
    "      unit: 2\n"                                                                      /* 17 */
    "      profile: waveshare-relay\n"                                                     /* 18 */
    "      release: 1\n"                                                                   /* 19 */
    "      count: { unit: 7, profile: wirenboard-mr6c-v3, entry: 1, exit: 2 }\n"           /* 20 */
    "      object: { unit: 7, profile: wirenboard-mr6c-v3, input: 3 }\n"                   /* 21 */
    "      fire: { unit: 7, profile: wirenboard-mr6c-v3, input: 4 }\n"                     /* 22 */
    "      lamps: { green: 5, blue: 6, amber: 7, red: 8, sounder: 4 }\n"                   /* 23 */
    "    on_link_loss: free-exit\n"                                                        /* 24 */
    "  next:\n"                                                                            /* 25 */
    "    to: san\n"                                                                        /* 26 */
    "    device:\n"                                                                        /* 27 */
    "      plugin: bus\n"                                                                  /* 28 */
    "      unit: 2\n"                                                                      /* 29 */
    "      profile: waveshare-relay\n"                                                     /* 30 */
    "      release: 2\n"                                                                   /* 31 */
    "      count: { unit: 7, profile: wirenboard-mr6c-v3, entry: 3, exit: 4 }\n"           /* 32 */
    "  xe: {\n"                                                                            /* 33 */
    "    to: san, pass_time: 20 s,\n"                                                      /* 34 */
    "    device: { plugin: bus, unit: 3, profile: barrier-waveshare-io,\n"                 /* 35 */
    "      object: { input: 3, active: open }, tamper: { input: 4, active: closed } } }\n" /* 36 */
    "  wb:\n"                                                                              /* 37 */
    "    to: san\n"                                                                        /* 38 */
    "    device:\n"                                                                        /* 39 */
    "      plugin: bus-2\n"                                                                /* 40 */
    "      unit: 7\n"                                                                      /* 41 */
    "      profile: wirenboard-mr6c-v3\n"                                                  /* 42 */
    "      release: 3\n"                                                                   /* 43 */
    "      count: { entry: 1 }\n"                                                          /* 44 */
    "      settings: { poll-timeout: 3, safe-state: 1 }\n"                                 /* 45 */
    "    on_link_loss: free\n"                                                             /* 46 */
    "plugins:\n"                                                                           /* 47 */
    "  bus: { use: gate_modbus, address: x }\n"                                            /* 48 */
    "  bus-2: { use: gate_modbus, address: y }\n"                                          /* 49 */
    "credentials: { accept: [declaration], trust: trust }\n"                               /* 50 */
    "journal: { path: j.db }\n";                                                           /* 51 */

static chl_err parse(const char *text, struct config **out, struct chl_yaml_error *error)
{
    memset(error, 0, sizeof *error);
    return config_parse("/srv/site.yaml", text, strlen(text), DATA_DIR, out, error);
}

static struct config *parsed(void)
{
    struct config *config = NULL;
    struct chl_yaml_error error;
    if (parse(site, &config, &error) != CHL_OK) {
        fail_msg("%s", error.text);
    }
    assert_int_equal(config->gate_count, 5);
    return config;
}

#define PROFILE(name) DATA_DIR "/firmware-config/" name ".yaml"

static void test_a_turnstile_counts_by_itself(void **state)
{
    (void)state;
    struct config *config = parsed();
    const struct config_gate *g = &config->gates[0];
    assert_int_equal(g->release_row, -1);
    assert_int_equal(g->close_row, -1);
    assert_int_equal(g->count.unit, 0);
    assert_int_equal(g->check.unit, 7);
    assert_int_equal(g->check.entry, 4); /* as printed 5, from 0 within */
    assert_int_equal(g->check.exit, 5);
    assert_string_equal(g->check.profile, PROFILE("wirenboard-mr6c-v3"));
    assert_int_equal(g->lamps.unit, 1);
    assert_int_equal(g->lamps.green, 0);
    assert_int_equal(g->lamps.red, 1);
    assert_int_equal(g->lamps.blue, -1);
    assert_int_equal(g->lamps.sounder, -1);
    assert_int_equal(g->wish_count, 1);
    assert_string_equal(g->wishes[0].setting, "motor-time");
    assert_int_equal(g->wishes[0].value, 9);
    assert_int_equal(g->fire.unit, 0);
    config_free(config);
}

static void test_a_turnstile_is_made_of_boards(void **state)
{
    (void)state;
    struct config *config = parsed();
    const struct config_gate *g = &config->gates[1];
    assert_int_equal(g->unit, 2);
    assert_string_equal(g->profile, PROFILE("waveshare-relay"));
    assert_int_equal(g->release_row, 0);
    assert_int_equal(g->close_row, -1);
    assert_int_equal(g->on_link_loss, CHL_LINK_FREE_EXIT);
    assert_int_equal(g->count.unit, 7);
    assert_int_equal(g->count.entry, 0);
    assert_int_equal(g->count.exit, 1);
    assert_int_equal(g->object.unit, 7);
    assert_int_equal(g->object.row, 2);
    assert_false(g->object.active_open);
    assert_int_equal(g->fire.row, 3);
    assert_true(g->fire.active_open); /* a broken wire speaks */
    assert_string_equal(g->fire.profile, PROFILE("wirenboard-mr6c-v3"));
    assert_int_equal(g->lamps.unit, 2); /* spare relays of its own board */
    assert_string_equal(g->lamps.profile, PROFILE("waveshare-relay"));
    assert_int_equal(g->lamps.green, 4);
    assert_int_equal(g->lamps.sounder, 3);
    assert_int_equal(config->gates[2].unit, 2);
    assert_int_equal(config->gates[2].release_row, 1);
    assert_int_equal(config->gates[2].on_link_loss, CHL_LINK_HOLD);
    config_free(config);
}

static void test_a_barrier_takes_its_profiles_rows(void **state)
{
    (void)state;
    struct config *config = parsed();
    const struct config_gate *g = &config->gates[3];
    assert_int_equal(g->release_row, 0);
    assert_int_equal(g->close_row, 1);
    assert_int_equal(g->count.unit, 3); /* edges of its own inputs */
    assert_int_equal(g->count.entry, 0);
    assert_int_equal(g->count.exit, 1);
    assert_true(g->object.active_open);
    assert_false(g->tamper.active_open);
    assert_int_equal(g->tamper.row, 3);
    config_free(config);
}

static void test_another_bus_has_units_of_its_own(void **state)
{
    (void)state;
    struct config *config = parsed();
    const struct config_gate *g = &config->gates[4];
    assert_int_equal(g->unit, 7);
    assert_int_equal(g->release_row, 2);
    assert_int_equal(g->on_link_loss, CHL_LINK_FREE);
    assert_int_equal(g->count.unit, 7);
    assert_int_equal(g->count.entry, 0);
    assert_int_equal(g->count.exit, -1); /* only entries are counted */
    assert_int_equal(g->wish_count, 2);
    assert_string_equal(g->wishes[0].setting, "poll-timeout");
    assert_int_equal(g->wishes[0].value, 3);
    config_free(config);
}

static const struct mistake {
    const char *from, *to; /**< the first place of `from` becomes `to` */
    unsigned line, column;
    const char *says;
} mistakes[] = {
    /* Promises. */
    {"  next:\n    to: san\n", "  next:\n    to: san\n    on_link_loss: free\n", 27, 19,
     "expected hold, free-exit, got free, which 'waveshare-relay' cannot do alone"},
    {"on_link_loss: free-exit", "on_link_loss: free", 24, 19, "it has no watchdog and stays"},
    {"on_link_loss: free\n", "on_link_loss: freee\n", 46, 19, "did you mean 'free'?"},
    /* A mechanism must not wait longer than the lane does. */
    {"pass_time: 20 s", "pass_time: 19 s", 34, 25, "expected 'pass_time: 20000 ms' or more"},
    {", pass_time: 20 s", "", 33, 3, "got none, which means 7000 ms"},
    {"  next:\n", "  next:\n    pass_time: 4999 ms\n", 26, 16, "'waveshare-relay' waits so long"},
    {"  next:\n", "  next:\n    pass_time: 5 s\n", 0, 0, NULL},
    {"  lot:\n", "  lot:\n    pass_time: 1 s\n", 0, 0, NULL},
    /* Outputs. */
    {"      release: 1\n", "", 15, 5, "say which output of 'waveshare-relay' opens it"},
    {"release: 1", "release: 9", 19, 16, "expected 1 to 8 for 'release', got 9"},
    {"release: 1", "release: 0", 19, 16, "expected 1 to 8 for 'release', got 0"},
    {"release: 2", "release: 1", 31, 16, "is 'release' of gate 'made'"},
    {"release: 2", "release: 5", 31, 16, "is 'green' of gate 'made'"},
    {"release: 2", "release: 2\n      close: 2", 32, 14, "is 'release' of gate 'next'"},
    {"release: 2", "release: 2\n      close: 12", 32, 14, "expected 1 to 8 for 'close'"},
    {"profile: lot-turnstile\n", "profile: lot-turnstile\n      release: 1\n", 10, 7,
     "expected no 'release' for 'lot-turnstile'"},
    {"unit: 3, profile: barrier-waveshare-io", "unit: 1, profile: lot-turnstile", 35, 34,
     "expected a unit of its own on 'bus', got 1, which is gate 'lot'"},
    /* Units. */
    {"unit: 3, profile: barrier-waveshare-io", "unit: 2, profile: barrier-waveshare-io", 35, 34,
     "expected profile 'waveshare-relay' for unit 2 on 'bus', as gate 'made' has it"},
    {"check: { unit: 7, profile: wirenboard-mr6c-v3", "check: { unit: 7", 11, 25,
     "expected no 'entry' for 'lot-turnstile'"},
    {"check: { unit: 7, profile: wirenboard-mr6c-v3, entry: 5, exit: 6 }", "check: {}", 11, 14,
     "expected a counter of its own for 'check', got 1 of unit 1 on 'bus', which is 'count'"},
    {"check: {", "count: {", 0, 0, NULL},
    {"check: { unit: 7, profile: wirenboard-mr6c-v3, entry: 5, exit: 6 }",
     "check: {}\n      count: { unit: 7, profile: wirenboard-mr6c-v3, entry: 5, exit: 6 }", 0, 0,
     NULL},
    {"check: { unit: 7, profile: wirenboard-mr6c-v3, entry: 5, exit: 6 }", "count: {}", 11, 14,
     "'lot-turnstile', which only has counts of its own"},
    {"check: { unit: 7", "check: { unit: 0", 11, 22, "expected 1 to 247 for 'unit', got 0"},
    {"check: { unit: 7", "check: { unit: 248", 11, 22, "expected 0 to 247 for 'unit'"},
    {"check: {", "check: { plugin: bus-2,", 11, 24, "one thread drives one bus"},
    {"check: {", "check: { plugin: bus,", 0, 0, NULL},
    /* Who counts. */
    {"      count: { unit: 7, profile: wirenboard-mr6c-v3, entry: 1, exit: 2 }\n", "", 15, 5,
     "a gate that counts nobody cannot keep a limit"},
    {"      count: { entry: 1 }\n", "", 39, 5, "does not say which contact counts"},
    {"      count: { entry: 1 }\n", "      count: { exit: 1 }\n", 44, 7, "got no 'entry'"},
    {"entry: 1, exit: 2", "entry: 1, exit: 1", 20, 70, "is 'count' of gate 'made'"},
    {"entry: 3, exit: 4", "entry: 1, exit: 4", 32, 61, "is 'count' of gate 'made'"},
    {"entry: 5, exit: 6", "entry: 7, exit: 6", 11, 61, "expected 1 to 6 for 'entry', got 7"},
    {"count: { unit: 7, profile: wirenboard-mr6c-v3", "count: { unit: 6, profile: waveshare-relay",
     20, 34, "which has no contacts"},
    {"count: { entry: 1 }", "count: { entri: 1 }", 44, 16, "did you mean 'entry'?"},
    /* Contacts and lamps. */
    {"object: { unit: 7, profile: wirenboard-mr6c-v3, input: 3 }", "object: { input: 3 }", 21, 24,
     "expected a profile with 'input'"},
    {"object: { unit: 7, profile: wirenboard-mr6c-v3, input: 3 }",
     "object: { unit: 7, profile: wirenboard-mr6c-v3 }", 21, 7, "expected 'input' in 'object'"},
    {"active: closed", "active: shut", 36, 71, "expected one of closed, open for 'active'"},
    {"lamps: { green: 1, red: 2 }", "lamps: {}", 10, 7, "expected at least one of green"},
    {"lamps: { green: 1, red: 2 }", "lamps: { green: 1, red: 5 }", 10, 31,
     "expected 1 to 4 for 'red', got 5"},
    {"lamps: { green: 1, red: 2 }", "lamps: { green: 1, red: 1 }", 10, 31,
     "expected a lamp of its own for 'red', got 1 of unit 1 on 'bus', which is 'green'"},
    {"lamps: { green: 5", "lamps: { green: 2", 31, 16, "is 'green' of gate 'made'"},
    {"lamps: { green: 5", "lamps: { green: 1", 23, 23, "is 'release' of gate 'made'"},
    /* Wishes. */
    {"motor-time: 9", "motor-tme: 9", 12, 19, "did you mean 'motor-time'?"},
    {"motor-time: 9", "motor-time: 65536", 12, 31, "expected 0 to 65535 for 'motor-time'"},
    {"motor-time: 9", "motor-time: fast", 12, 31, "expected a whole number for 'motor-time'"},
    {"motor-time: 9", "accumulate: 1", 12, 31, "which is fixed in profile 'lot-turnstile'"},
    {"motor-time: 9", "accumulate: 0", 0, 0, NULL},
    {"poll-timeout: 3", "timer-mode: 0", 45, 31, "the driver relies on it"},
    {"settings: { motor-time: 9 }", "settings: [motor-time]", 12, 17, "'setting: value'"},
    {"poll-timeout: 3", "poll-timeout: 0", 45, 33, "expected 1 to 65534 for 'poll-timeout'"},
    {"safe-state: 1", "safe-state: 0", 45, 48, "as 'on_link_loss: free' needs, got 0"},
};

static char *changed(const struct mistake *m)
{
    const char *at = strstr(site, m->from);
    if (at == NULL) {
        fail_msg("'%s' is not in the text", m->from);
    }
    const size_t size = sizeof site + strlen(m->to);
    char *out = malloc(size);
    assert_non_null(out);
    snprintf(out, size, "%.*s%s%s", (int)(at - site), site, m->to, at + strlen(m->from));
    return out;
}

static void test_mistakes_have_their_place(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof mistakes / sizeof *mistakes; i++) {
        const struct mistake *m = &mistakes[i];
        struct config *config = NULL;
        struct chl_yaml_error error;
        char *text = changed(m);
        const chl_err rc = parse(text, &config, &error);
        if (m->line == 0 ? rc != CHL_OK
                         : rc != CHL_E_CONFIG || config != NULL || error.line != m->line ||
                               error.column != m->column ||
                               (m->says != NULL && strstr(error.text, m->says) == NULL)) {
            fail_msg("%s → %s: rc %d: %s", m->from, m->to, (int)rc, error.text);
        }
        config_free(config);
        free(text);
    }
}

/** The profile that allows the fewest units on a bus binds all of them. */
static void test_a_bus_has_room_for_so_many(void **state)
{
    (void)state;
    static const char head[] = "site: { id: x, name: X, area: \"05977\" }\n"
                               "zones: { san: {} }\n"
                               "plugins: { bus: { use: gate_modbus, address: x } }\n"
                               "credentials: { accept: [declaration], trust: trust }\n"
                               "journal: { path: j.db }\n"
                               "gates:\n";
    char text[4096];
    size_t used = (size_t)snprintf(text, sizeof text, "%s", head);
    struct config *config = NULL;
    struct chl_yaml_error error;
    for (int i = 1; i <= 9; i++) {
        const char *profile = i == 1 ? "generic-coil-turnstile" : "lot-turnstile";
        used += (size_t)snprintf(text + used, sizeof text - used,
                                 "  G%d: { to: san, device: { plugin: bus, unit: %d, profile: %s } "
                                 "}\n",
                                 i, i, profile);
        config_free(config);
        config = NULL;
        const chl_err rc = parse(text, &config, &error);
        assert_int_equal(rc, i <= 8 ? CHL_OK : CHL_E_CONFIG);
    }
    assert_int_equal(error.line, 15);
    assert_non_null(strstr(error.text, "expected at most 8 units on 'bus', as profile "
                                       "'generic-coil-turnstile' of unit 1 says, got 9"));
}

/** What firmware-config/README.md shows is taken as it stands there. */
static void test_the_readmes_example_is_taken(void **state)
{
    (void)state;
    static char readme[65536];
    FILE *file = fopen(CHL_SOURCE_DIR "/firmware-config/README.md", "rb");
    assert_non_null(file);
    const size_t length = fread(readme, 1, sizeof readme - 1, file);
    fclose(file);
    readme[length] = '\0';
    char *from = strstr(readme, "```yaml\ngates:\n");
    assert_non_null(from);
    from += strlen("```yaml\n");
    char *to = strstr(from, "```");
    assert_non_null(to);
    *to = '\0';
    char text[8192];
    snprintf(text, sizeof text,
             "site: { id: x, name: X, area: \"05977\" }\n"
             "zones: { khu-hoi: {} }\n"
             "plugins: { bus: { use: gate_modbus, address: x } }\n"
             "credentials: { accept: [declaration], trust: trust }\n"
             "journal: { path: j.db }\n%s",
             from);
    struct config *config = NULL;
    struct chl_yaml_error error;
    if (parse(text, &config, &error) != CHL_OK) {
        fail_msg("%s", error.text);
    }
    assert_int_equal(config->gates[0].lamps.sounder, 3);
    config_free(config);
}

static void test_the_example_of_boards_is_a_site(void **state)
{
    (void)state;
    struct config *config = NULL;
    struct chl_yaml_error error;
    memset(&error, 0, sizeof error);
    if (config_load(CHL_SOURCE_DIR "/docs/examples/boards.yaml", DATA_DIR, &config, &error) !=
        CHL_OK) {
        fail_msg("%s", error.text);
    }
    assert_int_equal(config->gate_count, 3);
    assert_int_equal(config->gates[1].release_row, 1);
    assert_int_equal(config->gates[1].fire.row, config->gates[0].fire.row); /* one fire panel */
    config_free(config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_turnstile_counts_by_itself),
        cmocka_unit_test(test_a_turnstile_is_made_of_boards),
        cmocka_unit_test(test_a_barrier_takes_its_profiles_rows),
        cmocka_unit_test(test_another_bus_has_units_of_its_own),
        cmocka_unit_test(test_mistakes_have_their_place),
        cmocka_unit_test(test_a_bus_has_room_for_so_many),
        cmocka_unit_test(test_the_readmes_example_is_taken),
        cmocka_unit_test(test_the_example_of_boards_is_a_site),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
