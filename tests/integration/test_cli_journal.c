/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief `chilang journal` as a person calls it: what it prints and its exit status.
 */
#include "tests/unit/journal_help.h"

#include <sys/wait.h>

struct answer {
    int status;
    char text[8192];
};

static struct answer ask(const char *arguments)
{
    struct answer answer = {0};
    char command[512];
    snprintf(command, sizeof command, "%s/bin/chilang journal %s 2>&1", CHL_STAGE_DIR, arguments);
    FILE *pipe = popen(command, "r"); /* NOLINT(cert-env33-c): our own program, fixed arguments */
    assert_non_null(pipe);
    size_t length = fread(answer.text, 1, sizeof answer.text - 1, pipe);
    answer.text[length] = '\0';
    int status = pclose(pipe);
    assert_true(WIFEXITED(status));
    answer.status = WEXITSTATUS(status);
    return answer;
}

static struct answer ask_about(const char *verb, const struct place *place)
{
    char arguments[256];
    snprintf(arguments, sizeof arguments, "%s %s", verb, place->path);
    return ask(arguments);
}

static int setup(void **state)
{
    struct place *place = malloc(sizeof *place);
    *state = place;
    return place != NULL ? place_make(place) : -1;
}

static int teardown(void **state)
{
    place_remove(*state);
    free(*state);
    return 0;
}

static void test_verify_whole(void **state)
{
    fill(*state, 7);
    struct answer answer = ask_about("verify", *state);
    assert_int_equal(answer.status, 0);
    assert_non_null(strstr(answer.text, "whole    7 records"));
}

static void test_verify_while_it_is_written(void **state)
{
    struct chl_journal *journal = open_journal(*state);
    assert_int_equal(append(journal, 1, 7), CHL_OK);
    struct answer answer = ask_about("verify", *state);
    assert_int_equal(answer.status, 0);
    assert_non_null(strstr(answer.text, "whole    7 records"));
    assert_int_equal(append(journal, 8, 1), CHL_OK);
    chl_journal_close(journal);
}

static void test_verify_names_the_first_bad_record(void **state)
{
    fill(*state, 7);
    tamper(*state, "UPDATE records SET body=x'7b7d' WHERE sequence IN (4, 6)");
    struct answer answer = ask_about("verify", *state);
    assert_int_equal(answer.status, 1);
    assert_non_null(strstr(answer.text, "bad      record 4: chain hash"));
    assert_non_null(strstr(answer.text, "expected"));
    assert_non_null(strstr(answer.text, "came"));
}

static void test_info_tells_range_and_subscribers(void **state)
{
    struct chl_journal *journal = open_journal(*state);
    struct chl_cursor cursor = {
        .size = sizeof cursor, .name = "archive", .owner = "centre", .acknowledged = 5};
    assert_int_equal(append(journal, 1, 7), CHL_OK);
    assert_int_equal(chl_journal_set_cursor(journal, &cursor), CHL_OK);
    chl_journal_close(journal);
    struct answer answer = ask_about("info", *state);
    assert_int_equal(answer.status, 0);
    assert_non_null(strstr(answer.text, "site     " SITE));
    assert_non_null(strstr(answer.text, "records  1 to 7"));
    assert_non_null(strstr(answer.text, "centre/archive has 5, 2 behind"));
}

static void test_show_from(void **state)
{
    fill(*state, 7);
    tamper(*state, "UPDATE records SET body=x'1b5b326a' WHERE sequence=7");
    struct answer answer = ask_about("show --from 6", *state);
    assert_int_equal(answer.status, 0);
    assert_string_equal(
        answer.text,
        "6 2022-02-01T00:00:00.000000006Z v1/lang-son-01/flow/decision/ {\"data\":{\"n\":6}}\n"
        "7 2022-02-01T00:00:00.000000007Z v1/lang-son-01/flow/decision/ ?[2j\n");
    answer = ask_about("show --count 1", *state);
    assert_memory_equal(answer.text, "1 2022", 6);
    assert_null(strstr(answer.text, "\n2 "));
}

static void test_wrong_usage_is_two(void **state)
{
    static const char *const wrong[] = {
        "",           "verify",          "prove x",        "verify a b",
        "--from x /", "show --from 0 x", "show --nothing", "verify /nowhere/at/all"};
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct answer answer = ask(wrong[i]);
        if (answer.status != 2 || answer.text[0] == '\0') {
            fail_msg("'%s': status %d: %s", wrong[i], answer.status, answer.text);
        }
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_verify_whole),
        TEST(test_verify_while_it_is_written),
        TEST(test_verify_names_the_first_bad_record),
        TEST(test_info_tells_range_and_subscribers),
        TEST(test_show_from),
        cmocka_unit_test(test_wrong_usage_is_two),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
