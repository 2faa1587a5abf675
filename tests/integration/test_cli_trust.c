/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief `chilang trust` as a person calls it: what it shows, what it writes and what it refuses.
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
#include <openssl/evp.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/text.h"
#include "tests/issuing/issuing.h"

enum { TEXT_MAX = 16384, PATH_ROOM = 128 };

static char folder[PATH_ROOM];
static struct issuing p256, rsa, p384, backend;

struct answer {
    int status;
    char text[TEXT_MAX];
};

static struct answer ask(const char *format, ...) __attribute__((format(printf, 1, 2)));
static struct answer ask(const char *format, ...)
{
    struct answer answer = {0};
    char arguments[1024], command[2048];
    va_list list;
    va_start(list, format);
    (void)vsnprintf(arguments, sizeof arguments, format, list);
    va_end(list);
    (void)snprintf(command, sizeof command, "cd %s && %s/bin/chilang trust %s 2>&1", folder,
                   CHL_STAGE_DIR, arguments);
    FILE *pipe = popen(command, "r"); /* NOLINT(cert-env33-c): our own program */
    assert_non_null(pipe);
    answer.text[fread(answer.text, 1, sizeof answer.text - 1, pipe)] = '\0';
    int status = pclose(pipe);
    assert_true(WIFEXITED(status));
    answer.status = WEXITSTATUS(status);
    return answer;
}

static const char *at(const char *name)
{
    static char path[2 * PATH_ROOM];
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static void kid_of(const struct issuing *issuing, char out[17])
{
    chl_hex(chl_issuer_kid(issuing->issuer), CHL_KID_SIZE, out);
}

static int setup(void **state)
{
    (void)state;
    (void)snprintf(folder, sizeof folder, "/tmp/chl-cli-trust-XXXXXX");
    return mkdtemp(folder) != NULL && mkdir(at("site"), 0755) == 0 ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    char command[2 * PATH_ROOM];
    (void)snprintf(command, sizeof command, "rm -rf %s", folder);
    return system(command); /* NOLINT(cert-env33-c): a folder of our own */
}

static void write_bytes(const char *name, const void *bytes, size_t length)
{
    FILE *file = fopen(at(name), "we");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, length, file), length);
    assert_int_equal(fclose(file), 0);
}

static void base64(const uint8_t *bytes, size_t length, char *out)
{
    (void)EVP_EncodeBlock((unsigned char *)out, bytes, (int)length);
}

/* A list as a national backend gives it: its signature (DER or r and s) on a line of its own. */
static void write_list(const char *name, bool two, bool raw)
{
    static char body[TEXT_MAX], all[TEXT_MAX + 512];
    char first[4096], second[4096], line[512];
    uint8_t signature[256];
    size_t length = sizeof signature;
    base64(p256.certificate, p256.certificate_length, first);
    base64(rsa.certificate, rsa.certificate_length, second);
    (void)snprintf(body, sizeof body,
                   "{\"certificates\":[{\"certificateType\":\"DSC\",\"country\":\"LA\",\"rawData\":"
                   "\"%s\"},{\"certificateType\":\"CSCA\",\"rawData\":\"%s\"}%s%s%s]}",
                   first, first, two ? ",{\"rawData\":\"" : "", two ? second : "",
                   two ? "\"}" : "");
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    assert_int_equal(EVP_DigestSignInit(context, NULL, EVP_sha256(), NULL, backend.key), 1);
    assert_int_equal(
        EVP_DigestSign(context, signature, &length, (const uint8_t *)body, strlen(body)), 1);
    EVP_MD_CTX_free(context);
    if (raw) { /* 30 len 02 len r 02 len s */
        uint8_t parts[64] = {0};
        size_t r = signature[3], s = signature[5 + r];
        const uint8_t *from_r = signature + 4, *from_s = signature + 6 + r;
        memcpy(parts + (r > 32 ? 0 : 32 - r), from_r + (r > 32 ? r - 32 : 0), r > 32 ? 32 : r);
        memcpy(parts + 32 + (s > 32 ? 0 : 32 - s), from_s + (s > 32 ? s - 32 : 0), s > 32 ? 32 : s);
        memcpy(signature, parts, sizeof parts);
        length = sizeof parts;
    }
    base64(signature, length, line);
    int written = snprintf(all, sizeof all, "%s\n%s", line, body);
    assert_true(written > 0 && (size_t)written < sizeof all);
    write_bytes(name, all, (size_t)written);
}

static void test_list_shows_each(void **state)
{
    (void)state;
    char kid[17], small[17];
    assert_true(issuing_write_certificate(&p256, at("site/a.der")));
    assert_true(issuing_write_certificate(&p384, at("site/b.der")));
    assert_true(issuing_write_public_key(&backend, at("site/own.pem")));
    struct answer answer = ask("list site");
    assert_int_equal(answer.status, 0);
    kid_of(&p256, kid);
    kid_of(&p384, small);
    const char *row = strstr(answer.text, kid), *useless = strstr(answer.text, small);
    assert_non_null(row);
    assert_non_null(useless);
    assert_memory_equal(row + 16, " VN ES256    vt ", 16);
    assert_memory_equal(useless + 16, " VN P-384    vtr", 16);
    assert_non_null(strstr(useless, "unusable"));
    assert_non_null(strstr(answer.text, "-  ES256    LS1"));
    assert_non_null(strstr(answer.text, "Cục Y tế dự phòng, nơi cấp…"));
    assert_non_null(strstr(answer.text, "3 keys, current on "));
    for (char *line = strtok(answer.text, "\n"); line != NULL; line = strtok(NULL, "\n")) {
        size_t columns = 0;
        for (const char *c = line; *c != '\0'; c++) {
            columns += ((unsigned char)*c & 0xC0U) != 0x80U ? 1 : 0;
        }
        assert_true(columns <= 80);
    }
    answer = ask("list --json site");
    assert_non_null(strstr(answer.text, "\"state\": \"unusable\""));
    assert_non_null(strstr(answer.text, kid));
    answer = ask("list nowhere");
    assert_int_equal(answer.status, 1);
    assert_non_null(strstr(answer.text, "nowhere: expected"));
}

static void test_add_to_a_folder(void **state)
{
    (void)state;
    assert_true(issuing_write_certificate(&rsa, at("new.der")));
    assert_true(issuing_write_public_key(&backend, at("key.pem")));
    struct answer answer = ask("add new.der key.pem --to site");
    assert_int_equal(answer.status, 0);
    assert_non_null(strstr(answer.text, "site: 2 added, 0 there before"));
    answer = ask("add new.der --to site");
    assert_non_null(strstr(answer.text, "site: 0 added, 1 there before"));
    answer = ask("list site");
    assert_non_null(strstr(answer.text, "2 keys"));
    write_bytes("note.txt", "no key", 6);
    answer = ask("add note.txt --to site");
    assert_int_equal(answer.status, 1);
    assert_non_null(strstr(answer.text, "note.txt: expected"));
    answer = ask("add new.der");
    assert_int_equal(answer.status, 2);
}

/* Its signature is checked when asked for, whichever way it is written. */
static void test_import_of_a_signed_list(void **state)
{
    (void)state;
    assert_true(issuing_write_public_key(&backend, at("backend.pem")));
    for (int raw = 0; raw < 2; raw++) {
        write_list("signed.json", true, raw == 1);
        struct answer answer = ask("import signed.json --to site --signed-by backend.pem");
        assert_int_equal(answer.status, 0);
        assert_non_null(strstr(answer.text, "site/trust-list.json: 2 keys"));
        assert_non_null(strstr(answer.text, "1 skipped"));
        assert_non_null(
            strstr(answer.text, "signed.json: entry 2 skipped: certificateType is not"));
    }
    assert_true(issuing_write_public_key(&p256, at("other.pem")));
    struct answer answer = ask("import signed.json --to site --signed-by other.pem");
    assert_int_equal(answer.status, 1);
    assert_non_null(strstr(answer.text, "did not sign"));
    assert_true(issuing_write_certificate(&p256, at("plain.der")));
    answer = ask("import plain.der --to site --signed-by backend.pem");
    assert_int_equal(answer.status, 1);
    assert_non_null(strstr(answer.text, "no signature line"));
    assert_non_null(strstr(ask("list site").text, "2 keys")); /* nothing was lost */
}

/* What the new list does not name is believed no more; an older list is not taken by mistake. */
static void test_import_replaces_and_does_not_go_back(void **state)
{
    (void)state;
    write_list("first.json", true, false);
    struct answer answer = ask("import first.json --to site/all.json --published 2022-01-20");
    assert_int_equal(answer.status, 0);
    assert_non_null(strstr(answer.text, "2 keys, current on 2022-01-20: 2 new, 0 withdrawn"));
    assert_non_null(strstr(answer.text, "No signature was checked"));
    write_list("second.json", false, false);
    answer = ask("import second.json --to site/all.json --published 2022-01-19");
    assert_int_equal(answer.status, 1);
    assert_non_null(strstr(answer.text, "expected a list newer than that of 2022-01-20"));
    answer = ask("import second.json --to site/all.json --published 2022-01-21");
    assert_int_equal(answer.status, 0);
    assert_non_null(strstr(answer.text, "1 key, current on 2022-01-21: 0 new, 1 withdrawn"));
    assert_non_null(strstr(ask("list site").text, " LA ES256"));
    answer = ask("import first.json --to site/all.json --published 2022-01-20 --older");
    assert_int_equal(answer.status, 0);
    answer = ask("import first.json --to site/all.json --published 2222-01-20");
    assert_int_equal(answer.status, 1);
    assert_non_null(strstr(answer.text, "expected a list of today or before"));
    answer = ask("import first.json --to site/all.json --published soon");
    assert_int_equal(answer.status, 2);
    /* To add keeps the rest, and its age. */
    assert_true(issuing_write_certificate(&p384, at("one.der")));
    answer = ask("add one.der --to site/all.json");
    assert_non_null(strstr(answer.text, "3 keys, current on 2022-01-20: 1 new, 0 withdrawn"));
    answer = ask("add one.der --to site/all.json");
    assert_non_null(strstr(answer.text, "3 keys, current on 2022-01-20: 0 new, 0 withdrawn"));
}

static void test_a_list_that_cannot_be_written(void **state)
{
    (void)state;
    write_list("list.json", true, false);
    struct answer answer = ask("import list.json --to nowhere/list.json");
    assert_int_equal(answer.status, 1);
    assert_non_null(strstr(answer.text, "cannot be written"));
    assert_true(issuing_write_public_key(&backend, at("key.pem")));
    answer = ask("import key.pem --to site/list.json");
    assert_int_equal(answer.status, 1);
    assert_non_null(strstr(answer.text, "bare keys go into a folder"));
    assert_int_equal(access(at("site/list.json"), F_OK), -1);
    answer = ask("export");
    assert_int_equal(answer.status, 2);
}

/* As the site has it, its path relative to the site's file. */
static void test_list_of_a_site(void **state)
{
    (void)state;
    static const char site[] = "credentials: { accept: [hcert], trust: site }\n";
    static const char none[] = "credentials: { accept: [cccd] }\n", broken[] = "credentials: {\n";
    char kid[17];
    assert_true(issuing_write_certificate(&rsa, at("site/a.der")));
    write_bytes("site.yaml", site, strlen(site));
    kid_of(&rsa, kid);
    struct answer answer = ask("list --config site.yaml");
    assert_int_equal(answer.status, 0);
    assert_non_null(strstr(answer.text, kid));
    write_bytes("none.yaml", none, strlen(none));
    answer = ask("list --config none.yaml");
    assert_int_equal(answer.status, 1);
    assert_non_null(strstr(answer.text, "none.yaml: expected `credentials.trust`"));
    write_bytes("broken.yaml", broken, strlen(broken));
    answer = ask("list --config broken.yaml");
    assert_int_equal(answer.status, 1);
    assert_non_null(strstr(answer.text, "broken.yaml:"));
    answer = ask("list");
    assert_int_equal(answer.status, 2);
}

/* More faults than anybody reads are counted. */
static void test_many_faults_are_counted(void **state)
{
    (void)state;
    static char text[TEXT_MAX];
    char der[4096];
    base64(p256.certificate, p256.certificate_length, der);
    int used = snprintf(text, sizeof text, "{\"certificates\":[");
    for (int i = 0; i < 25; i++) {
        used += snprintf(text + used, sizeof text - (size_t)used, "{},");
    }
    used += snprintf(text + used, sizeof text - (size_t)used, "{\"rawData\":\"%s\"}]}", der);
    write_bytes("many.json", text, (size_t)used);
    struct answer answer = ask("import many.json --to site");
    assert_int_equal(answer.status, 0);
    assert_non_null(strstr(answer.text, "many.json: entry 20 skipped: expected rawData"));
    assert_null(strstr(answer.text, "entry 21"));
    assert_non_null(strstr(answer.text, "and 5 more were skipped"));
    assert_non_null(strstr(answer.text, "1 key, current on "));
    assert_non_null(strstr(answer.text, "25 skipped"));
    /* A list that was damaged is in nobody's way. */
    write_bytes("site/trust-list.json", "{", 1);
    assert_int_equal(ask("list site").status, 1);
    answer = ask("add many.json --to site/trust-list.json");
    assert_int_equal(answer.status, 1);
    answer = ask("import many.json --to site");
    assert_int_equal(answer.status, 0);
    assert_non_null(strstr(answer.text, "it is replaced"));
    assert_int_equal(ask("list site").status, 0);
}

static int make_keys(void **state)
{
    (void)state;
    bool made = issuing_make("P-256", ISSUING_OID_TEST "," ISSUING_OID_VACCINATION, &p256) &&
                issuing_make("RSA-2048", NULL, &rsa) && issuing_make("P-384", NULL, &p384) &&
                issuing_make("P-256", NULL, &backend);
    return made ? 0 : -1;
}

static int free_keys(void **state)
{
    (void)state;
    issuing_free(&p256);
    issuing_free(&rsa);
    issuing_free(&p384);
    issuing_free(&backend);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_list_shows_each, setup, teardown),
        cmocka_unit_test_setup_teardown(test_add_to_a_folder, setup, teardown),
        cmocka_unit_test_setup_teardown(test_import_of_a_signed_list, setup, teardown),
        cmocka_unit_test_setup_teardown(test_import_replaces_and_does_not_go_back, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_list_that_cannot_be_written, setup, teardown),
        cmocka_unit_test_setup_teardown(test_list_of_a_site, setup, teardown),
        cmocka_unit_test_setup_teardown(test_many_faults_are_counted, setup, teardown),
    };
    return cmocka_run_group_tests(tests, make_keys, free_keys);
}
