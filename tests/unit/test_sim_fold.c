/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The demo's own fold of received records finds what an engine could do wrong.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "sim/demo/fold.h"

static struct fold fold;
static uint64_t next;

static int fresh(void **state)
{
    (void)state;
    memset(&fold, 0, sizeof fold);
    fold.limit = 5;
    next = 1;
    return 0;
}

static void record(const char *class_and_type, const char *data)
{
    char topic[96];
    char body[512];
    int topic_length = snprintf(topic, sizeof topic, "v1/x/%s/", class_and_type);
    int body_length = snprintf(body, sizeof body, "{\"data\":%s}", data);
    fold_record(&fold, next++, topic, (size_t)topic_length, body, (size_t)body_length);
}

static void admit(int places, int inside, int reserved)
{
    char data[256];
    snprintf(data, sizeof data,
             "{\"gate\":\"G1\",\"verdict\":\"ADMIT\",\"reason\":\"ok\",\"places\":%d,\"grant\":%d,"
             "\"inside\":%d,\"reserved\":%d,\"resolves\":0}",
             places, (int)next, inside, reserved);
    record("flow/decision", data);
}

static void passage(const char *direction, const char *kind, int n, int grant)
{
    char data[256];
    snprintf(data, sizeof data,
             "{\"gate\":\"G1\",\"direction\":\"%s\",\"kind\":\"%s\",\"n\":%d,\"grant\":%d}",
             direction, kind, n, grant);
    record("flow/passage", data);
}

static void test_a_family_comes_in_and_one_leaves(void **state)
{
    (void)state;
    admit(4, 0, 0);
    assert_int_equal(fold.reserved, 4);
    passage("entry", "granted", 3, 1);
    assert_int_equal(fold.inside, 3);
    assert_int_equal(fold.reserved, 1);
    passage("entry", "granted", 1, 1);
    passage("exit", "exit", 1, 0);
    assert_int_equal(fold.inside, 3);
    assert_int_equal(fold.reserved, 0);
    assert_int_equal(fold.highest, 4);
    assert_int_equal(fold.admits_of_families, 1);
    assert_int_equal(fold.past_limit + fold.disagreements + fold.gaps, 0);
}

static void test_a_grant_past_the_limit_is_found(void **state)
{
    (void)state;
    admit(4, 0, 0);
    passage("entry", "granted", 4, 1);
    admit(1, 4, 0);
    assert_int_equal(fold.past_limit, 0);
    admit(1, 4, 1);
    assert_int_equal(fold.past_limit, 1);
    assert_non_null(strstr(fold.why, "record 4 grants 1 places while 4 are inside and 1 granted"));
}

static void test_a_decision_that_miscounts_is_found(void **state)
{
    (void)state;
    admit(2, 0, 0);
    passage("entry", "granted", 2, 1);
    admit(1, 1, 0);
    assert_int_equal(fold.disagreements, 1);
}

static void test_an_annulled_grant_gives_its_rest_back(void **state)
{
    (void)state;
    admit(3, 0, 0);
    passage("entry", "granted", 1, 1);
    record("flow/cancelled", "{\"gate\":\"G1\",\"grant\":1,\"unused\":2}");
    assert_int_equal(fold.reserved, 0);
    assert_int_equal(fold.annulled, 1);
    record("flow/cancelled", "{\"gate\":\"G1\",\"grant\":1,\"unused\":2}");
    assert_int_equal(fold.reserved, 0);
}

static void test_tailgates_forced_and_reconciled_are_counted(void **state)
{
    (void)state;
    admit(2, 0, 0);
    record("flow/reconciled",
           "{\"gate\":\"G1\",\"entries\":3,\"exits\":1,\"grant\":1,\"granted\":2}");
    assert_int_equal(fold.inside, 2);
    assert_int_equal(fold.reserved, 0);
    passage("entry", "tailgate", 1, 0);
    passage("entry", "forced", 1, 0);
    assert_int_equal(fold.inside, 4);
    assert_int_equal(fold.tailgates, 1);
    assert_int_equal(fold.forced, 1);
    assert_int_equal(fold.reconciled_in, 3);
    assert_int_equal(fold.reconciled_out, 1);
}

static void test_missing_records_are_gaps(void **state)
{
    (void)state;
    record("health/started", "{}");
    next += 2;
    record("health/started", "{}");
    assert_int_equal(fold.gaps, 2);
    assert_int_equal(fold.first, 1);
    assert_int_equal(fold.starts, 2);
}

static void test_a_repeated_scan_opens_nothing(void **state)
{
    (void)state;
    admit(2, 0, 0);
    record("flow/decision", "{\"gate\":\"G1\",\"verdict\":\"ADMIT\",\"reason\":\"ok\",\"places\":0,"
                            "\"grant\":1,\"inside\":0,\"reserved\":2}");
    assert_int_equal(fold.reserved, 2);
    record("flow/decision", "{\"gate\":\"G1\",\"verdict\":\"WAIT\",\"reason\":\"zone_full\"}");
    record("flow/decision", "{\"gate\":\"G1\",\"verdict\":\"WAIT\",\"reason\":\"zone_full\"}");
    assert_int_equal(fold.reason_count, 2);
    assert_int_equal(fold.reasons[1].count, 2);
    assert_int_equal(fold.scans, 4);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup(f, fresh)
    const struct CMUnitTest tests[] = {
        TEST(test_a_family_comes_in_and_one_leaves),
        TEST(test_a_grant_past_the_limit_is_found),
        TEST(test_a_decision_that_miscounts_is_found),
        TEST(test_an_annulled_grant_gives_its_rest_back),
        TEST(test_tailgates_forced_and_reconciled_are_counted),
        TEST(test_missing_records_are_gaps),
        TEST(test_a_repeated_scan_opens_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
