/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief What a lane's lamps show, for each state of gate and zone and for each verdict.
 */
#include "core/engine/signals.h"
#include "lib/base/time.h"
#include "tests/unit/engine_site.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct engine_gate_config gates[SITE_GATES];
static struct engine_config config;

static void open_lit(struct site *site)
{
    memcpy(gates, site_config.gates, sizeof gates);
    gates[0].lamps = true;
    config = site_config;
    config.gates = gates;
    site_open(site);
    site->engine.config = &config;
}

/** The last signal of the last decision, of that kind; NULL when there is none. */
static const struct engine_effect *shown(const struct site *site, bool standing)
{
    const struct engine_effect *found = NULL;
    for (size_t i = 0; i < site->out.effect_count; i++) {
        const struct engine_effect *made = &site->out.effects[i];
        if (made->kind == EFFECT_COMMAND && made->action == ACTION_SIGNAL &&
            made->standing == standing) {
            assert_int_equal(made->gate, 0);
            found = made;
        }
    }
    return found;
}

static void expect_standing(const struct site *site, chl_signal signal, chl_sound sound)
{
    const struct engine_effect *made = shown(site, true);
    assert_non_null(made);
    assert_int_equal(made->signal, signal);
    assert_int_equal(made->sound, sound);
    assert_int_equal(made->after, site->engine.state.sequence);
}

static void order_mode(struct site *site, chl_gate_mode mode)
{
    site_operator(site, (struct engine_operator){.kind = OPERATOR_MODE,
                                                 .who = "chief",
                                                 .why = "rehearsal",
                                                 .gate = 0,
                                                 .mode = (uint8_t)mode});
    assert_int_equal(site_effect(site, EFFECT_ANSWER)->error, CHL_OK);
}

static void link_down(struct site *site, uint16_t gate)
{
    struct engine_input input = {.kind = INPUT_REPORT};
    input.as.report.kind = CHL_REPORT_LINK;
    input.as.report.gate.index = gate;
    strcpy(input.as.report.text, "no answer");
    site_decide(site, &input);
}

static void recount(struct site *site, int64_t inside)
{
    site_operator(site, (struct engine_operator){.kind = OPERATOR_RECOUNT,
                                                 .how = CHL_RECOUNT_SWEEP,
                                                 .who = "chief",
                                                 .why = "rehearsal",
                                                 .zone = 1,
                                                 .inside = inside});
}

/* Each state, in the order in which they outrank each other, and back. */
static void test_states_have_their_signals(void **state)
{
    (void)state;
    struct site site;
    open_lit(&site);
    site_ready(&site);
    site_pass(&site, 0, 0, 0);
    assert_null(shown(&site, true)); /* nothing new */
    recount(&site, 4);
    expect_standing(&site, CHL_SIGNAL_BLUE, CHL_SOUND_NONE);
    link_down(&site, 1);
    expect_standing(&site, CHL_SIGNAL_AMBER, CHL_SOUND_NONE);
    order_mode(&site, CHL_MODE_BLOCKED);
    expect_standing(&site, CHL_SIGNAL_RED, CHL_SOUND_NONE);
    struct engine_input fire = {.kind = INPUT_EMERGENCY};
    site_decide(&site, &fire);
    expect_standing(&site, CHL_SIGNAL_RED, CHL_SOUND_ALARM);
    assert_true(shown(&site, true)->urgent);
    assert_int_equal(shown(&site, true)->generation, site.engine.state.gates[0].generation);
    site_operator(&site,
                  (struct engine_operator){.kind = OPERATOR_RESET, .who = "chief", .why = "over"});
    expect_standing(&site, CHL_SIGNAL_RED, CHL_SOUND_NONE); /* closed by a person before */
    order_mode(&site, CHL_MODE_FREE);
    expect_standing(&site, CHL_SIGNAL_AMBER, CHL_SOUND_NONE);
    recount(&site, 0);
    site_pass(&site, 1, 0, 0);
    expect_standing(&site, CHL_SIGNAL_GREEN, CHL_SOUND_NONE);
    order_mode(&site, CHL_MODE_NORMAL);
    expect_standing(&site, CHL_SIGNAL_OFF, CHL_SOUND_NONE);
    assert_true(site_replays(&site));
    site_close(&site);
}

static void test_ways_out_and_dispersal_are_red(void **state)
{
    (void)state;
    struct site site;
    open_lit(&site);
    site_ready(&site);
    order_mode(&site, CHL_MODE_FREE_EXIT);
    expect_standing(&site, CHL_SIGNAL_RED, CHL_SOUND_NONE);
    order_mode(&site, CHL_MODE_NORMAL);
    expect_standing(&site, CHL_SIGNAL_OFF, CHL_SOUND_NONE);
    struct engine_operator leave = {
        .kind = OPERATOR_DISPERSE, .who = "chief", .why = "evening", .zone = ENGINE_NONE};
    site_operator(&site, leave);
    expect_standing(&site, CHL_SIGNAL_RED, CHL_SOUND_NONE);
    leave.ends = true;
    site_operator(&site, leave);
    expect_standing(&site, CHL_SIGNAL_OFF, CHL_SOUND_NONE);
    site_close(&site);
}

static void expect_answer(const struct site *site, chl_signal signal, chl_sound sound,
                          uint16_t hold_ms)
{
    const struct engine_effect *made = shown(site, false);
    assert_non_null(made);
    assert_int_equal(made->signal, signal);
    assert_int_equal(made->sound, sound);
    assert_int_equal(made->hold_ms, hold_ms);
    /* It waits for the decision's record, and comes after the release. */
    assert_true(made->after >= site_record(site, RECORD_DECISION)->sequence);
    assert_false(made->urgent);
    for (const struct engine_effect *next = made + 1;
         next < site->out.effects + site->out.effect_count; next++) {
        assert_int_equal(next->action, ACTION_SIGNAL);
    }
}

static void test_verdicts_are_answered(void **state)
{
    (void)state;
    struct site site;
    open_lit(&site);
    site_ready(&site);
    struct engine_scan scan = site_scan(0, 1, 1);
    assert_int_equal(site_show(&site, &scan), CHL_REASON_OK);
    expect_answer(&site, CHL_SIGNAL_GREEN, CHL_SOUND_SHORT, SITE_PASS_S * 1000);
    site_pass(&site, 0, 1, 0);
    scan = site_scan(0, 2, 1);
    scan.symptomatic = CHL_ANSWER_YES;
    (void)site_show(&site, &scan);
    assert_int_equal(site_record(&site, RECORD_DECISION)->as.DECISION.verdict, CHL_CHECK);
    expect_answer(&site, CHL_SIGNAL_AMBER, CHL_SOUND_LONG, 3000);
    recount(&site, 4);
    scan = site_scan(0, 3, 1);
    (void)site_show(&site, &scan);
    assert_int_equal(site_record(&site, RECORD_DECISION)->as.DECISION.verdict, CHL_WAIT);
    expect_answer(&site, CHL_SIGNAL_BLUE, CHL_SOUND_NONE, 3000);
    scan = site_scan(0, 4, 1);
    scan.register_hit = REGISTER_MATCH;
    (void)site_show(&site, &scan);
    assert_int_equal(site_record(&site, RECORD_DECISION)->as.DECISION.verdict, CHL_DENY);
    expect_answer(&site, CHL_SIGNAL_RED, CHL_SOUND_LONG, 3000);
    /* A lane without lamps, and an alarm that must not be drowned. */
    scan = site_scan(1, 9, 1);
    (void)site_show(&site, &scan);
    assert_null(shown(&site, false));
    site_decide(&site, &(struct engine_input){.kind = INPUT_EMERGENCY});
    scan = site_scan(0, 10, 1);
    (void)site_show(&site, &scan);
    assert_null(shown(&site, false));
    site_close(&site);
}

static void complete(struct site *site, uint64_t number, chl_command_status status)
{
    struct engine_input input = {.kind = INPUT_REPORT};
    input.as.report.kind = CHL_REPORT_DONE;
    input.as.report.status = (uint8_t)status;
    input.as.report.command_id = number << 3 | ACTION_SIGNAL;
    site_decide(site, &input);
    assert_int_equal(site->out.record_count, 0);
}

static void test_missed_signal_is_sent_again(void **state)
{
    (void)state;
    struct site site;
    open_lit(&site);
    site_ready(&site);
    order_mode(&site, CHL_MODE_BLOCKED);
    uint64_t number = shown(&site, true)->grant;
    complete(&site, number, CHL_COMMAND_UNKNOWN);
    assert_null(shown(&site, true)); /* not at once */
    site.now_ns += 5 * CHL_NS_PER_S;
    site_pass(&site, 0, 0, 0);
    expect_standing(&site, CHL_SIGNAL_RED, CHL_SOUND_NONE);
    assert_int_not_equal(shown(&site, true)->grant, number);
    /* An older one's end says nothing of it. */
    uint64_t second = shown(&site, true)->grant;
    complete(&site, number, CHL_COMMAND_ABORTED);
    complete(&site, second, CHL_COMMAND_DONE);
    site.now_ns += 3600 * CHL_NS_PER_S;
    site_pass(&site, 0, 0, 0);
    assert_null(shown(&site, true));
    /* A completion that never came. */
    order_mode(&site, CHL_MODE_NORMAL);
    site.now_ns += 30 * CHL_NS_PER_S;
    site_pass(&site, 0, 0, 0);
    assert_null(shown(&site, true));
    site.now_ns += 20 * CHL_NS_PER_S;
    site_pass(&site, 0, 0, 0);
    expect_standing(&site, CHL_SIGNAL_OFF, CHL_SOUND_NONE);
    site_close(&site);
}

/* Twenty minutes of a dead lamp: the bus is asked ever more seldom, and never less than once a
 * minute or so. */
static void test_dead_lamp_costs_little(void **state)
{
    (void)state;
    struct site site;
    int sent = 0;
    open_lit(&site);
    site_ready(&site);
    order_mode(&site, CHL_MODE_BLOCKED);
    complete(&site, shown(&site, true)->grant, CHL_COMMAND_UNKNOWN);
    for (int second = 0; second < 1200; second++) {
        site.now_ns += CHL_NS_PER_S;
        site_pass(&site, 0, 0, 0);
        if (shown(&site, true) != NULL) {
            sent++;
            complete(&site, shown(&site, true)->grant, CHL_COMMAND_UNKNOWN);
        }
    }
    assert_in_range(sent, 18, 30);
    site_close(&site);
}

static void test_signal_stands_again_after_silence(void **state)
{
    (void)state;
    struct site site;
    open_lit(&site);
    struct engine_input start = {.kind = INPUT_START};
    site_decide(&site, &start);
    assert_null(shown(&site, true)); /* nobody was heard yet */
    site_pass(&site, 0, 0, 0);
    assert_non_null(shown(&site, true));
    site_pass(&site, 1, 0, 0);
    site_pass(&site, 2, 0, 0);
    uint64_t number = shown(&site, true)->grant;
    complete(&site, number, CHL_COMMAND_DONE);
    struct engine_input back = {.kind = INPUT_REPORT};
    back.as.report.kind = CHL_REPORT_LINK;
    back.as.report.link_up = true;
    site_decide(&site, &back);
    expect_standing(&site, CHL_SIGNAL_OFF, CHL_SOUND_NONE);
    site_close(&site);
}

/** The page, whole; the caller's. */
static char *read_page(void)
{
    FILE *file = fopen(CHL_SOURCE_DIR "/docs/signals.md", "rb");
    char *text = calloc(1, 65536);
    assert_non_null(file);
    assert_non_null(text);
    assert_true(fread(text, 1, 65535, file) > 0);
    fclose(file);
    return text;
}

/* The line that begins so names that lamp and that sound. */
static void expect_row(const char *page, const char *begins, chl_signal signal, chl_sound sound)
{
    static const char *const lamps[] = {"| off / ", "| green / ", "| blue / ", "| amber / ",
                                        "| red / "};
    static const char *const sounds[] = {"| – |", "| short", "| long", "| alarm"};
    char start[128];
    snprintf(start, sizeof start, "\n| %s |", begins);
    const char *row = strstr(page, start);
    if (row == NULL) {
        fail_msg("docs/signals.md has no row `%s`", begins);
        return;
    }
    char line[512];
    snprintf(line, sizeof line, "%.*s", (int)strcspn(row + 1, "\n"), row + 1);
    assert_non_null(strstr(line, lamps[signal]));
    assert_non_null(strstr(line, sounds[sound]));
}

static void test_page_shows_the_table(void **state)
{
    (void)state;
    static const char *const verdicts[] = {"", "ADMIT", "WAIT", "CHECK", "DENY"};
    char *page = read_page();
#define EXPECT_STANDING(id, text, signal, sound) expect_row(page, text, signal, sound);
    ENGINE_STANDINGS(EXPECT_STANDING)
#define EXPECT_ANSWER(verdict, signal, sound) expect_row(page, verdicts[verdict], signal, sound);
    ENGINE_ANSWERS(EXPECT_ANSWER)
    free(page);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_states_have_their_signals),
        cmocka_unit_test(test_ways_out_and_dispersal_are_red),
        cmocka_unit_test(test_verdicts_are_answered),
        cmocka_unit_test(test_page_shows_the_table),
        cmocka_unit_test(test_missed_signal_is_sent_again),
        cmocka_unit_test(test_dead_lamp_costs_little),
        cmocka_unit_test(test_signal_stands_again_after_silence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
