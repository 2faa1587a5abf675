/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief A gate whose second count, sensor and contact sit on boards of their own: what it says
 *  while one of them does not answer.
 */
#include "tests/unit/modbus_board.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { GATE = 1, CHECK = 5, CONTACTS = 6 };

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_silent_second_count_is_no_count),
        cmocka_unit_test(test_silent_contacts_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
