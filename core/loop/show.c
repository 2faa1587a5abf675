/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Events for screens: which zones and gates the records of a decision changed.
 */
#include "core/loop/internal.h"

#include <string.h>

/* What a record says changed: gates one by one, all of them, or the zones. */
static void find_changes(const struct loop *loop, bool gates[ENGINE_GATES_MAX], bool *zones)
{
    for (size_t i = 0; i < loop->out.record_count; i++) {
        const struct engine_record *record = &loop->out.records[i];
        uint16_t gate = ENGINE_NONE;
        switch (record->type) {
        case RECORD_GATE_STATE:
            gate = record->as.GATE_STATE.gate;
            break;
        case RECORD_GATE_MODE:
            gate = record->as.GATE_MODE.gate;
            break;
        case RECORD_GATE_PHASE:
            gate = record->as.GATE_PHASE.gate;
            break;
        case RECORD_CANCELLED:
            gate = record->as.CANCELLED.gate;
            break;
        case RECORD_DECISION:
            gate = record->as.DECISION.places > 0 ? record->as.DECISION.gate : gate;
            break;
        case RECORD_PASSAGE:
            gate = record->as.PASSAGE.gate;
            *zones = true;
            break;
        case RECORD_EMERGENCY:
            memset(gates, true, ENGINE_GATES_MAX * sizeof *gates);
            break;
        case RECORD_RECONCILED:
        case RECORD_GAP:
        case RECORD_DISAGREEMENT:
        case RECORD_COUNT_AUDIT:
        case RECORD_LIMIT_STATE:
        case RECORD_RECOUNT:
        case RECORD_DISPERSAL:
        case RECORD_AT_ALARM:
            *zones = true;
            break;
        default:
            break;
        }
        if (gate < loop->site.engine.gate_count) {
            gates[gate] = true;
        }
    }
}

/* Screens follow zones and gates by events made of the records that changed them. */
void loop_show_places(struct loop *loop)
{
    if (control_watchers(loop->control) == 0) {
        return;
    }
    struct status_view view;
    char line[LOOP_LINE];
    bool gates[ENGINE_GATES_MAX] = {false};
    bool zones = false;
    loop_view(loop, &view);
    find_changes(loop, gates, &zones);
    for (uint16_t g = 0; g < loop->site.engine.gate_count; g++) {
        size_t length = gates[g] ? status_gate(&view, g, line, sizeof line) : 0;
        if (length > 0) {
            loop_defer(loop, loop->engine.state.sequence, 0, NULL, line, length);
        }
    }
    for (uint16_t z = 0; zones && z < loop->site.engine.zone_count; z++) {
        size_t length = status_zone(&view, z, line, sizeof line);
        if (length > 0) {
            loop_defer(loop, loop->engine.state.sequence, 0, NULL, line, length);
        }
    }
}
