/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The loop itself: time, decisions, effects, signals, start and stop.
 */
#include "core/loop/internal.h"

#include "lib/base/log.h"
#include "lib/base/text.h"
#include "lib/base/time.h"
#include "lib/wire/body.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* A step of the wall clock up to this much is followed; a larger one is a clock in doubt. */
#define CLOCK_DOUBT_NS (60 * CHL_NS_PER_S)
/* Of which so much is made up for each second. */
#define CLOCK_SLEW_NS (10 * CHL_NS_PER_MS)
/* A gate of which nothing was heard for so long is not known any more. */
#define GATE_SILENT_NS (5 * CHL_NS_PER_S)

int64_t loop_now_ns(const struct loop *loop)
{
    return loop->anchor_wall_ns + (chl_mono_ns() - loop->anchor_mono_ns);
}

bool loop_is_stuck(const struct loop *loop)
{
    return loop_is_over(loop) || atomic_load(&loop->journal_state) != WRITER_OK;
}

bool loop_is_over(const struct loop *loop)
{
    return loop->writer == NULL;
}

void loop_fail(struct loop *loop, chl_err error, const char *why)
{
    if (loop->failed != CHL_OK) {
        return;
    }
    loop->failed = error;
    chl_copy(loop->why, sizeof loop->why, why);
    chl_log(CHL_LOG_ERROR, "loop", "event=failed text=%s", why);
    uv_stop(&loop->uv);
}

void loop_view(struct loop *loop, struct status_view *view)
{
    pthread_mutex_lock(&loop->text_lock);
    chl_copy(loop->journal_shown, sizeof loop->journal_shown, loop->journal_text);
    pthread_mutex_unlock(&loop->text_lock);
    *view = (struct status_view){.config = loop->config,
                                 .engine = &loop->engine,
                                 .host = loop->host,
                                 .epoch = loop->epoch,
                                 .journal = loop->journal_shown,
                                 .now_ns = loop_now_ns(loop),
                                 .persons = loop->persons,
                                 .trust = loop->trust,
                                 .heard_ns = loop->heard_ns};
}

static void keep_deferred(struct loop *loop, struct deferred *item)
{
    item->next = NULL;
    *loop->last = item;
    loop->last = &item->next;
}

static struct deferred *make_deferred(const char *text, size_t length)
{
    struct deferred *item = malloc(sizeof *item + length + 1);
    if (item != NULL) {
        memset(item, 0, sizeof *item);
        memcpy(item->text, text, length);
        item->text[length] = '\0';
        item->length = length;
    }
    return item;
}

void loop_defer(struct loop *loop, uint64_t after, control_token token, const char *member,
                const char *json, size_t length)
{
    struct deferred *item = make_deferred(json, length);
    if (item != NULL) {
        item->after = after;
        item->token = token;
        item->member = member;
        keep_deferred(loop, item);
    }
}

static const char *error_id(chl_err error)
{
    switch (error) {
    case CHL_E_DENIED:
        return "denied";
    case CHL_E_NOTFOUND:
        return "not_found";
    case CHL_E_LIMIT:
        return "limit";
    case CHL_E_FULL:
        return "journal_full";
    case CHL_E_STATE:
        return "wrong_state";
    case CHL_E_NOTSUP:
        return "entry_needed";
    default:
        return "failed";
    }
}

void loop_refuse(struct loop *loop, control_token token, chl_err error, const char *text)
{
    control_reply_error(loop->control, token, error_id(error), text);
}

/* Everything but a refusal is shown only when it can no longer be lost. */
void loop_settle(struct loop *loop)
{
    uint64_t durable = release_head(loop->release);
    while (loop->first != NULL && loop->first->after <= durable) {
        struct deferred *item = loop->first;
        loop->first = item->next;
        if (loop->first == NULL) {
            loop->last = &loop->first;
        }
        if (item->token != 0) {
            control_reply_ok(loop->control, item->token, item->member,
                             item->member != NULL ? item->text : NULL, item->length);
        } else if (item->length > 0) {
            control_broadcast(loop->control, item->text, item->length);
        }
        free(item);
    }
}

static void push_record(struct loop *loop, const struct engine_record *record)
{
    static _Thread_local char data[CHL_WIRE_BODY_MAX];
    static _Thread_local char body[CHL_WIRE_BODY_MAX + 1];
    const struct engine_record_info *info = engine_record_info(record->type);
    size_t data_length = engine_record_encode(&loop->site.engine, record, data, sizeof data);
    size_t length = data_length == 0
                        ? 0
                        : chl_wire_body(body, sizeof body, loop->config->site_id, loop->head.epoch,
                                        record->sequence, info->event_class, info->type,
                                        record->time_ns, data, data_length);
    struct chl_journal_entry entry = {.sequence = record->sequence,
                                      .cause = record->cause,
                                      .wall_ns = record->time_ns,
                                      .event_class = info->event_class,
                                      .type = info->type,
                                      .body = (const uint8_t *)body,
                                      .body_length = length};
    chl_err error = length > 0 ? writer_push(loop->writer, &entry, 1) : CHL_E_LIMIT;
    if (error != CHL_OK) {
        loop_fail(loop, error, "a record could not be handed to the journal");
    }
}

static void release_command(struct loop *loop, const struct engine_effect *effect)
{
    const struct config_gate *gate = &loop->config->gates[effect->gate];
    int64_t ahead_ns = effect->not_after_ns - loop_now_ns(loop);
    struct release_item item = {.after = effect->after, .instance = gate->instance};
    item.command = (struct chl_gate_command){
        .size = sizeof item.command,
        .action = effect->action,
        .mode = effect->mode,
        .gate = {effect->gate},
        .places = effect->places,
        .generation = effect->generation,
        .id = effect->grant << 3 | effect->action,
        .deadline_ns = chl_mono_ns() + ahead_ns,
        .signal = effect->signal,
        .sound = effect->sound,
        .standing = effect->standing,
        .hold_ms = effect->hold_ms,
    };
    if (effect->action == ACTION_RELEASE) {
        loop->captured_ns[effect->gate] = effect->captured_ns;
        loop->measured[effect->gate] = effect->grant;
    }
    release_generation(loop->release, item.command.gate, effect->generation);
    release_push(loop->release, &item, effect->urgent);
}

static void show_verdict(struct loop *loop, const struct engine_effect *effect)
{
    if (control_watchers(loop->control) == 0) {
        return;
    }
    struct status_view view;
    char line[LOOP_LINE];
    loop_view(loop, &view);
    size_t length = status_verdict(&view, effect, line, sizeof line);
    if (length > 0) {
        loop_defer(loop, effect->after, 0, NULL, line, length);
    }
}

/* Who acts at a lane is told the verdict at once, not only the lane's screen. */
static void answer_act(struct loop *loop, const struct engine_effect *answered)
{
    if (answered->error != CHL_OK) {
        char text[LOOP_TEXT];
        bool at_gate = answered->gate < loop->site.engine.gate_count;
        (void)snprintf(text, sizeof text, "%s%s%s", answered->text, at_gate ? " " : "",
                       at_gate ? loop->site.gates[answered->gate].id : "");
        loop_refuse(loop, answered->token, answered->error, text);
        return;
    }
    struct status_view view;
    char line[LOOP_LINE];
    size_t length = 0;
    loop_view(loop, &view);
    for (size_t i = 0; i < loop->out.effect_count && length == 0; i++) {
        const struct engine_effect *effect = &loop->out.effects[i];
        length =
            effect->kind == EFFECT_VERDICT ? status_verdict(&view, effect, line, sizeof line) : 0;
    }
    loop_defer(loop, answered->after, answered->token, length > 0 ? "decision" : NULL,
               length > 0 ? line : "", length);
}

/* The daemon runs in the site's time zone. */
static int32_t utc_offset_s(int64_t now_ns)
{
    time_t seconds = (time_t)(now_ns / CHL_NS_PER_S);
    struct tm parts = {0};
    return localtime_r(&seconds, &parts) != NULL ? (int32_t)parts.tm_gmtoff : 0;
}

void loop_decide(struct loop *loop, struct engine_input *input)
{
    input->now_ns = loop_now_ns(loop);
    input->utc_offset_s = utc_offset_s(input->now_ns);
    engine_decide(&loop->engine, input, &loop->out);
    if (loop->engine.failed != CHL_OK) {
        loop_fail(loop, loop->engine.failed, "the engine could not apply its own record");
        return;
    }
    /* What must not wait for anything goes first. */
    for (size_t i = 0; i < loop->out.effect_count; i++) {
        const struct engine_effect *effect = &loop->out.effects[i];
        if (effect->kind == EFFECT_COMMAND && effect->urgent) {
            release_command(loop, effect);
        }
    }
    /* Queued before the records, so that the commit that makes them durable finds the commands
     * waiting. */
    for (size_t i = 0; i < loop->out.effect_count; i++) {
        const struct engine_effect *effect = &loop->out.effects[i];
        if (effect->kind == EFFECT_COMMAND && !effect->urgent) {
            release_command(loop, effect);
        }
    }
    for (size_t i = 0; i < loop->out.record_count; i++) {
        stats_record(&loop->stats, &loop->out.records[i]);
        push_record(loop, &loop->out.records[i]);
    }
    for (size_t i = 0; i < loop->out.effect_count; i++) {
        const struct engine_effect *effect = &loop->out.effects[i];
        if (effect->kind == EFFECT_VERDICT) {
            show_verdict(loop, effect);
        } else if (effect->kind == EFFECT_ANSWER && effect->token != 0) {
            answer_act(loop, effect);
        }
    }
    loop_show_places(loop);
    loop_clear_desks(loop);
}

static void tell_busy(struct loop *loop, int64_t now_ns)
{
    if (atomic_load(&loop->busy) == 0 || now_ns - loop->busy_told_ns < CHL_NS_PER_S ||
        loop_is_stuck(loop)) {
        return;
    }
    loop->busy_told_ns = now_ns;
    struct engine_input input = {.kind = INPUT_BUSY};
    input.as.inbox.busy = atomic_exchange(&loop->busy, 0);
    loop->stats.busy += input.as.inbox.busy;
    loop_decide(loop, &input);
}

static void show_busy(struct loop *loop)
{
    for (uint16_t l = 0; l < loop->site.engine.lane_count; l++) {
        if (atomic_exchange(&loop->lane_busy[l], 0) != 0) {
            struct engine_effect shown = {.lane = l,
                                          .gate = loop->site.lanes[l].gate,
                                          .reason = CHL_REASON_BUSY,
                                          .verdict = CHL_CHECK,
                                          .party = 1,
                                          .used_gate = ENGINE_NONE};
            show_verdict(loop, &shown);
        }
    }
}

static void check_clock(struct loop *loop, int64_t now_ns)
{
    if (now_ns - loop->clock_checked_ns < CHL_NS_PER_S || loop_is_stuck(loop)) {
        return;
    }
    loop->clock_checked_ns = now_ns;
    int64_t off_ns = chl_wall_ns() - now_ns;
    bool doubt = off_ns > CLOCK_DOUBT_NS || off_ns < -CLOCK_DOUBT_NS;
    if (doubt != loop->engine.state.clock_doubt) {
        struct engine_input input = {.kind = INPUT_CLOCK};
        input.as.clock.offset_ms = off_ns / CHL_NS_PER_MS;
        input.as.clock.doubt = doubt;
        loop_decide(loop, &input);
    }
    if (!doubt) {
        /* Followed slowly: deadlines are kept on this clock, and must neither pass nor wait. */
        int64_t most_ns = CLOCK_SLEW_NS;
        loop->anchor_wall_ns += off_ns > most_ns ? most_ns : off_ns < -most_ns ? -most_ns : off_ns;
    }
}

/* A plugin says something of each gate at least once a second: one that is dead says nothing. */
static void check_silence(struct loop *loop, int64_t now_ns)
{
    for (uint16_t g = 0; g < loop->site.engine.gate_count; g++) {
        if (loop->engine.state.gates[g].state == GATE_OK &&
            now_ns - loop->heard_ns[g] > GATE_SILENT_NS) {
            struct engine_input input = {.kind = INPUT_REPORT};
            input.as.report.kind = CHL_REPORT_LINK;
            input.as.report.gate.index = g;
            chl_copy(input.as.report.text, sizeof input.as.report.text,
                     "its plugin says nothing of it");
            loop_decide(loop, &input);
        }
    }
}

void loop_on_wake(uv_async_t *handle)
{
    struct loop *loop = handle->data;
    struct inbox_message message;
    /* The last commit may release a command that its plugin takes no more: what comes back then has
     * no journal to go to. Who replays the grant sees that nobody confirmed it. */
    if (loop_is_over(loop)) {
        return;
    }
    for (int i = 0; i < 1024 && loop->failed == CHL_OK && inbox_take(loop->inbox, &message); i++) {
        loop_message(loop, &message);
    }
    loop_tell_register(loop);
    loop_tell_credentials(loop);
    loop_tell_health(loop, false);
    show_busy(loop);
    loop_settle(loop);
}

void loop_on_tick(uv_timer_t *handle)
{
    struct loop *loop = handle->data;
    int64_t now_ns = loop_now_ns(loop);
    if (loop_is_over(loop)) {
        return;
    }
    if (engine_next_deadline(&loop->engine) <= now_ns && !loop_is_stuck(loop)) {
        struct engine_input input = {.kind = INPUT_TICK};
        loop_decide(loop, &input);
    }
    host_desk_tick(loop->host);
    check_clock(loop, now_ns);
    loop_check_trust(loop, now_ns);
    tell_busy(loop, now_ns);
    loop_on_wake(&loop->wake);
    check_silence(loop, now_ns);
    bool done = atomic_load(&loop->host_done) && loop->jobs == 0;
    if (loop->stopping && (done || chl_mono_ns() >= loop->stop_by_ns)) {
        uv_stop(&loop->uv);
    }
}

static void host_is_done(void *user)
{
    struct loop *loop = user;
    atomic_store(&loop->host_done, true);
    uv_async_send(&loop->wake);
}

void loop_on_signal(uv_signal_t *handle, int number)
{
    struct loop *loop = handle->data;
    if (number == SIGHUP) {
        loop_reload_trust(loop);
        loop_read_firmware(loop);
        return;
    }
    if (loop->stopping) {
        loop->stop_by_ns = 0; /* asked twice: whoever hangs is left behind */
        return;
    }
    loop->stopping = true;
    loop->stop_by_ns = chl_mono_ns() + LOOP_STOP_MS * CHL_NS_PER_MS;
    struct engine_input input = {.kind = INPUT_STOP};
    chl_copy(input.as.stopped.why, sizeof input.as.stopped.why,
             number == SIGTERM ? "SIGTERM" : "SIGINT");
    if (!loop_is_stuck(loop)) {
        loop_decide(loop, &input);
    }
    host_stop(loop->host, host_is_done, loop);
}

chl_err loop_give_command(void *user, int instance, const struct chl_gate_command *command)
{
    struct loop *loop = user;
    return host_gate_submit(loop->host, instance, command);
}

/* A command that was not given is complete all the same: the engine must hear that it never left.
 */
void loop_drop_command(void *user, const struct chl_gate_command *command, const char *why)
{
    struct loop *loop = user;
    struct inbox_message message = {.kind = INBOX_DROP, .posted_ns = chl_mono_ns()};
    message.as.report = (struct chl_gate_report){.size = sizeof message.as.report,
                                                 .kind = CHL_REPORT_DONE,
                                                 .status = CHL_COMMAND_ABORTED,
                                                 .gate = command->gate,
                                                 .generation = command->generation,
                                                 .command_id = command->id};
    chl_copy(message.as.report.text, sizeof message.as.report.text, why);
    if (inbox_push(loop->inbox, &message) != CHL_OK) {
        chl_log(CHL_LOG_ERROR, "loop", "event=drop_lost gate=%u why=%s", command->gate.index, why);
    }
}

void loop_on_durable(void *user, uint64_t last)
{
    struct loop *loop = user;
    release_durable(loop->release, last);
    host_journal_grew(loop->host, last);
    if (loop->snapshot != NULL) {
        snapshot_wake(loop->snapshot, last);
    }
    uv_async_send(&loop->wake);
}

void loop_on_journal_state(void *user, enum writer_state state, const char *text)
{
    struct loop *loop = user;
    chl_log(state == WRITER_OK ? CHL_LOG_INFO : CHL_LOG_ERROR, "journal", "event=state text=%s",
            text);
    pthread_mutex_lock(&loop->text_lock);
    chl_copy(loop->journal_text, sizeof loop->journal_text, state == WRITER_OK ? "ok" : text);
    pthread_mutex_unlock(&loop->text_lock);
    atomic_store(&loop->journal_state, (int)state);
    uv_async_send(&loop->wake);
}
