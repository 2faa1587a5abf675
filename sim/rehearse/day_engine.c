/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The engine's side of a day: inputs in, commands to simulated devices, invariants.
 */
#include "lib/base/text.h"
#include "lib/base/time.h"
#include "sim/rehearse/day_internal.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char tapper[] = "rehearsal";

void day_fail(struct day *day, chl_err error, const char *format, ...)
{
    if (day->failed != CHL_OK) {
        return;
    }
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(day->why, REHEARSE_WHY, format, arguments);
    va_end(arguments);
    day->failed = error;
}

static bool counts_in(const struct engine_config *config, uint16_t zone, uint16_t inner)
{
    for (int depth = 0; inner != ENGINE_NONE && depth < ENGINE_DEPTH_MAX; depth++) {
        if (inner == zone) {
            return true;
        }
        inner = config->zones[inner].parent;
    }
    return false;
}

/** The count kept beside the engine's: who really went where. */
static void move_truth(struct day *day, uint16_t gate, bool outwards)
{
    const struct engine_config *config = &day->world->config;
    for (uint16_t z = 0; z < config->zone_count; z++) {
        bool inner = counts_in(config, z, day->world->gates[gate].to);
        bool outer = counts_in(config, z, day->world->gates[gate].from);
        if (inner != outer) {
            day->truth[z] += inner != outwards ? 1 : -1;
        }
    }
}

static void check(struct day *day)
{
    const struct engine_config *config = &day->world->config;
    if (day->engine.failed != CHL_OK) {
        day_fail(day, CHL_E_STATE, "the engine could not apply its own record: %s",
                 chl_strerror(day->engine.failed));
    }
    for (uint16_t z = 0; z < config->zone_count; z++) {
        const struct engine_zone *zone = &day->engine.state.zones[z];
        int64_t hard = config->zones[z].hard;
        if (zone->reserved < 0 || (hard > 0 && zone->inside + zone->reserved > hard)) {
            day_fail(day, CHL_E_STATE,
                     "expected at most %" PRId64 " inside zone '%s', got %" PRId64 " and %" PRId64
                     " on their way",
                     hard, config->zones[z].id, zone->inside, zone->reserved);
        }
        if (zone->inside != day->truth[z]) {
            day_fail(day, CHL_E_STATE,
                     "expected %" PRId64 " inside zone '%s', as really are, got %" PRId64
                     " from the engine",
                     day->truth[z], config->zones[z].id, zone->inside);
        }
        if (day->measure->zone[z].peak < zone->inside) {
            day->measure->zone[z].peak = zone->inside;
        }
    }
}

static void take_effects(struct day *day)
{
    for (size_t i = 0; i < day->out.effect_count; i++) {
        const struct engine_effect *effect = &day->out.effects[i];
        if (effect->kind == EFFECT_VERDICT) {
            day->verdict = effect->verdict;
            day->reason = effect->reason;
        } else if (effect->kind == EFFECT_ANSWER) {
            day->answer = effect->error;
        } else if (effect->action != ACTION_SIGNAL && day->order_count < ENGINE_EFFECTS_MAX) {
            day->orders[day->order_count++] = (struct order){.gate = effect->gate,
                                                             .places = effect->places,
                                                             .action = effect->action,
                                                             .mode = effect->mode,
                                                             .generation = effect->generation,
                                                             .grant = effect->grant};
        }
    }
}

static void decide(struct day *day, struct engine_input *input)
{
    /* The site's own clock is the only one here: schedules need no offset. */
    input->now_ns = day->options->date_ns + day->now_ns;
    input->utc_offset_s = 0;
    engine_decide(&day->engine, input, &day->out);
    measure_records(day->measure, &day->out, day->now_ns);
    take_effects(day);
    check(day);
}

static struct chl_gate_reading reading(const struct day *day, uint16_t gate)
{
    const struct turnstile *turnstile = &day->gates[gate];
    bool inside = turnstile->passing != NOBODY;
    return (struct chl_gate_reading){.size = sizeof(struct chl_gate_reading),
                                     .entry_count = turnstile->entry_count,
                                     .exit_count = turnstile->exit_count,
                                     .entry_left = turnstile->left,
                                     .exit_left = 0xFFFF,
                                     .count_bits = 32,
                                     .mode = turnstile->mode,
                                     .object_entry = inside && !turnstile->outwards,
                                     .object_exit = inside && turnstile->outwards,
                                     .taken_ns = day->now_ns};
}

static void obey(struct day *day, const struct order *order)
{
    struct turnstile *turnstile = &day->gates[order->gate];
    struct engine_input input = {.kind = INPUT_REPORT};
    struct chl_gate_report *report = &input.as.report;
    switch (order->action) {
    case ACTION_RELEASE:
        turnstile->left = order->places;
        break;
    case ACTION_CANCEL:
        turnstile->left = 0;
        break;
    default:
        turnstile->mode = order->mode;
        break;
    }
    *report = (struct chl_gate_report){.size = sizeof *report,
                                       .kind = CHL_REPORT_DONE,
                                       .status = CHL_COMMAND_DONE,
                                       .gate = {order->gate},
                                       .has_reading = true,
                                       .generation = order->generation,
                                       .command_id = order->grant << 3 | order->action,
                                       .reading = reading(day, order->gate)};
    decide(day, &input);
}

/** Devices do at once what they are told; what that leads to is done as well. */
static void settle(struct day *day)
{
    for (size_t i = 0; i < day->order_count && day->failed == CHL_OK; i++) {
        struct order order = day->orders[i];
        obey(day, &order);
    }
    day->order_count = 0;
}

static void step(struct day *day, struct engine_input *input)
{
    decide(day, input);
    settle(day);
}

static void report_reading(struct day *day, uint16_t gate)
{
    struct engine_input input = {.kind = INPUT_REPORT};
    input.as.report = (struct chl_gate_report){.size = sizeof input.as.report,
                                               .kind = CHL_REPORT_READING,
                                               .gate = {gate},
                                               .reading = reading(day, gate)};
    step(day, &input);
}

void day_open(struct day *day)
{
    struct engine_input start = {.kind = INPUT_START};
    step(day, &start);
    for (uint16_t g = 0; g < day->world->config.gate_count; g++) {
        if (!day->world->gates[g].hand) {
            report_reading(day, g);
        }
    }
}

void day_scan(struct day *day, uint16_t gate, uint32_t who)
{
    struct engine_input input = {.kind = INPUT_SCAN};
    bool look = day->plan->people[who].look;
    input.as.scan = (struct engine_scan){.lane = day->world->lane_of[gate],
                                         .outcome = CHL_CLAIMED,
                                         .format = CHL_FORMAT_DECLARATION,
                                         .stage = CHL_STAGE_DONE,
                                         .is_signed = true,
                                         .symptomatic = look ? CHL_ANSWER_YES : CHL_ANSWER_NO,
                                         .contact = CHL_ANSWER_NO,
                                         .party = 1};
    /* A second place further in is asked for with a code of its own: the first one is used. */
    uint16_t group = day->world->group_of[gate];
    uint64_t code[2] = {plan_random(day->plan, who, DRAW_CODE, group), (uint64_t)who << 16 | group};
    _Static_assert(sizeof code == ENGINE_CODE, "a code is filled whole");
    memcpy(input.as.scan.code, code, sizeof code);
    step(day, &input);
}

static void tap(struct day *day, struct engine_operator act)
{
    struct engine_input input = {.kind = INPUT_OPERATOR};
    (void)chl_copy(act.who, sizeof act.who, tapper);
    input.as.operator_act = act;
    step(day, &input);
}

void day_resolve(struct day *day, uint16_t gate)
{
    tap(day, (struct engine_operator){
                 .kind = OPERATOR_RESOLVE, .lane = day->world->lane_of[gate], .admit = true});
}

void day_count(struct day *day, uint16_t gate, bool outwards)
{
    struct turnstile *turnstile = &day->gates[gate];
    move_truth(day, gate, outwards);
    if (day->world->gates[gate].hand) {
        tap(day, (struct engine_operator){.kind = OPERATOR_PASS,
                                          .gate = gate,
                                          .direction = outwards ? DIRECTION_EXIT : DIRECTION_ENTRY,
                                          .n = 1});
        if (day->answer != CHL_OK) {
            day_fail(day, CHL_E_STATE, "expected a passage at gate '%s' to be taken, got: %s",
                     day->world->gates[gate].id, chl_strerror(day->answer));
        }
        return;
    }
    if (outwards) {
        turnstile->exit_count++;
    } else {
        turnstile->entry_count++;
        turnstile->left = turnstile->left > 0 ? (uint16_t)(turnstile->left - 1) : 0;
    }
    report_reading(day, gate);
}

void day_tick(struct day *day)
{
    struct engine_input input = {.kind = INPUT_TICK};
    step(day, &input);
}

int64_t day_deadline(const struct day *day)
{
    int64_t deadline_ns = engine_next_deadline(&day->engine);
    return deadline_ns == INT64_MAX ? INT64_MAX : deadline_ns - day->options->date_ns;
}
