/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Folds the records a subscriber received, by itself: nothing of the engine is used, so
 * that it can prove the engine wrong.
 */
#ifndef SIM_DEMO_FOLD_H
#define SIM_DEMO_FOLD_H

#include <chilang/types.h>

enum { FOLD_GATES_MAX = 8, FOLD_REASONS_MAX = 48, FOLD_NAME = 48, FOLD_WHY = 256 };

struct fold_gate {
    char id[FOLD_NAME];
    uint64_t grant; /**< open grant, 0 = none */
    int64_t left;   /**< its places not yet passed */
};

struct fold_reason {
    char verdict[8], reason[40];
    uint64_t count;
};

struct fold {
    int64_t limit;
    int64_t inside, reserved, highest;
    uint64_t records, first, last, gaps; /**< gaps: sequences that are missing */
    uint64_t scans, taps, admits_of_families;
    uint64_t verdicts[5]; /**< chl_verdict */
    uint64_t entries, exits, tailgates, forced, reconciled_in, reconciled_out, annulled;
    uint64_t past_limit, disagreements, starts, counter_gaps;
    char why[FOLD_WHY]; /**< the first record that broke something */
    size_t gate_count, reason_count;
    struct fold_gate gates[FOLD_GATES_MAX];
    struct fold_reason reasons[FOLD_REASONS_MAX];
};

/** Fold one record; called in order of the sequence. */
void fold_record(struct fold *fold, uint64_t sequence, const char *topic, size_t topic_length,
                 const char *body, size_t body_length);

#endif
