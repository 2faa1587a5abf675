/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Declarations that were taken back: the list, its file, and what the verifier makes of it.
 */
#include "declaration_verifier.h"

#include "lib/base/text.h"
#include "lib/base/time.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static char why[512];
static char folder[64];
static char list_path[96];

static chl_err parse(const char *text, struct chl_revoked **out)
{
    *out = NULL;
    why[0] = '\0';
    return chl_revoked_parse("list", text, strlen(text), out, why, sizeof why);
}

static bool has(const struct chl_revoked *list, chl_revoked_kind kind, const char *hex)
{
    uint8_t bytes[CHL_REVOKED_ID_MAX];
    size_t length = strlen(hex) / 2;
    assert_int_equal(chl_unhex(hex, strlen(hex), bytes, length), CHL_OK);
    return chl_revoked_has(list, kind, (struct chl_bytes){bytes, length});
}

static void test_a_list_finds_what_it_holds(void **state)
{
    (void)state;
    struct chl_revoked *list = NULL;
    assert_int_equal(parse("# a list\n\nid 00112233445566778899aabb 2022-02-01T00:00:00Z lost\n"
                           "id  ffffffffffffffff\r\n  \nkey 0123456789abcdef # taken\n"
                           "id 00112233445566778899AABBCCDDEEFF",
                           &list),
                     CHL_OK);
    assert_int_equal(chl_revoked_count(list), 4);
    assert_true(has(list, CHL_REVOKED_ID, "00112233445566778899aabb"));
    assert_true(has(list, CHL_REVOKED_ID, "ffffffffffffffff"));
    assert_true(has(list, CHL_REVOKED_ID, "00112233445566778899aabbccddeeff"));
    assert_true(has(list, CHL_REVOKED_KEY, "0123456789abcdef"));
    assert_false(has(list, CHL_REVOKED_ID, "0123456789abcdef"));
    assert_false(has(list, CHL_REVOKED_KEY, "ffffffffffffffff"));
    assert_false(has(list, CHL_REVOKED_ID, "00112233445566778899aa"));
    chl_revoked_free(list);
    assert_int_equal(parse("", &list), CHL_OK);
    assert_int_equal(chl_revoked_count(list), 0);
    assert_false(has(list, CHL_REVOKED_ID, "ffffffffffffffff"));
    chl_revoked_free(list);
    assert_false(has(NULL, CHL_REVOKED_ID, "ffffffffffffffff"));
}

static void test_a_bad_line_is_told(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "id",
        "id ",
        "id 12",
        "id 0011223344556677zz",
        "id 001122334455667",
        "key 00112233445566778899",
        "code 0011223344556677",
        "id 00112233445566778899aabbccddeeff00",
        "0011223344556677",
        "idd 0011223344556677",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char text[128];
        struct chl_revoked *list = NULL;
        (void)snprintf(text, sizeof text, "# one\nid 0011223344556677\n%s\n", bad[i]);
        assert_int_equal(parse(text, &list), CHL_E_CONFIG);
        assert_null(list);
        assert_non_null(strstr(why, "list:3: expected"));
    }
    struct chl_revoked *list = NULL;
    assert_int_equal(chl_revoked_parse("list", "id \0", 4, &list, why, sizeof why), CHL_E_CONFIG);
}

static void test_a_list_is_bounded(void **state)
{
    (void)state;
    enum { LINE = sizeof "id 0000000000000000" };
    size_t room = (size_t)(CHL_REVOKED_MAX + 1) * LINE + 1;
    char *text = malloc(room);
    assert_non_null(text);
    size_t length = 0;
    for (unsigned i = 0; i <= CHL_REVOKED_MAX; i++) {
        length += (size_t)snprintf(text + length, room - length, "id %016x\n", i * 2654435761U);
    }
    struct chl_revoked *list = NULL;
    assert_int_equal(chl_revoked_parse("list", text, length, &list, why, sizeof why), CHL_E_LIMIT);
    assert_non_null(strstr(why, "list:100001: expected at most 100000"));
    assert_int_equal(chl_revoked_parse("list", text, length - LINE, &list, why, sizeof why),
                     CHL_OK);
    assert_int_equal(chl_revoked_count(list), CHL_REVOKED_MAX);
    assert_true(has(list, CHL_REVOKED_ID, "0000000000000000"));
    assert_true(has(list, CHL_REVOKED_ID, "000000009e3779b1"));
    assert_false(has(list, CHL_REVOKED_ID, "000000009e3779b2"));
    chl_revoked_free(list);
    free(text);
}

static int make_folder(void **state)
{
    (void)state;
    (void)snprintf(folder, sizeof folder, "/tmp/chl-revoked-XXXXXX");
    if (mkdtemp(folder) == NULL) {
        return -1;
    }
    (void)snprintf(list_path, sizeof list_path, "%s/revoked", folder);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    (void)unlink(list_path);
    return rmdir(folder); /* nothing else may lie in it */
}

static chl_err append(const char *hex, const char *note)
{
    why[0] = '\0';
    return chl_revoked_append(list_path, CHL_REVOKED_ID, hex, note, NOW_NS, why, sizeof why);
}

static void test_lines_are_added(void **state)
{
    (void)state;
    struct chl_revoked *list = NULL;
    struct stat about;
    assert_int_equal(append("0011223344556677", "mất thẻ"), CHL_OK);
    assert_int_equal(chmod(list_path, 0640), 0);
    assert_int_equal(append("8899aabbccddeeff", NULL), CHL_OK);
    assert_int_equal(stat(list_path, &about), 0);
    assert_int_equal(about.st_mode & 0777, 0640);
    assert_int_equal(append("0011223344556677", NULL), CHL_E_STATE);
    assert_int_equal(append("00112233", NULL), CHL_E_INVAL);
    assert_int_equal(append("0011223344556677\n", NULL), CHL_E_INVAL);
    assert_int_equal(append("ffeeddccbbaa9988", "two\nlines"), CHL_E_INVAL);
    assert_int_equal(chl_revoked_load(list_path, &list, why, sizeof why), CHL_OK);
    assert_int_equal(chl_revoked_count(list), 2);
    chl_revoked_free(list);
    /* A last line without its end, as an editor leaves it, is not joined with the new one. */
    FILE *file = fopen(list_path, "w");
    assert_non_null(file);
    assert_true(fputs("id 0011223344556677", file) >= 0);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(append("8899aabbccddeeff", NULL), CHL_OK);
    assert_int_equal(chl_revoked_load(list_path, &list, why, sizeof why), CHL_OK);
    assert_int_equal(chl_revoked_count(list), 2);
    chl_revoked_free(list);
    /* A list that cannot be read is not written over. */
    file = fopen(list_path, "w");
    assert_non_null(file);
    assert_true(fputs("something else\n", file) >= 0);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(append("8899aabbccddeeff", NULL), CHL_E_CONFIG);
    assert_int_equal(stat(list_path, &about), 0);
    assert_int_equal(about.st_size, strlen("something else\n"));
}

static void test_writers_wait_for_each_other(void **state)
{
    (void)state;
    enum { WRITERS = 4, EACH = 10 };
    for (int w = 0; w < WRITERS; w++) {
        pid_t pid = fork();
        assert_true(pid >= 0);
        if (pid == 0) {
            int bad = 0;
            for (int i = 0; i < EACH; i++) {
                char hex[32];
                (void)snprintf(hex, sizeof hex, "%016x", (unsigned)(w * EACH + i));
                bad += append(hex, NULL) != CHL_OK ? 1 : 0;
            }
            _exit(bad);
        }
    }
    for (int w = 0; w < WRITERS; w++) {
        int status = -1;
        assert_true(wait(&status) > 0);
        assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    }
    struct chl_revoked *list = NULL;
    assert_int_equal(chl_revoked_load(list_path, &list, why, sizeof why), CHL_OK);
    assert_int_equal(chl_revoked_count(list), WRITERS * EACH);
    chl_revoked_free(list);
}

static void inspect_with(const char *code, const char *list_text, int64_t now_ns)
{
    struct chl_revoked *list = NULL;
    struct chl_declaration_rules strict = rules;
    assert_int_equal(parse(list_text, &list), CHL_OK);
    strict.revoked = list;
    seen = (struct chl_inspection){.size = (uint32_t)sizeof seen};
    scratch.used = 0;
    chl_declaration_inspect(trust, &strict, &scratch, (const uint8_t *)code, strlen(code), now_ns,
                            &seen);
    chl_revoked_free(list);
}

static void test_what_was_taken_back_is_refused(void **state)
{
    (void)state;
    char code[CHL_ISSUE_CODE_MAX];
    char text[128];
    char kid[2 * CHL_KID_SIZE + 1];
    struct chl_declaration made;
    test_fill_minimal(&made);
    issue(&issuer, &made, code);
    (void)snprintf(text, sizeof text, "id %s\n", made.claims.id);
    inspect_with(code, text, NOW_NS);
    assert_refused(CHL_STAGE_ISSUER, "revoked");
    assert_true(seen.is_signed);
    /* Also once it has expired: to declare again is what helps, and this says more. */
    inspect_with(code, text, NOW_NS + 100 * 86400 * CHL_NS_PER_S);
    assert_refused(CHL_STAGE_ISSUER, "revoked");
    chl_hex(chl_issuer_kid(issuer.issuer), CHL_KID_SIZE, kid);
    (void)snprintf(text, sizeof text, "key %s\n", kid);
    inspect_with(code, text, NOW_NS);
    assert_refused(CHL_STAGE_ISSUER, "revoked");
    inspect_with(code, "id 00112233445566778899aabb\nkey 0011223344556677\n", NOW_NS);
    assert_int_equal(seen.outcome, CHL_CLAIMED);
    /* What a stranger signed is not believed enough to be called revoked. */
    issue(&stranger, &made, code);
    (void)snprintf(text, sizeof text, "id %s\n", made.claims.id);
    inspect_with(code, text, NOW_NS);
    assert_refused(CHL_STAGE_ISSUER, "issuer_unknown");
    assert_false(seen.is_signed);
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_list_finds_what_it_holds),
        cmocka_unit_test(test_a_bad_line_is_told),
        cmocka_unit_test(test_a_list_is_bounded),
        IN_FOLDER(test_lines_are_added),
        IN_FOLDER(test_writers_wait_for_each_other),
        cmocka_unit_test(test_what_was_taken_back_is_refused),
    };
    return cmocka_run_group_tests(tests, make_keys, free_keys);
}
