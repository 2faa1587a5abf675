/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief scan_camera on a camera of the kernel's: its test driver vivid, whose output is looped to
 *  its capture side. Skipped where there is none.
 *
 *  `modprobe vivid n_devs=1 node_types=0x101 num_inputs=1 input_types=3 num_outputs=1
 *  output_types=1` makes one: an HDMI input behind an HDMI output.
 */
#include "tests/integration/scan_world.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/videodev2.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/base/time.h"
#include "tests/frames/frames.h"

enum { SIZE = FRAME_WIDTH * FRAME_HEIGHT, SHOWN_S = 30, OUTPUTS = 2 };

static struct scan_world world;
static char capture[64], output[64];
static int output_fd = -1;
static uint8_t pixels[SIZE];
static uint8_t *sent[OUTPUTS]; /* mapped buffers of the output */

/** Paths of the test driver's two ends. */
static void find_ends(void)
{
    DIR *folder = opendir("/dev");
    const struct dirent *entry = NULL;
    while (folder != NULL &&
           (entry = readdir(folder)) != NULL) { /* NOLINT(concurrency-mt-unsafe): own stream */
        char path[300];
        struct v4l2_capability about;
        if (strncmp(entry->d_name, "video", 5) != 0) {
            continue;
        }
        (void)snprintf(path, sizeof path, "/dev/%s", entry->d_name);
        int fd = open(path, O_RDWR | O_CLOEXEC | O_NONBLOCK);
        if (fd >= 0 && ioctl(fd, VIDIOC_QUERYCAP, &about) == 0 &&
            strcmp((const char *)about.driver, "vivid") == 0) {
            bool is_capture = (about.device_caps & V4L2_CAP_VIDEO_CAPTURE) != 0;
            bool is_output = (about.device_caps & V4L2_CAP_VIDEO_OUTPUT) != 0;
            if (is_capture || is_output) {
                (void)snprintf(is_capture ? capture : output, 64, "%.60s", path);
            }
        }
        if (fd >= 0) {
            (void)close(fd);
        }
    }
    if (folder != NULL) {
        (void)closedir(folder);
    }
}

/** Set a control that is known by its name only. */
static bool set_control(const char *path, const char *name, int value)
{
    int fd = open(path, O_RDWR | O_CLOEXEC);
    struct v4l2_queryctrl about = {.id = V4L2_CTRL_FLAG_NEXT_CTRL};
    bool set = false;
    while (fd >= 0 && !set && ioctl(fd, VIDIOC_QUERYCTRL, &about) == 0) {
        if (strcmp((const char *)about.name, name) == 0) {
            struct v4l2_control control = {.id = about.id, .value = value};
            set = ioctl(fd, VIDIOC_S_CTRL, &control) == 0;
        }
        about.id |= V4L2_CTRL_FLAG_NEXT_CTRL;
    }
    if (fd >= 0) {
        (void)close(fd);
    }
    return set;
}

/** Open the output for frames of YUYV. */
static void open_output(void)
{
    struct v4l2_format format = {.type = V4L2_BUF_TYPE_VIDEO_OUTPUT};
    output_fd = open(output, O_RDWR | O_CLOEXEC);
    assert_true(output_fd >= 0);
    assert_int_equal(ioctl(output_fd, VIDIOC_G_FMT, &format), 0);
    format.fmt.pix.width = FRAME_WIDTH;
    format.fmt.pix.height = FRAME_HEIGHT;
    format.fmt.pix.pixelformat = V4L2_PIX_FMT_YUYV;
    assert_int_equal(ioctl(output_fd, VIDIOC_S_FMT, &format), 0);
    assert_int_equal(format.fmt.pix.width, FRAME_WIDTH);
    assert_int_equal(format.fmt.pix.height, FRAME_HEIGHT);
    struct v4l2_requestbuffers wanted = {
        .count = OUTPUTS, .type = V4L2_BUF_TYPE_VIDEO_OUTPUT, .memory = V4L2_MEMORY_MMAP};
    assert_int_equal(ioctl(output_fd, VIDIOC_REQBUFS, &wanted), 0);
    assert_int_equal(wanted.count, OUTPUTS);
    for (uint32_t i = 0; i < OUTPUTS; i++) {
        struct v4l2_buffer buffer = {
            .index = i, .type = V4L2_BUF_TYPE_VIDEO_OUTPUT, .memory = V4L2_MEMORY_MMAP};
        assert_int_equal(ioctl(output_fd, VIDIOC_QUERYBUF, &buffer), 0);
        assert_true(buffer.length >= 2 * SIZE);
        sent[i] = mmap(NULL, 2 * SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, output_fd,
                       (off_t)buffer.m.offset);
        assert_true(sent[i] != MAP_FAILED);
    }
}

/** Queue an output buffer with what is in `pixels`. */
static void send_frame(uint32_t index)
{
    struct v4l2_buffer buffer = {.index = index,
                                 .type = V4L2_BUF_TYPE_VIDEO_OUTPUT,
                                 .memory = V4L2_MEMORY_MMAP,
                                 .bytesused = 2 * SIZE,
                                 .field = V4L2_FIELD_NONE};
    for (size_t i = 0; i < SIZE; i++) {
        sent[index][2 * i] = pixels[i];
        sent[index][2 * i + 1] = 128;
    }
    assert_int_equal(ioctl(output_fd, VIDIOC_QBUF, &buffer), 0);
}

static void start_output(void)
{
    int type = V4L2_BUF_TYPE_VIDEO_OUTPUT;
    for (uint32_t i = 0; i < OUTPUTS; i++) {
        send_frame(i);
    }
    assert_int_equal(ioctl(output_fd, VIDIOC_STREAMON, &type), 0);
}

/** Wait until the output is done with a frame, and give it the next. */
static void next_frame(void)
{
    struct v4l2_buffer buffer = {.type = V4L2_BUF_TYPE_VIDEO_OUTPUT, .memory = V4L2_MEMORY_MMAP};
    assert_int_equal(ioctl(output_fd, VIDIOC_DQBUF, &buffer), 0);
    send_frame(buffer.index);
}

static void close_output(void)
{
    for (uint32_t i = 0; i < OUTPUTS; i++) {
        assert_int_equal(munmap(sent[i], 2 * SIZE), 0);
    }
    assert_int_equal(close(output_fd), 0);
}

static void draw(const char *text, bool inverted)
{
    static struct chl_qr_symbol symbol;
    struct frame_card card;
    struct frame_look look;
    assert_int_equal(chl_qr_encode(text, strlen(text), CHL_QR_M, &symbol), CHL_OK);
    assert_true(frame_card_of_symbol(&symbol, &card));
    frame_look_of(inverted ? 7 : 4, 100, &look);
    frame_draw(&card, &look, pixels);
    free(card.texels);
}

/** Keep the frame on the output until there are so many posts. @return how long, seconds. */
static double show_until(size_t posts)
{
    int64_t began_ns = chl_mono_ns();
    do {
        next_frame();
        assert_true(chl_mono_ns() - began_ns < SHOWN_S * CHL_NS_PER_S);
    } while (scan_world_posts(&world) < posts);
    return (double)(chl_mono_ns() - began_ns) / (double)CHL_NS_PER_S;
}

static const struct scan_subject *subject(void)
{
    for (size_t i = 0; i < scan_subject_count; i++) {
        if (strcmp(scan_subjects[i].name, "scan_camera") == 0) {
            return &scan_subjects[i];
        }
    }
    fail_msg("expected scan_camera among the subjects");
    return NULL;
}

static void test_a_real_driver_is_read(void **state)
{
    (void)state;
    static const char card_line[] = "001203000123|012345678|HUỲNH HIẾU THUẬN|01021990|Nam|"
                                    "Số 1, M'gar, Đắk Lắk|01082021";
    scan_world_open_with(&world, subject(), ", format: yuyv, decode_fps: 30");
    assert_int_equal(symlink(capture, world.device), 0);
    draw(card_line, false);
    open_output();
    start_output();
    scan_world_start(&world);
    scan_world_wait_health(&world, true);
    print_message("%s\n", world.ctx.health);
    print_message("dark on light: read after %.3f s\n", show_until(1));
    scan_world_expect(&world, 0, card_line, strlen(card_line));
    draw("LS1:DARK MODE", true);
    print_message("light on dark: read after %.3f s\n", show_until(2));
    scan_world_expect(&world, 1, "LS1:DARK MODE", 13);
    int64_t began_ns = chl_mono_ns();
    while (chl_mono_ns() - began_ns < 6 * CHL_NS_PER_S) {
        /* held: one scan, but that this host says *busy* to every second post */
        next_frame();
    }
    for (size_t i = 0; i < scan_world_posts(&world); i++) {
        const struct scan_post *post = &world.ctx.posts[i];
        print_message("post %zu: %s, from the frame's time to its post %.1f ms\n", i,
                      post->unreadable ? "unreadable" : (const char *)post->bytes,
                      (double)(post->posted_ns - post->captured_ns) / (double)CHL_NS_PER_MS);
    }
    assert_int_equal(scan_world_posts(&world), 3);
    scan_world_expect(&world, 2, "LS1:DARK MODE", 13);
    for (size_t i = 0; i < 2; i++) {
        const struct scan_post *post = &world.ctx.posts[i];
        assert_true(post->captured_ns < post->posted_ns &&
                    post->posted_ns - post->captured_ns < CHL_NS_PER_S);
    }
    close_output();
    scan_world_close(&world);
}

static void test_a_camera_in_use_is_said_and_taken_when_free(void **state)
{
    (void)state;
    struct v4l2_requestbuffers wanted = {
        .count = 2, .type = V4L2_BUF_TYPE_VIDEO_CAPTURE, .memory = V4L2_MEMORY_MMAP};
    int other = open(capture, O_RDWR | O_CLOEXEC);
    assert_true(other >= 0);
    assert_int_equal(ioctl(other, VIDIOC_REQBUFS, &wanted), 0);
    scan_world_open_with(&world, subject(), "");
    assert_int_equal(symlink(capture, world.device), 0);
    scan_world_start(&world);
    scan_world_wait_health(&world, false);
    print_message("%s\n", world.ctx.health);
    assert_non_null(strstr(world.ctx.health, "end it"));
    assert_int_equal(close(other), 0);
    scan_world_wait_health(&world, true);
    scan_world_close(&world);
}

/* The driver plays that its device was unplugged. */
static void test_an_unplugged_camera_is_said(void **state)
{
    (void)state;
    scan_world_open_with(&world, subject(), "");
    assert_int_equal(symlink(capture, world.device), 0);
    scan_world_start(&world);
    scan_world_wait_health(&world, true);
    if (!set_control(capture, "Disconnect", 1)) {
        print_message("SKIPPED: the driver cannot play it\n");
    } else {
        scan_world_wait_health(&world, false);
        print_message("%s\n", world.ctx.health);
    }
    scan_world_close(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_real_driver_is_read),
        cmocka_unit_test(test_a_camera_in_use_is_said_and_taken_when_free),
        cmocka_unit_test(test_an_unplugged_camera_is_said),
    };
    find_ends();
    if (capture[0] == '\0' || output[0] == '\0' || !set_control(capture, "Loop Video", 1)) {
        puts("SKIPPED ALL: no camera of the kernel's test driver vivid with its output here");
        return EXIT_SUCCESS;
    }
    (void)set_control(capture, "OSD Text Mode", 2);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
