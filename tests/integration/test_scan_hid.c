/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief scan_hid: text that a keyboard mangled, and a real input device where the kernel makes
 * one.
 */
#include "tests/integration/fake_evdev.h"
#include "tests/integration/scan_devices.h"
#include "tests/integration/scan_world.h"

#include <errno.h>
#include <fcntl.h>
#include <libevdev/libevdev-uinput.h>
#include <libevdev/libevdev.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/base/time.h"

#define CARD  "001093029317||NGUYEN VAN DUC|01021990|Nam|Thon 1|01082021"
#define HOLES "001093029317||Nguy?n V?n ??c|01021990|Nam|Th?n 1|01082021"

static struct scan_world world;

static const struct scan_subject *subject(void)
{
    for (size_t i = 0; i < scan_subject_count; i++) {
        if (strcmp(scan_subjects[i].name, "scan_hid") == 0) {
            return &scan_subjects[i];
        }
    }
    fail_msg("scan_hid is not listed");
    return NULL;
}

static int tear_down(void **state)
{
    (void)state;
    if (world.handle != NULL) {
        scan_world_close(&world);
        world.handle = NULL;
    }
    atomic_store(&fake_evdev.present, false);
    atomic_store(&fake_evdev.grab_error, 0);
    atomic_store(&fake_evdev.grabs, 0);
    return 0;
}

static void test_mangled_text_is_the_scanners_fault(void **state)
{
    (void)state;
    scan_world_open(&world, subject());
    subject()->appear(&world);
    scan_world_start(&world);
    scan_world_wait_health(&world, true);
    scan_world_show_text(&world, HOLES);
    scan_world_wait_posts(&world, 1);
    assert_string_equal(world.ctx.posts[0].refusal, "text_mangled");
    assert_int_equal(world.ctx.posts[0].length, 0);
    scan_world_show_text(&world, CARD); /* what came whole is posted all the same */
    scan_world_wait_posts(&world, 2);
    scan_world_expect(&world, 1, CARD, strlen(CARD));
    scan_world_stop(&world);
    assert_true(world.ctx.healthy);
    assert_non_null(strstr(world.ctx.health, "serial (USB-COM) mode"));
    assert_int_equal(world.ctx.health_reports, 2); /* "typing", and this once */
}

static void test_silence_ends_a_code_without_enter(void **state)
{
    (void)state;
    struct input_event events[KEY_EVENTS_MAX];
    scan_world_open_with(&world, subject(), ", idle_gap: 50 ms");
    subject()->appear(&world);
    scan_world_start(&world);
    scan_world_wait_health(&world, true);
    for (const char *c = "HC1:A"; *c != '\0'; c++) {
        size_t count = key_events(*c, events);
        device_write(world.fd, events, count * sizeof *events);
    }
    scan_world_wait_posts(&world, 1);
    scan_world_expect(&world, 0, "HC1:A", 5);
}

static void wait_said(const char *text)
{
    bool says = false;
    for (unsigned i = 0; i < 2000 && !says; i++) {
        pthread_mutex_lock(&world.ctx.lock);
        says = strstr(world.ctx.health, text) != NULL;
        pthread_mutex_unlock(&world.ctx.lock);
        (void)poll(NULL, 0, says ? 0 : 10);
    }
    if (!says) {
        fail_msg("expected health '%s', got '%s'", text, world.ctx.health);
    }
}

static void test_what_is_no_keyboard_is_named(void **state)
{
    (void)state;
    scan_world_open(&world, subject());
    scan_world_start(&world);
    wait_said("plug the scanner in");
    assert_int_equal(symlink("/dev/null", world.device), 0);
    wait_said("expected an input device");
    assert_int_equal(unlink(world.device), 0);
    int fd = open(world.device, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    (void)close(fd);
    wait_said("another kind of file");
}

/* ---- libevdev on a terminal that answers as an input device ---- */

/** A terminal that changes no byte, as a device at `world.device`. */
static void plug_terminal(bool keyboard, bool caps_lit)
{
    struct termios raw;
    world.fd = device_pty(world.device);
    assert_int_equal(tcgetattr(world.fd, &raw), 0);
    cfmakeraw(&raw);
    assert_int_equal(tcsetattr(world.fd, TCSANOW, &raw), 0);
    atomic_store(&fake_evdev.keyboard, keyboard);
    atomic_store(&fake_evdev.caps_lit, caps_lit);
    atomic_store(&fake_evdev.present, true);
}

static void unplug_terminal(void)
{
    assert_int_equal(unlink(world.device), 0);
    assert_int_equal(close(world.fd), 0);
    world.fd = -1;
}

static void test_a_device_is_held_alone_read_and_found_again(void **state)
{
    (void)state;
    scan_world_open(&world, subject());
    plug_terminal(true, false);
    scan_world_start(&world);
    scan_world_wait_health(&world, true);
    assert_int_equal(atomic_load(&fake_evdev.grabs), 1);
    scan_world_show_text(&world, "HC1:6BF");
    scan_world_wait_posts(&world, 1);
    scan_world_expect(&world, 0, "HC1:6BF", 7);
    const struct input_event dropped = {.type = EV_SYN, .code = SYN_DROPPED};
    struct input_event events[KEY_EVENTS_MAX];
    size_t count = key_events('x', events);
    device_write(world.fd, events, count * sizeof *events);
    device_write(world.fd, &dropped, sizeof dropped);
    scan_world_wait_posts(&world, 2);
    assert_true(world.ctx.posts[1].unreadable); /* strokes are missing in it */
    scan_world_show_text(&world, "LS1:A");
    scan_world_wait_posts(&world, 3);
    scan_world_expect(&world, 2, "LS1:A", 5);
    int64_t pulled_ns = chl_mono_ns();
    unplug_terminal();
    scan_world_wait_health(&world, false);
    assert_true(chl_mono_ns() - pulled_ns < CHL_NS_PER_S);
    plug_terminal(true, true); /* and its lamp is lit now */
    scan_world_wait_health(&world, true);
    scan_world_show_text(&world, "hc1:6BFOXN");
    scan_world_wait_posts(&world, 4); /* "HC1:6bfoxn" is base45 in small letters */
    assert_string_equal(world.ctx.posts[3].refusal, "text_mangled");
}

static void test_a_mouse_and_a_device_in_use_are_named(void **state)
{
    (void)state;
    scan_world_open(&world, subject());
    plug_terminal(false, false);
    scan_world_start(&world);
    wait_said("expected a device that types, got 'test scanner'");
    atomic_store(&fake_evdev.keyboard, true);
    atomic_store(&fake_evdev.grab_error, EBUSY);
    wait_said("another program holds it alone");
    atomic_store(&fake_evdev.grab_error, EACCES);
    wait_said("udev rule");
    atomic_store(&fake_evdev.grab_error, 0);
    scan_world_wait_health(&world, true);
    scan_world_stop(&world);
    assert_int_equal(atomic_load(&fake_evdev.grabs), 0);
}

/* ---- a device of the kernel's ---- */

static struct libevdev_uinput *plug(void)
{
    struct libevdev *device = libevdev_new();
    struct libevdev_uinput *made = NULL;
    assert_non_null(device);
    libevdev_set_name(device, "chilang test scanner");
    for (unsigned code = KEY_ESC; code <= KEY_KPDOT; code++) {
        assert_int_equal(libevdev_enable_event_code(device, EV_KEY, code, NULL), 0);
    }
    int error = libevdev_uinput_create_from_device(device, LIBEVDEV_UINPUT_OPEN_MANAGED, &made);
    libevdev_free(device);
    return error == 0 ? made : NULL;
}

static void strike(struct libevdev_uinput *device, const char *text)
{
    for (const char *c = text; *c != '\0'; c++) {
        struct input_event events[KEY_EVENTS_MAX];
        size_t count = key_events(*c, events);
        for (size_t i = 0; i < count; i++) {
            assert_int_equal(libevdev_uinput_write_event(device, events[i].type, events[i].code,
                                                         events[i].value),
                             0);
        }
    }
}

static void test_a_real_device_is_held_alone_read_and_found_again(void **state)
{
    (void)state;
    struct libevdev_uinput *device = plug();
    const char *node = device == NULL ? NULL : libevdev_uinput_get_devnode(device);
    if (node == NULL) {
        libevdev_uinput_destroy(device);
        print_message("SKIPPED: no /dev/uinput here; recorded strokes went the same way above\n");
        skip();
        return;
    }
    scan_world_open(&world, subject());
    assert_int_equal(symlink(node, world.device), 0);
    scan_world_start(&world);
    scan_world_wait_health(&world, true);
    strike(device, "HC1:6BF\n");
    scan_world_wait_posts(&world, 1);
    scan_world_expect(&world, 0, "HC1:6BF", 7);
    int other = open(node, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    assert_true(other >= 0);
    assert_int_equal(ioctl(other, EVIOCGRAB, (void *)1), -1);
    assert_int_equal(errno, EBUSY);
    (void)close(other);
    int64_t pulled_ns = chl_mono_ns();
    libevdev_uinput_destroy(device);
    scan_world_wait_health(&world, false);
    assert_true(chl_mono_ns() - pulled_ns < CHL_NS_PER_S);
    device = plug();
    assert_non_null(device);
    assert_int_equal(unlink(world.device), 0);
    assert_int_equal(symlink(libevdev_uinput_get_devnode(device), world.device), 0);
    scan_world_wait_health(&world, true);
    strike(device, "LS1:A\n");
    scan_world_wait_posts(&world, 2);
    scan_world_expect(&world, 1, "LS1:A", 5);
    scan_world_stop(&world);
    libevdev_uinput_destroy(device);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_mangled_text_is_the_scanners_fault, tear_down),
        cmocka_unit_test_teardown(test_silence_ends_a_code_without_enter, tear_down),
        cmocka_unit_test_teardown(test_what_is_no_keyboard_is_named, tear_down),
        cmocka_unit_test_teardown(test_a_device_is_held_alone_read_and_found_again, tear_down),
        cmocka_unit_test_teardown(test_a_mouse_and_a_device_in_use_are_named, tear_down),
        cmocka_unit_test_teardown(test_a_real_device_is_held_alone_read_and_found_again, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
