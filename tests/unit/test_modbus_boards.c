/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Gates made of boards: pulses that follow passages, waits, holds, contacts, lamps,
 *  settings.
 */
#include "tests/unit/modbus_board.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

enum { RELAY = 2, COUNTER = 7 };

static struct chl_gate_command release(uint16_t places, uint64_t id)
{
    return (struct chl_gate_command){
        .action = CHL_GATE_RELEASE, .places = places, .id = id, .generation = 1};
}

static struct chl_gate_command mode(chl_gate_mode to, uint64_t id)
{
    return (struct chl_gate_command){
        .action = CHL_GATE_MODE, .mode = (uint8_t)to, .id = id, .generation = 1};
}

static struct chl_gate_command show(chl_signal signal, bool standing, uint64_t id)
{
    return (struct chl_gate_command){.action = CHL_GATE_SIGNAL,
                                     .signal = (uint8_t)signal,
                                     .standing = standing,
                                     .hold_ms = 1000,
                                     .id = id,
                                     .generation = 1};
}

/** A relay releases, another board counts and has contacts, lamps on spare relays. */
static struct rig *composed(bool serial)
{
    struct rig *r = rig_new(serial);
    (void)rig_board(r, RELAY, "waveshare-relay");
    (void)rig_board(r, COUNTER, "wirenboard-mr6c-v3");
    struct chl_modbus_device gate = rig_gate(r, 0, RELAY);
    gate.count = rig_part(r, COUNTER, 0, 1);
    gate.object = rig_part(r, COUNTER, 4, -1);
    gate.fire = rig_part(r, COUNTER, 5, -1);
    gate.fire.active_open = true;
    gate.lamps = rig_part(r, RELAY, 2, 3);
    gate.lamps.rows[2] = 4;
    gate.lamps.rows[3] = 5;
    gate.lamps.rows[4] = 6;
    gate.release_row = 0;
    *rig_at(r, COUNTER, CHL_REG_INPUT, 5) = 1; /* the loop is whole */
    rig_start(r, &gate, 1);
    rig_run(r, 1500 * MS);
    assert_true(rig_newest(r, 0, CHL_REPORT_LINK)->link_up);
    return r;
}

static const struct chl_gate_reading *last(const struct rig *r)
{
    return &rig_newest(r, 0, CHL_REPORT_READING)->reading;
}

static void test_one_pulse_a_passage(void **state)
{
    (void)state;
    struct rig *r = composed(true);
    const unsigned *pulses = &r->boards[RELAY].pulses[0];
    rig_order(r, release(3, 1));
    rig_run(r, 1000 * MS);
    assert_int_equal(rig_done(r, 1)->status, CHL_COMMAND_DONE);
    assert_int_equal(*pulses, 1);
    assert_int_equal(last(r)->entry_left, 3);
    assert_int_equal(last(r)->exit_left, 0xFFFF);
    rig_pass(r, COUNTER, 0);
    rig_run(r, 1000 * MS);
    assert_int_equal(*pulses, 2);
    assert_int_equal(last(r)->entry_left, 2);
    assert_int_equal(last(r)->entry_count, 1);
    assert_int_equal(last(r)->count_bits, 16);
    rig_pass(r, COUNTER, 1); /* somebody comes out: no pulse */
    rig_run(r, 1000 * MS);
    assert_int_equal(*pulses, 2);
    rig_run(r, 6000 * MS); /* nobody else comes */
    assert_int_equal(*pulses, 2);
    assert_int_equal(last(r)->entry_left, 0);
    rig_free(r);
}

static void test_no_pulse_after_deadline_or_newer_generation(void **state)
{
    (void)state;
    struct rig *r = composed(true);
    struct chl_gate_command c = release(5, 1);
    c.deadline_ns = r->now_ns + 2000 * MS;
    rig_order(r, c);
    rig_run(r, 1500 * MS);
    chl_modbus_raise_generation(r->driver, (chl_gate_id){0}, 2);
    rig_pass(r, COUNTER, 0);
    rig_run(r, 400 * MS);
    assert_int_equal(r->boards[RELAY].pulses[0], 1);
    assert_int_equal(last(r)->entry_left, 0);
    c.generation = 2;
    c.id = 2;
    c.deadline_ns = r->now_ns + 1000 * MS;
    rig_order(r, c);
    rig_run(r, 1500 * MS);
    rig_pass(r, COUNTER, 0);
    rig_run(r, 1000 * MS);
    assert_int_equal(r->boards[RELAY].pulses[0], 2);
    rig_free(r);
}

/** What the mechanism was told cannot be untold: a cancel waits until nobody can pass any more. */
static void test_cancel_waits_the_mechanism_out(void **state)
{
    (void)state;
    struct rig *r = composed(true);
    const struct chl_gate_command cancel = {.action = CHL_GATE_CANCEL, .id = 2, .generation = 1};
    rig_order(r, release(2, 1));
    rig_run(r, 200 * MS);
    const int64_t at = r->now_ns;
    rig_order(r, cancel);
    while (rig_done(r, 2) == NULL) {
        rig_run(r, 50 * MS);
        assert_true(r->now_ns - at < 7000 * MS);
    }
    assert_true(r->now_ns - at > 5000 * MS);
    assert_int_equal(rig_done(r, 2)->status, CHL_COMMAND_DONE);
    assert_int_equal(rig_done(r, 2)->reading.entry_left, 0);
    assert_int_equal(rig_count(r, RELAY, true, 0, 0), 1); /* the output off, once */
    rig_order(r, release(2, 3));
    rig_run(r, 1000 * MS);
    struct chl_gate_command again = cancel;
    again.id = 4;
    rig_order(r, again);
    rig_pass(r, COUNTER, 0); /* somebody passes meanwhile: closed behind them */
    rig_run(r, 1000 * MS);
    assert_int_equal(rig_done(r, 4)->status, CHL_COMMAND_DONE);
    assert_int_equal(rig_done(r, 4)->reading.entry_count, 1);
    assert_int_equal(r->boards[RELAY].pulses[0], 2);
    rig_free(r);
}

static void test_unanswered_pulse_is_never_repeated(void **state)
{
    (void)state;
    struct rig *r = composed(true);
    r->boards[RELAY].conduct = ACTS_MUTE;
    rig_order(r, release(3, 1));
    rig_run(r, 300 * MS);
    assert_int_equal(rig_done(r, 1)->status, CHL_COMMAND_UNKNOWN);
    r->boards[RELAY].conduct = OBEYS;
    rig_run(r, 3000 * MS);
    assert_true(rig_newest(r, 0, CHL_REPORT_LINK)->link_up);
    assert_int_equal(last(r)->entry_left, 1); /* one may still pass */
    rig_pass(r, COUNTER, 0);
    rig_run(r, 8000 * MS);
    assert_int_equal(r->boards[RELAY].pulses[0], 1);
    assert_int_equal(last(r)->entry_left, 0);
    rig_free(r);
}

static void test_emergency_is_held_by_pulses_until_reset(void **state)
{
    (void)state;
    struct rig *r = composed(true);
    rig_order(r, mode(CHL_MODE_EMERGENCY, 1));
    rig_run(r, 1000 * MS);
    assert_int_equal(rig_done(r, 1)->status, CHL_COMMAND_DONE);
    assert_int_equal(last(r)->mode, CHL_MODE_EMERGENCY);
    assert_int_equal(last(r)->entry_left, 0xFFFF);
    for (int i = 0; i < 50; i++) {
        rig_run(r, 100 * MS);
        assert_int_equal(*rig_at(r, RELAY, CHL_REG_OUTPUT, 0), 1); /* never falls in between */
    }
    assert_int_equal(rig_count(r, RELAY, true, 0, 0), 0); /* never latched */
    rig_order(r, mode(CHL_MODE_NORMAL, 2));
    rig_run(r, 8000 * MS);
    assert_int_equal(rig_done(r, 2)->status, CHL_COMMAND_DONE);
    assert_int_equal(last(r)->mode, CHL_MODE_NORMAL);
    assert_int_equal(*rig_at(r, RELAY, CHL_REG_OUTPUT, 0), 0);
    rig_free(r);
}

static void test_barrier_counts_edges_and_carries_a_party(void **state)
{
    (void)state;
    struct rig *r = rig_new(false);
    (void)rig_board(r, 3, "barrier-waveshare-io");
    struct chl_modbus_device gate = rig_gate(r, 0, 3);
    rig_start(r, &gate, 1);
    rig_run(r, 500 * MS);
    assert_true(rig_newest(r, 0, CHL_REPORT_READING) != NULL);
    assert_true(r->reports[1].restarted); /* nobody watched before */
    rig_order(r, release(4, 1));
    rig_run(r, 1000 * MS);
    assert_int_equal(last(r)->entry_left, 4);
    *rig_at(r, 3, CHL_REG_INPUT, 0) = 1;
    rig_run(r, 300 * MS);
    *rig_at(r, 3, CHL_REG_INPUT, 0) = 0;
    rig_run(r, 1000 * MS);
    assert_int_equal(last(r)->entry_count, 1);
    assert_int_equal(last(r)->entry_left, 0); /* one vehicle, all its places */
    assert_int_equal(r->boards[3].pulses[0], 1);
    assert_false(rig_newest(r, 0, CHL_REPORT_READING)->restarted);
    r->boards[3].conduct = MUTE;
    rig_run(r, 1500 * MS);
    r->boards[3].conduct = OBEYS;
    const size_t from = r->report_count;
    rig_run(r, 3000 * MS);
    bool restarted = false;
    for (size_t i = from; i < r->report_count; i++) {
        restarted = restarted || r->reports[i].restarted;
    }
    assert_true(restarted);
    struct chl_gate_command cancel = {.action = CHL_GATE_CANCEL, .id = 9, .generation = 1};
    rig_order(r, cancel);
    rig_run(r, 1000 * MS);
    assert_int_equal(rig_done(r, 9)->status, CHL_COMMAND_DONE);
    assert_int_equal(r->boards[3].pulses[1], 1); /* the boom is closed */
    rig_free(r);
}

static void test_lamps_show_the_newest_signal(void **state)
{
    (void)state;
    struct rig *r = composed(true);
    uint16_t *green = rig_at(r, RELAY, CHL_REG_OUTPUT, 2);
    uint16_t *red = rig_at(r, RELAY, CHL_REG_OUTPUT, 5);
    rig_order(r, show(CHL_SIGNAL_BLUE, true, 1));
    rig_order(r, show(CHL_SIGNAL_RED, true, 2));
    rig_run(r, 300 * MS);
    assert_int_equal(rig_done(r, 1)->status, CHL_COMMAND_ABORTED);
    assert_int_equal(rig_done(r, 2)->status, CHL_COMMAND_DONE);
    assert_int_equal(*red, 1);
    struct chl_gate_command yes = show(CHL_SIGNAL_GREEN, false, 3);
    yes.sound = CHL_SOUND_SHORT;
    rig_order(r, yes);
    rig_run(r, 300 * MS);
    assert_int_equal(*green, 1);
    assert_int_equal(*red, 0);
    assert_int_equal(r->boards[RELAY].pulses[6], 1); /* the board ends the sound by itself */
    rig_run(r, 1500 * MS);
    assert_int_equal(*green, 0);
    assert_int_equal(*red, 1);
    const size_t from = r->wire_count;
    rig_run(r, 3000 * MS);
    assert_int_equal(rig_count(r, RELAY, true, 5, from),
                     0); /* what is shown is not written again */
    r->boards[RELAY].conduct = MUTE;
    rig_run(r, 1000 * MS);
    *red = 0; /* it lost its power */
    r->boards[RELAY].conduct = OBEYS;
    rig_run(r, 6000 * MS);
    assert_int_equal(*red, 1);
    rig_free(r);
}

static void test_wrong_fail_safe_grants_nothing(void **state)
{
    (void)state;
    struct rig *r = rig_new(true);
    (void)rig_board(r, COUNTER, "wirenboard-mr6c-v3");
    struct chl_modbus_device gate = rig_gate(r, 0, COUNTER);
    gate.count = rig_part(r, COUNTER, 0, 1);
    gate.release_row = 2;
    *rig_setting(r, COUNTER, "safe-state", 2) = 1; /* would open when the link is lost */
    *rig_setting(r, COUNTER, "safe-state", 3) = 1; /* another output: not this gate's */
    *rig_setting(r, COUNTER, "timer-mode", 2) = 0; /* an output that stays on: put right */
    rig_start(r, &gate, 1);
    rig_order(r, release(1, 1));
    rig_run(r, 2000 * MS);
    assert_int_equal(rig_done(r, 1)->status, CHL_COMMAND_FAILED);
    assert_non_null(strstr(rig_done(r, 1)->text, "unfit: setting safe-state: expected 0, found 1"));
    const struct chl_gate_report *told = rig_newest(r, 0, CHL_REPORT_READING);
    assert_true(told->unfit);
    assert_non_null(strstr(told->text, "safe-state"));
    assert_int_equal(*rig_setting(r, COUNTER, "safe-state", 2), 1); /* never written */
    assert_int_equal(*rig_setting(r, COUNTER, "timer-mode", 2), 3);
    assert_int_equal(r->boards[COUNTER].pulses[2], 0);
    rig_order(r, mode(CHL_MODE_EMERGENCY, 2)); /* people get out all the same */
    rig_run(r, 1000 * MS);
    assert_int_equal(rig_done(r, 2)->status, CHL_COMMAND_DONE);
    rig_free(r);
}

/** A unit that falls silent on a line: silence, then a flush, and the others are asked on. */
static void test_line_is_flushed_after_the_silence(void **state)
{
    (void)state;
    struct rig *r = rig_new(true);
    (void)rig_board(r, 1, "generic-coil-turnstile");
    (void)rig_board(r, 4, "generic-coil-turnstile");
    struct chl_modbus_device gates[] = {rig_gate(r, 0, 1), rig_gate(r, 1, 4)};
    rig_start(r, gates, 2);
    rig_run(r, 1000 * MS);
    const unsigned closes = r->closes;
    r->boards[4].conduct = MUTE;
    while (r->flushes == 0) {
        rig_run(r, 10 * MS);
    }
    int64_t asked = 0;
    for (size_t i = 0; i < r->wire_count; i++) {
        if (r->wire[i].at_ns < r->flush_ns) {
            asked = r->wire[i].at_ns;
        }
    }
    assert_true(r->flush_ns - asked >= 500 * MS);
    rig_run(r, 5000 * MS);
    assert_int_equal(r->closes, closes);
    assert_true(rig_newest(r, 0, CHL_REPORT_LINK)->link_up);
    assert_false(rig_newest(r, 1, CHL_REPORT_LINK)->link_up);
    r->boards[4].conduct = OBEYS;
    rig_run(r, 6000 * MS);
    assert_true(rig_newest(r, 1, CHL_REPORT_LINK)->link_up);
    rig_free(r);
}

static void test_refused_joins_are_read_apart_for_good(void **state)
{
    (void)state;
    struct rig *r = rig_new(false);
    (void)rig_board(r, 5, "moxa-iologik-e1214");
    struct chl_modbus_device gate = rig_gate(r, 0, 5);
    gate.release_row = 0;
    gate.count = rig_part(r, 5, 0, 1);
    r->boards[5].no_joins = true;
    r->boards[5].missing = 5020; /* some have no clock */
    *rig_at(r, 5, CHL_REG_COUNTER, 0) = 1;
    rig_pass(r, 5, 0);
    rig_start(r, &gate, 1);
    rig_run(r, 2000 * MS);
    assert_true(rig_newest(r, 0, CHL_REPORT_LINK)->link_up);
    assert_int_equal(last(r)->entry_count, 65537); /* both words of one moment, high first */
    const size_t from = r->wire_count;
    rig_run(r, 3000 * MS);
    for (size_t i = from; i < r->wire_count; i++) {
        assert_true(r->wire[i].request.count <= 2);
        assert_int_not_equal(r->wire[i].request.address, 5020);
    }
    rig_free(r);
}

static void test_broken_loop_is_a_fire_and_a_silent_lamp_is_not(void **state)
{
    (void)state;
    struct rig *r = composed(true);
    assert_false(rig_newest(r, 0, CHL_REPORT_READING)->fire);
    *rig_at(r, COUNTER, CHL_REG_INPUT, 5) = 0;
    rig_run(r, 300 * MS);
    assert_true(rig_newest(r, 0, CHL_REPORT_READING)->fire);
    *rig_at(r, COUNTER, CHL_REG_INPUT, 5) = 1;
    *rig_at(r, COUNTER, CHL_REG_INPUT, 4) = 1;
    rig_run(r, 300 * MS);
    assert_false(rig_newest(r, 0, CHL_REPORT_READING)->fire);
    assert_true(last(r)->object_entry);
    rig_free(r);
}

static void test_fire_and_lamps_on_silent_units_of_their_own(void **state)
{
    (void)state;
    struct rig *r = rig_new(true);
    (void)rig_board(r, 1, "generic-coil-turnstile");
    (void)rig_board(r, 3, "barrier-waveshare-io");
    (void)rig_board(r, RELAY, "waveshare-relay");
    struct chl_modbus_device gate = rig_gate(r, 0, 1);
    gate.fire = rig_part(r, 3, 4, -1);
    gate.fire.active_open = true;
    gate.lamps = rig_part(r, RELAY, 0, -1);
    *rig_at(r, 3, CHL_REG_INPUT, 4) = 1;
    rig_start(r, &gate, 1);
    rig_run(r, 1000 * MS);
    assert_false(rig_newest(r, 0, CHL_REPORT_READING)->fire);
    r->boards[3].conduct = MUTE;
    r->boards[RELAY].conduct = MUTE;
    rig_run(r, 3000 * MS);
    assert_true(rig_newest(r, 0, CHL_REPORT_LINK)->link_up); /* neither silences the gate */
    /* The loop cannot be read: that is no fire, but nobody is let in before it can. */
    assert_false(rig_newest(r, 0, CHL_REPORT_READING)->fire);
    assert_true(rig_newest(r, 0, CHL_REPORT_READING)->unfit);
    assert_non_null(strstr(rig_newest(r, 0, CHL_REPORT_READING)->text, "unit 3"));
    assert_int_equal(rig_newest(r, 0, CHL_REPORT_READING)->silent, CHL_SILENT_LAMPS);
    r->boards[3].conduct = OBEYS;
    rig_run(r, 12000 * MS);
    assert_false(rig_newest(r, 0, CHL_REPORT_READING)->unfit);
    r->boards[RELAY].conduct = OBEYS;
    rig_run(r, 12000 * MS);
    assert_int_equal(rig_newest(r, 0, CHL_REPORT_READING)->silent, 0);
    rig_free(r);
}

static void test_clock_that_went_back_is_a_restart(void **state)
{
    (void)state;
    struct rig *r = composed(true);
    uint16_t *uptime = rig_at(r, COUNTER, CHL_REG_UPTIME, 0);
    uptime[1] = 5000;
    *rig_at(r, COUNTER, CHL_REG_COUNTER, 0) = 40;
    rig_run(r, 2500 * MS);
    assert_int_equal(last(r)->entry_count, 40);
    const size_t from = r->report_count;
    uptime[1] = 2;
    *rig_at(r, COUNTER, CHL_REG_COUNTER, 0) = 41; /* looks like one step */
    rig_run(r, 2500 * MS);
    size_t restarts = 0;
    for (size_t i = from; i < r->report_count; i++) {
        restarts += r->reports[i].restarted;
    }
    assert_int_equal(restarts, 1);
    rig_free(r);
}

static void test_watchdog_hears_something_three_times(void **state)
{
    (void)state;
    struct rig *r = composed(true);
    rig_run(r, 10000 * MS);
    int64_t before = 0;
    for (size_t i = 0; i < r->wire_count; i++) {
        if (r->wire[i].request.unit == COUNTER) {
            assert_true(before == 0 || r->wire[i].at_ns - before <= 3400 * MS);
            before = r->wire[i].at_ns;
        }
    }
    assert_true(r->now_ns - before <= 3400 * MS);
    rig_free(r);
}

static void test_two_gates_of_one_output_are_refused(void **state)
{
    (void)state;
    char why[256] = "";
    struct chl_modbus *driver = NULL;
    struct rig *r = rig_new(false);
    (void)rig_board(r, RELAY, "waveshare-relay");
    (void)rig_board(r, COUNTER, "wirenboard-mr6c-v3");
    struct chl_modbus_device gates[] = {rig_gate(r, 0, RELAY), rig_gate(r, 1, RELAY)};
    const struct chl_modbus_settings s = {.poll_ns = 250 * MS};
    gates[0].count = rig_part(r, COUNTER, 0, 1);
    gates[1].count = rig_part(r, COUNTER, 2, 3);
    gates[0].release_row = gates[1].release_row = 0;
    assert_int_equal(chl_modbus_new(&s, gates, 2, &driver, why, sizeof why), CHL_E_CONFIG);
    assert_non_null(strstr(why, "different outputs"));
    gates[1].release_row = 1;
    gates[1].count.rows[0] = 1;
    assert_int_equal(chl_modbus_new(&s, gates, 2, &driver, why, sizeof why), CHL_E_CONFIG);
    assert_non_null(strstr(why, "counters of their own"));
    gates[1].count = rig_part(r, RELAY, 0, 1);
    assert_int_equal(chl_modbus_new(&s, gates, 2, &driver, why, sizeof why), CHL_E_CONFIG);
    assert_non_null(strstr(why, "counts its passages"));
    gates[1].count = rig_part(r, COUNTER, 2, 3);
    gates[1].count.profile = r->boards[RELAY].profile;
    assert_int_equal(chl_modbus_new(&s, gates, 2, &driver, why, sizeof why), CHL_E_CONFIG);
    assert_null(driver);
    rig_free(r);
}

/* As delivered an input drives the output of its number: a passage counted here would release
 * there.
 */
static void test_contacts_that_count_on_the_releasing_board_drive_nothing(void **state)
{
    (void)state;
    struct rig *r = rig_new(true);
    (void)rig_board(r, COUNTER, "wirenboard-mr6c-v3");
    struct chl_modbus_device gate = rig_gate(r, 0, COUNTER);
    gate.release_row = 0;
    gate.count = rig_part(r, COUNTER, 2, 3);
    for (unsigned row = 0; row < 6; row++) {
        *rig_setting(r, COUNTER, "input-mode", row) = 0;
        *rig_setting(r, COUNTER, "timer-mode", row) = 0;
    }
    rig_start(r, &gate, 1);
    rig_run(r, 4000 * MS);
    assert_int_equal(*rig_setting(r, COUNTER, "input-mode", 2), 3);
    assert_int_equal(*rig_setting(r, COUNTER, "input-mode", 3), 3);
    assert_int_equal(*rig_setting(r, COUNTER, "input-mode", 4), 0); /* nobody's */
    assert_int_equal(*rig_setting(r, COUNTER, "timer-mode", 0), 3);
    assert_int_equal(*rig_setting(r, COUNTER, "timer-mode", 2), 0); /* its output does nothing */
    rig_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_contacts_that_count_on_the_releasing_board_drive_nothing),
        cmocka_unit_test(test_one_pulse_a_passage),
        cmocka_unit_test(test_no_pulse_after_deadline_or_newer_generation),
        cmocka_unit_test(test_cancel_waits_the_mechanism_out),
        cmocka_unit_test(test_unanswered_pulse_is_never_repeated),
        cmocka_unit_test(test_emergency_is_held_by_pulses_until_reset),
        cmocka_unit_test(test_barrier_counts_edges_and_carries_a_party),
        cmocka_unit_test(test_lamps_show_the_newest_signal),
        cmocka_unit_test(test_wrong_fail_safe_grants_nothing),
        cmocka_unit_test(test_line_is_flushed_after_the_silence),
        cmocka_unit_test(test_refused_joins_are_read_apart_for_good),
        cmocka_unit_test(test_broken_loop_is_a_fire_and_a_silent_lamp_is_not),
        cmocka_unit_test(test_fire_and_lamps_on_silent_units_of_their_own),
        cmocka_unit_test(test_clock_that_went_back_is_a_restart),
        cmocka_unit_test(test_watchdog_hears_something_three_times),
        cmocka_unit_test(test_two_gates_of_one_output_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
