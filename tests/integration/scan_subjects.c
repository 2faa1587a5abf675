/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief All scan plugins: a new one passes the contract tests by a row here.
 */
#include "tests/frames/frames.h"
#include "tests/integration/scan_devices.h"
#include "tests/integration/scan_world.h"

#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/base/time.h"

static void drop_fd(struct scan_world *world)
{
    if (world->fd >= 0) {
        assert_int_equal(close(world->fd), 0);
    }
    world->fd = -1;
}

/* ---- a FIFO, for scan_file as one line a code, for scan_hid as recorded key strokes ---- */

static void make_fifo(struct scan_world *world)
{
    assert_int_equal(mkfifo(world->device, 0600), 0);
    world->fd = open(world->device, O_RDWR | O_NONBLOCK | O_CLOEXEC);
    assert_true(world->fd >= 0);
}

static void remove_fifo(struct scan_world *world)
{
    assert_int_equal(unlink(world->device), 0);
    drop_fd(world);
}

static void show_line(struct scan_world *world, const uint8_t *bytes, size_t length)
{
    device_write(world->fd, bytes, length);
    device_write(world->fd, "\n", 1);
}

static void show_keys(struct scan_world *world, const uint8_t *bytes, size_t length)
{
    for (size_t i = 0; i <= length; i++) {
        struct input_event events[KEY_EVENTS_MAX];
        size_t count = key_events(i < length ? (char)(bytes[i] & 0x7F) : '\n', events);
        assert_true(count > 0);
        device_write(world->fd, events, count * sizeof *events);
    }
}

/* ---- a pseudo-terminal, for scan_serial ---- */

static void plug_serial(struct scan_world *world)
{
    world->fd = device_pty(world->device);
}

static void unplug_serial(struct scan_world *world)
{
    assert_int_equal(unlink(world->device), 0);
    drop_fd(world);
}

static void show_serial(struct scan_world *world, const uint8_t *bytes, size_t length)
{
    device_write(world->fd, bytes, length);
    device_write(world->fd, "\r\n", 2);
}

/* ---- a folder of frames, each with its code before the lens, for scan_camera ---- */

enum {
    FRAME_CODE_MAX = 500, /* larger codes get too fine for the made frames */
    FRAME_TAKEN_MS = 3000 /* one that nobody takes is taken away */
};

static void make_folder(struct scan_world *world)
{
    assert_int_equal(mkdir(world->device, 0700), 0);
}

static void remove_folder(struct scan_world *world)
{
    assert_int_equal(rmdir(world->device), 0);
}

/** True when the events that wait tell that somebody has read this file. */
static bool was_read(int notify_fd, const char *name)
{
    _Alignas(struct inotify_event) char buffer[4096];
    ssize_t got = read(notify_fd, buffer, sizeof buffer);
    for (const char *at = buffer; got > 0 && at < buffer + got;) {
        const struct inotify_event *event = (const void *)at;
        if (event->len > 0 && strcmp(event->name, name) == 0) {
            return true;
        }
        at += sizeof *event + event->len;
    }
    return false;
}

/** A frame is before the lens once: it is taken away when it was read. */
static void put_frame(const char *folder, const char *name, const uint8_t *pixels)
{
    char path[PATH_MAX + 32], hidden[PATH_MAX + 32];
    (void)snprintf(hidden, sizeof hidden, "%s/.new", folder);
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    assert_true(frame_write_pgm(hidden, pixels));
    int notify_fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    assert_true(inotify_add_watch(notify_fd, folder, IN_CLOSE_NOWRITE) >= 0);
    assert_int_equal(rename(hidden, path), 0);
    struct pollfd fds = {.fd = notify_fd, .events = POLLIN};
    int64_t end_ns = chl_mono_ns() + FRAME_TAKEN_MS * CHL_NS_PER_MS;
    while (!was_read(notify_fd, name) && chl_mono_ns() < end_ns) {
        (void)poll(&fds, 1, FRAME_TAKEN_MS);
    }
    assert_int_equal(unlink(path), 0);
    assert_int_equal(close(notify_fd), 0);
}

static void show_frame(struct scan_world *world, const uint8_t *bytes, size_t length)
{
    static struct chl_qr_symbol symbol;
    static uint8_t pixels[FRAME_WIDTH * FRAME_HEIGHT];
    static unsigned number;
    struct frame_look look;
    struct frame_card card;
    char name[32];
    assert_true(length <= FRAME_CODE_MAX);
    assert_int_equal(chl_qr_encode((const char *)bytes, length, CHL_QR_M, &symbol), CHL_OK);
    assert_true(frame_card_of_symbol(&symbol, &card));
    number++;
    frame_look_of(number % 10, 100, &look);
    frame_draw(&card, &look, pixels);
    free(card.texels);
    (void)snprintf(name, sizeof name, "%06u.pgm", number);
    put_frame(world->device, name, pixels);
}

static const char *never(void)
{
    return NULL;
}

const struct scan_subject scan_subjects[] = {
    {.name = "scan_file",
     .options = "",
     .path_option = "path",
     .appear = make_fifo,
     .show = show_line,
     .vanish = remove_fifo,
     .bad_option = "what: papers",
     .bad_text = "expected one of auto, pictures, lines",
     .skipped = never},
    {.name = "scan_serial",
     .options = ", model: honeywell-4820",
     .path_option = "device",
     .appear = plug_serial,
     .show = show_serial,
     .vanish = unplug_serial,
     .tells_loss = true,
     .bad_option = "baud: 9601",
     .bad_text = "expected one of model, 1200",
     .skipped = never},
    {.name = "scan_hid",
     .options = "",
     .path_option = "device",
     .appear = make_fifo,
     .show = show_keys,
     .vanish = remove_fifo,
     .tells_loss = true,
     .bad_option = "layout: vn",
     .bad_text = "expected one of us",
     .skipped = never},
    {.name = "scan_camera",
     .options = "",
     .path_option = "device",
     .appear = make_folder,
     .show = show_frame,
     .vanish = remove_folder,
     .tells_loss = true,
     .code_max = FRAME_CODE_MAX,
     .bad_option = "format: h264",
     .bad_text = "expected one of auto, grey",
     .skipped = never},
};

const size_t scan_subject_count = sizeof scan_subjects / sizeof *scan_subjects;
