/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief A folder with an issuer's key, and runs of the tool in it.
 */
#ifndef TEST_DECLARE_WORLD_H
#define TEST_DECLARE_WORLD_H

enum { OUTPUT_MAX = 64 * 1024, ARGUMENTS_MAX = 48 };

/** The folder of this test; `keys/issuer.key.pem` and `keys/issuer.pub.pem` lie in it. */
extern char folder[64];
/** What the last run wrote. */
extern char output[OUTPUT_MAX];

/** A path in the folder; one of a few static buffers. */
char *in_folder(const char *name);
void write_text(const char *path, const char *text);
/** Run `chilang` with arguments (NULL-ended), standard input from a file. Standard output and error
 *  are put into `output`. @return the exit code. */
int run_from(const char *input, const char *const *arguments);

#define RUN(...)             run_from("/dev/null", (const char *const[]){__VA_ARGS__, NULL})
#define RUN_FROM(input, ...) run_from(input, (const char *const[]){__VA_ARGS__, NULL})
#define assert_says(text)    assert_non_null(strstr(output, text))

/** Setup and teardown of a test. */
int set_up(void **state);
int tear_down(void **state);
#define DECLARE_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

#endif
