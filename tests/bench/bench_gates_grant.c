/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief How long a grant waits for the wire of a bus of eight polled units, one of which is dead:
 * TCP, and a serial line with the time of its baud rate and of the devices injected.
 *
 *  The bound is one transaction under way, at worst the probe of the dead unit, and the grant's
 * own: times of an RTU line after MODBUS over Serial Line V1.02 §2.5 (8N1, silences of 3.5
 * characters).
 */
#include <inttypes.h>
#include <stdint.h>
#include <string.h>

#include "lib/base/time.h"
#include "tests/bench/figure.h"
#include "tests/bench/gates_world.h"

/* As a site would set `response-timeout` and `delay-max` for turnstiles that answer within 20 ms.
 */
enum { GRANTS = 300, LIVE = WORLD_UNITS - 1, RESPONSE_MS = 150, DEVICE_MS = 20, GRANT_BYTES = 19 };

/** One kind of bus. */
struct line {
    const char *name, *baud; /**< NULL = TCP */
    int64_t poll_ms, gap_ms, pause_ms;
};

static const struct line lines[] = {
    {.name = "TCP", .poll_ms = 250, .gap_ms = 5, .pause_ms = 100},
    {.name = "RTU 115200", .baud = "115200", .poll_ms = 500, .gap_ms = 5, .pause_ms = 150},
    {.name = "RTU 9600", .baud = "9600", .poll_ms = 1000, .gap_ms = 5, .pause_ms = 400},
};

/** Bytes of a request and its answer on the line, with both silences, ms. */
static double on_line_ms(const struct line *line, unsigned bytes)
{
    if (line->baud == NULL) {
        return 0;
    }
    const double baud = strtod(line->baud, NULL);
    const double character = 10e3 / baud;
    const double silence = baud > 19200 ? 1.75 : 3.5 * 11e3 / baud;
    return bytes * character + 2 * silence + DEVICE_MS;
}

static double bound_ms(const struct line *line)
{
    return RESPONSE_MS + (double)line->gap_ms + on_line_ms(line, GRANT_BYTES);
}

static bool settle(struct world_bus *world)
{
    const int64_t until = chl_mono_ns() + 20 * CHL_NS_PER_S;
    while (world->up < LIVE && chl_mono_ns() < until) {
        world_bus_step(world, until);
    }
    /* What a device that came up is asked for once is over, and the dead one's backoff has grown.
     */
    const int64_t rest = chl_mono_ns() + 5 * CHL_NS_PER_S;
    while (chl_mono_ns() < rest) {
        world_bus_step(world, rest);
    }
    return world->up >= LIVE;
}

/** Give one command that comes at `due_ns`, whatever the bus is at. @return ms until it was done.
 */
static double give(struct world_bus *world, chl_gate_action action, unsigned gate, uint64_t id,
                   int64_t due_ns)
{
    const struct chl_gate_command order = {.size = sizeof order,
                                           .action = (uint8_t)action,
                                           .gate.index = (uint16_t)gate,
                                           .places = 1,
                                           .generation = 1,
                                           .id = id,
                                           .deadline_ns = due_ns + 10 * CHL_NS_PER_S};
    while (chl_mono_ns() < due_ns) {
        world_bus_step(world, due_ns);
    }
    if (chl_modbus_accept(world->driver, &order, chl_mono_ns()) != CHL_OK) {
        return -1;
    }
    while (world->done != id && chl_mono_ns() < order.deadline_ns) {
        world_bus_step(world, order.deadline_ns);
    }
    const bool good = world->done == id && world->done_status == CHL_COMMAND_DONE;
    return good ? (double)(world->done_ns - due_ns) / 1e6 : -1;
}

static bool measure(const struct line *line, struct world_bus *world)
{
    static double times[GRANTS];
    uint64_t random = 1, id = 0;
    if (!settle(world)) {
        fprintf(stderr, "gates: expected %d gates, %zu came up\n", LIVE, world->up);
        return false;
    }
    for (int i = 0; i < GRANTS; i++) {
        random = random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        const int64_t pause = (int64_t)(random >> 33) % (2 * line->pause_ms * CHL_NS_PER_MS);
        const unsigned gate = (unsigned)(i % LIVE);
        times[i] = give(world, CHL_GATE_RELEASE, gate, ++id, chl_mono_ns() + pause);
        if (times[i] < 0 || give(world, CHL_GATE_CANCEL, gate, ++id, chl_mono_ns()) < 0) {
            fprintf(stderr, "gates: %s: command %" PRIu64 " was not done\n", line->name, id);
            return false;
        }
    }
    const double middle = figure_median(times, GRANTS);
    const double p99 = times[GRANTS * 99 / 100], bound = bound_ms(line);
    printf(
        "%s: grant p50 %.1f ms, p90 %.1f ms, p99 %.1f ms, most %.1f ms; computed bound %.1f ms\n",
        line->name, middle, times[GRANTS * 9 / 10], p99, times[GRANTS - 1], bound);
    printf("figure\tgates, grant %s, p99\t<= %.1f ms\t%.2f ms\t%.2f ms\t%.2f ms\t%s\n", line->name,
           bound, p99, times[0], times[GRANTS - 1], p99 <= bound ? "met" : "MISSED");
    return true;
}

static bool run(const struct line *line)
{
    char baud[16], delay[16], address[WORLD_PATH + 8];
    (void)snprintf(baud, sizeof baud, "%s", line->baud == NULL ? "" : line->baud);
    (void)snprintf(delay, sizeof delay, "%d", DEVICE_MS);
    char *tcp[] = {(char[]){"--stdin"}, (char[]){"--units"}, (char[]){"8"}, NULL};
    char *rtu[] = {(char[]){"--stdin"},
                   (char[]){"--units"},
                   (char[]){"8"},
                   (char[]){"--listen=rtu:"},
                   (char[]){"--baud-time"},
                   baud,
                   (char[]){"--delay"},
                   delay,
                   NULL};
    struct world_sim sim = {0};
    struct world_bus world = {0};
    if (!world_sim_start(&sim, line->baud == NULL ? tcp : rtu)) {
        return false;
    }
    world_sim_tell(&sim, "{\"op\":\"off\",\"unit\":8,\"on\":true}");
    (void)snprintf(address, sizeof address, "%s%s", line->baud == NULL ? "tcp://" : "",
                   sim.address);
    const struct chl_bus_settings wire = {.address = address,
                                          .baud =
                                              line->baud != NULL ? strtol(line->baud, NULL, 10) : 0,
                                          .delay_max_ns = RESPONSE_MS * CHL_NS_PER_MS};
    const bool good = world_bus_make(&world, &wire, WORLD_UNITS, line->poll_ms * CHL_NS_PER_MS,
                                     line->gap_ms * CHL_NS_PER_MS, RESPONSE_MS * CHL_NS_PER_MS) &&
                      measure(line, &world);
    if (world.bus != NULL) {
        world_bus_free(&world);
    }
    world_sim_stop(&sim);
    return good;
}

int main(void)
{
    bool good = true;
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        good = run(&lines[i]) && good;
    }
    return good ? 0 : 1;
}
