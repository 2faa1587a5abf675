/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Frames as cameras deliver them to grey pixels, whatever sizes the driver claims.
 *
 *  Sources: the pixel formats of the kernel's V4L2 documentation; ITU-T T.81 for Motion-JPEG.
 */
#ifndef CHL_QR_FRAME_H
#define CHL_QR_FRAME_H

#include <chilang/types.h>

/** Formats, the cheapest to decode first: identifier, name, V4L2's four characters. */
#define CHL_FRAME_FORMATS(X)                                                                       \
    X(CHL_FRAME_GREY, "grey", 'G', 'R', 'E', 'Y')   /* one byte a pixel */                         \
    X(CHL_FRAME_NV12, "nv12", 'N', 'V', '1', '2')   /* as grey, colours behind */                  \
    X(CHL_FRAME_YUYV, "yuyv", 'Y', 'U', 'Y', 'V')   /* grey is every even byte */                  \
    X(CHL_FRAME_UYVY, "uyvy", 'U', 'Y', 'V', 'Y')   /* grey is every odd byte */                   \
    X(CHL_FRAME_MJPEG, "mjpeg", 'M', 'J', 'P', 'G') /* a JPEG of its own each */

typedef enum {
#define CHL_FRAME_ENUM(id, name, a, b, c, d) id,
    CHL_FRAME_FORMATS(CHL_FRAME_ENUM)
#undef CHL_FRAME_ENUM
        CHL_FRAME_FORMAT_COUNT
} chl_frame_format;

/** One frame, borrowed. */
struct chl_frame {
    chl_frame_format format;
    size_t width, height; /**< pixels */
    size_t stride;        /**< bytes from one row to the next; 0 = packed. Not for MJPEG. */
    const uint8_t *bytes;
    size_t length; /**< bytes that are there: a frame that needs more is refused */
};

/** Keeps the JPEG decoder between frames. One thread at a time. */
struct chl_frame_decoder;

/** Make a decoder. @return CHL_OK or CHL_E_NOMEM. The caller frees it. */
chl_err chl_frame_decoder_new(struct chl_frame_decoder **out);
/** Free a decoder; NULL is allowed. */
void chl_frame_decoder_free(struct chl_frame_decoder *decoder);

/** Grey pixels of a frame, rows packed, 0 black. A damaged JPEG gives what could be decoded of it.
 *  @param out the caller's, room for `capacity` bytes; width × height are written. Its content is
 *  undefined on error.
 *  @return CHL_OK; CHL_E_INVAL unknown format or impossible sizes; CHL_E_LIMIT larger than `out` or
 *  than lib/qr/reader.h allows; CHL_E_CORRUPT bytes are missing, or no JPEG of this size.
 *  Thread: the decoder's. Blocks: never; allocates for MJPEG only. */
chl_err chl_frame_to_grey(struct chl_frame_decoder *decoder, const struct chl_frame *frame,
                          uint8_t *out, size_t capacity);

#endif
