/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief scan_serial on a pseudo-terminal: framing, noise, cables pulled and put back, ports that
 * are none, and the way through libserialport.
 *
 *  libserialport takes hardware ports only: it looks a name up in /sys/class/tty and asks for modem
 *  lines. A path that means the same seen from /dev and from /sys/class/tty, and an ioctl() that
 *  answers for the modem lines of our own terminals, let the very library run on one.
 */
#include "tests/integration/scan_devices.h"
#include "tests/integration/scan_world.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <termios.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/base/time.h"

static struct scan_world world;
static atomic_bool has_modem_lines; /* terminals answer as if they were hardware */
static atomic_int modem_asked, modem_lines;

int ioctl(int fd, unsigned long request, ...);

/* In place of the C library's, for libserialport. */
int ioctl(int fd, unsigned long request, ...)
{
    va_list arguments;
    va_start(arguments, request);
    void *argument = va_arg(arguments, void *);
    va_end(arguments);
    bool ours =
        request == TIOCMGET || request == TIOCMSET || request == TIOCMBIS || request == TIOCMBIC;
    if (atomic_load(&has_modem_lines) && ours) {
        int *lines = argument;
        atomic_fetch_add(&modem_asked, 1);
        if (request == TIOCMGET) {
            *lines = atomic_load(&modem_lines);
        } else if (request == TIOCMSET) {
            atomic_store(&modem_lines, *lines);
        } else if (request == TIOCMBIS) {
            atomic_fetch_or(&modem_lines, *lines);
        } else {
            atomic_fetch_and(&modem_lines, ~*lines);
        }
        return 0;
    }
    return (int)syscall(SYS_ioctl, fd, request, argument);
}

static const struct scan_subject *subject(void)
{
    for (size_t i = 0; i < scan_subject_count; i++) {
        if (strcmp(scan_subjects[i].name, "scan_serial") == 0) {
            return &scan_subjects[i];
        }
    }
    fail_msg("scan_serial is not listed");
    return NULL;
}

static void open_with(const char *options)
{
    scan_world_open_with(&world, subject(), options);
    subject()->appear(&world);
    scan_world_start(&world);
    scan_world_wait_health(&world, true);
}

static void put(const char *bytes)
{
    device_write(world.fd, bytes, strlen(bytes));
}

static void expect_text(size_t index, const char *text)
{
    scan_world_wait_posts(&world, index + 1);
    scan_world_expect(&world, index, text, strlen(text));
}

static void expect_unreadable(size_t index)
{
    scan_world_wait_posts(&world, index + 1);
    assert_true(world.ctx.posts[index].unreadable);
}

static int tear_down(void **state)
{
    (void)state;
    atomic_store(&has_modem_lines, false);
    if (world.handle != NULL) {
        scan_world_close(&world);
        world.handle = NULL;
    }
    return 0;
}

static void test_split_and_joined_codes(void **state)
{
    (void)state;
    open_with(", model: honeywell-4820, idle_gap: 5 s");
    put("]Q1HC1:6B");
    put("FOXN\r");
    put("\nLS1:A\r\nLS1:B\r\nLS1:");
    expect_text(0, "HC1:6BFOXN");
    expect_text(1, "LS1:A");
    expect_text(2, "LS1:B");
    put("C\r\n");
    expect_text(3, "LS1:C");
    put("Nguyễn Văn Đức|Nữ\r\n");
    expect_text(4, "Nguyễn Văn Đức|Nữ");
}

static void test_framed_codes_of_a_model_with_seven_bits(void **state)
{
    (void)state;
    open_with(", model: symbol-olivetti");
    put("\x02]Q1HC1:6BF\x03\x02LS1:\r\nA\x03");
    expect_text(0, "HC1:6BF");
    expect_text(1, "LS1:\r\nA");
}

static void test_prefix_and_suffix_of_the_site(void **state)
{
    (void)state;
    open_with(", prefix: 'Q<GS>', suffix: TAB");
    put("Q\x1DHC1:A\tHC1:B\t");
    expect_text(0, "HC1:A");
    expect_text(1, "HC1:B");
}

/* Without a suffix silence alone ends a code, and that is when it was captured. */
static void test_silence_ends_a_code(void **state)
{
    (void)state;
    open_with(", suffix: none, idle_gap: 60 ms");
    put("HC1:A\r\n");
    int64_t put_ns = chl_mono_ns();
    expect_text(0, "HC1:A\r\n");
    assert_true(world.ctx.posts[0].posted_ns - put_ns >= 40 * CHL_NS_PER_MS);
    assert_true(world.ctx.posts[0].captured_ns - put_ns < 40 * CHL_NS_PER_MS ||
                world.ctx.posts[0].captured_ns < world.ctx.posts[0].posted_ns - CHL_NS_PER_MS);
}

static void test_noise_neither_stalls_nor_hides_the_next_code(void **state)
{
    (void)state;
    char noise[8192];
    for (size_t i = 0; i < sizeof noise; i++) {
        noise[i] = (char)(0x80 | (i * 37 & 0x7F)); /* no line end in it */
    }
    open_with("");
    for (unsigned i = 0; i < 20; i++) {
        device_write(world.fd, noise, sizeof noise);
    }
    put("\r");
    expect_unreadable(0);
    put("\xFF\xFE\r\xFF\xFD\r");
    scan_world_wait_posts(&world, 3);
    put("HC1:A\r");
    expect_text(3, "HC1:A");
    assert_true(scan_world_is_healthy(&world));
}

static bool health_says(const char *text)
{
    pthread_mutex_lock(&world.ctx.lock);
    bool says = strstr(world.ctx.health, text) != NULL;
    pthread_mutex_unlock(&world.ctx.lock);
    return says;
}

static void wait_said(const char *text)
{
    for (unsigned i = 0; i < 2000 && !health_says(text); i++) {
        (void)poll(NULL, 0, 10);
    }
    if (!health_says(text)) {
        fail_msg("expected health '%s', got '%s'", text, world.ctx.health);
    }
}

static void test_a_wrong_speed_is_told_to_the_technician(void **state)
{
    (void)state;
    open_with("");
    put("\xF8\x80\r\xF8\x81\r\xF8\x82\r");
    scan_world_wait_posts(&world, 3);
    wait_said("compare baud");
    assert_true(scan_world_is_healthy(&world));
    put("HC1:A\r");
    expect_text(3, "HC1:A");
    wait_said("reading");
}

static void test_a_cable_pulled_and_put_back(void **state)
{
    (void)state;
    open_with(", idle_gap: 5 s");
    put("HC1:HALF");
    (void)poll(NULL, 0, 50);
    int64_t pulled_ns = chl_mono_ns();
    subject()->vanish(&world);
    scan_world_wait_health(&world, false);
    assert_true(chl_mono_ns() - pulled_ns < CHL_NS_PER_S);
    expect_unreadable(0); /* the half code is not joined to the next */
    subject()->appear(&world);
    scan_world_wait_health(&world, true);
    put("HC1:WHOLE\r");
    expect_text(1, "HC1:WHOLE");
    /* The link points to another port all at once, as udev makes it. */
    int former = world.fd;
    world.fd = device_pty(world.device);
    assert_int_equal(close(former), 0);
    for (unsigned i = 0; i < 500 && scan_world_posts(&world) < 3; i++) {
        put("HC1:AGAIN\r"); /* what comes before the port is open again is flushed */
        (void)poll(NULL, 0, 20);
    }
    expect_text(2, "HC1:AGAIN");
}

static void test_what_is_no_port_is_named(void **state)
{
    (void)state;
    scan_world_open(&world, subject());
    scan_world_start(&world);
    scan_world_wait_health(&world, false);
    wait_said("plug the scanner in");
    int fd = open(world.device, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    (void)close(fd);
    wait_said("expected a serial device");
    assert_int_equal(unlink(world.device), 0);
    assert_int_equal(symlink("/dev/null", world.device), 0);
    wait_said("Inappropriate ioctl");
    assert_int_equal(unlink(world.device), 0);
    subject()->appear(&world);
    scan_world_wait_health(&world, true);
}

static void test_a_bad_prefix_is_refused(void **state)
{
    (void)state;
    char why[CHL_PLUGIN_WHY_MAX] = "";
    struct chl_instance *instance = NULL;
    scan_world_open_with(&world, subject(), ", prefix: '<STIX>'");
    static const struct chl_host none = {.size = 0};
    struct chl_create args = {.size = (uint32_t)sizeof args, .config = world.config, .host = &none};
    assert_int_equal(world.plugin->ops->create(&args, &instance, why, sizeof why), CHL_E_NOTSUP);
    assert_null(instance);
    scan_world_expect_create_refused(&world, "<STIX>");
}

/** Speed and bits that the terminal was really given. */
static void expect_line(speed_t speed, tcflag_t bits)
{
    struct termios terminal;
    assert_int_equal(tcgetattr(world.fd, &terminal), 0);
    assert_int_equal(cfgetispeed(&terminal), speed);
    assert_int_equal(terminal.c_cflag & (CSIZE | CSTOPB), bits);
    assert_int_equal(terminal.c_lflag & (ICANON | ECHO), 0);
    assert_int_equal(terminal.c_iflag & (ICRNL | INLCR | ISTRIP), 0);
}

static void test_the_line_is_set_as_the_site_says(void **state)
{
    (void)state;
    open_with(", baud: 57600, stop_bits: 2");
    expect_line(B57600, CS8 | CSTOPB);
}

static void test_libserialport_opens_sets_and_reads(void **state)
{
    (void)state;
    scan_world_open_with(&world, subject(), ", model: honeywell-4820, stop_bits: 2");
    atomic_store(&has_modem_lines, true);
    atomic_store(&modem_asked, 0);
    atomic_store(&modem_lines, 0);
    /* From /dev and from /sys/class/tty alike this leads to the root. */
    char far[PATH_MAX + 32];
    (void)snprintf(far, sizeof far, "/dev/../../../..%s", world.device);
    world.fd = device_pty(world.device);
    *(const char **)world.config = far; /* `device`, the first member */
    scan_world_start(&world);
    scan_world_wait_health(&world, true);
    assert_true(atomic_load(&modem_asked) > 0); /* nobody else asks for modem lines */
    assert_int_equal(atomic_load(&modem_lines) & TIOCM_DTR, TIOCM_DTR);
    expect_line(B115200, CS8 | CSTOPB);
    put("]Q1HC1:A\r\n\x11\x13\x03\r\n");
    expect_text(0, "HC1:A");
    expect_text(1, "\x11\x13\x03"); /* no byte is taken for flow control or a signal */
    int64_t pulled_ns = chl_mono_ns();
    subject()->vanish(&world);
    scan_world_wait_health(&world, false);
    assert_true(chl_mono_ns() - pulled_ns < CHL_NS_PER_S);
    scan_world_stop(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_split_and_joined_codes, tear_down),
        cmocka_unit_test_teardown(test_framed_codes_of_a_model_with_seven_bits, tear_down),
        cmocka_unit_test_teardown(test_prefix_and_suffix_of_the_site, tear_down),
        cmocka_unit_test_teardown(test_silence_ends_a_code, tear_down),
        cmocka_unit_test_teardown(test_noise_neither_stalls_nor_hides_the_next_code, tear_down),
        cmocka_unit_test_teardown(test_a_wrong_speed_is_told_to_the_technician, tear_down),
        cmocka_unit_test_teardown(test_a_cable_pulled_and_put_back, tear_down),
        cmocka_unit_test_teardown(test_what_is_no_port_is_named, tear_down),
        cmocka_unit_test_teardown(test_a_bad_prefix_is_refused, tear_down),
        cmocka_unit_test_teardown(test_the_line_is_set_as_the_site_says, tear_down),
        cmocka_unit_test_teardown(test_libserialport_opens_sets_and_reads, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
