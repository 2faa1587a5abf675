/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The table of models, and what remains to be said when a site names one.
 */
#include "serial.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct serial_model models[] = {
#define SERIAL_MODEL(id, baud, bits, parity, stop, flow, before, after, from)                      \
    {id, {baud, bits, stop, parity, flow}, before, after, from},
#include "models.def"
#undef SERIAL_MODEL
};

const char *const serial_model_names[] = {
#define SERIAL_MODEL(id, baud, bits, parity, stop, flow, before, after, from) id,
#include "models.def"
#undef SERIAL_MODEL
    NULL};

const char *const serial_baud_names[] = {"model",  "1200",   "2400",  "4800",   "9600",
                                         "19200",  "38400",  "57600", "115200", "230400",
                                         "460800", "921600", NULL};

/** Bytes that end a code, by suffix. */
static const char *const suffixes[] = {
    [SUFFIX_MODEL] = "",   [SUFFIX_AUTO] = "",     [SUFFIX_CR] = "\r",
    [SUFFIX_LF] = "\n",    [SUFFIX_CRLF] = "\r\n", [SUFFIX_TAB] = "\t",
    [SUFFIX_ETX] = "\x03", [SUFFIX_EOT] = "\x04",  [SUFFIX_NONE] = ""};

size_t serial_model_count(void)
{
    return sizeof models / sizeof *models;
}

const struct serial_model *serial_model_at(size_t index)
{
    return &models[index < sizeof models / sizeof *models ? index : 0];
}

void serial_settle(const struct scan_serial_config *config, struct port_settings *port)
{
    *port = serial_model_at((size_t)config->model)->port;
    if (config->baud > 0) {
        port->baud = (int)strtol(serial_baud_names[config->baud], NULL, 10);
    }
    if (config->data_bits > 0) {
        port->data_bits = config->data_bits == 1 ? 7 : 8;
    }
    if (config->stop_bits > 0) {
        port->stop_bits = config->stop_bits;
    }
    if (config->parity > 0) {
        port->parity = (enum serial_parity)config->parity;
    }
    if (config->flow > 0) {
        port->flow = (enum serial_flow)config->flow;
    }
}

chl_err serial_format(const struct scan_serial_config *config, struct chl_scanline_format *out,
                      char *why, size_t why_size)
{
    const struct serial_model *model = serial_model_at((size_t)config->model);
    memset(out, 0, sizeof *out);
    bool by_model = config->prefix == NULL || strcmp(config->prefix, "model") == 0;
    const char *prefix = by_model ? model->prefix : config->prefix;
    if (strcmp(prefix, "none") == 0) {
        prefix = "";
    }
    if (serial_unescape(prefix, out->prefix, &out->prefix_length) != CHL_OK) {
        (void)snprintf(why, why_size,
                       "option prefix: expected at most %d characters, control characters written "
                       "as <STX> or <0x1D>, got '%.40s'; write what the scanner puts before a code",
                       CHL_SCANLINE_AFFIX_MAX, prefix);
        return CHL_E_CONFIG;
    }
    int suffix = config->suffix == SUFFIX_MODEL ? (int)model->suffix : config->suffix;
    out->any_line_end = suffix == SUFFIX_AUTO;
    out->suffix_length = (uint8_t)strlen(suffixes[suffix]);
    memcpy(out->suffix, suffixes[suffix], out->suffix_length);
    return CHL_OK;
}
