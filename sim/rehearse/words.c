/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Words by language, times as people read them.
 */
#include "sim/rehearse/words.h"

#include "lib/base/time.h"

#include <stdio.h>

static const struct {
    const char *vi, *en;
} words[WORD_COUNT] = {
#define WORD(name, vi, en) [WORD_##name] = {vi, en},
#include "sim/rehearse/words.def"
#undef WORD
};

const char *word(word_id id, bool english)
{
    return english ? words[id].en : words[id].vi;
}

const char *word_time(int64_t ns, bool clock, char out[WORD_TIME])
{
    int minute = (int)(ns / (60 * CHL_NS_PER_S));
    if (ns < 0) {
        (void)snprintf(out, WORD_TIME, "-");
    } else if (clock) {
        (void)snprintf(out, WORD_TIME, "%02d:%02d", minute / 60, minute % 60);
    } else {
        (void)snprintf(out, WORD_TIME, "%d'", minute);
    }
    return out;
}

const char *word_span(int64_t ms, char out[WORD_TIME])
{
    int s = (int)((ms + 500) / 1000);
    if (s < 3600) {
        (void)snprintf(out, WORD_TIME, "%d:%02d", s / 60, s % 60);
    } else {
        (void)snprintf(out, WORD_TIME, "%d:%02d:%02d", s / 3600, s / 60 % 60, s % 60);
    }
    return out;
}

const char *word_setting(int64_t ms, char out[WORD_TIME])
{
    static const struct {
        const char *name;
        int64_t ms;
    } units[] = {{"h", 3600000}, {"min", 60000}};
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        if (ms >= units[i].ms && ms % units[i].ms == 0) {
            (void)snprintf(out, WORD_TIME, "%d %s", (int)(ms / units[i].ms), units[i].name);
            return out;
        }
    }
    if (ms % 1000 == 0) {
        (void)snprintf(out, WORD_TIME, "%d s", (int)(ms / 1000));
    } else {
        (void)snprintf(out, WORD_TIME, "%d.%0*d s", (int)(ms / 1000), ms % 100 == 0 ? 1 : 3,
                       (int)(ms % 1000 / (ms % 100 == 0 ? 100 : 1)));
    }
    return out;
}
