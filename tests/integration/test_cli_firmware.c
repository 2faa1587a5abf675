/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief `chilang firmware` as a technician calls it, against simulated controllers over TCP.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <sys/stat.h>
#include <unistd.h>

#include "tests/integration/firmware_world.h"

static struct fw_world world;

/** A LOT turnstile and a relay board with counters, whose outputs 1 and 2 release two gates. */
static void write_site(void)
{
    char text[4096];
    (void)snprintf(
        text, sizeof text,
        "site: { id: thu, name: Thử, kind: festival }\n"
        "zones: { san: { name: Sân, limit: { warn: 80%%, hard: 5 } } }\n"
        "gates:\n"
        "  G1: { name: Cổng 1, to: san, pass_time: 9 s, on_link_loss: free-exit,\n"
        "        device: { plugin: bus, unit: 1, profile: lot-turnstile }, lane: { scanner: s1 } "
        "}\n"
        "  G2: { name: Cổng 2, to: san, pass_time: 7 s, on_link_loss: free,\n"
        "        device: { plugin: bus, unit: 2, profile: wirenboard-mr6c-v3, release: 1,\n"
        "                  count: { entry: 3, exit: 4 }, settings: { poll-timeout: 6 } },\n"
        "        lane: { scanner: s2 } }\n"
        "  H1: { name: Lối tay, to: san, gate: hand, lane: { scanner: s3 } }\n"
        "plugins:\n"
        "  bus: { use: gate_modbus, address: \"%s\", poll: 100 ms }\n"
        "  s1: { use: scan_file, path: G1 }\n"
        "  s2: { use: scan_file, path: G2 }\n"
        "  s3: { use: scan_file, path: H1 }\n"
        "credentials: { accept: [declaration], trust: trust }\n"
        "journal: { path: journal.db }\n",
        world.address);
    fw_write(&world, "site.yaml", text);
    assert_int_equal(mkdir(fw_path(&world, "trust"), 0700), 0);
}

static int setup(void **state)
{
    (void)state;
    fw_open(&world, "127.0.0.1:0", "--unit 1=lot-turnstile --unit 2=wirenboard-mr6c-v3");
    write_site();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    fw_close(&world);
    return 0;
}

#define DIRECT "--bus %s --unit 2 --profile wirenboard-mr6c-v3 --row 1"
#define WHO    "--who Lan --why 'bo mạch mới' --yes"

static void test_list_names_every_profile_in_both_languages(void **state)
{
    (void)state;
    static const char *const ids[] = {"lot-turnstile",      "generic-coil-turnstile",
                                      "waveshare-relay",    "barrier-waveshare-io",
                                      "wirenboard-mr6c-v3", "moxa-iologik-e1214"};
    struct fw_answer answer = fw_run(&world, "list");
    assert_int_equal(answer.code, 0);
    fw_assert_narrow(&answer);
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
        fw_assert_says(&answer, ids[i]);
    }
    fw_assert_says(&answer, "Wiren Board, WB-MR6C v.3");
    fw_assert_says(&answer, "poll-timeout hold, free-exit, free");
    answer = fw_run(&world, "list --lang vi");
    fw_assert_says(&answer, "Tự làm khi mất liên lạc");
    fw_assert_narrow(&answer);
}

static void test_show_says_all_of_each_setting(void **state)
{
    (void)state;
    struct fw_answer answer = fw_run(&world, "show site.yaml");
    assert_int_equal(answer.code, 0);
    fw_assert_narrow(&answer);
    fw_assert_says(&answer, "G1: unit 1 on tcp://127.0.0.1:");
    fw_assert_says(&answer,
                   "start-time 7 s wanted 9 s DIFFERS Time to start a passage; default 7 s; "
                   "1 s to 65535 s; lost at power-off; holding 0x3011");
    fw_assert_says(&answer, "line-speed 115200 baud Line speed; default 115200 baud; 300 baud to "
                            "115200 baud; kept at power-off; acts after a restart; holding 0x4310");
    fw_assert_says(&answer, "G2: unit 2 on");
    fw_assert_says(&answer, "safe-state 1 0 wanted 1 DIFFERS safe-state 2–6 0");
    fw_assert_says(&answer, "on-pulse 1 3000 ms wanted 500 ms DIFFERS");
    answer = fw_run(&world, "show site.yaml G1 --lang vi");
    assert_null(strstr(answer.text, "G2"));
    fw_assert_says(&answer, "cần 9 s KHÁC Thời gian để bắt đầu đi qua; xuất xưởng 7 s;");
    fw_assert_narrow(&answer);
    fw_do(&world, "{\"op\":\"fault\",\"unit\":1,\"kind\":\"exception\",\"code\":2,\"times\":1}");
    answer = fw_run(&world, "show site.yaml G1");
    assert_int_equal(answer.code, 0);
    fw_assert_says(&answer,
                   "accumulate the device refuses (exception 2: no such register) wanted 0 "
                   "UNKNOWN");
}

/** Frames that were sent, by function, as the capture writes them: time, direction, bytes. */
static unsigned count_writes(const char *path)
{
    char line[1024];
    unsigned frames = 0;
    unsigned writes = 0;
    FILE *file = fopen(path, "re");
    assert_non_null(file);
    while (fgets(line, sizeof line, file) != NULL) {
        const char *sent = strchr(line, '>');
        unsigned bytes[8] = {0};
        /* Modbus TCP: seven bytes before the function. */
        if (sent != NULL &&
            sscanf(sent + 1, " %2x%2x%2x%2x%2x%2x%2x%2x", &bytes[0], &bytes[1], &bytes[2],
                   &bytes[3], &bytes[4], &bytes[5], &bytes[6], &bytes[7]) == 8) {
            frames++;
            writes += bytes[7] > 4 ? 1 : 0;
        }
    }
    assert_int_equal(fclose(file), 0);
    assert_true(frames > 10);
    return writes;
}

static void test_plan_never_writes(void **state)
{
    (void)state;
    const struct fw_answer answer = fw_run(&world, "plan site.yaml --capture plan.txt");
    assert_int_equal(answer.code, 0);
    fw_assert_narrow(&answer);
    fw_assert_says(&answer, "To be written, in this order: 1. start-time: 7 s → 9 s");
    /* Relay 1 releases; contacts 3 and 4 count on the same board and must drive no relay. */
    fw_assert_says(&answer, "1. input-mode 1: 0 → 3 2. input-mode 3: 0 → 3 3. input-mode 4: 0 → 3 "
                            "4. timer-mode 1: 0 → 3 5. on-pulse 1: 3000 ms → 500 ms");
    fw_assert_says(&answer, "6. safe-state 1: 0 → 1 7. safe-apply 1: 0 → 1 8. safe-inputs "
                            "1: 0 → 1 9. poll-timeout: 10 s → 6 s");
    assert_int_equal(count_writes(fw_path(&world, "plan.txt")), 0);
    assert_int_equal(fw_truth(&world, 1, "writes"), 0);
    assert_int_equal(fw_truth(&world, 2, "writes"), 0);
    /* The same look at an apply sees its writes. */
    assert_int_equal(fw_run(&world, "apply site.yaml --capture apply.txt " WHO).code, 0);
    assert_int_equal(count_writes(fw_path(&world, "apply.txt")), 10);
}

static void test_apply_writes_reads_back_and_records(void **state)
{
    (void)state;
    static struct chl_firmware_entry entries[FW_ENTRIES];
    struct fw_answer answer = fw_run(&world, "verify site.yaml");
    assert_int_equal(answer.code, 1);
    answer = fw_run(&world, "apply site.yaml " WHO);
    assert_int_equal(answer.code, 0);
    fw_assert_narrow(&answer);
    fw_assert_says(&answer, "poll-timeout: 10 s → 6 s: written and read back Done: every value was "
                            "read back.");
    answer = fw_run(&world, "verify site.yaml");
    assert_int_equal(answer.code, 0);
    fw_assert_says(&answer, "All settings fit.");
    assert_int_equal(fw_record(&world, entries), 4);
    assert_false(entries[0].end);
    assert_string_equal(entries[0].who, "Lan");
    assert_string_equal(entries[0].why, "bo mạch mới");
    assert_string_equal(entries[0].gate, "G1");
    assert_int_equal(entries[0].unit, 1);
    assert_string_equal(entries[0].changes[0].setting, "start-time");
    assert_int_equal(entries[0].changes[0].old, 7);
    assert_int_equal(entries[0].changes[0].value, 9);
    assert_true(entries[3].end);
    assert_string_equal(entries[3].outcome, "applied");
    assert_int_equal(entries[3].change_count, 9);
    assert_string_equal(entries[3].changes[8].setting, "poll-timeout");
    assert_string_equal(entries[3].changes[8].fate, "verified");
    const long written = fw_truth(&world, 2, "writes");
    assert_int_equal(fw_run(&world, "apply site.yaml " WHO).code, 0); /* nothing to do */
    assert_int_equal(fw_truth(&world, 2, "writes"), written);
    assert_int_equal(fw_record(&world, entries), 4);
}

static void test_a_write_without_answer_is_found_by_reading(void **state)
{
    (void)state;
    /* It obeys, and its answer is noise: nobody knows until the value is read. */
    fw_do(&world, "{\"op\":\"fault\",\"unit\":2,\"kind\":\"short\",\"function\":6,\"times\":1}");
    struct fw_answer answer = fw_run(&world, "apply site.yaml G2 " WHO);
    assert_int_equal(answer.code, 0);
    assert_int_equal(fw_truth(&world, 2, "writes"), 9);
    /* An echo of another value is no acknowledgement, and no reason to write again. */
    fw_do(&world, "{\"op\":\"setting\",\"unit\":2,\"name\":\"on-pulse\",\"value\":30}");
    fw_do(&world,
          "{\"op\":\"fault\",\"unit\":2,\"kind\":\"wrong-value\",\"function\":6,\"times\":1}");
    answer = fw_run(&world, "apply site.yaml G2 " WHO);
    assert_int_equal(answer.code, 0);
    assert_int_equal(fw_truth(&world, 2, "writes"), 10); /* row 1 alone, once */
}

static void test_a_refusal_stops_and_says_what_was_not_written(void **state)
{
    (void)state;
    static struct chl_firmware_entry entries[FW_ENTRIES];
    fw_do(&world, "{\"op\":\"fault\",\"unit\":2,\"kind\":\"exception\",\"code\":3,\"function\":6,"
                  "\"times\":1}");
    const struct fw_answer answer = fw_run(&world, "apply site.yaml G2 " WHO);
    assert_int_equal(answer.code, 1);
    fw_assert_says(&answer, "input-mode 1: 0 → 3: refused by the device");
    fw_assert_says(&answer, "on-pulse 1: 3000 ms → 500 ms: not written");
    fw_assert_says(&answer, "Stopped: the device refuses input-mode 1 (exception 3: value not "
                            "accepted).");
    fw_assert_narrow(&answer);
    assert_int_equal(fw_record(&world, entries), 2);
    assert_string_equal(entries[1].outcome, "stopped");
    assert_string_equal(entries[1].changes[0].fate, "refused");
    assert_string_equal(entries[1].changes[1].fate, "not-written");
}

static void test_silence_is_unknown_and_never_fits(void **state)
{
    (void)state;
    fw_do(&world, "{\"op\":\"off\",\"unit\":2,\"on\":true}");
    const struct fw_answer answer = fw_run(&world, "verify site.yaml");
    assert_int_equal(answer.code, 3);
    fw_assert_says(&answer, "start-time: 7 s → 9 s"); /* the other one is still looked at */
    fw_assert_says(&answer, "Unit 2 does not answer on tcp://");
    assert_int_equal(
        fw_run(&world, "verify --bus tcp://127.0.0.1:1 --unit 1 --profile lot-turnstile").code, 3);
}

static void test_nothing_is_written_without_a_yes_a_name_and_a_record(void **state)
{
    (void)state;
    static struct chl_firmware_entry entries[FW_ENTRIES];
    assert_int_equal(fw_run(&world, "apply site.yaml").code, 2);
    assert_int_equal(fw_run(&world, "apply site.yaml --who Lan --yes").code, 2);
    struct fw_answer answer = fw_run(&world, "apply site.yaml --who Lan --why x");
    assert_int_equal(answer.code, 1);
    fw_assert_says(&answer, "expected a terminal to ask, or --yes");
    answer = fw_type(&world, "n\n", "apply site.yaml G2 --who Lan --why x");
    assert_int_equal(answer.code, 1);
    fw_assert_says(&answer, "Write 9 settings to unit 2? (y/n): ");
    fw_assert_says(&answer, "Nothing was written.");
    answer = fw_run(&world, "apply site.yaml --state /proc/nowhere " WHO);
    assert_int_equal(answer.code, 1);
    fw_assert_says(&answer, "Nothing was written to the device, since it cannot be recorded");
    assert_int_equal(fw_truth(&world, 1, "writes") + fw_truth(&world, 2, "writes"), 0);
    assert_int_equal(fw_record(&world, entries), 0);
    answer = fw_type(&world, "y\n", "apply site.yaml G2 --who Lan --why x");
    assert_int_equal(answer.code, 0);
    assert_int_equal(fw_truth(&world, 2, "writes"), 9);
}

static void test_a_board_without_a_site_is_prepared_on_the_bench(void **state)
{
    (void)state;
    struct fw_answer answer =
        fw_run(&world, "plan " DIRECT " --on-link-loss free --set poll-timeout=20", world.address);
    assert_int_equal(answer.code, 0);
    fw_assert_says(&answer, "7. poll-timeout: 10 s → 20 s");
    answer = fw_run(&world, "apply " DIRECT " --on-link-loss free --state . " WHO, world.address);
    assert_int_equal(answer.code, 0);
    assert_int_equal(fw_run(&world, "verify " DIRECT " --on-link-loss free", world.address).code,
                     0);
    assert_int_equal(fw_run(&world, "verify " DIRECT " --on-link-loss hold", world.address).code,
                     1);
}

static void test_wrong_usage_says_what_was_expected(void **state)
{
    (void)state;
    static const struct {
        const char *arguments, *says;
        int code;
    } cases[] = {
        {"", "expected list, show, plan, apply or verify", 2},
        {"dance", "expected list, show, plan, apply or verify, got `dance`", 2},
        {"show", "expected a site file, or --bus", 2},
        {"show nowhere.yaml", "nowhere.yaml", 1},
        {"show site.yaml G9", "expected a gate with a device called G9", 1},
        {"show site.yaml H1", "expected a gate with a device called H1", 1},
        {"show --bus tcp://127.0.0.1:1 --unit 1", "expected --unit and --profile", 2},
        {"show --bus nowhere --unit 1 --profile lot-turnstile", "tcp://", 1},
        {"show --bus tcp://127.0.0.1:1 --unit 1 --profile nothing", "nothing", 1},
        {"show --bus tcp://127.0.0.1:1 --unit 1 --profile lot-turnstile --set start-time=70000",
         "expected 1 to 65535 for 'start-time', got 70000", 2},
        {"show --bus tcp://127.0.0.1:1 --unit 1 --profile lot-turnstile --set nix=1",
         "expected a setting of lot-turnstile, got 'nix'", 2},
        {"show site.yaml --unit 3", "with --bus only", 2},
        {"apply --bus tcp://127.0.0.1:1 --unit 1 --profile lot-turnstile --who a --why b",
         "expected --state FOLDER", 2}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct fw_answer answer = fw_run(&world, "%s", cases[i].arguments);
        fw_assert_says(&answer, cases[i].says);
        assert_int_equal(answer.code, cases[i].code);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_list_names_every_profile_in_both_languages, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_show_says_all_of_each_setting, setup, teardown),
        cmocka_unit_test_setup_teardown(test_plan_never_writes, setup, teardown),
        cmocka_unit_test_setup_teardown(test_apply_writes_reads_back_and_records, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_write_without_answer_is_found_by_reading, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_a_refusal_stops_and_says_what_was_not_written, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_silence_is_unknown_and_never_fits, setup, teardown),
        cmocka_unit_test_setup_teardown(test_nothing_is_written_without_a_yes_a_name_and_a_record,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_board_without_a_site_is_prepared_on_the_bench, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_wrong_usage_says_what_was_expected, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
