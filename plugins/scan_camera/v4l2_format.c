/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Agrees with a camera on a picture format, its size and its speed.
 *
 *  Source: the kernel's V4L2 documentation (ENUM_FMT, ENUM_FRAMEINTERVALS, S_FMT, S_PARM). A driver
 *  may answer with another size than was asked for: what it says is taken, within our bounds.
 */
#include "v4l2_device.h"

#include <errno.h>
#include <linux/videodev2.h>
#include <string.h>

#include "lib/qr/reader.h"

enum { FORMATS_MAX = 64, INTERVALS_MAX = 64 };

static const struct {
    const char *name;
    uint32_t code;
} formats[CHL_FRAME_FORMAT_COUNT] = {
#define ROW(id, text, a, b, c, d) [id] = {text, v4l2_fourcc(a, b, c, d)},
    CHL_FRAME_FORMATS(ROW)
#undef ROW
};

static unsigned per_second(const struct v4l2_fract *interval)
{
    return interval->numerator == 0 ? 0 : interval->denominator / interval->numerator;
}

/** Frames a second that the camera gives at the size asked for; `unknown` where it does not say. */
static unsigned fastest(const struct source *device, uint32_t code,
                        const struct source_request *request, unsigned unknown)
{
    unsigned best = 0;
    for (uint32_t i = 0; i < INTERVALS_MAX; i++) {
        struct v4l2_frmivalenum interval = {
            .index = i, .pixel_format = code, .width = request->width, .height = request->height};
        if (v4l2_ask(device, VIDIOC_ENUM_FRAMEINTERVALS, &interval) != 0) {
            return i == 0 ? unknown : best;
        }
        bool is_discrete = interval.type == V4L2_FRMIVAL_TYPE_DISCRETE;
        unsigned fps = per_second(is_discrete ? &interval.discrete : &interval.stepwise.min);
        best = fps > best ? fps : best;
        if (!is_discrete) {
            return best;
        }
    }
    return best;
}

/** The cheapest format that is fast enough, else the fastest. @return −1: none that we read. */
static int choose(const struct source *device, const struct source_request *request,
                  const bool offered[CHL_FRAME_FORMAT_COUNT])
{
    int best = -1;
    unsigned best_fps = 0;
    for (int i = 0; i < CHL_FRAME_FORMAT_COUNT; i++) {
        if (!offered[i] || (request->format >= 0 && request->format != i)) {
            continue;
        }
        unsigned fps = fastest(device, formats[i].code, request, request->decode_fps);
        if (fps >= request->decode_fps) {
            return i;
        }
        if (best < 0 || fps > best_fps) {
            best = i;
            best_fps = fps;
        }
    }
    return best;
}

/** What the camera offers, ours marked; all of it as text for an error. */
static void list_formats(const struct source *device, bool offered[CHL_FRAME_FORMAT_COUNT],
                         char *text, size_t size)
{
    text[0] = '\0';
    for (uint32_t i = 0; i < FORMATS_MAX; i++) {
        struct v4l2_fmtdesc about = {.index = i, .type = V4L2_BUF_TYPE_VIDEO_CAPTURE};
        if (v4l2_ask(device, VIDIOC_ENUM_FMT, &about) != 0) {
            return;
        }
        for (int k = 0; k < CHL_FRAME_FORMAT_COUNT; k++) {
            offered[k] = offered[k] || formats[k].code == about.pixelformat;
        }
        size_t have = strlen(text);
        char code[5] = "";
        for (int k = 0; k < 4; k++) {
            uint32_t c = about.pixelformat >> (8 * k) & 0x7F;
            code[k] = '?';
            if (c > ' ' && c < 0x7F) {
                code[k] = (char)c;
            }
        }
        (void)snprintf(text + have, size - have, "%s%s", have == 0 ? "" : " ", code);
    }
}

/** Ask for a speed; a camera that has only one keeps it. @return frames a second, 0 = unknown. */
static unsigned agree_speed(const struct source *device, const struct source_request *request)
{
    struct v4l2_streamparm parm = {.type = V4L2_BUF_TYPE_VIDEO_CAPTURE};
    if (v4l2_ask(device, VIDIOC_G_PARM, &parm) != 0) {
        return 0;
    }
    if ((parm.parm.capture.capability & V4L2_CAP_TIMEPERFRAME) != 0) {
        parm.parm.capture.timeperframe = (struct v4l2_fract){1, request->fps};
        (void)v4l2_ask(device, VIDIOC_S_PARM, &parm);
    }
    return per_second(&parm.parm.capture.timeperframe);
}

static chl_err set_format(struct source *device, const struct source_request *request, int chosen,
                          char *why, size_t why_size)
{
    struct v4l2_format format = {.type = V4L2_BUF_TYPE_VIDEO_CAPTURE};
    format.fmt.pix.width = request->width;
    format.fmt.pix.height = request->height;
    format.fmt.pix.pixelformat = formats[chosen].code;
    format.fmt.pix.field = V4L2_FIELD_NONE;
    if (v4l2_ask(device, VIDIOC_S_FMT, &format) != 0) {
        int error = errno;
        (void)snprintf(why, why_size, "%s refuses format %s: %s%s", request->path,
                       formats[chosen].name, strerrordesc_np(error),
                       error == EBUSY ? "; another program uses the camera: end it" : "");
        return error == EBUSY ? CHL_E_BUSY : CHL_E_IO;
    }
    const struct v4l2_pix_format *got = &format.fmt.pix;
    if (got->pixelformat != formats[chosen].code || got->width == 0 || got->height == 0 ||
        got->width > CHL_QR_SIDE_MAX || got->height > CHL_QR_SIDE_MAX ||
        (size_t)got->width * got->height > CHL_QR_PIXELS_MAX) {
        (void)snprintf(why, why_size,
                       "%s: expected %s up to %d pixels a side, got another format or %ux%u; set "
                       "`format`, `width` and `height` to what it has",
                       request->path, formats[chosen].name, CHL_QR_SIDE_MAX, got->width,
                       got->height);
        return CHL_E_NOTSUP;
    }
    device->frame = (struct chl_frame){.format = (chl_frame_format)chosen,
                                       .width = got->width,
                                       .height = got->height,
                                       .stride = got->bytesperline};
    return CHL_OK;
}

chl_err v4l2_agree(struct source *device, const struct source_request *request,
                   struct source_shape *shape, char *why, size_t why_size)
{
    bool offered[CHL_FRAME_FORMAT_COUNT] = {false};
    char list[128];
    list_formats(device, offered, list, sizeof list);
    int chosen = choose(device, request, offered);
    if (chosen < 0) {
        (void)snprintf(why, why_size,
                       "%s: expected format %s, the camera has: %s; set `format: auto` or use "
                       "another camera",
                       request->path,
                       request->format < 0 ? "grey, nv12, yuyv, uyvy or mjpeg"
                                           : formats[request->format].name,
                       list[0] == '\0' ? "none" : list);
        return CHL_E_NOTSUP;
    }
    chl_err err = set_format(device, request, chosen, why, why_size);
    if (err != CHL_OK) {
        return err;
    }
    unsigned fps = agree_speed(device, request);
    shape->width = device->frame.width;
    shape->height = device->frame.height;
    shape->stills = false;
    int length = snprintf(shape->text, sizeof shape->text, "%zux%zu %s", shape->width,
                          shape->height, formats[chosen].name);
    if (fps > 0 && length > 0) {
        (void)snprintf(shape->text + length, sizeof shape->text - (size_t)length, " at %u/s", fps);
    }
    return CHL_OK;
}
