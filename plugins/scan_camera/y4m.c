/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Reads YUV4MPEG2: a line of parameters, then frames of planes.
 *
 *  Source: the format description of the MJPEG tools (yuv4mpeg(5)).
 */
#include "y4m.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/qr/reader.h"

static size_t number(const char *text)
{
    char *end = NULL;
    errno = 0;
    unsigned long value = strtoul(text, &end, 10);
    return end == text || *end != '\0' || errno != 0 || *text == '-' ? 0 : (size_t)value;
}

/** Bytes of both colour planes; the names begin with the sampling. */
static bool colours(const char *name, size_t width, size_t height, size_t *out)
{
    size_t half = (width + 1) / 2;
    bool is_deep = strncmp(name, "420p1", 5) == 0; /* 420p10, 420p12 …: more than eight bits */
    if (strncmp(name, "420", 3) == 0 && !is_deep) {
        *out = 2 * half * ((height + 1) / 2);
    } else if (strcmp(name, "422") == 0) {
        *out = 2 * half * height;
    } else if (strcmp(name, "444") == 0) {
        *out = 2 * width * height;
    } else if (strcmp(name, "mono") == 0) {
        *out = 0;
    } else {
        return false;
    }
    return true;
}

chl_err y4m_header(const char *line, struct y4m *out)
{
    char words[Y4M_LINE_MAX];
    const char *sampling = "420";
    char *rest = NULL;
    *out = (struct y4m){0};
    (void)snprintf(words, sizeof words, "%s", line);
    const char *word = strtok_r(words, " ", &rest);
    if (word == NULL || strcmp(word, "YUV4MPEG2") != 0) {
        return CHL_E_CORRUPT;
    }
    while ((word = strtok_r(NULL, " ", &rest)) != NULL) {
        if (word[0] == 'W') {
            out->width = number(word + 1);
        } else if (word[0] == 'H') {
            out->height = number(word + 1);
        } else if (word[0] == 'C') {
            sampling = word + 1;
        } else if (word[0] == 'I' && strcmp(word, "Ip") != 0 && strcmp(word, "I?") != 0) {
            return CHL_E_NOTSUP;
        }
    }
    if (out->width == 0 || out->height == 0) {
        return CHL_E_CORRUPT;
    }
    if (out->width > CHL_QR_SIDE_MAX || out->height > CHL_QR_SIDE_MAX ||
        out->width * out->height > CHL_QR_PIXELS_MAX) {
        return CHL_E_LIMIT;
    }
    return colours(sampling, out->width, out->height, &out->colour_bytes) ? CHL_OK : CHL_E_NOTSUP;
}

bool y4m_line(FILE *in, char out[Y4M_LINE_MAX])
{
    size_t length = 0;
    int c = EOF;
    while ((c = getc(in)) != EOF && c != '\n' && length < Y4M_LINE_MAX - 1) {
        out[length++] = (char)c;
    }
    out[length] = '\0';
    return c == '\n';
}

chl_err y4m_frame(FILE *in, const struct y4m *film, uint8_t *out)
{
    char line[Y4M_LINE_MAX] = "";
    if (!y4m_line(in, line)) {
        return line[0] == '\0' ? CHL_E_NOTFOUND : CHL_E_CORRUPT;
    }
    if (strncmp(line, "FRAME", 5) != 0 || (line[5] != '\0' && line[5] != ' ')) {
        return CHL_E_CORRUPT;
    }
    size_t size = film->width * film->height;
    if (fread(out, 1, size, in) != size) {
        return CHL_E_CORRUPT;
    }
    uint8_t skipped[4096];
    for (size_t left = film->colour_bytes; left > 0;) {
        size_t part = left < sizeof skipped ? left : sizeof skipped;
        if (fread(skipped, 1, part, in) != part) {
            return CHL_E_CORRUPT;
        }
        left -= part;
    }
    return CHL_OK;
}
