/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The plugin scan_hid: codes from a scanner that plays a keyboard.
 */
#include "hid.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATH_MAX_LENGTH = 4095 };

static const char *const layouts[] = {"us", NULL};

static const struct chl_opt options[] = {
    {.name = "device",
     .type = CHL_OPT_PATH,
     .required = true,
     .max = PATH_MAX_LENGTH,
     .offset = offsetof(struct scan_hid_config, device),
     .help_vi = "Thiết bị nhập của máy quét, nên dùng /dev/input/by-id/…-event-kbd",
     .help_en = "input device of the scanner; best its link in /dev/input/by-id that ends in "
                "-event-kbd"},
    {.name = "layout",
     .type = CHL_OPT_ENUM,
     .dflt = "us",
     .choices = layouts,
     .offset = offsetof(struct scan_hid_config, layout),
     .help_vi = "Kiểu bàn phím đặt trong máy quét",
     .help_en = "keyboard layout that the scanner is set to"},
    {.name = "idle_gap",
     .type = CHL_OPT_DURATION_MS,
     .dflt = "500 ms",
     .min = 50,
     .max = 5000,
     .offset = offsetof(struct scan_hid_config, idle_gap_ms),
     .help_vi = "Ngừng gõ bấy lâu thì coi như hết mã",
     .help_en = "after so long without a key a code counts as ended"},
    {.name = NULL},
};

static chl_err create(const struct chl_create *args, struct chl_instance **out, char *why,
                      size_t why_size)
{
    struct chl_instance *self = calloc(1, sizeof *self);
    if (self == NULL) {
        (void)snprintf(why, why_size, "out of memory");
        return CHL_E_NOMEM;
    }
    memcpy(&self->config, args->config, sizeof self->config);
    self->source.fd = -1;
    typed_init(&self->typed);
    chl_err result = chl_scanner_init(&self->scanner, args, why, why_size);
    if (result != CHL_OK) {
        free(self);
        return result;
    }
    *out = self;
    return CHL_OK;
}

static void destroy(struct chl_instance *self)
{
    free(self);
}

static chl_err start(struct chl_instance *self)
{
    return chl_scanner_start(&self->scanner, hid_run, self);
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

CHL_PLUGIN_DEFINE(.kind = CHL_KIND_SCAN, .config_size = (uint32_t)sizeof(struct scan_hid_config),
                  .name = "scan_hid", .version = CHL_VERSION,
                  .summary_vi = "Đọc mã từ máy quét kiểu bàn phím (USB-HID)",
                  .summary_en = "Codes from a scanner that plays a keyboard", .options = options,
                  .ops = &ops);
