/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Every kind of mistake in a YAML file is refused at its exact line and column.
 */
#include "lib/yaml/yaml.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

struct options {
    const char *name;
    int64_t count;
    bool on;
    int64_t poll_ms;
    int kind;
    const char *keys;
    struct chl_list accept;
};

static const char *const kinds[] = {"festival", "checkpoint", "treatment", NULL};

#define AT(field) offsetof(struct options, field)
static const struct chl_opt table[] = {
    {"name", CHL_OPT_STR, true, NULL, 0, 12, NULL, AT(name), "", ""},
    {"count", CHL_OPT_INT, false, "3", -5, 0xFFFF, NULL, AT(count), "", ""},
    {"enabled", CHL_OPT_BOOL, false, "true", 0, 0, NULL, AT(on), "", ""},
    {"poll", CHL_OPT_DURATION_MS, false, "250 ms", 10, 60000, NULL, AT(poll_ms), "", ""},
    {"kind", CHL_OPT_ENUM, false, "checkpoint", 0, 0, kinds, AT(kind), "", ""},
    {"keys", CHL_OPT_PATH, false, NULL, 0, 0, NULL, AT(keys), "", ""},
    {"accept", CHL_OPT_LIST, false, "[a, b]", 0, 3, NULL, AT(accept), "", ""},
    {NULL, CHL_OPT_STR, false, NULL, 0, 0, NULL, 0, NULL, NULL}};

static chl_err read_options(const char *text, struct chl_yaml **yaml, struct options *out,
                            struct chl_yaml_error *error)
{
    static const char *const also[] = {"use", NULL};
    memset(out, 0xA5, sizeof *out);
    chl_err result = chl_yaml_parse("/etc/site.yaml", text, strlen(text), yaml, error);
    if (result != CHL_OK) {
        return result;
    }
    return chl_yaml_read(*yaml, chl_yaml_root(*yaml), table, also, out, error);
}

static void test_read_all_types(void **state)
{
    (void)state;
    struct chl_yaml *yaml = NULL;
    struct options got;
    struct chl_yaml_error error;
    const char *text = "# a comment\nuse: x\nname: Hội \ncount: -5\nenabled: false\n"
                       "poll: \"7 s\"\nkind: treatment\nkeys: ./k/pub\naccept: [x, \"y z\"]\n";
    assert_int_equal(read_options(text, &yaml, &got, &error), CHL_OK);
    assert_string_equal(got.name, "Hội");
    assert_int_equal(got.count, -5);
    assert_false(got.on);
    assert_int_equal(got.poll_ms, 7000);
    assert_int_equal(got.kind, 2);
    assert_string_equal(got.keys, "/etc/k/pub");
    assert_int_equal(got.accept.count, 2);
    assert_string_equal(got.accept.items[1], "y z");
    chl_yaml_free(yaml);
}

static void test_read_defaults(void **state)
{
    (void)state;
    struct chl_yaml *yaml = NULL;
    struct options got;
    struct chl_yaml_error error;
    assert_int_equal(read_options("{name: n, accept: one}", &yaml, &got, &error), CHL_OK);
    assert_int_equal(got.count, 3);
    assert_true(got.on);
    assert_int_equal(got.poll_ms, 250);
    assert_int_equal(got.kind, 1);
    assert_null(got.keys);
    assert_int_equal(got.accept.count, 1);
    assert_string_equal(got.accept.items[0], "one");
    chl_yaml_free(yaml);
    assert_int_equal(read_options("name: n", &yaml, &got, &error), CHL_OK);
    assert_int_equal(got.accept.count, 2);
    assert_string_equal(got.accept.items[0], "a");
    assert_string_equal(got.accept.items[1], "b");
    chl_yaml_free(yaml);
}

static void test_durations(void **state)
{
    (void)state;
    static const struct chl_opt one[] = {
        {"d", CHL_OPT_DURATION_MS, true, NULL, 0, 0, NULL, 0, "", ""},
        {NULL, CHL_OPT_STR, false, NULL, 0, 0, NULL, 0, NULL, NULL}};
    static const struct {
        const char *text;
        int64_t ms;
    } cases[] = {
        {"d: 250 ms", 250},     {"d: 250ms", 250},        {"d: 0 s", 0},
        {"d: '5 min'", 300000}, {"d: \"2 h\"", 7200000},  {"d: 28 d", INT64_C(2419200000)},
        {"d: 5", -1},           {"d: 1.5 s", -1},         {"d: 5 m", -1},
        {"d: 5  s", -1},        {"d: -5 s", -1},          {"d: 99999999999999999999 s", -1},
        {"d: s", -1},           {"d: 106751991168 d", -1}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct chl_yaml *yaml = NULL;
        int64_t ms = 0;
        struct chl_yaml_error error;
        assert_int_equal(chl_yaml_parse("f", cases[i].text, strlen(cases[i].text), &yaml, &error),
                         CHL_OK);
        chl_err result = chl_yaml_read(yaml, chl_yaml_root(yaml), one, NULL, &ms, &error);
        assert_int_equal(result, cases[i].ms < 0 ? CHL_E_CONFIG : CHL_OK);
        if (cases[i].ms >= 0) {
            assert_int_equal(ms, cases[i].ms);
        } else {
            assert_int_equal(error.column, 4);
        }
        chl_yaml_free(yaml);
    }
}

/** The mistake, its place, and what the message must say. */
static const struct {
    const char *text;
    unsigned line, column;
    const char *says;
} mistakes[] = {
    {"name: n\ncuont: 4\n", 2, 1, "expected a known key, got 'cuont'; did you mean 'count'?"},
    {"name: n\n  \nusw: 4\n", 3, 1, "did you mean 'use'?"},
    {"name: n\nzzzzzz: 4\n", 2, 1,
     "known here: name, count, enabled, poll, kind, keys, accept, use"},
    {"count: 4\n", 1, 1, "expected the key 'name' (a text), got none; add it here"},
    {"- a\n", 1, 1, "expected keys and values, got a list"},
    {"just text\n", 1, 1, "expected keys and values, got a single value"},
    {"name:\ncount: 1\n", 1, 6, "expected a text for 'name', got nothing"},
    {"name: ~\n", 1, 7, "got nothing; give a value or take the line out"},
    {"name: ''\n", 1, 7, "expected text for 'name', got an empty one"},
    {"name: [a]\n", 1, 7, "expected a text for 'name', got a list"},
    {"name: {a: b}\n", 1, 7, "expected a text for 'name', got keys and values"},
    {"name: abcdefghijklm\n", 1, 7, "expected at most 12 bytes for 'name', got 13"},
    {"name: n\ncount: four\n", 2, 8, "expected a whole number for 'count', got 'four'"},
    {"name: n\ncount: 010\n", 2, 8, "expected a whole number for 'count', got '010'"},
    {"name: n\ncount: 1.5\n", 2, 8, "expected a whole number"},
    {"name: n\ncount: -6\n", 2, 8, "expected -5 to 65535 for 'count', got -6"},
    {"name: n\ncount: 0x10000\n", 2, 8, "expected -5 to 65535 for 'count', got 0x10000"},
    {"name: n\ncount: 99999999999999999999\n", 2, 8, "expected -5 to 65535"},
    {"name: n\nenabled: yes\n", 2, 10, "expected true or false for 'enabled', got 'yes'"},
    {"name: n\npoll: 250\n", 2, 7, "expected a duration for 'poll', got '250'; write a whole"},
    {"name: n\npoll: 2 min\n", 2, 7, "expected 10 ms to 1 min for 'poll', got 2 min"},
    {"name: n\nkind: festivl\n", 2, 7,
     "expected one of festival, checkpoint, treatment for 'kind', got 'festivl'; did you mean "
     "'festival'?"},
    {"name: n\nkind: 7\n", 2, 7, "got '7'; choose one"},
    {"name: n\nkeys: ''\n", 2, 7, "expected text for 'keys', got an empty one"},
    {"name: n\naccept: [a, b, c, d]\n", 2, 9, "expected at most 3 entries for 'accept', got 4"},
    {"name: n\naccept:\n  - a\n  - [b]\n", 4, 5, "expected a plain text in the list 'accept'"},
    {"name: n\nname: m\n", 2, 1, "expected each key once, got 'name' again (first on line 1)"},
    {"name: &x n\n", 1, 7, "anchor or alias"},
    {"name: *x\n", 1, 7, "anchor or alias"},
    {"name: !!str n\n", 1, 7, "expected a value without tag"},
    {"name: n\n---\nname: m\n", 2, 1, "expected one document, got a second one"},
    {"name: [a\n", 2, 1, "expected well-formed YAML, got: did not find expected ',' or ']'"},
    {"name: n\n\tcount: 1\n", 2, 1, "expected well-formed YAML"},
    {"name: \"a\\0b\"\n", 1, 7, "got a NUL character"},
    {"? [a]\n: b\n", 1, 3, "expected a name as key"},
    {"'': b\n", 1, 1, "expected a name as key, got nothing"},
    {"name: n\nx: \xff\n", 2, 4, "expected UTF-8 text"},
    {"a: [[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]\n", 1, 19, "expected at most 16 levels"},
};

static void test_mistakes_have_their_place(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof mistakes / sizeof *mistakes; i++) {
        struct chl_yaml *yaml = NULL;
        struct options got;
        struct chl_yaml_error error = {.line = 0};
        chl_err result = read_options(mistakes[i].text, &yaml, &got, &error);
        char place[64];
        (void)snprintf(place, sizeof place, "/etc/site.yaml:%u:%u: ", mistakes[i].line,
                       mistakes[i].column);
        bool good = result == CHL_E_CONFIG && error.line == mistakes[i].line &&
                    error.column == mistakes[i].column &&
                    strncmp(error.text, place, strlen(place)) == 0 &&
                    strstr(error.text, mistakes[i].says) != NULL;
        if (!good) {
            fail_msg("for %s: %d %s", mistakes[i].text, (int)result, error.text);
        }
        chl_yaml_free(yaml);
    }
}

static void test_columns_count_characters(void **state)
{
    (void)state;
    struct chl_yaml *yaml = NULL;
    struct options got;
    struct chl_yaml_error error;
    assert_int_equal(read_options("{name: 'Lạng', count: x}", &yaml, &got, &error), CHL_E_CONFIG);
    assert_int_equal(error.column, 23);
    chl_yaml_free(yaml);
}

static void test_walk(void **state)
{
    (void)state;
    struct chl_yaml *yaml = NULL;
    const char *text = "zones:\n  a: {n: 1}\n  b:\nlist: [p, {q: r}]\n";
    assert_int_equal(chl_yaml_parse("f", text, strlen(text), &yaml, NULL), CHL_OK);
    struct chl_yaml_node root = chl_yaml_root(yaml);
    struct chl_yaml_node zones = chl_yaml_get(yaml, root, "zones");
    const char *key = NULL;
    assert_int_equal(chl_yaml_count(yaml, root), 2);
    assert_int_equal(chl_yaml_count(yaml, zones), 2);
    struct chl_yaml_node b = chl_yaml_item(yaml, zones, 1, &key);
    assert_string_equal(key, "b");
    assert_int_equal(chl_yaml_kind_of(yaml, b), CHL_YAML_NONE);
    assert_int_not_equal(b.index, 0);
    struct chl_yaml_node list = chl_yaml_get(yaml, root, "list");
    assert_string_equal(chl_yaml_text(yaml, chl_yaml_item(yaml, list, 0, &key)), "p");
    assert_null(key);
    assert_int_equal(chl_yaml_item(yaml, list, 2, &key).index, 0);
    assert_int_equal(chl_yaml_get(yaml, list, "q").index, 0);
    assert_null(chl_yaml_text(yaml, list));
    chl_yaml_free(yaml);
}

static void test_empty_file_is_empty(void **state)
{
    (void)state;
    struct chl_yaml *yaml = NULL;
    assert_int_equal(chl_yaml_parse("f", "# nothing\n", 10, &yaml, NULL), CHL_OK);
    assert_int_equal(chl_yaml_root(yaml).index, 0);
    chl_yaml_free(yaml);
}

static void test_bounds(void **state)
{
    (void)state;
    size_t size = CHL_YAML_FILE_MAX + 1;
    char *text = malloc(size);
    assert_non_null(text);
    memset(text, '\n', size);
    struct chl_yaml *yaml = NULL;
    struct chl_yaml_error error;
    assert_int_equal(chl_yaml_parse("f", text, size, &yaml, &error), CHL_E_CONFIG);
    assert_int_equal(error.line, 0);
    assert_non_null(strstr(error.text, "f: expected at most 1048576 bytes"));
    for (size_t i = 0; i + 2 <= size; i += 2) {
        text[i] = i == 0 ? '[' : ',';
        text[i + 1] = '1';
    }
    assert_int_equal(chl_yaml_parse("f", text, size - 1, &yaml, &error), CHL_E_CONFIG);
    assert_non_null(strstr(error.text, "expected at most 2048 entries"));
    free(text);
}

static void test_load(void **state)
{
    (void)state;
    char folder[] = "/tmp/chl-yaml-XXXXXX";
    assert_non_null(mkdtemp(folder));
    char path[64];
    (void)snprintf(path, sizeof path, "%s/a.yaml", folder);
    struct chl_yaml *yaml = NULL;
    struct chl_yaml_error error;
    assert_int_equal(chl_yaml_load(path, &yaml, &error), CHL_E_IO);
    assert_non_null(strstr(error.text, "expected a readable file, got: No such file"));
    assert_int_equal(chl_yaml_load(folder, &yaml, &error), CHL_E_IO);
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    (void)fputs("name: n\nkeys: k\n", file);
    (void)fclose(file);
    assert_int_equal(chl_yaml_load(path, &yaml, &error), CHL_OK);
    struct options got;
    assert_int_equal(chl_yaml_read(yaml, chl_yaml_root(yaml), table, NULL, &got, &error), CHL_OK);
    char expected[64];
    (void)snprintf(expected, sizeof expected, "%s/k", folder);
    assert_string_equal(got.keys, expected);
    chl_yaml_free(yaml);
    (void)unlink(path);
    (void)rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_read_all_types),
        cmocka_unit_test(test_read_defaults),
        cmocka_unit_test(test_durations),
        cmocka_unit_test(test_mistakes_have_their_place),
        cmocka_unit_test(test_columns_count_characters),
        cmocka_unit_test(test_walk),
        cmocka_unit_test(test_empty_file_is_empty),
        cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_load),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
