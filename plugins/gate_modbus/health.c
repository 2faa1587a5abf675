/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Which gates of a bus do not answer, and since when, in one line for the operator.
 */
#include "health.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/text.h"
#include "lib/base/time.h"

enum { SECONDS = 19, /* of 2022-02-01T07:30:00.000000000Z */ REST = 20 /* " and 65535 more" */ };

chl_err health_init(struct health *health, size_t count)
{
    *health = (struct health){.count = count, .changed = true};
    health->gates = calloc(count, sizeof *health->gates);
    return health->gates != NULL ? CHL_OK : CHL_E_NOMEM;
}

void health_free(struct health *health)
{
    free(health->gates);
}

void health_take(struct health *health, const struct chl_gate_report *report, int64_t wall_ns)
{
    for (size_t i = 0; report->kind == CHL_REPORT_LINK && i < health->count; i++) {
        struct gate_health *gate = &health->gates[i];
        if (gate->gate.index != report->gate.index) {
            continue;
        }
        if (!gate->known || gate->up != report->link_up) {
            gate->since_ns = wall_ns;
            health->changed = true;
        }
        gate->known = true;
        gate->up = report->link_up;
        (void)chl_copy(gate->why, sizeof gate->why, report->link_up ? "" : report->text);
    }
}

static size_t count_up(const struct health *health)
{
    size_t up = 0;
    for (size_t i = 0; i < health->count; i++) {
        up += health->gates[i].up;
    }
    return up;
}

/** ` G2 (unit 2) since 2022-02-01T07:30:00Z: no answer` */
static void describe(const struct gate_health *gate, char *out, size_t size)
{
    char since[CHL_RFC3339_SIZE];
    chl_time_format(gate->since_ns, since);
    since[strlen(since) > SECONDS ? SECONDS : 0] = '\0';
    (void)snprintf(out, size, " %s (unit %u) since %sZ: %s", gate->name, gate->unit, since,
                   gate->why);
}

bool health_text(const struct health *health, char out[HEALTH_TEXT])
{
    const size_t up = count_up(health);
    size_t named = 0;
    size_t silent = 0;
    size_t used = (size_t)snprintf(out, HEALTH_TEXT, "%zu of %zu gates answer", up, health->count);
    for (size_t i = 0; i < health->count; i++) {
        const struct gate_health *gate = &health->gates[i];
        if (gate->up || !gate->known) {
            continue;
        }
        char text[HEALTH_TEXT];
        describe(gate, text, sizeof text);
        silent++;
        if (named == silent - 1 && used + strlen(text) + sizeof "; silent:" + REST < HEALTH_TEXT) {
            used += (size_t)snprintf(out + used, HEALTH_TEXT - used, "%s%s",
                                     named == 0 ? "; silent:" : ",", text);
            named++;
        }
    }
    if (silent > named) {
        (void)snprintf(out + used, HEALTH_TEXT - used, " and %zu more", silent - named);
    }
    return up == health->count;
}
