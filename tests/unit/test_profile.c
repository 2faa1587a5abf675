/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The shipped device profiles say what their sources say.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <dirent.h>
#include <stdio.h>
#include <string.h>

#include "lib/profile/profile.h"

#define FOLDER CHL_SOURCE_DIR "/firmware-config/"

static struct chl_profile *load(const char *name)
{
    char path[512];
    struct chl_profile *p = NULL;
    struct chl_yaml_error error;
    memset(&error, 0, sizeof error);
    snprintf(path, sizeof path, FOLDER "%s.yaml", name);
    if (chl_profile_load(path, &p, &error) != CHL_OK) {
        fail_msg("%s", error.text);
    }
    assert_string_equal(p->id, name);
    return p;
}

struct fact {
    chl_register_role role;
    chl_area area;
    unsigned address, words, rows, stride;
    bool writable, low_word_first;
};

static void check_facts(const struct chl_profile *p, const struct fact *facts, size_t count)
{
    size_t present = 0;
    for (size_t i = 0; i < count; i++) {
        const struct chl_register *r = &p->registers[facts[i].role];
        assert_true(r->present);
        assert_int_equal(r->area, facts[i].area);
        assert_int_equal(r->address, facts[i].address);
        assert_int_equal(r->words, facts[i].words);
        assert_int_equal(r->rows, facts[i].rows);
        assert_int_equal(r->stride, facts[i].stride);
        assert_int_equal(r->writable, facts[i].writable);
        if (r->words == 2) {
            assert_int_equal(r->low_word_first, facts[i].low_word_first);
        }
    }
    for (int i = 0; i < CHL_REG_ROLE_COUNT; i++) {
        present += p->registers[i].present;
    }
    assert_int_equal(present, count);
}

#define COUNT(a) (sizeof(a) / sizeof *(a))

static void test_lot_says_what_its_source_says(void **state)
{
    (void)state;
    static const struct fact facts[] = {
        {CHL_REG_ENTRY_GRANT, CHL_AREA_HOLDING, 0x40, 1, 1, 1, true, true},
        {CHL_REG_EXIT_GRANT, CHL_AREA_HOLDING, 0x41, 1, 1, 1, true, true},
        {CHL_REG_ENTRY_OBJECT, CHL_AREA_HOLDING, 0x42, 1, 1, 1, false, true},
        {CHL_REG_EXIT_OBJECT, CHL_AREA_HOLDING, 0x43, 1, 1, 1, false, true},
        {CHL_REG_ENTRY_COUNT, CHL_AREA_HOLDING, 0x44, 2, 1, 2, false, true},
        {CHL_REG_EXIT_COUNT, CHL_AREA_HOLDING, 0x46, 2, 1, 2, false, true},
        {CHL_REG_ERROR, CHL_AREA_HOLDING, 0x48, 1, 1, 1, false, true},
        {CHL_REG_LAMP, CHL_AREA_HOLDING, 0x1000, 3, 4, 3, true, true},
        {CHL_REG_MODE, CHL_AREA_HOLDING, 0x3000, 1, 1, 1, true, true},
        {CHL_REG_ACCUMULATE, CHL_AREA_HOLDING, 0x3010, 1, 1, 1, true, true},
        {CHL_REG_START_TIME, CHL_AREA_HOLDING, 0x3011, 1, 1, 1, true, true},
        {CHL_REG_FINISH_TIME, CHL_AREA_HOLDING, 0x3012, 1, 1, 1, true, true},
    };
    struct chl_profile *p = load("lot-turnstile");
    check_facts(p, facts, COUNT(facts));
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
    assert_true(p->registers[CHL_REG_MODE].persistent);
    assert_int_equal(p->registers[CHL_REG_START_TIME].dflt, 7);
    assert_string_equal(p->registers[CHL_REG_START_TIME].unit, "s");
    assert_int_equal(p->gap_ms, 5);
    assert_int_equal(p->units_max, 32);
    assert_int_equal(p->released_poll_ms, 20);
    assert_int_equal(p->release, CHL_RELEASE_GRANT);
    assert_int_equal(p->release_role, CHL_REG_ENTRY_GRANT);
    assert_int_equal(p->hold, CHL_HOLD_GRANT);
    assert_int_equal(p->passage, CHL_PASSAGE_COUNT);
    assert_int_equal(p->egress, CHL_EGRESS_GRANT);
    assert_string_equal(p->exit_direction, "exit");
    assert_false(p->watchdog);
    assert_false(p->party);
    chl_profile_free(p);
}

static void test_lot_keeps_its_settings(void **state)
{
    (void)state;
    struct chl_profile *p = load("lot-turnstile");
    const struct chl_setting *line = chl_profile_setting(p, "line-speed");
    assert_non_null(line);
    assert_int_equal(line->reg.address, 0x4310);
    assert_true(line->has_complement);
    assert_true(line->reg.needs_reboot);
    assert_int_equal(line->kind, CHL_SETTING_LINE);
    const struct chl_setting *unit = chl_profile_setting(p, "unit");
    assert_int_equal(unit->reg.address, 0x4312);
    assert_int_equal(unit->kind, CHL_SETTING_ADDRESS);
    const struct chl_setting *adds = chl_profile_setting(p, "accumulate");
    assert_int_equal(adds->reg.address, 0x3010);
    assert_int_equal(adds->want, CHL_WANT_VALUE);
    assert_int_equal(adds->wanted[0], 0);
    assert_true(adds->fixed);
    assert_false(line->fixed);
    struct chl_wants wants = {.pass_time_ms = 7100, .on_link_loss = CHL_LINK_HOLD};
    int64_t value = -1;
    assert_true(chl_setting_wanted(chl_profile_setting(p, "start-time"), &wants, &value));
    assert_int_equal(value, 8); /* rounded up: nobody gets less time than promised */
    wants.pass_time_ms = INT64_C(300000000);
    assert_true(chl_setting_wanted(chl_profile_setting(p, "start-time"), &wants, &value));
    assert_int_equal(value, 0xFFFF);
    assert_false(chl_setting_wanted(line, &wants, &value));
    const struct chl_gate_wish wish = {"line-speed", 96};
    wants.wishes = &wish;
    wants.wish_count = 1;
    assert_true(chl_setting_wanted(line, &wants, &value));
    assert_int_equal(value, 96);
    assert_null(chl_profile_setting(p, "no-such-setting"));
    chl_profile_free(p);
}

static void test_waveshare_relay_never_latches(void **state)
{
    (void)state;
    static const struct fact facts[] = {
        {CHL_REG_OUTPUT, CHL_AREA_COIL, 0, 1, 8, 1, true, true},
        {CHL_REG_FLASH, CHL_AREA_COIL, 0x0200, 1, 8, 1, true, true},
    };
    struct chl_profile *p = load("waveshare-relay");
    check_facts(p, facts, COUNT(facts));
    assert_true(p->registers[CHL_REG_FLASH].write_only);
    assert_int_equal(p->registers[CHL_REG_FLASH].max, 0x7FFF);
    assert_int_equal(chl_register_at(&p->registers[CHL_REG_FLASH], 7), 0x0207);
    assert_int_equal(p->registers[CHL_REG_OUTPUT].max, 1);
    assert_int_equal(p->release, CHL_RELEASE_FLASH);
    assert_int_equal(p->release_role, CHL_REG_FLASH);
    assert_int_equal(p->flash_tick_ms, 100);
    assert_int_equal(p->pulse_ms, 500);
    assert_int_equal(p->hold, CHL_HOLD_REPEAT);
    assert_false(p->watchdog);
    assert_int_equal(p->passage, CHL_PASSAGE_NONE);
    assert_int_equal(p->egress, CHL_EGRESS_MECHANICAL);
    assert_true(p->rtu_over_tcp);
    assert_int_equal(p->release_row, -1); /* eight outputs: a site says which */
    chl_profile_free(p);
}

static void test_generic_coil_counts_edges(void **state)
{
    (void)state;
    static const struct fact facts[] = {
        {CHL_REG_OUTPUT, CHL_AREA_COIL, 0, 1, 1, 1, true, true},
        {CHL_REG_INPUT, CHL_AREA_DISCRETE, 0, 1, 4, 1, false, true},
    };
    struct chl_profile *p = load("generic-coil-turnstile");
    check_facts(p, facts, COUNT(facts));
    assert_int_equal(p->release, CHL_RELEASE_PULSE);
    assert_int_equal(p->release_role, CHL_REG_OUTPUT);
    assert_int_equal(p->release_row, 0);
    assert_int_equal(p->close_row, -1);
    assert_int_equal(p->pulse_ms, 200);
    assert_int_equal(p->waits_ms, 5000);
    assert_int_equal(p->passage, CHL_PASSAGE_EDGE);
    assert_int_equal(p->entry_row, 0);
    assert_int_equal(p->exit_row, 1);
    assert_false(p->party);
    chl_profile_free(p);
}

static void test_barrier_takes_a_party_at_a_time(void **state)
{
    (void)state;
    struct chl_profile *p = load("barrier-waveshare-io");
    assert_int_equal(p->release, CHL_RELEASE_FLASH);
    assert_int_equal(p->release_row, 0);
    assert_int_equal(p->close_row, 1);
    assert_int_equal(p->passage, CHL_PASSAGE_EDGE);
    assert_true(p->party);
    assert_int_equal(p->egress, CHL_EGRESS_HARDWARE);
    const struct chl_setting *mode = chl_profile_setting(p, "output-mode");
    assert_int_equal(mode->reg.address, 0x1000);
    assert_int_equal(mode->reg.rows, 8);
    assert_int_equal(mode->want, CHL_WANT_VALUE);
    assert_int_equal(mode->wanted[0], 0); /* linkage would let a loop raise the boom */
    chl_profile_free(p);
}

static void test_wirenboard_falls_to_its_safe_state(void **state)
{
    (void)state;
    static const struct fact facts[] = {
        {CHL_REG_OUTPUT, CHL_AREA_COIL, 0, 1, 6, 1, true, true},
        {CHL_REG_INPUT, CHL_AREA_DISCRETE, 0, 1, 6, 1, false, true},
        {CHL_REG_COUNTER, CHL_AREA_INPUT, 32, 1, 6, 1, false, true},
        {CHL_REG_UPTIME, CHL_AREA_INPUT, 104, 2, 1, 2, false, false},
    };
    static const struct {
        const char *name;
        unsigned address, rows;
        int64_t hold, free_exit, both;
    } safe[] = {{"poll-timeout", 8, 1, 10, 10, 10},
                {"safety-trigger", 19, 1, 0, 0, 0},
                {"safe-state", 930, 6, 0, 0, 1},
                {"safe-apply", 938, 6, 1, 1, 1},
                {"safe-inputs", 946, 6, 1, 1, 1}};
    struct chl_profile *p = load("wirenboard-mr6c-v3");
    check_facts(p, facts, COUNT(facts));
    assert_true(p->watchdog);
    assert_string_equal(p->timeout_setting, "poll-timeout");
    assert_int_equal(p->timeout_tick_ms, 1000);
    for (size_t i = 0; i < COUNT(safe); i++) {
        const struct chl_setting *s = chl_profile_setting(p, safe[i].name);
        assert_non_null(s);
        assert_int_equal(s->reg.address, safe[i].address);
        assert_int_equal(s->reg.rows, safe[i].rows);
        assert_int_equal(s->want, CHL_WANT_LINK_LOSS);
        assert_int_equal(s->wanted[CHL_LINK_HOLD], safe[i].hold);
        assert_int_equal(s->wanted[CHL_LINK_FREE_EXIT], safe[i].free_exit);
        assert_int_equal(s->wanted[CHL_LINK_FREE], safe[i].both);
    }
    const struct chl_setting *timer = chl_profile_setting(p, "timer-mode");
    const struct chl_setting *pulse = chl_profile_setting(p, "on-pulse");
    assert_int_equal(timer->reg.address, 1760);
    assert_int_equal(timer->wanted[0], 3);
    assert_int_equal(pulse->reg.address, 1784);
    assert_int_equal(pulse->wanted[0] * 100, p->pulse_ms); /* one length, said twice */
    assert_int_equal(chl_profile_setting(p, "input-mode")->wanted[0], 3);
    assert_true(p->has_reboot);
    assert_int_equal(p->reboot.address, 120);
    assert_int_equal(p->reboot_value, 1);
    chl_profile_free(p);
}

static void test_moxa_says_nothing_of_its_web_page(void **state)
{
    (void)state;
    static const struct fact facts[] = {
        {CHL_REG_OUTPUT, CHL_AREA_COIL, 0, 1, 6, 1, true, true},
        {CHL_REG_PULSE_START, CHL_AREA_COIL, 16, 1, 6, 1, true, true},
        {CHL_REG_INPUT, CHL_AREA_DISCRETE, 0, 1, 6, 1, false, true},
        {CHL_REG_COUNTER, CHL_AREA_INPUT, 16, 2, 6, 2, false, false},
        {CHL_REG_OVERFLOW, CHL_AREA_DISCRETE, 1000, 1, 6, 1, false, true},
        {CHL_REG_UPTIME, CHL_AREA_INPUT, 5020, 2, 1, 2, false, false},
    };
    struct chl_profile *p = load("moxa-iologik-e1214");
    check_facts(p, facts, COUNT(facts));
    assert_int_equal(chl_register_at(&p->registers[CHL_REG_COUNTER], 5), 26);
    assert_int_equal(p->release, CHL_RELEASE_PULSE);
    assert_int_equal(p->release_role, CHL_REG_PULSE_START);
    const struct chl_setting *width = chl_profile_setting(p, "pulse-on-width");
    assert_int_equal(width->reg.address, 52);
    assert_int_equal(width->wanted[0] * 1500, p->pulse_ms);
    const struct chl_setting *count = chl_profile_setting(p, "pulse-count");
    assert_int_equal(count->reg.address, 36);
    assert_int_equal(count->reg.words, 2);
    assert_int_equal(count->wanted[0], 1); /* one start must not open twice */
    assert_false(p->watchdog);
    assert_false(p->rtu);
    assert_true(p->tcp);
    chl_profile_free(p);
}

/** What each may be told to do alone; the rest is refused by --check-config. */
static void test_each_promises_only_what_it_can(void **state)
{
    (void)state;
    static const struct {
        const char *name, *alone;
    } expected[] = {
        {"lot-turnstile", "hold, free-exit"},      {"generic-coil-turnstile", "hold, free-exit"},
        {"waveshare-relay", "hold, free-exit"},    {"barrier-waveshare-io", "hold, free-exit"},
        {"moxa-iologik-e1214", "hold, free-exit"}, {"wirenboard-mr6c-v3", "hold, free-exit, free"}};
    for (size_t i = 0; i < COUNT(expected); i++) {
        char text[32];
        struct chl_profile *p = load(expected[i].name);
        chl_profile_alone_text(p, text);
        assert_string_equal(text, expected[i].alone);
        assert_true(p->watchdog || p->hold != CHL_HOLD_LATCH);
        chl_profile_free(p);
    }
    size_t files = 0;
    DIR *folder = opendir(FOLDER);
    assert_non_null(folder);
    for (const struct dirent *e = readdir(folder); e != NULL; e = readdir(folder)) {
        const char *dot = strrchr(e->d_name, '.');
        files += dot != NULL && strcmp(dot, ".yaml") == 0;
    }
    closedir(folder);
    assert_int_equal(files, COUNT(expected)); /* a new profile is listed here */
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
        cmocka_unit_test(test_lot_keeps_its_settings),
        cmocka_unit_test(test_waveshare_relay_never_latches),
        cmocka_unit_test(test_generic_coil_counts_edges),
        cmocka_unit_test(test_barrier_takes_a_party_at_a_time),
        cmocka_unit_test(test_wirenboard_falls_to_its_safe_state),
        cmocka_unit_test(test_moxa_says_nothing_of_its_web_page),
        cmocka_unit_test(test_each_promises_only_what_it_can),
        cmocka_unit_test(test_a_name_is_looked_up_and_a_path_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
