/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The crowd on a clock of our own: people obey screens and barriers, each in their manner.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sim/crowd.h"
#include "tests/unit/sim_profile.h"

static struct crowd crowd;
static struct device device;
static char shown[CROWD_NAME], hidden[CROWD_NAME];
static unsigned shows, taps;
static bool tap;
static int64_t now;

static void on_show(void *user, const struct crowd_lane *lane, const struct crowd_person *person,
                    uint32_t n)
{
    (void)user;
    (void)lane;
    (void)n;
    snprintf(shown, sizeof shown, "%s", person->id);
    shows++;
}

static void on_hide(void *user, const struct crowd_lane *lane, const struct crowd_person *person,
                    uint32_t n)
{
    (void)user;
    (void)lane;
    (void)n;
    snprintf(hidden, sizeof hidden, "%s", person->id);
}

static void on_resolve(void *user, const struct crowd_lane *lane, bool admit)
{
    (void)user;
    (void)lane;
    tap = admit;
    taps++;
}

static chl_err load(const char *rows, char *why, size_t why_size)
{
    char path[] = "/tmp/chilang-crowd-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    dprintf(fd, "id,picture,lane,unit,party,behaviour,arrival_ms\n%s", rows);
    close(fd);
    chl_err rc = crowd_load(&crowd, path, why, why_size);
    unlink(path);
    return rc;
}

static void begin(const char *rows)
{
    char why[256];
    if (load(rows, why, sizeof why) != CHL_OK) {
        fail_msg("%s", why);
    }
    crowd.io = (struct crowd_io){.show = on_show, .hide = on_hide, .resolve = on_resolve};
    crowd.random = 7;
    device_init(&device, lot);
    for (size_t i = 0; i < crowd.lane_count; i++) {
        crowd.lanes[i].device = &device;
    }
    shows = taps = 0;
    now = S(100);
    device_grant(&device, DEVICE_EXIT, 0xFFFF, now);
    crowd_start(&crowd, now);
    crowd_on_screen(&crowd, true, now);
}

static void run_ms(int64_t ms)
{
    for (int64_t i = 0; i < ms; i += 2) {
        now += MS(2);
        crowd_tick(&crowd, now);
    }
}

static void verdict(chl_verdict value, const char *reason, const char *code)
{
    struct crowd_verdict v = {
        .verdict = value, .reason = reason, .code = code, .text = "", .journaled = true};
    crowd_on_verdict(&crowd, "G1", &v, now);
}

static void grant(uint16_t places)
{
    device_grant(&device, DEVICE_ENTRY, places, now);
}

static int end(void **state)
{
    (void)state;
    crowd_free(&crowd);
    return 0;
}

static void test_an_admitted_family_walks_in_and_leaves(void **state)
{
    (void)state;
    begin("f,f.png,G1,1,4,walk,0\n");
    run_ms(50);
    assert_string_equal(shown, "f");
    verdict(CHL_ADMIT, "ok_group", "c1");
    assert_string_equal(hidden, "f");
    run_ms(200);
    assert_int_equal(crowd_inside(&crowd), 0);
    grant(4);
    run_ms(600);
    assert_int_equal(crowd_inside(&crowd), 4);
    assert_int_equal(device.ways[DEVICE_ENTRY].left, 0);
    run_ms(10000);
    assert_int_equal(crowd_inside(&crowd), 0);
    assert_int_equal(device.truth.left, 4);
    assert_int_equal(crowd.people[0].state, CROWD_GONE);
    assert_int_equal(crowd.stats.highest_inside, 4);
}

static void test_told_to_wait_the_same_code_comes_back(void **state)
{
    (void)state;
    begin("a,a.png,G1,1,1,walk,0\n");
    run_ms(50);
    verdict(CHL_WAIT, "zone_full", "c1");
    assert_int_equal(crowd.people[0].state, CROWD_AWAY);
    run_ms(1500);
    assert_int_equal(shows, 2);
    verdict(CHL_ADMIT, "ok", "c1");
    assert_int_equal(crowd.stats.waited_then_admitted, 1);
}

static void test_a_no_show_comes_back_later(void **state)
{
    (void)state;
    begin("a,a.png,G1,1,1,noshow,0\n");
    run_ms(50);
    verdict(CHL_ADMIT, "ok", "c1");
    grant(1);
    run_ms(1500);
    assert_int_equal(crowd_inside(&crowd), 0);
    grant(0);
    run_ms(4000);
    assert_int_equal(shows, 2);
    verdict(CHL_ADMIT, "ok", "c1");
    grant(1);
    run_ms(400);
    assert_int_equal(crowd_inside(&crowd), 1);
    assert_int_equal(crowd.stats.stayed_then_admitted, 1);
}

static void test_a_tailgater_slips_in_behind_the_last_of_a_party(void **state)
{
    (void)state;
    begin("a,a.png,G1,1,2,walk,0\nt,t.png,G1,1,1,tailgate,0\n");
    run_ms(50);
    assert_string_equal(shown, "a");
    assert_int_equal(crowd.people[1].state, CROWD_COMING);
    verdict(CHL_WAIT, "zone_full", "c1");
    run_ms(100);
    assert_int_equal(crowd.people[1].state, CROWD_ASIDE);
    run_ms(1500);
    assert_int_equal(shows, 2);
    verdict(CHL_ADMIT, "ok_group", "c1");
    grant(2);
    run_ms(1000);
    assert_int_equal(crowd_inside(&crowd), 3);
    assert_int_equal(device.truth.tailgates, 1);
    assert_int_equal(crowd.people[1].state, CROWD_INSIDE);
}

static void test_told_that_the_lane_is_busy_the_code_is_held_up_again(void **state)
{
    (void)state;
    begin("a,a.png,G1,1,1,walk,0\nb,b.png,G1,1,1,walk,0\n");
    run_ms(50);
    verdict(CHL_WAIT, "lane_busy", "c1");
    run_ms(200);
    assert_int_equal(shows, 2);
    assert_string_equal(shown, "a");
}

static void test_a_copied_code_comes_after_its_owner_and_is_sent_away(void **state)
{
    (void)state;
    begin("r,a.png,G1,1,1,reused,0\na,a.png,G1,1,1,walk,100\n");
    run_ms(90);
    assert_int_equal(shows, 0);
    run_ms(50);
    assert_string_equal(shown, "a");
    verdict(CHL_ADMIT, "ok", "c1");
    grant(1);
    run_ms(500);
    assert_string_equal(shown, "r");
    verdict(CHL_CHECK, "already_used", "c1");
    run_ms(300);
    assert_int_equal(taps, 1);
    assert_false(tap);
    verdict(CHL_DENY, "refused_by_staff", "c1");
    assert_int_equal(crowd.people[0].state, CROWD_GONE);
}

static void test_a_verdict_for_another_is_not_obeyed(void **state)
{
    (void)state;
    begin("a,a.png,G1,1,1,walk,0\nb,b.png,G1,1,1,forged,0\n");
    run_ms(50);
    verdict(CHL_WAIT, "zone_full", "c1");
    run_ms(200);
    assert_string_equal(shown, "b");
    verdict(CHL_ADMIT, "ok", "c1");
    assert_int_equal(crowd.people[1].state, CROWD_SCANNING);
    assert_int_equal(crowd.stats.verdicts[CROWD_FORGED][CHL_ADMIT], 0);
    assert_int_equal(crowd.stats.late_verdicts, 1);
    verdict(CHL_DENY, "signature_invalid", "c2");
    assert_int_equal(crowd.people[1].state, CROWD_GONE);
}

static void test_dark_screens_send_the_head_back_to_show_again(void **state)
{
    (void)state;
    begin("a,a.png,G1,1,1,walk,0\n");
    run_ms(50);
    crowd_on_screen(&crowd, false, now);
    assert_string_equal(hidden, "a");
    run_ms(500);
    assert_int_equal(shows, 1);
    crowd_on_screen(&crowd, true, now);
    run_ms(100);
    assert_int_equal(shows, 2);
}

static void test_closing_empties_the_place(void **state)
{
    (void)state;
    begin("a,a.png,G1,1,3,walk,0\nb,b.png,G1,1,1,walk,0\nc,c.png,G1,1,1,walk,60000\n");
    run_ms(50);
    verdict(CHL_ADMIT, "ok_group", "c1");
    grant(3);
    run_ms(600);
    assert_int_equal(crowd_inside(&crowd), 3);
    crowd_close(&crowd, now);
    run_ms(3000);
    assert_int_equal(crowd_inside(&crowd), 0);
    assert_int_equal(crowd_in_state(&crowd, CROWD_GONE), 3);
}

static void test_a_wrong_manifest_is_refused_with_its_line(void **state)
{
    (void)state;
    static const char *const rows[] = {
        "a,a.png,G1,1,1,walk\n",    "a,a.png,G1,1,1,walk,0,0\n", "a,a.png,G1,0,1,walk,0\n",
        "a,a.png,G1,1,0,walk,0\n",  "a,a.png,G1,1,1,dance,0\n",  "a,a.png,G1,1,1,walk,-1\n",
        "a,a.png,G1,1,1,walk,1x\n", ",a.png,G1,1,1,walk,0\n",    "a,,G1,1,1,walk,0\n",
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char why[256] = "";
        assert_int_equal(load(rows[i], why, sizeof why), CHL_E_CONFIG);
        assert_non_null(strstr(why, ":2: expected"));
    }
    char why[256] = "";
    assert_int_equal(load("a,a.png,G1,1,1,walk,0\nb,b.png,G1,2,1,walk,0\n", why, sizeof why),
                     CHL_E_CONFIG);
    assert_non_null(strstr(why, ":3: expected"));
}

int main(void)
{
#define TEST(f) cmocka_unit_test_teardown(f, end)
    const struct CMUnitTest tests[] = {
        TEST(test_an_admitted_family_walks_in_and_leaves),
        TEST(test_told_to_wait_the_same_code_comes_back),
        TEST(test_a_no_show_comes_back_later),
        TEST(test_a_tailgater_slips_in_behind_the_last_of_a_party),
        TEST(test_told_that_the_lane_is_busy_the_code_is_held_up_again),
        TEST(test_a_copied_code_comes_after_its_owner_and_is_sent_away),
        TEST(test_a_verdict_for_another_is_not_obeyed),
        TEST(test_dark_screens_send_the_head_back_to_show_again),
        TEST(test_closing_empties_the_place),
        TEST(test_a_wrong_manifest_is_refused_with_its_line),
    };
    return cmocka_run_group_tests(tests, load_lot, free_lot);
}
