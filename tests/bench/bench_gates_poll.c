/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief How much of a bare libmodbus loop's rate is left when the driver polls the same
 * registers: interleaved turns on one simulator.
 */
#include <errno.h>
#include <modbus.h>
#include <stdint.h>
#include <string.h>

#include "lib/base/time.h"
#include "tests/bench/figure.h"
#include "tests/bench/gates_world.h"

enum { PAIRS = 41, WARM = 3, POLLS = 1600, FIRST = 0x40, WORDS = 9 };
#define REQUIRED 0.95

static double bare_rate(modbus_t *context)
{
    uint16_t words[WORDS];
    const int64_t began = chl_mono_ns();
    for (int i = 0; i < POLLS; i++) {
        if (modbus_set_slave(context, i % WORLD_UNITS + 1) != 0 ||
            modbus_read_registers(context, FIRST, WORDS, words) != WORDS) {
            fprintf(stderr, "gates: the bare loop failed: %s\n", modbus_strerror(errno));
            return 0;
        }
    }
    return POLLS * 1e9 / (double)(chl_mono_ns() - began);
}

static double driver_rate(struct world_bus *world)
{
    const uint64_t from = world->polls;
    const int64_t began = chl_mono_ns();
    while (world->polls - from < POLLS && chl_mono_ns() - began < 60 * CHL_NS_PER_S) {
        world_bus_step(world, INT64_MAX);
    }
    return (double)(world->polls - from) * 1e9 / (double)(chl_mono_ns() - began);
}

static modbus_t *connect_bare(const char *address)
{
    char host[WORLD_PATH];
    (void)snprintf(host, sizeof host, "%s", address);
    char *colon = strrchr(host, ':');
    *colon = '\0';
    modbus_t *context = modbus_new_tcp(host, atoi(colon + 1));
    return context != NULL && modbus_connect(context) == 0 ? context : NULL;
}

int main(void)
{
    char units[] = "8", option[] = "--units";
    char *arguments[] = {option, units, NULL};
    char address[WORLD_PATH + 8];
    struct world_sim sim = {0};
    struct world_bus world = {0};
    static double ratios[PAIRS], bare[PAIRS], ours[PAIRS];
    if (!world_sim_start(&sim, arguments)) {
        return 1;
    }
    (void)snprintf(address, sizeof address, "tcp://%s", sim.address);
    const struct chl_bus_settings wire = {.address = address};
    modbus_t *context = connect_bare(sim.address);
    bool good =
        context != NULL && world_bus_make(&world, &wire, WORLD_UNITS, 1, 0, 500 * CHL_NS_PER_MS);
    for (int pair = -WARM; good && pair < PAIRS; pair++) {
        const int at = pair < 0 ? 0 : pair;
        const bool first = pair % 2 == 0;
        ours[at] = first ? driver_rate(&world) : 0;
        bare[at] = bare_rate(context);
        ours[at] = first ? ours[at] : driver_rate(&world);
        good = bare[at] > 0 && ours[at] > 0;
        ratios[at] = good ? ours[at] / bare[at] : 0;
    }
    if (good) {
        printf("bare libmodbus %.0f polls/s, driver %.0f polls/s (medians)\n",
               figure_median(bare, PAIRS), figure_median(ours, PAIRS));
        figure_at_least("gates, poll rate / libmodbus", REQUIRED, ratios, PAIRS);
    }
    if (world.bus != NULL) {
        world_bus_free(&world);
    }
    modbus_free(context);
    world_sim_stop(&sim);
    return good ? 0 : 1;
}
