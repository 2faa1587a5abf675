/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Encodes text as a QR symbol by libqrencode.
 */
#include "lib/qr/symbol.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <qrencode.h>

enum { TEXT_MAX = 7089 /* digits in version 40-L, the most any symbol holds */ };

static const QRecLevel levels[] = {
    [CHL_QR_L] = QR_ECLEVEL_L,
    [CHL_QR_M] = QR_ECLEVEL_M,
    [CHL_QR_Q] = QR_ECLEVEL_Q,
    [CHL_QR_H] = QR_ECLEVEL_H,
};

chl_err chl_qr_encode(const char *text, size_t length, chl_qr_level level,
                      struct chl_qr_symbol *out)
{
    if (length == 0 || (size_t)level >= sizeof levels / sizeof *levels ||
        memchr(text, '\0', length) != NULL) {
        return CHL_E_INVAL;
    }
    if (length > TEXT_MAX) {
        return CHL_E_LIMIT;
    }
    char *copy = malloc(length + 1);
    if (copy == NULL) {
        return CHL_E_NOMEM;
    }
    memcpy(copy, text, length);
    copy[length] = '\0';
    QRcode *code = QRcode_encodeString(copy, 0, levels[level], QR_MODE_8, 1);
    int why = errno;
    free(copy);
    if (code == NULL) {
        return why == ENOMEM ? CHL_E_NOMEM : CHL_E_LIMIT;
    }
    out->version = (unsigned)code->version;
    out->side = (unsigned)code->width;
    for (size_t i = 0; i < (size_t)out->side * out->side; i++) {
        out->dark[i] = code->data[i] & 1; /* the other bits say what the module is for */
    }
    QRcode_free(code);
    return CHL_OK;
}
