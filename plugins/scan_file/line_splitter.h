/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Bytes as they arrive, cut into lines of bounded length.
 */
#ifndef SCAN_FILE_LINE_SPLITTER_H
#define SCAN_FILE_LINE_SPLITTER_H

#include <chilang/credential.h>

/** What is known of a line that has not ended. Zeroed at the start. */
struct line_splitter {
    size_t length;
    bool too_long;
    uint8_t bytes[CHL_CODE_MAX + 1]; /**< and the CR of a line of full length */
};

/** Called with each line, without CR and LF; `bytes` is NULL for one longer than CHL_CODE_MAX. */
typedef void line_visit(void *user, const uint8_t *bytes, size_t length);

/** Take more bytes; empty lines are passed over. */
void line_splitter_feed(struct line_splitter *splitter, const uint8_t *bytes, size_t length,
                        line_visit *visit, void *user);
/** What has come is the end: a last line without LF counts too. */
void line_splitter_end(struct line_splitter *splitter, line_visit *visit, void *user);
/** True while a line is unfinished. */
bool line_splitter_is_open(const struct line_splitter *splitter);

#endif
