/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Reports to the host: kept while it is busy, in an order that never misleads.
 *
 *  Nothing is queued without bound: a completion stays in its command's place, the link keeps the
 *  one transition that the host has not heard, a reading is absolute so the newest one suffices.
 */
#include <string.h>

#include "lib/base/text.h"
#include "lib/modbus/internal.h"

static struct chl_gate_report report_of(const struct gate *g, chl_report_kind kind)
{
    return (struct chl_gate_report){.size = (uint32_t)sizeof(struct chl_gate_report),
                                    .kind = (uint8_t)kind,
                                    .gate = g->id.gate,
                                    .link_up = g->up,
                                    .generation = atomic_load(&g->generation)};
}

static bool answers(const struct unit *u)
{
    return u != NULL && u->up && !u->stale;
}

/** Parts that stopped answering; one that was not asked yet is not silent. */
static uint8_t silent_parts(const struct chl_modbus *bus, const struct gate *g)
{
    static const struct {
        gate_part part;
        uint8_t bit;
    } rows[] = {{PART_CHECK, CHL_SILENT_CHECK},
                {PART_OBJECT, CHL_SILENT_OBJECT},
                {PART_TAMPER, CHL_SILENT_TAMPER},
                {PART_LAMPS, CHL_SILENT_LAMPS}};
    unsigned silent = 0;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct unit *u = gate_unit(bus, g, rows[i].part);
        silent |= u != NULL && u->told && !u->up ? rows[i].bit : 0U;
    }
    return (uint8_t)silent;
}

/** What stands beside a reading. */
static void add_state(const struct chl_modbus *bus, struct chl_gate_report *report,
                      const struct gate *g)
{
    report->restarted = g->owes_restart && report->reading.taken_ns >= g->restart_ns;
    report->unfit = g->unfit;
    report->fire = g->fire;
    report->tamper = g->tamper;
    /* What it counted before it fell silent says nothing of those who pass meanwhile. */
    report->has_check = answers(gate_unit(bus, g, PART_CHECK)) && g->check.known;
    report->check_bits = g->check.bits;
    report->check_entry_count = g->check.value[0];
    report->check_exit_count = g->check.value[1];
    report->silent = silent_parts(bus, g);
}

/** The host took a reading: what it was told of a restart need not be told again. */
static void told_restart(struct gate *g, const struct chl_gate_report *report)
{
    if (report->restarted) {
        g->owes_restart = false;
    }
}

static bool post(struct chl_modbus *bus, const struct chl_gate_report *report)
{
    return bus->settings.post(bus->settings.user, report) != CHL_E_BUSY;
}

static struct command *oldest_finished(struct gate *g)
{
    struct command *oldest = NULL;
    for (size_t i = 0; g->finished > 0 && i < GATE_COMMANDS; i++) {
        struct command *c = &g->commands[i];
        if (c->phase == PHASE_FINISHED && (oldest == NULL || c->arrival < oldest->arrival)) {
            oldest = c;
        }
    }
    return oldest;
}

static bool post_completions(struct chl_modbus *bus, struct gate *g)
{
    for (struct command *c = oldest_finished(g); c != NULL; c = oldest_finished(g)) {
        struct chl_gate_report report = report_of(g, CHL_REPORT_DONE);
        report.status = (uint8_t)c->status;
        report.command_id = c->order.id;
        report.generation = c->order.generation;
        report.has_reading = c->has_reading;
        report.reading = c->reading;
        (void)chl_copy(report.text, sizeof report.text, c->text);
        if (c->has_reading) {
            add_state(bus, &report, g);
        }
        if (!post(bus, &report)) {
            return false;
        }
        told_restart(g, &report);
        c->phase = PHASE_FREE;
        g->finished--;
    }
    return true;
}

static bool post_link(struct chl_modbus *bus, struct gate *g, bool up, bool *owed)
{
    if (!*owed) {
        return true;
    }
    struct chl_gate_report report = report_of(g, CHL_REPORT_LINK);
    report.link_up = up;
    if (!up) {
        (void)chl_copy(report.text, sizeof report.text, g->why);
    }
    if (!post(bus, &report)) {
        return false;
    }
    *owed = false;
    return true;
}

static bool post_reading(struct chl_modbus *bus, struct gate *g, int64_t now_ns)
{
    if (!g->owes_reading) {
        return true;
    }
    struct chl_gate_report report = report_of(g, CHL_REPORT_READING);
    report.has_reading = true;
    report.reading = g->last;
    add_state(bus, &report, g);
    (void)chl_copy(report.text, sizeof report.text, g->unfit ? g->unfit_text : "");
    if (!post(bus, &report)) {
        return false;
    }
    told_restart(g, &report);
    g->owes_reading = false;
    g->posted_ns = now_ns;
    return true;
}

/** Post all that waits. @return true when the host was busy and something still waits. */
bool reports_post(struct chl_modbus *bus, int64_t now_ns)
{
    for (size_t i = 0; i < bus->gate_count; i++) {
        struct gate *g = &bus->gates[i];
        if (!post_link(bus, g, false, &g->owes_down) || !post_completions(bus, g) ||
            !post_link(bus, g, true, &g->owes_up) || !post_reading(bus, g, now_ns)) {
            return true;
        }
    }
    return false;
}
