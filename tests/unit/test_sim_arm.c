/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Turnstiles composed of a relay on one unit and counters on another: who gets through, and
 *  what the boards show of it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sim/crowd.h"
#include "sim/layout.h"
#include "tests/unit/sim_boards.h"

static struct controller c;
static struct layout layout;
static int64_t ticked;

/** Time passes as in the simulator, a few milliseconds at once. */
static void until(int64_t now)
{
    for (; ticked < now; ticked += MS(10)) {
        controller_tick(&c, ticked);
    }
    controller_tick(&c, now);
}

/** Unit 1 a relay board, 7 a counting one, 3 a LOT turnstile, 9 a coil turnstile; `wires` as on the
 *  command line. */
static chl_err build(const char *const *wires, size_t count)
{
    char why[256];
    controller_init(&c, ADU_TCP);
    ticked = S(1);
    layout = (struct layout){.provisioned = CHL_LINK_HOLD};
    assert_int_equal(controller_add(&c, 1, profiles[RELAY], S(1)), CHL_OK);
    assert_int_equal(controller_add(&c, 7, profiles[MOXA], S(1)), CHL_OK);
    assert_int_equal(controller_add(&c, 3, profiles[LOT], S(1)), CHL_OK);
    layout.unit_texts.texts[layout.unit_texts.count++] =
        "9=" CHL_SOURCE_DIR "/firmware-config/generic-coil-turnstile.yaml";
    for (size_t i = 0; i < count; i++) {
        layout.arm_texts.texts[layout.arm_texts.count++] = wires[i];
    }
    return layout_build(&layout, &c, S(1), why, sizeof why);
}

static int scrap(void **state)
{
    (void)state;
    controller_free(&c);
    layout_free(&layout);
    return 0;
}

static void begin(const char *wires)
{
    assert_int_equal(build(&wires, 1), CHL_OK);
}

static void flash(unsigned row, uint16_t length, int64_t now)
{
    struct board *relays = &controller_unit(&c, 1)->board;
    until(now);
    uint16_t address = (uint16_t)(0x0200 + row);
    assert_int_equal(board_write(relays, CHL_AREA_COIL, address, 1, &length, now), BOARD_OK);
}

static struct device *turnstile(void)
{
    struct device *device = controller_device(&c, 1, 0);
    assert_non_null(device);
    return device;
}

static bool walks(device_direction way, int64_t now)
{
    until(now);
    if (device_enter(turnstile(), way, DEVICE_WALK, now) != DEVICE_PASSING) {
        return false;
    }
    device_leave(turnstile(), way, now + MS(50));
    return true;
}

static uint32_t counted(unsigned row, int64_t now)
{
    until(now);
    return controller_unit(&c, 7)->board.inputs[row].count;
}

static void test_a_pulse_lets_one_through_within_the_wait(void **state)
{
    (void)state;
    begin("release=1.1,entry=7.1,exit=7.2");
    assert_false(walks(DEVICE_ENTRY, S(2)));
    flash(0, 5, S(3));
    assert_true(walks(DEVICE_ENTRY, S(7) + MS(900)));
    assert_false(walks(DEVICE_ENTRY, S(7) + MS(990)));
    assert_int_equal(counted(0, S(9)), 1);
    assert_int_equal(counted(1, S(9)), 0);
    flash(0, 5, S(20));
    assert_false(walks(DEVICE_ENTRY, S(25)));
    assert_int_equal(turnstile()->truth.timeouts, 1);
}

static void test_the_way_out_is_free_and_counted_at_its_own_row(void **state)
{
    (void)state;
    begin("release=1.1,entry=7.1,exit=7.2");
    assert_true(walks(DEVICE_EXIT, S(2)));
    assert_true(walks(DEVICE_EXIT, S(3)));
    assert_int_equal(counted(1, S(5)), 2);
    assert_int_equal(counted(0, S(5)), 0);
    assert_int_equal(turnstile()->truth.left, 2);
}

static void test_two_pulses_at_once_are_one_passage(void **state)
{
    (void)state;
    begin("release=1.1,entry=7.1,exit=7.2");
    flash(0, 5, S(2));
    flash(0, 5, S(2) + MS(100));
    assert_true(walks(DEVICE_ENTRY, S(3)));
    assert_false(walks(DEVICE_ENTRY, S(4)));
}

static void test_a_relay_that_stays_closed_holds_it_open(void **state)
{
    (void)state;
    begin("release=1.1,entry=7.1,exit=7.2");
    flash(0, 100, S(2));
    for (int i = 0; i < 3; i++) {
        assert_true(walks(DEVICE_ENTRY, S(5 + i)));
    }
    assert_false(walks(DEVICE_ENTRY, S(12) + MS(1)));
    assert_int_equal(counted(0, S(13)), 3);
}

static void test_the_other_rows_release_nothing(void **state)
{
    (void)state;
    begin("release=1.3,close=1.4,entry=7.1,exit=7.2");
    flash(0, 5, S(2));
    assert_false(walks(DEVICE_ENTRY, S(3)));
    flash(2, 5, S(4));
    flash(3, 5, S(5)); /* closes it again */
    assert_false(walks(DEVICE_ENTRY, S(6)));
    flash(2, 5, S(7));
    assert_true(walks(DEVICE_ENTRY, S(8)));
}

static void test_somebody_inside_is_seen_by_a_contact(void **state)
{
    (void)state;
    begin("release=1.1,entry=7.1,exit=7.2,object=7.6");
    const struct board_input *contact = &controller_unit(&c, 7)->board.inputs[5];
    flash(0, 5, S(2));
    assert_int_equal(device_enter(turnstile(), DEVICE_ENTRY, DEVICE_WALK, S(3)), DEVICE_PASSING);
    controller_tick(&c, S(3));
    assert_true(contact->closed);
    device_leave(turnstile(), DEVICE_ENTRY, S(4));
    controller_tick(&c, S(4));
    assert_false(contact->closed);
}

static void test_a_turnstile_with_registers_may_be_counted_twice(void **state)
{
    (void)state;
    begin("turnstile=3,entry=7.4,exit=7.5");
    struct device *lot = controller_device(&c, 3, 0);
    device_grant(lot, DEVICE_ENTRY, 1, S(2));
    assert_int_equal(device_enter(lot, DEVICE_ENTRY, DEVICE_WALK, S(3)), DEVICE_PASSING);
    device_leave(lot, DEVICE_ENTRY, S(4));
    assert_int_equal(lot->ways[DEVICE_ENTRY].count, 1);
    assert_int_equal(counted(3, S(5)), 1);
}

static void test_a_unit_without_power_misses_what_passes(void **state)
{
    (void)state;
    begin("release=1.1,entry=7.1,exit=7.2");
    assert_true(walks(DEVICE_EXIT, S(2)));
    until(S(10));
    controller_reboot(controller_unit(&c, 7), 5000, S(10));
    assert_true(walks(DEVICE_EXIT, S(12)));
    assert_int_equal(counted(1, S(16)), 0);
    /* Its profile does not call the setting persistent: it does not count until told so again. */
    assert_true(board_provide(&controller_unit(&c, 7)->board, "counter-run", 1));
    assert_true(walks(DEVICE_EXIT, S(17)));
    assert_int_equal(counted(1, S(19)), 1);
    assert_int_equal(turnstile()->truth.left, 3);
}

static void nothing_shown(void *user, const struct crowd_lane *lane,
                          const struct crowd_person *person, uint32_t n)
{
    (void)user;
    (void)lane;
    (void)person;
    (void)n;
}

static int64_t crowd_time(struct crowd *crowd, int64_t from, int64_t to)
{
    for (int64_t now = from; now < to; now += MS(4)) {
        until(now);
        crowd_tick(crowd, now);
    }
    return to;
}

static void test_a_crowd_walks_through_it_as_through_any_other(void **state)
{
    char path[] = "/tmp/chilang-arm-XXXXXX";
    char why[256];
    struct crowd crowd;
    (void)state;
    begin("release=1.1,entry=7.1,exit=7.2");
    memset(&crowd, 0, sizeof crowd);
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    dprintf(fd, "id,picture,lane,unit,party,behaviour,arrival_ms\nf,f.png,G1,1,2,walk,0\n");
    close(fd);
    assert_int_equal(crowd_load(&crowd, path, why, sizeof why), CHL_OK);
    unlink(path);
    crowd.io = (struct crowd_io){.show = nothing_shown, .hide = nothing_shown};
    crowd.random = 7;
    crowd.lanes[0].device = turnstile();
    crowd_start(&crowd, S(2));
    crowd_on_screen(&crowd, true, S(2));
    int64_t now = crowd_time(&crowd, S(2), S(2) + MS(100));
    const struct crowd_verdict admit = {
        .verdict = CHL_ADMIT, .reason = "ok_group", .code = "c", .text = "", .journaled = true};
    crowd_on_verdict(&crowd, "G1", &admit, now);
    flash(0, 2, now);
    now = crowd_time(&crowd, now, now + MS(600));
    assert_int_equal(crowd_inside(&crowd), 1); /* one pulse, one person */
    flash(0, 2, now);
    now = crowd_time(&crowd, now, now + MS(600));
    assert_int_equal(crowd_inside(&crowd), 2);
    assert_int_equal(counted(0, now), 2);
    now = crowd_time(&crowd, now, now + S(20));
    assert_int_equal(crowd_inside(&crowd), 0);
    assert_int_equal(counted(1, now), 2);
    crowd_free(&crowd);
}

static void test_what_nobody_wired_is_wired_to_itself(void **state)
{
    (void)state;
    begin("release=1.1,entry=7.1,exit=7.2");
    struct device *other = controller_device(&c, 9, 0);
    struct board *board = &controller_unit(&c, 9)->board;
    uint16_t on = BOARD_ON;
    uint16_t bits[4];
    assert_non_null(other);
    assert_int_equal(board_write(board, CHL_AREA_COIL, 0, 1, &on, S(2)), BOARD_OK);
    assert_int_equal(device_enter(other, DEVICE_ENTRY, DEVICE_WALK, S(3)), DEVICE_PASSING);
    device_leave(other, DEVICE_ENTRY, S(4));
    assert_int_equal(board_read(board, CHL_AREA_DISCRETE, 0, 4, bits, S(4) + MS(50)), BOARD_OK);
    assert_int_equal(bits[0], 1);
    assert_int_equal(bits[1], 0);
    assert_null(controller_device(&c, 1, 1));
}

static void test_wires_to_nowhere_are_refused(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "entry=7.1",   "release=1.9",           "release=2.1",
        "release=1.0", "release=1.1,entry=1.1", "release=1.1,turnstile=3",
        "turnstile=1", "release=1.1,door=7.1",  "release=1",
        "release"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        assert_int_equal(build(&wrong[i], 1), CHL_E_INVAL);
        (void)scrap(NULL);
    }
    controller_init(&c, ADU_TCP);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_teardown(f, scrap)
    const struct CMUnitTest tests[] = {
        TEST(test_a_pulse_lets_one_through_within_the_wait),
        TEST(test_the_way_out_is_free_and_counted_at_its_own_row),
        TEST(test_two_pulses_at_once_are_one_passage),
        TEST(test_a_relay_that_stays_closed_holds_it_open),
        TEST(test_the_other_rows_release_nothing),
        TEST(test_somebody_inside_is_seen_by_a_contact),
        TEST(test_a_turnstile_with_registers_may_be_counted_twice),
        TEST(test_a_unit_without_power_misses_what_passes),
        TEST(test_a_crowd_walks_through_it_as_through_any_other),
        TEST(test_what_nobody_wired_is_wired_to_itself),
        TEST(test_wires_to_nowhere_are_refused),
    };
    return cmocka_run_group_tests(tests, load_profiles, free_profiles);
}
