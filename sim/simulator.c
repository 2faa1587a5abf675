/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The simulator as a process, see simulator.h.
 */
#include "sim/simulator.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "lib/base/locate.h"
#include "lib/base/time.h"
#include "sim/door.h"
#include "sim/screen.h"
#include "sim/server.h"

enum { TICK_MS = 4, PATH_SIZE = 512, WHY = 640 };

struct simulator {
    uv_loop_t loop;
    uv_timer_t tick;
    uv_signal_t term, interrupt;
    struct chl_profile *profile;
    struct controller controller;
    struct crowd crowd;
    struct screen screen;
    struct server server;
    struct door door;
    char picture_dir[PATH_SIZE];
    bool has_crowd, has_screen, has_server, stopping;
    char why[WHY];
};

static void stop(struct simulator *sim)
{
    if (sim->stopping) {
        return;
    }
    sim->stopping = true;
    uv_close((uv_handle_t *)&sim->tick, NULL);
    uv_close((uv_handle_t *)&sim->term, NULL);
    uv_close((uv_handle_t *)&sim->interrupt, NULL);
    door_stop(&sim->door);
    if (sim->has_server) {
        server_stop(&sim->server);
    }
    if (sim->has_screen) {
        screen_stop(&sim->screen);
    }
}

static void quit(struct door *door)
{
    stop(door->user);
}

static void signalled(uv_signal_t *handle, int number)
{
    (void)number;
    stop(handle->data);
}

static void ticked(uv_timer_t *timer)
{
    struct simulator *sim = timer->data;
    int64_t now_ns = chl_mono_ns();
    controller_tick(&sim->controller, now_ns);
    if (sim->has_crowd) {
        crowd_tick(&sim->crowd, now_ns);
    }
}

static chl_err load_profile(struct simulator *sim, const char *name)
{
    char data[PATH_SIZE];
    char path[PATH_SIZE];
    struct chl_yaml_error error;
    memset(&error, 0, sizeof error);
    chl_err rc = chl_locate_data(data, sizeof data);
    if (rc != CHL_OK || !chl_profile_path(data, name, path, sizeof path)) {
        snprintf(sim->why, sizeof sim->why, "profile: expected a shorter name than %s", name);
        return CHL_E_LIMIT;
    }
    rc = chl_profile_load(path, &sim->profile, &error);
    if (rc != CHL_OK) {
        snprintf(sim->why, sizeof sim->why, "%s", error.text);
    }
    return rc;
}

static chl_err start_server(struct simulator *sim, const char *listen)
{
    char host[64];
    int bound = 0;
    const char *colon = strrchr(listen, ':');
    char *end = NULL;
    long port = colon != NULL ? strtol(colon + 1, &end, 10) : -1;
    if (colon == NULL || end == colon + 1 || *end != '\0' || port < 0 || port > 65535 ||
        (size_t)(colon - listen) >= sizeof host) {
        snprintf(sim->why, sizeof sim->why,
                 "listen: expected ADDRESS:PORT such as 127.0.0.1:1502, got %s", listen);
        return CHL_E_INVAL;
    }
    snprintf(host, sizeof host, "%.*s", (int)(colon - listen), listen);
    chl_err rc = server_start(&sim->server, &sim->loop, &sim->controller, host, (int)port, &bound,
                              sim->why, sizeof sim->why);
    if (rc == CHL_OK) {
        sim->has_server = true;
        printf("listening %s:%d\n", host, bound);
        fflush(stdout);
    }
    return rc;
}

static chl_err load_crowd(struct simulator *sim, const struct simulator_options *options)
{
    if (options->scan_dir == NULL || options->daemon == NULL) {
        snprintf(sim->why, sizeof sim->why,
                 "crowd: expected --scan and --daemon beside --crowd, got only one of them");
        return CHL_E_INVAL;
    }
    chl_err rc = crowd_load(&sim->crowd, options->crowd, sim->why, sizeof sim->why);
    if (rc != CHL_OK) {
        return rc;
    }
    sim->has_crowd = true;
    sim->crowd.random = options->seed;
    if (options->dwell_ms > 0) {
        sim->crowd.pace.dwell_ms[0] = options->dwell_ms * 3 / 4;
        sim->crowd.pace.dwell_ms[1] = options->dwell_ms * 5 / 4;
    }
    for (size_t i = 0; i < sim->crowd.lane_count; i++) {
        struct crowd_lane *lane = &sim->crowd.lanes[i];
        struct controller_unit *unit = controller_unit(&sim->controller, lane->unit);
        if (unit == NULL) {
            snprintf(sim->why, sizeof sim->why, "%s: lane %s: expected a unit up to %u, got %u",
                     options->crowd, lane->id, options->units, (unsigned)lane->unit);
            return CHL_E_CONFIG;
        }
        lane->device = &unit->device;
    }
    const char *slash = strrchr(options->crowd, '/');
    int folder = slash != NULL ? (int)(slash - options->crowd) : 1;
    snprintf(sim->picture_dir, sizeof sim->picture_dir, "%.*s", folder,
             slash != NULL ? options->crowd : ".");
    sim->screen.crowd = &sim->crowd;
    sim->screen.scan_dir = options->scan_dir;
    sim->screen.picture_dir = sim->picture_dir;
    sim->has_screen = true;
    return screen_start(&sim->screen, &sim->loop, options->daemon);
}

static chl_err start(struct simulator *sim, const struct simulator_options *options)
{
    chl_err rc = load_profile(sim, options->profile);
    if (rc != CHL_OK) {
        return rc;
    }
    rc = controller_init(&sim->controller, sim->profile, options->units);
    if (rc != CHL_OK) {
        snprintf(sim->why, sizeof sim->why, "units: expected 1 to %u, got %u",
                 (unsigned)sim->profile->units_max, options->units);
        return rc;
    }
    for (size_t i = 0; i < sim->controller.count; i++) {
        sim->controller.units[i].delay_ms = options->delay_ms;
    }
    if (options->crowd != NULL) {
        rc = load_crowd(sim, options);
    }
    sim->door.loop = &sim->loop;
    sim->door.controller = &sim->controller;
    sim->door.crowd = sim->has_crowd ? &sim->crowd : NULL;
    sim->door.quit = quit;
    sim->door.user = sim;
    if (rc == CHL_OK) {
        rc =
            door_start(&sim->door, options->control, options->use_stdin, sim->why, sizeof sim->why);
    }
    return rc == CHL_OK ? start_server(sim, options->listen) : rc;
}

int simulator_run(const struct simulator_options *options)
{
    struct simulator *sim = calloc(1, sizeof *sim);
    if (sim == NULL || uv_loop_init(&sim->loop) != 0) {
        free(sim);
        return EXIT_FAILURE;
    }
    signal(SIGPIPE, SIG_IGN);
    uv_timer_init(&sim->loop, &sim->tick);
    uv_signal_init(&sim->loop, &sim->term);
    uv_signal_init(&sim->loop, &sim->interrupt);
    sim->tick.data = sim->term.data = sim->interrupt.data = sim;
    uv_signal_start(&sim->term, signalled, SIGTERM);
    uv_signal_start(&sim->interrupt, signalled, SIGINT);
    chl_err rc = start(sim, options);
    if (rc != CHL_OK) {
        fprintf(stderr, "chilang-sim: %s\n", sim->why);
        stop(sim);
    } else {
        uv_timer_start(&sim->tick, ticked, TICK_MS, TICK_MS);
    }
    uv_run(&sim->loop, UV_RUN_DEFAULT);
    uv_loop_close(&sim->loop);
    if (options->control != NULL && rc == CHL_OK) {
        uv_fs_t request;
        uv_fs_unlink(NULL, &request, options->control, NULL);
        uv_fs_req_cleanup(&request);
    }
    crowd_free(&sim->crowd);
    chl_profile_free(sim->profile);
    free(sim);
    return rc == CHL_OK ? EXIT_SUCCESS : EXIT_FAILURE;
}
