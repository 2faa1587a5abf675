/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief `chilang verify` as a program: its answers, its exit codes, each way to give it a code.
 */
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <poll.h>
#include <setjmp.h>
#include <spawn.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/qr/symbol.h"
#include "tests/issuing/issuing.h"

#define PROGRAM CHL_STAGE_DIR "/bin/chilang"
#define AT      "2022-02-01T07:20:00Z"

enum { NOW_S = 1643700000, DAY_S = 86400, OUTPUT_MAX = 65536, PATH_SIZE = 96, ARGS_MAX = 16 };

static struct issuing issuing;
static char folder[] = "/tmp/chl-verify-XXXXXX";
static char trust[PATH_SIZE], picture[PATH_SIZE], input[PATH_SIZE], output[PATH_SIZE];
static char good_code[CHL_ISSUE_CODE_MAX], expired_code[CHL_ISSUE_CODE_MAX];
static char said[OUTPUT_MAX];

static void path_in(char *out, const char *name)
{
    (void)snprintf(out, PATH_SIZE, "%s/%s", folder, name);
}

static bool draw(const char *code, const char *path)
{
    static struct chl_qr_symbol symbol;
    return chl_qr_encode(code, strlen(code), CHL_QR_M, &symbol) == CHL_OK &&
           chl_qr_write_png(&symbol, 4, path) == CHL_OK;
}

static int start(void **state)
{
    (void)state;
    struct issuing_dcc dcc = {.issued_at = NOW_S - DAY_S, .expires_at = NOW_S + DAY_S};
    if (mkdtemp(folder) == NULL || !issuing_make("P-256", NULL, &issuing)) {
        return -1;
    }
    path_in(trust, "issuer.der");
    path_in(picture, "code.png");
    path_in(input, "input");
    path_in(output, "output");
    bool good = issuing_write_certificate(&issuing, trust) &&
                issuing_dcc_code(&issuing, NULL, &dcc, good_code, sizeof good_code);
    dcc.expires_at = NOW_S - DAY_S;
    good = good && issuing_dcc_code(&issuing, NULL, &dcc, expired_code, sizeof expired_code) &&
           draw(good_code, picture);
    return good ? 0 : -1;
}

static int stop(void **state)
{
    (void)state;
    const char *const files[] = {trust, picture, input, output};
    for (size_t i = 0; i < 4; i++) {
        (void)unlink(files[i]);
    }
    issuing_free(&issuing);
    return rmdir(folder);
}

static size_t read_output(void)
{
    FILE *file = fopen(output, "re");
    assert_non_null(file);
    size_t length = fread(said, 1, sizeof said - 1, file);
    said[length] = '\0';
    (void)fclose(file);
    return length;
}

/* Run with NULL-ended arguments; standard input is `text`. @return exit code, 128 when killed. */
static int run(const char *text, const char *const *arguments)
{
    char *argv[ARGS_MAX] = {NULL};
    posix_spawn_file_actions_t actions;
    size_t count = 0;
    pid_t child = 0;
    int status = 0;
    FILE *file = fopen(input, "we");
    assert_non_null(file);
    (void)fputs(text, file);
    (void)fclose(file);
    argv[count++] = strdup(PROGRAM);
    for (; arguments[count - 1] != NULL; count++) {
        assert_true(count < ARGS_MAX - 1);
        argv[count] = strdup(arguments[count - 1]);
    }
    assert_int_equal(posix_spawn_file_actions_init(&actions), 0);
    (void)posix_spawn_file_actions_addopen(&actions, 0, input, O_RDONLY, 0);
    (void)posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    extern char **environ;
    assert_int_equal(posix_spawn(&child, PROGRAM, &actions, NULL, argv, environ), 0);
    (void)posix_spawn_file_actions_destroy(&actions);
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    for (size_t i = 0; i < count; i++) {
        free(argv[i]);
    }
    (void)read_output();
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

#define RUN(text, ...) run(text, (const char *const[]){"verify", __VA_ARGS__, NULL})

/* The first line is one JSON object with these members. */
static void assert_answer(const char *format, const char *verdict, const char *stage,
                          const char *reason)
{
    json_error_t error;
    json_t *root = json_loads(said, JSON_DISABLE_EOF_CHECK, &error);
    const char *got[4] = {NULL}, *a = format, *b = verdict, *c = stage, *d = reason;
    if (root == NULL) {
        fail_msg("expected JSON, got `%s`", said);
    }
    assert_int_equal(json_unpack(root, "{s:s,s:s,s:s,s:s}", "format", &got[0], "verdict", &got[1],
                                 "stage", &got[2], "reason", &got[3]),
                     0);
    assert_true(json_is_object(json_object_get(root, "claims")));
    assert_string_equal(got[0], a);
    assert_string_equal(got[1], b);
    assert_string_equal(got[2], c);
    assert_string_equal(got[3], d);
    json_decref(root);
}

static void test_valid(void **state)
{
    (void)state;
    assert_int_equal(RUN("", "--json", "--trust", trust, "--at", AT, "--", good_code), 0);
    assert_answer("hcert", "valid", "done", "");
    json_t *root = json_loads(said, 0, NULL);
    const json_t *claims = json_object_get(root, "claims");
    assert_string_equal(json_string_value(json_object_get(claims, "name")), "Nguyễn Văn An");
    assert_string_equal(json_string_value(json_object_get(claims, "expires_at")),
                        "2022-02-02T07:20:00Z");
    assert_int_equal(json_integer_value(json_object_get(claims, "doses")), 2);
    json_decref(root);
    static const char *const times[] = {"2022-02-01", "2022-02-01T07:20:00.123456",
                                        "2022-02-01T14:20:00+0700", "2022-02-01T07:20",
                                        "2022-02-01T07:20:00.5Z"};
    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++) {
        assert_int_equal(RUN("", "--trust", trust, "--at", times[i], good_code), 0);
    }
    assert_int_equal(RUN("", "--trust", folder, "--at", AT, good_code), 0);
    assert_non_null(strstr(said, "hcert valid, Nguyễn Văn An"));
}

static void test_refused(void **state)
{
    (void)state;
    assert_int_equal(RUN("", "--json", "--trust", trust, "--at", AT, expired_code), 1);
    assert_answer("hcert", "invalid", "time", "expired");
    assert_int_equal(RUN("", "--json", "--trust", trust, good_code), 1); /* the time is now */
    assert_answer("hcert", "invalid", "time", "expired");
    assert_int_equal(RUN("", "--json", "--at", AT, good_code), 1);
    assert_answer("hcert", "invalid", "issuer", "issuer_unknown");
    assert_int_equal(RUN("", "--json", "--at", AT, "HC1:abc"), 1);
    assert_answer("hcert", "invalid", "base45", "base45_invalid");
    assert_int_equal(RUN("", "--json", "--", "-x"), 1);
    assert_answer("unknown", "unknown", "prefix", "format_unknown");
    assert_int_equal(RUN("", "--json", ""), 1);
    assert_answer("unknown", "unknown", "prefix", "format_unknown");
}

#define CARD "001187029317|082345678|Nguyễn Thị Hoa|18011987|Nữ|Lạng Sơn|10052021"
#define INSURANCE                                                                                  \
    "HS4010120878821|4E677579E1BB856E20546869|18/01/1987|2|4CE1BAA16E672053C6A16E|79 - 012|"       \
    "01/01/2021|31/12/2021|01/01/2021|79|-|4|-|0123456789abcdef-1234|$"

static void test_formats_by_name(void **state)
{
    (void)state;
    assert_int_equal(RUN("", "--json", "NZCP:/1/2KCEPIQBEYCEGSZNGGQEEVCFIBNFU"), 1);
    assert_answer("nzcp", "unknown", "prefix", "format_unsupported");
    assert_int_equal(RUN("", "--json", "shc:/5676290952"), 1);
    assert_answer("shc", "unknown", "prefix", "format_unsupported");
    assert_int_equal(RUN("", "--json", "{\"data\": {\"hdr\": {\"is\": \"UTO\"}}}"), 1);
    assert_answer("vdsnc", "unknown", "prefix", "format_unsupported");
    static const struct {
        const char *format, *code;
    } rows[] = {
        {"cccd", "001187029317||Nguyễn Thị Hoa|18011987|Nữ|Lạng Sơn|10052021"},
        {"cccd", "001187029317||Nguyễn Thị Hoa|18011987|Nữ|Lạng Sơn|10052021||||\r\n"},
        {"bhyt", "HS4010120878821|4E677579E1BB856E|18/01/1987|2|-|79 - 012|01/01/2021|-|"
                 "01/01/2021|79|-|4|01/01/2026|0123456789abcdef-1234|$"},
        {"pccovid", "001187029317|NGUYEN THI HOA|1987-01-18|0|162979388586171100|<2<HS4<09"},
        {"pccovid", "******029317|NGUYEN THI HOA|1987-**-**|0|162979388586171100|"},
        {"unknown", "00118702931|x|Nguyễn Thị Hoa|18011987|Nữ|Lạng Sơn|10052021"},
        {"unknown", "a|b|1987/01/18|0|1|2"},
        {"unknown", "|||||||||||||"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        bool known = strcmp(rows[i].format, "unknown") != 0;
        assert_int_equal(RUN("", "--json", "--trust", trust, rows[i].code), known ? 0 : 1);
        if (known) {
            assert_answer(rows[i].format, "claim", "done", "");
        } else {
            assert_answer("unknown", "unknown", "prefix", "format_unknown");
        }
    }
    assert_int_equal(RUN("", "--json", "https://qr.tokhaiyte.vn/?id=1"), 1);
    assert_answer("place", "unknown", "prefix", "place_code");
    assert_int_equal(RUN("", "--json", "HS4010120878821|4E6Ê79|1987|2|-|1|2|3|4|$"), 1);
    assert_answer("bhyt", "invalid", "prefix", "text_mangled");
}

/* A claim says who, by which numbers, and what is left to ask. */
static void test_claims_of_cards(void **state)
{
    (void)state;
    assert_int_equal(RUN("", "--json", CARD), 0);
    json_t *root = json_loads(said, 0, NULL);
    json_t *claims = json_object_get(root, "claims");
    assert_string_equal(json_string_value(json_object_get(claims, "name")), "Nguyễn Thị Hoa");
    assert_string_equal(json_string_value(json_object_get(claims, "sex")), "female");
    assert_string_equal(json_string_value(json_object_get(claims, "address")), "Lạng Sơn");
    json_t *documents = json_object_get(claims, "documents");
    assert_int_equal(json_array_size(documents), 2);
    json_t *second = json_array_get(documents, 1);
    assert_string_equal(json_string_value(json_object_get(second, "kind")), "cmnd");
    assert_string_equal(json_string_value(json_object_get(second, "number")), "082345678");
    json_t *missing = json_object_get(claims, "missing");
    assert_int_equal(json_array_size(missing), 4);
    assert_string_equal(json_string_value(json_array_get(missing, 3)), "phone");
    json_decref(root);
    assert_int_equal(RUN("", CARD), 0);
    assert_string_equal(
        said, "cccd claim, Nguyễn Thị Hoa, born 1987-01-18, female, document 001187029317,\n"
              "  of Lạng Sơn; not stated: symptoms, contact, origin, phone\n");
}

/* A masked number is still a card; a birth to come is asked, whoever's mistake it is. */
static void test_cards_that_say_less(void **state)
{
    (void)state;
    static const char masked[] = "0011870*****||Nguyễn Thị Hoa|18011987|Nữ|Lạng Sơn|10052021";
    static const char ahead[] = "001187029317||Nguyễn Thị Hoa|18012031|Nữ|Lạng Sơn|10052021";
    assert_int_equal(RUN("", masked), 0);
    assert_non_null(strstr(said, "cccd claim, Nguyễn Thị Hoa, born 1987-01-18, female"));
    assert_non_null(strstr(said, "document"));
    assert_null(strstr(said, "0011870"));
    assert_int_equal(RUN("", "--at", "2022-02-01T08:00:00Z", ahead), 0);
    assert_null(strstr(said, "born"));
    assert_non_null(strstr(said, "birth"));
    assert_int_equal(RUN("", "--at", "2031-02-01T08:00:00Z", ahead), 0);
    assert_non_null(strstr(said, "born 2031-01-18"));
}

/* What is printed for a person fits a terminal. */
static void test_lines_are_80_columns(void **state)
{
    (void)state;
    static const char *const codes[] = {"NZCP:/1/2K", "HC1:abc", "x",         CARD,
                                        INSURANCE,    good_code, expired_code};
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        size_t column = 0;
        (void)RUN("", "--trust", trust, "--at", AT, codes[i]);
        assert_true(said[0] != '\0');
        for (const char *at = said; *at != '\0'; at++) {
            column = *at == '\n' ? 0 : column + ((*at & 0xC0) != 0x80 ? 1 : 0);
            assert_true(column <= 80);
        }
    }
    assert_int_equal(RUN("", "--trust", trust, "--at", AT, expired_code), 1);
    assert_non_null(strstr(said, "hcert invalid at time: the code has expired (expired)\n"));
}

/* A program that gives one code and waits for its answer gets it. */
static void test_each_answer_comes_at_once(void **state)
{
    (void)state;
    int to[2], from[2];
    char answer[512] = "";
    pid_t child = 0;
    int status = 0;
    posix_spawn_file_actions_t actions;
    char *argv[] = {strdup(PROGRAM), strdup("verify"), strdup("--json"), strdup("-"), NULL};
    assert_true(pipe2(to, O_CLOEXEC) == 0 && pipe2(from, O_CLOEXEC) == 0);
    assert_int_equal(posix_spawn_file_actions_init(&actions), 0);
    (void)posix_spawn_file_actions_adddup2(&actions, to[0], 0);
    (void)posix_spawn_file_actions_adddup2(&actions, from[1], 1);
    extern char **environ;
    assert_int_equal(posix_spawn(&child, PROGRAM, &actions, NULL, argv, environ), 0);
    (void)posix_spawn_file_actions_destroy(&actions);
    (void)close(to[0]);
    (void)close(from[1]);
    for (int i = 0; i < 2; i++) {
        struct pollfd waiting = {.fd = from[0], .events = POLLIN};
        assert_int_equal(write(to[1], "HC1:abc\n", 8), 8);
        assert_int_equal(poll(&waiting, 1, 20000), 1);
        ssize_t length = read(from[0], answer, sizeof answer - 1);
        assert_true(length > 0 && strncmp(answer, "{\"format\":\"hcert\"", 17) == 0);
    }
    (void)close(to[1]);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 1);
    (void)close(from[0]);
    for (size_t i = 0; i < 4; i++) {
        free(argv[i]);
    }
}

static void test_answers_that_cannot_be_printed(void **state)
{
    (void)state;
    char kept[PATH_SIZE];
    memcpy(kept, output, sizeof kept);
    (void)snprintf(output, sizeof output, "/dev/full");
    assert_int_equal(RUN("", "--trust", trust, "--at", AT, good_code), 1);
    memcpy(output, kept, sizeof output);
}

static unsigned lines(void)
{
    unsigned count = 0;
    for (const char *at = said; *at != '\0'; at++) {
        count += *at == '\n' ? 1 : 0;
    }
    return count;
}

static void test_standard_input(void **state)
{
    (void)state;
    static char text[4 * CHL_ISSUE_CODE_MAX];
    (void)snprintf(text, sizeof text, "%s\r\n\n%s", good_code, good_code);
    assert_int_equal(RUN(text, "--json", "--trust", trust, "--at", AT, "-"), 0);
    assert_int_equal(lines(), 2);
    (void)snprintf(text, sizeof text, "%s\n%s\n", good_code, expired_code);
    assert_int_equal(RUN(text, "--json", "--trust", trust, "--at", AT, "-"), 1);
    assert_int_equal(lines(), 2);
    memset(text, 'A', sizeof text - 1);
    memcpy(text, "HC1:", 4);
    assert_int_equal(RUN(text, "--json", "-"), 1);
    assert_int_equal(lines(), 1);
    assert_answer("hcert", "invalid", "prefix", "code_too_long");
    assert_int_equal(RUN("", "--json", "-"), 1);
}

static void test_pictures(void **state)
{
    (void)state;
    assert_int_equal(RUN("", "--json", "--trust", trust, "--at", AT, "--image", picture), 0);
    assert_answer("hcert", "valid", "done", "");
    assert_int_equal(RUN("", "--json", "--trust", trust, "--at", AT, "--image", picture, trust), 1);
    assert_int_equal(lines(), 2);
    assert_int_equal(RUN("", "--json", "--image", "/nonexistent.png"), 1);
    assert_answer("unknown", "unreadable", "picture", "picture_unreadable");
}

/* A guess of the character set, which the reader of pictures must not make, turns this name into
 * Chinese. */
static void test_tone_marks_survive_the_picture(void **state)
{
    (void)state;
    static const char line[] = "001203000123|012345678|HUỲNH HIẾU THUẬN|01021990|Nam|"
                               "Số 1, M'gar, Đắk Lắk|01082021";
    char path[PATH_SIZE];
    path_in(path, "card.png");
    assert_true(draw(line, path));
    assert_int_equal(RUN("", "--json", "--image", path), 0);
    json_t *answer = json_loads(said, 0, NULL);
    char *again = json_dumps(answer, JSON_COMPACT);
    assert_non_null(again);
    assert_non_null(strstr(again, "HUỲNH HIẾU THUẬN"));
    assert_non_null(strstr(again, "\"cccd\""));
    free(again);
    json_decref(answer);
    assert_int_equal(unlink(path), 0);
}

static void test_usage(void **state)
{
    (void)state;
    static const char *const none[] = {NULL};
    static const char *const other[] = {"nothing", NULL};
    static const char *const help[] = {"--help", NULL};
    assert_int_equal(run("", none), 2);
    assert_int_equal(run("", other), 2);
    assert_int_equal(run("", help), 0);
    assert_non_null(strstr(said, "verify"));
    assert_int_equal(RUN("", "--json"), 2);
    assert_int_equal(RUN("", "--at", "yesterday", "x"), 2);
    assert_int_equal(RUN("", "a", "b"), 2);
    assert_int_equal(RUN("", "--trust", "/nonexistent", "x"), 2);
    assert_int_equal(RUN("", "--no-such-option", "x"), 2);
    assert_int_equal(RUN("", "--help"), 0);
    assert_non_null(strstr(said, "--trust"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_valid),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_formats_by_name),
        cmocka_unit_test(test_claims_of_cards),
        cmocka_unit_test(test_cards_that_say_less),
        cmocka_unit_test(test_standard_input),
        cmocka_unit_test(test_pictures),
        cmocka_unit_test(test_tone_marks_survive_the_picture),
        cmocka_unit_test(test_usage),
        cmocka_unit_test(test_lines_are_80_columns),
        cmocka_unit_test(test_each_answer_comes_at_once),
        cmocka_unit_test(test_answers_that_cannot_be_printed),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
