/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief One person, several codes: a use is found whichever of them is shown, and a family is not
 *  used up by one of its members.
 */
#include "core/engine/codes.h"
#include "lib/base/time.h"
#include "tests/unit/engine_site.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define HOUR_S INT64_C(3600)

enum { REUSE_H = 12 };

/* The small site, where cards are enough and are remembered. */
static struct engine_config config;

static int open_site(void **state)
{
    static struct site site;
    config = site_config;
    config.enough_up_to[CHL_FORMAT_CCCD] = 4;
    config.enough_up_to[CHL_FORMAT_BHYT] = 4;
    config.reuse_after_s = REUSE_H * HOUR_S;
    site_open(&site);
    site.engine.config = &config;
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

static void add_number(struct engine_scan *scan, unsigned number)
{
    uint8_t *key = scan->aliases.keys[scan->aliases.count++];
    memcpy(key, &number, sizeof number);
    key[15] = 2;
}

/* A card, code `code`, that states document number `number`. */
static struct engine_scan card(uint16_t lane, chl_format format, unsigned code, unsigned number)
{
    struct engine_scan scan = site_scan(lane, code, 1);
    scan.format = (uint8_t)format;
    scan.is_signed = false;
    scan.code[15] = 3;
    add_number(&scan, number);
    return scan;
}

/* A declaration issued now, good for three days. */
static struct engine_scan declared(const struct site *site, uint16_t lane, unsigned code,
                                   unsigned number, uint16_t party)
{
    struct engine_scan scan = site_scan(lane, code, party);
    scan.issued_at = site->now_ns / CHL_NS_PER_S;
    scan.valid_until = scan.issued_at + 72 * HOUR_S;
    add_number(&scan, number);
    return scan;
}

static void wait_s(struct site *site, int64_t seconds)
{
    site->now_ns += seconds * CHL_NS_PER_S;
}

/* Everybody granted at the gate walks through, and out again so that there is room. */
static void all_pass(struct site *site, uint16_t gate)
{
    const struct engine_grant *grant = &site->engine.state.gates[gate].grant;
    uint32_t n = (uint32_t)(grant->places - grant->passed);
    assert_true(n > 0);
    site_pass(site, gate, n, 0);
    site_pass(site, gate, 0, n);
}

/* Nobody, or only some, walk through before the grant's end. */
static void give_up(struct site *site, uint16_t gate)
{
    uint64_t grant = site->engine.state.gates[gate].grant.id;
    assert_true(grant != 0);
    wait_s(site, 60);
    site_decide(site, &(struct engine_input){.kind = INPUT_TICK});
    site_complete(site, gate, ACTION_CANCEL, grant, CHL_COMMAND_DONE, false);
    assert_int_equal(site->engine.state.gates[gate].grant.id, 0);
}

static const struct record_DECISION *decision(const struct site *site)
{
    return &site_record(site, RECORD_DECISION)->as.DECISION;
}

static const struct record_DECISION *decision_of(struct site *site, const struct engine_scan *scan)
{
    (void)site_show(site, scan);
    return decision(site);
}

static uint16_t places(const struct site *site)
{
    return decision(site)->places;
}

static void admit(struct site *site, const struct engine_scan *scan, uint16_t expected)
{
    chl_reason reason = site_show(site, scan);
    assert_int_equal(reason, expected > 1 ? CHL_REASON_OK_GROUP : CHL_REASON_OK);
    assert_int_equal(places(site), expected);
}

static void test_card_after_the_declaration_says_when_and_where(void **state)
{
    struct site *site = *state;
    struct engine_scan scan = declared(site, 1, 1, 77, 1);
    admit(site, &scan, 1);
    int64_t used_ns = site->now_ns;
    all_pass(site, 1);
    wait_s(site, HOUR_S);
    struct engine_scan other = card(0, CHL_FORMAT_CCCD, 2, 77);
    assert_int_equal(site_show(site, &other), CHL_REASON_ALREADY_USED);
    assert_int_equal(decision(site)->used_at, used_ns);
    assert_int_equal(decision(site)->used_gate, 1);
    const struct engine_effect *shown = site_effect(site, EFFECT_VERDICT);
    assert_int_equal(shown->used_at_ns, used_ns);
    assert_int_equal(shown->used_gate, 1);
    /* Another person's card is nobody's duplicate. */
    other = card(0, CHL_FORMAT_CCCD, 3, 78);
    admit(site, &other, 1);
}

static void test_numbers_lead_to_each_other(void **state)
{
    struct site *site = *state;
    struct engine_scan chip = card(0, CHL_FORMAT_CCCD, 1, 77);
    add_number(&chip, 9);
    admit(site, &chip, 1);
    all_pass(site, 0);
    struct engine_scan insurance = card(0, CHL_FORMAT_BHYT, 2, 9);
    assert_int_equal(site_show(site, &insurance), CHL_REASON_ALREADY_USED);
    /* A declaration of before that use is no second ticket; one of after it is. */
    struct engine_scan old = declared(site, 0, 3, 77, 1);
    old.issued_at -= HOUR_S;
    assert_int_equal(site_show(site, &old), CHL_REASON_ALREADY_USED);
    wait_s(site, 5);
    struct engine_scan fresh = declared(site, 0, 4, 77, 1);
    admit(site, &fresh, 1);
    all_pass(site, 0);
    assert_int_equal(site_show(site, &fresh), CHL_REASON_ALREADY_USED);
    /* Only a trusted key can say when something was issued. */
    struct engine_scan forged = declared(site, 0, 5, 77, 1);
    forged.issued_at += HOUR_S;
    forged.is_signed = false;
    assert_int_equal(site_show(site, &forged), CHL_REASON_ISSUER_UNKNOWN);
}

static void test_card_may_be_used_again_later(void **state)
{
    struct site *site = *state;
    struct engine_scan chip = card(0, CHL_FORMAT_CCCD, 1, 77);
    admit(site, &chip, 1);
    all_pass(site, 0);
    wait_s(site, REUSE_H * HOUR_S - 60);
    assert_int_equal(site_show(site, &chip), CHL_REASON_ALREADY_USED);
    wait_s(site, 120);
    admit(site, &chip, 1);
    int64_t used_ns = site->now_ns;
    all_pass(site, 0);
    assert_int_equal(site_show(site, &chip), CHL_REASON_ALREADY_USED);
    assert_int_equal(decision(site)->used_at, used_ns);
    /* A ticket stays used up to its own end. */
    struct engine_scan ticket = declared(site, 0, 2, 5, 1);
    admit(site, &ticket, 1);
    all_pass(site, 0);
    wait_s(site, 71 * HOUR_S);
    assert_int_equal(site_show(site, &ticket), CHL_REASON_ALREADY_USED);
}

static void test_member_does_not_use_up_the_family(void **state)
{
    struct site *site = *state;
    struct engine_scan family = declared(site, 0, 1, 77, 3);
    wait_s(site, 10);
    struct engine_scan father = card(0, CHL_FORMAT_CCCD, 2, 77);
    admit(site, &father, 1);
    all_pass(site, 0);
    admit(site, &family, 2);
    all_pass(site, 0);
    assert_int_equal(site_show(site, &family), CHL_REASON_ALREADY_USED);
    assert_int_equal(site_show(site, &father), CHL_REASON_ALREADY_USED);
}

static void test_places_given_back_are_the_persons(void **state)
{
    struct site *site = *state;
    struct engine_scan family = declared(site, 0, 1, 77, 3);
    struct engine_scan father = card(0, CHL_FORMAT_CCCD, 2, 77);
    admit(site, &family, 3);
    /* The same person at the gate that is open for them: once more green, no more places. */
    assert_int_equal(site_show(site, &father), CHL_REASON_OK);
    assert_int_equal(places(site), 0);
    struct engine_scan looked_for = father;
    looked_for.register_hit = REGISTER_MATCH;
    assert_int_not_equal(decision_of(site, &looked_for)->verdict, CHL_ADMIT);
    site_pass(site, 0, 1, 0);
    give_up(site, 0);
    admit(site, &father, 1);
    assert_memory_equal(decision(site)->counted, family.code, ENGINE_CODE);
    all_pass(site, 0);
    admit(site, &family, 1);
    give_up(site, 0);
    admit(site, &family, 1);
    all_pass(site, 0);
    assert_int_equal(site_show(site, &family), CHL_REASON_ALREADY_USED);
    assert_int_equal(site_show(site, &father), CHL_REASON_ALREADY_USED);
}

static void test_cancelled_grant_frees_every_code(void **state)
{
    struct site *site = *state;
    struct engine_scan ticket = declared(site, 0, 1, 77, 1);
    struct engine_scan chip = card(1, CHL_FORMAT_CCCD, 2, 77);
    admit(site, &ticket, 1);
    assert_int_equal(site_show(site, &chip), CHL_REASON_ALREADY_USED);
    give_up(site, 0);
    admit(site, &chip, 1);
    int64_t used_ns = site->now_ns;
    all_pass(site, 1);
    assert_int_equal(site_show(site, &ticket), CHL_REASON_ALREADY_USED);
    assert_int_equal(decision(site)->used_at, used_ns);
    assert_int_equal(decision(site)->used_gate, 1);
}

static void tap(struct site *site, uint16_t lane)
{
    site_operator(site,
                  (struct engine_operator){
                      .kind = OPERATOR_RESOLVE, .lane = lane, .admit = true, .who = "steward"});
    assert_int_equal(site_effect(site, EFFECT_ANSWER)->error, CHL_OK);
}

static void test_tap_lets_the_same_person_in_again(void **state)
{
    struct site *site = *state;
    struct engine_scan ticket = declared(site, 0, 1, 77, 1);
    admit(site, &ticket, 1);
    all_pass(site, 0);
    struct engine_scan chip = card(0, CHL_FORMAT_CCCD, 2, 77);
    assert_int_equal(site_show(site, &chip), CHL_REASON_ALREADY_USED);
    tap(site, 0);
    assert_int_equal(decision(site)->reason, CHL_REASON_CHECKED_BY_STAFF);
    all_pass(site, 0);
    assert_int_equal(site_show(site, &ticket), CHL_REASON_ALREADY_USED);
    assert_int_equal(site_show(site, &chip), CHL_REASON_ALREADY_USED);
}

static void test_tapped_card_is_remembered_by_its_numbers(void **state)
{
    struct site *site = *state;
    config.enough_up_to[CHL_FORMAT_CCCD] = 0;
    struct engine_scan chip = card(0, CHL_FORMAT_CCCD, 1, 77);
    assert_int_equal(site_show(site, &chip), CHL_REASON_DECLARATION_MISSING);
    tap(site, 0);
    all_pass(site, 0);
    struct engine_scan insurance = card(1, CHL_FORMAT_BHYT, 2, 77);
    assert_int_equal(site_show(site, &insurance), CHL_REASON_ALREADY_USED);
}

static void test_what_is_forgotten_leaves_nothing_behind(void **state)
{
    struct site *site = *state;
    for (unsigned i = 0; i < 40; i++) {
        struct engine_scan chip = card(0, CHL_FORMAT_CCCD, 100 + i, 200 + i);
        add_number(&chip, 300 + i);
        admit(site, &chip, 1);
        all_pass(site, 0);
        wait_s(site, 1);
    }
    assert_int_equal(site->engine.state.codes.count, 120);
    wait_s(site, 13 * HOUR_S);
    site_ready(site);
    assert_int_equal(site->engine.state.codes.count, 0);
}

/* Before places were counted, a snapshot held the use alone. */
static void test_use_in_an_older_snapshot_still_counts(void **state)
{
    struct site *site = *state;
    struct engine_scan family = declared(site, 0, 1, 77, 2);
    admit(site, &family, 2);
    all_pass(site, 0);
    size_t room = engine_state_bound(&site->engine);
    char *text = malloc(room);
    assert_non_null(text);
    assert_true(engine_state_encode(&site->engine, text, room) > 0);
    char *taken = strstr(text, ",\"G1\",0,2]");
    assert_non_null(taken);
    memcpy(taken, ",\"G1\",0]  ", strlen(",\"G1\",0,2]"));
    struct engine older;
    assert_int_equal(engine_init(&older, &config), CHL_OK);
    assert_int_equal(engine_state_decode(&older, text, strlen(text)), CHL_OK);
    const struct engine_code *used = codes_find(&older.state.codes, family.code);
    assert_non_null(used);
    assert_int_equal(used->taken, 1);
    assert_int_equal(used->left, 0);
    assert_int_equal(used->used_ns, codes_find(&site->engine.state.codes, family.code)->used_ns);
    engine_free(&older);
    free(text);
}

/* A snapshot that was tampered with may lead in circles: nobody waits for its end. */
static void test_circle_of_aliases_ends(void **state)
{
    (void)state;
    struct engine_codes codes = {0};
    uint8_t a[ENGINE_CODE] = {1};
    uint8_t b[ENGINE_CODE] = {2};
    struct engine_code *slot = codes_put(&codes, a);
    slot->kind = CODE_ALIAS;
    memcpy(slot->main, b, ENGINE_CODE);
    slot = codes_put(&codes, b);
    slot->kind = CODE_ALIAS;
    memcpy(slot->main, a, ENGINE_CODE);
    assert_null(codes_main(&codes, a));
    codes_forget(&codes, 0);
    assert_int_equal(codes.count, 0);
    codes_free(&codes);
}

#define SITE(name) cmocka_unit_test_setup_teardown(name, open_site, close_site)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SITE(test_card_after_the_declaration_says_when_and_where),
        SITE(test_numbers_lead_to_each_other),
        SITE(test_card_may_be_used_again_later),
        SITE(test_member_does_not_use_up_the_family),
        SITE(test_places_given_back_are_the_persons),
        SITE(test_cancelled_grant_frees_every_code),
        SITE(test_tap_lets_the_same_person_in_again),
        SITE(test_tapped_card_is_remembered_by_its_numbers),
        SITE(test_what_is_forgotten_leaves_nothing_behind),
        SITE(test_use_in_an_older_snapshot_still_counts),
        cmocka_unit_test(test_circle_of_aliases_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
