/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Faults of chilang-sim as a client of it meets them: libmodbus over TCP and over a
 *  pseudo-terminal, cables that are pulled, answers that are late, wrong or nobody's.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/time.h"
#include "tests/integration/sim_process.h"

enum { PATIENCE_S = 20, SHORT_US = 250000 };

static struct sim_process sim;
static modbus_t *bus;
static char folder[] = "/tmp/chilang-sim-XXXXXX";
static char link_option[64], link_path[48];

/** Unit 1 is a board with coils, unit 2 a LOT turnstile. */
static void start(const char *listen, const char *option, const char *value)
{
    sim_start(&sim, 1,
              (const char *const[]){"--unit", "1=wirenboard-mr6c-v3", "--unit", "2=lot-turnstile",
                                    "--listen", listen, option, value, NULL});
    bus = sim_connect(&sim, 0, 9600);
}

static void start_tcp(void)
{
    start("127.0.0.1:0", NULL, NULL);
}

static void start_line(void)
{
    start(link_option, NULL, NULL);
}

static int stop(void **state)
{
    (void)state;
    if (bus != NULL) {
        sim_hang_up(bus);
        bus = NULL;
    }
    sim_stop(&sim);
    return 0;
}

static int make_folder(void **state)
{
    (void)state;
    assert_non_null(mkdtemp(folder));
    snprintf(link_path, sizeof link_path, "%s/line", folder);
    snprintf(link_option, sizeof link_option, "rtu://%s", link_path);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    return rmdir(folder); /* fails when the simulator left its link behind */
}

static void spoil(const char *kind, const char *more)
{
    char request[160];
    snprintf(request, sizeof request, "{\"op\":\"fault\",\"unit\":1,\"kind\":\"%s\"%s}", kind,
             more);
    sim_done(&sim, request);
}

static void cable(const char *state)
{
    char request[64];
    snprintf(request, sizeof request, "{\"op\":\"cable\",\"state\":\"%s\"}", state);
    sim_done(&sim, request);
}

static void impatient(void)
{
    modbus_set_response_timeout(bus, 0, SHORT_US);
}

static void patient(void)
{
    modbus_set_response_timeout(bus, PATIENCE_S, 0);
}

static int word_at(int address)
{
    uint16_t word = 0;
    return modbus_read_registers(bus, address, 1, &word) == 1 ? word : -1;
}

static bool relay(int row)
{
    json_t *answer = sim_tell(&sim, "{\"op\":\"board\",\"unit\":1}");
    bool on = json_is_true(json_array_get(json_object_get(answer, "outputs"), (size_t)row));
    json_decref(answer);
    return on;
}

/** Wait until the other side has sent something. */
static void await_bytes(void)
{
    struct pollfd poll_fd = {.fd = modbus_get_socket(bus), .events = POLLIN};
    assert_int_equal(poll(&poll_fd, 1, PATIENCE_S * 1000), 1);
}

static void test_a_late_answer_is_taken_for_the_next_one(void **state)
{
    (void)state;
    start_line();
    modbus_write_register(bus, 1784, 11);
    modbus_write_register(bus, 1785, 22);
    spoil("late", ",\"times\":1,\"ms\":500");
    impatient();
    assert_int_equal(word_at(1784), -1);
    assert_int_equal(errno, ETIMEDOUT);
    await_bytes();
    patient();
    /* The client is fooled: it is told the register before, and so on for ever. */
    assert_int_equal(word_at(1785), 11);
    assert_int_equal(word_at(1784), 22);
    await_bytes();
    modbus_flush(bus);
    assert_int_equal(word_at(1784), 11);
}

static void test_a_stale_answer_is_the_one_before(void **state)
{
    (void)state;
    start_line();
    modbus_write_register(bus, 1784, 11);
    modbus_write_register(bus, 1785, 22);
    spoil("stale", "");
    impatient();
    assert_int_equal(word_at(1784), -1);
    patient();
    assert_int_equal(word_at(1785), 11);
    assert_int_equal(word_at(1784), 22);
    spoil("none", "");
    assert_int_equal(word_at(1784), 11);
}

static void test_wrong_transactions_and_units_are_told_apart(void **state)
{
    (void)state;
    start_tcp();
    spoil("wrong-transaction", ",\"times\":1");
    assert_int_equal(word_at(1784), -1);
    assert_int_equal(errno, EMBBADDATA);
    modbus_flush(bus);
    assert_int_equal(word_at(1784), 30);
    stop(NULL);
    start_line();
    spoil("wrong-unit", ",\"times\":1");
    assert_int_equal(word_at(1784), -1);
    assert_int_equal(errno, EMBBADSLAVE);
    spoil("wrong-function", ",\"times\":1");
    assert_int_equal(word_at(1784), -1);
}

static void test_wrong_echoes_are_believed(void **state)
{
    (void)state;
    start_line();
    /* libmodbus 3.1.6 compares neither address nor value; newer ones the address. */
    spoil("wrong-value", ",\"times\":1");
    assert_int_equal(modbus_write_bit(bus, 2, 1), 1);
    assert_true(relay(2));
    uint8_t answer[MODBUS_RTU_MAX_ADU_LENGTH];
    const uint8_t request[] = {1, 5, 0, 3, 0xFF, 0};
    spoil("wrong-address", ",\"times\":1");
    assert_true(modbus_send_raw_request(bus, request, sizeof request) > 0);
    assert_int_equal(modbus_receive_confirmation(bus, answer), 8);
    assert_int_equal(answer[3], 4);
    assert_true(relay(3));
}

static void test_damaged_answers(void **state)
{
    (void)state;
    start_line();
    spoil("crc", ",\"times\":1");
    assert_int_equal(word_at(1784), -1);
    assert_int_equal(errno, EMBBADCRC);
    modbus_flush(bus);
    static const char *const broken[] = {"garbage", "short"};
    for (size_t i = 0; i < 2; i++) {
        impatient();
        spoil(broken[i], ",\"times\":1");
        assert_int_equal(word_at(1784), -1);
        modbus_flush(bus);
        patient();
        assert_int_equal(word_at(1784), 30);
    }
    spoil("dribble", ",\"times\":1,\"ms\":10");
    int64_t began = chl_mono_ns();
    assert_int_equal(word_at(1784), 30);
    assert_true(chl_mono_ns() - began >= 60 * CHL_NS_PER_MS); /* seven bytes */
    spoil("twice", ",\"times\":1");
    assert_int_equal(word_at(1784), 30);
    await_bytes(); /* the second one */
    modbus_flush(bus);
    assert_int_equal(word_at(1784), 30);
}

static void test_exceptions_and_torn_counters(void **state)
{
    uint16_t words[2] = {9, 9};
    (void)state;
    start_tcp();
    spoil("exception", ",\"times\":1,\"code\":6");
    assert_int_equal(word_at(1784), -1);
    assert_int_equal(errno, EMBXSBUSY);
    sim_done(&sim, "{\"op\":\"counter\",\"unit\":2,\"way\":\"entry\",\"value\":65535}");
    sim_done(&sim, "{\"op\":\"person\",\"unit\":2,\"manner\":\"force\"}");
    sim_done(&sim, "{\"op\":\"fault\",\"unit\":2,\"kind\":\"torn\",\"times\":1}");
    modbus_set_slave(bus, 2);
    assert_int_equal(modbus_read_registers(bus, 0x44, 2, words), 2);
    assert_int_equal(words[0] | words[1], 0); /* 65536 read as 0 */
    assert_int_equal(modbus_read_registers(bus, 0x44, 2, words), 2);
    assert_int_equal(words[1], 1);
}

static void test_a_frame_that_nobody_asked_for(void **state)
{
    (void)state;
    start_line();
    sim_done(&sim, "{\"op\":\"unsolicited\",\"unit\":1}");
    await_bytes();
    /* It is taken for the answer. */
    assert_int_equal(word_at(1784), 1);
    stop(NULL);
    start_tcp();
    assert_int_equal(word_at(1784), 30); /* so the connection has been taken */
    sim_done(&sim, "{\"op\":\"unsolicited\",\"unit\":1}");
    await_bytes();
    modbus_flush(bus);
    assert_int_equal(word_at(1784), 30);
}

static void test_noise_on_the_line_is_not_obeyed(void **state)
{
    (void)state;
    start_line();
    static const uint8_t damaged[] = {1, 5, 0, 2, 0xFF, 0, 0, 0};
    int fd = modbus_get_socket(bus);
    assert_int_equal(write(fd, damaged, sizeof damaged), sizeof damaged);
    int64_t end = chl_mono_ns() + PATIENCE_S * CHL_NS_PER_S;
    json_int_t noise = 0;
    while (noise == 0 && chl_mono_ns() < end) {
        json_t *answer = sim_tell(&sim, "{\"op\":\"line\"}");
        noise = json_integer_value(json_object_get(answer, "noise"));
        json_decref(answer);
    }
    assert_int_equal(noise, 1);
    assert_false(relay(2));
    assert_int_equal(word_at(1784), 30);
}

static void test_what_was_asked_is_told_in_its_order(void **state)
{
    static const uint16_t words[] = {5, 6};
    (void)state;
    start_tcp();
    assert_int_equal(word_at(1784), 30);
    assert_int_equal(modbus_write_bit(bus, 2, 1), 1);
    assert_int_equal(modbus_write_registers(bus, 1784, 2, words), 2);
    json_t *answer = sim_tell(&sim, "{\"op\":\"heard\",\"writes\":true}");
    const json_t *requests = json_object_get(answer, "requests");
    assert_int_equal(json_array_size(requests), 2);
    static const struct {
        const char *member;
        int values[2];
    } expected[] = {{"nth", {1, 2}},
                    {"unit", {1, 1}},
                    {"function", {5, 16}},
                    {"address", {2, 1784}},
                    {"value", {0xFF00, 5}}};
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        for (size_t k = 0; k < 2; k++) {
            const json_t *value = json_object_get(json_array_get(requests, k), expected[i].member);
            assert_int_equal(json_integer_value(value), expected[i].values[k]);
        }
    }
    assert_int_equal(json_integer_value(json_object_get(answer, "next")), 3);
    json_decref(answer);
    answer = sim_tell(&sim, "{\"op\":\"heard\",\"from\":3}");
    assert_int_equal(json_array_size(json_object_get(answer, "requests")), 0);
    json_decref(answer);
}

static void test_a_pulled_network_cable_and_the_same_port_again(void **state)
{
    (void)state;
    start_tcp();
    assert_int_equal(word_at(1784), 30);
    cable("out");
    assert_int_equal(word_at(1784), -1);
    modbus_close(bus);
    assert_int_equal(modbus_connect(bus), -1);
    assert_int_equal(errno, ECONNREFUSED);
    cable("in");
    assert_int_equal(modbus_connect(bus), 0);
    assert_int_equal(word_at(1784), 30);
}

static void test_a_hung_up_line_and_the_same_link_again(void **state)
{
    struct stat there;
    (void)state;
    start_line();
    assert_int_equal(word_at(1784), 30);
    cable("out");
    assert_int_equal(word_at(1784), -1);
    modbus_close(bus);
    assert_int_equal(stat(link_path, &there), -1); /* it leads nowhere */
    assert_int_equal(modbus_connect(bus), -1);
    cable("in");
    assert_int_equal(modbus_connect(bus), 0);
    assert_int_equal(word_at(1784), 30);
}

static void test_bytes_that_vanish_are_not_obeyed(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        if (i == 0) {
            start_tcp();
        } else {
            start_line();
        }
        cable("lost");
        impatient();
        assert_int_equal(modbus_write_bit(bus, 2, 1), -1);
        assert_int_equal(errno, ETIMEDOUT);
        cable("in");
        patient();
        assert_int_equal(word_at(1784), 30);
        assert_false(relay(2));
        stop(NULL);
    }
}

static void test_what_stalled_is_obeyed_afterwards(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        if (i == 0) {
            start_tcp();
        } else {
            start_line();
        }
        cable("stalled");
        impatient();
        for (int row = 1; row < 4; row++) {
            assert_int_equal(modbus_write_bit(bus, row, 1), -1);
            assert_int_equal(errno, ETIMEDOUT);
        }
        assert_false(relay(1));
        cable("in");
        await_bytes();
        int64_t end = chl_mono_ns() + PATIENCE_S * CHL_NS_PER_S;
        while (!relay(3) && chl_mono_ns() < end) {
        }
        assert_true(relay(1) && relay(2) && relay(3));
        stop(NULL);
    }
}

static void test_a_server_that_accepts_and_never_answers(void **state)
{
    (void)state;
    start_tcp();
    cable("stalled");
    modbus_close(bus);
    assert_int_equal(modbus_connect(bus), 0);
    impatient();
    assert_int_equal(word_at(1784), -1);
    assert_int_equal(errno, ETIMEDOUT);
}

static void test_one_dead_unit_and_the_time_of_the_line(void **state)
{
    enum { READS = 10 };
    (void)state;
    start(link_option, "--baud-time", "9600");
    sim_done(&sim, "{\"op\":\"off\",\"unit\":2,\"on\":true}");
    int64_t began = chl_mono_ns();
    for (int i = 0; i < READS; i++) {
        assert_int_equal(word_at(1784), 30);
    }
    /* 8 and 7 bytes of ten bits, and a silence of 3.5 characters between them: 19.3 ms each. */
    assert_true(chl_mono_ns() - began >= 19 * CHL_NS_PER_MS * READS);
    impatient();
    modbus_set_slave(bus, 2);
    assert_int_equal(word_at(0x40), -1);
    assert_int_equal(errno, ETIMEDOUT);
    modbus_set_slave(bus, 1);
    assert_int_equal(word_at(1784), 30);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_teardown(f, stop)
    const struct CMUnitTest tests[] = {
        TEST(test_a_late_answer_is_taken_for_the_next_one),
        TEST(test_a_stale_answer_is_the_one_before),
        TEST(test_wrong_transactions_and_units_are_told_apart),
        TEST(test_wrong_echoes_are_believed),
        TEST(test_damaged_answers),
        TEST(test_exceptions_and_torn_counters),
        TEST(test_a_frame_that_nobody_asked_for),
        TEST(test_noise_on_the_line_is_not_obeyed),
        TEST(test_what_was_asked_is_told_in_its_order),
        TEST(test_a_pulled_network_cable_and_the_same_port_again),
        TEST(test_a_hung_up_line_and_the_same_link_again),
        TEST(test_bytes_that_vanish_are_not_obeyed),
        TEST(test_what_stalled_is_obeyed_afterwards),
        TEST(test_a_server_that_accepts_and_never_answers),
        TEST(test_one_dead_unit_and_the_time_of_the_line),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
