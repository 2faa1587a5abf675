/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief What a camera asks of the kernel, as a table: a driver that misbehaves can be played.
 */
#ifndef SCAN_CAMERA_V4L2_CALLS_H
#define SCAN_CAMERA_V4L2_CALLS_H

#include "source.h"

/** As the system calls of these names, errno included. */
struct v4l2_calls {
    int (*open)(const char *path);
    int (*close)(int fd);
    int (*ioctl)(int fd, unsigned long request, void *argument);
    void *(*map)(int fd, size_t length, int64_t offset); /**< NULL on failure */
    void (*unmap)(void *memory, size_t length);
};

extern const struct v4l2_calls v4l2_kernel;

/** As source_ops.open, with another kernel. */
chl_err v4l2_open(const struct v4l2_calls *calls, const struct source_request *request,
                  struct source **out, struct source_shape *shape, char *why, size_t why_size);

#endif
