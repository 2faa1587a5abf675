/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Addresses and speeds over a serial line: changed alone only, and the device is followed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/integration/firmware_world.h"

#define WHO "--who Lan --why 'lắp mới' --state . --yes"

static struct fw_world world;

static int teardown(void **state)
{
    (void)state;
    fw_close(&world);
    return 0;
}

static int one_board(void **state)
{
    (void)state;
    fw_open(&world, "rtu:", "--unit 1=wirenboard-mr6c-v3 --provisioned free");
    return 0;
}

static int two_boards(void **state)
{
    (void)state;
    fw_open(&world,
            "rtu:", "--unit 1=wirenboard-mr6c-v3 --unit 4=waveshare-relay --provisioned free-exit");
    return 0;
}

static int one_turnstile(void **state)
{
    (void)state;
    fw_open(&world, "rtu:", "--unit 1=lot-turnstile");
    return 0;
}

/** A site that has one board, at this address. */
static void write_site(int unit, const char *profile, const char *more)
{
    char text[2048];
    (void)snprintf(text, sizeof text,
                   "site: { id: thu, name: Thử, kind: festival }\n"
                   "zones: { san: { name: Sân, limit: { warn: 80%%, hard: 5 } } }\n"
                   "gates:\n"
                   "  G1: { name: Cổng 1, to: san, pass_time: 7 s, on_link_loss: free-exit,\n"
                   "        device: { plugin: bus, unit: %d, profile: %s%s },\n"
                   "        lane: { scanner: s1 } }\n"
                   "plugins:\n"
                   "  bus: { use: gate_modbus, address: \"%s\", baud: 9600 }\n"
                   "  s1: { use: scan_file, path: G1 }\n"
                   "credentials: { accept: [declaration], trust: trust }\n"
                   "journal: { path: journal.db }\n",
                   unit, profile, more, world.address);
    fw_write(&world, "site.yaml", text);
    (void)mkdir(fw_path(&world, "trust"), 0700);
}

static void test_a_new_board_gets_the_address_that_the_site_has_for_it(void **state)
{
    (void)state;
    static struct chl_firmware_entry entries[FW_ENTRIES];
    write_site(3, "wirenboard-mr6c-v3", ", release: 1, count: { entry: 3, exit: 4 }");
    struct fw_answer answer = fw_run(&world, "verify site.yaml");
    assert_int_equal(answer.code, 3); /* it is still at address 1 */
    answer = fw_run(&world, "apply site.yaml G1 --at 1 " WHO);
    assert_int_equal(answer.code, 0);
    fw_assert_narrow(&answer);
    fw_assert_says(&answer, "unit: 1 → 3: written and read back");
    answer = fw_run(&world, "verify site.yaml");
    assert_int_equal(answer.code, 0);
    const size_t count = fw_record(&world, entries);
    assert_int_equal(count, 2);
    assert_string_equal(entries[1].outcome, "applied");
    assert_string_equal(entries[1].changes[entries[1].change_count - 1].setting, "unit");
}

static void test_an_address_is_not_changed_beside_others(void **state)
{
    (void)state;
    struct fw_answer answer = fw_run(&world,
                                     "apply --bus %s --unit 1 --profile wirenboard-mr6c-v3 --row 1 "
                                     "--set unit=9 --scan 5 " WHO,
                                     world.address);
    assert_int_equal(answer.code, 1);
    fw_assert_says(&answer, "Nothing was written: address 4 answers too.");
    assert_int_equal(fw_truth(&world, 1, "writes"), 0);
    assert_int_equal(fw_truth(&world, 4, "writes"), 0);
    /* A site that has two there says so before it asks anybody. */
    write_site(1, "wirenboard-mr6c-v3",
               ", release: 1, count: { entry: 3, exit: 4 }, settings: { unit: 9 },\n"
               "          lamps: { unit: 4, profile: waveshare-relay, green: 1 }");
    answer = fw_run(&world, "plan site.yaml G1");
    fw_assert_says(&answer, "the site has 2 units there");
    answer = fw_run(&world, "apply site.yaml G1 " WHO);
    assert_int_equal(answer.code, 1);
    assert_int_equal(fw_truth(&world, 1, "writes"), 0);
}

static void test_a_speed_is_followed_over_its_line(void **state)
{
    (void)state;
    struct fw_answer answer = fw_run(&world,
                                     "apply --bus %s --unit 1 --profile wirenboard-mr6c-v3 --row 1 "
                                     "--set line-speed=192 --scan 3 --wait 20 " WHO,
                                     world.address);
    fw_assert_says(&answer, "line-speed: 9600 baud → 19200 baud: written and read back");
    fw_assert_says(&answer, "The line runs at 19200 baud now.");
    assert_int_equal(answer.code, 0);
    answer = fw_run(&world, "show --bus %s --unit 1 --profile wirenboard-mr6c-v3 --baud 19200",
                    world.address);
    assert_int_equal(answer.code, 0);
    fw_assert_says(&answer, "line-speed 19200 baud");
}

static void test_a_pair_is_stored_and_waits_for_its_power(void **state)
{
    (void)state;
    static struct chl_firmware_entry entries[FW_ENTRIES];
    struct fw_answer answer =
        fw_run(&world,
               "apply --bus %s --baud 115200 --unit 1 --profile "
               "lot-turnstile --set line-speed=96 --set motor-time=9 --scan 3 " WHO,
               world.address);
    assert_int_equal(answer.code, 0);
    fw_assert_narrow(&answer);
    fw_assert_says(&answer, "1. motor-time: 7 s → 9 s 2. line-speed: 115200 baud → 9600 baud");
    fw_assert_says(&answer, "Stored. Switch the device off and on");
    fw_assert_says(&answer, "run apply once more"); /* the motor time does not outlive that */
    assert_int_equal(fw_record(&world, entries), 2);
    assert_string_equal(entries[1].outcome, "needs-restart");
    assert_string_equal(entries[1].changes[1].fate, "stored");
    fw_do(&world, "{\"op\":\"reboot\",\"unit\":1,\"off_ms\":1}");
    answer = fw_run(&world,
                    "verify --bus %s --baud 9600 --unit 1 --profile lot-turnstile --set "
                    "line-speed=96",
                    world.address);
    assert_int_equal(answer.code, 0);
    answer = fw_run(&world,
                    "verify --bus %s --baud 9600 --unit 1 --profile lot-turnstile --set "
                    "motor-time=9",
                    world.address);
    assert_int_equal(answer.code, 1);
}

static void test_a_line_that_another_program_has_is_left_alone(void **state)
{
    (void)state;
    const char *path = world.address + strlen("rtu://");
    const int line = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC);
    assert_true(line >= 0);
    assert_int_equal(flock(line, LOCK_EX | LOCK_NB), 0);
    struct fw_answer answer =
        fw_run(&world, "apply --bus %s --unit 1 --profile lot-turnstile --set motor-time=9 " WHO,
               world.address);
    assert_int_equal(answer.code, 3);
    fw_assert_says(&answer, "another program");
    assert_int_equal(fw_truth(&world, 1, "requests"), 0);
    assert_int_equal(close(line), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_new_board_gets_the_address_that_the_site_has_for_it,
                                        one_board, teardown),
        cmocka_unit_test_setup_teardown(test_an_address_is_not_changed_beside_others, two_boards,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_a_speed_is_followed_over_its_line, one_board,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_a_pair_is_stored_and_waits_for_its_power,
                                        one_turnstile, teardown),
        cmocka_unit_test_setup_teardown(test_a_line_that_another_program_has_is_left_alone,
                                        one_turnstile, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
