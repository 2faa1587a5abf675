/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The small site behind the engine's tests.
 */
#include "tests/unit/engine_site.h"

#include "lib/base/time.h"

#include <stdlib.h>
#include <string.h>

static const struct engine_zone_config zones[] = {
    {.id = "venue", .parent = ENGINE_NONE, .hard = 6},
    {.id = "court", .parent = 0, .warn = 3, .hard = 4},
};
static const struct engine_gate_config gates[] = {
    {.id = "G1", .from = ENGINE_NONE, .to = 1, .pass_time_ns = SITE_PASS_S * CHL_NS_PER_S},
    {.id = "G2", .from = ENGINE_NONE, .to = 1, .pass_time_ns = SITE_PASS_S * CHL_NS_PER_S},
    {.id = "G3", .from = 0, .to = 1, .pass_time_ns = SITE_PASS_S * CHL_NS_PER_S},
    {.id = "H1",
     .from = ENGINE_NONE,
     .to = 0,
     .hand = true,
     .pass_time_ns = SITE_PASS_S * CHL_NS_PER_S},
};
static const struct engine_lane_config lanes[] = {{"G1", 0}, {"G2", 1}, {"G3", 2}, {"H1", 3}};

const struct engine_config site_config = {
    .zones = zones,
    .gates = gates,
    .lanes = lanes,
    .zone_count = 2,
    .gate_count = SITE_GATES,
    .lane_count = SITE_GATES,
    .level = 1,
    .trust_max_age_s = SITE_TRUST_S,
    .enough_up_to = {[CHL_FORMAT_DECLARATION] = 4, [CHL_FORMAT_HCERT] = 1, [CHL_FORMAT_MANUAL] = 4},
};

void site_open(struct site *site)
{
    memset(site, 0, sizeof *site);
    if (engine_init(&site->engine, &site_config) != CHL_OK ||
        engine_output_init(&site->out) != CHL_OK) {
        abort();
    }
    site->now_ns = INT64_C(1643673600) * CHL_NS_PER_S;
}

void site_close(struct site *site)
{
    engine_free(&site->engine);
    engine_output_free(&site->out);
    free(site->journal);
}

static void keep(struct site *site, const void *bytes, size_t length)
{
    while (site->journal_length + length > site->journal_size) {
        site->journal_size = site->journal_size * 2 + 65536;
        site->journal = realloc(site->journal, site->journal_size);
        if (site->journal == NULL) {
            abort();
        }
    }
    memcpy(site->journal + site->journal_length, bytes, length);
    site->journal_length += length;
}

/** What a journal keeps of a record, beside its data. */
struct kept {
    uint64_t sequence, cause;
    int64_t time_ns;
    engine_record_type type;
    size_t length;
};

void site_decide(struct site *site, struct engine_input *input)
{
    input->now_ns = site->now_ns;
    input->utc_offset_s = site->utc_offset_s;
    engine_decide(&site->engine, input, &site->out);
    for (size_t i = 0; i < site->out.record_count; i++) {
        const struct engine_record *record = &site->out.records[i];
        char data[4096];
        size_t length = engine_record_encode(site->engine.config, record, data, sizeof data);
        if (length == 0) {
            abort();
        }
        struct kept head = {record->sequence, record->cause, record->time_ns, record->type, length};
        keep(site, &head, sizeof head);
        keep(site, data, length);
    }
}

bool site_replays(const struct site *site)
{
    struct engine again;
    if (engine_init(&again, site->engine.config) != CHL_OK) {
        return false;
    }
    bool same = true;
    for (size_t at = 0; at < site->journal_length && same;) {
        struct kept head;
        memcpy(&head, site->journal + at, sizeof head);
        at += sizeof head;
        const struct engine_record_info *info = engine_record_info(head.type);
        struct engine_record record = {
            .sequence = head.sequence, .cause = head.cause, .time_ns = head.time_ns};
        same = engine_record_decode(site->engine.config, info->event_class, info->type,
                                    strlen(info->type), site->journal + at, head.length,
                                    &record) == CHL_OK &&
               engine_apply(&again, &record) == CHL_OK;
        at += head.length;
    }
    size_t room = engine_state_bound(&site->engine);
    char *live = malloc(room);
    char *replayed = malloc(room);
    if (live == NULL || replayed == NULL) {
        abort();
    }
    size_t live_length = engine_state_encode(&site->engine, live, room);
    size_t replayed_length = engine_state_encode(&again, replayed, room);
    same = same && live_length > 0 && live_length == replayed_length &&
           memcmp(live, replayed, live_length) == 0;
    /* And once more through the snapshot's text. */
    struct engine loaded;
    same = same && engine_init(&loaded, site->engine.config) == CHL_OK &&
           engine_state_decode(&loaded, live, live_length) == CHL_OK &&
           engine_state_encode(&loaded, replayed, room) == live_length &&
           memcmp(live, replayed, live_length) == 0;
    engine_free(&loaded);
    engine_free(&again);
    free(live);
    free(replayed);
    return same;
}

static struct chl_gate_reading reading(const struct site *site, uint16_t gate)
{
    return (struct chl_gate_reading){.size = sizeof(struct chl_gate_reading),
                                     .entry_count = site->entry[gate],
                                     .exit_count = site->exit_count[gate],
                                     .exit_left = 0xFFFF,
                                     .mode = site->mode[gate],
                                     .count_bits = 32};
}

struct chl_gate_report site_reading(const struct site *site, uint16_t gate)
{
    return (struct chl_gate_report){.size = sizeof(struct chl_gate_report),
                                    .kind = CHL_REPORT_READING,
                                    .gate.index = gate,
                                    .reading = reading(site, gate)};
}

void site_report(struct site *site, const struct chl_gate_report *report)
{
    struct engine_input input = {.kind = INPUT_REPORT};
    input.as.report = *report;
    site_decide(site, &input);
}

void site_pass(struct site *site, uint16_t gate, uint32_t entries, uint32_t exits)
{
    site->entry[gate] += entries;
    site->exit_count[gate] += exits;
    struct chl_gate_report report = site_reading(site, gate);
    site_report(site, &report);
}

void site_ready(struct site *site)
{
    struct engine_input start = {.kind = INPUT_START};
    site_decide(site, &start);
    for (uint16_t g = 0; g < SITE_GATES; g++) {
        site_pass(site, g, 0, 0);
    }
}

struct engine_scan site_scan(uint16_t lane, unsigned code, uint16_t party)
{
    struct engine_scan scan = {.lane = lane,
                               .outcome = CHL_CLAIMED,
                               .format = CHL_FORMAT_DECLARATION,
                               .stage = CHL_STAGE_DONE,
                               .is_signed = true,
                               .symptomatic = CHL_ANSWER_NO,
                               .party = party};
    memcpy(scan.code, &code, sizeof code);
    scan.code[15] = 1;
    return scan;
}

chl_reason site_show(struct site *site, const struct engine_scan *scan)
{
    struct engine_input input = {.kind = INPUT_SCAN};
    input.as.scan = *scan;
    site_decide(site, &input);
    const struct engine_record *made = site_record(site, RECORD_DECISION);
    return made != NULL ? (chl_reason)made->as.DECISION.reason : CHL_REASON_NONE;
}

void site_complete(struct site *site, uint16_t gate, engine_action action, uint64_t grant,
                   chl_command_status status, bool object)
{
    struct engine_input input = {.kind = INPUT_REPORT};
    struct chl_gate_report *report = &input.as.report;
    report->kind = CHL_REPORT_DONE;
    report->gate.index = gate;
    report->status = (uint8_t)status;
    report->command_id = grant << 3 | (uint64_t)action;
    report->generation = site->engine.state.gates[gate].generation;
    report->has_reading = status == CHL_COMMAND_DONE;
    report->reading = reading(site, gate);
    report->reading.object_entry = object;
    site_decide(site, &input);
}

void site_operator(struct site *site, struct engine_operator act)
{
    struct engine_input input = {.kind = INPUT_OPERATOR};
    input.as.operator_act = act;
    site_decide(site, &input);
}

const struct engine_record *site_record(const struct site *site, engine_record_type type)
{
    for (size_t i = 0; i < site->out.record_count; i++) {
        if (site->out.records[i].type == type) {
            return &site->out.records[i];
        }
    }
    return NULL;
}

const struct engine_effect *site_effect(const struct site *site, engine_effect_kind kind)
{
    for (size_t i = 0; i < site->out.effect_count; i++) {
        if (site->out.effects[i].kind == kind) {
            return &site->out.effects[i];
        }
    }
    return NULL;
}
