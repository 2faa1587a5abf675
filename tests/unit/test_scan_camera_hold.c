/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief scan_camera: what is one scan, and when an unread code is said; times are made up.
 */
#include "plugins/scan_camera/glimpse.h"
#include "plugins/scan_camera/hold.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define MS INT64_C(1000000)

enum { FRAME_MS = 66, A = 11, B = 22, C = 33 };

static struct hold hold;
static int64_t now_ns;

static int set_up(void **state)
{
    (void)state;
    now_ns = 1000000 * MS;
    hold_init(&hold, 3000);
    return 0;
}

static void pass(int64_t ms)
{
    now_ns += ms * MS;
}

/** A frame with up to two codes. @return the digest that was posted, 0 = none. */
static uint64_t frame(uint64_t first, double first_area, uint64_t second, double second_area)
{
    const struct hold_sighting seen[] = {{first, first_area}, {second, second_area}};
    size_t count = first == 0 ? 0 : second == 0 ? 1 : 2;
    int best = hold_frame(&hold, seen, count, now_ns);
    assert_true(best < (int)count);
    pass(FRAME_MS);
    return best < 0 ? 0 : seen[best].digest;
}

static uint64_t one(uint64_t code)
{
    return frame(code, 10000, 0, 0);
}

static void test_a_held_code_is_one_scan(void **state)
{
    (void)state;
    assert_int_equal(one(A), A);
    for (int i = 0; i < 10000; i++) { /* eleven minutes, some frames without it */
        assert_int_equal(one(i % 7 == 3 ? 0 : A), 0);
    }
}

static void test_it_is_new_after_it_was_gone_long_enough(void **state)
{
    (void)state;
    assert_int_equal(one(A), A);
    pass(2999 - FRAME_MS);
    assert_int_equal(one(A), 0);
    pass(3000 - FRAME_MS);
    assert_int_equal(one(A), A);
    assert_int_equal(one(A), 0);
}

static void test_another_in_between_makes_it_new_sooner(void **state)
{
    (void)state;
    assert_int_equal(one(A), A);
    assert_int_equal(one(B), B);
    assert_int_equal(one(A), 0); /* 132 ms: never left */
    assert_int_equal(one(B), 0);
    pass(1000);
    assert_int_equal(one(A), A);
    assert_int_equal(one(B), B);
    pass(900);
    assert_int_equal(one(B), 0); /* no other one came after it */
    pass(1200);
    assert_int_equal(one(B), 0);
}

static void test_two_alike_are_posted_once_each(void **state)
{
    (void)state;
    unsigned posts = 0;
    for (int i = 0; i < 3000; i++) { /* the larger one changes, and at times only one is read */
        double jitter = i % 3 == 0 ? 400 : -400;
        uint64_t posted = i % 11 == 5   ? one(A)
                          : i % 13 == 7 ? one(B)
                                        : frame(A, 10000 + jitter, B, 10000);
        posts += posted != 0 ? 1 : 0;
    }
    assert_int_equal(posts, 2);
}

static void test_one_behind_waits_until_the_nearer_has_gone(void **state)
{
    (void)state;
    assert_int_equal(frame(B, 3000, A, 20000), A);
    for (int i = 0; i < 100; i++) {
        assert_int_equal(frame(A, 20000, B, 3000), 0);
        assert_int_equal(frame(B, 3000, 0, 0), 0); /* A was missed in one frame */
    }
    uint64_t posted = 0;
    unsigned frames = 0;
    while (posted == 0 && frames < 20) {
        posted = frame(B, 3000, 0, 0);
        frames++;
    }
    assert_int_equal(posted, B);
    assert_in_range(frames, 7, 9); /* half a second */
    assert_int_equal(frame(C, 9000, B, 3000), C);
}

static void test_one_that_comes_nearer_counts_at_once(void **state)
{
    (void)state;
    assert_int_equal(frame(A, 5000, 0, 0), A);
    assert_int_equal(frame(A, 5000, B, 6000), B);
}

static void test_a_busy_host_is_told_again(void **state)
{
    (void)state;
    assert_int_equal(one(A), A);
    hold_not_taken(&hold, A, now_ns);
    unsigned posts = 0;
    for (int i = 0; i < 60; i++) { /* four seconds, always busy: once a second */
        if (one(A) == A) {
            posts++;
            hold_not_taken(&hold, A, now_ns);
        }
    }
    assert_in_range(posts, 3, 4);
    pass(1000);
    assert_int_equal(one(A), A); /* now it is taken */
    for (int i = 0; i < 60; i++) {
        assert_int_equal(one(A), 0);
    }
}

static void test_a_code_read_now_and_then_is_one_scan(void **state)
{
    (void)state;
    assert_int_equal(one(A), A);
    for (int i = 0; i < 500; i++) {
        if (i % 75 == 74) { /* every five seconds */
            assert_int_equal(one(A), 0);
        } else {
            hold_keep(&hold, now_ns);
            assert_int_equal(one(0), 0);
        }
    }
    pass(3000); /* nothing in view, not even its corners */
    assert_int_equal(one(A), A);
}

static void test_many_codes_do_not_overflow(void **state)
{
    (void)state;
    for (uint64_t i = 1; i < 1000; i++) {
        assert_int_equal(one(i), i);
    }
    assert_int_equal(one(999), 0);
    assert_int_equal(one(1), 1); /* long forgotten */
}

static void test_digests_differ(void **state)
{
    (void)state;
    const uint8_t bytes[] = "001203000123|HUỲNH HIẾU THUẬN";
    uint64_t whole = hold_digest(bytes, sizeof bytes);
    assert_int_equal(hold_digest(bytes, sizeof bytes), whole);
    assert_int_not_equal(hold_digest(bytes, sizeof bytes - 1), whole);
    assert_int_not_equal(hold_digest(bytes + 1, sizeof bytes - 1), whole);
    assert_int_not_equal(hold_digest(bytes, 0), 0);
}

/* ---- codes that cannot be read ---- */

static struct glimpse glimpse;

/** Posts within some frames, all alike. */
static unsigned posts_in(unsigned frames, bool marked, bool read)
{
    unsigned posts = 0;
    for (unsigned i = 0; i < frames; i++) {
        posts += glimpse_frame(&glimpse, marked, read, now_ns) ? 1 : 0;
        pass(FRAME_MS);
    }
    return posts;
}

static void test_an_empty_lane_is_silent(void **state)
{
    (void)state;
    glimpse_init(&glimpse, 4000);
    assert_int_equal(posts_in(10000, false, false), 0);
}

static void test_an_unread_code_is_said_once(void **state)
{
    (void)state;
    glimpse_init(&glimpse, 4000);
    assert_int_equal(posts_in(60, true, false), 0); /* 3.96 s */
    assert_int_equal(posts_in(2, true, false), 1);
    assert_int_equal(posts_in(10000, true, false), 0);
    assert_int_equal(posts_in(10, false, false), 0);
    assert_int_equal(posts_in(100, true, false), 0); /* it was away for less than a second */
    assert_int_equal(posts_in(17, false, false), 0);
    assert_int_equal(posts_in(100, true, false), 1); /* the next visitor's */
}

static void test_a_code_that_was_read_is_not_unreadable(void **state)
{
    (void)state;
    glimpse_init(&glimpse, 4000);
    assert_int_equal(posts_in(30, true, false), 0);
    assert_int_equal(posts_in(1, true, true), 0);
    assert_int_equal(posts_in(1000, true, false), 0); /* put away slowly */
}

static void test_rare_marks_and_zero_say_nothing(void **state)
{
    (void)state;
    glimpse_init(&glimpse, 4000);
    for (int i = 0; i < 100; i++) { /* one in each second and a half: a sticker in the light */
        assert_int_equal(posts_in(1, true, false), 0);
        assert_int_equal(posts_in(22, false, false), 0);
    }
    glimpse_init(&glimpse, 0);
    assert_int_equal(posts_in(10000, true, false), 0);
}

#define TEST(name) cmocka_unit_test_setup(name, set_up)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_held_code_is_one_scan),
        TEST(test_it_is_new_after_it_was_gone_long_enough),
        TEST(test_another_in_between_makes_it_new_sooner),
        TEST(test_two_alike_are_posted_once_each),
        TEST(test_one_behind_waits_until_the_nearer_has_gone),
        TEST(test_one_that_comes_nearer_counts_at_once),
        TEST(test_a_busy_host_is_told_again),
        TEST(test_a_code_read_now_and_then_is_one_scan),
        TEST(test_many_codes_do_not_overflow),
        TEST(test_digests_differ),
        TEST(test_an_empty_lane_is_silent),
        TEST(test_an_unread_code_is_said_once),
        TEST(test_a_code_that_was_read_is_not_unreadable),
        TEST(test_rare_marks_and_zero_say_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
