/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief An old trust list admits nobody by a signature alone, and puts nothing on the visitor.
 */
#include "lib/base/time.h"
#include "tests/unit/engine_site.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static int open_site(void **state)
{
    static struct site site;
    site_open(&site);
    site_ready(&site);
    *state = &site;
    return 0;
}

/* Whatever a test did, replay and snapshot give the same bytes. */
static int close_site(void **state)
{
    struct site *site = *state;
    bool replays = site_replays(site);
    site_close(site);
    return replays ? 0 : -1;
}

/* What the loop tells when it has read the lists, or time has passed. */
static void set_trust(struct site *site, bool old)
{
    struct engine_input input = {.kind = INPUT_TRUST};
    input.as.trust = (struct record_TRUST){
        .keys = 833, .skipped = 3, .updated = site->now_ns / CHL_NS_PER_S, .old = old};
    site_decide(site, &input);
    assert_non_null(site_record(site, RECORD_TRUST));
}

/* A healthy signed declaration whose key was last known to be good so many seconds ago. */
static struct engine_scan scan_of(const struct site *site, unsigned code, int64_t age_s)
{
    struct engine_scan scan = site_scan(0, code, 1);
    scan.trusted_at = site->now_ns / CHL_NS_PER_S - age_s;
    return scan;
}

static void tap(struct site *site)
{
    site_operator(site, (struct engine_operator){
                            .kind = OPERATOR_RESOLVE, .lane = 0, .admit = true, .who = "steward"});
}

static uint8_t verdict(const struct site *site)
{
    return site_record(site, RECORD_DECISION)->as.DECISION.verdict;
}

static void test_old_list_checks_what_is_signed(void **state)
{
    struct site *site = *state;
    static const uint8_t formats[] = {CHL_FORMAT_DECLARATION, CHL_FORMAT_HCERT};
    for (unsigned i = 0; i < 2; i++) {
        struct engine_scan scan = scan_of(site, 10 + i, SITE_TRUST_S + 1);
        scan.format = formats[i];
        assert_int_equal(site_show(site, &scan), CHL_REASON_VERIFY_DATA_STALE);
        assert_int_equal(verdict(site), CHL_CHECK);
        assert_null(site_effect(site, EFFECT_COMMAND));
        tap(site);
        assert_int_equal(verdict(site), CHL_ADMIT);
        site_pass(site, 0, 1, 0);
    }
    struct engine_scan scan = scan_of(site, 20, SITE_TRUST_S);
    assert_int_equal(site_show(site, &scan), CHL_REASON_OK);
}

/* A list from tomorrow proves only that a clock is wrong; one from the next hour may be a zone. */
static void test_list_from_the_future_is_not_fresh(void **state)
{
    struct site *site = *state;
    struct engine_scan scan = scan_of(site, 1, -2 * 86400);
    assert_int_equal(site_show(site, &scan), CHL_REASON_VERIFY_DATA_STALE);
    site->now_ns += 3 * 86400 * CHL_NS_PER_S;
    assert_int_equal(site_show(site, &scan), CHL_REASON_OK);
    site_pass(site, 0, 1, 0);
    scan = scan_of(site, 2, -3600);
    assert_int_equal(site_show(site, &scan), CHL_REASON_OK);
}

/* A key that the site itself pins has no age, and what nobody signed depends on no list. */
static void test_what_has_no_age_does_not_depend_on_it(void **state)
{
    struct site *site = *state;
    set_trust(site, true);
    struct engine_scan pinned = site_scan(0, 1, 1);
    assert_int_equal(site_show(site, &pinned), CHL_REASON_OK);
    site_pass(site, 0, 1, 0);
    struct engine_scan manual = site_scan(0, 2, 1);
    manual.format = CHL_FORMAT_MANUAL;
    manual.is_signed = false;
    assert_int_equal(site_show(site, &manual), CHL_REASON_OK);
    site_pass(site, 0, 1, 0);
    struct engine_scan card = site_scan(0, 3, 1);
    card.format = CHL_FORMAT_CCCD;
    card.is_signed = false;
    assert_int_equal(site_show(site, &card), CHL_REASON_DECLARATION_MISSING);
}

/* Only an ADMIT becomes a CHECK. A tap on the CHECK would otherwise answer for more than it asked:
 * for a code that was used, for symptoms. */
static void test_other_reasons_stand(void **state)
{
    struct site *site = *state;
    struct engine_scan used = scan_of(site, 1, 0);
    assert_int_equal(site_show(site, &used), CHL_REASON_OK);
    site_pass(site, 0, 1, 0);
    used.trusted_at -= SITE_TRUST_S + 1;
    assert_int_equal(site_show(site, &used), CHL_REASON_ALREADY_USED);
    struct engine_scan scan = scan_of(site, 9, SITE_TRUST_S + 1);
    scan.symptomatic = CHL_ANSWER_YES;
    assert_int_equal(site_show(site, &scan), CHL_REASON_HEALTH_CHECK);
    scan.symptomatic = CHL_ANSWER_NO;
    scan.register_hit = REGISTER_MATCH;
    assert_int_equal(site_show(site, &scan), CHL_REASON_REGISTER_MATCH);
    scan.register_hit = REGISTER_NONE;
    assert_int_equal(site_show(site, &scan), CHL_REASON_VERIFY_DATA_STALE);
    for (unsigned i = 2; i <= 4; i++) {
        struct engine_scan filler = site_scan(0, i, 1);
        assert_int_equal(site_show(site, &filler), CHL_REASON_OK);
        site_pass(site, 0, 1, 0);
    }
    assert_int_equal(site_show(site, &scan), CHL_REASON_ZONE_FULL);
}

/* The unknown issuer may be one that joined since: our list is to blame. A forgery stays one, and
 * the keys of declarations are the site's own. */
static void test_old_list_does_not_know_new_issuers(void **state)
{
    struct site *site = *state;
    struct engine_scan scan = site_scan(0, 1, 1);
    scan.format = CHL_FORMAT_HCERT;
    scan.outcome = CHL_REFUSED;
    scan.is_signed = false;
    scan.stage = CHL_STAGE_ISSUER;
    strcpy(scan.refusal, "issuer_unknown");
    assert_int_equal(site_show(site, &scan), CHL_REASON_ISSUER_UNKNOWN);
    set_trust(site, true);
    assert_int_equal(site_show(site, &scan), CHL_REASON_VERIFY_DATA_STALE);
    scan.format = CHL_FORMAT_DECLARATION;
    assert_int_equal(site_show(site, &scan), CHL_REASON_ISSUER_UNKNOWN);
    scan.format = CHL_FORMAT_HCERT;
    scan.stage = CHL_STAGE_SIGNATURE;
    strcpy(scan.refusal, "signature_invalid");
    assert_int_equal(site_show(site, &scan), CHL_REASON_SIGNATURE_INVALID);
}

/* Who must renew the list hears of it once when it grows old and once when it is fresh. */
static void test_alarm_is_raised_and_cleared_once(void **state)
{
    struct site *site = *state;
    set_trust(site, false);
    assert_null(site_record(site, RECORD_ALARM_CLEARED));
    set_trust(site, true);
    const struct engine_record *raised = site_record(site, RECORD_ALARM_RAISED);
    assert_non_null(raised);
    assert_int_equal(raised->as.ALARM_RAISED.alarm, ALARM_TRUST_OLD);
    set_trust(site, true);
    assert_null(site_record(site, RECORD_ALARM_RAISED));
    set_trust(site, false);
    const struct engine_record *cleared = site_record(site, RECORD_ALARM_CLEARED);
    assert_non_null(cleared);
    assert_int_equal(cleared->as.ALARM_CLEARED.alarm, ALARM_TRUST_OLD);
    struct engine_input start = {.kind = INPUT_START};
    set_trust(site, true);
    site_decide(site, &start);
    assert_true(site->engine.state.trust_old); /* until the lists were read again */
}

#define SITE(name) cmocka_unit_test_setup_teardown(name, open_site, close_site)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SITE(test_old_list_checks_what_is_signed),
        SITE(test_list_from_the_future_is_not_fresh),
        SITE(test_what_has_no_age_does_not_depend_on_it),
        SITE(test_other_reasons_stand),
        SITE(test_old_list_does_not_know_new_issuers),
        SITE(test_alarm_is_raised_and_cleared_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
