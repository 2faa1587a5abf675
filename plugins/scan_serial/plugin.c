/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The plugin scan_serial: codes from a scanner on a serial line or in USB-COM mode.
 */
#include "serial.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATH_MAX_LENGTH = 4095 };

static const char *const data_bits[] = {"model", "7", "8", NULL};
static const char *const parities[] = {"model", "none", "even", "odd", NULL};
static const char *const stop_bits[] = {"model", "1", "2", NULL};
static const char *const flows[] = {"model", "none", "rts-cts", "xon-xoff", NULL};
static const char *const suffixes[] = {"model", "auto", "CR",  "LF",   "CRLF",
                                       "TAB",   "ETX",  "EOT", "none", NULL};

static const struct chl_opt options[] = {
    {.name = "device",
     .type = CHL_OPT_PATH,
     .required = true,
     .max = PATH_MAX_LENGTH,
     .offset = offsetof(struct scan_serial_config, device),
     .help_vi = "Cổng của máy quét, nên dùng /dev/serial/by-id/… vì tên đó không đổi",
     .help_en = "port of the scanner; best its link in /dev/serial/by-id, which does not change"},
    {.name = "model",
     .type = CHL_OPT_ENUM,
     .dflt = "generic",
     .choices = serial_model_names,
     .offset = offsetof(struct scan_serial_config, model),
     .help_vi = "Loại máy quét: thông số xuất xưởng; các mục khác ghi đè từng thông số",
     .help_en = "kind of scanner: its settings from the factory; the other options override them"},
    {.name = "baud",
     .type = CHL_OPT_ENUM,
     .dflt = "model",
     .choices = serial_baud_names,
     .offset = offsetof(struct scan_serial_config, baud),
     .help_vi = "Tốc độ, bit mỗi giây",
     .help_en = "speed, bits per second"},
    {.name = "data_bits",
     .type = CHL_OPT_ENUM,
     .dflt = "model",
     .choices = data_bits,
     .offset = offsetof(struct scan_serial_config, data_bits),
     .help_vi = "Số bit dữ liệu",
     .help_en = "data bits"},
    {.name = "parity",
     .type = CHL_OPT_ENUM,
     .dflt = "model",
     .choices = parities,
     .offset = offsetof(struct scan_serial_config, parity),
     .help_vi = "Bit chẵn lẻ",
     .help_en = "parity bit"},
    {.name = "stop_bits",
     .type = CHL_OPT_ENUM,
     .dflt = "model",
     .choices = stop_bits,
     .offset = offsetof(struct scan_serial_config, stop_bits),
     .help_vi = "Số bit dừng",
     .help_en = "stop bits"},
    {.name = "flow",
     .type = CHL_OPT_ENUM,
     .dflt = "model",
     .choices = flows,
     .offset = offsetof(struct scan_serial_config, flow),
     .help_vi = "Điều khiển luồng",
     .help_en = "flow control"},
    {.name = "prefix",
     .type = CHL_OPT_STR,
     .dflt = "model",
     .max = PREFIX_TEXT_MAX,
     .offset = offsetof(struct scan_serial_config, prefix),
     .help_vi = "Ký tự máy quét thêm trước mã, vd. <STX>; none: không có",
     .help_en = "what the scanner puts before a code, such as <STX>; none: nothing"},
    {.name = "suffix",
     .type = CHL_OPT_ENUM,
     .dflt = "model",
     .choices = suffixes,
     .offset = offsetof(struct scan_serial_config, suffix),
     .help_vi = "Ký tự kết thúc mã; auto: CR hoặc LF; none: chỉ khoảng lặng",
     .help_en = "what ends a code; auto: CR or LF; none: silence alone"},
    {.name = "idle_gap",
     .type = CHL_OPT_DURATION_MS,
     .dflt = "200 ms",
     .min = 20,
     .max = 5000,
     .offset = offsetof(struct scan_serial_config, idle_gap_ms),
     .help_vi = "Lặng bấy lâu thì coi như hết mã",
     .help_en = "after this silence a code counts as ended"},
    {.name = NULL},
};

static chl_err create(const struct chl_create *args, struct chl_instance **out, char *why,
                      size_t why_size)
{
    struct chl_scanline_format format;
    struct chl_instance *self = calloc(1, sizeof *self);
    if (self == NULL) {
        (void)snprintf(why, why_size, "out of memory");
        return CHL_E_NOMEM;
    }
    memcpy(&self->config, args->config, sizeof self->config);
    self->port.fd = -1;
    chl_err result = chl_scanner_init(&self->scanner, args, why, why_size);
    if (result == CHL_OK) {
        result = serial_format(&self->config, &format, why, why_size);
    }
    if (result != CHL_OK) {
        free(self);
        return result;
    }
    serial_settle(&self->config, &self->settings);
    chl_scanline_init(&self->line, &format);
    *out = self;
    return CHL_OK;
}

static void destroy(struct chl_instance *self)
{
    free(self);
}

static chl_err start(struct chl_instance *self)
{
    return chl_scanner_start(&self->scanner, serial_run, self);
}

static void quiesce(struct chl_instance *self)
{
    chl_scanner_quiesce(&self->scanner);
}

static void stop(struct chl_instance *self)
{
    chl_scanner_stop(&self->scanner);
}

static const struct chl_ops ops = {
    .size = (uint32_t)sizeof(struct chl_ops),
    .create = create,
    .destroy = destroy,
    .start = start,
    .quiesce = quiesce,
    .stop = stop,
};

CHL_PLUGIN_DEFINE(.kind = CHL_KIND_SCAN, .config_size = (uint32_t)sizeof(struct scan_serial_config),
                  .name = "scan_serial", .version = CHL_VERSION,
                  .summary_vi = "Đọc mã từ máy quét cổng nối tiếp (COM)",
                  .summary_en = "Codes from a scanner on a serial line", .options = options,
                  .ops = &ops);
