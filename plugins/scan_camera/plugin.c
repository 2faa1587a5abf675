/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The plugin scan_camera: its options, and the life of an instance.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "camera.h"

enum { PATH_MAX_LENGTH = 4000 };

static const char *const formats[] = {
    "auto",
#define NAME(id, text, a, b, c, d) text,
    CHL_FRAME_FORMATS(NAME)
#undef NAME
        NULL,
};

#define FIELD(name) offsetof(struct scan_camera_config, name)

static const struct chl_opt options[] = {
    {.name = "device",
     .type = CHL_OPT_PATH,
     .required = true,
     .max = PATH_MAX_LENGTH,
     .offset = FIELD(device),
     .help_vi = "Camera (/dev/v4l/by-id/…); hoặc thư mục ảnh, ảnh, phim y4m ghi sẵn để diễn tập",
     .help_en = "camera (/dev/v4l/by-id/…); or a folder of recorded frames, a picture or a y4m "
                "film, for rehearsals"},
    {.name = "format",
     .type = CHL_OPT_ENUM,
     .dflt = "auto",
     .choices = formats,
     .offset = FIELD(format),
     .help_vi = "Định dạng ảnh của camera; auto: loại rẻ nhất mà đủ nhanh",
     .help_en = "the camera's picture format; auto: the cheapest that is fast enough"},
    {.name = "width",
     .type = CHL_OPT_INT,
     .dflt = "1280",
     .min = 160,
     .max = 4096,
     .offset = FIELD(width),
     .help_vi = "Chiều rộng ảnh xin từ camera, điểm ảnh",
     .help_en = "width asked of the camera, pixels"},
    {.name = "height",
     .type = CHL_OPT_INT,
     .dflt = "720",
     .min = 120,
     .max = 4096,
     .offset = FIELD(height),
     .help_vi = "Chiều cao ảnh xin từ camera, điểm ảnh",
     .help_en = "height asked of the camera, pixels"},
    {.name = "fps",
     .type = CHL_OPT_INT,
     .dflt = "30",
     .min = 1,
     .max = 120,
     .offset = FIELD(fps),
     .help_vi = "Số ảnh mỗi giây xin từ camera; cũng là tốc độ phát ảnh ghi sẵn",
     .help_en = "frames a second asked of the camera; also the speed of recorded ones"},
    {.name = "decode_fps",
     .type = CHL_OPT_INT,
     .dflt = "15",
     .min = 1,
     .max = 60,
     .offset = FIELD(decode_fps),
     .help_vi = "Số ảnh được đọc mã mỗi giây, nhiều nhất",
     .help_en = "frames read for codes a second, at most"},
    {.name = "inverted",
     .type = CHL_OPT_BOOL,
     .dflt = "true",
     .offset = FIELD(inverted),
     .help_vi = "Đọc cả mã trắng trên nền đen (điện thoại ở chế độ tối)",
     .help_en = "also read white codes on black (telephones in dark mode)"},
    {.name = "repeat_after",
     .type = CHL_OPT_DURATION_MS,
     .dflt = "3 s",
     .min = HOLD_RETURN_MS,
     .max = 60000,
     .offset = FIELD(repeat_after_ms),
     .help_vi = "Mã đã đọc được tính là lần quét mới khi rời ống kính lâu như thế",
     .help_en = "a code counts as a new scan after it was out of view for so long"},
    {.name = "unreadable_after",
     .type = CHL_OPT_DURATION_MS,
     .dflt = "4 s",
     .max = 60000,
     .offset = FIELD(unreadable_after_ms),
     .help_vi =
         "Báo \"không đọc được\" khi thấy mã mà lâu như thế vẫn chưa đọc được; 0 s: không báo",
     .help_en = "say *unreadable* when a code has been in view unread for so long; 0 s: never"},
    {.name = NULL},
};

static void destroy(struct chl_instance *self)
{
    chl_qr_reader_free(self->reader);
    chl_frame_decoder_free(self->decoder);
    free(self->grey);
    free(self);
}

static chl_err create(const struct chl_create *args, struct chl_instance **out, char *why,
                      size_t why_size)
{
    struct chl_instance *self = calloc(1, sizeof *self);
    if (self == NULL) {
        (void)snprintf(why, why_size, "out of memory");
        return CHL_E_NOMEM;
    }
    chl_err err = chl_scanner_init(&self->scanner, args, why, why_size);
    if (err != CHL_OK) {
        goto out;
    }
    memcpy(&self->config, args->config, sizeof self->config);
    hold_init(&self->hold, self->config.repeat_after_ms);
    self->grey_size = (size_t)self->config.width * (size_t)self->config.height;
    self->grey = malloc(self->grey_size);
    err = self->grey == NULL ? CHL_E_NOMEM : chl_qr_reader_new(&self->reader);
    if (err == CHL_OK) {
        err = chl_frame_decoder_new(&self->decoder);
    }
    if (err != CHL_OK) {
        (void)snprintf(why, why_size, "the reader of codes cannot be made: %s", chl_strerror(err));
        goto out;
    }
    *out = self;
    self = NULL;
out:
    if (self != NULL) {
        destroy(self);
    }
    return err;
}

static chl_err start(struct chl_instance *self)
{
    self->look_inverted = false; /* what was in view stays known: a code may be held meanwhile */
    glimpse_init(&self->glimpse, self->config.unreadable_after_ms);
    return chl_scanner_start(&self->scanner, camera_run, self);
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

CHL_PLUGIN_DEFINE(.kind = CHL_KIND_SCAN, .config_size = (uint32_t)sizeof(struct scan_camera_config),
                  .name = "scan_camera", .version = CHL_VERSION,
                  .summary_vi = "Đọc mã QR bằng camera", .summary_en = "QR codes before a camera",
                  .options = options, .ops = &ops);
