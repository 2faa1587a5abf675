/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Says what was passed over in trust files, and why, without drowning the rest.
 */
#include <stdio.h>

#include "cli/trust.h"

enum { SHOWN_MAX = 20 };

static void show(void *user, const char *file, size_t entry, const char *why)
{
    struct trust_skips *skips = user;
    if (skips->count++ >= SHOWN_MAX) {
        return;
    }
    fprintf(stderr, "%s: ", skips->command);
    if (entry > 0) {
        fprintf(stderr, "%s: entry %zu skipped: %s\n", file, entry, why);
    } else {
        fprintf(stderr, "%s: skipped: %s\n", file, why);
    }
}

void trust_show_skips(struct chl_trust *trust, struct trust_skips *skips, const char *command)
{
    *skips = (struct trust_skips){.command = command};
    chl_trust_on_skip(trust, show, skips);
}

void trust_end_skips(const struct trust_skips *skips)
{
    if (skips->count > SHOWN_MAX) {
        fprintf(stderr, "%s: and %zu more were skipped\n", skips->command,
                skips->count - SHOWN_MAX);
    }
}
