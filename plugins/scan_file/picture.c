/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Reads the code of a picture with a reader that is made for the first one.
 */
#include "scanner.h"

#include <stdlib.h>

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
        chl_scanner_post(&self->scanner, self->code->bytes, self->code->length, captured_ns);
        return;
    }
    self->scanner.host->log(self->scanner.ctx, CHL_LOG_INFO,
                            "event=picture_unreadable bytes=%zu reason=\"%s\"", length,
                            err == CHL_E_NOTFOUND ? "no code in it" : chl_strerror(err));
    chl_scanner_post(&self->scanner, NULL, 0, captured_ns);
}
