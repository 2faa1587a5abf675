/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Making the loop's parts, running them, ending them in order.
 */
#include "core/loop/internal.h"

#include "lib/base/log.h"
#include "lib/base/text.h"
#include "lib/base/time.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { GRACE_MS = 1000, SNAPSHOT_RECORDS = 10000, SNAPSHOT_S = 60 };

static void wake_loop(void *user)
{
    struct loop *loop = user;
    uv_async_send(&loop->wake);
}

static chl_err open_handles(struct loop *loop)
{
    static const int numbers[] = {SIGTERM, SIGINT, SIGHUP};
    if (uv_loop_init(&loop->uv) != 0 || uv_async_init(&loop->uv, &loop->wake, loop_on_wake) != 0 ||
        uv_timer_init(&loop->uv, &loop->tick) != 0) {
        return CHL_E_IO;
    }
    loop->handles_open = true;
    loop->wake.data = loop;
    loop->tick.data = loop;
    for (size_t i = 0; i < 3; i++) {
        uv_signal_init(&loop->uv, &loop->signals[i]);
        loop->signals[i].data = loop;
        uv_signal_start(&loop->signals[i], loop_on_signal, numbers[i]);
    }
    return CHL_OK;
}

static chl_err make_arrays(struct loop *loop)
{
    size_t gates = loop->site.engine.gate_count + 1U;
    loop->heard_ns = calloc(gates, sizeof *loop->heard_ns);
    loop->restarted = calloc(gates, sizeof *loop->restarted);
    loop->captured_ns = calloc(gates, sizeof *loop->captured_ns);
    loop->measured = calloc(gates, sizeof *loop->measured);
    loop->health = calloc(loop->config->instance_count + 1, sizeof *loop->health);
    loop->lane_busy = calloc(loop->site.engine.lane_count + 1U, sizeof *loop->lane_busy);
    return loop->heard_ns != NULL && loop->restarted != NULL && loop->captured_ns != NULL &&
                   loop->measured != NULL && loop->lane_busy != NULL && loop->health != NULL
               ? CHL_OK
               : CHL_E_NOMEM;
}

static chl_err make_parts(struct loop *loop, char *why, size_t why_size)
{
    chl_copy(why, why_size, "cannot make the loop's parts");
    struct release_sink release_sink = {
        .user = loop, .submit = loop_give_command, .dropped = loop_drop_command};
    chl_err error = site_make(loop->config, &loop->site);
    error = error != CHL_OK ? error : make_arrays(loop);
    error = error != CHL_OK ? error : engine_init(&loop->engine, &loop->site.engine);
    error = error != CHL_OK ? error : engine_init(&loop->folded, &loop->site.engine);
    error = error != CHL_OK ? error : engine_output_init(&loop->out);
    error = error != CHL_OK ? error : inbox_new(wake_loop, loop, &loop->inbox);
    error = error != CHL_OK
                ? error
                : release_new(&release_sink, loop->site.engine.gate_count, &loop->release);
    return error != CHL_OK ? error : open_handles(loop);
}

static chl_err make_host(struct loop *loop, char *why, size_t why_size)
{
    struct host_options options = {.config = loop->config, .data_dir = loop->data_dir};
    loop_sink(loop, &options.sink);
    return host_new(&options, &loop->host, why, why_size);
}

chl_err loop_new(const struct config *config, const char *data_dir, struct loop **out, char *why,
                 size_t why_size)
{
    struct loop *loop = calloc(1, sizeof *loop);
    if (loop == NULL) {
        chl_copy(why, why_size, "out of memory");
        return CHL_E_NOMEM;
    }
    loop->config = config;
    loop->data_dir = data_dir;
    loop->last = &loop->first;
    pthread_mutex_init(&loop->text_lock, NULL);
    chl_copy(loop->journal_text, sizeof loop->journal_text, "ok");
    loop->anchor_wall_ns = chl_wall_ns();
    loop->anchor_mono_ns = chl_mono_ns();
    struct control_door door = {.user = loop, .on_request = loop_request};
    chl_err error = make_parts(loop, why, why_size);
    error = error != CHL_OK ? error : make_host(loop, why, why_size);
    error = error != CHL_OK ? error : loop_open_journal(loop, why, why_size);
    error = error != CHL_OK ? error
                            : control_server_start(&loop->uv, config->control_path, &door,
                                                   &loop->control, why, why_size);
    if (error != CHL_OK) {
        loop_free(loop);
        return error;
    }
    *out = loop;
    return CHL_OK;
}

static void record_start(struct loop *loop)
{
    struct engine_input input = {.kind = INPUT_START};
    chl_copy(input.as.started.version, sizeof input.as.started.version, CHL_VERSION);
    input.as.started.replayed = loop->engine.state.sequence;
    FILE *file = fopen("/proc/sys/kernel/random/boot_id", "r");
    if (file != NULL) {
        char boot[ENGINE_WHO] = "";
        if (fgets(boot, sizeof boot, file) != NULL) {
            boot[strcspn(boot, "\n")] = '\0';
            chl_copy(input.as.started.boot, sizeof input.as.started.boot, boot);
        }
        fclose(file);
    }
    loop_decide(loop, &input);
}

static chl_err start_snapshots(struct loop *loop, char *why, size_t why_size)
{
    struct snapshot_options options = {.journal_path = loop->config->journal_path,
                                       .every_records = SNAPSHOT_RECORDS,
                                       .every_s = SNAPSHOT_S};
    struct snapshot_fold fold;
    loop_fold_interface(&loop->folded, &fold);
    chl_err error = snapshot_start(&options, &fold, &loop->snapshot);
    if (error != CHL_OK) {
        snprintf(why, why_size, "%s: the thread for snapshots could not start",
                 loop->config->journal_path);
    }
    return error;
}

static void loop_close_journal(struct loop *loop)
{
    if (loop->writer != NULL && writer_stop(loop->writer) != CHL_OK) {
        chl_log(CHL_LOG_ERROR, "journal",
                "event=given_up text=records that were never acknowledged");
    }
    loop->writer = NULL;
}

chl_err loop_run(struct loop *loop, char *why, size_t why_size)
{
    release_durable(loop->release, loop->head.last);
    /* Before the first record: the writer's thread wakes it from then on. */
    chl_err error = start_snapshots(loop, why, why_size);
    if (error != CHL_OK) {
        return error;
    }
    record_start(loop);
    loop_record_loads(loop);
    loop_record_firmware(loop);
    error = error != CHL_OK ? error : host_start(loop->host, why, why_size);
    if (error != CHL_OK) {
        return error;
    }
    uv_timer_start(&loop->tick, loop_on_tick, LOOP_TICK_MS, LOOP_TICK_MS);
    chl_log(CHL_LOG_INFO, "loop", "event=running site=%s head=%llu epoch=%s", loop->config->site_id,
            (unsigned long long)loop->engine.state.sequence, loop->epoch);
    uv_run(&loop->uv, UV_RUN_DEFAULT);
    if (!loop->stopping) {
        host_stop(loop->host, NULL, NULL);
    }
    if (host_join(loop->host, loop->stopping ? GRACE_MS : LOOP_STOP_MS) != CHL_OK) {
        /* A plugin that does not stop still runs: nothing it may touch can be freed. */
        loop_close_journal(loop);
        chl_log(CHL_LOG_ERROR, "loop", "event=stuck_plugin text=ending without cleaning up");
        _exit(EXIT_FAILURE);
    }
    /* What plugins said while they stopped is still decided and kept. */
    struct inbox_message message;
    while (loop->failed == CHL_OK && !loop_is_stuck(loop) && inbox_take(loop->inbox, &message)) {
        loop_message(loop, &message);
    }
    loop_tell_register(loop);
    loop_tell_health(loop, true);
    loop_close_journal(loop);
    loop_settle(loop);
    if (loop->failed != CHL_OK) {
        chl_copy(why, why_size, loop->why);
    }
    return loop->failed;
}

static void close_handle(uv_handle_t *handle, void *unused)
{
    (void)unused;
    if (!uv_is_closing(handle)) {
        uv_close(handle, NULL);
    }
}

void loop_free(struct loop *loop)
{
    if (loop == NULL) {
        return;
    }
    loop_close_journal(loop); /* its thread wakes the loop: first, when a start was refused */
    control_server_stop(loop->control);
    loop->control = NULL; /* it frees itself; a status may still be under way */
    if (loop->handles_open) {
        uv_run(&loop->uv, UV_RUN_NOWAIT);
        uv_walk(&loop->uv, close_handle, NULL);
        uv_run(&loop->uv, UV_RUN_DEFAULT);
        uv_loop_close(&loop->uv);
    }
    if (loop->snapshot != NULL) {
        snapshot_stop(loop->snapshot);
    }
    if (loop->host != NULL) {
        host_free(loop->host);
    }
    while (loop->first != NULL) {
        struct deferred *item = loop->first;
        loop->first = item->next;
        free(item);
    }
    loop_drop_register(loop);
    inbox_free(loop->inbox);
    release_free(loop->release);
    engine_output_free(&loop->out);
    engine_free(&loop->engine);
    engine_free(&loop->folded);
    site_free(&loop->site);
    free(loop->heard_ns);
    free(loop->restarted);
    free(loop->captured_ns);
    free(loop->measured);
    free(loop->lane_busy);
    free(loop->health);
    pthread_mutex_destroy(&loop->text_lock);
    free(loop);
}
