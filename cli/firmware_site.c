/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The controllers of a site, each with the gates that use it and what they want.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/firmware.h"
#include "lib/base/text.h"
#include "lib/base/time.h"

/** What is read of a bus; its other options are the daemon's. */
struct bus_options {
    const char *address;
    int64_t baud, stop_bits, response_ms;
    int parity;
};

static const char *const parities[] = {"none", "even", "odd", NULL};

static const struct chl_opt bus_table[] = {{.name = "address",
                                            .type = CHL_OPT_STR,
                                            .required = true,
                                            .max = 300,
                                            .offset = offsetof(struct bus_options, address)},
                                           {.name = "baud",
                                            .type = CHL_OPT_INT,
                                            .dflt = "9600",
                                            .min = 1200,
                                            .max = 4000000,
                                            .offset = offsetof(struct bus_options, baud)},
                                           {.name = "parity",
                                            .type = CHL_OPT_ENUM,
                                            .dflt = "none",
                                            .choices = parities,
                                            .offset = offsetof(struct bus_options, parity)},
                                           {.name = "stop-bits",
                                            .type = CHL_OPT_INT,
                                            .dflt = "1",
                                            .min = 1,
                                            .max = 2,
                                            .offset = offsetof(struct bus_options, stop_bits)},
                                           {.name = "response-timeout",
                                            .type = CHL_OPT_DURATION_MS,
                                            .dflt = "0 ms",
                                            .max = 10000,
                                            .offset = offsetof(struct bus_options, response_ms)},
                                           {.name = NULL}};

enum { BUS_KEYS_MAX = 64, PARTS_MAX = 6 };

static int read_line(const struct firmware_options *options, const struct config *config, int bus,
                     struct firmware_line *out)
{
    struct bus_options o = {.address = NULL};
    struct chl_yaml_error error = {.line = 0};
    const struct config_instance *instance = &config->instances[bus];
    const char *keys[BUS_KEYS_MAX + 1] = {NULL};
    const size_t count = chl_yaml_count(config->document, instance->options);
    for (size_t i = 0; i < count && i < BUS_KEYS_MAX; i++) {
        (void)chl_yaml_item(config->document, instance->options, i, &keys[i]);
    }
    if (strcmp(instance->use, "gate_modbus") != 0) {
        (void)fprintf(stderr,
                      "%s: expected a bus of gate_modbus, got '%s', which uses %s; settings are "
                      "read over Modbus only\n",
                      options->program, instance->name, instance->use);
        return CLI_FAILED;
    }
    if (chl_yaml_read(config->document, instance->options, bus_table, keys, &o, &error) != CHL_OK) {
        (void)fprintf(stderr, "%s: %s\n", options->program, error.text);
        return CLI_FAILED;
    }
    *out = (struct firmware_line){.address = o.address,
                                  .baud = o.baud,
                                  .parity = "NEO"[o.parity],
                                  .stop_bits = (int)o.stop_bits,
                                  .response_ns = o.response_ms * CHL_NS_PER_MS};
    return CLI_OK;
}

static uint64_t bit(int row)
{
    return row >= 0 && row < CHL_ROWS_MAX ? UINT64_C(1) << row : 0;
}

/** The unit at this place, made when it is new; NULL when there are too many. */
static struct firmware_unit *unit_at(struct firmware_units *out, int bus, uint16_t unit,
                                     const char *path, size_t room)
{
    for (size_t i = 0; i < out->count; i++) {
        if (out->units[i].bus == bus && out->units[i].unit == unit) {
            return &out->units[i];
        }
    }
    if (out->count == room) {
        return NULL;
    }
    struct firmware_unit *made = &out->units[out->count++];
    *made = (struct firmware_unit){.bus = bus, .unit = unit, .path = path};
    return made;
}

static struct chl_firmware_use *use_of(struct firmware_unit *unit, const char *gate)
{
    for (size_t i = 0; i < unit->use_count; i++) {
        if (strcmp(unit->uses[i].gate, gate) == 0) {
            return &unit->uses[i];
        }
    }
    if (unit->use_count == CHL_FIRMWARE_USES_MAX) {
        return NULL;
    }
    const size_t used = strlen(unit->names);
    (void)snprintf(unit->names + used, sizeof unit->names - used, "%s%s", used > 0 ? ", " : "",
                   gate);
    unit->uses[unit->use_count] = (struct chl_firmware_use){.gate = gate};
    return &unit->uses[unit->use_count++];
}

/** A part of a gate, wherever it stands; `counts` are the rows of the one that counts. */
static bool add_part(struct firmware_units *out, const struct config_gate *gate, uint16_t unit,
                     const char *path, uint64_t counts, size_t room)
{
    if (unit == 0) {
        return true;
    }
    struct firmware_unit *at = unit_at(out, gate->instance, unit, path, room);
    struct chl_firmware_use *use = at != NULL ? use_of(at, gate->id) : NULL;
    if (use != NULL) {
        use->counts |= counts;
    }
    return use != NULL;
}

static bool add_gate(struct firmware_units *out, const struct config_gate *gate, size_t room)
{
    struct firmware_unit *own = unit_at(out, gate->instance, gate->unit, gate->profile, room);
    struct chl_firmware_use *use = own != NULL ? use_of(own, gate->id) : NULL;
    if (use == NULL) {
        return false;
    }
    use->own = true;
    use->outputs |= bit(gate->release_row) | bit(gate->close_row);
    use->wants = (struct chl_wants){.pass_time_ms = gate->pass_time_ms,
                                    .on_link_loss = gate->on_link_loss,
                                    .wish_count = gate->wish_count,
                                    .wishes = gate->wishes};
    const struct {
        uint16_t unit;
        const char *path;
        uint64_t counts;
    } parts[PARTS_MAX] = {
        {gate->count.unit, gate->count.profile, bit(gate->count.entry) | bit(gate->count.exit)},
        {gate->check.unit, gate->check.profile, bit(gate->check.entry) | bit(gate->check.exit)},
        {gate->object.unit, gate->object.profile, 0},
        {gate->fire.unit, gate->fire.profile, 0},
        {gate->tamper.unit, gate->tamper.profile, 0},
        {gate->lamps.unit, gate->lamps.profile, 0}};
    bool ok = true;
    for (size_t i = 0; ok && i < PARTS_MAX; i++) {
        ok = add_part(out, gate, parts[i].unit, parts[i].path, parts[i].counts, room);
    }
    if (ok && gate->lamps.unit != 0) {
        unit_at(out, gate->instance, gate->lamps.unit, gate->lamps.profile, room)->lamps |=
            bit(gate->lamps.green) | bit(gate->lamps.blue) | bit(gate->lamps.amber) |
            bit(gate->lamps.red) | bit(gate->lamps.sounder);
    }
    return ok;
}

static bool is_meant(const struct firmware_options *options, const struct firmware_unit *unit)
{
    for (size_t i = 0; i < unit->use_count; i++) {
        const struct chl_firmware_use *use = &unit->uses[i];
        /* A device that is elsewhere is the gate's own, not one of its parts. */
        const bool own_only = options->at != 0 || options->at_baud != 0;
        if (options->gate == NULL ||
            (strcmp(use->gate, options->gate) == 0 && (use->own || !own_only))) {
            return true;
        }
    }
    return false;
}

/** What else the site has on the bus, then only the units that are meant are kept. */
static int choose(const struct firmware_options *options, struct firmware_units *out)
{
    size_t kept = 0;
    for (size_t i = 0; i < out->count; i++) {
        struct firmware_unit *unit = &out->units[i];
        for (size_t j = 0; j < out->count; j++) {
            if (out->units[j].bus == unit->bus) {
                unit->listed++;
                unit->addresses[unit->address_count++] = out->units[j].unit;
            }
        }
    }
    for (size_t i = 0; i < out->count; i++) {
        if (is_meant(options, &out->units[i])) {
            out->units[kept++] = out->units[i];
        }
    }
    out->count = kept;
    if (kept == 0) {
        (void)fprintf(stderr,
                      "%s: expected a gate with a device%s%s, got none; see `gates` in %s\n",
                      options->program, options->gate != NULL ? " called " : "",
                      options->gate != NULL ? options->gate : "", options->site);
        return CLI_FAILED;
    }
    for (size_t i = 0; i < kept; i++) {
        struct firmware_unit *unit = &out->units[i];
        int code = read_line(options, out->config, unit->bus, &unit->line);
        code = code == CLI_OK ? firmware_load(options, unit) : code;
        code = code == CLI_OK ? firmware_take_place(options, unit) : code;
        for (size_t k = 0; code == CLI_OK && k < unit->use_count; k++) {
            const bool outputs = !unit->profile->registers[CHL_REG_LAMP].present;
            unit->uses[k].lamps = outputs ? unit->lamps : 0;
        }
        if (code != CLI_OK) {
            return code;
        }
    }
    return CLI_OK;
}

int firmware_find_site(const struct firmware_options *options, struct firmware_units *out)
{
    struct chl_yaml_error error = {.line = 0};
    if (config_load(options->site, NULL, &out->config, &error) != CHL_OK) {
        (void)fprintf(stderr, "%s: %s\n", options->program, error.text);
        return CLI_FAILED;
    }
    const struct config *config = out->config;
    const char *state = options->state != NULL ? options->state : config->state_dir;
    const size_t room = config->gate_count * (PARTS_MAX + 1);
    out->units = calloc(room + 1, sizeof *out->units);
    bool ok = out->units != NULL && chl_copy(out->state, sizeof out->state, state);
    for (size_t i = 0; ok && i < config->gate_count; i++) {
        ok = config->gates[i].instance < 0 || add_gate(out, &config->gates[i], room);
    }
    if (!ok) {
        (void)fprintf(stderr, "%s: expected at most %d gates on one unit, got more\n",
                      options->program, CHL_FIRMWARE_USES_MAX);
        return CLI_FAILED;
    }
    return choose(options, out);
}
