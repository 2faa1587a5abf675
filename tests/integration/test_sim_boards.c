/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief chilang-sim for every profile, asked by libmodbus over TCP and over a pseudo-terminal:
 *  areas, relays that fall, counters that wrap, watchdogs that trip, composed turnstiles.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/time.h"
#include "lib/profile/profile.h"
#include "tests/integration/sim_process.h"

enum { PATIENCE_S = 20 };

static const char *const names[] = {"lot-turnstile",      "generic-coil-turnstile",
                                    "waveshare-relay",    "wirenboard-mr6c-v3",
                                    "moxa-iologik-e1214", "barrier-waveshare-io"};

static struct sim_process sim;
static modbus_t *bus;

#define START(...) start((const char *const[]){__VA_ARGS__, NULL})

static void start(const char *const *arguments)
{
    sim_start(&sim, 1, arguments);
    bus = sim_connect(&sim, 0, 9600);
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

static void pause_ms(long ms)
{
    struct timespec time = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    nanosleep(&time, NULL);
}

/** Bytes that libmodbus has no function for. @return length of the answer. */
static int raw(const uint8_t *request, int length, uint8_t answer[MODBUS_TCP_MAX_ADU_LENGTH])
{
    assert_true(modbus_send_raw_request(bus, request, length) > 0);
    return modbus_receive_confirmation(bus, answer);
}

static void flash(uint8_t unit, uint8_t row, uint8_t length)
{
    const uint8_t request[] = {unit, 5, 2, row, 0, length};
    uint8_t answer[MODBUS_TCP_MAX_ADU_LENGTH];
    modbus_set_slave(bus, unit);
    assert_true(raw(request, sizeof request, answer) > 0);
}

/** A member of what the door says of a unit's board; numbers, bools as 0 and 1. */
static long long board(int unit, const char *member, int row)
{
    char request[64];
    snprintf(request, sizeof request, "{\"op\":\"board\",\"unit\":%d}", unit);
    json_t *answer = sim_tell(&sim, request);
    const json_t *value = json_object_get(answer, member);
    value = row >= 0 ? json_array_get(value, (size_t)row) : value;
    assert_non_null(value);
    long long number = json_is_boolean(value) ? json_is_true(value) : json_integer_value(value);
    json_decref(answer);
    return number;
}

static bool eventually(int unit, const char *member, int row, long long expected)
{
    int64_t end = chl_mono_ns() + PATIENCE_S * CHL_NS_PER_S;
    while (chl_mono_ns() < end) {
        if (board(unit, member, row) == expected) {
            return true;
        }
        pause_ms(10);
    }
    return false;
}

static int read_area(const struct chl_register *reg, unsigned row)
{
    uint8_t bits[8];
    uint16_t words[8];
    int address = chl_register_at(reg, row);
    switch (reg->area) {
    case CHL_AREA_COIL:
        return modbus_read_bits(bus, address, 1, bits);
    case CHL_AREA_DISCRETE:
        return modbus_read_input_bits(bus, address, 1, bits);
    case CHL_AREA_INPUT:
        return modbus_read_input_registers(bus, address, reg->words, words);
    case CHL_AREA_HOLDING:
    default:
        return modbus_read_registers(bus, address, reg->words, words);
    }
}

/** Everything that the profile lists can be read, at its place, by somebody who never saw us. */
static void read_everything(const struct chl_profile *profile)
{
    for (int role = 0; role < CHL_REG_ROLE_COUNT; role++) {
        const struct chl_register *reg = &profile->registers[role];
        for (unsigned row = 0; reg->present && row < reg->rows; row++) {
            int rc = read_area(reg, row);
            int bits = reg->area == CHL_AREA_COIL || reg->area == CHL_AREA_DISCRETE;
            assert_int_equal(rc, reg->write_only ? -1 : (bits ? 1 : reg->words));
        }
    }
    for (size_t i = 0; i < profile->setting_count; i++) {
        assert_true(read_area(&profile->settings[i].reg, 0) > 0);
    }
    uint16_t nothing = 0;
    assert_int_equal(modbus_read_registers(bus, 0xFFF0, 1, &nothing), -1);
    assert_int_equal(errno, (profile->functions & 1U << 3) != 0 ? EMBXILADD : EMBXILFUN);
}

static void test_every_profile_over_tcp_and_a_serial_line(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char path[512];
        struct chl_profile *profile = NULL;
        struct chl_yaml_error error;
        snprintf(path, sizeof path, "%s/firmware-config/%s.yaml", CHL_SOURCE_DIR, names[i]);
        assert_int_equal(chl_profile_load(path, &profile, &error), CHL_OK);
        START("--profile", names[i], "--units", "1", "--listen", "127.0.0.1:0");
        read_everything(profile);
        stop(NULL);
        START("--profile", names[i], "--units", "1", "--listen", "rtu:");
        read_everything(profile);
        stop(NULL);
        chl_profile_free(profile);
    }
}

static void test_a_flash_falls_by_itself(void **state)
{
    static const char *const boards[] = {"waveshare-relay", "barrier-waveshare-io"};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        uint8_t bit = 0;
        START("--profile", boards[i], "--units", "1", "--listen", "rtu:");
        int64_t began = chl_mono_ns();
        flash(1, 3, 4);
        assert_int_equal(modbus_read_bits(bus, 3, 1, &bit), 1);
        assert_true(bit == 1 || chl_mono_ns() - began > 400 * CHL_NS_PER_MS);
        while (bit == 1 && chl_mono_ns() - began < PATIENCE_S * CHL_NS_PER_S) {
            assert_int_equal(modbus_read_bits(bus, 3, 1, &bit), 1);
        }
        assert_int_equal(bit, 0);
        assert_true(chl_mono_ns() - began >= 400 * CHL_NS_PER_MS);
        assert_int_equal(board(1, "closings", 3), 1);
        /* Neither on nor off is a length. */
        assert_int_equal(modbus_write_bit(bus, 0x0203, 1), -1);
        assert_int_equal(errno, EMBXILVAL);
        stop(NULL);
    }
}

static void test_a_release_coil_and_a_pulse_coil_fall_by_themselves(void **state)
{
    (void)state;
    START("--profile", "generic-coil-turnstile", "--units", "1", "--listen", "rtu:");
    assert_int_equal(modbus_write_bit(bus, 0, 1), 1);
    assert_true(eventually(1, "outputs", 0, 0));
    assert_int_equal(board(1, "closings", 0), 1);
    stop(NULL);
    START("--profile", "moxa-iologik-e1214", "--units", "1", "--provisioned", "hold");
    assert_int_equal(modbus_write_bit(bus, 16 + 4, 1), 1);
    assert_true(eventually(1, "outputs", 4, 0));
    assert_int_equal(board(1, "closings", 4), 1);
    stop(NULL);
    START("--profile", "wirenboard-mr6c-v3", "--units", "1", "--provisioned", "hold");
    assert_int_equal(modbus_write_bit(bus, 5, 1), 1);
    assert_true(eventually(1, "outputs", 5, 0));
    assert_int_equal(board(1, "closings", 5), 1);
}

static void test_a_counter_wraps_at_its_declared_width(void **state)
{
    uint16_t words[2] = {9, 9};
    (void)state;
    START("--profile", "wirenboard-mr6c-v3", "--units", "1", "--provisioned", "hold");
    sim_done(&sim, "{\"op\":\"counter\",\"unit\":1,\"row\":2,\"value\":65535}");
    assert_int_equal(modbus_read_input_registers(bus, 33, 1, words), 1);
    assert_int_equal(words[0], 65535);
    sim_done(&sim, "{\"op\":\"person\",\"unit\":1,\"manner\":\"walk\",\"way\":\"exit\"}");
    assert_int_equal(modbus_read_input_registers(bus, 33, 1, words), 1);
    assert_int_equal(words[0], 0);
    stop(NULL);
    uint8_t flag = 9;
    START("--profile", "moxa-iologik-e1214", "--units", "1", "--provisioned", "hold", "--do",
          "{\"op\":\"counter\",\"unit\":1,\"row\":2,\"value\":65535}");
    sim_done(&sim, "{\"op\":\"person\",\"unit\":1,\"manner\":\"walk\",\"way\":\"exit\"}");
    assert_int_equal(modbus_read_input_registers(bus, 18, 2, words), 2);
    assert_int_equal(words[0], 1);
    assert_int_equal(words[1], 0);
    sim_done(&sim, "{\"op\":\"counter\",\"unit\":1,\"row\":2,\"value\":4294967295}");
    sim_done(&sim, "{\"op\":\"input\",\"unit\":1,\"row\":2}");
    assert_true(eventually(1, "counters", 1, 0));
    assert_int_equal(modbus_read_input_bits(bus, 1001, 1, &flag), 1);
    assert_int_equal(flag, 1);
}

static void test_a_watchdog_trips_when_nobody_asks(void **state)
{
    uint8_t bit = 0;
    uint16_t word = 0;
    (void)state;
    START("--profile", "wirenboard-mr6c-v3", "--units", "2", "--provisioned", "free", "--set",
          "1:poll-timeout=2", "--set", "2:poll-timeout=1", "--listen", "rtu:");
    /* Who keeps asking one unit keeps it; the other trips beside it. */
    int64_t end = chl_mono_ns() + PATIENCE_S * CHL_NS_PER_S;
    while (board(2, "tripped", -1) == 0 && chl_mono_ns() < end) {
        assert_int_equal(modbus_read_registers(bus, 8, 1, &word), 1);
        pause_ms(20);
    }
    assert_int_equal(board(2, "outputs", 0), 1);
    assert_int_equal(board(2, "outputs", 5), 1);
    assert_int_equal(modbus_read_bits(bus, 0, 1, &bit), 1);
    assert_true(bit == 0 || board(1, "trips", -1) > 0); /* a machine that stood still for 2 s */
    /* Nobody asks any more. */
    assert_true(eventually(1, "tripped", -1, 1));
    assert_int_equal(board(1, "outputs", 0), 1);
    assert_int_equal(modbus_read_bits(bus, 0, 1, &bit), 1);
    assert_int_equal(bit, 1);
    assert_int_equal(board(1, "tripped", -1), 0);
}

static void test_a_turnstile_of_two_boards_on_one_line(void **state)
{
    uint16_t words[4] = {0};
    (void)state;
    START("--unit", "1=waveshare-relay", "--unit", "7=moxa-iologik-e1214", "--provisioned", "hold",
          "--turnstile", "release=1.2,entry=7.3,exit=7.4,object=7.5", "--listen", "rtu:");
    flash(1, 1, 5);
    sim_done(&sim, "{\"op\":\"person\",\"unit\":1,\"manner\":\"walk\",\"stays\":true}");
    assert_int_equal(board(7, "inputs", 4), 1);
    sim_done(&sim, "{\"op\":\"leave\",\"unit\":1}");
    assert_int_equal(board(7, "inputs", 4), 0);
    sim_done(&sim, "{\"op\":\"person\",\"unit\":1,\"manner\":\"walk\",\"way\":\"exit\"}");
    modbus_set_slave(bus, 7);
    assert_int_equal(modbus_read_input_registers(bus, 20, 4, words), 4);
    assert_int_equal(words[1], 1);
    assert_int_equal(words[3], 1);
    json_t *second = sim_tell(&sim, "{\"op\":\"person\",\"unit\":1,\"manner\":\"walk\"}");
    assert_true(json_is_false(json_object_get(second, "passed")));
    json_decref(second);
}

static void test_a_lamp_is_seen_at_the_door(void **state)
{
    (void)state;
    START("--profile", "lot-turnstile", "--units", "1");
    const uint16_t steady[] = {1, 0, 0xFFFF};
    assert_int_equal(modbus_write_registers(bus, 0x1006, 3, steady), 3);
    json_t *answer = sim_tell(&sim, "{\"op\":\"board\",\"unit\":1}");
    json_t *lamps = json_object_get(answer, "lamps");
    assert_int_equal(json_array_size(lamps), 4);
    assert_true(json_is_true(json_object_get(json_array_get(lamps, 2), "lit")));
    assert_true(json_is_false(json_object_get(json_array_get(lamps, 1), "lit")));
    json_decref(answer);
}

static void test_a_unit_is_followed_to_its_new_address_and_speed(void **state)
{
    uint16_t word = 0;
    (void)state;
    START("--profile", "wirenboard-mr6c-v3", "--units", "1", "--listen", "rtu:");
    assert_int_equal(modbus_write_register(bus, 128, 44), 1);
    modbus_set_slave(bus, 44);
    assert_int_equal(modbus_write_register(bus, 110, 192), 1);
    modbus_set_response_timeout(bus, 0, 200000);
    assert_int_equal(modbus_read_registers(bus, 128, 1, &word), -1);
    assert_int_equal(errno, ETIMEDOUT);
    sim_hang_up(bus);
    bus = sim_connect(&sim, 0, 19200);
    modbus_set_slave(bus, 44);
    assert_int_equal(modbus_read_registers(bus, 128, 1, &word), 1);
    assert_int_equal(word, 44);
    /* The register that restarts it: silent for a while, then there again. */
    assert_int_equal(modbus_write_register(bus, 120, 1), 1);
    assert_true(eventually(1, "off", -1, 0));
    assert_int_equal(modbus_read_registers(bus, 110, 1, &word), 1);
    assert_int_equal(word, 192);
}

static void test_serial_frames_over_tcp(void **state)
{
    /* Waveshare's wiki: relay 1 for 700 ms, with its CRC. */
    static const uint8_t frame[] = {1, 5, 2, 0, 0, 7, 0x8D, 0xB0};
    uint8_t answer[sizeof frame];
    (void)state;
    sim_start(&sim, 1,
              (const char *const[]){"--profile", "waveshare-relay", "--units", "1", "--listen",
                                    "rtu+tcp://127.0.0.1:0", NULL});
    assert_memory_equal(sim.where[0], "rtu+tcp://127.0.0.1:", 20);
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)sim_port(&sim, 0)),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct timeval patience = {.tv_sec = PATIENCE_S};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    assert_int_equal(connect(fd, (const struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(send(fd, frame, 3, 0), 3); /* in pieces */
    assert_int_equal(send(fd, frame + 3, sizeof frame - 3, 0), sizeof frame - 3);
    assert_int_equal(recv(fd, answer, sizeof answer, MSG_WAITALL), sizeof answer);
    assert_memory_equal(answer, frame, sizeof frame);
    close(fd);
    assert_int_equal(board(1, "closings", 0), 1);
}

static void test_many_controllers_in_one_process(void **state)
{
    enum { CONTROLLERS = 25 };
    static const char last[] = "{\"op\":\"counter\",\"controller\":25,\"unit\":8,\"way\":\"entry\","
                               "\"value\":77}";
    (void)state;
    sim_start(&sim, CONTROLLERS,
              (const char *const[]){"--controllers", "25", "--units", "8", "--do", last, NULL});
    for (size_t i = 0; i < CONTROLLERS; i++) {
        uint16_t words[2] = {0};
        bus = sim_connect(&sim, i, 0);
        modbus_set_slave(bus, 8);
        assert_int_equal(modbus_read_registers(bus, 0x44, 2, words), 2);
        assert_int_equal(words[0], i == CONTROLLERS - 1 ? 77 : 0);
        sim_hang_up(bus);
    }
    bus = NULL;
    json_t *truth = sim_tell(&sim, "{\"op\":\"truth\"}");
    assert_int_equal(json_array_size(json_object_get(truth, "units")), CONTROLLERS * 8);
    json_decref(truth);
}

static void test_an_answer_too_long_for_a_line_is_refused(void **state)
{
    (void)state;
    sim_start(&sim, SIM_LISTENERS_MAX,
              (const char *const[]){"--controllers", "32", "--units", "32", NULL});
    json_t *all = sim_tell(&sim, "{\"op\":\"truth\"}");
    assert_true(json_is_false(json_object_get(all, "ok")));
    assert_non_null(strstr(json_string_value(json_object_get(all, "text")), "expected"));
    json_decref(all);
    json_t *one = sim_tell(&sim, "{\"op\":\"truth\",\"controller\":32}");
    assert_int_equal(json_array_size(json_object_get(one, "units")), 32);
    json_decref(one);
}

static void test_the_page_knows_every_request_and_every_fault(void **state)
{
    static char page[65536];
    (void)state;
    FILE *file = fopen(CHL_SOURCE_DIR "/sim/README.md", "r");
    assert_non_null(file);
    page[fread(page, 1, sizeof page - 1, file)] = '\0';
    fclose(file);
    START("--units", "1");
    static const struct {
        const char *request, *before, *behind; /* of each word on the page */
    } lists[] = {{"{\"op\":\"?\"}", "\"op\":\"", "\""},
                 {"{\"op\":\"fault\",\"unit\":1,\"kind\":\"?\"}", "| `", "` |"},
                 {"{\"op\":\"cable\",\"state\":\"?\"}", "`", "`"}};
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        json_t *answer = sim_tell(&sim, lists[i].request);
        char text[512];
        char *rest = NULL;
        snprintf(text, sizeof text, "%s", json_string_value(json_object_get(answer, "text")));
        json_decref(answer);
        char *list = strchr(text, ':');
        assert_non_null(list);
        size_t words = 0;
        for (char *word = strtok_r(list + 1, " ,", &rest); word != NULL;
             word = strtok_r(NULL, " ,", &rest)) {
            char expected[64];
            snprintf(expected, sizeof expected, "%s%s%s", lists[i].before, word, lists[i].behind);
            if (strcmp(word, "or") != 0 && strstr(page, expected) == NULL) {
                fail_msg("sim/README.md: expected %s", expected);
            }
            words++;
        }
        assert_true(words >= 4);
    }
}

int main(void)
{
#define TEST(f) cmocka_unit_test_teardown(f, stop)
    const struct CMUnitTest tests[] = {
        TEST(test_every_profile_over_tcp_and_a_serial_line),
        TEST(test_a_flash_falls_by_itself),
        TEST(test_a_release_coil_and_a_pulse_coil_fall_by_themselves),
        TEST(test_a_counter_wraps_at_its_declared_width),
        TEST(test_a_watchdog_trips_when_nobody_asks),
        TEST(test_a_turnstile_of_two_boards_on_one_line),
        TEST(test_a_lamp_is_seen_at_the_door),
        TEST(test_a_unit_is_followed_to_its_new_address_and_speed),
        TEST(test_serial_frames_over_tcp),
        TEST(test_many_controllers_in_one_process),
        TEST(test_an_answer_too_long_for_a_line_is_refused),
        TEST(test_the_page_knows_every_request_and_every_fault),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
