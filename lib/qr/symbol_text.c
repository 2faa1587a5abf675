/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief A symbol as text: SVG for print, half blocks for a terminal.
 */
#include "lib/qr/symbol.h"

/** Dark module at a place that may lie in the quiet zone. */
static bool is_dark(const struct chl_qr_symbol *symbol, unsigned x, unsigned y)
{
    unsigned side = symbol->side;
    if (x < CHL_QR_QUIET || y < CHL_QR_QUIET || x >= side + CHL_QR_QUIET ||
        y >= side + CHL_QR_QUIET) {
        return false;
    }
    return symbol->dark[(size_t)(y - CHL_QR_QUIET) * side + (x - CHL_QR_QUIET)] != 0;
}

chl_err chl_qr_write_svg(const struct chl_qr_symbol *symbol, unsigned scale, FILE *out)
{
    if (scale == 0 || scale > CHL_QR_SCALE_MAX) {
        return CHL_E_INVAL;
    }
    unsigned side = symbol->side + 2 * CHL_QR_QUIET;
    fprintf(out,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%u\" height=\"%u\" "
            "viewBox=\"0 0 %u %u\" shape-rendering=\"crispEdges\">\n"
            "<rect width=\"%u\" height=\"%u\" fill=\"#fff\"/>\n<path d=\"",
            side * scale, side * scale, side, side, side, side);
    for (unsigned y = 0; y < side; y++) {
        for (unsigned x = 0; x < side; x++) {
            unsigned run = 0;
            while (is_dark(symbol, x + run, y)) {
                run++;
            }
            if (run > 0) {
                fprintf(out, "M%u %uh%uv1h-%uz", x, y, run, run);
                x += run;
            }
        }
    }
    fputs("\"/>\n</svg>\n", out);
    return fflush(out) != 0 || ferror(out) != 0 ? CHL_E_IO : CHL_OK;
}

chl_err chl_qr_write_terminal(const struct chl_qr_symbol *symbol, FILE *out)
{
    /* Index: upper module dark, lower module dark. Ink is drawn as the foreground. */
    static const char *const blocks[2][2] = {{" ", "▄"}, {"▀", "█"}};
    unsigned side = symbol->side + 2 * CHL_QR_QUIET;
    for (unsigned y = 0; y < side; y += 2) {
        fputs("\033[30;107m", out);
        for (unsigned x = 0; x < side; x++) {
            fputs(blocks[is_dark(symbol, x, y)][is_dark(symbol, x, y + 1)], out);
        }
        fputs("\033[0m\n", out);
    }
    return fflush(out) != 0 || ferror(out) != 0 ? CHL_E_IO : CHL_OK;
}
