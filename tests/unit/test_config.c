/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief A site file: what it means, and every mistake at its line and column.
 */
#include "core/config/config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define DATA_DIR CHL_STAGE_DIR "/share/chilang"

/** A whole site; the mistakes below are made in it one at a time. */
static const char site[] =
    "site: { id: hoi-ky-cung, name: Hội, area: \"05977\", level: 2 }\n"               /* 1 */
    "zones:\n"                                                                        /* 2 */
    "  san: { limit: { warn: 80%, soft: 450, hard: 500 } }\n"                         /* 3 */
    "  den: { parent: san, name: Đền }\n"                                             /* 4 */
    "gates:\n"                                                                        /* 5 */
    "  G1:\n"                                                                         /* 6 */
    "    to: san\n"                                                                   /* 7 */
    "    device: { plugin: bus, unit: 1, profile: lot-turnstile }\n"                  /* 8 */
    "    on_link_loss: free-exit\n"                                                   /* 9 */
    "    lane: { scanner: quet-1 }\n"                                                 /* 10 */
    "  G2: { to: san, device: { plugin: bus, unit: 2, profile: lot-turnstile } }\n"   /* 11 */
    "  H1: { from: san, to: den, gate: hand, lane: { scanner: [quet-2, quet-3] } }\n" /* 12 */
    "plugins:\n"                                                                      /* 13 */
    "  bus: { use: gate_modbus, address: x }\n"                                       /* 14 */
    "  quet-1: { use: scan_file }\n"                                                  /* 15 */
    "  quet-2: { use: scan_file }\n"                                                  /* 16 */
    "  quet-3: { use: scan_file }\n"                                                  /* 17 */
    "  stream: { use: stream_zmq }\n"                                                 /* 18 */
    "credentials:\n"                                                                  /* 19 */
    "  accept: [declaration, hcert]\n"                                                /* 20 */
    "  trust: trust\n"                                                                /* 21 */
    "  documents: { hcert: { enough_up_to: 2 } }\n"                                   /* 22 */
    "journal: { path: data/journal.db }\n";                                           /* 23 */

static chl_err parse(const char *text, struct config **out, struct chl_yaml_error *error)
{
    return config_parse("/srv/site.yaml", text, strlen(text), DATA_DIR, out, error);
}

static void test_site_is_understood(void **state)
{
    (void)state;
    struct config *config = NULL;
    struct chl_yaml_error error;
    if (parse(site, &config, &error) != CHL_OK) {
        fail_msg("%s", error.text);
    }
    assert_string_equal(config->path, "/srv/site.yaml");
    assert_string_equal(config->site_id, "hoi-ky-cung");
    assert_string_equal(config->site_name, "Hội");
    assert_string_equal(config->timezone, "Asia/Ho_Chi_Minh");
    assert_int_equal(config->level, 2);
    assert_int_equal(config->zone_count, 2);
    assert_int_equal(config->zones[0].warn, 400);
    assert_int_equal(config->zones[0].soft, 450);
    assert_int_equal(config->zones[0].hard, 500);
    assert_int_equal(config->zones[0].parent, CONFIG_OUTSIDE);
    assert_string_equal(config->zones[0].name, "san");
    assert_int_equal(config->zones[1].parent, 0);
    assert_int_equal(config->zones[1].hard, 0);
    assert_string_equal(config->journal_path, "/srv/data/journal.db");
    assert_string_equal(config->state_dir, "/srv/data");
    assert_string_equal(config->control_path, "/srv/data/control.sock");
    assert_string_equal(config->trust_path, "/srv/trust");
    assert_int_equal(config->trust_count, 1);
    assert_string_equal(config->trust_paths[0], "/srv/trust");
    assert_int_equal(config->trust_max_age_ms, INT64_C(14) * 86400000);
    assert_int_equal(config->keep_persons_ms, INT64_C(28) * 86400000);
    assert_int_equal(config->desk_ms, 120000);
    config_free(config);
}

static void test_gates_and_lanes_are_joined(void **state)
{
    (void)state;
    struct config *config = NULL;
    struct chl_yaml_error error;
    assert_int_equal(parse(site, &config, &error), CHL_OK);
    assert_int_equal(config->gate_count, 3);
    const struct config_gate *g1 = &config->gates[0];
    assert_int_equal(g1->from, CONFIG_OUTSIDE);
    assert_int_equal(g1->to, 0);
    assert_string_equal(config->instances[g1->instance].name, "bus");
    assert_int_equal(g1->unit, 1);
    assert_string_equal(g1->profile, DATA_DIR "/firmware-config/lot-turnstile.yaml");
    assert_int_equal(g1->pass_time_ms, 7000);
    assert_int_equal(g1->flow_max, 2);
    assert_int_equal(g1->on_link_loss, CHL_LINK_FREE_EXIT);
    assert_int_equal(config->gates[1].lane, -1);
    assert_int_equal(config->gates[1].on_link_loss, CHL_LINK_HOLD);
    assert_int_equal(config->gates[2].instance, -1);
    assert_int_equal(config->gates[2].from, 0);
    assert_int_equal(config->gates[2].to, 1);
    assert_int_equal(config->lane_count, 2);
    assert_string_equal(config->lanes[1].id, "H1");
    assert_int_equal(config->lanes[1].gate, 2);
    assert_int_equal(config->gates[2].lane, 1);
    config_free(config);
}

static void test_readers_come_first(void **state)
{
    (void)state;
    struct config *config = NULL;
    struct chl_yaml_error error;
    assert_int_equal(parse(site, &config, &error), CHL_OK);
    static const struct {
        const char *name, *use;
        int lane;
    } expected[] = {{"credential_hcert", "credential_hcert", -1},
                    {"credential_declaration", "credential_declaration", -1},
                    {"bus", "gate_modbus", -1},
                    {"quet-1", "scan_file", 0},
                    {"quet-2", "scan_file", 1},
                    {"quet-3", "scan_file", 1},
                    {"stream", "stream_zmq", -1}};
    assert_int_equal(config->instance_count, 7);
    for (size_t i = 0; i < 7; i++) {
        assert_string_equal(config->instances[i].name, expected[i].name);
        assert_string_equal(config->instances[i].use, expected[i].use);
        assert_int_equal(config->instances[i].lane, expected[i].lane);
        assert_int_equal(config->instances[i].options.index == 0, i < 2);
    }
    assert_true(config->accepted[CHL_FORMAT_HCERT]);
    assert_false(config->accepted[CHL_FORMAT_CCCD]);
    assert_int_equal(config->enough_up_to[CHL_FORMAT_HCERT], 2);
    assert_int_equal(config->enough_up_to[CHL_FORMAT_DECLARATION], 4);
    assert_int_equal(config->enough_up_to[CHL_FORMAT_CCCD], 0);
    assert_int_equal(config->enough_up_to[CHL_FORMAT_MANUAL], 4);
    config_free(config);
}

/** `site` with the first occurrence of `was` replaced. */
static char *replaced(const char *whole, const char *was, const char *is)
{
    const char *at = strstr(whole, was);
    assert_non_null(at);
    char *text = NULL;
    int written = asprintf(&text, "%.*s%s%s", (int)(at - whole), whole, is, at + strlen(was));
    assert_true(written > 0);
    return text;
}

static char *with(const char *was, const char *is)
{
    return replaced(site, was, is);
}

static void test_own_reader_replaces_the_made_one(void **state)
{
    (void)state;
    struct config *config = NULL;
    struct chl_yaml_error error;
    char *text = with("  stream:", "  eu: { use: credential_hcert, trust: eu }\n  stream:");
    assert_int_equal(parse(text, &config, &error), CHL_OK);
    assert_string_equal(config->instances[0].name, "eu");
    assert_int_not_equal(config->instances[0].options.index, 0);
    assert_string_equal(config->instances[1].name, "credential_declaration");
    assert_int_equal(config->instance_count, 7);
    assert_int_equal(config->trust_count, 2);
    assert_string_equal(config->trust_paths[0], "eu");
    assert_string_equal(config->trust_paths[1], "/srv/trust");
    config_free(config);
    free(text);
    text = with("  stream:", "  eu: { use: credential_hcert, trust: [a, b, a] }\n  stream:");
    assert_int_equal(parse(text, &config, &error), CHL_OK);
    assert_int_equal(config->trust_count, 3);
    assert_string_equal(config->trust_paths[1], "b");
    config_free(config);
    free(text);
    text = with("  trust: trust", "  trust: trust\n  trust_max_age: 7 d");
    assert_int_equal(parse(text, &config, &error), CHL_OK);
    assert_int_equal(config->trust_max_age_ms, INT64_C(7) * 86400000);
    config_free(config);
    free(text);
    text = with("[declaration, hcert]", "[cccd, bhyt, pccovid, hcert]");
    assert_int_equal(parse(text, &config, &error), CHL_OK);
    assert_string_equal(config->instances[1].name, "credential_vietnam");
    assert_string_equal(config->instances[2].name, "bus");
    config_free(config);
    free(text);
}

static void test_what_was_taken_back_is_looked_at(void **state)
{
    (void)state;
    struct config *config = NULL;
    struct chl_yaml_error error;
    char *text = with("  trust: trust", "  trust: trust\n  revoked: back.txt");
    assert_int_equal(parse(text, &config, &error), CHL_OK);
    assert_string_equal(config->revoked_path, "/srv/back.txt");
    config_free(config);
    free(text);
    /* A reader with options of its own would pass over it, and let in whom it names. */
    text = with("  stream:", "  tk: { use: credential_declaration }\n  stream:");
    assert_int_equal(parse(text, &config, &error), CHL_OK);
    assert_null(config->revoked_path);
    config_free(config);
    char *both = replaced(text, "  trust: trust", "  trust: trust\n  revoked: back.txt");
    assert_int_equal(parse(both, &config, &error), CHL_E_CONFIG);
    assert_non_null(strstr(error.text, "write revoked: /srv/back.txt"));
    free(both);
    both = replaced(text, "{ use: credential_declaration }",
                    "{ use: credential_declaration, revoked: own.txt }");
    assert_int_equal(parse(both, &config, &error), CHL_OK);
    config_free(config);
    free(both);
    free(text);
}

/** A mistake: what is written instead of what, where it is refused, and what the message says. */
static const struct {
    const char *was, *is;
    unsigned line, column;
    const char *says;
} mistakes[] = {
    {"id: hoi-ky-cung, ", "", 1, 7, "expected the key 'id'"},
    {"hoi-ky-cung", "Hoi", 1, 13, "a-z 0-9 - as the site's id, got 'Hoi'"},
    {"area: \"05977\"", "area: x", 1, 43, "expected the code of a commune"},
    {"level: 2", "level: 5", 1, 59, "expected 1 to 4 for 'level', got 5"},
    {"level: 2", "timezone: ../x", 1, 62, "expected a time zone"},
    {"site: {", "sites: {", 1, 1, "did you mean 'site'?"},
    {"journal: {", "journal:\n  #{", 23, 9, "in 'journal', got nothing"},
    {"data/journal.db", "''", 23, 18, "expected text for 'path', got an empty one"},
    {"journal.db }", "j.db, keep_persons: 5 h }", 23, 43, "expected 1 d to 366 d"},
    {"warn: 80%", "warn: 480", 3, 25, "expected at most soft (450) for 'warn', got 480 people"},
    {"warn: 80%", "warn: 95%", 3, 25, "got 475 people"},
    {"warn: 80%", "warn: 0", 3, 25, "write 400 or 80%"},
    {"warn: 80%", "warn: 101%", 3, 25, "write 400 or 80%"},
    {"warn: 80%", "warn: many", 3, 25, "write 400 or 80%"},
    {"soft: 450", "soft: 501", 3, 36, "expected at most hard (500) for 'soft', got 501"},
    {"hard: 500", "hard: 0", 3, 47, "expected 1 to 1000000 for 'hard', got 0"},
    {", hard: 500", "", 3, 17, "expected the key 'hard'"},
    {"  san: {", "  outside: {", 3, 3, "expected another name than 'outside'"},
    {"  den: {", "  đền: {", 4, 3, "as the name of a zone"},
    {"parent: san", "parent: sann", 4, 18, "did you mean 'san'?"},
    {"parent: san", "parent: elsewhere", 4, 18, "known: san, den"},
    {"parent: san", "parent: den", 4, 18, "break the circle"},
    {"  san: {", "  san: { parent: den,", 3, 18, "break the circle"},
    {"    to: san\n", "", 7, 5, "expected the key 'to'"},
    {"    to: san", "    to: sna", 7, 9, "expected outside or a zone of this file, got 'sna'"},
    {"    to: san", "    to: outside", 7, 9, "got 'outside' on both sides"},
    {"to: den", "to: san", 12, 24, "got 'san' on both sides"},
    {"from: san, to: den", "from: den, to: san", 12, 24, "got from 'den' out to 'san'; swap"},
    {"from: san, to: den", "from: san, to: outside", 12, 24, "swap from and to"},
    {"plugin: bus, unit: 1", "plugin: buss, unit: 1", 8, 23, "did you mean 'bus'?"},
    {"plugin: bus, unit: 1", "plugin: stream, unit: 1", 8, 23, "which uses stream_zmq"},
    {"unit: 1", "unit: 33", 8, 34, "expected 1 to 32 for 'unit', got 33"},
    {"unit: 1", "unit: 0", 8, 34, "expected 1 to 247"},
    {"unit: 2", "unit: 1", 11, 47, "which is gate 'G1'"},
    {"profile: lot-turnstile }", "profile: lot-turnstyle }", 8, 46,
     "expected a device profile, got 'lot-turnstyle', refused: "},
    {"on_link_loss: free-exit", "on_link_loss: free", 9, 19, "it has no watchdog and stays"},
    {"on_link_loss: free-exit", "on_link_loss: open", 9, 19, "expected one of hold, free-exit"},
    {"on_link_loss: free-exit", "pass_time: 7", 9, 16, "expected a duration for 'pass_time'"},
    {"    device: {", "    # {", 6, 3, "or 'gate: hand' for gate 'G1', got neither"},
    {"gate: hand", "gate: hand, on_link_loss: hold", 12, 41, "expected no 'on_link_loss'"},
    {"scanner: quet-1", "scanner: quet-9", 10, 22, "did you mean 'quet-1'?"},
    {"scanner: quet-1", "scanner: bus", 10, 22, "expected a scan plugin, got 'bus'"},
    {"[quet-2, quet-3]", "[quet-2, quet-1]", 12, 67, "which serves lane 'G1'"},
    {"[quet-2, quet-3]", "[quet-2, quet-2]", 12, 67, "which serves lane 'H1'"},
    {"scanner: quet-1", "scanners: quet-1", 10, 13, "did you mean 'scanner'?"},
    {"[quet-2, quet-3]", "quet-2", 17, 3, "expected a gate with 'lane: { scanner: quet-3 }'"},
    {"  quet-1: { use: scan_file }", "  quet-1:", 15, 10, "expected settings with 'use: PLUGIN'"},
    {"use: stream_zmq", "live: x", 18, 3, "expected 'use: PLUGIN' for 'stream', got none"},
    {"stream_zmq", "./stream_zmq.so", 18, 18, "expected the name of a plugin"},
    {"  stream: { use: stream_zmq }", "  bus-2: { use: gate_modbus }", 18, 3,
     "expected a gate with 'device: { plugin: bus-2"},
    {"  stream: {", "  credential_hcert: {", 18, 3, "expected a name of its own"},
    {"[declaration, hcert]", "[declaration, hcrt]", 20, 25, "did you mean 'hcert'?"},
    {"[declaration, hcert]", "hcrt", 20, 11, "did you mean 'hcert'?"},
    {"[declaration, hcert]", "[nzcp]", 20, 12, "no plugin reads another"},
    {"[declaration, hcert]", "[hcert, hcert]", 20, 19, "got 'hcert' again"},
    {"[declaration, hcert]", "[]", 20, 11, "expected at least one entry for 'accept'"},
    {"[declaration, hcert]", "[declaration]", 22, 16, "expected a kind listed in 'accept'"},
    {"{ hcert: {", "{ hcrt: {", 22, 16, "did you mean 'hcert'?"},
    {"enough_up_to: 2", "enough_up_to: 5", 22, 39, "expected 0 to 4 for 'enough_up_to', got 5"},
    {"enough_up_to: 2", "enough: 2", 22, 25, "known here: enough_up_to"},
    {"[declaration, hcert]", "[declaration, manual]", 20, 25, "got 'manual'"},
    {"journal:", "desk: 11 min\njournal:", 23, 7, "for 'desk'"},
    {"journal:", "policy: x\njournal:", 23, 1, "expected a known key, got 'policy'"},
    {"journal:", "control: []\njournal:", 23, 10, "expected a path for 'control', got a list"},
};

/* What the staff enter needs no plugin and is in no list of accepted documents. */
static void test_entry_by_hand_has_its_level(void **state)
{
    (void)state;
    struct config *config = NULL;
    struct chl_yaml_error error;
    char *text = with("hcert: { enough_up_to: 2 }", "manual: { enough_up_to: 1 }");
    if (parse(text, &config, &error) != CHL_OK) {
        fail_msg("%s", error.text);
    }
    assert_int_equal(config->enough_up_to[CHL_FORMAT_MANUAL], 1);
    config_free(config);
    free(text);
    text = with("journal:", "desk: 0 s\njournal:");
    assert_int_equal(parse(text, &config, &error), CHL_OK);
    assert_int_equal(config->desk_ms, 0);
    config_free(config);
    free(text);
}

static void test_mistakes_have_their_place(void **state)
{
    (void)state;
    size_t bad = 0;
    for (size_t i = 0; i < sizeof mistakes / sizeof *mistakes; i++) {
        struct config *config = NULL;
        struct chl_yaml_error error = {.line = 0};
        char *text = with(mistakes[i].was, mistakes[i].is);
        chl_err result = parse(text, &config, &error);
        char place[64];
        (void)snprintf(place, sizeof place, "/srv/site.yaml:%u:%u: ", mistakes[i].line,
                       mistakes[i].column);
        if (result != CHL_E_CONFIG || strncmp(error.text, place, strlen(place)) != 0 ||
            strstr(error.text, mistakes[i].says) == NULL) {
            print_error("'%s' for '%s': expected %s…%s, got %d %s\n", mistakes[i].is,
                        mistakes[i].was, place, mistakes[i].says, (int)result, error.text);
            bad++;
        }
        assert_null(config);
        free(text);
    }
    assert_int_equal(bad, 0);
}

static void test_sections_are_required(void **state)
{
    (void)state;
    static const char *const sections[] = {"site",    "zones",       "gates",
                                           "plugins", "credentials", "journal"};
    for (size_t i = 0; i < sizeof sections / sizeof *sections; i++) {
        char key[32];
        char says[64];
        (void)snprintf(key, sizeof key, "%s%s:", i == 0 ? "" : "\n", sections[i]);
        (void)snprintf(says, sizeof says, "expected the section '%s', got none", sections[i]);
        const char *from = strstr(site, key);
        assert_non_null(from);
        from += i == 0 ? 0 : 1;
        const char *to = from;
        do {
            to = strchr(to, '\n') + 1;
        } while (*to == ' ');
        char *text = NULL;
        assert_true(asprintf(&text, "%.*s%s", (int)(from - site), site, to) > 0);
        struct config *config = NULL;
        struct chl_yaml_error error;
        assert_int_equal(parse(text, &config, &error), CHL_E_CONFIG);
        assert_non_null(strstr(error.text, says));
        free(text);
    }
}

static void test_nesting_is_bounded(void **state)
{
    (void)state;
    char zones[1024] = "zones:\n  z0: {}\n";
    for (int i = 1; i <= 16; i++) {
        size_t used = strlen(zones);
        (void)snprintf(zones + used, sizeof zones - used, "  z%d: { parent: z%d }\n", i, i - 1);
    }
    char *text = with("zones:\n", zones);
    struct config *config = NULL;
    struct chl_yaml_error error;
    assert_int_equal(parse(text, &config, &error), CHL_E_CONFIG);
    assert_int_equal(error.line, 19);
    assert_non_null(strstr(error.text, "at most 16 zones within each other"));
    free(text);
}

static void test_example_is_a_site(void **state)
{
    (void)state;
    struct config *config = NULL;
    struct chl_yaml_error error;
    chl_err result =
        config_load(CHL_SOURCE_DIR "/docs/examples/site.yaml", DATA_DIR, &config, &error);
    if (result != CHL_OK) {
        fail_msg("%s", error.text);
    }
    assert_string_equal(config->control_path, "/run/chilang/control.sock");
    assert_int_equal(config->gate_count, 3);
    config_free(config);
}

static void test_missing_file_is_named(void **state)
{
    (void)state;
    struct config *config = NULL;
    struct chl_yaml_error error;
    assert_int_equal(config_load("/nowhere/site.yaml", DATA_DIR, &config, &error), CHL_E_IO);
    assert_non_null(strstr(error.text, "/nowhere/site.yaml: expected a readable file"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_site_is_understood),
        cmocka_unit_test(test_gates_and_lanes_are_joined),
        cmocka_unit_test(test_readers_come_first),
        cmocka_unit_test(test_own_reader_replaces_the_made_one),
        cmocka_unit_test(test_what_was_taken_back_is_looked_at),
        cmocka_unit_test(test_entry_by_hand_has_its_level),
        cmocka_unit_test(test_mistakes_have_their_place),
        cmocka_unit_test(test_sections_are_required),
        cmocka_unit_test(test_nesting_is_bounded),
        cmocka_unit_test(test_example_is_a_site),
        cmocka_unit_test(test_missing_file_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
