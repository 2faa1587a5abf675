/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief A small site with a fake clock, for tests of the engine.
 */
#ifndef TEST_ENGINE_SITE_H
#define TEST_ENGINE_SITE_H

#include "core/engine/engine.h"

enum { SITE_PASS_S = 7, SITE_GATES = 4, SITE_HAND = 3, SITE_TRUST_S = 14 * 86400 };

/** venue (hard 6) > court (hard 4, warn 3); gates 0,1: outside → court; 2: venue → court; 3: hand.
 */
struct site {
    struct engine engine;
    struct engine_output out;
    int64_t now_ns;
    int32_t utc_offset_s;
    uint32_t entry[SITE_GATES], exit_count[SITE_GATES];
    uint8_t mode[SITE_GATES]; /**< chl_gate_mode that the device is in */
    char *journal;            /**< all records as JSON lines, for replay */
    size_t journal_length, journal_size;
};

extern const struct engine_config site_config;

void site_open(struct site *site);
void site_close(struct site *site);
/** Decide an input at the site's time and keep what it produced. */
void site_decide(struct site *site, struct engine_input *input);
/** Gate answers for the first time: baseline and OK. */
void site_ready(struct site *site);
/** A signed, healthy declaration of `party` people with code number `code`. */
struct engine_scan site_scan(uint16_t lane, unsigned code, uint16_t party);
/** Scan and return the verdict's reason. */
chl_reason site_show(struct site *site, const struct engine_scan *scan);
/** People pass at the device, and it says so. */
void site_pass(struct site *site, uint16_t gate, uint32_t entries, uint32_t exits);
/** A reading of the gate as its counters stand, for what else it says. */
struct chl_gate_report site_reading(const struct site *site, uint16_t gate);
void site_report(struct site *site, const struct chl_gate_report *report);
/** A completion of the gate's last command of that action. */
void site_complete(struct site *site, uint16_t gate, engine_action action, uint64_t grant,
                   chl_command_status status, bool object);
void site_operator(struct site *site, struct engine_operator act);
/** Find a record of the last output; NULL when there is none. */
const struct engine_record *site_record(const struct site *site, engine_record_type type);
const struct engine_effect *site_effect(const struct site *site, engine_effect_kind kind);
/** Fold the kept records into a fresh engine and compare the states byte for byte. */
bool site_replays(const struct site *site);

#endif
