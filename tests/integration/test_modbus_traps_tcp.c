/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The traps of libmodbus 3.1.6 over TCP, in what is asked and answered: each is sprung by
 *  naive calls first, then our bus walks past it.
 */
#include <errno.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/time.h"
#include "trap_case.h"

static const atomic_bool never;

static void reopen(struct chl_bus *bus)
{
    char why[CHL_MODBUS_TEXT] = "";
    assert_int_equal(chl_bus_open(bus, DEVICE_PATIENCE_MS * CHL_NS_PER_MS, &never, why, sizeof why),
                     CHL_OK);
}

/* 2: after one late answer every later call fails. */
static void test_trap_2_late_answer_spoils_all_that_follow(void **state)
{
    struct trap_device *device = *state;
    uint16_t word = 0;
    modbus_t *naive = naive_open(device);
    device_behave(device, DEVICE_HOLD, 0);
    assert_int_equal(modbus_read_registers(naive, 10, 1, &word), -1);
    assert_int_equal(errno, ETIMEDOUT);
    device_release(device);
    (void)modbus_set_response_timeout(naive, DEVICE_PATIENCE_MS / 1000, 0);
    for (int i = 11; i < 16; i++) {
        assert_int_equal(modbus_read_registers(naive, i, 1, &word), -1);
        assert_int_equal(errno, EMBBADDATA);
    }
    naive_close(naive);

    struct chl_modbus_answer answer;
    struct chl_bus *bus = trap_open_device(device);
    device_behave(device, DEVICE_HOLD, 0);
    assert_int_equal(trap_ask(bus, 3, 20, 0, TRAP_ANSWER_MS, &answer), CHL_MODBUS_TIMEOUT);
    device_release(device);
    const size_t asked = device_count(device);
    /* The connection is not used again, not even when it is asked to. */
    assert_int_equal(trap_ask(bus, 3, 21, 0, TRAP_ANSWER_MS, &answer), CHL_MODBUS_UNSENT);
    assert_non_null(strstr(answer.text, "new connection"));
    reopen(bus);
    assert_int_equal(trap_read(bus, 22), 1022);
    assert_int_equal(device_count(device), asked + 1);
    chl_bus_free(bus);
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
    assert_int_equal(modbus_write_bit(naive, 3, 1), 1);
    device_behave(device, DEVICE_VALUE, 0);
    assert_int_equal(modbus_write_register(naive, 0x40, 2), 1);
    naive_close(naive);

    static const device_manner wrong[] = {DEVICE_ADDRESS, DEVICE_VALUE, DEVICE_OTHER_UNIT};
    static const uint8_t functions[] = {5, 6, 15, 16};
    struct chl_bus *bus = trap_open_device(device);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        for (size_t f = 0; f < sizeof functions; f++) {
            device_behave(device, wrong[i], 0);
            assert_int_equal(trap_ask(bus, functions[f], 0x40, 1, DEVICE_PATIENCE_MS, &answer),
                             CHL_MODBUS_BAD);
            assert_non_null(strstr(answer.text, "expected"));
            reopen(bus);
        }
    }
    device_behave(device, DEVICE_REFUSE, 0);
    assert_int_equal(trap_ask(bus, 6, 0x40, 1, DEVICE_PATIENCE_MS, &answer), CHL_MODBUS_EXCEPTION);
    assert_int_equal(answer.exception, 2);
    chl_bus_free(bus);
}

/* 5: a relay's flash takes a raw request, which carries no number and whose answer is not looked
 * at. */
static void test_trap_5_flash_needs_a_compared_raw_request(void **state)
{
    struct trap_device *device = *state;
    struct chl_modbus_answer answer;
    const uint8_t flash[] = {1, 5, 2, 0, 0, 7};
    uint8_t reply[MODBUS_TCP_MAX_ADU_LENGTH];
    modbus_t *naive = naive_open(device);
    (void)modbus_set_response_timeout(naive, DEVICE_PATIENCE_MS / 1000, 0);
    assert_int_equal(modbus_write_bit(naive, 0x200, 7), 1);
    assert_int_equal(device_request(device, 0).value, 0xFF00); /* not 7 */
    device_behave(device, DEVICE_STALE_FC06, 0);
    for (size_t i = 1; i < 3; i++) {
        assert_true(modbus_send_raw_request(naive, flash, sizeof flash) > 0);
        assert_true(modbus_receive_confirmation(naive, reply) > 0); /* of another function */
        assert_int_equal(reply[7], 6);
        const struct device_request seen = device_request(device, i);
        assert_int_equal(seen.frame[0] << 8 | seen.frame[1], 0); /* always number 0 */
    }
    naive_close(naive);

    struct chl_bus *bus = trap_open_device(device);
    assert_int_equal(trap_ask(bus, 5, 0x200, 7, DEVICE_PATIENCE_MS, &answer), CHL_MODBUS_BAD);
    assert_non_null(strstr(answer.text, "function: expected 5, got 6"));
    reopen(bus);
    device_behave(device, DEVICE_WELL, 0);
    assert_int_equal(trap_ask(bus, 5, 0x200, 7, DEVICE_PATIENCE_MS, &answer), CHL_MODBUS_OK);
    const struct device_request first = device_request(device, 3);
    const struct device_request second = device_request(device, 4);
    assert_int_equal(second.value, 7);
    assert_memory_not_equal(first.frame, second.frame, 2); /* each has a number of its own */
    assert_memory_equal(first.frame + 6, second.frame + 6, 6);
    chl_bus_free(bus);
}

/* 6: a broadcast waits for an answer that nobody may give. */
static void test_trap_6_broadcast_waits_for_nobody(void **state)
{
    struct trap_device *device = *state;
    struct chl_modbus_answer answer;
    modbus_t *naive = naive_open(device);
    assert_int_equal(modbus_set_slave(naive, 0), 0);
    assert_int_equal(modbus_write_register(naive, 0x40, 2), -1);
    assert_int_equal(errno, ETIMEDOUT);
    naive_close(naive);
    device_await(device, 1);

    const struct chl_modbus_request shout = {.function = 16,
                                             .unit = 0,
                                             .address = 0x50,
                                             .count = 2,
                                             .values = {3, 4},
                                             .response_ns = 20 * CHL_NS_PER_MS};
    struct chl_bus *bus = trap_open_device(device);
    chl_bus_transact(bus, &shout, &answer);
    assert_int_equal(answer.status, CHL_MODBUS_OK);
    device_await(device, 2);
    assert_int_equal(device_word(device, 0, 0x51), 4);
    assert_int_equal(trap_read(bus, 30), 1030);
    chl_bus_free(bus);
}

/** One thread that asks our bus. */
struct asker {
    struct chl_bus *bus;
    struct chl_modbus_answer answer;
};

static void *ask_slowly(void *argument)
{
    struct asker *asker = argument;
    (void)trap_ask(asker->bus, 3, 20, 0, DEVICE_PATIENCE_MS, &asker->answer);
    return NULL;
}

/* 12: two users of one context take each other's answers. */
static void test_trap_12_one_user_of_a_context_at_a_time(void **state)
{
    struct trap_device *device = *state;
    const uint8_t first[] = {1, 3, 0, 10, 0, 1};
    const uint8_t second[] = {1, 3, 0, 11, 0, 1};
    uint8_t reply[MODBUS_TCP_MAX_ADU_LENGTH];
    modbus_t *naive = naive_open(device);
    (void)modbus_set_response_timeout(naive, DEVICE_PATIENCE_MS / 1000, 0);
    /* As two threads would come in: both have sent before the second one listens. */
    assert_true(modbus_send_raw_request(naive, first, sizeof first) > 0);
    assert_true(modbus_send_raw_request(naive, second, sizeof second) > 0);
    assert_int_equal(modbus_receive_confirmation(naive, reply), 11);
    assert_int_equal(reply[9] << 8 | reply[10], 1010); /* the first one's */
    naive_close(naive);

    pthread_t thread;
    struct chl_modbus_answer answer;
    struct asker asker = {.bus = trap_open_device(device)};
    device_behave(device, DEVICE_HOLD, 0);
    assert_int_equal(pthread_create(&thread, NULL, ask_slowly, &asker), 0);
    device_await_hold(device);
    assert_int_equal(trap_ask(asker.bus, 3, 21, 0, TRAP_ANSWER_MS, &answer), CHL_MODBUS_UNSENT);
    assert_non_null(strstr(answer.text, "one thread"));
    device_release(device);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(asker.answer.status, CHL_MODBUS_OK);
    assert_int_equal(asker.answer.words[0], 1020);
    assert_int_equal(trap_read(asker.bus, 21), 1021);
    chl_bus_free(asker.bus);
}

#define OVER_TCP(test) cmocka_unit_test_setup_teardown(test, trap_setup_tcp, trap_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        OVER_TCP(test_trap_2_late_answer_spoils_all_that_follow),
        OVER_TCP(test_trap_4_echo_is_not_compared),
        OVER_TCP(test_trap_5_flash_needs_a_compared_raw_request),
        OVER_TCP(test_trap_6_broadcast_waits_for_nobody),
        OVER_TCP(test_trap_12_one_user_of_a_context_at_a_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
