/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Streams frames from a V4L2 camera through mapped buffers, always the newest one.
 *
 *  Source: the kernel's V4L2 documentation (QUERYCAP, REQBUFS, QBUF, DQBUF, STREAMON).
 */
#include "v4l2_device.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/videodev2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/base/time.h"

enum {
    FAULTS_MAX = 100, /**< damaged frames in a row after which the camera is opened anew */
    AGE_MAX_S = 2     /**< a time stamp older than this is not of our clock */
};

static int kernel_open(const char *path)
{
    return open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
}

static int kernel_ioctl(int fd, unsigned long request, void *argument)
{
    return ioctl(fd, request, argument);
}

static void *kernel_map(int fd, size_t length, int64_t offset)
{
    void *memory = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_SHARED, fd, (off_t)offset);
    return memory == MAP_FAILED ? NULL : memory;
}

static void kernel_unmap(void *memory, size_t length)
{
    (void)munmap(memory, length);
}

const struct v4l2_calls v4l2_kernel = {
    .open = kernel_open,
    .close = close,
    .ioctl = kernel_ioctl,
    .map = kernel_map,
    .unmap = kernel_unmap,
};

int v4l2_ask(const struct source *device, unsigned long request, void *argument)
{
    int result = -1;
    do {
        result = device->calls->ioctl(device->fd, request, argument);
    } while (result != 0 && errno == EINTR);
    return result == 0 ? 0 : -1;
}

static void close_device(struct source *device)
{
    if (device == NULL) {
        return;
    }
    if (device->streaming) {
        int type = V4L2_BUF_TYPE_VIDEO_CAPTURE;
        (void)v4l2_ask(device, VIDIOC_STREAMOFF, &type);
    }
    for (unsigned i = 0; i < device->buffer_count; i++) {
        if (device->buffers[i].memory != NULL) {
            device->calls->unmap(device->buffers[i].memory, device->buffers[i].length);
        }
    }
    if (device->fd >= 0) {
        (void)device->calls->close(device->fd);
    }
    free(device);
}

static const char *advice(int error)
{
    switch (error) {
    case ENOENT:
    case ENXIO:
    case ENODEV:
        return "plug the camera in; a name below /dev/v4l/by-id stays the same";
    case EACCES:
    case EPERM:
        return "add this user to the device's group (video)";
    case EBUSY:
        return "another program uses the camera: end it";
    default:
        return "look at the cable and at the kernel's log";
    }
}

static chl_err say(char *why, size_t why_size, const struct source_request *request,
                   const char *what, int error)
{
    (void)snprintf(why, why_size, "%s: %s: %s; %s", request->path, what, strerrordesc_np(error),
                   advice(error));
    return error == EBUSY ? CHL_E_BUSY : error == ENOMEM ? CHL_E_NOMEM : CHL_E_IO;
}

static chl_err check_kind(const struct source *device, const struct source_request *request,
                          char *why, size_t why_size)
{
    const uint32_t needed = V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_STREAMING;
    struct v4l2_capability about = {0};
    if (v4l2_ask(device, VIDIOC_QUERYCAP, &about) != 0) {
        (void)snprintf(why, why_size,
                       "%s: expected a camera, got another kind of device; name its /dev/video…",
                       request->path);
        return CHL_E_NOTSUP;
    }
    uint32_t caps =
        (about.capabilities & V4L2_CAP_DEVICE_CAPS) != 0 ? about.device_caps : about.capabilities;
    if ((caps & needed) != needed) {
        (void)snprintf(why, why_size,
                       "%s: expected a camera that streams single-plane video, got capabilities "
                       "0x%08x; a camera may have several /dev/video…: name the one for pictures",
                       request->path, caps);
        return CHL_E_NOTSUP;
    }
    return CHL_OK;
}

static int give_back(const struct source *device, unsigned index)
{
    struct v4l2_buffer buffer = {
        .index = index, .type = V4L2_BUF_TYPE_VIDEO_CAPTURE, .memory = V4L2_MEMORY_MMAP};
    return v4l2_ask(device, VIDIOC_QBUF, &buffer);
}

/** Ask for buffers, map and queue them, and start. @return 0, or errno of what failed. */
static int begin_streaming(struct source *device)
{
    struct v4l2_requestbuffers wanted = {
        .count = V4L2_BUFFERS, .type = V4L2_BUF_TYPE_VIDEO_CAPTURE, .memory = V4L2_MEMORY_MMAP};
    if (v4l2_ask(device, VIDIOC_REQBUFS, &wanted) != 0) {
        return errno;
    }
    if (wanted.count < 2) {
        return ENOMEM;
    }
    /* A driver may need more than was asked for: those stay unused by us. */
    unsigned count = wanted.count < V4L2_BUFFERS ? wanted.count : V4L2_BUFFERS;
    for (unsigned i = 0; i < count; i++) {
        struct v4l2_buffer buffer = {
            .index = i, .type = V4L2_BUF_TYPE_VIDEO_CAPTURE, .memory = V4L2_MEMORY_MMAP};
        if (v4l2_ask(device, VIDIOC_QUERYBUF, &buffer) != 0) {
            return errno;
        }
        device->buffers[i].length = buffer.length;
        device->buffers[i].memory =
            device->calls->map(device->fd, buffer.length, (int64_t)buffer.m.offset);
        if (device->buffers[i].memory == NULL) {
            return errno;
        }
        device->buffer_count = i + 1;
        if (give_back(device, i) != 0) {
            return errno;
        }
    }
    int type = V4L2_BUF_TYPE_VIDEO_CAPTURE;
    if (v4l2_ask(device, VIDIOC_STREAMON, &type) != 0) {
        return errno;
    }
    device->streaming = true;
    return 0;
}

chl_err v4l2_open(const struct v4l2_calls *calls, const struct source_request *request,
                  struct source **out, struct source_shape *shape, char *why, size_t why_size)
{
    struct source *device = calloc(1, sizeof *device);
    *out = NULL;
    if (device == NULL) {
        (void)snprintf(why, why_size, "out of memory");
        return CHL_E_NOMEM;
    }
    device->calls = calls;
    device->held = -1;
    device->fd = calls->open(request->path);
    chl_err err = device->fd >= 0 ? CHL_OK : say(why, why_size, request, "cannot be opened", errno);
    if (err == CHL_OK) {
        err = check_kind(device, request, why, why_size);
    }
    if (err == CHL_OK) {
        err = v4l2_agree(device, request, shape, why, why_size);
    }
    if (err == CHL_OK) {
        int error = begin_streaming(device);
        err = error == 0 ? CHL_OK : say(why, why_size, request, "gives no pictures", error);
    }
    if (err != CHL_OK) {
        close_device(device);
        return err;
    }
    *out = device;
    return CHL_OK;
}

static chl_err open_device(const struct source_request *request, struct source **out,
                           struct source_shape *shape, char *why, size_t why_size)
{
    return v4l2_open(&v4l2_kernel, request, out, shape, why, why_size);
}

static int device_fd(const struct source *device)
{
    return device->fd;
}

static int64_t device_due_ns(const struct source *device)
{
    (void)device;
    return INT64_MAX; /* the descriptor says when */
}

static void release(struct source *device)
{
    if (device->held >= 0) {
        /* If it fails the camera is gone, and the next question says so. */
        (void)give_back(device, (unsigned)device->held);
        device->held = -1;
    }
}

/** The driver's time where it is of our clock, else now. */
static int64_t time_of(const struct v4l2_buffer *buffer, int64_t now_ns)
{
    if ((buffer->flags & V4L2_BUF_FLAG_TIMESTAMP_MASK) != V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC ||
        buffer->timestamp.tv_sec < 0 || buffer->timestamp.tv_sec > now_ns / CHL_NS_PER_S) {
        return now_ns;
    }
    int64_t taken_ns =
        buffer->timestamp.tv_sec * CHL_NS_PER_S + (int64_t)buffer->timestamp.tv_usec * 1000;
    return taken_ns > now_ns || now_ns - taken_ns > AGE_MAX_S * CHL_NS_PER_S ? now_ns : taken_ns;
}

/** Keep this one in place of an older one. */
static void hold_buffer(struct source *device, const struct v4l2_buffer *buffer)
{
    release(device);
    device->held = (int)buffer->index;
    device->frame.bytes = device->buffers[buffer->index].memory;
    device->frame.length = buffer->bytesused < device->buffers[buffer->index].length
                               ? buffer->bytesused
                               : device->buffers[buffer->index].length;
    device->faults = 0;
}

static enum source_next gone(struct source *device, const char *what, int error, char *why,
                             size_t why_size)
{
    release(device);
    (void)snprintf(why, why_size, "%s%s%s; %s", what, error == 0 ? "" : ": ",
                   error == 0 ? "" : strerrordesc_np(error), advice(error));
    return SOURCE_GONE;
}

static enum source_next newest(struct source *device, int64_t now_ns, struct chl_frame *out,
                               int64_t *captured_ns, char *why, size_t why_size)
{
    release(device);
    /* Bounded: a camera faster than this loop would otherwise never let it end. */
    for (unsigned i = 0; i < 2U * V4L2_BUFFERS; i++) {
        struct v4l2_buffer buffer = {.type = V4L2_BUF_TYPE_VIDEO_CAPTURE,
                                     .memory = V4L2_MEMORY_MMAP};
        if (v4l2_ask(device, VIDIOC_DQBUF, &buffer) != 0) {
            if (errno == EAGAIN) {
                break;
            }
            if (errno == EIO && ++device->faults < FAULTS_MAX) {
                break; /* says V4L2: it may be for a moment only */
            }
            return gone(device, "the camera gives no more pictures", errno, why, why_size);
        }
        if (buffer.index >= device->buffer_count) {
            return gone(device, "the camera's driver named a buffer that is not there", 0, why,
                        why_size);
        }
        if ((buffer.flags & V4L2_BUF_FLAG_ERROR) != 0 || buffer.bytesused == 0) {
            (void)give_back(device, buffer.index);
            if (++device->faults >= FAULTS_MAX) {
                return gone(device, "the camera sends damaged pictures only", 0, why, why_size);
            }
            continue;
        }
        hold_buffer(device, &buffer);
        *captured_ns = time_of(&buffer, now_ns);
    }
    if (device->held < 0) {
        return SOURCE_NONE;
    }
    *out = device->frame;
    return SOURCE_FRAME;
}

const struct source_ops source_v4l2 = {
    .open = open_device,
    .fd = device_fd,
    .due_ns = device_due_ns,
    .newest = newest,
    .release = release,
    .close = close_device,
};
