/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief What a person taps while people pass: in, out, and taking the last one back.
 */
#ifndef CHL_CLI_AUDIT_TAP_H
#define CHL_CLI_AUDIT_TAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { AUDIT_UNDO_MAX = 256 };

/** People tapped so far, and the last taps in order, so that they can be taken back. */
struct audit_taps {
    uint32_t in, out;
    size_t undo; /**< how many of `was_in` may be taken back */
    bool was_in[AUDIT_UNDO_MAX];
};

/** What a key did. */
typedef enum { AUDIT_NOTHING, AUDIT_TAPPED, AUDIT_TAKEN_BACK, AUDIT_END } audit_key;

/** One key: `i` or a blank is one in, `o` one out, backspace takes the last one back, `q` ends.
 *  Thread: main. Blocks: never. */
audit_key audit_tap(struct audit_taps *taps, unsigned char key);

#endif
