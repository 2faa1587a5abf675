/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Which gates of a bus do not answer, and since when, in one line for the operator.
 */
#ifndef GATE_MODBUS_HEALTH_H
#define GATE_MODBUS_HEALTH_H

#include <chilang/gate.h>

enum { HEALTH_TEXT = 256 };

struct gate_health {
    chl_gate_id gate;
    uint16_t unit;
    char name[48];
    bool known, up;   /**< known: a link was reported */
    int64_t since_ns; /**< wall time of the last change */
    char why[64];     /**< of a link that is down */
};

/** Thread: filled by the supervisor, then the bus's only. */
struct health {
    size_t count;
    struct gate_health *gates;
    bool changed; /**< since it was last said */
};

/** @return CHL_OK or CHL_E_NOMEM. */
chl_err health_init(struct health *health, size_t count);
void health_free(struct health *health);

/** Take a report of a link; others are ignored. */
void health_take(struct health *health, const struct chl_gate_report *report, int64_t wall_ns);

/** One line: how many answer, which do not and since when; what does not fit is counted.
 *  @return whether all answer. */
bool health_text(const struct health *health, char out[HEALTH_TEXT]);

#endif
