/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief A bus on a serial line: its address and settings, one owner, silence, noise, hang-ups.
 */
#include <fcntl.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/base/time.h"
#include "trap_case.h"

enum { ROUNDS = 150, SHORT_MS = 20 };

static const atomic_bool never;

static chl_err make(const struct chl_bus_settings *settings, char *why, size_t why_size)
{
    struct chl_bus *bus = NULL;
    const chl_err err = chl_bus_new(settings, &bus, why, why_size);
    chl_bus_free(bus);
    return err;
}

static void test_addresses(void **state)
{
    (void)state;
    static const char *const good[] = {"tcp://h",
                                       "tcp://10.0.0.1:502",
                                       "tcp://[::1]",
                                       "tcp://[fe80::1]:65535",
                                       "rtu:///dev/ttyUSB0",
                                       "rtu+tcp://relay.local"};
    static const char *const bad[] = {"",           "tcp://",      "tcp://h:0",        "h:502",
                                      "rtu://",     "rtu://ttyS0", "rtu+tcp://",       "tcp://[::1",
                                      "tcp://h:1x", "rtu+tcp:/h",  "tcp://h:99999999", NULL};
    char why[256];
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        const struct chl_bus_settings settings = {.address = good[i]};
        assert_int_equal(make(&settings, why, sizeof why), CHL_OK);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        const struct chl_bus_settings settings = {.address = bad[i]};
        assert_int_equal(make(&settings, why, sizeof why), CHL_E_CONFIG);
        assert_non_null(strstr(why, "expected tcp://host:port"));
    }
    char long_name[400] = "tcp://";
    memset(long_name + 6, 'h', 300);
    const struct chl_bus_settings settings = {.address = long_name};
    assert_int_equal(make(&settings, why, sizeof why), CHL_E_CONFIG);
}

static void test_line_settings(void **state)
{
    (void)state;
    static const int64_t speeds[] = {1200, 9600, 19200, 38400, 57600, 115200, 230400, 4000000};
    static const int64_t none[] = {-1, 1, 9601, 128000, 14400, 5000000, INT64_MAX};
    char why[400];
    struct chl_bus_settings settings = {.address = "rtu:///dev/ttyUSB0"};
    for (size_t i = 0; i < sizeof speeds / sizeof *speeds; i++) {
        settings.baud = speeds[i];
        assert_int_equal(make(&settings, why, sizeof why), CHL_OK);
    }
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        settings.baud = none[i];
        assert_int_equal(make(&settings, why, sizeof why), CHL_E_CONFIG);
        assert_non_null(strstr(why, "4000000"));
    }
    settings.baud = 0;
    settings.parity = 'X';
    assert_int_equal(make(&settings, why, sizeof why), CHL_E_CONFIG);
    assert_non_null(strstr(why, "N, E or O"));
    settings.parity = 'E';
    settings.stop_bits = 3;
    assert_int_equal(make(&settings, why, sizeof why), CHL_E_CONFIG);
    settings.stop_bits = 1;
    settings.capture = "/proc/nothing/here";
    assert_int_equal(make(&settings, why, sizeof why), CHL_E_IO);
    assert_non_null(strstr(why, "/proc/nothing/here"));
}

static chl_err open_path(const char *path, struct chl_bus **bus, char *why, size_t why_size)
{
    char address[128];
    (void)snprintf(address, sizeof address, "rtu://%s", path);
    const struct chl_bus_settings settings = {.address = address};
    assert_int_equal(chl_bus_new(&settings, bus, why, why_size), CHL_OK);
    return chl_bus_open(*bus, CHL_NS_PER_S, &never, why, why_size);
}

static void test_what_is_no_line_is_refused(void **state)
{
    (void)state;
    char why[CHL_MODBUS_TEXT] = "";
    struct chl_bus *bus = NULL;
    assert_int_equal(open_path("/dev/null", &bus, why, sizeof why), CHL_E_IO);
    assert_non_null(strstr(why, "expected a serial line"));
    chl_bus_free(bus);
    assert_int_equal(open_path("/dev/no-such-line", &bus, why, sizeof why), CHL_E_IO);
    assert_non_null(strstr(why, "No such file"));
    assert_int_equal(chl_bus_descriptor(bus), -1);
    chl_bus_free(bus);
}

/** Two that ask on one line take each other's answers. */
static void test_second_owner_is_refused(void **state)
{
    struct trap_device *device = *state;
    char why[CHL_MODBUS_TEXT] = "";
    struct chl_bus *first = trap_open_device(device);
    struct chl_bus *second = NULL;
    assert_int_equal(open_path(device->path, &second, why, sizeof why), CHL_E_BUSY);
    assert_non_null(strstr(why, "another program or bus"));
    assert_int_equal(trap_read(first, 10), 1010);
    chl_bus_free(first);
    assert_int_equal(chl_bus_open(second, CHL_NS_PER_S, &never, why, sizeof why), CHL_OK);
    assert_int_equal(trap_read(second, 11), 1011);
    chl_bus_free(second);
}

/** What the line is set to, whatever it was before. */
static void test_line_is_raw_and_as_asked(void **state)
{
    struct trap_device *device = *state;
    struct termios line;
    char address[96];
    char why[CHL_MODBUS_TEXT] = "";
    struct chl_bus *bus = NULL;
    assert_int_equal(tcgetattr(device->held_slave, &line), 0);
    line.c_lflag |= ECHO | ICANON;
    line.c_iflag |= IXON | ICRNL;
    assert_int_equal(tcsetattr(device->held_slave, TCSANOW, &line), 0);
    (void)snprintf(address, sizeof address, "rtu://%s", device->path);
    const struct chl_bus_settings settings = {
        .address = address, .baud = 19200, .parity = 'E', .stop_bits = 2};
    assert_int_equal(chl_bus_new(&settings, &bus, why, sizeof why), CHL_OK);
    assert_int_equal(chl_bus_open(bus, CHL_NS_PER_S, &never, why, sizeof why), CHL_OK);
    assert_int_equal(tcgetattr(chl_bus_descriptor(bus), &line), 0);
    assert_int_equal(cfgetospeed(&line), B19200);
    assert_int_equal(cfgetispeed(&line), B19200);
    assert_int_equal(line.c_lflag & (ECHO | ICANON | ISIG), 0);
    assert_int_equal(line.c_iflag & (IXON | ICRNL | ISTRIP), 0);
    assert_true((line.c_cflag & CSTOPB) != 0 && (line.c_cflag & CSIZE) == CS8);
    assert_int_equal(line.c_cflag & CRTSCTS, 0);
    assert_int_equal(trap_read(bus, 10), 1010);
    chl_bus_free(bus);
}

/** 3.5 characters of silence between frames: 32 ms at 1200 baud. */
static void test_silence_between_frames(void **state)
{
    struct trap_device *device = *state;
    enum { READS = 5 };
    char address[96];
    char why[CHL_MODBUS_TEXT] = "";
    struct chl_bus *bus = NULL;
    (void)snprintf(address, sizeof address, "rtu://%s", device->path);
    const struct chl_bus_settings settings = {.address = address, .baud = 1200};
    assert_int_equal(chl_bus_new(&settings, &bus, why, sizeof why), CHL_OK);
    assert_int_equal(chl_bus_open(bus, CHL_NS_PER_S, &never, why, sizeof why), CHL_OK);
    const int64_t from = chl_mono_ns();
    for (int i = 0; i < READS; i++) {
        assert_int_equal(trap_read(bus, (uint16_t)i), 1000 + i);
    }
    assert_true(chl_mono_ns() - from >= READS * INT64_C(32) * CHL_NS_PER_MS);
    chl_bus_free(bus);
}

static void test_noise_is_dropped(void **state)
{
    struct trap_device *device = *state;
    char why[CHL_MODBUS_TEXT] = "";
    struct chl_bus *bus = trap_open_device(device);
    assert_int_equal(trap_read(bus, 10), 1010);
    for (int round = 0; round < 3; round++) {
        /* An answer that somebody else was owed, and less. */
        const bool said =
            device_say(device, "\x01\x03\x02\x00\x07\xf9\x86\xff", round == 1 ? 1 : 8);
        assert_true(said);
        trap_await_bytes(bus, 1);
        if (round < 2) {
            assert_true(chl_bus_still_good(bus, why, sizeof why));
        }
        assert_int_equal(trap_read(bus, 11), 1011);
    }
    chl_bus_free(bus);
}

struct babbler {
    struct trap_device *device;
    atomic_bool enough;
};

static void *babble(void *argument)
{
    struct babbler *babbler = argument;
    while (!atomic_load(&babbler->enough)) {
        (void)device_say(babbler->device, "?", 1);
    }
    return NULL;
}

static void test_line_that_never_falls_silent_is_not_used(void **state)
{
    struct trap_device *device = *state;
    struct chl_modbus_answer answer = {0};
    char address[96];
    char why[CHL_MODBUS_TEXT] = "";
    pthread_t thread;
    struct chl_bus *bus = NULL;
    struct babbler babbler = {.device = device};
    (void)snprintf(address, sizeof address, "rtu://%s", device->path);
    const struct chl_bus_settings settings = {.address = address, .baud = 1200};
    assert_int_equal(chl_bus_new(&settings, &bus, why, sizeof why), CHL_OK);
    assert_int_equal(chl_bus_open(bus, CHL_NS_PER_S, &never, why, sizeof why), CHL_OK);
    assert_int_equal(pthread_create(&thread, NULL, babble, &babbler), 0);
    for (int tries = 0; answer.status != CHL_MODBUS_UNSENT && tries < 20; tries++) {
        /* A machine that stalls the noise for 32 ms may let a question through. */
        (void)trap_ask(bus, 3, 10, 0, TRAP_ANSWER_MS, &answer);
    }
    atomic_store(&babbler.enough, true);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(answer.status, CHL_MODBUS_UNSENT);
    assert_non_null(strstr(answer.text, "quiet line"));
    chl_bus_flush(bus);
    assert_int_equal(trap_read(bus, 12), 1012);
    chl_bus_free(bus);
}

static void *raise_later(void *newest)
{
    const struct timespec pause = {.tv_nsec = 100 * CHL_NS_PER_MS};
    (void)nanosleep(&pause, NULL);
    atomic_store((_Atomic uint32_t *)newest, 6);
    return NULL;
}

/** The silence after a lost answer is waited for; what is over then, or was overtaken meanwhile,
 *  stays off the line. */
static void test_what_is_over_after_the_wait_is_not_sent(void **state)
{
    struct trap_device *device = *state;
    struct chl_modbus_answer answer;
    struct chl_modbus_request write = {.function = 6,
                                       .unit = 1,
                                       .address = 0x40,
                                       .count = 1,
                                       .values = {1},
                                       .response_ns = DEVICE_PATIENCE_MS * CHL_NS_PER_MS};
    _Atomic uint32_t newest = 5;
    pthread_t thread;
    struct chl_bus *bus = trap_open_device(device);
    for (int way = 0; way < 2; way++) {
        device_behave(device, DEVICE_SILENT, 0);
        assert_int_equal(trap_ask(bus, 3, 10, 0, TRAP_ANSWER_MS, &answer), CHL_MODBUS_TIMEOUT);
        device_behave(device, DEVICE_WELL, 0);
        write.not_after_ns = way == 0 ? chl_mono_ns() + 100 * CHL_NS_PER_MS : 0;
        write.newest = way == 0 ? NULL : &newest;
        write.generation = 5;
        assert_int_equal(pthread_create(&thread, NULL, raise_later, &newest), 0);
        chl_bus_transact(bus, &write, &answer);
        assert_int_equal(pthread_join(thread, NULL), 0);
        assert_int_equal(answer.status, CHL_MODBUS_STALE);
        assert_int_equal(device_writes(device, 0, 1, 0x40), 0);
        atomic_store(&newest, 5);
    }
    chl_bus_transact(bus, &write, &answer);
    assert_int_equal(answer.status, CHL_MODBUS_OK);
    assert_int_equal(device_writes(device, 0, 1, 0x40), 1);
    chl_bus_free(bus);
}

static void test_hang_up_is_noticed(void **state)
{
    struct trap_device *device = *state;
    struct chl_modbus_answer answer;
    char why[CHL_MODBUS_TEXT] = "";
    struct chl_bus *bus = trap_open_device(device);
    device_behave(device, DEVICE_VANISH, 0);
    assert_int_equal(trap_ask(bus, 6, 0x40, 1, DEVICE_PATIENCE_MS, &answer), CHL_MODBUS_LOST);
    assert_int_equal(trap_ask(bus, 6, 0x40, 1, DEVICE_PATIENCE_MS, &answer), CHL_MODBUS_UNSENT);
    assert_false(chl_bus_still_good(bus, why, sizeof why));
    assert_non_null(strstr(why, "gone"));
    chl_bus_close(bus);
    assert_int_equal(trap_ask(bus, 3, 0x40, 1, DEVICE_PATIENCE_MS, &answer), CHL_MODBUS_UNSENT);
    chl_bus_free(bus);
}

static void test_torn_and_missing_answers_time_out(void **state)
{
    struct trap_device *device = *state;
    struct chl_modbus_answer answer;
    struct chl_bus *bus = trap_open_device(device);
    device_behave(device, DEVICE_TORN, 0);
    assert_int_equal(trap_ask(bus, 3, 10, 0, TRAP_ANSWER_MS, &answer), CHL_MODBUS_TIMEOUT);
    device_behave(device, DEVICE_SILENT, 0);
    assert_int_equal(trap_ask(bus, 3, 10, 0, TRAP_ANSWER_MS, &answer), CHL_MODBUS_TIMEOUT);
    device_behave(device, DEVICE_REFUSE, 0);
    assert_int_equal(trap_ask(bus, 3, 10, 0, DEVICE_PATIENCE_MS, &answer), CHL_MODBUS_EXCEPTION);
    assert_int_equal(answer.exception, 2);
    device_behave(device, DEVICE_BABBLE, 0);
    assert_int_equal(trap_read(bus, 13), 1013);
    device_behave(device, DEVICE_WELL, 0);
    assert_int_equal(trap_read(bus, 14), 1014);
    chl_bus_free(bus);
}

/** Whatever comes: it is no acknowledgement, it does not hang, and the bus can be used again. */
static void test_random_answers_are_never_believed(void **state)
{
    struct trap_device *device = *state;
    static const uint8_t functions[] = {1, 2, 3, 4, 5, 6, 15, 16};
    struct chl_bus *bus = trap_open_device(device);
    for (unsigned seed = 1; seed <= ROUNDS; seed++) {
        struct chl_modbus_answer answer;
        const uint8_t function = functions[seed % sizeof functions];
        const size_t before = device_count(device);
        device_noise(device, seed);
        const chl_modbus_status status = trap_ask(bus, function, 0x40, 1, SHORT_MS, &answer);
        if (status == CHL_MODBUS_OK) {
            print_error("seed %u, function %u\n", seed, function);
        }
        assert_true(status == CHL_MODBUS_BAD || status == CHL_MODBUS_TIMEOUT ||
                    status == CHL_MODBUS_EXCEPTION);
        device_behave(device, DEVICE_WELL, 0);
        device_await(device, before + 1);
        chl_modbus_status after = CHL_MODBUS_BAD;
        for (int tries = 0; after != CHL_MODBUS_OK && tries < 50; tries++) {
            chl_bus_flush(bus); /* a slow machine brings the rest of the noise later */
            after = trap_ask(bus, 3, 10, 0, DEVICE_PATIENCE_MS, &answer);
        }
        assert_int_equal(after, CHL_MODBUS_OK);
        assert_int_equal(answer.words[0], 1010);
    }
    chl_bus_free(bus);
}

#define ON_LINE(test) cmocka_unit_test_setup_teardown(test, trap_setup_line, trap_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_addresses),
        cmocka_unit_test(test_line_settings),
        cmocka_unit_test(test_what_is_no_line_is_refused),
        ON_LINE(test_second_owner_is_refused),
        ON_LINE(test_line_is_raw_and_as_asked),
        ON_LINE(test_silence_between_frames),
        ON_LINE(test_noise_is_dropped),
        ON_LINE(test_line_that_never_falls_silent_is_not_used),
        ON_LINE(test_what_is_over_after_the_wait_is_not_sent),
        ON_LINE(test_hang_up_is_noticed),
        ON_LINE(test_random_answers_are_never_believed),
        ON_LINE(test_torn_and_missing_answers_time_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
