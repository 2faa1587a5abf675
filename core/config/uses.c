/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief What the gates take of the buses: a unit is one device, an output one gate's, a counter
 *  counts one lane.
 */
#include "core/config/internal.h"

#include <stdlib.h>
#include <string.h>

enum {
    UNITS_PER_GATE = 8, /**< device, count, check, object, fire, tamper, lamps */
    ROWS_PER_GATE = 16, /**< release, close, counts, checks, lamps */
    UNITS_MAX = CONFIG_GATES_MAX * UNITS_PER_GATE,
    ROWS_MAX = CONFIG_GATES_MAX * ROWS_PER_GATE
};

struct unit_use {
    int instance;
    uint16_t unit;
    const char *path, *gate;
    const struct chl_profile *profile;
};

struct row_use {
    int instance;
    uint16_t unit;
    config_use use;
    int row;
    const char *what, *gate;
};

struct config_uses {
    size_t unit_count, row_count;
    struct unit_use units[UNITS_MAX];
    struct row_use rows[ROWS_MAX];
};

static chl_err make_uses(struct reading *r)
{
    if (r->uses == NULL) {
        r->uses = calloc(1, sizeof *r->uses);
    }
    return r->uses != NULL ? CHL_OK : config_no_memory(r);
}

/** The bus carries no more units than the strictest of its devices allows. */
static chl_err check_room(struct reading *r, struct chl_yaml_node node,
                          const struct config_gate *gate)
{
    const struct unit_use *strictest = NULL;
    size_t count = 0;
    for (size_t i = 0; i < r->uses->unit_count; i++) {
        const struct unit_use *u = &r->uses->units[i];
        if (u->instance != gate->instance) {
            continue;
        }
        count++;
        if (u->profile->units_per_bus > 0 &&
            (strictest == NULL || u->profile->units_per_bus < strictest->profile->units_per_bus)) {
            strictest = u;
        }
    }
    if (strictest == NULL || count <= strictest->profile->units_per_bus) {
        return CHL_OK;
    }
    return chl_yaml_refuse(
        r->yaml, node, r->error,
        "expected at most %u units on '%s', as profile '%s' of unit %u says, got "
        "%zu; put this device on another bus",
        strictest->profile->units_per_bus, r->config->instances[gate->instance].name,
        strictest->profile->id, strictest->unit, count);
}

chl_err config_use_unit(struct reading *r, struct chl_yaml_node node,
                        const struct config_gate *gate, uint16_t unit, const char *path,
                        const struct chl_profile *profile)
{
    chl_err result = make_uses(r);
    if (result != CHL_OK) {
        return result;
    }
    if (unit > profile->units_max) {
        return chl_yaml_refuse(r->yaml, node, r->error,
                               "expected 1 to %u for 'unit', got %u; '%s' knows no higher address",
                               profile->units_max, unit, profile->id);
    }
    for (size_t i = 0; i < r->uses->unit_count; i++) {
        const struct unit_use *u = &r->uses->units[i];
        if (u->instance != gate->instance || u->unit != unit) {
            continue;
        }
        if (strcmp(u->path, path) != 0) {
            return chl_yaml_refuse(
                r->yaml, node, r->error,
                "expected profile '%s' for unit %u on '%s', as gate '%s' has it, "
                "got '%s'; one unit is one device: name its profile, or another "
                "unit",
                u->profile->id, unit, r->config->instances[gate->instance].name, u->gate,
                profile->id);
        }
        return CHL_OK;
    }
    if (r->uses->unit_count == UNITS_MAX) {
        return config_no_memory(r);
    }
    r->uses->units[r->uses->unit_count++] =
        (struct unit_use){gate->instance, unit, path, gate->id, profile};
    return check_room(r, node, gate);
}

static chl_err refuse_row(struct reading *r, struct chl_yaml_node node,
                          const struct config_gate *gate, const struct row_use *taken,
                          const char *what)
{
    static const char *const things[] = {
        [CONFIG_USE_GRANT] = "unit",
        [CONFIG_USE_OUTPUT] = "output",
        [CONFIG_USE_LAMP] = "lamp",
        [CONFIG_USE_COUNT] = "counter",
    };
    const char *bus = r->config->instances[gate->instance].name;
    if (taken->use == CONFIG_USE_GRANT) {
        return chl_yaml_refuse(r->yaml, node, r->error,
                               "expected a unit of its own on '%s', got %u, which is gate '%s'; "
                               "give each device another address",
                               bus, taken->unit, taken->gate);
    }
    return chl_yaml_refuse(
        r->yaml, node, r->error,
        "expected %s %s of its own for '%s', got %d of unit %u on '%s', which is "
        "'%s' of gate '%s'; name another",
        taken->use == CONFIG_USE_OUTPUT ? "an" : "a", things[taken->use], what, taken->row + 1,
        taken->unit, bus, taken->what, taken->gate);
}

chl_err config_use_row(struct reading *r, struct chl_yaml_node node, const struct config_gate *gate,
                       config_use use, uint16_t unit, int row, const char *what)
{
    chl_err result = make_uses(r);
    if (result != CHL_OK || row < 0) {
        return result;
    }
    for (size_t i = 0; i < r->uses->row_count; i++) {
        const struct row_use *u = &r->uses->rows[i];
        if (u->instance == gate->instance && u->unit == unit && u->use == use && u->row == row) {
            return refuse_row(r, node, gate, u, what);
        }
    }
    if (r->uses->row_count == ROWS_MAX) {
        return config_no_memory(r);
    }
    r->uses->rows[r->uses->row_count++] =
        (struct row_use){gate->instance, unit, use, row, what, gate->id};
    return CHL_OK;
}
