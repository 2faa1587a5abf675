/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The traps of libmodbus 3.1.6 on a serial line: each is sprung by naive calls first, then
 *  our bus walks past it.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/base/time.h"
#include "trap_case.h"

/** Modem lines moved by this process: by libmodbus or by us. Stands before libc's function. */
static unsigned modem_calls;
int ioctl(int fd, unsigned long request, ...) __attribute__((visibility("default")));
int ioctl(int fd, unsigned long request, ...)
{
    va_list list;
    va_start(list, request);
    void *argument = va_arg(list, void *);
    va_end(list);
    modem_calls += request == TIOCMSET || request == TIOCMBIS || request == TIOCMBIC;
    return (int)syscall(SYS_ioctl, fd, request, argument);
}

/* 1: a late answer is taken for the next question's. */
static void test_trap_1_stale_reply_is_accepted(void **state)
{
    struct trap_device *device = *state;
    uint16_t word = 0;
    modbus_t *naive = naive_open(device);
    device_behave(device, DEVICE_HOLD, 0);
    assert_int_equal(modbus_read_registers(naive, 10, 1, &word), -1);
    assert_int_equal(errno, ETIMEDOUT);
    (void)modbus_flush(naive); /* at once, as the manual says: too early */
    device_release(device);
    for (int i = 11; i < 14; i++) {
        assert_int_equal(modbus_set_response_timeout(naive, DEVICE_PATIENCE_MS / 1000, 0), 0);
        assert_int_equal(modbus_read_registers(naive, i, 1, &word), 1);
        assert_int_equal(word, 1000 + i - 1); /* the register before, and no error */
    }
    naive_close(naive);

    struct chl_modbus_answer answer;
    struct chl_bus *bus = trap_open_device(device);
    device_behave(device, DEVICE_HOLD, 0);
    assert_int_equal(trap_ask(bus, 3, 20, 0, TRAP_ANSWER_MS, &answer), CHL_MODBUS_TIMEOUT);
    device_release(device);
    for (uint16_t i = 21; i < 24; i++) {
        assert_int_equal(trap_read(bus, i), 1000 + i);
    }
    chl_bus_free(bus);
}

/** A bus whose devices may answer as late as that. */
static struct chl_bus *open_patient(const struct trap_device *device, int64_t delay_max_ns)
{
    static const atomic_bool never;
    char address[96];
    char why[CHL_MODBUS_TEXT] = "";
    struct chl_bus *bus = NULL;
    (void)snprintf(address, sizeof address, "rtu://%s", device->path);
    const struct chl_bus_settings settings = {.address = address, .delay_max_ns = delay_max_ns};
    assert_int_equal(chl_bus_new(&settings, &bus, why, sizeof why), CHL_OK);
    assert_int_equal(chl_bus_open(bus, CHL_NS_PER_S, &never, why, sizeof why), CHL_OK);
    return bus;
}

/* 1 again: the owner of the bus keeps the silence by itself and says when it is over. */
static void test_trap_1_flush_ends_the_silence(void **state)
{
    struct trap_device *device = *state;
    struct chl_modbus_answer answer;
    struct chl_bus *bus = open_patient(device, 3600 * CHL_NS_PER_S);
    device_behave(device, DEVICE_HOLD, 0);
    assert_int_equal(trap_ask(bus, 3, 20, 0, TRAP_ANSWER_MS, &answer), CHL_MODBUS_TIMEOUT);
    device_release(device);
    /* The answer lies in the line; the owner's own silence was long enough to see that. */
    trap_await_bytes(bus, 7);
    chl_bus_flush(bus);
    assert_int_equal(trap_read(bus, 21), 1021);
    chl_bus_free(bus);
}

struct asker {
    struct chl_bus *bus;
    struct chl_modbus_answer answer;
};

static void *ask_next(void *argument)
{
    struct asker *asker = argument;
    (void)trap_ask(asker->bus, 3, 21, 0, DEVICE_PATIENCE_MS, &asker->answer);
    return NULL;
}

/* 1 once more, at its worst: the late answer comes while the next question is already wanted. */
static void test_trap_1_nothing_is_asked_while_an_answer_is_owed(void **state)
{
    struct trap_device *device = *state;
    struct chl_modbus_answer answer;
    pthread_t thread;
    struct asker asker = {.bus = open_patient(device, 3 * CHL_NS_PER_S)};
    device_behave(device, DEVICE_HOLD, 0);
    assert_int_equal(trap_ask(asker.bus, 3, 20, 0, TRAP_ANSWER_MS, &answer), CHL_MODBUS_TIMEOUT);
    device_await_hold(device);
    assert_int_equal(pthread_create(&thread, NULL, ask_next, &asker), 0);
    /* The device is busy with its late answer: a question would lie in the line. */
    const struct timespec pause = {.tv_nsec = CHL_NS_PER_MS};
    for (int looks = 0; looks < 100; looks++) {
        int waiting = 0;
        assert_int_equal(ioctl(device->client, FIONREAD, &waiting), 0);
        assert_int_equal(waiting, 0);
        (void)nanosleep(&pause, NULL);
    }
    device_release(device);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(asker.answer.status, CHL_MODBUS_OK);
    assert_int_equal(asker.answer.words[0], 1021);
    chl_bus_free(asker.bus);
}

/* 4: an acknowledgement of something else is taken for ours. */
static void test_trap_4_echo_is_not_compared(void **state)
{
    struct trap_device *device = *state;
    struct chl_modbus_answer answer;
    modbus_t *naive = naive_open(device);
    (void)modbus_set_response_timeout(naive, DEVICE_PATIENCE_MS / 1000, 0);
    device_behave(device, DEVICE_ADDRESS, 0);
    assert_int_equal(modbus_write_register(naive, 0x40, 2), 1);
    device_behave(device, DEVICE_VALUE, 0);
    assert_int_equal(modbus_write_register(naive, 0x40, 2), 1);
    assert_int_equal(modbus_write_bit(naive, 3, 1), 1);
    naive_close(naive);

    static const struct {
        device_manner manner;
        const char *said;
    } wrong[] = {{DEVICE_ADDRESS, "address"},
                 {DEVICE_VALUE, "expected"},
                 {DEVICE_OTHER_UNIT, "unit"},
                 {DEVICE_BAD_CRC, "checksum"}};
    static const uint8_t functions[] = {5, 6, 15, 16};
    struct chl_bus *bus = trap_open_device(device);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        for (size_t f = 0; f < sizeof functions; f++) {
            device_behave(device, wrong[i].manner, 0);
            assert_int_equal(trap_ask(bus, functions[f], 0x40, 1, DEVICE_PATIENCE_MS, &answer),
                             CHL_MODBUS_BAD);
            assert_non_null(strstr(answer.text, wrong[i].said));
            chl_bus_flush(bus);
        }
    }
    device_behave(device, DEVICE_WELL, 0);
    assert_int_equal(trap_ask(bus, 5, 3, 0xFF00, DEVICE_PATIENCE_MS, &answer), CHL_MODBUS_OK);
    chl_bus_free(bus);
}

/* 6: a broadcast waits for an answer that nobody may give. */
static void test_trap_6_broadcast_waits_for_nobody(void **state)
{
    struct trap_device *device = *state;
    modbus_t *naive = naive_open(device);
    assert_int_equal(modbus_set_slave(naive, 0), 0);
    assert_int_equal(modbus_write_register(naive, 0x40, 2), -1);
    assert_int_equal(errno, ETIMEDOUT);
    naive_close(naive);
    device_await(device, 1);

    const struct chl_modbus_request shout = {.function = 6,
                                             .unit = 0,
                                             .address = 0x50,
                                             .count = 1,
                                             .values = {3},
                                             .response_ns = 20 * CHL_NS_PER_MS};
    struct chl_modbus_answer answer;
    struct chl_bus *bus = trap_open_device(device);
    const size_t before = device_count(device);
    const int64_t from = chl_mono_ns();
    chl_bus_transact(bus, &shout, &answer);
    assert_int_equal(answer.status, CHL_MODBUS_OK);
    assert_true(chl_mono_ns() - from >= shout.response_ns); /* the turnaround was kept */
    device_await(device, before + 1);
    assert_int_equal(device_request(device, before).unit, 0);
    assert_int_equal(device_word(device, 0, 0x50), 3);
    /* Who answers a broadcast does not spoil what comes next. */
    device_behave(device, DEVICE_BABBLE, 0);
    chl_bus_transact(bus, &shout, &answer);
    assert_int_equal(answer.status, CHL_MODBUS_OK);
    device_await(device, before + 2);
    device_behave(device, DEVICE_WELL, 0);
    assert_int_equal(trap_read(bus, 30), 1030);
    /* A question to all is none. */
    const struct chl_modbus_request question = {.function = 3, .unit = 0, .count = 1};
    chl_bus_transact(bus, &question, &answer);
    assert_int_equal(answer.status, CHL_MODBUS_UNSENT);
    chl_bus_free(bus);
}

/* 9: a speed it does not know silently becomes 9600. */
static void test_trap_9_unknown_baud_is_9600(void **state)
{
    struct trap_device *device = *state;
    struct termios line;
    modbus_t *naive = modbus_new_rtu(device->path, 128000, 'N', 8, 1);
    assert_non_null(naive);
    assert_int_equal(modbus_connect(naive), 0);
    assert_int_equal(tcgetattr(modbus_get_socket(naive), &line), 0);
    assert_int_equal(cfgetospeed(&line), B9600);
    naive_close(naive);

    char why[400] = "";
    struct chl_bus *bus = NULL;
    struct chl_bus_settings settings = {.address = "rtu:///dev/ttyUSB0", .baud = 128000};
    assert_int_equal(chl_bus_new(&settings, &bus, why, sizeof why), CHL_E_CONFIG);
    assert_non_null(strstr(why, "got 128000"));
    assert_non_null(strstr(why, "115200"));
    bus = trap_open_device(device);
    assert_int_equal(tcgetattr(chl_bus_descriptor(bus), &line), 0);
    assert_int_equal(cfgetospeed(&line), B115200);
    chl_bus_free(bus);
}

/* 10: the byte timeout starts anew with every byte, so that an answer may take for ever. */
static void test_trap_10_dribbled_answer_outlasts_the_timeout(void **state)
{
    struct trap_device *device = *state;
    struct chl_modbus_answer answer;
    uint16_t words[8];
    device->dribble_ms = 20;
    device_behave(device, DEVICE_DRIBBLE, 0);
    modbus_t *naive = naive_open(device);
    int64_t took = 0;
    int got = -1;
    for (int tries = 0; got < 0 && tries < 5; tries++) { /* a stalled machine may tear a byte off */
        const int64_t from = chl_mono_ns();
        got = modbus_read_registers(naive, 10, 8, words);
        took = chl_mono_ns() - from;
    }
    assert_int_equal(got, 8);
    assert_true(took >= CHL_NS_PER_MS * 3 * TRAP_ANSWER_MS); /* 21 bytes, 20 ms each */
    naive_close(naive);

    const struct chl_modbus_request request = {.function = 3,
                                               .unit = 1,
                                               .address = 10,
                                               .count = 8,
                                               .response_ns = TRAP_ANSWER_MS * CHL_NS_PER_MS};
    struct chl_bus *bus = trap_open_device(device);
    chl_bus_transact(bus, &request, &answer);
    assert_int_equal(answer.status, CHL_MODBUS_TIMEOUT);
    device_behave(device, DEVICE_WELL, 0);
    chl_bus_free(bus);
}

/* 13: RTS is moved by the process itself, too late for a fast device. */
static void test_trap_13_no_modem_line_is_moved(void **state)
{
    struct trap_device *device = *state;
    uint16_t word = 0;
    modbus_t *unopened = modbus_new_rtu(device->path, 115200, 'N', 8, 1);
    assert_int_equal(modbus_rtu_set_serial_mode(unopened, MODBUS_RTU_RS485), -1);
    modbus_free(unopened);
    modbus_t *naive = naive_open(device);
    (void)modbus_set_response_timeout(naive, DEVICE_PATIENCE_MS / 1000, 0);
    modem_calls = 0;
    assert_int_equal(modbus_rtu_set_rts(naive, MODBUS_RTU_RTS_UP), 0);
    assert_int_equal(modbus_read_registers(naive, 10, 1, &word), 1);
    assert_true(modem_calls >=
                2); /* up before the request, down after it, by the scheduler's grace */
    naive_close(naive);

    modem_calls = 0;
    struct chl_bus *bus = trap_open_device(device);
    assert_int_equal(trap_read(bus, 10), 1010);
    chl_bus_free(bus);
    assert_int_equal(modem_calls, 0);
}

#define ON_LINE(test) cmocka_unit_test_setup_teardown(test, trap_setup_line, trap_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_LINE(test_trap_1_stale_reply_is_accepted),
        ON_LINE(test_trap_1_flush_ends_the_silence),
        ON_LINE(test_trap_1_nothing_is_asked_while_an_answer_is_owed),
        ON_LINE(test_trap_4_echo_is_not_compared),
        ON_LINE(test_trap_6_broadcast_waits_for_nobody),
        ON_LINE(test_trap_9_unknown_baud_is_9600),
        ON_LINE(test_trap_10_dribbled_answer_outlasts_the_timeout),
        ON_LINE(test_trap_13_no_modem_line_is_moved),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
