/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief What the operator's door says: the status of the site, and events for screens.
 */
#ifndef CHL_CORE_STATUS_H
#define CHL_CORE_STATUS_H

#include "core/config/config.h"
#include "core/engine/engine.h"
#include "core/host/host.h"

/** The register of persons, as the door tells of it: how many, never who. */
struct register_status {
    bool loaded, refused; /**< refused: the file as it is now; what was loaded stays in use */
    size_t count;
    char text[HOST_WHY_MAX]; /**< why it was refused */
};

/** What the site believes, as the door tells of it. */
struct trust_status {
    bool loaded, refused; /**< refused: as it lies there now; what was loaded stays in use */
    size_t keys, skipped; /**< believed keys; entries that could not be read */
    int64_t updated_s;    /**< when its oldest part was last known to be current, 0 = has no age */
    char text[HOST_WHY_MAX];
};

/** What status needs beside the engine. */
struct status_view {
    const struct config *config;
    const struct engine *engine;
    struct host *host;
    const char *epoch;   /**< text */
    const char *journal; /**< "ok" or why not */
    int64_t now_ns;
    struct register_status persons;
    struct trust_status trust;
    const int64_t *heard_ns; /**< per gate: wall time of its last report, 0 = never */
};

/** The object `status` of docs/control.md. @return length, 0 when it does not fit. */
size_t status_json(const struct status_view *view, char *out, size_t size);

/** One event for watchers. @return length, 0 when it does not fit. */
size_t status_verdict(const struct status_view *view, const struct engine_effect *effect, char *out,
                      size_t size);
size_t status_zone(const struct status_view *view, uint16_t zone, char *out, size_t size);
size_t status_gate(const struct status_view *view, uint16_t gate, char *out, size_t size);

#endif
