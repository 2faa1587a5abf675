/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The answers of an input device; everything else goes to the kernel.
 */
#include "tests/integration/fake_evdev.h"

#include <errno.h>
#include <linux/input.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

struct fake_evdev fake_evdev;

static void set_bit(uint8_t *bits, size_t size, unsigned bit)
{
    if (bit / 8 < size) {
        bits[bit / 8] |= (uint8_t)(1U << bit % 8);
    }
}

/** Which events of a type it has. */
static int answer_bits(unsigned type, uint8_t *out, size_t size)
{
    memset(out, 0, size);
    if (type == 0) {
        set_bit(out, size, EV_SYN);
        set_bit(out, size, EV_KEY);
        set_bit(out, size, EV_LED);
    } else if (type == EV_KEY && atomic_load(&fake_evdev.keyboard)) {
        for (unsigned key = KEY_ESC; key <= KEY_KPDOT; key++) {
            set_bit(out, size, key);
        }
    } else if (type == EV_KEY) {
        set_bit(out, size, BTN_LEFT);
    } else if (type == EV_LED) {
        set_bit(out, size, LED_CAPSL);
    }
    return (int)size;
}

static int answer_grab(bool take)
{
    int error = atomic_load(&fake_evdev.grab_error);
    if (take && error != 0) {
        errno = error;
        return -1;
    }
    atomic_fetch_add(&fake_evdev.grabs, take ? 1 : -1);
    return 0;
}

static int answer(unsigned number, size_t size, void *argument)
{
    static const char name[] = "test scanner";
    switch (number) {
    case _IOC_NR(EVIOCGVERSION):
        *(int *)argument = EV_VERSION;
        return 0;
    case _IOC_NR(EVIOCGID):
        memset(argument, 0, sizeof(struct input_id));
        return 0;
    case _IOC_NR(EVIOCGNAME(0)):
        (void)strncpy(argument, name, size);
        return (int)sizeof name;
    case _IOC_NR(EVIOCGLED(0)):
        memset(argument, 0, size);
        if (atomic_load(&fake_evdev.caps_lit)) {
            set_bit(argument, size, LED_CAPSL);
        }
        return (int)size;
    case _IOC_NR(EVIOCGKEY(0)):
    case _IOC_NR(EVIOCGSW(0)):
    case _IOC_NR(EVIOCGPROP(0)):
        memset(argument, 0, size);
        return (int)size;
    case _IOC_NR(EVIOCGRAB):
        return answer_grab(argument != NULL);
    case _IOC_NR(EVIOCGPHYS(0)):
    case _IOC_NR(EVIOCGUNIQ(0)):
        errno = ENOENT;
        return -1;
    default:
        break;
    }
    if (number >= _IOC_NR(EVIOCGBIT(0, 0)) && number <= _IOC_NR(EVIOCGBIT(EV_MAX, 0))) {
        return answer_bits(number - _IOC_NR(EVIOCGBIT(0, 0)), argument, size);
    }
    errno = EINVAL;
    return -1;
}

int ioctl(int fd, unsigned long request, ...);

/* In place of the C library's, for libevdev. */
int ioctl(int fd, unsigned long request, ...)
{
    va_list arguments;
    va_start(arguments, request);
    void *argument = va_arg(arguments, void *);
    va_end(arguments);
    if (atomic_load(&fake_evdev.present) && _IOC_TYPE(request) == 'E') {
        return answer((unsigned)_IOC_NR(request), (size_t)_IOC_SIZE(request), argument);
    }
    return (int)syscall(SYS_ioctl, fd, request, argument);
}
