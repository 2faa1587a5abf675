/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Fuzz: any bytes of a scanner, in one piece and byte by byte, are cut into the same codes.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/scanline/scanline.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/** What a run gave, as a number: FNV-1a over lengths and bytes. */
struct run {
    struct chl_scanline line;
    uint64_t hash;
};

static void add(struct run *run, const uint8_t *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        run->hash = (run->hash ^ bytes[i]) * UINT64_C(0x100000001B3);
    }
}

static void visit(void *user, const uint8_t *bytes, size_t length)
{
    struct run *run = user;
    if (length > CHL_CODE_MAX || (bytes == NULL) != (length == 0)) {
        abort();
    }
    uint8_t mark = bytes == NULL ? 0 : 1;
    add(run, &mark, 1);
    add(run, bytes, length);
    mark = bytes != NULL && chl_scanline_is_mangled(bytes, length) ? 3 : 2;
    add(run, &mark, 1);
}

/** The first bytes choose the format: flags, lengths, prefix, suffix. */
static size_t choose(const uint8_t *data, size_t size, struct chl_scanline_format *format)
{
    memset(format, 0, sizeof *format);
    if (size < 5) {
        return 0;
    }
    format->any_line_end = (data[0] & 1) != 0;
    format->prefix_length = (uint8_t)(data[0] >> 1 & 3);
    format->suffix_length = (uint8_t)(data[0] >> 3 & 3);
    format->prefix[0] = data[1];
    format->prefix[1] = data[2];
    format->suffix[0] = data[3];
    format->suffix[1] = data[4];
    return 5;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct run whole, single;
    struct chl_scanline_format format;
    size_t at = choose(data, size, &format);
    chl_scanline_init(&whole.line, &format);
    chl_scanline_init(&single.line, &format);
    whole.hash = single.hash = UINT64_C(0xCBF29CE484222325);
    if (at > 0 && data[0] == 0xFF) {
        /* Long codes need long inputs: begin near the bound. */
        static uint8_t filler[CHL_CODE_MAX];
        memset(filler, 'x', sizeof filler);
        size_t length = sizeof filler - data[1] % 64;
        chl_scanline_feed(&whole.line, filler, length, visit, &whole);
        chl_scanline_feed(&single.line, filler, length, visit, &single);
    }
    chl_scanline_feed(&whole.line, data + at, size - at, visit, &whole);
    for (size_t i = at; i < size; i++) {
        chl_scanline_feed(&single.line, data + i, 1, visit, &single);
    }
    chl_scanline_end(&whole.line, visit, &whole);
    chl_scanline_end(&single.line, visit, &single);
    if (whole.hash != single.hash || chl_scanline_is_open(&whole.line)) {
        abort();
    }
    return 0;
}
