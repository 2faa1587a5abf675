/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The festival as it happens: its phases and the hand that kills the daemon.
 */
#include <inttypes.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/time.h"
#include "sim/demo/festival.h"

enum {
    TURN_MS = 100,
    RETRY_MS = 25,
    START_PATIENCE_S = 30,
    DRAIN_PATIENCE_S = 20,
    SETTLE_PATIENCE_S = 20,
    STOP_PATIENCE_S = 15,
    STORE_EVERY_TURNS = 5,
    KILL_LEAST_MS = 60
};

int64_t festival_number(const json_t *object, const char *key, const char *inner)
{
    const json_t *value = json_object_get(object, key);
    value = inner != NULL ? json_object_get(value, inner) : value;
    return json_is_integer(value) ? json_integer_value(value) : 0;
}

static int64_t in_phase_s(const struct festival *festival)
{
    return (chl_mono_ns() - festival->phase_ns) / CHL_NS_PER_S;
}

static void enter(struct festival *festival, festival_phase phase)
{
    festival->phase = phase;
    festival->phase_ns = chl_mono_ns();
}

static void keep(json_t **slot, json_t *value)
{
    if (value != NULL) {
        json_decref(*slot);
        *slot = json_incref(value);
    }
}

static void daemon_line(struct lines *lines, const char *text, size_t length)
{
    struct festival *festival = lines->user;
    json_t *answer = json_loadb(text, length, 0, NULL);
    if (json_is_true(json_object_get(answer, "ok"))) {
        keep(&festival->status, json_object_get(answer, "status"));
        keep(&festival->stats, json_object_get(answer, "stats"));
    }
    json_decref(answer);
}

static void sim_line(struct lines *lines, const char *text, size_t length)
{
    struct festival *festival = lines->user;
    json_t *answer = json_loadb(text, length, 0, NULL);
    const char *op = json_string_value(json_object_get(answer, "op"));
    if (op != NULL && strcmp(op, "scene") == 0) {
        keep(&festival->scene, answer);
    } else if (op != NULL && strcmp(op, "truth") == 0) {
        keep(&festival->truth, answer);
    }
    json_decref(answer);
}

static const struct lines_events daemon_events = {.line = daemon_line};
static const struct lines_events sim_events = {.line = sim_line};

/** How far the subscriber's store is. */
static void look_into_store(struct festival *festival)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *statement = NULL;
    if (sqlite3_open_v2(festival->paths.store, &db, SQLITE_OPEN_READONLY, NULL) == SQLITE_OK &&
        sqlite3_prepare_v2(db, "SELECT sequence FROM cursor", -1, &statement, NULL) == SQLITE_OK &&
        sqlite3_step(statement) == SQLITE_ROW) {
        festival->received = (uint64_t)sqlite3_column_int64(statement, 0);
    }
    sqlite3_finalize(statement);
    sqlite3_close(db);
}

static bool all_gates_answer(const struct festival *festival)
{
    size_t i = 0;
    size_t ready = 0;
    const json_t *gate = NULL;
    json_array_foreach(json_object_get(festival->status, "gates"), i, gate)
    {
        const char *state = json_string_value(json_object_get(gate, "state"));
        ready += state != NULL && strcmp(state, "OK") == 0 ? 1 : 0;
    }
    return ready == FESTIVAL_GATES;
}

/** The only zone, as the daemon tells it. */
static const json_t *zone(const struct festival *festival)
{
    return json_array_get(json_object_get(festival->status, "zones"), 0);
}

static void child_ended(struct child *child)
{
    struct festival *festival = child->user;
    if (child->expected_to_end && festival->phase < PHASE_STOPPING) {
        festival_start_daemon(festival);
        return;
    }
    bool clean = child->exit_status == 0 && child->term_signal == 0;
    if (festival->phase >= PHASE_STOPPING && (clean || festival->why[0] != '\0')) {
        return;
    }
    festival_fail(festival, "%s ended by itself (exit %" PRId64 ", signal %d)", child->name,
                  child->exit_status, child->term_signal);
}

static void murder_due(uv_timer_t *timer);

/** The next kill comes at a random moment, also while the daemon still starts. */
static void plan_murder(struct festival *festival)
{
    if (festival->options.torture == 0 || festival->kills >= festival->options.torture) {
        return;
    }
    uint64_t mean_ms = (uint64_t)festival->options.seconds * 1000 / festival->options.torture;
    uint64_t span = mean_ms > KILL_LEAST_MS ? 2 * (mean_ms - KILL_LEAST_MS) + 1 : 1;
    uv_timer_start(&festival->murder, murder_due, KILL_LEAST_MS + festival_draw(festival) % span,
                   0);
}

static void murder_due(uv_timer_t *timer)
{
    struct festival *festival = timer->data;
    if (festival->phase != PHASE_OPEN) {
        return;
    }
    if (festival->daemon.running && !festival->daemon.expected_to_end) {
        festival->daemon.expected_to_end = true;
        festival->kills++;
        child_signal(&festival->daemon, SIGKILL);
    }
    plan_murder(festival);
}

static bool torture_is_over(const struct festival *festival)
{
    return festival->kills >= festival->options.torture;
}

static void open_doors(struct festival *festival)
{
    lines_sendf(festival->to_sim, "{\"op\":\"open\"}");
    festival->opened_ns = chl_mono_ns();
    enter(festival, PHASE_OPEN);
    plan_murder(festival);
}

static void stop_children(struct festival *festival)
{
    uv_timer_stop(&festival->murder);
    festival->settled = (uint64_t)festival_number(festival->status, "head", NULL);
    child_signal(&festival->daemon, SIGTERM);
    enter(festival, PHASE_STOPPING);
}

static bool everybody_left(const struct festival *festival)
{
    return festival->scene != NULL && festival_number(festival->scene, "inside", NULL) == 0 &&
           festival_number(festival->scene, "gone", NULL) ==
               festival_number(festival->scene, "people", NULL);
}

static bool all_settled(const struct festival *festival)
{
    int64_t truth = festival_number(festival->truth, "total", "inside");
    return festival_number(zone(festival), "reserved", NULL) == 0 &&
           festival_number(zone(festival), "inside", NULL) == truth &&
           festival->received >= (uint64_t)festival_number(festival->status, "head", NULL);
}

static void turn_of_phase(struct festival *festival)
{
    switch (festival->phase) {
    case PHASE_STARTING:
        if (all_gates_answer(festival) && festival->to_sim->up) {
            open_doors(festival);
        } else if (in_phase_s(festival) > START_PATIENCE_S) {
            festival_fail(festival, "expected every gate to answer within %d s, got none",
                          START_PATIENCE_S);
        }
        break;
    case PHASE_OPEN:
        if (in_phase_s(festival) >= festival->options.seconds && torture_is_over(festival) &&
            (!festival->options.stay || festival->interrupted)) {
            lines_sendf(festival->to_sim, "{\"op\":\"close\"}");
            enter(festival, PHASE_DRAINING);
        }
        break;
    case PHASE_DRAINING:
        if (everybody_left(festival)) {
            enter(festival, PHASE_SETTLING);
        } else if (in_phase_s(festival) > DRAIN_PATIENCE_S) {
            festival_fail(festival,
                          "expected everybody to leave within %d s, got %" PRId64 " still inside",
                          DRAIN_PATIENCE_S, festival_number(festival->scene, "inside", NULL));
        }
        break;
    case PHASE_SETTLING:
        /* At least one whole second, so that every answer is newer than the last passage. */
        if ((in_phase_s(festival) >= 1 && all_settled(festival)) ||
            in_phase_s(festival) > SETTLE_PATIENCE_S) {
            stop_children(festival);
        }
        break;
    case PHASE_STOPPING:
        if (!festival->daemon.running && festival->monitor.running) {
            child_signal(&festival->monitor, SIGTERM);
            child_signal(&festival->sim, SIGTERM);
        }
        if (in_phase_s(festival) > STOP_PATIENCE_S) {
            festival_fail(festival,
                          "expected all processes to end within %d s, got one that did "
                          "not",
                          STOP_PATIENCE_S);
        }
        if (!festival->daemon.running && !festival->monitor.running && !festival->sim.running) {
            enter(festival, PHASE_DONE);
        }
        break;
    case PHASE_DONE:
        break;
    }
}

static void end(struct festival *festival)
{
    child_signal(&festival->daemon, SIGKILL);
    child_signal(&festival->monitor, SIGKILL);
    child_signal(&festival->sim, SIGKILL);
    festival->phase = PHASE_DONE;
    uv_close((uv_handle_t *)&festival->turn, NULL);
    uv_close((uv_handle_t *)&festival->murder, NULL);
    uv_close((uv_handle_t *)&festival->interrupt, NULL);
    uv_close((uv_handle_t *)&festival->term, NULL);
    uv_close((uv_handle_t *)&festival->hang_up, NULL);
    lines_close(festival->to_daemon);
    lines_close(festival->to_sim);
}

static void turn(uv_timer_t *timer)
{
    struct festival *festival = timer->data;
    static unsigned turns;
    lines_sendf(festival->to_daemon, "{\"op\":\"status\"}");
    lines_sendf(festival->to_sim, "{\"op\":\"scene\"}");
    if (turns++ % STORE_EVERY_TURNS == 0) {
        lines_sendf(festival->to_daemon, "{\"op\":\"stats\"}");
        lines_sendf(festival->to_sim, "{\"op\":\"truth\"}");
        look_into_store(festival);
    }
    festival_view(festival);
    turn_of_phase(festival);
    if (festival->why[0] != '\0' || festival->phase == PHASE_DONE) {
        end(festival);
    }
}

static void interrupted(uv_signal_t *handle, int number)
{
    struct festival *festival = handle->data;
    if (number != SIGHUP && festival->options.stay && festival->phase == PHASE_OPEN &&
        !festival->interrupted) {
        festival->interrupted = true; /* the doors close, everything is counted as usual */
        return;
    }
    festival->cut_short = true;
    festival_fail(festival,
                  "interrupted before its end: nothing is judged, all processes are ended");
}

static bool start_all(struct festival *festival)
{
    festival->daemon.user = festival->sim.user = festival->monitor.user = festival;
    festival->daemon.ended = festival->sim.ended = festival->monitor.ended = child_ended;
    festival_start_sim(festival);
    if (festival->why[0] == '\0' && festival_site(festival) == CHL_OK) {
        char *check[] = {festival->chilangd, "--check-config", festival->paths.site, NULL};
        if (festival_tool(festival, check) == CHL_OK) {
            festival_start_daemon(festival);
            festival_start_monitor(festival);
        }
    }
    return festival->why[0] == '\0';
}

void festival_play(struct festival *festival)
{
    festival->to_daemon = calloc(1, sizeof *festival->to_daemon);
    festival->to_sim = calloc(1, sizeof *festival->to_sim);
    if (festival->to_daemon == NULL || festival->to_sim == NULL ||
        uv_loop_init(&festival->loop) != 0) {
        festival_fail(festival, "expected memory, got none");
        return;
    }
    uv_timer_init(&festival->loop, &festival->turn);
    uv_timer_init(&festival->loop, &festival->murder);
    uv_signal_init(&festival->loop, &festival->interrupt);
    uv_signal_init(&festival->loop, &festival->term);
    uv_signal_init(&festival->loop, &festival->hang_up);
    festival->turn.data = festival->murder.data = festival;
    festival->interrupt.data = festival->term.data = festival->hang_up.data = festival;
    enter(festival, PHASE_STARTING);
    start_all(festival);
    lines_connect(festival->to_daemon, &festival->loop, festival->paths.control, RETRY_MS,
                  &daemon_events, festival);
    lines_connect(festival->to_sim, &festival->loop, festival->paths.sim_control, RETRY_MS,
                  &sim_events, festival);
    uv_signal_start(&festival->interrupt, interrupted, SIGINT);
    uv_signal_start(&festival->term, interrupted, SIGTERM);
    uv_signal_start(&festival->hang_up, interrupted, SIGHUP);
    uv_timer_start(&festival->turn, turn, 0, TURN_MS);
    uv_run(&festival->loop, UV_RUN_DEFAULT);
    uv_loop_close(&festival->loop);
    festival_view_end(festival);
}
