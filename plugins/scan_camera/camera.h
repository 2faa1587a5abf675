/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief What the parts of this plugin share: its options and one instance.
 */
#ifndef SCAN_CAMERA_CAMERA_H
#define SCAN_CAMERA_CAMERA_H

#include <chilang/plugin.h>

#include "glimpse.h"
#include "hold.h"
#include "lib/qr/frame.h"
#include "lib/qr/reader.h"
#include "lib/scanner/scanner.h"
#include "source.h"

struct scan_camera_config {
    const char *device;
    int64_t width, height, fps, decode_fps;
    int64_t repeat_after_ms, unreadable_after_ms;
    int format; /**< 0 = auto, else 1 + chl_frame_format */
    bool inverted;
};

enum { SIGHTINGS_MAX = 8 };

/** What one frame showed; the bytes of the code that may be posted lie in `bytes`. */
struct view {
    struct hold_sighting sightings[SIGHTINGS_MAX];
    size_t starts[SIGHTINGS_MAX], lengths[SIGHTINGS_MAX];
    size_t count, used;
    uint8_t bytes[SIGHTINGS_MAX * CHL_QR_BYTES_MAX];
};

struct chl_instance {
    struct scan_camera_config config;
    struct chl_scanner scanner;
    /* The thread's own, made by create(). */
    struct chl_qr_reader *reader;
    struct chl_frame_decoder *decoder;
    uint8_t *grey; /**< the frame that is looked at */
    size_t grey_size;
    bool look_inverted; /**< polarity of the next look */
    struct hold hold;
    struct glimpse glimpse;
    struct view view;
};

/** The thread: opens the camera, looks, posts; opens it again when it is lost. */
void camera_run(void *instance);

/** Read one frame, and post what is new in it. @param every_polarity both, whatever it costs. */
void camera_look(struct chl_instance *self, const struct chl_frame *frame, int64_t captured_ns,
                 bool every_polarity);

#endif
