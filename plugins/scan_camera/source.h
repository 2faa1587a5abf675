/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Where frames come from: a camera of the kernel's, or recorded frames in its place.
 *
 *  All of it runs on the instance's thread. Nothing here waits: the worker does.
 */
#ifndef SCAN_CAMERA_SOURCE_H
#define SCAN_CAMERA_SOURCE_H

#include "lib/qr/frame.h"

/** What the options ask for. */
struct source_request {
    const char *path;
    int format; /**< chl_frame_format, or −1: whichever suits */
    unsigned width, height, fps;
    unsigned decode_fps; /**< slower than this is too slow, where there is a choice */
};

/** What was agreed. */
struct source_shape {
    size_t width, height;
    bool stills;   /**< each frame is a picture of its own: none may be left out */
    bool apart;    /**< and of another moment than the one before */
    char text[96]; /**< for people: size, format, speed */
};

enum source_next {
    SOURCE_FRAME, /**< one is there; release it before the next is asked for */
    SOURCE_NONE,  /**< none yet */
    SOURCE_GONE   /**< there will be none any more; `why` says why. Close it. */
};

struct source; /**< each kind's own */

struct source_ops {
    /** @return CHL_OK; any error leaves nothing open, and `why` says what to do. Blocks: short. */
    chl_err (*open)(const struct source_request *request, struct source **out,
                    struct source_shape *shape, char *why, size_t why_size);
    /** Readable when there may be a frame; −1: ask when `due_ns` says. */
    int (*fd)(const struct source *source);
    /** When to ask next, monotonic; INT64_MAX: when the descriptor says so, or never. */
    int64_t (*due_ns)(const struct source *source);
    /** The newest frame; older ones are dropped.
     *  @param captured_ns when it was taken, monotonic. */
    enum source_next (*newest)(struct source *source, int64_t now_ns, struct chl_frame *out,
                               int64_t *captured_ns, char *why, size_t why_size);
    void (*release)(struct source *source);
    /** NULL is allowed. */
    void (*close)(struct source *source);
};

extern const struct source_ops source_v4l2;
/** A folder of pictures, in order of their names, each once, those that come later too; a picture
 *  held before the lens; or a y4m film, once. */
extern const struct source_ops source_recorded;

#endif
