/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Key files: what is written is read back, what is dangerous or wrong is refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/stream/certificate.h"

#define KEY_A "Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID"
#define KEY_B "D:)Q[IlAW!ahhC2ac:9*A}h:p?([4%wOTJ%JR%cs"

static char folder[64];

static int set_up(void **state)
{
    (void)state;
    (void)snprintf(folder, sizeof folder, "/tmp/chl-certificate-XXXXXX");
    return mkdtemp(folder) == NULL ? -1 : 0;
}

static int tear_down(void **state)
{
    (void)state;
    static const char *const names[] = {"a.key", "a.pub", "b.pub"};
    char path[96];
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        (void)snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        (void)unlink(path);
    }
    return rmdir(folder);
}

static void path_of(const char *name, char path[96])
{
    (void)snprintf(path, 96, "%s/%s", folder, name);
}

static void test_pair_is_written_and_read_back(void **state)
{
    (void)state;
    char path[96];
    char why[256];
    struct stat status;
    struct chl_certificate read;
    const struct chl_certificate key = {.name = "monitor",
                                        .classes =
                                            (1u << CHL_CLASS_FLOW) | (1u << CHL_CLASS_HEALTH),
                                        .public_key = KEY_A,
                                        .secret_key = KEY_B};
    path_of("a.key", path);
    assert_int_equal(chl_certificate_write(path, true, &key, why, sizeof why), CHL_OK);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    assert_int_equal(chl_certificate_read(path, true, &read, why, sizeof why), CHL_OK);
    assert_string_equal(read.secret_key, KEY_B);
    assert_string_equal(read.public_key, KEY_A);
    assert_string_equal(read.name, "monitor");
    assert_int_equal(read.classes, key.classes);
    assert_int_equal(chl_certificate_write(path, true, &key, why, sizeof why), CHL_E_STATE);
    assert_int_equal(chmod(path, 0640), 0);
    assert_int_equal(chl_certificate_read(path, true, &read, why, sizeof why), CHL_E_DENIED);
    assert_non_null(strstr(why, "0640"));
    assert_string_equal(read.secret_key, "");
    path_of("a.pub", path);
    assert_int_equal(chl_certificate_write(path, false, &key, why, sizeof why), CHL_OK);
    assert_int_equal(chl_certificate_read(path, false, &read, why, sizeof why), CHL_OK);
    assert_string_equal(read.secret_key, "");
    assert_int_equal(chl_certificate_read(path, true, &read, why, sizeof why), CHL_E_DENIED);
}

static const struct {
    const char *text;
    chl_err expected;
} files[] = {
    {"curve\n    public-key = \"" KEY_A "\"\n", CHL_OK},
    {"# c\r\nmetadata\r\n    name = \"x\"\r\n    other = \"=\"\r\ncurve\r\n\tpublic-key=\"" KEY_A
     "\"\r\n",
     CHL_OK},
    {"metadata\n  valid-until = \"2022-03-01\"\ncurve\n  public-key = \"" KEY_A "\"", CHL_OK},
    {"", CHL_E_CORRUPT},
    {"curve\n    public-key = \"short\"\n", CHL_E_CORRUPT},
    {"curve\n    public-key = \"" KEY_A "\n", CHL_E_CORRUPT},
    {"curve\n    public-key = " KEY_A "\n", CHL_E_CORRUPT},
    {"curve\n    public-key = \"" KEY_A "\" more\n", CHL_E_CORRUPT},
    {"curve\n    public-key = \"" KEY_A "\"\n    public-key = \"" KEY_B "\"\n", CHL_E_CORRUPT},
    {"metadata\n    classes = \"flow,nonsense\"\ncurve\n    public-key = \"" KEY_A "\"\n",
     CHL_E_CORRUPT},
    {"metadata\n    classes = \"\"\ncurve\n    public-key = \"" KEY_A "\"\n", CHL_E_CORRUPT},
    {"metadata\n    valid-until = \"soon\"\ncurve\n    public-key = \"" KEY_A "\"\n",
     CHL_E_CORRUPT},
    {"a section with a name that is far too long to be one\n", CHL_E_CORRUPT},
};

static void test_foreign_files(void **state)
{
    (void)state;
    char path[96];
    char why[256];
    struct chl_certificate read;
    path_of("b.pub", path);
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        FILE *file = fopen(path, "w");
        assert_non_null(file);
        (void)fputs(files[i].text, file);
        (void)fclose(file);
        if (chl_certificate_read(path, false, &read, why, sizeof why) != files[i].expected) {
            fail_msg("unexpected result of: %s", files[i].text);
        }
    }
    assert_int_equal(chl_certificate_read("/nonexistent/x.pub", false, &read, why, sizeof why),
                     CHL_E_NOTFOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_pair_is_written_and_read_back, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_foreign_files, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
