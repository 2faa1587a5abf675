/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Durations with a fraction, and foreign text made fit for a message.
 */
#include "sim/rehearse/options.h"

#include "lib/base/text.h"

#include <string.h>

static const struct {
    const char *name;
    int64_t ms;
} units[] = {{"ms", 1}, {"s", 1000}, {"min", 60000}, {"h", 3600000}};

#define LONGEST_MS (INT64_C(7) * 86400 * 1000)

bool rehearse_duration(const char *text, int64_t *out_ms)
{
    enum { FRACTION = 1000 };
    size_t whole = strspn(text, "0123456789");
    int64_t thousandths = 0;
    if (whole == 0 || whole > 9) {
        return false;
    }
    for (size_t i = 0; i < whole; i++) {
        thousandths = thousandths * 10 + (text[i] - '0');
    }
    thousandths *= FRACTION;
    text += whole;
    if (*text == '.' || *text == ',') {
        size_t digits = strspn(++text, "0123456789");
        int64_t weight = FRACTION / 10;
        for (size_t i = 0; i < digits; i++, weight /= 10) {
            thousandths += weight * (text[i] - '0');
        }
        if (digits == 0 || digits > 3) {
            return false;
        }
        text += digits;
    }
    text += *text == ' ' ? 1 : 0;
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        if (strcmp(text, units[i].name) == 0) {
            int64_t ms = thousandths * units[i].ms / FRACTION;
            *out_ms = ms <= LONGEST_MS ? ms : *out_ms;
            return ms <= LONGEST_MS;
        }
    }
    return false;
}

void rehearse_shown(const char *text, char out[48])
{
    enum { ROOM = 41 };
    (void)chl_copy(out, ROOM, text);
    for (char *c = out; *c != '\0'; c++) {
        if ((unsigned char)*c < ' ' || *c == 0x7F) {
            *c = '?';
        }
    }
    if (!chl_utf8_valid(out, strlen(out))) {
        for (char *c = out; *c != '\0'; c++) {
            if ((unsigned char)*c >= 0x80) {
                *c = '?';
            }
        }
    }
}
