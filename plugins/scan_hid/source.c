/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Opens and reads an input device by libevdev, or a FIFO that carries recorded events.
 */
#include "hid.h"

#include <errno.h>
#include <fcntl.h>
#include <libevdev/libevdev.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void explain(const char *path, int error, char *why)
{
    const char *advice = "look at the cable and the device";
    if (error == EACCES || error == EPERM) {
        advice = "add this user to group input, or better write the udev rule of the README, which "
                 "gives away this scanner only";
    } else if (error == ENOENT || error == ENODEV || error == ENXIO) {
        advice = "plug the scanner in, or name its link in /dev/input/by-id";
    } else if (error == EBUSY) {
        advice = "another program holds it alone; end that one";
    }
    (void)snprintf(why, SOURCE_WHY_MAX, "%.60s: %s; %s", path, strerrordesc_np(error), advice);
}

/** A scanner has letters, digits and Enter; a mouse or a power button has not. */
static bool is_keyboard(const struct libevdev *device)
{
    static const unsigned needed[] = {KEY_A, KEY_Z, KEY_0, KEY_9, KEY_ENTER, KEY_LEFTSHIFT};
    for (size_t i = 0; i < sizeof needed / sizeof *needed; i++) {
        if (!libevdev_has_event_code(device, EV_KEY, needed[i])) {
            return false;
        }
    }
    return true;
}

static bool take_device(struct source *source, const char *path, bool *caps, char *why)
{
    int result = libevdev_new_from_fd(source->fd, &source->device);
    if (result != 0) {
        (void)snprintf(why, SOURCE_WHY_MAX,
                       "%.60s: expected an input device, got another (%s); name one such as "
                       "/dev/input/by-id/…-event-kbd",
                       path, strerrordesc_np(-result));
        return false;
    }
    if (!is_keyboard(source->device)) {
        (void)snprintf(why, SOURCE_WHY_MAX,
                       "%.60s: expected a device that types, got '%.40s'; name the one that ends "
                       "in -event-kbd",
                       path, libevdev_get_name(source->device));
        return false;
    }
    result = libevdev_grab(source->device, LIBEVDEV_GRAB);
    if (result != 0) {
        explain(path, -result, why);
        return false;
    }
    *caps = libevdev_get_event_value(source->device, EV_LED, LED_CAPSL) != 0;
    return true;
}

bool source_open(struct source *source, const char *path, bool *caps, char *why)
{
    struct stat about;
    *source = (struct source){.fd = -1};
    *caps = false;
    if (stat(path, &about) != 0) {
        explain(path, errno, why);
        return false;
    }
    if (!S_ISCHR(about.st_mode) && !S_ISFIFO(about.st_mode)) {
        (void)snprintf(
            why, SOURCE_WHY_MAX,
            "%.60s: expected an input device, got another kind of file; name one such as "
            "/dev/input/by-id/…-event-kbd",
            path);
        return false;
    }
    /* A FIFO ends when its writer leaves, as a device does when it is unplugged. */
    source->fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    if (source->fd < 0) {
        explain(path, errno, why);
        return false;
    }
    bool good = S_ISFIFO(about.st_mode) || take_device(source, path, caps, why);
    if (!good) {
        source_close(source);
    }
    return good;
}

/** Not every driver fails a read once its device is gone, but all say it to who waits. */
static bool is_hung_up(int fd)
{
    struct pollfd state = {.fd = fd, .events = POLLIN};
    return poll(&state, 1, 0) > 0 && (state.revents & (POLLHUP | POLLERR | POLLNVAL)) != 0;
}

static enum source_result read_device(struct source *source, struct input_event *out)
{
    if (source->resumed) {
        source->resumed = false;
        *out = (struct input_event){.type = EV_SYN, .code = SYN_REPORT};
        return SOURCE_EVENT;
    }
    int result = libevdev_next_event(source->device, LIBEVDEV_READ_FLAG_NORMAL, out);
    if (result == LIBEVDEV_READ_STATUS_SYNC) {
        /* Events were dropped. libevdev would now make up the difference; strokes that are over
         * are in no difference, so the code is broken and the state is read anew. */
        struct input_event skipped;
        while (libevdev_next_event(source->device, LIBEVDEV_READ_FLAG_SYNC, &skipped) ==
               LIBEVDEV_READ_STATUS_SYNC) {
        }
        source->resumed = true;
        *out = (struct input_event){.type = EV_SYN, .code = SYN_DROPPED};
        return SOURCE_EVENT;
    }
    if (result == LIBEVDEV_READ_STATUS_SUCCESS) {
        return SOURCE_EVENT;
    }
    bool alive = result == -EAGAIN || result == -EINTR;
    return alive && !is_hung_up(source->fd) ? SOURCE_EMPTY : SOURCE_GONE;
}

static enum source_result read_fifo(struct source *source, struct input_event *out)
{
    ssize_t got =
        read(source->fd, source->bytes + source->partial, sizeof source->bytes - source->partial);
    if (got < 0) {
        return errno == EAGAIN || errno == EINTR ? SOURCE_EMPTY : SOURCE_GONE;
    }
    source->partial += (size_t)got;
    if (source->partial < sizeof source->bytes) {
        return got == 0 ? SOURCE_GONE : SOURCE_EMPTY;
    }
    source->partial = 0;
    memcpy(out, source->bytes, sizeof *out);
    return SOURCE_EVENT;
}

enum source_result source_read(struct source *source, struct input_event *out)
{
    return source->device != NULL ? read_device(source, out) : read_fifo(source, out);
}

void source_close(struct source *source)
{
    if (source->device != NULL) {
        (void)libevdev_grab(source->device, LIBEVDEV_UNGRAB);
        libevdev_free(source->device);
    }
    if (source->fd >= 0) {
        (void)close(source->fd);
    }
    *source = (struct source){.fd = -1};
}
