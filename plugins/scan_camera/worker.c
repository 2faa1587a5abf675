/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The instance's thread: opens the camera, takes its newest frames, opens it again.
 */
#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "camera.h"
#include "lib/base/time.h"

enum {
    RETRY_FIRST_MS = 250,
    RETRY_MOST_MS = 8000,
    SILENT_MS = 5000,  /**< a camera that sends nothing for so long is opened anew */
    IDLE_MS = 50,      /**< a descriptor that is ready but has no frame */
    EARLY_NS = 8000000 /**< a frame this much before its turn is taken: they come with jitter */
};

static bool is_ending(const struct chl_instance *self)
{
    return atomic_load(&self->ending);
}

static int64_t now_ns(const struct chl_instance *self)
{
    return self->host->now_mono_ns(self->ctx);
}

/** Wait until the descriptor (−1: none) is readable, the time is over or it has to end.
 *  @return what poll says of the descriptor, 0 = time is over. */
static short wait_for(const struct chl_instance *self, int fd, int64_t timeout_ms)
{
    struct pollfd fds[] = {{.fd = self->wake_fd, .events = POLLIN}, {.fd = fd, .events = POLLIN}};
    int bounded_ms = timeout_ms < 0               ? 0
                     : timeout_ms > RETRY_MOST_MS ? RETRY_MOST_MS
                                                  : (int)timeout_ms;
    int ready = poll(fds, 2, bounded_ms);
    return ready > 0 ? fds[1].revents : 0;
}

void camera_health(struct chl_instance *self, bool ok, const char *format, ...)
{
    char text[sizeof self->health_text];
    va_list arguments;
    va_start(arguments, format);
    /* NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized): clang 14 loses sight of va_start */
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (self->health_known && self->healthy == ok && strcmp(text, self->health_text) == 0) {
        return;
    }
    self->health_known = true;
    self->healthy = ok;
    memcpy(self->health_text, text, sizeof text);
    self->host->set_health(self->ctx, ok, text);
}

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
    char why[256];
};

/** Take what is there. @return false: the source is lost, `why` says why. */
static bool take(struct chl_instance *self, struct serving *serving, bool *had_frame)
{
    struct chl_frame frame;
    int64_t captured_ns = 0;
    enum source_next next = serving->ops->newest(serving->source, now_ns(self), &frame,
                                                 &captured_ns, serving->why, sizeof serving->why);
    *had_frame = next == SOURCE_FRAME;
    if (next != SOURCE_FRAME) {
        return next != SOURCE_GONE;
    }
    int64_t time_ns = now_ns(self);
    serving->heard_ns = time_ns;
    if (!serving->any) {
        serving->any = true;
        camera_health(self, true, "reading %s: %s", self->config.device, serving->shape.text);
    }
    if (serving->shape.stills || time_ns + EARLY_NS >= serving->next_ns) {
        int64_t period_ns = CHL_NS_PER_S / self->config.decode_fps;
        int64_t after_ns = serving->next_ns + period_ns;
        serving->next_ns = after_ns > time_ns ? after_ns : time_ns + period_ns;
        camera_look(self, &frame, captured_ns, serving->shape.stills);
    }
    serving->ops->release(serving->source);
    return true;
}

static void serve(struct chl_instance *self, struct serving *serving)
{
    const int64_t never = INT64_MAX;
    serving->heard_ns = now_ns(self);
    serving->next_ns = serving->heard_ns;
    while (!is_ending(self)) {
        int fd = serving->ops->fd(serving->source);
        int64_t due_ns = serving->ops->due_ns(serving->source);
        int64_t time_ns = now_ns(self);
        int64_t wait_ms =
            due_ns == never ? SILENT_MS : (due_ns - time_ns + CHL_NS_PER_MS - 1) / CHL_NS_PER_MS;
        short ready = wait_for(self, fd, wait_ms);
        bool had_frame = false;
        if (is_ending(self)) {
            return;
        }
        if (!take(self, serving, &had_frame)) {
            camera_health(self, false, "%s: %s", self->config.device, serving->why);
            return;
        }
        if (fd >= 0 && now_ns(self) - serving->heard_ns > (int64_t)SILENT_MS * CHL_NS_PER_MS) {
            camera_health(self, false,
                          "%s: expected a picture, got none for %d s; look at the cable and at "
                          "the kernel's log",
                          self->config.device, SILENT_MS / 1000);
            return;
        }
        if (fd >= 0 && ready != 0 && !had_frame) {
            (void)wait_for(self, -1, IDLE_MS);
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
        camera_health(self, false, "%s", serving.why);
        return false;
    }
    self->host->log(self->ctx, CHL_LOG_INFO, "event=camera_opened shape=\"%s\"",
                    serving.shape.text);
    if (serving.shape.stills) { /* an empty folder is no fault */
        camera_health(self, true, "reading %s: %s", config->device, serving.shape.text);
    }
    self->hold.front_hold_ns = serving.shape.apart ? 0 : (int64_t)HOLD_FRONT_MS * CHL_NS_PER_MS;
    serve(self, &serving);
    serving.ops->close(serving.source);
    return serving.any;
}

void *camera_run(void *instance)
{
    struct chl_instance *self = instance;
    int64_t retry_ms = RETRY_FIRST_MS;
    while (!is_ending(self)) {
        if (serve_once(self)) {
            retry_ms = RETRY_FIRST_MS;
        }
        if (!is_ending(self)) {
            (void)wait_for(self, -1, retry_ms);
        }
        retry_ms = 2 * retry_ms < RETRY_MOST_MS ? 2 * retry_ms : RETRY_MOST_MS;
    }
    return NULL;
}
