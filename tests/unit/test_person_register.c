/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The register of persons: what is read, what is refused where, who is found and who is
 * not.
 */
#include "core/host/register.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static const struct pseudonym_key key = {{1, 2, 3}};
static char why[256];

static chl_err read_text(const char *text, struct person_register **out)
{
    FILE *file = fmemopen((void *)(uintptr_t)text, strlen(text), "r");
    assert_non_null(file);
    chl_err error = register_read(&key, "f0.csv", file, out, why, sizeof why);
    (void)fclose(file);
    return error;
}

static struct person_register *good(const char *text)
{
    struct person_register *persons = NULL;
    if (read_text(text, &persons) != CHL_OK) {
        fail_msg("%s", why);
    }
    return persons;
}

static const char rows[] = "\xEF\xBB\xBF"
                           "birth,document,name\r\n"
                           "03/02/1990,001093029317,\"Nguyễn Văn Hòa\"\r\n"
                           "1985,,Trần Thị Bưởi\r\n"
                           "\r\n"
                           ",B1234567,Lê Sáu\r\n"
                           "1970,C7654321,Phạm Thị Tư\r\n"
                           "1960-01-02,012345678,\r\n";

static register_answer look(const struct person_register *persons, uint8_t kind,
                            const char *document, const char *name, const char *birth)
{
    struct identity who = {0};
    if (document != NULL) {
        assert_int_equal(identity_add_number(&who, &key, kind, document), CHL_OK);
    }
    if (name != NULL) {
        assert_int_equal(identity_set_name(&who, &key, name, birth), CHL_OK);
    }
    return register_look(persons, &who);
}

static void test_numbers_match_and_names_only_may(void **state)
{
    (void)state;
    struct person_register *persons = good(rows);
    assert_int_equal(register_count(persons), 5);
    assert_int_equal(look(persons, CHL_DOCUMENT_CCCD, "001093029317", NULL, NULL),
                     REGISTER_SAYS_MATCH);
    /* The number counts, whatever name is beside it. */
    assert_int_equal(look(persons, CHL_DOCUMENT_OTHER, "012 345 678", "Ai Đó", "2000"),
                     REGISTER_SAYS_MATCH);
    assert_int_equal(look(persons, 0, NULL, "NGUYEN VAN HOA", "1990"), REGISTER_SAYS_POSSIBLE);
    assert_int_equal(look(persons, 0, NULL, "NGUYEN VAN HOA", "1990-02-04"), REGISTER_SAYS_NOTHING);
    assert_int_equal(look(persons, 0, NULL, "Trần Thị Bưởi", "1985-07-08"), REGISTER_SAYS_POSSIBLE);
    assert_int_equal(look(persons, 0, NULL, "Lê Sáu", "1990"), REGISTER_SAYS_NOTHING);
    assert_int_equal(look(persons, CHL_DOCUMENT_CCCD, "001093029318", NULL, NULL),
                     REGISTER_SAYS_NOTHING);
    register_free(persons);
}

/* What the staff would find out by comparing. */
static void test_other_citizen_number_is_another_person(void **state)
{
    (void)state;
    struct person_register *persons = good(rows);
    assert_int_equal(look(persons, CHL_DOCUMENT_CCCD, "001093029318", "Nguyễn Văn Hòa", "1990"),
                     REGISTER_SAYS_NOTHING);
    /* Numbers of other kinds tell nothing of that one. */
    assert_int_equal(look(persons, CHL_DOCUMENT_CMND, "123456789", "Nguyễn Văn Hòa", "1990"),
                     REGISTER_SAYS_POSSIBLE);
    /* A passport is renewed under a new number. */
    assert_int_equal(look(persons, CHL_DOCUMENT_PASSPORT, "C9999999", "Phạm Thị Tư", "1970"),
                     REGISTER_SAYS_POSSIBLE);
    assert_int_equal(look(persons, CHL_DOCUMENT_CCCD, "001085000001", "Trần Thị Bưởi", "1985"),
                     REGISTER_SAYS_POSSIBLE);
    register_free(persons);
}

static void test_content_names_nobody_and_has_no_order(void **state)
{
    (void)state;
    struct person_register *one = good("document,name,birth\n001093029317,Nguyễn Văn Hòa,1990\n"
                                       ",Trần Thị Bưởi,1985\n");
    struct person_register *other = good("ho_ten,ngay_sinh,so_giay_to\nTRẦN THỊ BƯỞI,1985,\n"
                                         "Nguyễn Văn Hoà,1990,001 093 029 317\n"
                                         "TRẦN  THỊ BƯỞI,1985,\n");
    size_t length = 0;
    size_t other_length = 0;
    const void *content = register_content(one, &length);
    assert_int_equal(register_count(other), 2);
    assert_memory_equal(content, register_content(other, &other_length), length);
    assert_int_equal(length, other_length);
    assert_null(memmem(content, length, "Nguy", 4));
    assert_null(memmem(content, length, "0010930", 7));
    register_free(one);
    register_free(other);
}

static void test_empty_register_finds_nobody(void **state)
{
    (void)state;
    struct person_register *persons = good("document,name,birth\n");
    assert_int_equal(register_count(persons), 0);
    assert_int_equal(look(persons, CHL_DOCUMENT_CCCD, "001093029317", "A B", "1990"),
                     REGISTER_SAYS_NOTHING);
    register_free(persons);
}

static void test_mistakes_are_named_by_line_and_never_repeated(void **state)
{
    (void)state;
    static const struct {
        const char *text, *at, *expected;
    } mistakes[] = {
        {"", "f0.csv:1:", "columns"},
        {"BiMat,001093029317,1990\n", "f0.csv:1:", "another title in column 1"},
        {"document,name\n", "f0.csv:1:", "fewer"},
        {"document,name,name\n", "f0.csv:1:", "again"},
        {"document,name,birth\n001093029317,BiMat\n", "f0.csv:2:", "three columns"},
        {"document,name,birth\n001093029317,BiMat,1990,x\n", "f0.csv:2:", "three columns"},
        {"document,name,birth\n,BiMat,\n", "f0.csv:2:", "a document number, or a name with"},
        {"document,name,birth\n\n,,1990\n", "f0.csv:3:", "a document number, or a name with"},
        {"document,name,birth\n******029317,BiMat,1990\n", "f0.csv:2:", "document number"},
        {"document,name,birth\n001093029317,BiMat,31/02/1990\n", "f0.csv:2:", "birth date"},
        {"document,name,birth\n001093029317,BiMat,BiMat\n", "f0.csv:2:", "birth date"},
        {"document,name,birth\n001093029317,BiMat,**/**/****\n", "f0.csv:2:", "birth date"},
        {"document,name,birth\n001093029317,BiMat\xff,1990\n", "f0.csv:2:", "UTF-8"},
        {"document,name,birth\n001093029317,--,1990\n", "f0.csv:2:", "name of letters"},
        {"document,name,birth\n001093029317,\"BiMat\"x,1990\n", "f0.csv:2:", "CSV"},
        {"document,name,birth\n001093029317,\"BiMat,1990\n", "f0.csv:2:", "CSV"},
    };
    for (size_t i = 0; i < sizeof mistakes / sizeof *mistakes; i++) {
        struct person_register *persons = NULL;
        const char *text = mistakes[i].text;
        FILE *file = text[0] != '\0' ? fmemopen((void *)(uintptr_t)text, strlen(text), "r")
                                     : fopen("/dev/null", "re");
        assert_non_null(file);
        assert_int_equal(register_read(&key, "f0.csv", file, &persons, why, sizeof why),
                         CHL_E_CORRUPT);
        (void)fclose(file);
        assert_null(persons);
        if (strncmp(why, mistakes[i].at, strlen(mistakes[i].at)) != 0 ||
            strstr(why, mistakes[i].expected) == NULL) {
            fail_msg("%zu: %s", i, why);
        }
        assert_null(strstr(why, "BiMat"));
        assert_null(strstr(why, "029317"));
    }
}

static void test_size_is_bounded(void **state)
{
    (void)state;
    enum { ROW = 24 };
    size_t room = (size_t)(REGISTER_ROWS_MAX + 2) * ROW + 64;
    char *text = malloc(room);
    assert_non_null(text);
    size_t used = (size_t)snprintf(text, room, "document,name,birth\n");
    for (int i = 0; i < REGISTER_ROWS_MAX + 1; i++) {
        used += (size_t)snprintf(text + used, room - used, "%012d,,1990\n", i + 1);
    }
    struct person_register *persons = NULL;
    assert_int_equal(read_text(text, &persons), CHL_E_LIMIT);
    assert_non_null(strstr(why, "f0.csv:100002:"));
    /* One less is read, and everybody in it is found. */
    text[used - 19] = '\0';
    persons = good(text);
    assert_int_equal(register_count(persons), REGISTER_ROWS_MAX);
    for (int i = 1; i <= REGISTER_ROWS_MAX; i += 997) {
        char document[16];
        (void)snprintf(document, sizeof document, "%012d", i);
        assert_int_equal(look(persons, CHL_DOCUMENT_CCCD, document, NULL, NULL),
                         REGISTER_SAYS_MATCH);
    }
    register_free(persons);
    free(text);
}

static void test_only_regular_files_are_read(void **state)
{
    (void)state;
    struct person_register *persons = NULL;
    assert_int_equal(register_open(&key, "/nonexistent/f0.csv", &persons, why, sizeof why),
                     CHL_E_IO);
    assert_non_null(strstr(why, "/nonexistent/f0.csv: expected"));
    assert_int_equal(register_open(&key, "/tmp", &persons, why, sizeof why), CHL_E_IO);
    assert_non_null(strstr(why, "regular file"));
    char path[] = "/tmp/chilang-register-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, rows, sizeof rows - 1), sizeof rows - 1);
    assert_int_equal(register_open(&key, path, &persons, why, sizeof why), CHL_OK);
    assert_int_equal(register_count(persons), 5);
    register_free(persons);
    assert_int_equal(ftruncate(fd, REGISTER_FILE_MAX + 1), 0);
    assert_int_equal(register_open(&key, path, &persons, why, sizeof why), CHL_E_IO);
    assert_null(persons);
    (void)close(fd);
    assert_int_equal(unlink(path), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers_match_and_names_only_may),
        cmocka_unit_test(test_other_citizen_number_is_another_person),
        cmocka_unit_test(test_content_names_nobody_and_has_no_order),
        cmocka_unit_test(test_empty_register_finds_nobody),
        cmocka_unit_test(test_mistakes_are_named_by_line_and_never_repeated),
        cmocka_unit_test(test_size_is_bounded),
        cmocka_unit_test(test_only_regular_files_are_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
