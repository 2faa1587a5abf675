/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Pseudo-terminals and key strokes for tests of scanners.
 */
#include "tests/integration/scan_devices.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

int device_pty(const char *path)
{
    char name[64];
    char fresh[PATH_MAX];
    int fd = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(grantpt(fd), 0);
    assert_int_equal(unlockpt(fd), 0);
    assert_int_equal(ptsname_r(fd, name, sizeof name), 0);
    (void)snprintf(fresh, sizeof fresh, "%s.new", path);
    assert_int_equal(symlink(name, fresh), 0);
    assert_int_equal(rename(fresh, path), 0);
    return fd;
}

void device_write(int fd, const void *bytes, size_t length)
{
    const uint8_t *at = bytes;
    while (length > 0) {
        ssize_t put = write(fd, at, length);
        if (put > 0) {
            at += put;
            length -= (size_t)put;
            continue;
        }
        assert_true(put < 0 && (errno == EAGAIN || errno == EINTR));
        struct pollfd wait = {.fd = fd, .events = POLLOUT};
        assert_int_equal(poll(&wait, 1, 20000), 1);
    }
}

size_t key_event(uint16_t code, int32_t value, struct input_event out[2])
{
    out[0] = (struct input_event){.type = EV_KEY, .code = code, .value = value};
    out[1] = (struct input_event){.type = EV_SYN, .code = SYN_REPORT};
    return 2;
}

/** Keys of the US layout, row by row; the second string is with Shift. Written apart from the
 *  plugin's table, so that one wrong in both is less likely. */
static const struct {
    uint16_t first;
    const char *plain, *shifted;
} rows[] = {{KEY_1, "1234567890-=", "!@#$%^&*()_+"},
            {KEY_Q, "qwertyuiop[]", "QWERTYUIOP{}"},
            {KEY_A, "asdfghjkl;'`", "ASDFGHJKL:\"~"},
            {KEY_BACKSLASH, "\\zxcvbnm,./", "|ZXCVBNM<>?"},
            {KEY_SPACE, " ", " "},
            {KEY_ENTER, "\n", "\n"},
            {KEY_TAB, "\t", "\t"}};

size_t key_events(char c, struct input_event out[KEY_EVENTS_MAX])
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows && c != '\0'; i++) {
        const char *plain = strchr(rows[i].plain, c);
        const char *shifted = strchr(rows[i].shifted, c);
        if (plain == NULL && shifted == NULL) {
            continue;
        }
        ptrdiff_t at = plain != NULL ? plain - rows[i].plain : shifted - rows[i].shifted;
        uint16_t code = (uint16_t)(rows[i].first + at);
        size_t count = plain != NULL ? 0 : key_event(KEY_LEFTSHIFT, 1, out);
        count += key_event(code, 1, out + count);
        count += key_event(code, 0, out + count);
        count += plain != NULL ? 0 : key_event(KEY_LEFTSHIFT, 0, out + count);
        return count;
    }
    return 0;
}
