/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The tool from key to picture and back: keygen, declare (options, JSON, CSV), verify.
 */
#include "lib/base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

extern char **environ;

enum { OUTPUT_MAX = 64 * 1024, ARGUMENTS_MAX = 40 };

static char folder[64];
static char output[OUTPUT_MAX];

static char *in_folder(const char *name)
{
    static char paths[64][160];
    static unsigned next;
    char *path = paths[next++ % 64];
    (void)snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    return path;
}

static void write_text(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

/** Run `chilang` with arguments (NULL-ended), standard input from a file. Standard output and error
 *  are put into `output`. @return the exit code. */
static int run_from(const char *input, const char *const *arguments)
{
    static char program[] = CHL_STAGE_DIR "/bin/chilang";
    char *argv[ARGUMENTS_MAX] = {program};
    char *captured = in_folder("output");
    for (size_t i = 0; arguments[i] != NULL; i++) {
        assert_true(i + 2 < ARGUMENTS_MAX);
        argv[i + 1] = strdup(arguments[i]);
    }
    posix_spawn_file_actions_t actions;
    assert_int_equal(posix_spawn_file_actions_init(&actions), 0);
    assert_int_equal(posix_spawn_file_actions_addopen(&actions, 0, input, O_RDONLY, 0), 0);
    assert_int_equal(
        posix_spawn_file_actions_addopen(&actions, 1, captured, O_WRONLY | O_CREAT | O_TRUNC, 0600),
        0);
    assert_int_equal(posix_spawn_file_actions_adddup2(&actions, 1, 2), 0);
    pid_t pid = 0;
    int status = 0;
    assert_int_equal(posix_spawn(&pid, program, &actions, NULL, argv, environ), 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    (void)posix_spawn_file_actions_destroy(&actions);
    for (size_t i = 1; argv[i] != NULL; i++) {
        free(argv[i]);
    }
    FILE *file = fopen(captured, "r");
    assert_non_null(file);
    size_t length = fread(output, 1, sizeof output - 1, file);
    output[length] = '\0';
    (void)fclose(file);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

#define RUN(...)             run_from("/dev/null", (const char *const[]){__VA_ARGS__, NULL})
#define RUN_FROM(input, ...) run_from(input, (const char *const[]){__VA_ARGS__, NULL})
#define assert_says(text)    assert_non_null(strstr(output, text))

static int set_up(void **state)
{
    (void)state;
    (void)snprintf(folder, sizeof folder, "/tmp/chl-declare-XXXXXX");
    if (mkdtemp(folder) == NULL) {
        return -1;
    }
    return RUN("keygen", "issuer", "--out", in_folder("keys/"));
}

static int remove_one(const char *path, const struct stat *about, int type, struct FTW *where)
{
    (void)about;
    (void)type;
    (void)where;
    return remove(path);
}

static int tear_down(void **state)
{
    (void)state;
    return nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static void test_keygen_keeps_the_secret(void **state)
{
    (void)state;
    struct stat about;
    assert_int_equal(stat(in_folder("keys/issuer.key.pem"), &about), 0);
    assert_int_equal(about.st_mode & 0777, 0600);
    assert_int_equal(RUN("keygen", "issuer", "--out", in_folder("two.pem")), 0);
    assert_null(strstr(output, "BEGIN"));
    assert_says("two.pub.pem");
    assert_int_equal(stat(in_folder("two.pem"), &about), 0);
    assert_int_equal(about.st_mode & 0777, 0600);
    assert_int_equal(RUN("keygen", "issuer", "--out", in_folder("two.pem")), 1);
    assert_says("expected no such file");
    assert_int_equal(RUN("keygen", "issuer"), 2);
    assert_int_equal(RUN("keygen", "issuer", "--out", in_folder("new/issuing/")), 0);
    assert_int_equal(access(in_folder("new/issuing/issuer.pub.pem"), F_OK), 0);
    assert_int_equal(RUN("keygen", "curve", "--out", in_folder("new/stream/")), 0);
    assert_int_equal(access(in_folder("new/stream/curve.pub"), F_OK), 0);
    assert_int_equal(stat(in_folder("new/stream/curve.key"), &about), 0);
    assert_int_equal(about.st_mode & 0777, 0600);
    assert_int_equal(RUN("keygen", "door"), 2);
    assert_int_equal(RUN("keygen"), 2);
}

static void test_options_make_a_code_that_verifies(void **state)
{
    (void)state;
    const char *key = in_folder("keys/issuer.key.pem");
    const char *trust = in_folder("keys/issuer.pub.pem");
    assert_int_equal(RUN("declare", "--key", key, "--issuer", "lang-son", "--name", "Trần Văn Bình",
                         "--birth-year", "1990", "--from", "00001", "--to", "05977", "--symptoms",
                         "no", "--contact", "no", "--party", "4", "--png", in_folder("a.png"),
                         "--svg", in_folder("a.svg"), "--text"),
                     0);
    write_text(in_folder("code"), output);
    assert_int_equal(RUN_FROM(in_folder("code"), "verify", "--trust", trust, "--json", "-"), 0);
    assert_says("\"format\":\"declaration\"");
    assert_says("\"verdict\":\"valid\"");
    assert_says("\"name\":\"Trần Văn Bình\"");
    assert_says("\"party\":4");
    assert_int_equal(RUN("verify", "--trust", trust, "--image", in_folder("a.png")), 0);
    assert_int_equal(RUN_FROM(in_folder("code"), "verify", "--json", "-"), 1);
    assert_says("issuer_unknown");
    assert_int_equal(RUN_FROM(in_folder("code"), "verify", "--trust", trust, "--at",
                              "2031-01-01T00:00:00Z", "--json", "-"),
                     1);
    assert_says("\"reason\":\"expired\"");
}

static void test_times_can_be_set(void **state)
{
    (void)state;
    const char *key = in_folder("keys/issuer.key.pem");
    const char *trust = in_folder("keys");
    assert_int_equal(RUN("declare", "--key", key, "--name", "A", "--birth", "1990", "--symptoms",
                         "no", "--contact", "no", "--issued-at", "2022-02-01T00:00:00Z", "--life",
                         "80h", "--text"),
                     1);
    assert_says("expected a life of at most 72 h");
    assert_int_equal(RUN("declare", "--key", key, "--name", "A", "--birth", "1990", "--symptoms",
                         "no", "--contact", "no", "--issued-at", "2022-02-01T00:00:00Z", "--life",
                         "80h", "--life-max", "80h", "--text"),
                     0);
    write_text(in_folder("code"), output);
    assert_int_equal(RUN_FROM(in_folder("code"), "verify", "--trust", trust, "--at",
                              "2022-02-02T00:00:00Z", "--json", "-"),
                     1);
    assert_says("life_too_long");
    assert_int_equal(RUN("declare", "--key", key, "--name", "A", "--birth", "1990", "--symptoms",
                         "no", "--contact", "no", "--issued-at", "2022-02-01T00:00:00Z",
                         "--expires-at", "2022-01-01T00:00:00Z", "--text"),
                     1);
}

static void test_json_is_read_strictly(void **state)
{
    (void)state;
    const char *key = in_folder("keys/issuer.key.pem");
    write_text(in_folder("a.json"), "{\"name\":\"Lê Thị Hoa\",\"birth\":1987,\"symptoms\":"
                                    "[\"fever\",\"cough\"],\"contact\":false,\"party\":3}");
    assert_int_equal(
        RUN("declare", "--key", key, "--json", in_folder("a.json"), "--png", in_folder("a.png")),
        0);
    assert_int_equal(
        RUN("verify", "--trust", in_folder("keys"), "--json", "--image", in_folder("a.png")), 0);
    assert_says("\"symptoms\":[\"fever\",\"cough\"]");
    assert_says("\"contact\":\"no\"");
    static const char *const bad[] = {"{\"name\":1.5}",
                                      "{\"nome\":\"x\"}",
                                      "[]",
                                      "{",
                                      "",
                                      "{\"name\":{}}",
                                      "{\"name\":\"a\",\"name\":\"b\"}"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        write_text(in_folder("b.json"), bad[i]);
        assert_int_equal(RUN_FROM(in_folder("b.json"), "declare", "--key", key, "--json", "-"), 1);
        assert_says("expected");
    }
}

static void test_a_batch_reports_its_bad_rows(void **state)
{
    (void)state;
    const char *key = in_folder("keys/issuer.key.pem");
    write_text(in_folder("people.csv"), "name,birth_year,symptoms,contact,party,file,expires_at\n"
                                        "\"Nguyễn, An\",1990,no,no,2,an.png,\n"
                                        "Bình,19xx,no,no,1,,\n"
                                        "Chi,1985,fever,no,,,\n"
                                        "Dung,1970,no,no,1,../d.png,\n"
                                        "Em,1970,no,no\n");
    assert_int_equal(
        RUN("declare", "--key", key, "--batch", in_folder("people.csv"), "--out", in_folder("out")),
        1);
    assert_says("people.csv:3: birth");
    assert_says("people.csv:5: file");
    assert_says("people.csv:6: expected 7 columns");
    assert_says("2 made, 3 refused");
    assert_null(strstr(output, "19xx"));
    FILE *manifest = fopen(in_folder("out/manifest.csv"), "r");
    assert_non_null(manifest);
    char line[256];
    assert_non_null(fgets(line, sizeof line, manifest));
    assert_string_equal(line, "line,file,id,version,expires_at\n");
    assert_non_null(fgets(line, sizeof line, manifest));
    assert_memory_equal(line, "2,an.png,", 9);
    assert_non_null(fgets(line, sizeof line, manifest));
    assert_memory_equal(line, "4,00003.png,", 12);
    assert_null(fgets(line, sizeof line, manifest));
    (void)fclose(manifest);
    assert_int_equal(RUN("verify", "--trust", in_folder("keys"), "--image", in_folder("out/an.png"),
                         in_folder("out/00003.png")),
                     0);
}

static void test_a_wrong_command_line_is_told(void **state)
{
    (void)state;
    const char *key = in_folder("keys/issuer.key.pem");
    assert_int_equal(RUN("declare", "--name", "A"), 2);
    assert_int_equal(RUN("declare", "--key", key, "--party", "61"), 2);
    assert_int_equal(RUN("declare", "--key", key, "--scale", "0"), 2);
    assert_int_equal(RUN("declare", "--key", key, "--level", "X"), 2);
    assert_int_equal(RUN("declare", "--key", key, "--life", "3 weeks"), 2);
    assert_int_equal(RUN("declare", "--key", key, "--batch", "x.csv"), 2);
    assert_int_equal(RUN("declare", "--key", key, "--out", "x"), 2);
    assert_int_equal(RUN("declare", "--key", in_folder("none.pem"), "--name", "A"), 1);
    assert_int_equal(RUN("declare", "--key", key, "--name", "A"), 1);
    assert_says("birth");
    assert_int_equal(chmod(key, 0644), 0);
    assert_int_equal(RUN("declare", "--key", key, "--name", "A"), 1);
    assert_says("only its owner may read");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_keygen_keeps_the_secret),
        TEST(test_options_make_a_code_that_verifies),
        TEST(test_times_can_be_set),
        TEST(test_json_is_read_strictly),
        TEST(test_a_batch_reports_its_bad_rows),
        TEST(test_a_wrong_command_line_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
