/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Starts the daemon, the subscriber and the simulator as a site's owner would.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/time.h"
#include "sim/demo/festival.h"

enum { DWELLS = 3 /* people stay for a third of the time that entry is open */ };

unsigned festival_stay_ms(const struct festival *festival)
{
    return festival->options.seconds * 1000 / DWELLS;
}

void festival_start_daemon(struct festival *festival)
{
    char *argv[] = {festival->chilangd, "--config", festival->paths.site, NULL};
    festival->daemon.name = "chilangd";
    festival->daemon_started_ns = chl_mono_ns();
    if (child_start(&festival->daemon, &festival->loop, argv, festival->paths.log_daemon, NULL) !=
        CHL_OK) {
        festival_fail(festival, "chilangd: expected a program that starts, got an error");
    }
}

void festival_start_monitor(struct festival *festival)
{
    char pull[64];
    char live[64];
    char key[FESTIVAL_PATH + 32];
    char server[FESTIVAL_PATH + 32];
    snprintf(pull, sizeof pull, "tcp://127.0.0.1:%d", festival->pull_port);
    snprintf(live, sizeof live, "tcp://127.0.0.1:%d", festival->live_port);
    snprintf(key, sizeof key, "%s/monitor.key", festival->paths.keys);
    snprintf(server, sizeof server, "%s/server.pub", festival->paths.keys);
    char *argv[] = {festival->chilang, "monitor", "--connect", pull,
                    "--live",          live,      "--key",     key,
                    "--server-key",    server,    "--store",   festival->paths.store,
                    "--durable",       "demo",    "--json",    NULL};
    festival->monitor.name = "chilang monitor";
    if (child_start(&festival->monitor, &festival->loop, argv, festival->paths.log_monitor, NULL) !=
        CHL_OK) {
        festival_fail(festival, "chilang monitor: expected a program that starts, got an error");
    }
}

struct line_buffer {
    char text[256];
    size_t length;
};

static void sim_room(uv_handle_t *handle, size_t suggested, uv_buf_t *out)
{
    (void)suggested;
    struct line_buffer *line = handle->data;
    *out = uv_buf_init(line->text + line->length, (unsigned)(sizeof line->text - line->length));
}

static void sim_told(uv_stream_t *stream, ssize_t count, const uv_buf_t *buffer)
{
    (void)buffer;
    struct line_buffer *line = stream->data;
    if (count > 0) {
        line->length += (size_t)count;
    }
    if (count < 0 || memchr(line->text, '\n', line->length) != NULL ||
        line->length == sizeof line->text) {
        uv_read_stop(stream);
        uv_stop(stream->loop);
    }
}

/** The simulator tells which port it got. */
void festival_start_sim(struct festival *festival)
{
    static const char expected[] = "listening 127.0.0.1:";
    struct line_buffer line = {.length = 0};
    char seed[24];
    char units[8];
    char dwell[24];
    uv_pipe_t out;
    snprintf(seed, sizeof seed, "%" PRIu64, festival->options.seed);
    snprintf(dwell, sizeof dwell, "%u", festival_stay_ms(festival));
    snprintf(units, sizeof units, "%d", FESTIVAL_GATES);
    char *argv[] = {festival->self,
                    "--listen",
                    "127.0.0.1:0",
                    "--units",
                    units,
                    "--control",
                    festival->paths.sim_control,
                    "--crowd",
                    festival->paths.manifest,
                    "--scan",
                    festival->paths.scan,
                    "--daemon",
                    festival->paths.control,
                    "--dwell-ms",
                    dwell,
                    "--seed",
                    seed,
                    NULL};
    festival->sim.name = "chilang-sim";
    uv_pipe_init(&festival->loop, &out, 0);
    out.data = &line;
    if (child_start(&festival->sim, &festival->loop, argv, festival->paths.log_sim, &out) ==
        CHL_OK) {
        uv_read_start((uv_stream_t *)&out, sim_room, sim_told);
        uv_run(&festival->loop, UV_RUN_DEFAULT);
    }
    if (line.length > sizeof expected && memcmp(line.text, expected, sizeof expected - 1) == 0) {
        line.text[line.length - 1] = '\0';
        festival->modbus_port = (int)strtol(line.text + sizeof expected - 1, NULL, 10);
    } else {
        festival_fail(festival, "chilang-sim: expected a line with its port, got none");
    }
    uv_close((uv_handle_t *)&out, NULL);
    uv_run(&festival->loop, UV_RUN_NOWAIT);
}
