/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Bytes of a scanner as they arrive, cut into codes of bounded length.
 *
 *  No I/O and no clock: the caller reads, and says when the line has been silent. Thread: one at a
 *  time for each line. Blocks: never. Source: identifiers of the kind of code, ISO/IEC 15424.
 */
#ifndef CHL_SCANLINE_H
#define CHL_SCANLINE_H

#include <chilang/credential.h>

enum {
    CHL_SCANLINE_AFFIX_MAX = 8, /**< bytes of a prefix or a suffix */
    /** A code with what a scanner may put around it. */
    CHL_SCANLINE_BUFFER = CHL_CODE_MAX + 2 * CHL_SCANLINE_AFFIX_MAX + 4
};

/** What a scanner puts around a code. */
struct chl_scanline_format {
    /** Ends at CR or LF, so that CR, LF and CR LF all do; `suffix` is not looked at. */
    bool any_line_end;
    uint8_t prefix_length,
        suffix_length; /**< suffix 0, without `any_line_end`: only silence ends */
    uint8_t prefix[CHL_SCANLINE_AFFIX_MAX];
    uint8_t suffix[CHL_SCANLINE_AFFIX_MAX];
};

/** What is known of a code that has not ended. Set up by chl_scanline_init(). */
struct chl_scanline {
    struct chl_scanline_format format;
    size_t length;
    bool too_long; /**< what came of this code is thrown away until it ends */
    uint8_t bytes[CHL_SCANLINE_BUFFER];
};

/** Called with each code, without prefix, suffix and identifier of its kind; borrowed until return.
 *  `bytes` is NULL for one longer than CHL_CODE_MAX. */
typedef void chl_scanline_visit(void *user, const uint8_t *bytes, size_t length);

/** Begin anew. A prefix or suffix longer than CHL_SCANLINE_AFFIX_MAX is cut. */
void chl_scanline_init(struct chl_scanline *line, const struct chl_scanline_format *format);
/** Take more bytes. Empty codes are passed over. */
void chl_scanline_feed(struct chl_scanline *line, const uint8_t *bytes, size_t length,
                       chl_scanline_visit *visit, void *user);
/** The line has been silent, or has ended: what came is a code, if anything came. */
void chl_scanline_end(struct chl_scanline *line, chl_scanline_visit *visit, void *user);
/** Forget an unfinished code. @return true when there was one. */
bool chl_scanline_drop(struct chl_scanline *line);
/** True while a code is unfinished. */
bool chl_scanline_is_open(const struct chl_scanline *line);

/** True when a keyboard between the code and us has changed the text: a name with `?` in a
 * citizen's card, hexadecimal fields with other letters in them, base45 with characters it has not.
 * Only for text that came as key strokes: in a picture the same would be the issuer's fault.
 *  @param bytes the code, borrowed. */
bool chl_scanline_is_mangled(const uint8_t *bytes, size_t length);

#endif
