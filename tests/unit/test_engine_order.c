/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The order of judgement, and that what is our own fault is never put on the visitor.
 */
#include "lib/base/time.h"
#include "tests/unit/engine_site.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
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

static int close_site(void **state)
{
    struct site *site = *state;
    bool replays = site_replays(site);
    site_close(site);
    return replays ? 0 : -1;
}

static void set_clock(struct site *site, bool doubt)
{
    struct engine_input clock = {.kind = INPUT_CLOCK};
    clock.as.clock.doubt = doubt;
    site_decide(site, &clock);
}

static void tap(struct site *site)
{
    site_operator(site, (struct engine_operator){
                            .kind = OPERATOR_RESOLVE, .lane = 0, .admit = true, .who = "steward"});
}

static chl_reason reason(const struct site *site)
{
    return (chl_reason)site_record(site, RECORD_DECISION)->as.DECISION.reason;
}

/* A code about which everything is wrong at once: what is taken away shows what comes next. */
static void test_first_fault_speaks(void **state)
{
    struct site *site = *state;
    struct engine_scan used = site_scan(0, 1, 1);
    assert_int_equal(site_show(site, &used), CHL_REASON_OK);
    site_pass(site, 0, 1, 0);
    for (unsigned i = 2; i < 5; i++) {
        struct engine_scan filler = site_scan(0, i, 1);
        assert_int_equal(site_show(site, &filler), CHL_REASON_OK);
        site_pass(site, 0, 1, 0);
    }
    struct engine_input fire = {.kind = INPUT_EMERGENCY};
    site_decide(site, &fire);
    struct engine_scan scan = site_scan(0, 1, 1);
    scan.outcome = CHL_REFUSED;
    scan.stage = CHL_STAGE_SIGNATURE;
    strcpy(scan.refusal, "signature_invalid");
    scan.valid_until = site->now_ns / CHL_NS_PER_S + 60;
    scan.register_hit = REGISTER_MATCH;
    scan.test_result = CHL_RESULT_POSITIVE;
    scan.symptomatic = CHL_ANSWER_YES;
    set_clock(site, true);
    assert_int_equal(site_show(site, &scan), CHL_REASON_EMERGENCY_EXIT_ONLY);
    site_operator(site, (struct engine_operator){
                            .kind = OPERATOR_RESET, .who = "chief", .why = "drill is over"});
    for (int g = 0; g < SITE_GATES; g++) {
        site_complete(site, (uint16_t)g, ACTION_MODE, 0, CHL_COMMAND_DONE, false);
    }
    assert_int_equal(site_show(site, &scan), CHL_REASON_SIGNATURE_INVALID);
    scan.outcome = CHL_CLAIMED;
    scan.stage = CHL_STAGE_DONE;
    assert_int_equal(site_show(site, &scan), CHL_REASON_VERIFY_DATA_STALE);
    set_clock(site, false);
    assert_int_equal(site_show(site, &scan), CHL_REASON_ALREADY_USED);
    scan.code[0] = 99;
    assert_int_equal(site_show(site, &scan), CHL_REASON_REGISTER_MATCH);
    scan.register_hit = REGISTER_POSSIBLE;
    assert_int_equal(site_show(site, &scan), CHL_REASON_REGISTER_POSSIBLE);
    scan.register_hit = REGISTER_NONE;
    assert_int_equal(site_show(site, &scan), CHL_REASON_TEST_POSITIVE);
    scan.test_result = CHL_RESULT_NEGATIVE;
    assert_int_equal(site_show(site, &scan), CHL_REASON_HEALTH_CHECK);
    scan.symptomatic = CHL_ANSWER_NO;
    scan.format = CHL_FORMAT_CCCD;
    assert_int_equal(site_show(site, &scan), CHL_REASON_DECLARATION_MISSING);
    scan.format = CHL_FORMAT_DECLARATION;
    site->now_ns += 3600 * CHL_NS_PER_S;
    assert_int_equal(site_show(site, &scan), CHL_REASON_ZONE_FULL);
    site_pass(site, 0, 0, 1);
    assert_int_equal(site_show(site, &scan), CHL_REASON_OK);
    scan.code[0] = 98;
    assert_int_equal(site_show(site, &scan), CHL_REASON_LANE_BUSY);
}

static void test_name_only_asks_and_a_tap_answers(void **state)
{
    struct site *site = *state;
    struct engine_scan scan = site_scan(0, 1, 1);
    scan.register_hit = REGISTER_POSSIBLE;
    assert_int_equal(site_show(site, &scan), CHL_REASON_REGISTER_POSSIBLE);
    assert_int_equal(site_record(site, RECORD_DECISION)->as.DECISION.verdict, CHL_CHECK);
    tap(site);
    assert_int_equal(reason(site), CHL_REASON_CHECKED_BY_STAFF);
    assert_non_null(site_effect(site, EFFECT_COMMAND));
}

static void test_number_refuses_whatever_is_tapped(void **state)
{
    struct site *site = *state;
    struct engine_scan scan = site_scan(0, 1, 1);
    scan.register_hit = REGISTER_MATCH;
    assert_int_equal(site_show(site, &scan), CHL_REASON_REGISTER_MATCH);
    assert_int_equal(site_record(site, RECORD_DECISION)->as.DECISION.verdict, CHL_DENY);
    tap(site);
    assert_int_equal(site_effect(site, EFFECT_ANSWER)->error, CHL_E_STATE);
    /* Asked about something else first, the tap on that does not open for them either. */
    static const struct {
        uint8_t hit, test;
        chl_reason after;
    } barred[] = {{REGISTER_MATCH, CHL_RESULT_NONE, CHL_REASON_REGISTER_MATCH},
                  {REGISTER_NONE, CHL_RESULT_POSITIVE, CHL_REASON_TEST_POSITIVE}};
    for (size_t i = 0; i < sizeof barred / sizeof *barred; i++) {
        scan.is_signed = false;
        scan.register_hit = barred[i].hit;
        scan.test_result = barred[i].test;
        assert_int_equal(site_show(site, &scan), CHL_REASON_ISSUER_UNKNOWN);
        tap(site);
        assert_int_equal(reason(site), barred[i].after);
        assert_null(site_effect(site, EFFECT_COMMAND));
    }
}

static void test_tap_on_another_check_leaves_the_comparison(void **state)
{
    struct site *site = *state;
    struct engine_scan scan = site_scan(0, 1, 1);
    scan.is_signed = false;
    scan.register_hit = REGISTER_POSSIBLE;
    assert_int_equal(site_show(site, &scan), CHL_REASON_ISSUER_UNKNOWN);
    tap(site);
    assert_int_equal(reason(site), CHL_REASON_REGISTER_POSSIBLE);
    assert_null(site_effect(site, EFFECT_COMMAND));
    tap(site);
    assert_int_equal(reason(site), CHL_REASON_CHECKED_BY_STAFF);
}

/* Whatever a plugin says of them, and whatever the site accepts. */
static void test_unread_formats_are_never_green(void **state)
{
    struct site *site = *state;
    static struct engine_config config;
    config = site_config;
    for (size_t i = 0; i < CHL_FORMAT_COUNT; i++) {
        config.enough_up_to[i] = 4;
    }
    site->engine.config = &config;
    static const struct {
        uint8_t format;
        chl_reason reason;
    } formats[] = {{CHL_FORMAT_UNKNOWN, CHL_REASON_FORMAT_UNKNOWN},
                   {CHL_FORMAT_PLACE, CHL_REASON_PLACE_CODE},
                   {CHL_FORMAT_NZCP, CHL_REASON_FORMAT_UNREAD},
                   {CHL_FORMAT_SHC, CHL_REASON_FORMAT_UNREAD},
                   {CHL_FORMAT_VDSNC, CHL_REASON_FORMAT_UNREAD}};
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        for (int outcome = CHL_NOT_MINE; outcome <= CHL_REFUSED; outcome++) {
            struct engine_scan scan = site_scan(0, 1, 1);
            scan.format = formats[i].format;
            scan.outcome = (uint8_t)outcome;
            scan.stage = CHL_STAGE_PREFIX;
            bool unknown = scan.format == CHL_FORMAT_UNKNOWN;
            (void)snprintf(scan.refusal, sizeof scan.refusal, "%s",
                           unknown ? "format_unknown" : "format_unsupported");
            for (config.level = 1; config.level <= 4; config.level++) {
                assert_int_equal(site_show(site, &scan), formats[i].reason);
                assert_int_equal(site_record(site, RECORD_DECISION)->as.DECISION.verdict,
                                 CHL_CHECK);
                assert_null(site_effect(site, EFFECT_COMMAND));
                /* Nor by a tap: it would let in somebody of whom nothing is recorded. */
                tap(site);
                assert_int_equal(site_effect(site, EFFECT_ANSWER)->error, CHL_E_NOTSUP);
                assert_null(site_effect(site, EFFECT_COMMAND));
            }
        }
    }
}

/* A format that has a reader, at a site that does not ask for it: not the visitor's fault, nor an
 * unknown code, and nobody to let in by a tap. */
static void test_a_format_the_site_does_not_accept_has_its_own_reason(void **state)
{
    struct site *site = *state;
    static const uint8_t formats[] = {CHL_FORMAT_CCCD, CHL_FORMAT_BHYT, CHL_FORMAT_PCCOVID,
                                      CHL_FORMAT_HCERT, CHL_FORMAT_DECLARATION};
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        struct engine_scan scan = site_scan(0, 1, 1);
        scan.format = formats[i];
        scan.outcome = CHL_REFUSED;
        scan.stage = CHL_STAGE_PREFIX;
        (void)snprintf(scan.refusal, sizeof scan.refusal, "format_unsupported");
        assert_int_equal(site_show(site, &scan), CHL_REASON_FORMAT_NOT_ACCEPTED);
        assert_int_equal(site_record(site, RECORD_DECISION)->as.DECISION.verdict, CHL_CHECK);
        tap(site);
        assert_int_equal(site_effect(site, EFFECT_ANSWER)->error, CHL_E_NOTSUP);
        assert_null(site_effect(site, EFFECT_COMMAND));
    }
}

struct fault {
    const char *refusal;
    chl_stage stage;
    bool clock_doubt, unreadable, unknown;
};

static chl_reason judged(struct site *site, const struct fault *fault)
{
    set_clock(site, fault->clock_doubt);
    struct engine_scan scan = site_scan(0, 7, 1);
    scan.outcome = fault->unknown ? CHL_NOT_MINE : CHL_REFUSED;
    scan.format = fault->unknown ? CHL_FORMAT_UNKNOWN : CHL_FORMAT_HCERT;
    scan.stage = (uint8_t)fault->stage;
    scan.unreadable = fault->unreadable;
    scan.is_signed = false;
    snprintf(scan.refusal, sizeof scan.refusal, "%s", fault->refusal);
    return site_show(site, &scan);
}

static void test_five_kinds_never_share_a_text(void **state)
{
    struct site *site = *state;
    static const struct fault kinds[] = {
        {.refusal = "expired", .stage = CHL_STAGE_TIME},
        {.refusal = "signature_invalid", .stage = CHL_STAGE_SIGNATURE},
        {.refusal = "picture_unreadable", .stage = CHL_STAGE_PICTURE, .unreadable = true},
        {.refusal = "issuer_unknown", .stage = CHL_STAGE_ISSUER},
        {.refusal = "format_unknown", .stage = CHL_STAGE_PREFIX, .unknown = true},
    };
    enum { KINDS = sizeof kinds / sizeof *kinds };
    const struct chl_reason_text *texts[KINDS];
    for (size_t i = 0; i < KINDS; i++) {
        texts[i] = chl_reason_get(judged(site, &kinds[i]));
        assert_int_not_equal(texts[i]->verdict, CHL_ADMIT);
        for (size_t j = 0; j < i; j++) {
            assert_string_not_equal(texts[i]->id, texts[j]->id);
            assert_string_not_equal(texts[i]->vi, texts[j]->vi);
            assert_string_not_equal(texts[i]->vi_next, texts[j]->vi_next);
            assert_string_not_equal(texts[i]->en, texts[j]->en);
            assert_string_not_equal(texts[i]->en_next, texts[j]->en_next);
        }
    }
}

static void test_our_fault_says_so(void **state)
{
    struct site *site = *state;
    static const struct fault ours[] = {
        {.refusal = "plugin-error", .stage = CHL_STAGE_PICTURE},
        {.refusal = "verifier_absent", .stage = CHL_STAGE_PREFIX},
        {.refusal = "certificate_expired", .stage = CHL_STAGE_TIME},
        {.refusal = "expired", .stage = CHL_STAGE_TIME, .clock_doubt = true},
        {.refusal = "not_yet_valid", .stage = CHL_STAGE_TIME, .clock_doubt = true},
    };
    for (size_t i = 0; i < sizeof ours / sizeof *ours; i++) {
        const struct chl_reason_text *text = chl_reason_get(judged(site, &ours[i]));
        assert_int_equal(text->verdict, CHL_CHECK);
        assert_non_null(strstr(text->vi_next, "không phải của khách"));
        assert_non_null(strstr(text->en_next, "not the visitor's"));
    }
}

#define SITE(name) cmocka_unit_test_setup_teardown(name, open_site, close_site)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SITE(test_first_fault_speaks),
        SITE(test_name_only_asks_and_a_tap_answers),
        SITE(test_number_refuses_whatever_is_tapped),
        SITE(test_tap_on_another_check_leaves_the_comparison),
        SITE(test_unread_formats_are_never_green),
        SITE(test_a_format_the_site_does_not_accept_has_its_own_reason),
        SITE(test_five_kinds_never_share_a_text),
        SITE(test_our_fault_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
