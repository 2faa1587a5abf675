/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Messages of plugins become inputs of the engine; and the host's services that post them.
 */
#include "core/loop/internal.h"

#include "lib/base/log.h"
#include "lib/base/text.h"
#include "lib/base/time.h"

#include <stdlib.h>
#include <string.h>

static void show_only(struct loop *loop, uint16_t lane, chl_reason reason, const uint8_t *code)
{
    struct engine_effect shown = {.kind = EFFECT_VERDICT,
                                  .lane = lane,
                                  .gate = loop->site.lanes[lane].gate,
                                  .reason = (uint8_t)reason,
                                  .verdict = (uint8_t)chl_reason_get(reason)->verdict,
                                  .party = 1,
                                  .used_gate = ENGINE_NONE};
    if (code != NULL) {
        memcpy(shown.code, code, ENGINE_CODE);
    }
    struct status_view view;
    char line[LOOP_LINE];
    loop_view(loop, &view);
    size_t length = status_verdict(&view, &shown, line, sizeof line);
    if (length > 0) {
        control_broadcast(loop->control, line, length);
    }
}

/* A code that nobody knew while a verifier is down may well be one of its own: our fault, not
 * theirs. */
static bool verifier_is_down(struct loop *loop)
{
    for (size_t i = 0; i < host_count(loop->host); i++) {
        struct host_status status;
        host_status(loop->host, i, &status);
        if (status.kind == CHL_KIND_CREDENTIAL && !status.running) {
            return true;
        }
    }
    return false;
}

/* Nobody knew it; or by its looks it is one that this site reads, and its reader did not. */
static bool was_not_read(const struct loop *loop, const struct host_scan *scan)
{
    bool unsupported =
        scan->outcome == CHL_REFUSED && strcmp(scan->reason, "format_unsupported") == 0;
    return !scan->unreadable &&
           (scan->outcome == CHL_NOT_MINE || (unsupported && scan->format < CHL_FORMAT_COUNT &&
                                              loop->config->accepted[scan->format]));
}

void loop_scan(const struct host_scan *scan, struct engine_scan *out)
{
    *out = (struct engine_scan){.lane = scan->lane.index,
                                .outcome = scan->outcome,
                                .format = scan->format,
                                .stage = scan->stage,
                                .is_signed = scan->is_signed,
                                .unreadable = scan->unreadable,
                                .symptomatic = scan->symptoms != 0 ? (uint8_t)CHL_ANSWER_YES
                                                                   : scan->symptomatic,
                                .contact = scan->contact,
                                .test_result = scan->test_result,
                                .party = scan->party,
                                /* Nobody vouches for the end of an unsigned one, such as the
                                 * term of an insurance: it ends no memory of the code's use. */
                                .valid_until = scan->is_signed ? scan->expires_at : 0,
                                .issued_at = scan->issued_at,
                                .trusted_at = scan->is_signed ? scan->trusted_at : 0,
                                .captured_ns = scan->captured_ns};
    chl_copy(out->refusal, sizeof out->refusal, scan->reason);
    loop_take_identity(&scan->identity, out);
    memcpy(out->code, scan->pseudonym, ENGINE_CODE);
}

static void take_scan(struct loop *loop, const struct host_scan *scan)
{
    if (scan->lane.index >= loop->site.engine.lane_count) {
        return;
    }
    if (loop_is_stuck(loop)) {
        show_only(loop, scan->lane.index, CHL_REASON_NOT_RECORDABLE, scan->pseudonym);
        return;
    }
    loop_tell_register(loop); /* before anything is decided with it */
    if (writer_backlog(loop->writer) > LOOP_BACKLOG_MAX) {
        atomic_fetch_add(&loop->busy, 1);
        show_only(loop, scan->lane.index, CHL_REASON_BUSY, scan->pseudonym);
        return;
    }
    struct engine_input input = {.kind = INPUT_SCAN};
    struct engine_scan *made = &input.as.scan;
    loop_scan(scan, made);
    if (strcmp(scan->reason, "plugin-error") == 0) {
        made->outcome = CHL_REFUSED;
        made->unreadable = false;
    } else if (was_not_read(loop, scan) && verifier_is_down(loop)) {
        made->outcome = CHL_REFUSED;
        chl_copy(made->refusal, sizeof made->refusal, "verifier_absent");
    }
    loop_decide(loop, &input);
}

static void measure(struct loop *loop, const struct chl_gate_report *report, int64_t posted_ns)
{
    uint16_t gate = report->gate.index;
    bool release = (report->command_id & 7U) == ACTION_RELEASE;
    if (report->kind == CHL_REPORT_DONE && report->status == CHL_COMMAND_DONE && release &&
        loop->measured[gate] != 0 && loop->measured[gate] == report->command_id >> 3) {
        stats_latency(&loop->stats, posted_ns - loop->captured_ns[gate]);
        loop->measured[gate] = 0;
    }
}

/* A reading that no disk may hold up: a gate that comes back during an emergency must hear of it;
 * a fire input or a button at a device that speaks for the first time opens the site. */
static bool opens(const struct loop *loop, const struct chl_gate_report *report)
{
    const struct engine_gate *gate = &loop->engine.state.gates[report->gate.index];
    if (gate->mode == CHL_MODE_EMERGENCY) {
        return gate->state == GATE_UNKNOWN || gate->mode_state == MODE_MISSED;
    }
    bool pressed = report->reading.mode == CHL_MODE_EMERGENCY && gate->mode_state == MODE_HELD;
    bool burns = report->fire && !loop->engine.state.emergency;
    return pressed || burns;
}

static void take_report(struct loop *loop, const struct chl_gate_report *report, int64_t posted_ns)
{
    if (report->gate.index >= loop->site.engine.gate_count) {
        return;
    }
    bool heard = report->kind == CHL_REPORT_READING || report->has_reading ||
                 (report->kind == CHL_REPORT_LINK && report->link_up);
    if (heard) {
        loop->heard_ns[report->gate.index] = loop_now_ns(loop);
    }
    measure(loop, report, posted_ns);
    bool *restarted = &loop->restarted[report->gate.index];
    *restarted = *restarted || report->restarted;
    /* With a stuck journal passages stay where they are safe: on the devices' own counters. */
    if (report->kind == CHL_REPORT_READING && loop_is_stuck(loop) && !opens(loop, report)) {
        return;
    }
    struct engine_input input = {.kind = INPUT_REPORT};
    input.as.report = *report;
    input.as.report.restarted = *restarted;
    *restarted = false;
    loop_decide(loop, &input);
}

/* One record a second and instance at most: one that changes its mind all the time must not fill
 * the journal. The newest word stands. */
void loop_tell_health(struct loop *loop, bool all)
{
    int64_t now_ns = chl_mono_ns();
    if (!atomic_load(&loop->health_due) || loop_is_stuck(loop)) {
        return;
    }
    atomic_store(&loop->health_due, false);
    for (size_t i = 0; i < loop->config->instance_count; i++) {
        struct plugin_health *health = &loop->health[i];
        struct engine_input input = {.kind = INPUT_PLUGIN};
        pthread_mutex_lock(&loop->text_lock);
        bool due = health->due;
        bool now = due && (all || now_ns >= health->not_before_ns);
        health->due = due && !now;
        input.as.plugin.ok = health->ok;
        chl_copy(input.as.plugin.text, sizeof input.as.plugin.text, health->text);
        pthread_mutex_unlock(&loop->text_lock);
        if (now) {
            const char *name = loop->config->instances[i].name;
            health->not_before_ns = now_ns + CHL_NS_PER_S;
            chl_copy(input.as.plugin.name, sizeof input.as.plugin.name, name);
            chl_log(input.as.plugin.ok ? CHL_LOG_INFO : CHL_LOG_WARNING, "host",
                    "event=health instance=%s ok=%d text=%s", name, input.as.plugin.ok,
                    input.as.plugin.text);
            loop_decide(loop, &input);
        } else if (due) {
            atomic_store(&loop->health_due, true);
        }
    }
}

static void take_act(struct loop *loop, struct inbox_message *message)
{
    struct control_request request;
    struct control_refusal refusal;
    chl_err error =
        chl_control_parse(message->as.act.json, message->as.act.length, &request, &refusal);
    if (error == CHL_OK) {
        loop_request(loop, 0, &request);
    } else {
        chl_log(CHL_LOG_WARNING, "loop", "event=command_refused error=%s", refusal.error);
    }
    free(message->as.act.json);
}

void loop_message(struct loop *loop, struct inbox_message *message)
{
    switch (message->kind) {
    case INBOX_EMERGENCY: {
        struct engine_input input = {.kind = INPUT_EMERGENCY};
        chl_copy(input.as.emergency.source, sizeof input.as.emergency.source, message->as.source);
        loop_decide(loop, &input);
        return;
    }
    case INBOX_REPORT:
    case INBOX_DROP:
        take_report(loop, &message->as.report, message->posted_ns);
        return;
    case INBOX_OPERATOR:
        take_act(loop, message);
        return;
    case INBOX_SCAN:
        take_scan(loop, &message->as.scan);
        return;
    }
}

static chl_err sink_scan(void *user, const struct host_scan *scan)
{
    struct loop *loop = user;
    struct inbox_message message = {.kind = INBOX_SCAN, .posted_ns = chl_mono_ns()};
    message.as.scan = *scan;
    chl_err error = inbox_push(loop->inbox, &message);
    if (error == CHL_E_BUSY && scan->lane.index < loop->site.engine.lane_count) {
        atomic_fetch_add(&loop->busy, 1);
        atomic_store(&loop->lane_busy[scan->lane.index], 1);
    }
    return error;
}

static chl_err sink_gate(void *user, int instance, const struct chl_gate_report *report)
{
    struct loop *loop = user;
    struct inbox_message message = {
        .kind = INBOX_REPORT, .instance = instance, .posted_ns = chl_mono_ns()};
    message.as.report = *report;
    return inbox_push(loop->inbox, &message);
}

static chl_err sink_urgent(void *user, const char *source)
{
    struct loop *loop = user;
    struct inbox_message message = {.kind = INBOX_EMERGENCY, .posted_ns = chl_mono_ns()};
    chl_copy(message.as.source, sizeof message.as.source, source);
    return inbox_push(loop->inbox, &message);
}

static void sink_health(void *user, int instance, bool ok, const char *text)
{
    struct loop *loop = user;
    struct plugin_health *health = &loop->health[instance];
    pthread_mutex_lock(&loop->text_lock);
    health->due = true;
    health->ok = ok;
    chl_copy(health->text, sizeof health->text, text);
    pthread_mutex_unlock(&loop->text_lock);
    atomic_store(&loop->health_due, true);
    uv_async_send(&loop->wake);
}

static chl_err sink_submit(void *user, int instance, const char *json, size_t length)
{
    struct loop *loop = user;
    if (length > CHL_CONTROL_LINE_MAX) {
        return CHL_E_LIMIT;
    }
    struct inbox_message message = {
        .kind = INBOX_OPERATOR, .instance = instance, .posted_ns = chl_mono_ns()};
    message.as.act.json = malloc(length + 1);
    if (message.as.act.json == NULL) {
        return CHL_E_NOMEM;
    }
    memcpy(message.as.act.json, json, length);
    message.as.act.json[length] = '\0';
    message.as.act.length = length;
    chl_err error = inbox_push(loop->inbox, &message);
    if (error != CHL_OK) {
        free(message.as.act.json);
    }
    return error;
}

static chl_err sink_cursor_set(void *user, const struct chl_cursor *cursor)
{
    const struct loop *loop = user;
    return writer_set_cursor(loop->writer, cursor);
}

static chl_err sink_cursor_drop(void *user, const char *owner, const char *name)
{
    const struct loop *loop = user;
    return writer_drop_cursor(loop->writer, owner, name);
}

static chl_err sink_snapshot(void *user, char *out, size_t *length, uint64_t *sequence,
                             uint8_t hash[32])
{
    const struct loop *loop = user;
    return snapshot_copy(loop->snapshot, out, length, sequence, hash);
}

void loop_sink(struct loop *loop, struct host_sink *sink)
{
    *sink = (struct host_sink){.user = loop,
                               .scan = sink_scan,
                               .gate = sink_gate,
                               .urgent = sink_urgent,
                               .health = sink_health,
                               .credentials = loop_sink_credentials,
                               .person_register = loop_sink_register,
                               .submit = sink_submit,
                               .cursor_set = sink_cursor_set,
                               .cursor_drop = sink_cursor_drop,
                               .snapshot = sink_snapshot};
}
