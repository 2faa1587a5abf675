/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief What every plugin of a kind must keep: a new one passes it by being listed here.
 */
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/base/time.h"
#include "lib/pluginhost/pluginhost.h"
#include "tests/fixtures/host/site.h"

#define PLUGINS CHL_STAGE_DIR "/lib/chilang/plugins"

/* Credential plugins: name, the prefix of their codes, their format; no prefix: codes of fields
 * that nobody signs, known by their shape. */
static const struct credential_plugin {
    const char *name, *prefix;
    chl_format format;
} credentials[] = {
    {"credential_hcert", "HC1:", CHL_FORMAT_HCERT},
    {"credential_declaration", "LS1:", CHL_FORMAT_DECLARATION},
    {"credential_vietnam", NULL, CHL_FORMAT_UNKNOWN},
};

/* Gate plugins: name, an instance whose bus is not there. */
static const struct gate_plugin {
    const char *name, *absent;
} gates[] = {
    {"gate_modbus", "bus: {use: gate_modbus, address: 'tcp://127.0.0.1:1'}\n"},
};

/* Scan and service plugins: name, an instance that has nothing to do. */
static const struct idle_plugin {
    const char *name, *idle;
} idlers[] = {
    {"scan_camera", "it: {use: scan_camera, device: /nonexistent/video0}\n"},
    {"scan_file", "it: {use: scan_file, path: '" CHL_BINARY_DIR "/tests/no-codes'}\n"},
    {"scan_serial", "it: {use: scan_serial, device: '" CHL_BINARY_DIR "/tests/no-port'}\n"},
    {"scan_hid", "it: {use: scan_hid, device: '" CHL_BINARY_DIR "/tests/no-keyboard'}\n"},
    {"stream_zmq", "it: {use: stream_zmq, pull: 'tcp://127.0.0.1:*', security: plain}\n"},
};

#define COUNT(table) (sizeof(table) / sizeof *(table))

static void load(const char *name, struct chl_plugin_handle **handle)
{
    char why[CHL_PLUGIN_WHY_MAX] = "";
    if (chl_plugin_load(PLUGINS, name, handle, why, sizeof why) != CHL_OK) {
        fail_msg("%s", why);
    }
}

/* ---- every plugin ---- */

static bool is_listed(const char *name)
{
    for (size_t i = 0; i < COUNT(credentials); i++) {
        if (strcmp(credentials[i].name, name) == 0) {
            return true;
        }
    }
    for (size_t i = 0; i < COUNT(gates); i++) {
        if (strcmp(gates[i].name, name) == 0) {
            return true;
        }
    }
    for (size_t i = 0; i < COUNT(idlers); i++) {
        if (strcmp(idlers[i].name, name) == 0) {
            return true;
        }
    }
    return false;
}

static void read_readme(const char *name, char *out, size_t size)
{
    char path[PATH_MAX];
    int fits = snprintf(path, sizeof path, CHL_SOURCE_DIR "/plugins/%s/README.md", name);
    assert_true(fits > 0 && fits < PATH_MAX);
    FILE *in = fopen(path, "r");
    if (in == NULL) {
        fail_msg("%s: expected a page with the plugin's options, got none", path);
        return;
    }
    size_t length = fread(out, 1, size - 1, in);
    out[length] = '\0';
    (void)fclose(in);
}

static bool is_said(const char *text)
{
    return text != NULL && text[0] != '\0';
}

static void check_plugin(const char *name)
{
    static char readme[64 * 1024];
    static const char *const kinds[] = {"", "scan_", "credential_", "gate_", ""};
    struct chl_plugin_handle *handle = NULL;
    load(name, &handle);
    const struct chl_plugin *plugin = chl_plugin_of(handle);
    assert_string_equal(plugin->name, name);
    assert_int_equal(strncmp(name, kinds[plugin->kind], strlen(kinds[plugin->kind])), 0);
    assert_true(is_said(plugin->summary_vi) && is_said(plugin->summary_en));
    read_readme(name, readme, sizeof readme);
    for (const struct chl_opt *option = plugin->options; option != NULL && option->name != NULL;
         option++) {
        char quoted[64];
        (void)snprintf(quoted, sizeof quoted, "`%s`", option->name);
        if (!is_said(option->help_vi) || !is_said(option->help_en)) {
            fail_msg("%s: option %s: expected help in Vietnamese and English", name, option->name);
        }
        if (strstr(readme, quoted) == NULL) {
            fail_msg("%s: option %s: expected it in the README", name, option->name);
        }
    }
    chl_plugin_unload(handle);
}

static void test_every_built_plugin_is_listed_described_and_loadable(void **state)
{
    (void)state;
    char names[64][CHL_PLUGIN_NAME_MAX];
    size_t count = 64;
    assert_int_equal(chl_plugin_find(PLUGINS, "", names, &count), CHL_OK);
    assert_true(count >= COUNT(credentials) + COUNT(gates) + COUNT(idlers) && count <= 64);
    for (size_t i = 0; i < count; i++) {
        if (!is_listed(names[i])) {
            fail_msg("%s: expected it in a table of the contract tests", names[i]);
        }
        check_plugin(names[i]);
    }
}

/* Defaults are what the table says, or a required option is asked for by name. */
static void test_defaults_are_in_range(void **state)
{
    (void)state;
    char names[64][CHL_PLUGIN_NAME_MAX];
    size_t count = 64;
    assert_int_equal(chl_plugin_find(PLUGINS, "", names, &count), CHL_OK);
    for (size_t i = 0; i < count; i++) {
        struct chl_plugin_handle *handle = NULL;
        struct chl_yaml *document = NULL;
        struct chl_yaml_error error = {0};
        void *config = NULL;
        bool needs = false;
        load(names[i], &handle);
        for (const struct chl_opt *option = chl_plugin_of(handle)->options;
             option != NULL && option->name != NULL; option++) {
            needs = needs || option->required;
        }
        chl_err result =
            chl_plugin_configure_with(handle, "defaults", NULL, 0, &document, &config, &error);
        if (result != (needs ? CHL_E_CONFIG : CHL_OK)) {
            fail_msg("%s: expected defaults to be accepted, got: %s", names[i], error.text);
        }
        free(config);
        chl_yaml_free(document);
        chl_plugin_unload(handle);
    }
}

/* ---- credential plugins ---- */

struct reader {
    struct chl_plugin_handle *handle;
    struct chl_yaml *document;
    void *config;
    struct chl_instance *instance;
    uint8_t *memory; /* the scratch, and behind it bytes nobody may touch */
};

enum { GUARD = 4096, GUARD_BYTE = 0xC5 };

static void reader_open(const char *name, struct reader *out)
{
    char why[CHL_PLUGIN_WHY_MAX] = "";
    struct chl_yaml_error error = {0};
    memset(out, 0, sizeof *out);
    load(name, &out->handle);
    if (chl_plugin_configure_with(out->handle, "defaults", NULL, 0, &out->document, &out->config,
                                  &error) != CHL_OK) {
        fail_msg("%s", error.text);
    }
    const struct chl_create args = {
        .size = (uint32_t)sizeof args, .name = name, .config = out->config};
    const struct chl_ops *ops = chl_plugin_of(out->handle)->ops;
    if (ops->create(&args, &out->instance, why, sizeof why) != CHL_OK) {
        fail_msg("%s: %s", name, why);
    }
    out->memory = malloc(CHL_SCRATCH_MIN + GUARD);
    assert_non_null(out->memory);
    memset(out->memory + CHL_SCRATCH_MIN, GUARD_BYTE, GUARD);
}

static void reader_close(struct reader *reader)
{
    for (size_t i = 0; i < GUARD; i++) {
        assert_int_equal(reader->memory[CHL_SCRATCH_MIN + i], GUARD_BYTE);
    }
    chl_plugin_of(reader->handle)->ops->destroy(reader->instance);
    free(reader->memory);
    free(reader->config);
    chl_yaml_free(reader->document);
    chl_plugin_unload(reader->handle);
}

static void look(const struct reader *reader, const uint8_t *bytes, size_t length,
                 struct chl_inspection *out)
{
    struct chl_scratch scratch = {
        .size = (uint32_t)sizeof scratch, .base = reader->memory, .capacity = CHL_SCRATCH_MIN};
    memset(out, 0, sizeof *out);
    out->size = (uint32_t)sizeof *out;
    out->claims.size = (uint32_t)sizeof out->claims;
    chl_err error = chl_plugin_of(reader->handle)
                        ->ops->inspect(reader->instance, &scratch, bytes, length,
                                       INT64_C(1643673600) * CHL_NS_PER_S, out);
    assert_int_equal(error, CHL_OK);
    assert_true(scratch.used <= scratch.capacity);
    assert_true(out->outcome <= CHL_REFUSED && out->stage < CHL_STAGE_COUNT);
    assert_non_null(memchr(out->reason, '\0', sizeof out->reason));
}

/* Neither trusted keys nor a signature: nothing may come out of it as a signed claim. */
static void expect_refusal(const struct credential_plugin *plugin, const struct reader *reader,
                           const uint8_t *bytes, size_t length)
{
    struct chl_inspection first, second;
    look(reader, bytes, length, &first);
    look(reader, bytes, length, &second);
    assert_memory_equal(&first, &second, sizeof first); /* pure: the same again */
    assert_int_equal(first.outcome, CHL_REFUSED);
    assert_int_equal(first.format, plugin->format);
    assert_true(first.stage < CHL_STAGE_DONE);
    assert_true(first.reason[0] != '\0');
    assert_false(first.is_signed);
}

static void test_foreign_codes_are_not_mine(void **state)
{
    (void)state;
    static const char *const foreign[] = {"",
                                          "x",
                                          "HC1",
                                          "LS1",
                                          "hc1:6BF",
                                          "shc:/123456789012",
                                          "NZCP:/1/AAAAAAAA",
                                          "012345678|NGUYEN VAN A",
                                          "https://example.org/HC1:"};
    for (size_t i = 0; i < COUNT(credentials); i++) {
        struct reader reader;
        struct chl_inspection out;
        reader_open(credentials[i].name, &reader);
        for (size_t k = 0; k < COUNT(foreign); k++) {
            look(&reader, (const uint8_t *)foreign[k], strlen(foreign[k]), &out);
            assert_int_equal(out.outcome, CHL_NOT_MINE);
        }
        for (size_t k = 0; k < COUNT(credentials); k++) {
            char other[64];
            if (credentials[k].prefix == NULL) {
                continue;
            }
            int length = snprintf(other, sizeof other, "%s6BFOXN", credentials[k].prefix);
            look(&reader, (const uint8_t *)other, (size_t)length, &out);
            assert_int_equal(out.outcome, k == i ? CHL_REFUSED : CHL_NOT_MINE);
        }
        reader_close(&reader);
    }
}

/* Seeded noise behind the own prefix, of every length up to the largest code. */
static void test_noise_behind_the_prefix_is_refused_with_a_reason(void **state)
{
    (void)state;
    static const char base45[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";
    static uint8_t code[CHL_CODE_MAX];
    for (size_t i = 0; i < COUNT(credentials); i++) {
        struct reader reader;
        uint32_t seed = 1;
        if (credentials[i].prefix == NULL) {
            continue;
        }
        size_t prefix = strlen(credentials[i].prefix);
        reader_open(credentials[i].name, &reader);
        memcpy(code, credentials[i].prefix, prefix);
        for (unsigned round = 0; round < 600; round++) {
            size_t length = prefix + (round < 300 ? round : (round - 299) * 27 - 20);
            length = length > CHL_CODE_MAX ? CHL_CODE_MAX : length;
            for (size_t k = prefix; k < length; k++) {
                seed = seed * 1664525U + 1013904223U;
                uint8_t byte = (uint8_t)(seed >> 24);
                code[k] = round % 3 == 0 ? byte : (uint8_t)base45[byte % 45];
            }
            expect_refusal(&credentials[i], &reader, code, length);
        }
        reader_close(&reader);
    }
}

/* Fields of noise, alone and in numbers: whatever comes of it, nobody has signed it. */
static void test_noise_in_fields_is_never_signed(void **state)
{
    (void)state;
    static const char signs[] = "||||||||0123456789*<-/$ABCDEFabcdef \xC3\xA1";
    static uint8_t code[CHL_CODE_MAX];
    for (size_t i = 0; i < COUNT(credentials); i++) {
        struct reader reader;
        uint32_t seed = 7;
        reader_open(credentials[i].name, &reader);
        for (size_t round = 0; round < 600; round++) {
            struct chl_inspection first, second;
            size_t length = round < 300 ? round : (round - 300) * 27;
            for (size_t k = 0; k < length; k++) {
                seed = seed * 1664525U + 1013904223U;
                code[k] = (uint8_t)signs[(seed >> 24) % (sizeof signs - 1)];
            }
            look(&reader, code, length, &first);
            look(&reader, code, length, &second);
            assert_memory_equal(&first, &second, sizeof first);
            assert_false(first.is_signed);
            assert_true(first.outcome != CHL_REFUSED || first.reason[0] != '\0');
        }
        reader_close(&reader);
    }
}

/* A missing trust file is refused by name, and nothing remains. */
static void test_trust_that_is_not_there_is_named(void **state)
{
    (void)state;
    static const char *const absent[] = {"/nonexistent/trust.pem"};
    const struct chl_plugin_setting trust = {.name = "trust", .values = absent, .count = 1};
    for (size_t i = 0; i < COUNT(credentials); i++) {
        struct chl_plugin_handle *handle = NULL;
        struct chl_yaml *document = NULL;
        struct chl_yaml_error error = {0};
        void *config = NULL;
        char why[CHL_PLUGIN_WHY_MAX] = "";
        struct chl_instance *instance = NULL;
        if (credentials[i].prefix == NULL) {
            continue; /* nothing to trust */
        }
        load(credentials[i].name, &handle);
        assert_int_equal(
            chl_plugin_configure_with(handle, "test", &trust, 1, &document, &config, &error),
            CHL_OK);
        const struct chl_create args = {
            .size = (uint32_t)sizeof args, .name = "it", .config = config};
        chl_err result = chl_plugin_of(handle)->ops->create(&args, &instance, why, sizeof why);
        assert_int_not_equal(result, CHL_OK);
        assert_null(instance);
        assert_non_null(strstr(why, absent[0]));
        free(config);
        chl_yaml_free(document);
        chl_plugin_unload(handle);
    }
}

/* ---- gate plugins ---- */

static size_t completions(const struct site *site, uint64_t id, unsigned *status)
{
    size_t count = 0;
    for (size_t i = 0; i < site->report_count; i++) {
        const struct chl_gate_report *report = &site->reports[i];
        if (report->kind == CHL_REPORT_DONE && report->command_id == id) {
            *status = report->status;
            count++;
        }
    }
    return count;
}

enum { COMMANDS = 40 };

/* With nobody at the other end: what was accepted is completed exactly once, at the latest by the
 * stop, and nothing is ever called done. */
static void test_accepted_commands_complete_once_without_a_device(void **state)
{
    (void)state;
    for (size_t g = 0; g < COUNT(gates); g++) {
        static struct site site;
        bool accepted[COMMANDS + 1] = {false};
        site_open(&site, gates[g].absent, 0);
        site_load(&site, PLUGINS);
        site_start(&site); /* an absent device is no error */
        for (uint64_t id = 1; id <= COMMANDS; id++) {
            struct chl_gate_command command = {
                .size = (uint32_t)sizeof command,
                .action = (uint8_t)(CHL_GATE_RELEASE + id % 4),
                .mode = CHL_MODE_NORMAL,
                .gate = {.index = (uint16_t)(id % 2)},
                .places = 1,
                .generation = 1,
                .id = id,
                .deadline_ns = chl_mono_ns() + (id % 3 == 0 ? -1 : 50 * CHL_NS_PER_MS)};
            chl_err error = host_gate_submit(site.host, 0, &command);
            assert_true(error == CHL_OK || error == CHL_E_BUSY);
            accepted[id] = error == CHL_OK;
        }
        host_stop(site.host, NULL, NULL);
        assert_int_equal(host_join(site.host, 20000), CHL_OK);
        for (uint64_t id = 1; id <= COMMANDS; id++) {
            unsigned status = 0;
            assert_int_equal(completions(&site, id, &status), accepted[id] ? 1 : 0);
            assert_true(!accepted[id] || status == CHL_COMMAND_ABORTED ||
                        status == CHL_COMMAND_FAILED || status == CHL_COMMAND_UNKNOWN);
            if (accepted[id] && id % 3 == 0) {
                assert_int_equal(status, CHL_COMMAND_ABORTED); /* invariant 6: past its deadline */
            }
        }
        size_t reports = site.report_count;
        (void)poll(NULL, 0, 50);
        assert_int_equal(site.report_count, reports); /* nothing comes after the stop */
        site_close(&site);
    }
}

static bool two_completed(const struct site *site)
{
    unsigned status = 0;
    return completions(site, 1, &status) == 1 && completions(site, 2, &status) == 1;
}

/* A command of an older generation never reaches the wire. */
static void test_older_generations_are_aborted(void **state)
{
    (void)state;
    for (size_t g = 0; g < COUNT(gates); g++) {
        static struct site site;
        unsigned status = 0;
        site_open(&site, gates[g].absent, 0);
        site_load(&site, PLUGINS);
        site_start(&site);
        struct chl_gate_command command = {.size = (uint32_t)sizeof command,
                                           .action = CHL_GATE_MODE,
                                           .mode = CHL_MODE_EMERGENCY,
                                           .generation = 7,
                                           .id = 1,
                                           .deadline_ns = chl_mono_ns() + 100 * CHL_NS_PER_MS};
        assert_int_equal(host_gate_submit(site.host, 0, &command), CHL_OK);
        command.action = CHL_GATE_RELEASE;
        command.places = 1;
        command.generation = 6;
        command.id = 2;
        assert_int_equal(host_gate_submit(site.host, 0, &command), CHL_OK);
        site_wait(&site, two_completed);
        assert_int_equal(completions(&site, 2, &status), 1);
        assert_int_equal(status, CHL_COMMAND_ABORTED);
        site_close(&site);
    }
}

/* ---- every kind: the life of an instance ---- */

static void live_and_die(const char *yaml, int gate_instance)
{
    static struct site site;
    for (int round = 0; round < 3; round++) {
        int64_t began_ns = chl_mono_ns();
        site_open(&site, yaml, gate_instance);
        site_journal(&site);
        site_load(&site, PLUGINS);
        site_start(&site);
        struct host_status status;
        host_status(site.host, 0, &status);
        if (!status.running) {
            fail_msg("%s: expected to run, got: %s", yaml, status.text);
        }
        site_close(&site);
        assert_true(chl_mono_ns() - began_ns < 20 * CHL_NS_PER_S);
    }
}

static void test_instances_start_and_stop_again_and_again(void **state)
{
    (void)state;
    char yaml[256];
    for (size_t i = 0; i < COUNT(credentials); i++) {
        (void)snprintf(yaml, sizeof yaml, "it: {use: %s}\n", credentials[i].name);
        live_and_die(yaml, -1);
    }
    for (size_t i = 0; i < COUNT(gates); i++) {
        live_and_die(gates[i].absent, 0);
    }
    for (size_t i = 0; i < COUNT(idlers); i++) {
        live_and_die(idlers[i].idle, -1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_built_plugin_is_listed_described_and_loadable),
        cmocka_unit_test(test_defaults_are_in_range),
        cmocka_unit_test(test_foreign_codes_are_not_mine),
        cmocka_unit_test(test_noise_behind_the_prefix_is_refused_with_a_reason),
        cmocka_unit_test(test_noise_in_fields_is_never_signed),
        cmocka_unit_test(test_trust_that_is_not_there_is_named),
        cmocka_unit_test(test_accepted_commands_complete_once_without_a_device),
        cmocka_unit_test(test_older_generations_are_aborted),
        cmocka_unit_test(test_instances_start_and_stop_again_and_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
