/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Pictures in, the bytes of their QR code out.
 *
 *  Bytes come out as they were encoded: no guess of a character set is made, because a guess turns
 *  Vietnamese names into Chinese characters.
 */
#ifndef CHL_QR_READER_H
#define CHL_QR_READER_H

#include <chilang/credential.h>
#include <chilang/types.h>

enum {
    CHL_QR_FILE_MAX = 8 * 1024 * 1024,    /**< bytes of a picture file */
    CHL_QR_SIDE_MAX = 8192,               /**< pixels of either side */
    CHL_QR_PIXELS_MAX = 32 * 1024 * 1024, /**< pixels in all */
    CHL_QR_BYTES_MAX = CHL_CODE_MAX       /**< bytes of a code; the standard's own limit is 2953 */
};

/** Keeps the scanner between pictures. One thread at a time. */
struct chl_qr_reader;

/** What a picture held. */
struct chl_qr_code {
    size_t count;  /**< QR codes in the picture */
    size_t length; /**< bytes of the first one */
    uint8_t bytes[CHL_QR_BYTES_MAX];
};

/** Make a reader. @return CHL_OK or CHL_E_NOMEM. The caller frees it. Thread: any. Blocks: never.
 */
chl_err chl_qr_reader_new(struct chl_qr_reader **out);
/** Free a reader; NULL is allowed. */
void chl_qr_reader_free(struct chl_qr_reader *reader);

/** Read grey pixels, one byte each, 0 black. Tried as they are, then inverted (light on dark);
 *  small pictures also enlarged, and at last softened.
 *  @param stride bytes from one row to the next, at least `width`.
 *  @return CHL_OK; CHL_E_NOTFOUND no code in it; CHL_E_LIMIT picture or code too large;
 *  CHL_E_INVAL impossible sizes; CHL_E_NOMEM. `out->length` is 0 on error. Thread: the reader's. */
chl_err chl_qr_read_gray(struct chl_qr_reader *reader, const uint8_t *pixels, size_t width,
                         size_t height, size_t stride, struct chl_qr_code *out);

/** Read a picture file held in memory: PNG, JPEG or binary PGM, known by its first bytes.
 *  @return as chl_qr_read_gray, and CHL_E_NOTSUP another kind of file, CHL_E_CORRUPT damaged. */
chl_err chl_qr_read_memory(struct chl_qr_reader *reader, const uint8_t *bytes, size_t length,
                           struct chl_qr_code *out);

/** Read a picture file. @return as chl_qr_read_memory, and CHL_E_IO when it cannot be read or is
 *  not a regular file. Blocks: disk. */
chl_err chl_qr_read_file(struct chl_qr_reader *reader, const char *path, struct chl_qr_code *out);

/** A code seen in a frame. `bytes` are borrowed until the visit returns. */
struct chl_qr_sighting {
    const uint8_t *bytes;
    size_t length;  /**< at most CHL_QR_BYTES_MAX */
    double area_px; /**< of the code in the picture; 0 where its corners are not known */
};

/** Called for each code of a frame. */
typedef void chl_qr_visit(void *user, const struct chl_qr_sighting *sighting);

/** Look once at grey pixels that live long enough: every QR code in them, dark on light only, no
 *  copy, no enlarging. A code of no bytes or of too many is passed over.
 *  @param pixels rows packed, the caller's.
 *  @return CHL_OK; CHL_E_NOTFOUND none; CHL_E_LIMIT picture too large; CHL_E_INVAL impossible
 *  sizes; CHL_E_NOMEM. Thread: the reader's. */
chl_err chl_qr_look(struct chl_qr_reader *reader, const uint8_t *pixels, size_t width,
                    size_t height, chl_qr_visit *visit, void *user);

/** Soften grey pixels in place by one pixel: noise, and the ringing that JPEG leaves along edges,
 *  keep zbar from seeing a mark that the eye sees. Modules should be two pixels or more.
 *  @return CHL_OK; CHL_E_INVAL a zero side; CHL_E_LIMIT too large. Thread: the reader's. */
chl_err chl_qr_soften(struct chl_qr_reader *reader, uint8_t *pixels, size_t width, size_t height);

/** Turn light into dark in place. */
void chl_qr_invert(uint8_t *pixels, size_t count);

#endif
