/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief zlib streams: inflate in lent memory within a bound, deflate for issuing.
 */
#include "lib/cose/zip.h"

#include <limits.h>
#define ZLIB_CONST
#include <zlib.h>

static void *lend(void *opaque, uInt items, uInt size)
{
    struct chl_scratch *scratch = opaque;
    return chl_scratch_take(scratch, (size_t)items * size);
}

static void take_back(void *opaque, void *memory)
{
    /* The scratch is released as a whole. */
    (void)opaque;
    (void)memory;
}

chl_err chl_inflate(struct chl_scratch *scratch, struct chl_bytes in, struct chl_bytes *out)
{
    if (in.length > INT_MAX) {
        return CHL_E_LIMIT;
    }
    /* zlib's state first, the output behind it: what is not needed of the output is given back. */
    z_stream stream = {.zalloc = lend, .zfree = take_back, .opaque = scratch};
    if (inflateInit(&stream) != Z_OK) {
        return CHL_E_NOMEM;
    }
    size_t mark = scratch->used;
    /* One byte more than allowed tells "exactly full" from "too large". */
    uint8_t *bytes = chl_scratch_take(scratch, CHL_INFLATE_MAX + 1);
    if (bytes == NULL) {
        return CHL_E_NOMEM;
    }
    stream.next_in = in.data;
    stream.avail_in = (uInt)in.length;
    stream.next_out = bytes;
    stream.avail_out = CHL_INFLATE_MAX + 1;
    int status = inflate(&stream, Z_FINISH);
    (void)inflateEnd(&stream);
    if (stream.total_out > CHL_INFLATE_MAX) {
        return CHL_E_LIMIT;
    }
    if (status != Z_STREAM_END || stream.avail_in != 0) {
        return CHL_E_CORRUPT;
    }
    scratch->used = mark;
    out->data = chl_scratch_take(scratch, stream.total_out);
    out->length = stream.total_out;
    return CHL_OK;
}

chl_err chl_deflate(struct chl_bytes in, uint8_t *out, size_t size, size_t *out_length)
{
    uLongf length = size;
    int status = compress2(out, &length, in.data, in.length, Z_BEST_COMPRESSION);
    if (status == Z_OK) {
        *out_length = length;
        return CHL_OK;
    }
    return status == Z_BUF_ERROR ? CHL_E_LIMIT : CHL_E_NOMEM;
}
