/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Waiting, posting and reporting health for the instance's thread.
 */
#include "scanner.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum wake scanner_wait(struct chl_instance *self, int a, int b, int timeout_ms)
{
    struct pollfd fds[] = {{.fd = self->wake_fd, .events = POLLIN},
                           {.fd = a, .events = POLLIN},
                           {.fd = b, .events = POLLIN}};
    int ready = poll(fds, sizeof fds / sizeof *fds, timeout_ms);
    if (scanner_is_ending(self)) {
        return WAKE_ENDING;
    }
    /* An interrupted wait only makes the caller look once more. */
    return ready == 0 ? WAKE_TIMEOUT : WAKE_READY;
}

bool scanner_is_ending(const struct chl_instance *self)
{
    return atomic_load(&self->ending);
}

int64_t scanner_now_ns(const struct chl_instance *self)
{
    return self->host->now_mono_ns(self->ctx);
}

void scanner_post(struct chl_instance *self, const uint8_t *bytes, size_t length,
                  int64_t captured_ns)
{
    struct chl_scan scan = {.size = (uint32_t)sizeof scan,
                            .lane = self->lane,
                            .bytes = bytes,
                            .length = length,
                            .captured_ns = captured_ns,
                            .unreadable = bytes == NULL};
    chl_err err = self->host->post_scan(self->ctx, &scan);
    if (err != CHL_OK) {
        /* The lane was told; the person scans again. */
        self->host->log(self->ctx, CHL_LOG_DEBUG, "event=scan_not_taken error=%d", (int)err);
    }
}

void scanner_post_picture(struct chl_instance *self, const uint8_t *bytes, size_t length,
                          int64_t captured_ns)
{
    chl_err err = CHL_OK;
    if (self->reader == NULL) {
        err = chl_qr_reader_new(&self->reader);
    }
    if (err == CHL_OK && self->code == NULL) {
        self->code = malloc(sizeof *self->code);
        err = self->code == NULL ? CHL_E_NOMEM : CHL_OK;
    }
    if (err == CHL_OK) {
        err = chl_qr_read_memory(self->reader, bytes, length, self->code);
    }
    if (err == CHL_OK) {
        scanner_post(self, self->code->bytes, self->code->length, captured_ns);
        return;
    }
    self->host->log(self->ctx, CHL_LOG_INFO, "event=picture_unreadable bytes=%zu reason=\"%s\"",
                    length, err == CHL_E_NOTFOUND ? "no code in it" : chl_strerror(err));
    scanner_post(self, NULL, 0, captured_ns);
}

void scanner_health(struct chl_instance *self, bool ok, const char *format, ...)
{
    char text[sizeof self->health_text];
    va_list arguments;
    va_start(arguments, format);
    /* NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized): clang 14 loses sight of va_start */
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (self->health_known && self->healthy == ok && strcmp(text, self->health_text) == 0) {
        return;
    }
    self->health_known = true;
    self->healthy = ok;
    memcpy(self->health_text, text, sizeof text);
    self->host->set_health(self->ctx, ok, text);
}
