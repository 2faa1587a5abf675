/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief scan_camera's way with the kernel, against a driver that is played: what it asks, in
 * which order, and what it does when the driver fails or says nonsense.
 *
 *  The table of system calls is the only thing that is not the plugin's own.
 */
#include "plugins/scan_camera/v4l2_calls.h"

#include "lib/base/time.h"

#include <errno.h>
#include <linux/videodev2.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { FD = 7, BUFFERS = 4, QUEUE = 16 };

/** The driver. */
static struct {
    /* How it behaves. */
    int open_errno;
    unsigned long failing; /* ioctl that fails … */
    int failing_errno;
    uint32_t caps;
    struct {
        uint32_t code;
        unsigned fps;
    } formats[4];
    uint32_t width, height, stride, answered; /* 0: as asked */
    unsigned buffers;
    uint32_t clock; /* timestamp flag */
    int interrupts; /* EINTR so often before each answer */
    /* What happened. */
    bool is_open, is_streaming;
    unsigned mapped, set_fps, set_format_calls;
    uint32_t set_format;
    bool queued[BUFFERS];
    struct {
        uint32_t index, bytes, flags;
        int64_t taken_ns;
    } done[QUEUE];
    unsigned done_count;
    uint8_t *memory[BUFFERS];
    uint32_t size;
} driver;

static struct source *camera;
static struct source_shape shape;
static char why[256];

static int set_up(void **state)
{
    (void)state;
    memset(&driver, 0, sizeof driver);
    driver.caps = V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_STREAMING;
    driver.buffers = BUFFERS;
    driver.clock = V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC;
    driver.formats[0].code = V4L2_PIX_FMT_YUYV;
    driver.formats[0].fps = 30;
    camera = NULL;
    why[0] = '\0';
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    source_v4l2.close(camera);
    camera = NULL;
    bool clean = !driver.is_open && !driver.is_streaming && driver.mapped == 0;
    for (unsigned i = 0; i < BUFFERS; i++) {
        free(driver.memory[i]);
    }
    return clean ? 0 : -1; /* nothing may stay open or mapped, whatever happened */
}

static int fake_open(const char *path)
{
    (void)path;
    if (driver.open_errno != 0) {
        errno = driver.open_errno;
        return -1;
    }
    driver.is_open = true;
    return FD;
}

static int fake_close(int fd)
{
    assert_int_equal(fd, FD);
    driver.is_open = false;
    return 0;
}

static void *fake_map(int fd, size_t length, int64_t offset)
{
    assert_int_equal(fd, FD);
    assert_int_equal(length, driver.size);
    unsigned index = (unsigned)(offset / 4096);
    assert_in_range(index, 0, BUFFERS - 1);
    if (driver.failing == 1) {
        errno = driver.failing_errno;
        return NULL;
    }
    free(driver.memory[index]);
    driver.memory[index] = calloc(1, length);
    driver.mapped++;
    return driver.memory[index];
}

static void fake_unmap(void *memory, size_t length)
{
    assert_non_null(memory);
    assert_int_equal(length, driver.size);
    driver.mapped--;
}

static int refuse(int error)
{
    errno = error;
    return -1;
}

static int enumerate_format(struct v4l2_fmtdesc *about)
{
    if (about->index >= 4 || driver.formats[about->index].code == 0) {
        return refuse(EINVAL);
    }
    about->pixelformat = driver.formats[about->index].code;
    return 0;
}

static int enumerate_interval(struct v4l2_frmivalenum *interval)
{
    for (unsigned i = 0; i < 4; i++) {
        if (driver.formats[i].code == interval->pixel_format && interval->index == 0 &&
            driver.formats[i].fps > 0) {
            interval->type = V4L2_FRMIVAL_TYPE_DISCRETE;
            interval->discrete = (struct v4l2_fract){1, driver.formats[i].fps};
            return 0;
        }
    }
    return refuse(EINVAL);
}

static int set_format(struct v4l2_format *format)
{
    struct v4l2_pix_format *pix = &format->fmt.pix;
    assert_false(driver.is_streaming);
    driver.set_format = pix->pixelformat;
    pix->width = driver.width != 0 ? driver.width : pix->width;
    pix->height = driver.height != 0 ? driver.height : pix->height;
    pix->pixelformat = driver.answered != 0 ? driver.answered : pix->pixelformat;
    pix->bytesperline = driver.stride != 0 ? driver.stride : 2 * pix->width;
    driver.size = pix->bytesperline * pix->height;
    pix->sizeimage = driver.size;
    return 0;
}

static int dequeue(struct v4l2_buffer *buffer)
{
    assert_true(driver.is_streaming);
    if (driver.done_count == 0) {
        return refuse(EAGAIN);
    }
    buffer->index = driver.done[0].index;
    buffer->bytesused = driver.done[0].bytes;
    buffer->flags = driver.done[0].flags | driver.clock;
    buffer->timestamp.tv_sec = driver.done[0].taken_ns / CHL_NS_PER_S;
    buffer->timestamp.tv_usec = driver.done[0].taken_ns % CHL_NS_PER_S / 1000;
    driver.done_count--;
    memmove(driver.done, driver.done + 1, driver.done_count * sizeof *driver.done);
    return 0;
}

static int answer(unsigned long request, void *argument)
{
    switch (request) {
    case VIDIOC_QUERYCAP: {
        struct v4l2_capability *about = argument;
        about->capabilities = V4L2_CAP_DEVICE_CAPS | 0xFFFF; /* of the whole device */
        about->device_caps = driver.caps;
        return 0;
    }
    case VIDIOC_ENUM_FMT:
        return enumerate_format(argument);
    case VIDIOC_ENUM_FRAMEINTERVALS:
        return enumerate_interval(argument);
    case VIDIOC_S_FMT:
        return set_format(argument);
    case VIDIOC_G_PARM:
        ((struct v4l2_streamparm *)argument)->parm.capture.capability = V4L2_CAP_TIMEPERFRAME;
        return 0;
    case VIDIOC_S_PARM:
        driver.set_fps =
            ((struct v4l2_streamparm *)argument)->parm.capture.timeperframe.denominator;
        return 0;
    case VIDIOC_REQBUFS:
        ((struct v4l2_requestbuffers *)argument)->count = driver.buffers;
        return 0;
    case VIDIOC_QUERYBUF:
        ((struct v4l2_buffer *)argument)->length = driver.size;
        ((struct v4l2_buffer *)argument)->m.offset = 4096 * ((struct v4l2_buffer *)argument)->index;
        return 0;
    case VIDIOC_QBUF: {
        uint32_t index = ((struct v4l2_buffer *)argument)->index;
        assert_in_range(index, 0, BUFFERS - 1);
        assert_false(driver.queued[index]); /* never given back twice */
        driver.queued[index] = true;
        return 0;
    }
    case VIDIOC_DQBUF:
        return dequeue(argument);
    case VIDIOC_STREAMON:
        driver.is_streaming = true;
        return 0;
    case VIDIOC_STREAMOFF:
        driver.is_streaming = false;
        return 0;
    default:
        fail_msg("an ioctl that no camera needs: 0x%lx", request);
        return -1;
    }
}

static int fake_ioctl(int fd, unsigned long request, void *argument)
{
    static int interrupted;
    assert_int_equal(fd, FD);
    assert_true(driver.is_open);
    if (interrupted < driver.interrupts) {
        interrupted++;
        return refuse(EINTR);
    }
    interrupted = 0;
    return request == driver.failing ? refuse(driver.failing_errno) : answer(request, argument);
}

static const struct v4l2_calls calls = {.open = fake_open,
                                        .close = fake_close,
                                        .ioctl = fake_ioctl,
                                        .map = fake_map,
                                        .unmap = fake_unmap};

static chl_err open_with(int format, unsigned decode_fps)
{
    const struct source_request request = {.path = "/dev/video9",
                                           .format = format,
                                           .width = 64,
                                           .height = 48,
                                           .fps = 30,
                                           .decode_fps = decode_fps};
    return v4l2_open(&calls, &request, &camera, &shape, why, sizeof why);
}

/** The driver fills a queued buffer. */
static void fill(uint32_t index, uint8_t value, uint32_t bytes, uint32_t flags, int64_t taken_ns)
{
    assert_true(driver.queued[index] && driver.done_count < QUEUE);
    driver.queued[index] = false;
    memset(driver.memory[index], value, driver.size);
    driver.done[driver.done_count].index = index;
    driver.done[driver.done_count].bytes = bytes;
    driver.done[driver.done_count].flags = flags;
    driver.done[driver.done_count].taken_ns = taken_ns;
    driver.done_count++;
}

static enum source_next next(struct chl_frame *frame, int64_t *captured_ns)
{
    return source_v4l2.newest(camera, 1000 * CHL_NS_PER_S, frame, captured_ns, why, sizeof why);
}

static unsigned queued(void)
{
    unsigned count = 0;
    for (unsigned i = 0; i < BUFFERS; i++) {
        count += driver.queued[i] ? 1 : 0;
    }
    return count;
}

static void test_the_newest_frame_is_taken_with_its_time(void **state)
{
    (void)state;
    struct chl_frame frame;
    int64_t captured_ns = 0;
    driver.interrupts = 2; /* signals at every call */
    driver.stride = 160;
    assert_int_equal(open_with(-1, 15), CHL_OK);
    assert_true(driver.is_streaming && driver.set_fps == 30);
    assert_int_equal(queued(), 4);
    assert_int_equal(source_v4l2.fd(camera), FD);
    assert_int_equal(next(&frame, &captured_ns), SOURCE_NONE);
    fill(0, 10, driver.size, 0, 999 * CHL_NS_PER_S);
    fill(1, 20, driver.size, V4L2_BUF_FLAG_ERROR, 999 * CHL_NS_PER_S + 1000000);
    fill(2, 30, 999999, 0, 999 * CHL_NS_PER_S + 2000000); /* more than the buffer holds */
    assert_int_equal(next(&frame, &captured_ns), SOURCE_FRAME);
    assert_int_equal(captured_ns, 999 * CHL_NS_PER_S + 2000000);
    assert_int_equal(frame.bytes[0], 30);
    assert_int_equal(frame.format, CHL_FRAME_YUYV);
    assert_int_equal(frame.stride, 160);
    assert_int_equal(frame.length, driver.size);
    assert_int_equal(queued(), 3); /* all but the one that is looked at */
    source_v4l2.release(camera);
    source_v4l2.release(camera);
    assert_int_equal(queued(), 4);
}

static void test_times_of_another_clock_are_not_believed(void **state)
{
    (void)state;
    static const struct {
        uint32_t clock;
        int64_t taken_ns;
    } cases[] = {{V4L2_BUF_FLAG_TIMESTAMP_COPY, 999 * CHL_NS_PER_S},
                 {V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC, 1001 * CHL_NS_PER_S},
                 {V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC, 5 * CHL_NS_PER_S},
                 {V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC, INT64_MAX}};
    assert_int_equal(open_with(-1, 15), CHL_OK);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct chl_frame frame;
        int64_t captured_ns = 0;
        driver.clock = cases[i].clock;
        fill(0, 1, driver.size, 0, cases[i].taken_ns);
        assert_int_equal(next(&frame, &captured_ns), SOURCE_FRAME);
        assert_int_equal(captured_ns, 1000 * CHL_NS_PER_S);
        source_v4l2.release(camera);
    }
}

static void test_the_cheapest_format_that_is_fast_enough_is_chosen(void **state)
{
    (void)state;
    driver.formats[0].code = V4L2_PIX_FMT_MJPEG;
    driver.formats[0].fps = 30;
    driver.formats[1].code = V4L2_PIX_FMT_YUYV;
    driver.formats[1].fps = 10; /* what USB 2 has room for */
    driver.formats[2].code = V4L2_PIX_FMT_H264;
    driver.formats[2].fps = 60;
    static const struct {
        int format;
        unsigned decode_fps;
        uint32_t chosen;
    } cases[] = {{-1, 15, V4L2_PIX_FMT_MJPEG},
                 {-1, 10, V4L2_PIX_FMT_YUYV},
                 {-1, 60, V4L2_PIX_FMT_MJPEG},
                 {CHL_FRAME_YUYV, 15, V4L2_PIX_FMT_YUYV}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(open_with(cases[i].format, cases[i].decode_fps), CHL_OK);
        assert_int_equal(driver.set_format, cases[i].chosen);
        source_v4l2.close(camera);
        camera = NULL;
        memset(driver.queued, 0, sizeof driver.queued);
    }
    driver.formats[1].fps = 0; /* a camera that does not say how fast it is */
    assert_int_equal(open_with(-1, 15), CHL_OK);
    assert_int_equal(driver.set_format, V4L2_PIX_FMT_YUYV);
}

static void expect_refusal(int format, const char *said)
{
    assert_int_not_equal(open_with(format, 15), CHL_OK);
    assert_null(camera);
    if (strstr(why, said) == NULL) {
        fail_msg("expected '%s' in: %s", said, why);
    }
    assert_false(driver.is_open);
    assert_int_equal(driver.mapped, 0);
}

static void test_refusals_say_what_to_do(void **state)
{
    (void)state;
    static const struct {
        int error;
        const char *said;
    } opens[] = {{ENOENT, "plug the camera in"}, {EACCES, "group (video)"}, {EBUSY, "end it"}};
    for (size_t i = 0; i < sizeof opens / sizeof *opens; i++) {
        driver.open_errno = opens[i].error;
        expect_refusal(-1, opens[i].said);
    }
    driver.open_errno = 0;
    driver.caps = V4L2_CAP_META_CAPTURE | V4L2_CAP_STREAMING;
    expect_refusal(-1, "several /dev/video");
    driver.caps = V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_STREAMING;
    expect_refusal(CHL_FRAME_MJPEG, "the camera has: YUYV");
    driver.formats[0].code = V4L2_PIX_FMT_H264;
    expect_refusal(-1, "the camera has: H264");
    driver.formats[0].code = V4L2_PIX_FMT_YUYV;
    driver.answered = V4L2_PIX_FMT_H264;
    expect_refusal(-1, "got another format");
    driver.answered = 0;
    driver.width = 100000;
    expect_refusal(-1, "pixels a side");
    driver.width = 0;
    driver.buffers = 1;
    expect_refusal(-1, "gives no pictures");
}

/* Each step may fail, and nothing may stay open. */
static void test_any_step_may_fail(void **state)
{
    (void)state;
    static const struct {
        unsigned long request;
        int error;
        const char *said;
    } steps[] = {{VIDIOC_QUERYCAP, ENOTTY, "another kind of device"},
                 {VIDIOC_ENUM_FMT, EINVAL, "the camera has: none"},
                 {VIDIOC_S_FMT, EBUSY, "end it"},
                 {VIDIOC_S_FMT, EINVAL, "refuses format yuyv"},
                 {VIDIOC_REQBUFS, EBUSY, "end it"},
                 {VIDIOC_QUERYBUF, EINVAL, "gives no pictures"},
                 {1, ENOMEM, "gives no pictures"}, /* mapping */
                 {VIDIOC_QBUF, EIO, "gives no pictures"},
                 {VIDIOC_STREAMON, ENODEV, "plug the camera in"}};
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        driver.failing = steps[i].request;
        driver.failing_errno = steps[i].error;
        memset(driver.queued, 0, sizeof driver.queued);
        expect_refusal(-1, steps[i].said);
    }
    static const unsigned long optional[] = {VIDIOC_G_PARM, VIDIOC_S_PARM,
                                             VIDIOC_ENUM_FRAMEINTERVALS};
    for (size_t i = 0; i < sizeof optional / sizeof *optional; i++) {
        driver.failing = optional[i];
        driver.failing_errno = ENOTTY;
        memset(driver.queued, 0, sizeof driver.queued);
        assert_int_equal(open_with(-1, 15), CHL_OK);
        source_v4l2.close(camera);
        camera = NULL;
    }
}

static void test_an_unplugged_camera_is_gone(void **state)
{
    (void)state;
    struct chl_frame frame;
    int64_t captured_ns = 0;
    assert_int_equal(open_with(-1, 15), CHL_OK);
    fill(3, 1, driver.size, 0, 999 * CHL_NS_PER_S);
    assert_int_equal(next(&frame, &captured_ns), SOURCE_FRAME);
    driver.failing = VIDIOC_DQBUF;
    driver.failing_errno = ENODEV;
    assert_int_equal(next(&frame, &captured_ns), SOURCE_GONE);
    assert_non_null(strstr(why, "plug the camera in"));
}

static void test_damage_is_borne_for_a_while(void **state)
{
    (void)state;
    struct chl_frame frame;
    int64_t captured_ns = 0;
    enum source_next what = SOURCE_NONE;
    unsigned rounds = 0;
    assert_int_equal(open_with(-1, 15), CHL_OK);
    for (; what == SOURCE_NONE && rounds < 1000; rounds++) {
        fill(rounds % BUFFERS, 1, driver.size, V4L2_BUF_FLAG_ERROR, 999 * CHL_NS_PER_S);
        what = next(&frame, &captured_ns);
    }
    assert_int_equal(what, SOURCE_GONE);
    assert_int_equal(rounds, 100);
    assert_non_null(strstr(why, "damaged"));
}

static void test_nonsense_of_the_driver_is_refused(void **state)
{
    (void)state;
    struct chl_frame frame;
    int64_t captured_ns = 0;
    assert_int_equal(open_with(-1, 15), CHL_OK);
    driver.done[0].index = 4000000000U;
    driver.done[0].bytes = 10;
    driver.done_count = 1;
    assert_int_equal(next(&frame, &captured_ns), SOURCE_GONE);
    assert_non_null(strstr(why, "not there"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_the_newest_frame_is_taken_with_its_time),
        TEST(test_times_of_another_clock_are_not_believed),
        TEST(test_the_cheapest_format_that_is_fast_enough_is_chosen),
        TEST(test_refusals_say_what_to_do),
        TEST(test_any_step_may_fail),
        TEST(test_an_unplugged_camera_is_gone),
        TEST(test_damage_is_borne_for_a_while),
        TEST(test_nonsense_of_the_driver_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
