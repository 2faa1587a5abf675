/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief `chilang-sim rehearse` as it is called, on the example site that is shipped.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

#define PROGRAM  CHL_STAGE_DIR "/bin/chilang-sim rehearse "
#define EXAMPLES CHL_SOURCE_DIR "/docs/examples/"
#define DAY      EXAMPLES "site.yaml " EXAMPLES "day.csv "

enum { OUTPUT_MAX = 1 << 20 };

static char folder[] = "/tmp/chilang-rehearse-XXXXXX";

/** Run with both outputs in one. @return the exit code. */
static int run(const char *arguments, char *out)
{
    char command[1024];
    (void)snprintf(command, sizeof command, "cd %s && LC_ALL=vi_VN.UTF-8 %s%s 2>&1", folder,
                   PROGRAM, arguments);
    FILE *pipe = popen(command, "re"); /* NOLINT(cert-env33-c): a command of our own */
    assert_non_null(pipe);
    size_t length = fread(out, 1, OUTPUT_MAX - 1, pipe);
    out[length] = '\0';
    int status = pclose(pipe);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void put_file(const char *name, const char *text)
{
    char path[256];
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void test_the_example_day_is_rehearsed(void **state)
{
    char *out = *state;
    assert_int_equal(run(DAY, out), 0);
    assert_non_null(strstr(out, "Diễn tập một ngày: Hội Kỳ Cùng"));
    assert_non_null(strstr(out, "bên ngoài → khu-hoi: hiện có 2, cần"));
    assert_int_equal(run(DAY "--lang en --target '1 h'", out), 0);
    assert_non_null(strstr(out, "Rehearsal of a day"));
    assert_non_null(strstr(out, "no longer than 1 h"));
    assert_non_null(strstr(out, "An estimate"));
}

static void test_json_is_the_same_for_the_same_seed(void **state)
{
    char *out = *state;
    assert_int_equal(run(DAY "--json --seed 3", out), 0);
    char *first = strdup(out);
    assert_non_null(first);
    json_t *root = json_loads(first, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(root);
    assert_int_equal(json_integer_value(json_object_get(root, "arrivals")), 9870);
    assert_int_equal(json_integer_value(json_object_get(root, "entered")), 9870);
    assert_int_equal(json_integer_value(json_object_get(root, "left")), 9870);
    json_decref(root);
    assert_int_equal(run(DAY "--json --seed 3", out), 0);
    assert_string_equal(first, out);
    assert_int_equal(run(DAY "--json --seed 4", out), 0);
    assert_string_not_equal(first, out);
    free(first);
}

static void test_a_picture_is_drawn(void **state)
{
    char *out = *state;
    char path[256];
    char begin[64] = "";
    assert_int_equal(run(DAY "--svg day.svg", out), 0);
    (void)snprintf(path, sizeof path, "%s/day.svg", folder);
    FILE *file = fopen(path, "re");
    assert_non_null(file);
    assert_true(fread(begin, 1, sizeof begin - 1, file) > 40);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(unlink(path), 0);
    assert_memory_equal(begin, "<?xml", 5);
    assert_non_null(strstr(begin, "<svg"));
    assert_int_equal(run(DAY "--svg no/such/folder/day.svg", out), 1);
    assert_non_null(strstr(out, "no/such/folder/day.svg cannot be written: No such file"));
}

static void test_files_that_are_wrong_end_with_two(void **state)
{
    static const struct {
        const char *arguments, *says;
    } calls[] = {
        {"", "expected a site file and a file of arrivals"},
        {DAY "more", "got 'more' as well"},
        {EXAMPLES "site.yaml bad.csv", "bad.csv:2: expected people a minute"},
        {EXAMPLES "site.yaml none.csv", "none.csv: No such file"},
        {"none.yaml " EXAMPLES "day.csv", "none.yaml"},
        {"bad.csv " EXAMPLES "day.csv", "bad.csv:"},
        {DAY "--pass 2.5", "expected a time such as"},
        {DAY "--pass '0 s'", "expected a time such as"},
        {DAY "--gates 4,65", "from 1 to 64"},
        {DAY "--gates 4,,5", "from 1 to 64"},
        {DAY "--spread 101", "expected a number up to 100"},
        {DAY "--no-show nan", "expected a percentage"},
        {DAY "--date 2022-2-5", "expected a date"},
        {DAY "--date 9999-01-01", "expected a date"},
        {DAY "--lang de", "expected vi or en"},
    };
    char *out = *state;
    put_file("bad.csv", "time,arrivals\n08:00,many\n");
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
        int status = run(calls[i].arguments, out);
        if (status != 2 || strstr(out, calls[i].says) == NULL) {
            fail_msg("%s: %d, %s", calls[i].arguments, status, out);
        }
    }
}

static void test_a_place_without_a_lane_is_told(void **state)
{
    char *out = *state;
    put_file("site.yaml", "site: { id: hoi, name: Hội }\n"
                          "zones:\n"
                          "  khu: { limit: { hard: 100 } }\n"
                          "  trong: { parent: khu, limit: { hard: 10 } }\n"
                          "gates:\n"
                          "  G1: { to: khu, gate: hand, lane: { scanner: s1 } }\n"
                          "  G2: { from: khu, to: trong, gate: hand }\n"
                          "plugins: { s1: { use: scan_file, path: scan } }\n"
                          "credentials: { accept: [cccd] }\n"
                          "journal: { path: journal.db }\n");
    put_file("day.csv", "0-10,3\n0-10,1,trong\n");
    assert_int_equal(run("site.yaml day.csv", out), 2);
    assert_non_null(strstr(out, "day.csv:2: expected a place that people reach through lanes"));
    put_file("day.csv", "0-10,3\n5,1,khu,5 min\n");
    assert_int_equal(run("site.yaml day.csv --lang en --json", out), 0);
    assert_non_null(strstr(out, "\"arrivals\":31"));
}

static int begin(void **state)
{
    *state = malloc(OUTPUT_MAX);
    return *state != NULL && mkdtemp(folder) != NULL ? 0 : -1;
}

static int end(void **state)
{
    static const char *const files[] = {"bad.csv", "site.yaml", "day.csv"};
    char path[256];
    free(*state);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        (void)snprintf(path, sizeof path, "%s/%s", folder, files[i]);
        (void)unlink(path);
    }
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_example_day_is_rehearsed),
        cmocka_unit_test(test_json_is_the_same_for_the_same_seed),
        cmocka_unit_test(test_a_picture_is_drawn),
        cmocka_unit_test(test_files_that_are_wrong_end_with_two),
        cmocka_unit_test(test_a_place_without_a_lane_is_told),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
