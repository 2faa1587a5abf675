/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The thread: holds the device whenever it is there, and posts what is typed.
 */
#include "hid.h"

enum { NS_PER_MS = 1000000, STAYED_NS = 1000 * NS_PER_MS };

static void tell_mangled(struct chl_instance *self)
{
    chl_scanner_health(&self->scanner, true,
                       "typing, but it types text wrongly: a keyboard cannot carry Vietnamese; "
                       "switch the scanner to serial (USB-COM) mode and use scan_serial");
    if (!self->mangles) {
        self->mangles = true;
        self->scanner.host->log(self->scanner.ctx, CHL_LOG_WARNING,
                                "event=text_mangled do=\"switch the scanner to serial mode\"");
    }
}

static void post(void *user, enum typed_state state, const uint8_t *bytes, size_t length)
{
    struct chl_instance *self = user;
    switch (state) {
    case TYPED_WHOLE:
        chl_scanner_post(&self->scanner, bytes, length, self->captured_ns);
        break;
    case TYPED_BROKEN:
        chl_scanner_post(&self->scanner, NULL, 0, self->captured_ns);
        break;
    case TYPED_MANGLED:
        chl_scanner_refuse(&self->scanner, "text_mangled", self->captured_ns);
        tell_mangled(self);
        break;
    }
}

/** Milliseconds until an unfinished code counts as ended, −1 = there is none. */
static int gap_left_ms(const struct chl_instance *self)
{
    if (!typed_is_open(&self->typed)) {
        return -1;
    }
    int64_t silent_ms = (chl_scanner_now_ns(&self->scanner) - self->captured_ns) / NS_PER_MS;
    int64_t left_ms = self->config.idle_gap_ms - silent_ms;
    return left_ms > 0 ? (int)left_ms : 0;
}

/** Take all that was typed: libevdev reads ahead, so that the descriptor alone does not tell of the
 *  rest. @return false when the device is gone. */
static bool take(struct chl_instance *self)
{
    while (!chl_scanner_is_ending(&self->scanner)) {
        struct input_event event;
        enum source_result result = source_read(&self->source, &event);
        if (result != SOURCE_EVENT) {
            return result == SOURCE_EMPTY;
        }
        self->captured_ns = chl_scanner_now_ns(&self->scanner);
        typed_take(&self->typed, &event, post, self);
    }
    return true;
}

static void serve(struct chl_instance *self)
{
    for (;;) {
        switch (chl_scanner_wait(&self->scanner, self->source.fd, -1, gap_left_ms(self))) {
        case CHL_SCANNER_ENDING:
            return;
        case CHL_SCANNER_TIMEOUT:
            typed_end(&self->typed, post, self);
            break;
        case CHL_SCANNER_READY:
            if (!take(self)) {
                return;
            }
            break;
        }
    }
}

void hid_run(void *user)
{
    struct chl_instance *self = user;
    struct chl_scanner_backoff backoff = {0};
    char why[SOURCE_WHY_MAX];
    bool caps = false;
    self->mangles = false;
    while (!chl_scanner_is_ending(&self->scanner)) {
        if (!source_open(&self->source, self->config.device, &caps, why)) {
            chl_scanner_health(&self->scanner, false, "%s", why);
            chl_scanner_pause(&self->scanner, &backoff);
            continue;
        }
        (void)typed_reset(&self->typed, caps);
        if (self->mangles) {
            tell_mangled(self);
        } else {
            chl_scanner_health(&self->scanner, true, "typing");
        }
        int64_t opened_ns = chl_scanner_now_ns(&self->scanner);
        self->captured_ns = opened_ns;
        serve(self);
        source_close(&self->source);
        bool stayed = chl_scanner_now_ns(&self->scanner) - opened_ns > STAYED_NS;
        if (stayed || self->captured_ns > opened_ns) {
            chl_scanner_reset(&backoff);
        }
        if (!chl_scanner_is_ending(&self->scanner)) {
            chl_scanner_health(&self->scanner, false,
                               "%.60s: the scanner went away; look at its cable",
                               self->config.device);
            if (typed_reset(&self->typed, false)) {
                chl_scanner_post(&self->scanner, NULL, 0, self->captured_ns);
            }
            chl_scanner_pause(&self->scanner, &backoff);
        }
    }
}
