/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The words of a rehearsal in Vietnamese and English, and how it writes times.
 */
#ifndef SIM_REHEARSE_WORDS_H
#define SIM_REHEARSE_WORDS_H

#include <chilang/types.h>

typedef enum {
#define WORD(name, vi, en) WORD_##name,
#include "sim/rehearse/words.def"
#undef WORD
    WORD_COUNT
} word_id;

/** A word; static. */
const char *word(word_id id, bool english);

enum { WORD_TIME = 24 };
/** A moment: `08:30`, or `minute 75` where the file counts minutes; − for one before the start. */
const char *word_time(int64_t ns, bool clock, char out[WORD_TIME]);
/** A wait: `4:05`, `1:02:30`. */
const char *word_span(int64_t ms, char out[WORD_TIME]);
/** A span as one sets it: `2.5 s`, `10 min`, `2 h`. */
const char *word_setting(int64_t ms, char out[WORD_TIME]);

#endif
