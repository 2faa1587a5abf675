/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The record of changed settings: what was written is read, what is hostile is refused.
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

#include "lib/firmware/log.h"

static char folder[64], file[96];

static int setup(void **state)
{
    (void)state;
    (void)snprintf(folder, sizeof folder, "/tmp/chl-firmware-log-XXXXXX");
    if (mkdtemp(folder) == NULL) {
        return -1;
    }
    (void)snprintf(file, sizeof file, "%s/%s", folder, CHL_FIRMWARE_LOG);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    (void)unlink(file);
    return rmdir(folder);
}

static struct chl_firmware_entry sample(bool end)
{
    struct chl_firmware_entry entry = {.end = end,
                                       .time_ns = INT64_C(1643673600000000000),
                                       .who = "Lan",
                                       .why = "thay bo mạch",
                                       .gate = "G1",
                                       .bus = "tcp://10.0.0.1:502",
                                       .profile = "lot-turnstile",
                                       .unit = 2,
                                       .outcome = "applied",
                                       .change_count = 2};
    entry.changes[0] = (struct chl_firmware_change){
        .setting = "start-time", .old = 7, .value = 10, .fate = "verified"};
    entry.changes[1] = (struct chl_firmware_change){
        .setting = "timer-mode", .row = 3, .old = 0, .value = 3, .fate = "verified"};
    return entry;
}

struct taken {
    size_t count, bad, stop_after;
    uint64_t last;
    struct chl_firmware_entry entry;
    char why[160];
};

static bool take(void *user, uint64_t line, const struct chl_firmware_entry *entry, const char *why)
{
    struct taken *taken = user;
    taken->last = line;
    if (entry != NULL) {
        taken->entry = *entry;
        taken->count++;
    } else {
        (void)snprintf(taken->why, sizeof taken->why, "%s", why);
        taken->bad++;
    }
    return taken->stop_after == 0 || taken->count + taken->bad < taken->stop_after;
}

static void add_text(const char *text, size_t length)
{
    FILE *out = fopen(file, "ae");
    assert_non_null(out);
    assert_int_equal(fwrite(text, 1, length, out), length);
    assert_int_equal(fclose(out), 0);
}

static chl_err read_from(uint64_t from, struct taken *taken, uint64_t *lines)
{
    char why[256];
    *taken = (struct taken){.stop_after = taken->stop_after};
    return chl_firmware_log_read(file, from, take, taken, lines, why, sizeof why);
}

static void test_what_is_written_is_read(void **state)
{
    (void)state;
    char why[256];
    struct taken taken = {.count = 0};
    uint64_t lines = 0;
    assert_int_equal(read_from(0, &taken, &lines), CHL_OK); /* no file, no lines */
    assert_int_equal(lines, 0);
    struct chl_firmware_entry entry = sample(false);
    assert_int_equal(chl_firmware_log_add(file, &entry, why, sizeof why), CHL_OK);
    entry = sample(true);
    assert_int_equal(chl_firmware_log_add(file, &entry, why, sizeof why), CHL_OK);
    assert_int_equal(read_from(0, &taken, &lines), CHL_OK);
    assert_int_equal(lines, 2);
    assert_int_equal(taken.count, 2);
    assert_memory_equal(&taken.entry, &entry, sizeof entry);
    assert_int_equal(read_from(2, &taken, &lines), CHL_OK);
    assert_int_equal(taken.count, 0);
    assert_int_equal(lines, 2);
    struct stat status;
    assert_int_equal(stat(file, &status), 0);
    assert_int_equal(status.st_mode & 0137, 0); /* nobody else's to read */
}

static void test_a_summary_says_what_was_done_and_is_cut_at_a_character(void **state)
{
    (void)state;
    char text[CHL_FIRMWARE_WHY];
    struct chl_firmware_entry entry = sample(true);
    chl_firmware_log_summary(&entry, text, sizeof text);
    assert_string_equal(text, "unit 2 lot-turnstile applied; thay bo mạch; start-time 7→10 "
                              "verified; timer-mode 3 0→3 verified");
    char little[68];
    chl_firmware_log_summary(&entry, little, sizeof little);
    assert_memory_equal(little, text, strlen(little));
    assert_true(strlen(little) < sizeof little);
}

static void test_a_torn_line_waits_and_is_ended_by_the_next_writer(void **state)
{
    (void)state;
    char why[256];
    struct taken taken = {.count = 0};
    uint64_t lines = 0;
    add_text("{\"v\":1,\"phase\":\"be", 18);
    assert_int_equal(read_from(0, &taken, &lines), CHL_OK);
    assert_int_equal(lines, 0);
    struct chl_firmware_entry entry = sample(false);
    assert_int_equal(chl_firmware_log_add(file, &entry, why, sizeof why), CHL_OK);
    assert_int_equal(read_from(0, &taken, &lines), CHL_OK);
    assert_int_equal(lines, 2);
    assert_int_equal(taken.bad, 1);
    assert_int_equal(taken.count, 1);
}

static void test_hostile_lines_are_refused_each(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "",
        "null",
        "[]",
        "{}",
        "{\"v\":1",
        "\xff\xfe",
        "{\"v\":2,\"phase\":\"begin\",\"time\":\"2022-02-01T00:00:00Z\",\"who\":\"a\",\"why\":"
        "\"b\","
        "\"gate\":\"\",\"bus\":\"x\",\"unit\":1,\"profile\":\"p\",\"changes\":[]}",
        "{\"v\":1,\"phase\":\"begin\",\"time\":\"2022-02-01T00:00:00Z\",\"who\":\"\",\"why\":\"b\","
        "\"gate\":\"\",\"bus\":\"x\",\"unit\":1,\"profile\":\"p\",\"changes\":[]}",
        "{\"v\":1,\"phase\":\"begin\",\"time\":\"2022-02-01T00:00:00Z\",\"who\":\"a\\u001b[2J\","
        "\"why\":\"b\",\"gate\":\"\",\"bus\":\"x\",\"unit\":1,\"profile\":\"p\",\"changes\":[]}",
        "{\"v\":1,\"phase\":\"begin\",\"time\":\"2022-02-01T00:00:00Z\",\"who\":\"a\",\"why\":"
        "\"b\","
        "\"gate\":\"\",\"bus\":\"x\",\"unit\":1,\"profile\":\"p\",\"changes\":[3]}",
        "{\"v\":1,\"phase\":\"begin\",\"time\":\"2022-02-01T00:00:00Z\",\"who\":\"a\",\"why\":"
        "\"b\","
        "\"gate\":\"\",\"bus\":\"x\",\"unit\":1,\"unit\":2,\"profile\":\"p\",\"changes\":[]}",
        "{\"v\":1,\"phase\":\"begin\",\"time\":\"2022-02-01T00:00:00Z\",\"who\":\"a\",\"why\":"
        "\"b\","
        "\"gate\":\"\",\"bus\":\"x\",\"unit\":1e9,\"profile\":\"p\",\"changes\":[]}"};
    enum { COUNT = sizeof lines / sizeof *lines };
    static struct chl_firmware_entry entry;
    char why[160];
    for (size_t i = 0; i < COUNT; i++) {
        why[0] = '\0';
        assert_int_equal(
            chl_firmware_log_parse(lines[i], strlen(lines[i]), &entry, why, sizeof why),
            CHL_E_INVAL);
        assert_memory_equal(why, "expected", 8);
    }
    static const char good[] =
        "{\"v\":1,\"phase\":\"begin\",\"time\":\"2022-02-01T00:00:00Z\",\"who\":\"a\",\"why\":"
        "\"b\","
        "\"gate\":\"\",\"bus\":\"x\",\"unit\":1,\"profile\":\"p\",\"changes\":[]}";
    assert_int_equal(chl_firmware_log_parse(good, sizeof good - 1, &entry, why, sizeof why),
                     CHL_OK);
}

static void test_a_line_without_end_is_one_bad_line(void **state)
{
    (void)state;
    static char long_line[3 * CHL_FIRMWARE_LINE_MAX];
    struct taken taken = {.count = 0};
    uint64_t lines = 0;
    memset(long_line, 'x', sizeof long_line);
    long_line[sizeof long_line - 1] = '\n';
    add_text(long_line, sizeof long_line);
    assert_int_equal(read_from(0, &taken, &lines), CHL_OK);
    assert_int_equal(taken.bad, 1);
    assert_int_equal(lines, 1);
}

static void test_what_is_no_file_is_refused(void **state)
{
    (void)state;
    char why[256];
    struct taken taken = {.count = 0};
    struct chl_firmware_entry entry = sample(false);
    assert_int_equal(mkfifo(file, 0600), 0); /* nobody reads or writes it: no hang */
    assert_int_equal(chl_firmware_log_add(file, &entry, why, sizeof why), CHL_E_IO);
    assert_int_not_equal(chl_firmware_log_read(file, 0, take, &taken, NULL, why, sizeof why),
                         CHL_OK);
    assert_int_equal(unlink(file), 0);
    assert_int_equal(symlink("/dev/zero", file), 0);
    assert_int_equal(chl_firmware_log_add(file, &entry, why, sizeof why), CHL_E_IO);
    assert_int_not_equal(chl_firmware_log_read(file, 0, take, &taken, NULL, why, sizeof why),
                         CHL_OK);
    assert_int_equal(unlink(file), 0);
    FILE *out = fopen(file, "we");
    assert_non_null(out);
    assert_int_equal(ftruncate(fileno(out), CHL_FIRMWARE_FILE_MAX + 1), 0);
    assert_int_equal(fclose(out), 0);
    assert_int_equal(chl_firmware_log_read(file, 0, take, &taken, NULL, why, sizeof why),
                     CHL_E_LIMIT);
    assert_int_equal(chl_firmware_log_add(file, &entry, why, sizeof why), CHL_E_LIMIT);
    assert_int_equal(taken.count + taken.bad, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_what_is_written_is_read, setup, teardown),
        cmocka_unit_test(test_a_summary_says_what_was_done_and_is_cut_at_a_character),
        cmocka_unit_test_setup_teardown(test_a_torn_line_waits_and_is_ended_by_the_next_writer,
                                        setup, teardown),
        cmocka_unit_test(test_hostile_lines_are_refused_each),
        cmocka_unit_test_setup_teardown(test_a_line_without_end_is_one_bad_line, setup, teardown),
        cmocka_unit_test_setup_teardown(test_what_is_no_file_is_refused, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
