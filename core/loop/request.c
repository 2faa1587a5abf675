/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Operators' requests become inputs of the engine, or an answer from durable state.
 */
#include "core/loop/internal.h"
#include "lib/base/json.h"
#include "lib/base/text.h"

#include <stdlib.h>

size_t loop_status_room(const struct loop *loop)
{
    return 16384 + 2048 * (loop->config->zone_count + loop->config->gate_count +
                           loop->config->lane_count + loop->config->instance_count);
}

static void answer_status(struct loop *loop, control_token token)
{
    if (loop_is_stuck(loop)) {
        loop_status_durable(loop, token);
        return;
    }
    struct status_view view;
    loop_view(loop, &view);
    size_t size = loop_status_room(loop);
    char *json = malloc(size);
    size_t length = json != NULL ? status_json(&view, json, size) : 0;
    if (length > 0) {
        loop_defer(loop, loop->engine.state.sequence, token, "status", json, length);
    } else {
        loop_refuse(loop, token, CHL_E_NOMEM, "the status does not fit; try again");
    }
    free(json);
}

static void answer_stats(struct loop *loop, control_token token)
{
    static const char head[] = "{\"stats\":";
    char text[LOOP_LINE];
    struct chl_json json;
    chl_json_begin(&json, text, sizeof text);
    chl_json_object(&json, NULL);
    stats_json(&loop->stats, &json);
    chl_json_close_object(&json);
    if (chl_json_end(&json) != CHL_OK) {
        loop_refuse(loop, token, CHL_E_LIMIT, "the counters do not fit one answer");
        return;
    }
    size_t inner = json.length - (sizeof head - 1) - 1;
    loop_defer(loop, loop->engine.state.sequence, token, "stats", text + sizeof head - 1, inner);
}

static void act(struct loop *loop, control_token token, const struct control_request *request,
                engine_operator_kind kind)
{
    struct engine_input input = {.kind = INPUT_OPERATOR, .token = token};
    struct engine_operator *made = &input.as.operator_act;
    made->kind = kind;
    made->lane = site_lane(&loop->site, request->lane);
    made->gate = site_gate(&loop->site, request->gate);
    made->zone = site_zone(&loop->site, request->zone);
    made->admit = request->admit;
    made->ends = request->end;
    made->check = request->check;
    made->direction = request->direction == CONTROL_EXIT ? DIRECTION_EXIT : DIRECTION_ENTRY;
    made->mode = (uint8_t)request->mode;
    made->n = request->n;
    made->inside = request->inside;
    made->how = (uint8_t)request->how;
    made->audit = (struct engine_audit){.seconds = request->audit.seconds,
                                        .tapped_in = request->audit.tapped_in,
                                        .tapped_out = request->audit.tapped_out,
                                        .counted_in = request->audit.counted_in,
                                        .counted_out = request->audit.counted_out,
                                        .few = request->audit.few};
    chl_copy(made->who, sizeof made->who, request->who);
    chl_copy(made->why, sizeof made->why, request->why);
    loop_decide(loop, &input);
}

/* No zone means the whole site; a wrong one must not. */
static void disperse(struct loop *loop, control_token token, const struct control_request *request)
{
    if (request->zone[0] != '\0' && site_zone(&loop->site, request->zone) == ENGINE_NONE) {
        loop_refuse(loop, token, CHL_E_NOTFOUND, "no such zone: `chilang status` lists them");
        return;
    }
    act(loop, token, request, OPERATOR_DISPERSE);
}

static void raise_emergency(struct loop *loop, control_token token,
                            const struct control_request *request)
{
    struct engine_input input = {.kind = INPUT_EMERGENCY, .token = token};
    chl_copy(input.as.emergency.source, sizeof input.as.emergency.source, "operator");
    chl_copy(input.as.emergency.who, sizeof input.as.emergency.who, request->who);
    chl_copy(input.as.emergency.why, sizeof input.as.emergency.why, request->why);
    loop_decide(loop, &input);
}

void loop_request(void *user, control_token token, const struct control_request *request)
{
    struct loop *loop = user;
    /* What only opens is never refused for a full disk; counters would show what may be lost. */
    bool needs_journal = request->op == CONTROL_RESOLVE || request->op == CONTROL_PASS ||
                         request->op == CONTROL_RECOUNT || request->op == CONTROL_STATS ||
                         request->op == CONTROL_ENTER || request->op == CONTROL_AUDIT;
    if (needs_journal && loop_is_stuck(loop)) {
        loop_refuse(loop, token, CHL_E_FULL, "the journal cannot be written: see status");
        return;
    }
    switch (request->op) {
    case CONTROL_STATUS:
        answer_status(loop, token);
        return;
    case CONTROL_STATS:
        answer_stats(loop, token);
        return;
    case CONTROL_RESOLVE:
        act(loop, token, request, OPERATOR_RESOLVE);
        return;
    case CONTROL_PASS:
        act(loop, token, request, OPERATOR_PASS);
        return;
    case CONTROL_GATE:
        act(loop, token, request, request->schedule ? OPERATOR_SCHEDULE : OPERATOR_MODE);
        return;
    case CONTROL_DISPERSE:
        disperse(loop, token, request);
        return;
    case CONTROL_RESET:
        act(loop, token, request, OPERATOR_RESET);
        return;
    case CONTROL_AUDIT:
        act(loop, token, request, OPERATOR_AUDIT);
        return;
    case CONTROL_RECOUNT:
        act(loop, token, request, OPERATOR_RECOUNT);
        return;
    case CONTROL_ENTER:
        loop_enter(loop, token, request);
        return;
    case CONTROL_DESK:
        loop_desk(loop, token, request);
        return;
    case CONTROL_EMERGENCY:
        raise_emergency(loop, token, request);
        return;
    case CONTROL_WATCH:
    case CONTROL_OP_COUNT:
        return;
    }
}
