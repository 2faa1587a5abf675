/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief One key, one person.
 */
#include "cli/audit_tap.h"

#include <string.h>

enum { BACKSPACE = 8, DELETE = 127 };

static audit_key count(struct audit_taps *taps, bool in)
{
    if (taps->undo == AUDIT_UNDO_MAX) {
        memmove(taps->was_in, taps->was_in + 1, sizeof taps->was_in - sizeof *taps->was_in);
        taps->undo--;
    }
    taps->was_in[taps->undo++] = in;
    taps->in += in ? 1 : 0;
    taps->out += in ? 0 : 1;
    return AUDIT_TAPPED;
}

static audit_key take_back(struct audit_taps *taps)
{
    if (taps->undo == 0) {
        return AUDIT_NOTHING;
    }
    bool in = taps->was_in[--taps->undo];
    taps->in -= in ? 1 : 0;
    taps->out -= in ? 0 : 1;
    return AUDIT_TAKEN_BACK;
}

audit_key audit_tap(struct audit_taps *taps, unsigned char key)
{
    switch (key) {
    case 'i':
    case 'I':
    case ' ':
        return count(taps, true);
    case 'o':
    case 'O':
        return count(taps, false);
    case BACKSPACE:
    case DELETE:
        return take_back(taps);
    case 'q':
    case 'Q':
        return AUDIT_END;
    default:
        return AUDIT_NOTHING;
    }
}
