/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The tool from key to picture and back: keygen, declare (options, JSON, CSV), verify.
 */
#include "declare_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

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

/* As a person reads it: how many, who they are, and what the verdict hangs on. */
static void test_a_person_reads_who_passes_and_why_not(void **state)
{
    (void)state;
    const char *key = in_folder("keys/issuer.key.pem");
    const char *trust = in_folder("keys/issuer.pub.pem");
    assert_int_equal(RUN("declare", "--key", key, "--name", "Trần Văn Bình", "--birth", "1990",
                         "--from", "06523", "--symptoms", "fever,cough", "--companions",
                         "Trần Thị Bé; 2018 | Trần Văn Tí; 2020", "--doses", "2", "--doses-of", "3",
                         "--dose-product", "Vero", "--dose-date", "2021-09-01", "--test", "pcr",
                         "--test-result", "negative", "--test-at", "2026-01-20T07:30:00Z",
                         "--recovered", "yes", "--transport", "car", "--places",
                         "Hà Nội, Bắc Giang", "--contact", "patient,area", "--note", "ho nhẹ",
                         "--travel-at", "2026-01-21T05:30:00Z", "--text"),
                     0);
    write_text(in_folder("code"), output);
    assert_int_equal(RUN_FROM(in_folder("code"), "verify", "--trust", trust, "-"), 0);
    for (char *at = output; (at = strstr(at, "\n  ")) != NULL;) {
        at[0] = ' '; /* wherever the lines are broken */
        memmove(at + 1, at + 3, strlen(at + 3) + 1);
    }
    assert_says("; for 3 people, with Trần Thị Bé (2018), Trần Văn Tí (2020); "
                "symptoms: fever, cough; contact: patient,area; "
                "test: pcr negative, sampled 2026-01-20; "
                "doses: 2 of 3, Vero, last 2021-09-01; recovered; transport: car; ");
    assert_says("places: Hà Nội, Bắc Giang; ");
    assert_says("note: ho nhẹ");
    assert_int_equal(RUN_FROM(in_folder("code"), "verify", "--json", "--trust", trust, "-"), 0);
    assert_says("\"form\":{\"name\":\"Trần Văn Bình\",\"birth\":\"1990\",\"from\":\"06523\"");
    assert_says("\"contact\":\"patient,area\"");
    assert_says("\"travel_at\":\"2026-01-21T05:30:00Z\"");
    assert_says("\"companions\":\"Trần Thị Bé; 2018 | Trần Văn Tí; 2020\"");
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
    assert_says("2 of them say no `from`");
    /* Another batch loses nothing of the first: its identifiers stay listed, its pictures too. */
    write_text(in_folder("more.csv"), "name,birth,from,symptoms,contact\nAn,1990,05977,no,no\n"
                                      "Chi,1991,05977,no,no\nEm,1992,05977,no,no\n");
    assert_int_equal(
        RUN("declare", "--key", key, "--batch", in_folder("more.csv"), "--out", in_folder("out")),
        0);
    assert_null(strstr(output, "say no `from`"));
    manifest = fopen(in_folder("out/manifest.csv"), "r");
    assert_non_null(manifest);
    static const char *const rows[] = {"line,file,id", "2,an.png,",    "4,00003.png,",
                                       "2,00001.png,", "3,00002.png,", "4,00004.png,"};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_non_null(fgets(line, sizeof line, manifest));
        assert_memory_equal(line, rows[i], strlen(rows[i]));
    }
    (void)fclose(manifest);
    write_text(in_folder("excel.csv"), "name;birth;symptoms;contact\nAn;1990;no;no\n");
    assert_int_equal(RUN("declare", "--key", key, "--batch", in_folder("excel.csv"), "--text"), 1);
    assert_says("expected commas between the columns, got semicolons");
    assert_int_equal(RUN("declare", "--key", key, "--name", "A", "--card", in_folder("a.pdf"),
                         "--card", in_folder("a.png")),
                     2);
    assert_says("expected each option once");
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        DECLARE_TEST(test_keygen_keeps_the_secret),
        DECLARE_TEST(test_options_make_a_code_that_verifies),
        DECLARE_TEST(test_a_person_reads_who_passes_and_why_not),
        DECLARE_TEST(test_times_can_be_set),
        DECLARE_TEST(test_json_is_read_strictly),
        DECLARE_TEST(test_a_batch_reports_its_bad_rows),
        DECLARE_TEST(test_a_wrong_command_line_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
