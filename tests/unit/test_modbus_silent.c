/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief A gate whose second count, sensor and contact sit on boards of their own: what it says
 *  while one of them does not answer.
 */
#include "tests/unit/modbus_board.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { GATE = 1, CHECK = 5, CONTACTS = 6, FIXED = 257 /* the second row's counter-run */ };

static struct rig *beside(void)
{
    struct rig *r = rig_new(false);
    (void)rig_board(r, GATE, "generic-coil-turnstile");
    (void)rig_board(r, CHECK, "moxa-iologik-e1214");
    (void)rig_board(r, CONTACTS, "barrier-waveshare-io");
    struct chl_modbus_device gate = rig_gate(r, 0, GATE);
    gate.check = rig_part(r, CHECK, 0, 1);
    gate.object = rig_part(r, CONTACTS, 4, -1);
    gate.tamper = rig_part(r, CONTACTS, 5, -1);
    rig_start(r, &gate, 1);
    rig_run(r, 2000 * MS);
    assert_true(rig_newest(r, 0, CHL_REPORT_LINK)->link_up);
    return r;
}

static const struct chl_gate_report *last(const struct rig *r)
{
    return rig_newest(r, 0, CHL_REPORT_READING);
}

/* What it counted before it fell silent would make everybody who passes meanwhile a dispute. */
static void test_silent_second_count_is_no_count(void **state)
{
    (void)state;
    struct rig *r = beside();
    rig_pass(r, CHECK, 0);
    rig_run(r, 1000 * MS);
    assert_true(last(r)->has_check);
    assert_int_equal(last(r)->check_entry_count, 1);
    assert_int_equal(last(r)->silent, 0);
    r->boards[CHECK].conduct = MUTE;
    rig_run(r, 4000 * MS);
    assert_true(rig_newest(r, 0, CHL_REPORT_LINK)->link_up);
    assert_false(last(r)->has_check);
    assert_int_equal(last(r)->silent, CHL_SILENT_CHECK);
    rig_pass(r, CHECK, 0);
    r->boards[CHECK].conduct = OBEYS;
    rig_run(r, 12000 * MS);
    assert_true(last(r)->has_check);
    assert_int_equal(last(r)->check_entry_count, 2);
    assert_int_equal(last(r)->silent, 0);
    rig_free(r);
}

/* A counter that was left standing counts nobody, and nobody would know: it is started. One that
 * cannot be put right is told, and takes no gate away. */
static void test_second_count_is_prepared(void **state)
{
    (void)state;
    struct rig *r = rig_new(false);
    (void)rig_board(r, GATE, "generic-coil-turnstile");
    (void)rig_board(r, CHECK, "moxa-iologik-e1214");
    *rig_setting(r, CHECK, "counter-run", 0) = 0;
    *rig_setting(r, CHECK, "counter-run", 1) = 0;
    *rig_setting(r, CHECK, "counter-run", 2) = 0;
    r->boards[CHECK].fixed = FIXED;
    struct chl_modbus_device gate = rig_gate(r, 0, GATE);
    gate.check = rig_part(r, CHECK, 0, 1);
    rig_start(r, &gate, 1);
    rig_run(r, 4000 * MS);
    assert_int_equal(*rig_setting(r, CHECK, "counter-run", 0), 1);
    assert_int_equal(*rig_setting(r, CHECK, "counter-run", 1), 0); /* it refuses */
    assert_int_equal(*rig_setting(r, CHECK, "counter-run", 2), 0); /* nobody's */
    assert_false(last(r)->unfit);
    assert_true(last(r)->has_check);
    rig_free(r);
}

static void test_silent_contacts_are_named(void **state)
{
    (void)state;
    struct rig *r = beside();
    r->boards[CONTACTS].conduct = MUTE;
    rig_run(r, 4000 * MS);
    assert_true(rig_newest(r, 0, CHL_REPORT_LINK)->link_up);
    assert_int_equal(last(r)->silent, CHL_SILENT_OBJECT | CHL_SILENT_TAMPER);
    assert_true(last(r)->has_check);
    rig_free(r);
}

/* The line was waited for and the question took its time on it: only then does the device's longest
 * delay begin. Counted from the decision to ask, a late answer is taken for the next question's. */
static void test_silence_counts_from_the_questions_last_byte(void **state)
{
    (void)state;
    static const conduct lost[] = {MUTE, GARBLES};
    for (size_t i = 0; i < 2; i++) {
        struct rig *r = rig_new(true);
        const struct chl_profile *p = rig_board(r, GATE, "generic-coil-turnstile");
        const struct chl_modbus_device gate = rig_gate(r, 0, GATE);
        r->taking_ns = 90 * MS;
        rig_start(r, &gate, 1);
        rig_run(r, 3000 * MS);
        assert_int_equal(r->flushes, 0);
        r->boards[GATE].conduct = lost[i];
        while (r->flushes == 0) {
            assert_true(r->wire_count < BOARD_WIRE / 2);
            rig_run(r, MS);
        }
        size_t at = r->wire_count - 1;
        while (r->wire[at].at_ns >= r->flush_ns) {
            at--; /* asked again after it */
        }
        const int64_t last_byte_ns = r->wire[at].at_ns + r->taking_ns;
        assert_true(p->delay_max_ms > p->response_ms);
        assert_true(r->flush_ns >= last_byte_ns + p->delay_max_ms * MS);
        assert_true(r->flush_ns <= last_byte_ns + (p->delay_max_ms + 10) * MS);
        rig_free(r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_silent_second_count_is_no_count),
        cmocka_unit_test(test_second_count_is_prepared),
        cmocka_unit_test(test_silent_contacts_are_named),
        cmocka_unit_test(test_silence_counts_from_the_questions_last_byte),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
