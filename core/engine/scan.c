/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief From what a code says to one verdict with its reason, and to a grant.
 *
 *  Order of judgement: emergency, format and signature, time, duplicate, register of persons,
 * health, a dispersal, kind of document, gate, room, age of the trust. The first that speaks
 * decides. A tap answers the CHECK that was asked; what no tap may lift (the register, a positive
 * test) is kept with the lane and judged again.
 */
#include "core/engine/account.h"
#include "core/engine/codes.h"
#include "core/engine/internal.h"
#include "lib/base/text.h"
#include "lib/base/time.h"

#include <string.h>

/* A release that has not reached the wire after this time is dropped: the person has walked away.
 */
#define RELEASE_TTL_NS (2 * CHL_NS_PER_S)

/** The question put to the rules. */
struct question {
    const struct engine *engine;
    const struct engine_scan *scan;
    uint16_t gate;
    uint16_t places; /**< places wanted: the rules may lower it to what the code has left */
    bool checked;    /**< a person has looked: a CHECK of the code does not speak again */
    bool repeated;   /**< the same person at the gate that is released for them */
    uint8_t bar;     /**< chl_reason that no tap lifts, 0 = none */
    struct account account;
    int64_t now_ns;
    int64_t used_at_ns;
    uint16_t used_gate;
    chl_reason reason;
};

typedef bool (*rule)(struct question *question);

static bool says(struct question *question, chl_reason reason)
{
    question->reason = reason;
    return true;
}

static bool rule_emergency(struct question *q)
{
    bool open =
        q->engine->state.emergency ||
        (q->gate != ENGINE_NONE && q->engine->state.gates[q->gate].mode == CHL_MODE_EMERGENCY);
    return open && says(q, CHL_REASON_EMERGENCY_EXIT_ONLY);
}

/* Documents that are signed by nature: without a trusted signature they say nothing. */
static bool unsigned_paper(const struct engine_scan *scan)
{
    bool signed_by_nature =
        scan->format == CHL_FORMAT_DECLARATION || scan->format == CHL_FORMAT_HCERT;
    return signed_by_nature && !scan->is_signed;
}

/* Formats that no plugin reads, known by name. Whoever says that one was read is not believed. */
static chl_reason unread(uint8_t format)
{
    static const struct {
        uint8_t format;
        chl_reason reason;
    } formats[] = {{CHL_FORMAT_PLACE, CHL_REASON_PLACE_CODE},
                   {CHL_FORMAT_NZCP, CHL_REASON_FORMAT_UNREAD},
                   {CHL_FORMAT_SHC, CHL_REASON_FORMAT_UNREAD},
                   {CHL_FORMAT_VDSNC, CHL_REASON_FORMAT_UNREAD}};
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        if (formats[i].format == format) {
            return formats[i].reason;
        }
    }
    return CHL_REASON_NONE;
}

static chl_reason refusal_reason(const struct question *q)
{
    const struct engine_scan *scan = q->scan;
    chl_stage stage = (chl_stage)scan->stage;
    if (stage == CHL_STAGE_TIME && q->engine->state.clock_doubt) {
        return CHL_REASON_VERIFY_DATA_STALE;
    }
    /* The issuer that an old list does not know may have joined since. */
    if (stage == CHL_STAGE_ISSUER && scan->format == CHL_FORMAT_HCERT &&
        q->engine->state.trust_old) {
        return CHL_REASON_VERIFY_DATA_STALE;
    }
    return chl_reason_for_document(scan->refusal, stage, (chl_format)scan->format);
}

static bool rule_format(struct question *q)
{
    const struct engine_scan *scan = q->scan;
    if (q->checked) {
        return false;
    }
    if (scan->unreadable) {
        return says(q, CHL_REASON_CODE_UNREADABLE);
    }
    if (unread(scan->format) != CHL_REASON_NONE) {
        return says(q, unread(scan->format));
    }
    if (scan->outcome == CHL_REFUSED) {
        return says(q, refusal_reason(q));
    }
    if (scan->outcome == CHL_NOT_MINE || scan->format == CHL_FORMAT_UNKNOWN) {
        return says(q, CHL_REASON_FORMAT_UNKNOWN);
    }
    return unsigned_paper(scan) && says(q, CHL_REASON_ISSUER_UNKNOWN);
}

/* With a clock in doubt nothing that depends on time is believed, and that is our fault, not
 * theirs. What is entered by hand is said now, whatever the clock says. */
static bool rule_clock(struct question *q)
{
    return !q->checked && q->scan->format != CHL_FORMAT_MANUAL && q->engine->state.clock_doubt &&
           q->scan->valid_until != 0 && says(q, CHL_REASON_VERIFY_DATA_STALE);
}

/* Whichever code of a person was used: a document number ties them together. */
static bool rule_duplicate(struct question *q)
{
    const struct account *account = &q->account;
    if (q->checked || account->used == NULL) {
        return false;
    }
    /* Their other code may say what the first did not. */
    if (account->released_here && q->bar == CHL_REASON_NONE) {
        q->repeated = true;
        return says(q, CHL_REASON_OK);
    }
    if (account->available > 0) {
        q->places = account->available;
        return false;
    }
    q->used_at_ns = account->used->used_ns;
    q->used_gate = account->used->gate;
    return says(q, CHL_REASON_ALREADY_USED);
}

/* A number that agrees refuses; a name that agrees only asks. A tap answers the question it was
 * asked: on a CHECK of another kind nobody has compared yet, so it is asked then. */
static bool rule_register(struct question *q)
{
    if (q->bar == CHL_REASON_REGISTER_MATCH) {
        return says(q, CHL_REASON_REGISTER_MATCH);
    }
    return q->scan->register_hit == REGISTER_POSSIBLE && says(q, CHL_REASON_REGISTER_POSSIBLE);
}

static bool rule_health(struct question *q)
{
    if (q->bar == CHL_REASON_TEST_POSITIVE) {
        return says(q, CHL_REASON_TEST_POSITIVE);
    }
    bool unwell = q->scan->symptomatic == CHL_ANSWER_YES || q->scan->contact == CHL_ANSWER_YES;
    return !q->checked && unwell && says(q, CHL_REASON_HEALTH_CHECK);
}

/* Nobody fills in a form only to hear then that entry is closed. */
static bool rule_stopped(struct question *q)
{
    return q->gate != ENGINE_NONE && engine_disperses(q->engine, q->gate) &&
           says(q, CHL_REASON_ENTRY_STOPPED);
}

static bool rule_document(struct question *q)
{
    uint8_t enough =
        q->scan->format < CHL_FORMAT_COUNT ? q->engine->config->enough_up_to[q->scan->format] : 0;
    return !q->checked && q->engine->config->level > enough &&
           says(q, CHL_REASON_DECLARATION_MISSING);
}

static bool rule_gate(struct question *q)
{
    if (q->gate == ENGINE_NONE) {
        return says(q, CHL_REASON_GATE_NOT_READY);
    }
    const struct engine_gate *gate = &q->engine->state.gates[q->gate];
    /* Until the device has confirmed the mode it may still stand open, or in an emergency. */
    if (gate->state == GATE_UNKNOWN || gate->mode == CHL_MODE_BLOCKED ||
        gate->mode_state != MODE_HELD) {
        return says(q, CHL_REASON_GATE_NOT_READY);
    }
    if (engine_runs_out(q->engine, q->gate)) {
        return says(q, CHL_REASON_LANE_RUNS_OUT);
    }
    if (has_condition(gate, CONDITION_UNFIT)) {
        return says(q, CHL_REASON_GATE_UNFIT);
    }
    if (has_condition(gate, CONDITION_STUCK) || has_condition(gate, CONDITION_ERROR)) {
        return says(q, CHL_REASON_GATE_NOT_READY);
    }
    return gate->grant.state != GRANT_NONE && says(q, CHL_REASON_LANE_BUSY);
}

static bool rule_room(struct question *q)
{
    if (zone_full(q->engine, q->gate, q->places) != ENGINE_NONE) {
        return says(q, CHL_REASON_ZONE_FULL);
    }
    /* Never admit a code that could not be remembered as used. */
    size_t keys = q->engine->state.codes.count + q->scan->aliases.count + 2U;
    return keys > ENGINE_CODES_MAX && says(q, CHL_REASON_NOT_RECORDABLE);
}

/* Who vouched for it was last heard of too long ago, or, by a clock that cannot be right, tomorrow:
 * the key may have been withdrawn since. Our fault too. The last rule of all: a tap answers it, and
 * must not answer for a code that was used, for symptoms or for a full zone. */
static bool rule_trust(struct question *q)
{
    enum { TOMORROW_S = 86400 };
    int64_t max_age_s = q->engine->config->trust_max_age_s;
    int64_t age_s = q->now_ns / CHL_NS_PER_S - q->scan->trusted_at;
    bool old =
        max_age_s != 0 && q->scan->trusted_at != 0 && (age_s > max_age_s || age_s < -TOMORROW_S);
    return !q->checked && old && says(q, CHL_REASON_VERIFY_DATA_STALE);
}

static const rule rules[] = {rule_emergency, rule_format, rule_clock,   rule_duplicate,
                             rule_register,  rule_health, rule_stopped, rule_document,
                             rule_gate,      rule_room,   rule_trust};

static uint8_t bar_of(const struct engine_scan *scan)
{
    return scan->register_hit == REGISTER_MATCH       ? CHL_REASON_REGISTER_MATCH
           : scan->test_result == CHL_RESULT_POSITIVE ? CHL_REASON_TEST_POSITIVE
                                                      : CHL_REASON_NONE;
}

static chl_reason admission(const struct question *question)
{
    return question->checked      ? CHL_REASON_CHECKED_BY_STAFF
           : question->places > 1 ? CHL_REASON_OK_GROUP
                                  : CHL_REASON_OK;
}

static void judge(struct question *question, int64_t now_ns)
{
    const struct engine_scan *scan = question->scan;
    question->now_ns = now_ns;
    question->places = account_party(question->engine, scan, question->gate);
    account_find(question->engine, scan, question->gate, now_ns, &question->account);
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        if (rules[i](question)) {
            return;
        }
    }
    question->reason = admission(question);
}

static void fill_zone(const struct engine *engine, uint16_t gate, struct record_DECISION *made)
{
    if (gate == ENGINE_NONE || engine->config->gates[gate].to == ENGINE_NONE) {
        return;
    }
    made->zone = engine->config->gates[gate].to;
    made->inside = engine->state.zones[made->zone].inside;
    made->reserved = engine->state.zones[made->zone].reserved;
    made->limit = engine->config->zones[made->zone].hard;
}

static void show(struct decision *decision, const struct engine_record *record)
{
    const struct record_DECISION *made = &record->as.DECISION;
    struct engine_effect *shown = effect(decision, EFFECT_VERDICT);
    if (shown == NULL) {
        return;
    }
    shown->lane = made->lane;
    shown->gate = made->gate;
    shown->verdict = made->verdict;
    shown->reason = made->reason;
    shown->party = made->verdict == CHL_ADMIT && made->places > 0 ? made->places : made->party;
    shown->used_at_ns = made->used_at;
    shown->used_gate = made->used_gate;
    shown->grant = made->grant;
    memcpy(shown->code, made->code, ENGINE_CODE);
}

/* Where the places are counted, and for how long. */
static void count_use(const struct decision *decision, const struct question *question,
                      struct record_DECISION *made)
{
    const struct account *account = &question->account;
    int64_t reuse_after_s = decision->engine->config->reuse_after_s;
    if (memcmp(account->key, made->code, ENGINE_CODE) != 0) {
        memcpy(made->counted, account->key, ENGINE_CODE);
    }
    made->used_before = account->used_before;
    if (!account_is_ticket(made->format) && reuse_after_s != 0) {
        made->remembered = decision->input->now_ns / CHL_NS_PER_S + reuse_after_s;
    }
}

static void conclude(struct decision *decision, struct question *question, uint64_t resolves,
                     const struct engine_operator *act)
{
    struct engine *engine = decision->engine;
    const struct engine_scan *scan = question->scan;
    struct engine_record record = record_make(RECORD_DECISION);
    struct record_DECISION *made = &record.as.DECISION;
    made->lane = scan->lane;
    made->gate = question->gate;
    made->reason = (uint8_t)question->reason;
    made->verdict = (uint8_t)chl_reason_get(question->reason)->verdict;
    made->format = scan->format;
    made->party = account_party(question->engine, scan, question->gate);
    made->valid_until = scan->valid_until;
    made->aliases = scan->aliases;
    made->register_hit = scan->register_hit;
    made->bar = question->bar;
    made->used_at = question->used_at_ns;
    made->used_gate = question->used_gate;
    made->resolves = resolves;
    memcpy(made->code, scan->code, ENGINE_CODE);
    chl_copy(made->refusal, sizeof made->refusal, scan->refusal);
    if (act != NULL) {
        chl_copy(made->who, sizeof made->who, act->who);
        chl_copy(made->why, sizeof made->why, act->why);
    }
    fill_zone(engine, question->gate, made);
    bool admit = made->verdict == CHL_ADMIT;
    /* In mode free the gate stands open: nothing to release, the passage is counted all the same.
     */
    bool grants =
        admit && !question->repeated && engine->state.gates[question->gate].mode == CHL_MODE_NORMAL;
    if (grants) {
        count_use(decision, question, made);
        made->places = question->places;
        made->grant = engine->state.sequence + 1;
        made->expires = decision->input->now_ns +
                        engine->config->gates[question->gate].pass_time_ns * question->places;
    } else if (admit && question->repeated) {
        made->grant = engine->state.gates[question->gate].grant.id;
    }
    emit(decision, &record);
    if (grants && !engine->config->gates[question->gate].hand) {
        command(decision, question->gate, ACTION_RELEASE);
        struct engine_effect *release = &decision->out->effects[decision->out->effect_count - 1];
        release->captured_ns = scan->captured_ns;
        release->not_after_ns = decision->input->now_ns + RELEASE_TTL_NS;
    }
    show(decision, &record);
}

void decide_scan(struct decision *decision)
{
    const struct engine_scan *scan = &decision->input->as.scan;
    const struct engine *engine = decision->engine;
    if (scan->lane >= engine->config->lane_count) {
        return;
    }
    struct question question = {
        .engine = engine,
        .scan = scan,
        .gate = engine->config->lanes[scan->lane].gate,
        .bar = bar_of(scan),
        .used_gate = ENGINE_NONE,
    };
    judge(&question, decision->input->now_ns);
    conclude(decision, &question, 0, NULL);
}

/* A code that nobody reads names nobody: a tap would let in a person of whom nothing is recorded.
 */
static bool needs_entry(uint8_t reason)
{
    return reason == CHL_REASON_FORMAT_UNKNOWN || reason == CHL_REASON_FORMAT_UNREAD ||
           reason == CHL_REASON_FORMAT_NOT_ACCEPTED || reason == CHL_REASON_PLACE_CODE;
}

void decide_resolve(struct decision *decision, const struct engine_operator *act)
{
    struct engine *engine = decision->engine;
    const struct engine_lane *lane = &engine->state.lanes[act->lane];
    if (lane->check == 0) {
        answer(decision, CHL_E_STATE, "this lane has no CHECK to resolve; scan the code again");
        return;
    }
    if (act->check != 0 && act->check != lane->check) {
        answer(decision, CHL_E_STATE, "another code was shown at this lane since; look again");
        return;
    }
    if (act->admit && needs_entry(lane->reason)) {
        answer(decision, CHL_E_NOTSUP, "this code names nobody; enter the person by hand");
        return;
    }
    struct engine_scan scan = {
        .lane = act->lane,
        .outcome = CHL_CLAIMED,
        .format = lane->format,
        .party = lane->party,
        .valid_until = lane->valid_until,
        .register_hit = lane->possible ? REGISTER_POSSIBLE : REGISTER_NONE,
        .aliases = lane->aliases,
    };
    memcpy(scan.code, lane->code, ENGINE_CODE);
    struct question question = {
        .engine = engine,
        .scan = &scan,
        .gate = engine->config->lanes[act->lane].gate,
        .checked = true,
        .bar = lane->bar,
        .used_gate = ENGINE_NONE,
    };
    if (act->admit) {
        judge(&question, decision->input->now_ns);
    } else {
        question.reason = CHL_REASON_REFUSED_BY_STAFF;
    }
    uint64_t check = lane->check;
    conclude(decision, &question, check, act);
    answer(decision, CHL_OK, "");
}

/* Reasons that send the staff to the form. Any other CHECK is about what the form cannot answer, or
 * about somebody else, and is resolved by its own number only. */
static const chl_reason answered[] = {
    CHL_REASON_DECLARATION_MISSING, CHL_REASON_DECLARATION_EXPIRED,
    CHL_REASON_DOCUMENT_EXPIRED,    CHL_REASON_NO_CODE,
    CHL_REASON_CODE_UNREADABLE,     CHL_REASON_CODE_DAMAGED,
    CHL_REASON_SCHEMA_INVALID,      CHL_REASON_FORMAT_UNKNOWN,
    CHL_REASON_FORMAT_UNREAD,       CHL_REASON_PLACE_CODE,
    CHL_REASON_FORMAT_NOT_ACCEPTED, CHL_REASON_SCANNER_MANGLED,
};

static bool answers(chl_reason reason)
{
    for (size_t i = 0; i < sizeof answered / sizeof *answered; i++) {
        if (answered[i] == reason) {
            return true;
        }
    }
    return false;
}

static void inherit(struct question *question, struct engine_scan *scan,
                    const struct engine_lane *lane)
{
    for (size_t i = 0; i < lane->aliases.count && scan->aliases.count < ENGINE_ALIASES; i++) {
        memcpy(scan->aliases.keys[scan->aliases.count++], lane->aliases.keys[i], ENGINE_CODE);
    }
    question->bar = question->bar != CHL_REASON_NONE ? question->bar : lane->bar;
    bool possible = lane->possible && scan->register_hit == REGISTER_NONE;
    scan->register_hit = possible ? (uint8_t)REGISTER_POSSIBLE : scan->register_hit;
}

void decide_enter(struct decision *decision, const struct engine_operator *act)
{
    const struct engine *engine = decision->engine;
    const struct engine_lane *lane = &engine->state.lanes[act->lane];
    if (act->check != 0 && act->check != lane->check) {
        answer(decision, CHL_E_STATE, "another code was shown at this lane since; look again");
        return;
    }
    struct engine_scan scan = act->entered;
    scan.lane = act->lane;
    scan.format = CHL_FORMAT_MANUAL;
    struct question question = {
        .engine = engine,
        .scan = &scan,
        .gate = engine->config->lanes[act->lane].gate,
        .bar = bar_of(&scan),
        .used_gate = ENGINE_NONE,
    };
    /* Who was scanned before the form is named by its CHECK: what was found then still holds. */
    if (act->check != 0) {
        inherit(&question, &scan, lane);
    }
    judge(&question, decision->input->now_ns);
    bool meant = act->check != 0 || answers((chl_reason)lane->reason);
    conclude(decision, &question, meant ? lane->check : 0, act);
    answer(decision, CHL_OK, "");
}
