/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The thread: opens the port whenever it is there, cuts what comes into codes, posts them.
 */
#include "lib/base/text.h"
#include "serial.h"

#include <errno.h>
#include <unistd.h>

enum {
    CHUNK = 4096,
    STRANGE_MAX = 3, /**< so many codes in a row that are no text: the line is set wrongly */
    NS_PER_MS = 1000000,
    STAYED_NS = 1000 * NS_PER_MS
};

/** A wrong speed or parity shows as bytes that are no text. Codes may be binary, so each is posted;
 *  several in a row are told to the technician. */
static void watch_text(struct chl_instance *self, const uint8_t *bytes, size_t length)
{
    bool text = bytes != NULL && chl_utf8_valid((const char *)bytes, length);
    self->strange = text ? 0 : self->strange + 1;
    if (self->strange >= STRANGE_MAX) {
        chl_scanner_health(&self->scanner, true,
                           "reading, but what comes is no text; compare baud, parity and data bits "
                           "(%d %d) with the scanner's",
                           self->settings.baud, self->settings.data_bits);
    } else if (text) {
        chl_scanner_health(&self->scanner, true, "reading");
    }
}

static void post(void *user, const uint8_t *bytes, size_t length)
{
    struct chl_instance *self = user;
    chl_scanner_post(&self->scanner, bytes, length, self->captured_ns);
    watch_text(self, bytes, length);
}

/** Milliseconds until an unfinished code counts as ended, −1 = there is none. */
static int gap_left_ms(const struct chl_instance *self)
{
    if (!chl_scanline_is_open(&self->line)) {
        return -1;
    }
    int64_t silent_ms = (chl_scanner_now_ns(&self->scanner) - self->captured_ns) / NS_PER_MS;
    int64_t left_ms = self->config.idle_gap_ms - silent_ms;
    return left_ms > 0 ? (int)left_ms : 0;
}

/** Read what is there. @return false when the port is gone. */
static bool take(struct chl_instance *self)
{
    uint8_t chunk[CHUNK];
    ssize_t got = read(self->port.fd, chunk, sizeof chunk);
    if (got < 0) {
        return errno == EAGAIN || errno == EINTR;
    }
    if (got == 0) {
        return false;
    }
    self->captured_ns = chl_scanner_now_ns(&self->scanner);
    chl_scanline_feed(&self->line, chunk, (size_t)got, post, self);
    return true;
}

/** Until the port is gone or the instance ends. */
static void serve(struct chl_instance *self)
{
    for (;;) {
        switch (chl_scanner_wait(&self->scanner, self->port.fd, -1, gap_left_ms(self))) {
        case CHL_SCANNER_ENDING:
            return;
        case CHL_SCANNER_TIMEOUT:
            chl_scanline_end(&self->line, post, self);
            break;
        case CHL_SCANNER_READY:
            if (!take(self)) {
                return;
            }
            break;
        }
    }
}

void serial_run(void *user)
{
    struct chl_instance *self = user;
    struct chl_scanner_backoff backoff = {0};
    char why[PORT_WHY_MAX];
    self->strange = 0;
    (void)chl_scanline_drop(&self->line);
    while (!chl_scanner_is_ending(&self->scanner)) {
        if (!port_open(&self->port, self->config.device, &self->settings, why)) {
            chl_scanner_health(&self->scanner, false, "%s", why);
            chl_scanner_pause(&self->scanner, &backoff);
            continue;
        }
        chl_scanner_health(&self->scanner, true, "reading");
        int64_t opened_ns = chl_scanner_now_ns(&self->scanner);
        self->captured_ns = opened_ns;
        serve(self);
        port_close(&self->port);
        /* One that opens and goes at once, again and again, is not asked all the time. */
        bool stayed = chl_scanner_now_ns(&self->scanner) - opened_ns > STAYED_NS;
        if (stayed || self->captured_ns > opened_ns) {
            chl_scanner_reset(&backoff);
        }
        if (!chl_scanner_is_ending(&self->scanner)) {
            chl_scanner_health(&self->scanner, false,
                               "%.60s: the scanner went away; look at its cable",
                               self->config.device);
            if (chl_scanline_drop(&self->line)) {
                chl_scanner_post(&self->scanner, NULL, 0, self->captured_ns);
            }
            chl_scanner_pause(&self->scanner, &backoff);
        }
    }
}
