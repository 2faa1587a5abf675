/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief One opened V4L2 device, shared by agreeing on a format and by streaming.
 */
#ifndef SCAN_CAMERA_V4L2_DEVICE_H
#define SCAN_CAMERA_V4L2_DEVICE_H

#include <stdio.h>

#include "v4l2_calls.h"

enum { V4L2_BUFFERS = 4 };

struct source {
    const struct v4l2_calls *calls;
    int fd;
    struct chl_frame frame; /**< format, size and stride as agreed */
    struct {
        void *memory;
        size_t length;
    } buffers[V4L2_BUFFERS];
    unsigned buffer_count;
    bool streaming;
    int held;        /**< index of the buffer that the worker looks at, −1: none */
    unsigned faults; /**< damaged frames in a row */
};

/** An ioctl, repeated when a signal interrupts it. @return 0, or −1 with errno. */
int v4l2_ask(const struct source *device, unsigned long request, void *argument);

/** Choose a format that the camera has and agree on sizes and speed. `why` on failure. */
chl_err v4l2_agree(struct source *device, const struct source_request *request,
                   struct source_shape *shape, char *why, size_t why_size);

#endif
