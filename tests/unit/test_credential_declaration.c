/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The plugin credential_declaration, loaded and configured as the daemon does it.
 */
#include "declaration_keys.h"

#include "lib/base/text.h"
#include "lib/pluginhost/pluginhost.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static struct chl_plugin_handle *handle;
static const struct chl_plugin *plugin;
static struct test_issuer issuer;
static char pem_path[64];

static int set_up(void **state)
{
    (void)state;
    char why[CHL_PLUGIN_WHY_MAX] = "";
    test_issuer_make(&issuer, "P-256");
    (void)snprintf(pem_path, sizeof pem_path, "/tmp/chl-issuer-XXXXXX");
    int fd = mkstemp(pem_path);
    if (fd < 0 || write(fd, issuer.pem, strlen(issuer.pem)) < 0 || close(fd) != 0) {
        return -1;
    }
    if (chl_plugin_load(CHL_STAGE_DIR "/lib/chilang/plugins", "credential_declaration", &handle,
                        why, sizeof why) != CHL_OK) {
        fprintf(stderr, "%s\n", why);
        return -1;
    }
    plugin = chl_plugin_of(handle);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    chl_plugin_unload(handle);
    test_issuer_clear(&issuer);
    return unlink(pem_path);
}

/** Configure from a line of YAML and inspect one good code with it. */
static chl_err inspect_with(const char *options, struct chl_inspection *out, char *why,
                            size_t why_size)
{
    struct chl_yaml *document = NULL;
    struct chl_yaml_error error = {0};
    struct chl_instance *instance = NULL;
    void *config = NULL;
    chl_err err = chl_yaml_parse("test", options, strlen(options), &document, &error);
    if (err == CHL_OK) {
        err =
            chl_plugin_configure(handle, document, chl_yaml_root(document), NULL, &config, &error);
    }
    (void)snprintf(why, why_size, "%s", error.text);
    if (err == CHL_OK) {
        const struct chl_create args = {
            .size = (uint32_t)sizeof args, .name = "to-khai", .config = config};
        err = plugin->ops->create(&args, &instance, why, why_size);
    }
    if (err == CHL_OK) {
        char code[CHL_ISSUE_CODE_MAX];
        struct chl_declaration made;
        test_fill_minimal(&made);
        assert_int_equal(
            chl_declaration_issue(issuer.issuer, &made, code, sizeof code, why, why_size), CHL_OK);
        struct chl_scratch scratch = {.size = (uint32_t)sizeof scratch,
                                      .base = malloc(CHL_SCRATCH_MIN),
                                      .capacity = CHL_SCRATCH_MIN};
        *out = (struct chl_inspection){.size = (uint32_t)sizeof *out};
        err = plugin->ops->inspect(instance, &scratch, (const uint8_t *)code, strlen(code), NOW_NS,
                                   out);
        free(scratch.base);
        plugin->ops->destroy(instance);
    }
    free(config);
    chl_yaml_free(document);
    return err;
}

static void test_a_trusted_issuer_is_believed(void **state)
{
    (void)state;
    char options[256];
    char why[512];
    struct chl_inspection out;
    (void)snprintf(options, sizeof options, "trust: [%s]\n", pem_path);
    assert_int_equal(inspect_with(options, &out, why, sizeof why), CHL_OK);
    assert_int_equal(out.outcome, CHL_CLAIMED);
    assert_true(out.is_signed);
    assert_string_equal(out.claims.phone, "0944713700");
}

static void test_without_trust_nobody_is(void **state)
{
    (void)state;
    char why[512];
    struct chl_inspection out;
    assert_int_equal(inspect_with("skew: 1 min\n", &out, why, sizeof why), CHL_OK);
    assert_int_equal(out.outcome, CHL_REFUSED);
    assert_string_equal(out.reason, "issuer_unknown");
}

static void test_the_site_may_ask_for_shorter_lives(void **state)
{
    (void)state;
    char options[256];
    char why[512];
    struct chl_inspection out;
    (void)snprintf(options, sizeof options, "{trust: [%s], life_max: 71 h}\n", pem_path);
    assert_int_equal(inspect_with(options, &out, why, sizeof why), CHL_OK);
    assert_int_equal(out.outcome, CHL_REFUSED);
    assert_string_equal(out.reason, "life_too_long");
}

static void test_what_was_taken_back_is_refused(void **state)
{
    (void)state;
    char options[256];
    char why[512];
    char kid[2 * CHL_KID_SIZE + 1];
    char list[] = "/tmp/chl-revoked-XXXXXX";
    struct chl_inspection out;
    int fd = mkstemp(list);
    assert_true(fd >= 0);
    (void)snprintf(options, sizeof options, "{trust: [%s], revoked: %s}\n", pem_path, list);
    assert_int_equal(inspect_with(options, &out, why, sizeof why), CHL_OK);
    assert_int_equal(out.outcome, CHL_CLAIMED);
    chl_hex(chl_issuer_kid(issuer.issuer), CHL_KID_SIZE, kid);
    assert_true(dprintf(fd, "key %s\n", kid) > 0);
    assert_int_equal(inspect_with(options, &out, why, sizeof why), CHL_OK);
    assert_string_equal(out.reason, "revoked");
    assert_true(dprintf(fd, "nonsense\n") > 0);
    assert_int_equal(inspect_with(options, &out, why, sizeof why), CHL_E_CONFIG);
    assert_non_null(strstr(why, ":2: expected"));
    assert_int_equal(close(fd), 0);
    assert_int_equal(unlink(list), 0);
    assert_int_equal(inspect_with(options, &out, why, sizeof why), CHL_E_IO);
    assert_non_null(strstr(why, "could not open it"));
}

static void test_bad_options_are_refused(void **state)
{
    (void)state;
    char why[512];
    struct chl_inspection out;
    assert_int_equal(inspect_with("life_max: 3 s\n", &out, why, sizeof why), CHL_E_CONFIG);
    assert_non_null(strstr(why, "test:1:"));
    assert_int_equal(inspect_with("lifemax: 3 h\n", &out, why, sizeof why), CHL_E_CONFIG);
    assert_int_equal(inspect_with("trust: [/nowhere/at/all]\n", &out, why, sizeof why), CHL_E_IO);
    assert_non_null(strstr(why, "/nowhere/at/all"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_trusted_issuer_is_believed),
        cmocka_unit_test(test_without_trust_nobody_is),
        cmocka_unit_test(test_the_site_may_ask_for_shorter_lives),
        cmocka_unit_test(test_what_was_taken_back_is_refused),
        cmocka_unit_test(test_bad_options_are_refused),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
