/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Films of uncompressed frames (YUV4MPEG2), of which only the brightness is wanted.
 */
#ifndef SCAN_CAMERA_Y4M_H
#define SCAN_CAMERA_Y4M_H

#include <chilang/types.h>
#include <stdio.h>

enum { Y4M_LINE_MAX = 256 };

struct y4m {
    size_t width, height;
    size_t colour_bytes; /**< behind the brightness of each frame */
};

/** Read a film's first line. @param line NUL-terminated, without its line feed.
 *  @return CHL_OK; CHL_E_CORRUPT no such line; CHL_E_LIMIT too large; CHL_E_NOTSUP more than eight
 *  bits or interlaced. */
chl_err y4m_header(const char *line, struct y4m *out);

/** Read a line of at most Y4M_LINE_MAX − 1 characters, without its line feed.
 *  @return false: the film ends, or the line does not. */
bool y4m_line(FILE *in, char out[Y4M_LINE_MAX]);

/** Read the next frame's brightness. @param out room for width × height.
 *  @return CHL_OK; CHL_E_NOTFOUND the film is over; CHL_E_CORRUPT cut off or no frame. */
chl_err y4m_frame(FILE *in, const struct y4m *film, uint8_t *out);

#endif
