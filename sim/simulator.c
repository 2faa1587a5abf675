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

#include "lib/base/time.h"
#include "sim/door.h"
#include "sim/screen.h"

enum { TICK_MS = 4, PATH_SIZE = 512, WHY = 640 };

struct simulator {
    uv_loop_t loop;
    uv_timer_t tick;
    uv_signal_t term, interrupt;
    struct later later;
    size_t port_count;
    struct port *ports; /**< owned */
    struct crowd crowd;
    struct screen screen;
    struct door door;
    char picture_dir[PATH_SIZE];
    bool has_crowd, has_screen, has_later, stopping;
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
    for (size_t i = 0; i < sim->port_count; i++) {
        port_stop(&sim->ports[i]);
    }
    if (sim->has_later) {
        later_stop(&sim->later);
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
    for (size_t i = 0; i < sim->port_count; i++) {
        port_tick(&sim->ports[i], now_ns);
    }
    if (sim->has_crowd) {
        crowd_tick(&sim->crowd, now_ns);
    }
}

/** Make the buses, without listening yet. */
static chl_err build(struct simulator *sim, struct simulator_options *options,
                     const struct port_address *address)
{
    chl_err rc = CHL_OK;
    sim->ports = calloc(options->controllers, sizeof *sim->ports);
    if (sim->ports == NULL) {
        snprintf(sim->why, sizeof sim->why, "controllers: expected memory for %u, got none",
                 options->controllers);
        return CHL_E_NOMEM;
    }
    sim->port_count = options->controllers;
    for (size_t i = 0; i < sim->port_count; i++) {
        controller_init(&sim->ports[i].controller, address->framing);
    }
    for (size_t i = 0; i < sim->port_count && rc == CHL_OK; i++) {
        rc = layout_build(&options->layout, &sim->ports[i].controller, chl_mono_ns(), sim->why,
                          sizeof sim->why);
    }
    return rc;
}

static chl_err listen_all(struct simulator *sim, const struct port_address *first)
{
    for (size_t i = 0; i < sim->port_count; i++) {
        struct port_address address;
        port_nth(first, (unsigned)i, &address);
        chl_err rc = port_start(&sim->ports[i], &sim->loop, &sim->later, &address, sim->why,
                                sizeof sim->why);
        if (rc != CHL_OK) {
            return rc;
        }
    }
    return CHL_OK;
}

static void announce(const struct simulator *sim)
{
    for (size_t i = 0; i < sim->port_count; i++) {
        char text[PORT_TEXT];
        port_text(&sim->ports[i], text);
        printf("listening %s\n", text);
    }
    fflush(stdout);
}

/** Requests of the command line: done before anybody is told where to come in. */
static chl_err do_requests(struct simulator *sim, const struct layout_texts *requests)
{
    static char answer[LINES_MAX];
    for (size_t i = 0; i < requests->count; i++) {
        const char *text = requests->texts[i];
        size_t length =
            door_answer(&sim->door, text, strlen(text), answer, sizeof answer - 1, chl_mono_ns());
        answer[length] = '\0';
        if (strstr(answer, "\"ok\":true") == NULL) {
            snprintf(sim->why, sizeof sim->why, "do: %s: %.300s", text, answer);
            return CHL_E_INVAL;
        }
    }
    return CHL_OK;
}

/** Lanes with the same unit take its turnstiles one after the other. */
static struct device *device_of_lane(const struct simulator *sim, size_t lane)
{
    size_t nth = 0;
    for (size_t i = 0; i < lane; i++) {
        nth += sim->crowd.lanes[i].unit == sim->crowd.lanes[lane].unit ? 1 : 0;
    }
    const struct controller *controller = &sim->ports[0].controller;
    const struct controller_unit *unit = controller_unit(controller, sim->crowd.lanes[lane].unit);
    /* A turnstile with registers of its own may serve several lanes. */
    nth = unit != NULL && unit->board.has_device ? 0 : nth;
    return controller_device(controller, sim->crowd.lanes[lane].unit, nth);
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
        lane->device = device_of_lane(sim, i);
        if (lane->device == NULL) {
            snprintf(sim->why, sizeof sim->why,
                     "%s: lane %s: expected a unit with a turnstile for each of its lanes, got %u",
                     options->crowd, lane->id, (unsigned)lane->unit);
            return CHL_E_CONFIG;
        }
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

static chl_err start(struct simulator *sim, struct simulator_options *options)
{
    struct port_address address;
    chl_err rc = port_parse(options->listen, &address, sim->why, sizeof sim->why);
    if (rc != CHL_OK) {
        return rc;
    }
    rc = later_start(&sim->later, &sim->loop);
    if (rc != CHL_OK) {
        snprintf(sim->why, sizeof sim->why, "expected a timer, got none");
        return rc;
    }
    sim->has_later = true;
    rc = build(sim, options, &address);
    if (rc == CHL_OK && options->crowd != NULL) {
        rc = load_crowd(sim, options);
    }
    sim->door.loop = &sim->loop;
    sim->door.ports = sim->ports;
    sim->door.port_count = sim->port_count;
    sim->door.crowd = sim->has_crowd ? &sim->crowd : NULL;
    sim->door.quit = quit;
    sim->door.user = sim;
    if (rc == CHL_OK) {
        rc =
            door_start(&sim->door, options->control, options->use_stdin, sim->why, sizeof sim->why);
    }
    rc = rc == CHL_OK ? listen_all(sim, &address) : rc;
    rc = rc == CHL_OK ? do_requests(sim, &options->requests) : rc;
    if (rc == CHL_OK) {
        announce(sim);
    }
    return rc;
}

int simulator_run(struct simulator_options *options)
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
    for (size_t i = 0; i < sim->port_count; i++) {
        controller_free(&sim->ports[i].controller);
    }
    free(sim->ports);
    layout_free(&options->layout);
    free(sim);
    return rc == CHL_OK ? EXIT_SUCCESS : EXIT_FAILURE;
}
