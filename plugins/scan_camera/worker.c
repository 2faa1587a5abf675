/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The instance's thread: opens the camera, takes its newest frames, opens it again.
 */
#include <sys/stat.h>

#include "camera.h"
#include "lib/base/time.h"

enum {
    SILENT_MS = 5000,  /**< a camera that sends nothing for so long is opened anew */
    STALE_MS = 150,    /**< a frame older than this is passed over for a newer one */
    IDLE_MS = 10,      /**< a descriptor that is ready but has no frame */
    EARLY_NS = 8000000 /**< a frame this much before its turn is taken: they come with jitter */
};

/** What serves a path: devices are cameras, folders and files are recorded. */
static const struct source_ops *kind_of(const char *path)
{
    struct stat about;
    bool recorded = stat(path, &about) == 0 && (S_ISDIR(about.st_mode) || S_ISREG(about.st_mode));
    return recorded ? &source_recorded : &source_v4l2;
}

struct serving {
    const struct source_ops *ops;
    struct source *source;
    struct source_shape shape;
    int64_t heard_ns; /**< when the last frame came */
    int64_t next_ns;  /**< when the next one is looked at */
    bool any;         /**< a frame came at all */
    bool passed_over; /**< the last one was too old */
    char why[256];
};

/** Take what is there. @return false: the source is lost, `why` says why. */
static bool take(struct chl_instance *self, struct serving *serving, bool *had_frame)
{
    struct chl_frame frame;
    int64_t captured_ns = 0;
    enum source_next next =
        serving->ops->newest(serving->source, chl_scanner_now_ns(&self->scanner), &frame,
                             &captured_ns, serving->why, sizeof serving->why);
    *had_frame = next == SOURCE_FRAME;
    if (next != SOURCE_FRAME) {
        return next != SOURCE_GONE;
    }
    int64_t time_ns = chl_scanner_now_ns(&self->scanner);
    serving->heard_ns = time_ns;
    if (!serving->any) {
        serving->any = true;
        chl_scanner_health(&self->scanner, true, "reading %s: %s", self->config.device,
                           serving->shape.text);
    }
    /* A look that took long leaves buffers full of the past: once, wait for what is there now. */
    bool is_old = !serving->shape.stills && time_ns - captured_ns > STALE_MS * CHL_NS_PER_MS;
    serving->passed_over = is_old && !serving->passed_over;
    bool is_due = serving->shape.stills || time_ns + EARLY_NS >= serving->next_ns;
    if (is_due && !serving->passed_over) {
        int64_t period_ns = CHL_NS_PER_S / self->config.decode_fps;
        int64_t after_ns = serving->next_ns + period_ns;
        serving->next_ns = after_ns > time_ns ? after_ns : time_ns + period_ns;
        camera_look(self, &frame, captured_ns, serving->shape.stills);
    }
    serving->ops->release(serving->source);
    return true;
}

/** Milliseconds until there may be a frame. */
static int wait_of(struct chl_instance *self, const struct serving *serving)
{
    int64_t due_ns = serving->ops->due_ns(serving->source);
    int64_t left_ns = due_ns - chl_scanner_now_ns(&self->scanner);
    if (due_ns == INT64_MAX || left_ns > (int64_t)SILENT_MS * CHL_NS_PER_MS) {
        return SILENT_MS;
    }
    return left_ns <= 0 ? 0 : (int)((left_ns + CHL_NS_PER_MS - 1) / CHL_NS_PER_MS);
}

static void serve(struct chl_instance *self, struct serving *serving)
{
    int fd = serving->ops->fd(serving->source);
    serving->heard_ns = chl_scanner_now_ns(&self->scanner);
    serving->next_ns = serving->heard_ns;
    for (;;) {
        enum chl_scanner_wake wake =
            chl_scanner_wait(&self->scanner, fd, -1, wait_of(self, serving));
        bool had_frame = false;
        if (wake == CHL_SCANNER_ENDING) {
            return;
        }
        if (!take(self, serving, &had_frame)) {
            chl_scanner_health(&self->scanner, false, "%s: %s", self->config.device, serving->why);
            return;
        }
        int64_t silent_ns = chl_scanner_now_ns(&self->scanner) - serving->heard_ns;
        if (fd >= 0 && silent_ns >= (int64_t)SILENT_MS * CHL_NS_PER_MS) {
            chl_scanner_health(&self->scanner, false,
                               "%s: expected a picture, got none for %d s; look at the cable and "
                               "at the kernel's log",
                               self->config.device, SILENT_MS / 1000);
            return;
        }
        if (wake == CHL_SCANNER_READY && !had_frame) {
            (void)chl_scanner_wait(&self->scanner, -1, -1, IDLE_MS);
        }
    }
}

/** Open and serve once. @return true when frames came. */
static bool serve_once(struct chl_instance *self)
{
    const struct scan_camera_config *config = &self->config;
    const struct source_request request = {.path = config->device,
                                           .format = config->format - 1,
                                           .width = (unsigned)config->width,
                                           .height = (unsigned)config->height,
                                           .fps = (unsigned)config->fps,
                                           .decode_fps = (unsigned)config->decode_fps};
    struct serving serving = {.ops = kind_of(config->device)};
    chl_err err = serving.ops->open(&request, &serving.source, &serving.shape, serving.why,
                                    sizeof serving.why);
    if (err != CHL_OK) {
        chl_scanner_health(&self->scanner, false, "%s", serving.why);
        return false;
    }
    self->scanner.host->log(self->scanner.ctx, CHL_LOG_INFO, "event=camera_opened shape=\"%s\"",
                            serving.shape.text);
    if (serving.shape.stills) { /* an empty folder is no fault */
        chl_scanner_health(&self->scanner, true, "reading %s: %s", config->device,
                           serving.shape.text);
    }
    self->hold.front_hold_ns = serving.shape.apart ? 0 : (int64_t)HOLD_FRONT_MS * CHL_NS_PER_MS;
    serve(self, &serving);
    serving.ops->close(serving.source);
    return serving.any || serving.shape.stills;
}

void camera_run(void *instance)
{
    struct chl_instance *self = instance;
    struct chl_scanner_backoff backoff = {0};
    while (!chl_scanner_is_ending(&self->scanner)) {
        if (serve_once(self)) {
            chl_scanner_reset(&backoff);
        }
        chl_scanner_pause(&self->scanner, &backoff);
    }
}
