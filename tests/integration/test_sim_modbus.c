/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief chilang-sim as a process, asked by libmodbus and by mbpoll, which know nothing of us.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <errno.h>
#include <jansson.h>
#include <modbus.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/time.h"
#include "tests/integration/sim_process.h"

static struct sim_process sim;
static modbus_t *bus;
static int port;

static int start_sim(void **state)
{
    (void)state;
    sim_start(&sim, 1,
              (const char *const[]){"--units", "2", "--profile", "lot-turnstile", "--listen",
                                    "127.0.0.1:0", NULL});
    port = sim_port(&sim, 0);
    bus = sim_connect(&sim, 0, 0);
    return 0;
}

static int stop_sim(void **state)
{
    (void)state;
    sim_hang_up(bus);
    sim_stop(&sim);
    return 0;
}

/** One request at the door; the answer is the caller's. */
static json_t *tell(const char *request)
{
    return sim_tell(&sim, request);
}

static void done(const char *request)
{
    sim_done(&sim, request);
}

static void write_one(int address, uint16_t value)
{
    assert_int_equal(modbus_write_registers(bus, address, 1, &value), 1);
}

static void test_a_grant_lets_so_many_pass(void **state)
{
    (void)state;
    uint16_t block[9];
    write_one(0x40, 2);
    done("{\"op\":\"person\",\"unit\":1,\"manner\":\"walk\"}");
    assert_int_equal(modbus_read_registers(bus, 0x40, 9, block), 9);
    assert_int_equal(block[0], 1);
    assert_int_equal(block[4], 1);
    assert_int_equal(block[5], 0);
    done("{\"op\":\"person\",\"unit\":1,\"manner\":\"walk\"}");
    json_t *third = tell("{\"op\":\"person\",\"unit\":1,\"manner\":\"walk\"}");
    assert_true(json_is_false(json_object_get(third, "passed")));
    json_decref(third);
    write_one(0x41, 0xFFFF);
    done("{\"op\":\"person\",\"unit\":1,\"manner\":\"walk\",\"way\":\"exit\"}");
    json_t *truth = tell("{\"op\":\"truth\"}");
    json_t *total = json_object_get(truth, "total");
    assert_int_equal(json_integer_value(json_object_get(total, "entered")), 2);
    assert_int_equal(json_integer_value(json_object_get(total, "left")), 1);
    assert_int_equal(json_integer_value(json_object_get(total, "inside")), 1);
    json_decref(truth);
}

static void test_only_two_functions_are_answered(void **state)
{
    (void)state;
    uint16_t value = 0;
    uint8_t bit = 0;
    assert_int_equal(modbus_write_register(bus, 0x40, 1), -1);
    assert_int_equal(errno, EMBXILFUN);
    assert_int_equal(modbus_read_input_registers(bus, 0x40, 1, &value), -1);
    assert_int_equal(errno, EMBXILFUN);
    assert_int_equal(modbus_read_bits(bus, 0, 1, &bit), -1);
    assert_int_equal(errno, EMBXILFUN);
    assert_int_equal(modbus_read_registers(bus, 0x49, 1, &value), -1);
    assert_int_equal(errno, EMBXILADD);
}

static void test_a_slow_unit_answers_late_and_the_other_at_once(void **state)
{
    (void)state;
    uint16_t value = 0;
    done("{\"op\":\"delay\",\"unit\":1,\"ms\":120}");
    int64_t before = chl_mono_ns();
    assert_int_equal(modbus_read_registers(bus, 0x40, 1, &value), 1);
    assert_true(chl_mono_ns() - before >= 100 * CHL_NS_PER_MS);
    done("{\"op\":\"delay\",\"unit\":1,\"ms\":0}");
}

static void test_a_silent_unit_obeys_without_a_word(void **state)
{
    (void)state;
    uint16_t value = 0;
    uint16_t grant = 3;
    write_one(0x40, 0);
    done("{\"op\":\"silent\",\"unit\":1,\"on\":true}");
    modbus_set_response_timeout(bus, 0, 100000);
    assert_int_equal(modbus_write_registers(bus, 0x40, 1, &grant), -1);
    assert_int_equal(errno, ETIMEDOUT);
    done("{\"op\":\"silent\",\"unit\":1,\"on\":false}");
    modbus_set_response_timeout(bus, 5, 0);
    modbus_close(bus);
    assert_int_equal(modbus_connect(bus), 0);
    assert_int_equal(modbus_read_registers(bus, 0x40, 1, &value), 1);
    assert_int_equal(value, 3);
}

static void test_the_mode_survives_a_reboot_and_the_grant_does_not(void **state)
{
    (void)state;
    uint16_t value = 9;
    modbus_set_slave(bus, 2);
    write_one(0x3000, 2);
    write_one(0x40, 5);
    done("{\"op\":\"reboot\",\"unit\":2,\"off_ms\":1}");
    modbus_set_response_timeout(bus, 0, 200000);
    int answered = -1;
    for (int i = 0; i < 50 && answered != 1; i++) {
        answered = modbus_read_registers(bus, 0x40, 1, &value);
        if (answered != 1) {
            modbus_close(bus);
            assert_int_equal(modbus_connect(bus), 0);
        }
    }
    assert_int_equal(answered, 1);
    assert_int_equal(value, 0);
    assert_int_equal(modbus_read_registers(bus, 0x3000, 1, &value), 1);
    assert_int_equal(value, 2);
    modbus_set_response_timeout(bus, 5, 0);
    modbus_set_slave(bus, 1);
}

static void test_wrong_requests_at_the_door_are_named(void **state)
{
    (void)state;
    static const char *const wrong[] = {"{",
                                        "[]",
                                        "{\"op\":\"dance\"}",
                                        "{\"op\":\"reboot\"}",
                                        "{\"op\":\"delay\",\"unit\":3,\"ms\":1}",
                                        "{\"op\":\"delay\",\"unit\":1,\"ms\":-1}",
                                        "{\"op\":\"open\"}",
                                        "{\"op\":\"person\",\"unit\":1}"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        json_t *answer = tell(wrong[i]);
        assert_true(json_is_false(json_object_get(answer, "ok")));
        assert_non_null(strstr(json_string_value(json_object_get(answer, "text")), "expected"));
        json_decref(answer);
    }
}

static void test_mbpoll_reads_the_counters(void **state)
{
    (void)state;
    char command[256];
    if (access("/usr/bin/mbpoll", X_OK) != 0) {
        print_message("SKIPPED mbpoll is not installed\n");
        skip();
    }
    snprintf(command, sizeof command,
             "/usr/bin/mbpoll -m tcp -p %d -a 1 -0 -r 68 -c 1 -t 4:int -1 -q 127.0.0.1", port);
    FILE *pipe_in = popen(command, "r"); /* NOLINT(cert-env33-c): a fixed program */
    assert_non_null(pipe_in);
    char text[1024];
    size_t length = fread(text, 1, sizeof text - 1, pipe_in);
    text[length] = '\0';
    assert_int_equal(pclose(pipe_in), 0);
    assert_non_null(strstr(text, "[68]: \t2"));
}

static void test_wrong_options_stop_it_with_a_reason(void **state)
{
    (void)state;
    static const char *const wrong[] = {"--profile no-such-device",
                                        "--units 40",
                                        "--listen nowhere",
                                        "--listen 127.0.0.1:99999",
                                        "--crowd nobody.csv",
                                        "--listen rtu:/nowhere",
                                        "--listen rtu:///no/such/folder/line",
                                        "--listen rtu:///dev/null",
                                        "--unit 0=lot-turnstile",
                                        "--unit 1=lot-turnstile --unit 1=waveshare-relay",
                                        "--unit 33=lot-turnstile",
                                        "--unit seven=lot-turnstile",
                                        "--set 1:no-such-setting=1",
                                        "--set 1:dead-zone-time=x",
                                        "--set 1:line-speed=0",
                                        "--turnstile release=1.1",
                                        "--do '{\"op\":\"off\",\"unit\":9}'"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        char command[512];
        char text[1024];
        snprintf(command, sizeof command, "%s/bin/chilang-sim %s 2>&1", CHL_STAGE_DIR, wrong[i]);
        FILE *pipe_in = popen(command, "r"); /* NOLINT(cert-env33-c): a fixed program */
        assert_non_null(pipe_in);
        size_t length = fread(text, 1, sizeof text - 1, pipe_in);
        text[length] = '\0';
        int status = pclose(pipe_in);
        assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 1);
        assert_non_null(strstr(text, "expected"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_grant_lets_so_many_pass),
        cmocka_unit_test(test_only_two_functions_are_answered),
        cmocka_unit_test(test_a_slow_unit_answers_late_and_the_other_at_once),
        cmocka_unit_test(test_a_silent_unit_obeys_without_a_word),
        cmocka_unit_test(test_the_mode_survives_a_reboot_and_the_grant_does_not),
        cmocka_unit_test(test_wrong_requests_at_the_door_are_named),
        cmocka_unit_test(test_mbpoll_reads_the_counters),
        cmocka_unit_test(test_wrong_options_stop_it_with_a_reason),
    };
    return cmocka_run_group_tests(tests, start_sim, stop_sim);
}
