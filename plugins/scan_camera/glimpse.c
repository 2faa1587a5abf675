/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Counts how long an unreadable code has been in view.
 */
#include "glimpse.h"

enum { NS_PER_MS = 1000000 };

void glimpse_init(struct glimpse *glimpse, int64_t after_ms)
{
    *glimpse = (struct glimpse){.after_ns = after_ms * NS_PER_MS};
}

bool glimpse_frame(struct glimpse *glimpse, bool marked, bool read, int64_t now_ns)
{
    if (!marked && !read) {
        return false;
    }
    if (!glimpse->in_view || now_ns - glimpse->last_ns > (int64_t)GLIMPSE_GONE_MS * NS_PER_MS) {
        glimpse->in_view = true;
        glimpse->is_settled = false;
        glimpse->first_ns = now_ns;
        glimpse->frames = 0;
    }
    glimpse->last_ns = now_ns;
    glimpse->frames++;
    glimpse->is_settled = glimpse->is_settled || read;
    if (glimpse->is_settled || glimpse->after_ns == 0 || glimpse->frames < GLIMPSE_FRAMES_MIN ||
        now_ns - glimpse->first_ns < glimpse->after_ns) {
        return false;
    }
    glimpse->is_settled = true;
    return true;
}
