/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Every bad plugin is refused with file, expected and got, and none of its code runs.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/pluginhost/initializers.h"
#include "lib/pluginhost/pluginhost.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

#define PLUGINS CHL_BINARY_DIR "/tests/plugins"

struct refusal {
    const char *name;
    chl_err error;
    const char *expected, *got;
};

static const struct refusal refusals[] = {
    {"bad_no_symbol", CHL_E_ABI, "expected the symbol `chl_plugin`", "got none"},
    {"bad_function", CHL_E_ABI, "to be a data symbol", "got a function"},
    {"bad_major", CHL_E_ABI, "expected plugin ABI 1.x", "got 2.0"},
    {"bad_short", CHL_E_ABI, "expected a descriptor of at least 64 bytes", "got 56"},
    {"bad_lying_size", CHL_E_ABI, "expected a descriptor of at least 64", "in a symbol of 8"},
    {"bad_tiny", CHL_E_ABI, "expected `chl_plugin` of at least 64 bytes", "got 4"},
    {"bad_no_ops", CHL_E_ABI, "expected a table of operations", "got none"},
    {"bad_short_ops", CHL_E_ABI, "expected a table of operations of at least 72", "got 56"},
    {"bad_no_create", CHL_E_ABI, "expected operation `create`", "got none"},
    {"bad_no_inspect", CHL_E_ABI, "expected operation `inspect`", "got none"},
    {"bad_no_submit", CHL_E_ABI, "expected operation `submit`", "got none"},
    {"bad_kind", CHL_E_ABI, "expected kind 1 (scan)", "got 99"},
    {"bad_name", CHL_E_ABI, "expected a name of a-z", "got"},
    {"bad_option_1", CHL_E_ABI, "option `number`: expected a type", "got 42"},
    {"bad_option_2", CHL_E_ABI, "inside the config struct of 8 bytes", "got offset 8"},
    {"bad_option_3", CHL_E_ABI, "option `number`: expected once", "got twice"},
    {"bad_option_4", CHL_E_ABI, "expected a list of choices", "got none"},
    {"bad_option_5", CHL_E_ABI, "expected min <= max", "got 9 > 3"},
    {"bad_option_6", CHL_E_ABI, "option 1: expected a name", "got another"},
    {"bad_option_7", CHL_E_ABI, "expected an offset aligned to 4", "got 3"},
    {"bad_unresolved", CHL_E_ABI, "expected a loadable plugin", "nobody_defines_this"},
    {"no_such_plugin", CHL_E_NOTFOUND, "expected it in " PLUGINS, "got no such file"},
};

static void test_bad_plugins_are_refused_with_file_expected_got(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
        const struct refusal *refusal = &refusals[i];
        struct chl_plugin_handle *handle = NULL;
        char why[CHL_PLUGIN_WHY_MAX] = "";
        chl_err error = chl_plugin_load(PLUGINS, refusal->name, &handle, why, sizeof why);
        if (error != refusal->error || handle != NULL || strstr(why, refusal->name) == NULL ||
            strstr(why, refusal->expected) == NULL || strstr(why, refusal->got) == NULL) {
            fail_msg("%s: expected error %d with \"%s\" and \"%s\", got %d with \"%s\"",
                     refusal->name, refusal->error, refusal->expected, refusal->got, error, why);
        }
    }
}

static void test_code_that_would_run_while_loading_is_refused_unrun(void **state)
{
    (void)state;
    static const char *const names[] = {"bad_constructor", "bad_init"};
    static const char *const got[] = {"got 1 constructor", "got an init function of its own"};
    if (SANITIZED) {
        skip(); /* a sanitizer puts constructors of its own into every object */
    }
    assert_int_equal(unsetenv("CHL_FIXTURE_RAN"), 0);
    for (size_t i = 0; i < 2; i++) {
        struct chl_plugin_handle *handle = NULL;
        char why[CHL_PLUGIN_WHY_MAX] = "";
        chl_err error = chl_plugin_load(PLUGINS, names[i], &handle, why, sizeof why);
        assert_int_equal(error, CHL_E_ABI);
        assert_null(handle);
        assert_non_null(strstr(why, names[i]));
        assert_non_null(strstr(why, got[i]));
        assert_null(getenv("CHL_FIXTURE_RAN"));
    }
}

static void test_what_is_no_shared_object_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *file, *got;
    } files[] = {
        {PLUGINS "/bad_text.so", "got not an ELF file"},
        {CHL_SOURCE_DIR "/LICENSE", "got not an ELF file"},
    };
    char why[CHL_PLUGIN_WHY_MAX] = "";
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        assert_int_equal(chl_initializers_check(files[i].file, why, sizeof why), CHL_E_ABI);
        assert_non_null(strstr(why, files[i].file));
        assert_non_null(strstr(why, files[i].got));
    }
    assert_int_equal(chl_initializers_check(PLUGINS "/absent.so", why, sizeof why), CHL_E_IO);
}

/* Cut off anywhere, or with any byte of its head changed, a file is judged and never crashes us. */
static void test_damaged_objects_are_judged_without_a_crash(void **state)
{
    (void)state;
    static uint8_t bytes[256 * 1024];
    FILE *in = fopen(PLUGINS "/fixture_gate.so", "rb");
    assert_non_null(in);
    size_t length = fread(bytes, 1, sizeof bytes, in);
    assert_int_equal(fclose(in), 0);
    assert_true(length > 1024);
    char path[] = "/tmp/chilang-elf-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    FILE *out = fdopen(fd, "wb");
    assert_non_null(out);
    char why[CHL_PLUGIN_WHY_MAX];
    unsigned refused = 0;
    for (size_t i = 0; i < 1024; i++) {
        uint8_t kept = bytes[i];
        bytes[i] ^= 0xFF;
        rewind(out);
        size_t size = i % 2 == 0 ? 1024 + i : length;
        assert_int_equal(fwrite(bytes, 1, size, out), size);
        assert_int_equal(fflush(out), 0);
        assert_int_equal(ftruncate(fd, (long)size), 0);
        refused += chl_initializers_check(path, why, sizeof why) != CHL_OK ? 1U : 0U;
        bytes[i] = kept;
    }
    assert_int_equal(fclose(out), 0);
    assert_int_equal(remove(path), 0);
    assert_true(refused > 100);
}

static void test_good_plugins_load_and_say_what_they_are(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        uint32_t kind;
    } good[] = {{"fixture_scan", CHL_KIND_SCAN},
                {"fixture_credential", CHL_KIND_CREDENTIAL},
                {"fixture_1_0", CHL_KIND_CREDENTIAL},
                {"fixture_gate", CHL_KIND_GATE},
                {"fixture_service", CHL_KIND_SERVICE}};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        struct chl_plugin_handle *handle = NULL;
        char why[CHL_PLUGIN_WHY_MAX] = "";
        chl_err error = chl_plugin_load(PLUGINS, good[i].name, &handle, why, sizeof why);
        if (error != CHL_OK) {
            fail_msg("%s", why);
        }
        assert_int_equal(chl_plugin_of(handle)->kind, good[i].kind);
        assert_string_equal(strrchr(chl_plugin_file(handle), '/') + 1 + strlen(good[i].name),
                            ".so");
        chl_plugin_unload(handle);
    }
}

static void test_names_that_would_leave_the_folder_are_refused(void **state)
{
    (void)state;
    static const char *const names[] = {"",    "../x", "a/b",      "Upper", "a.so",
                                        "1st", "a b",  "\xc4\x91", NULL};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct chl_plugin_handle *handle = NULL;
        char why[CHL_PLUGIN_WHY_MAX] = "";
        assert_int_equal(chl_plugin_load(PLUGINS, names[i], &handle, why, sizeof why), CHL_E_INVAL);
        assert_null(handle);
        assert_non_null(strstr(why, "expected a plugin name"));
    }
}

static void test_find_lists_by_prefix_and_counts_beyond_the_room(void **state)
{
    (void)state;
    char names[2][CHL_PLUGIN_NAME_MAX];
    size_t count = 2;
    assert_int_equal(chl_plugin_find(PLUGINS, "fixture_", names, &count), CHL_OK);
    assert_int_equal(count, 5);
    count = 2;
    assert_int_equal(chl_plugin_find(PLUGINS, "fixture_s", names, &count), CHL_OK);
    assert_int_equal(count, 2);
    assert_string_equal(names[0], "fixture_scan");
    assert_string_equal(names[1], "fixture_service");
    count = 2;
    assert_int_equal(chl_plugin_find("/nonexistent", "", names, &count), CHL_OK);
    assert_int_equal(count, 0);
}

static void test_environment_names_more_folders(void **state)
{
    (void)state;
    struct chl_plugin_handle *handle = NULL;
    char why[CHL_PLUGIN_WHY_MAX] = "";
    assert_int_equal(chl_plugin_load(NULL, "fixture_gate", &handle, why, sizeof why),
                     CHL_E_NOTFOUND);
    assert_int_equal(setenv(CHL_PLUGIN_PATH_ENV, "/nonexistent::" PLUGINS, 1), 0);
    assert_int_equal(chl_plugin_load(NULL, "fixture_gate", &handle, why, sizeof why), CHL_OK);
    chl_plugin_unload(handle);
    assert_int_equal(unsetenv(CHL_PLUGIN_PATH_ENV), 0);
}

/* The config struct of fixture_credential. */
struct credential_config {
    struct chl_list trust;
    const char *needs;
};

static void test_configure_fills_the_struct_from_yaml(void **state)
{
    (void)state;
    static const char text[] = "reader:\n  use: fixture_credential\n  trust: [a.pem, b.pem]\n";
    static const char *const also[] = {"use", NULL};
    struct chl_plugin_handle *handle = NULL;
    struct chl_yaml *yaml = NULL;
    struct chl_yaml_error error;
    char why[CHL_PLUGIN_WHY_MAX] = "";
    void *config = NULL;
    assert_int_equal(chl_plugin_load(PLUGINS, "fixture_credential", &handle, why, sizeof why), 0);
    assert_int_equal(chl_yaml_parse("site.yaml", text, sizeof text - 1, &yaml, &error), CHL_OK);
    struct chl_yaml_node mapping = chl_yaml_get(yaml, chl_yaml_root(yaml), "reader");
    assert_int_equal(chl_plugin_configure(handle, yaml, mapping, also, &config, &error), CHL_OK);
    const struct credential_config *filled = config;
    assert_int_equal(filled->trust.count, 2);
    assert_string_equal(filled->trust.items[1], "b.pem");
    assert_null(filled->needs);
    free(config);
    assert_int_equal(chl_plugin_configure(handle, yaml, mapping, NULL, &config, &error),
                     CHL_E_CONFIG);
    assert_null(config);
    assert_non_null(strstr(error.text, "site.yaml:2:3"));
    chl_yaml_free(yaml);
    chl_plugin_unload(handle);
}

static void test_settings_of_a_program_reach_the_options_they_fit(void **state)
{
    (void)state;
    static const char *const trust[] = {"/etc/a \"quoted\".pem", "/etc/thư mục"};
    static const char *const other[] = {"1"};
    const struct chl_plugin_setting settings[] = {
        {.name = "trust", .values = trust, .count = 2},
        {.name = "no-such-option", .values = other, .count = 1},
    };
    struct chl_plugin_handle *handle = NULL;
    struct chl_yaml *yaml = NULL;
    struct chl_yaml_error error;
    char why[CHL_PLUGIN_WHY_MAX] = "";
    void *config = NULL;
    assert_int_equal(chl_plugin_load(PLUGINS, "fixture_credential", &handle, why, sizeof why), 0);
    chl_err result =
        chl_plugin_configure_with(handle, "command line", settings, 2, &yaml, &config, &error);
    if (result != CHL_OK) {
        fail_msg("%s", error.text);
    }
    const struct credential_config *filled = config;
    assert_int_equal(filled->trust.count, 2);
    assert_string_equal(filled->trust.items[0], trust[0]);
    assert_string_equal(filled->trust.items[1], trust[1]);
    free(config);
    chl_yaml_free(yaml);
    chl_plugin_unload(handle);
}

static void test_a_number_given_by_a_program_is_checked(void **state)
{
    (void)state;
    static const char *const good[] = {"7"}, *const bad[] = {"70000"}, *const text[] = {"many"};
    static const char *const *const values[] = {good, bad, text};
    struct chl_plugin_handle *handle = NULL;
    char why[CHL_PLUGIN_WHY_MAX] = "";
    assert_int_equal(chl_plugin_load(PLUGINS, "fixture_gate", &handle, why, sizeof why), CHL_OK);
    for (size_t i = 0; i < 3; i++) {
        const struct chl_plugin_setting setting = {
            .name = "reports-for", .values = values[i], .count = 1};
        struct chl_yaml *yaml = NULL;
        struct chl_yaml_error error;
        void *config = NULL;
        chl_err result =
            chl_plugin_configure_with(handle, "command line", &setting, 1, &yaml, &config, &error);
        assert_int_equal(result, i == 0 ? CHL_OK : CHL_E_CONFIG);
        assert_true((config != NULL) == (i == 0));
        if (i == 0) {
            assert_int_equal(*(const int64_t *)config, 7);
        } else {
            assert_non_null(strstr(error.text, "command line"));
        }
        free(config);
        chl_yaml_free(yaml);
    }
    chl_plugin_unload(handle);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bad_plugins_are_refused_with_file_expected_got),
        cmocka_unit_test(test_code_that_would_run_while_loading_is_refused_unrun),
        cmocka_unit_test(test_what_is_no_shared_object_is_refused),
        cmocka_unit_test(test_damaged_objects_are_judged_without_a_crash),
        cmocka_unit_test(test_good_plugins_load_and_say_what_they_are),
        cmocka_unit_test(test_names_that_would_leave_the_folder_are_refused),
        cmocka_unit_test(test_find_lists_by_prefix_and_counts_beyond_the_room),
        cmocka_unit_test(test_environment_names_more_folders),
        cmocka_unit_test(test_configure_fills_the_struct_from_yaml),
        cmocka_unit_test(test_settings_of_a_program_reach_the_options_they_fit),
        cmocka_unit_test(test_a_number_given_by_a_program_is_checked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
