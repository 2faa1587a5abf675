/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief All scan plugins: a new one passes the contract tests by a row here.
 */
#include "tests/integration/scan_devices.h"
#include "tests/integration/scan_world.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

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
        size_t count = key_events(i < length ? (char)bytes[i] : '\n', events);
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
};

const size_t scan_subject_count = sizeof scan_subjects / sizeof *scan_subjects;
