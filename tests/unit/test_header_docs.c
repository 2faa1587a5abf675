/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief What a plugin's author reads is whole: each function of the public headers says all that
 *  it must, and the list of refusals in docs/plugins.md is that of the code.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "lib/cose/refusals.h"

enum { FILE_MAX = 128 * 1024, COMMENT_MAX = 4096, WORD_MAX = 64 };

static char text[FILE_MAX];

static const char *read_whole(const char *name)
{
    char path[1024];
    (void)snprintf(path, sizeof path, "%s/%s", CHL_SOURCE_DIR, name);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    size_t length = fread(text, 1, sizeof text, file);
    assert_true(length > 0 && length < sizeof text);
    (void)fclose(file);
    text[length] = '\0';
    return text;
}

/* One function of a header: the comment before it and its declaration. */
struct function {
    char comment[COMMENT_MAX];
    char declared[COMMENT_MAX];
    size_t comment_length, declared_length;
};

static bool has(const struct function *f, const char *what)
{
    return strstr(f->comment, what) != NULL;
}

static void want(const char *header, const struct function *f, const char *what, unsigned *missing)
{
    if (!has(f, what)) {
        print_error("%s: expected \"%s\" in the comment before: %s\n", header, what, f->declared);
        (*missing)++;
    }
}

/* The name in one parameter: after `(*` for a function, else the last word before any `[`. */
static void parameter_name(const char *from, const char *to, char name[WORD_MAX])
{
    const char *end = to;
    for (const char *at = from; at + 1 < to; at++) {
        if (at[0] == '(' && at[1] == '*') {
            end = at + 2;
            while (end < to && *end != ')') {
                end++;
            }
            break;
        }
        if (*at == '[') {
            end = at;
            break;
        }
    }
    while (end > from && !isalnum((unsigned char)end[-1]) && end[-1] != '_') {
        end--;
    }
    const char *begin = end;
    while (begin > from && (isalnum((unsigned char)begin[-1]) || begin[-1] == '_')) {
        begin--;
    }
    (void)snprintf(name, WORD_MAX, "%.*s", (int)(end - begin), begin);
}

static void check_parameter(const char *header, const struct function *f, const char *from,
                            const char *to, unsigned *missing)
{
    char name[WORD_MAX];
    char wanted[WORD_MAX + 16];
    parameter_name(from, to, name);
    /* Said once for all of them, before the struct; `...` has no name. */
    if (name[0] == '\0' || strcmp(name, "ctx") == 0 || strcmp(name, "instance") == 0) {
        return;
    }
    (void)snprintf(wanted, sizeof wanted, "@param %s ", name);
    want(header, f, wanted, missing);
}

static void check_parameters(const char *header, const struct function *f, const char *open,
                             unsigned *missing)
{
    int depth = 0;
    const char *from = open + 1;
    for (const char *at = open; *at != '\0'; at++) {
        depth += *at == '(' ? 1 : 0;
        depth -= *at == ')' ? 1 : 0;
        if ((depth == 1 && *at == ',') || depth == 0) {
            check_parameter(header, f, from, at, missing);
            from = at + 1;
        }
        if (depth == 0) {
            return;
        }
    }
    fail_msg("%s: no end of: %s", header, f->declared);
}

/* @return 1 when the declaration is a function: a slot of a table or an inline one. */
static unsigned check_function(const char *header, const struct function *f, unsigned *missing)
{
    const char *declared = f->declared + strspn(f->declared, " \n");
    const char *first = strchr(declared, '(');
    bool is_slot = first != NULL && first[1] == '*';
    if (!is_slot && (strncmp(declared, "static inline", 13) != 0 || first == NULL)) {
        return 0;
    }
    static const char *const always[] = {"Thread:", "Blocks:", "Since: 1."};
    for (size_t i = 0; i < sizeof always / sizeof always[0]; i++) {
        want(header, f, always[i], missing);
    }
    bool is_void = strncmp(declared, "void (", 6) == 0;
    want(header, f, is_void ? "Errors: none" : "@return", missing);
    const char *open = is_slot ? strchr(first + 1, '(') : first;
    assert_non_null(open);
    check_parameters(header, f, open, missing);
    return 1;
}

static void forget(struct function *f)
{
    f->comment_length = f->declared_length = 0;
    f->comment[0] = f->declared[0] = '\0';
}

static void keep(char *to, size_t *length, const char *from, size_t count)
{
    assert_true(*length + count < COMMENT_MAX);
    memcpy(to + *length, from, count);
    *length += count;
    to[*length] = '\0';
}

/* Past a preprocessor line with all its continuations. */
static const char *skip_directive(const char *at)
{
    while (*at != '\0' && (*at != '\n' || at[-1] == '\\')) {
        at++;
    }
    return at;
}

/* A comment with `<` belongs to the member before it. */
static const char *take_comment(const char *at, struct function *f)
{
    const char *end = strstr(at, "*/");
    assert_non_null(end);
    end += 2;
    if (strncmp(at, "/**<", 4) != 0) {
        f->comment_length = 0;
        keep(f->comment, &f->comment_length, at, (size_t)(end - at));
    }
    return end;
}

static unsigned check_header(const char *header, unsigned *missing)
{
    static struct function f;
    unsigned count = 0;
    int parentheses = 0;
    forget(&f);
    for (const char *at = read_whole(header); *at != '\0';) {
        if (*at == '#') {
            at = skip_directive(at);
            continue;
        }
        if (at[0] == '/' && at[1] == '*') {
            at = take_comment(at, &f);
            continue;
        }
        parentheses += *at == '(' ? 1 : 0;
        parentheses -= *at == ')' ? 1 : 0;
        if (parentheses == 0 && strchr(";{}", *at) != NULL) {
            count += check_function(header, &f, missing);
            forget(&f);
        } else {
            keep(f.declared, &f.declared_length, at, 1);
        }
        at++;
    }
    assert_int_equal(parentheses, 0);
    return count;
}

static void test_functions_are_described(void **state)
{
    (void)state;
    static const struct {
        const char *header;
        unsigned at_least; /* functions of ABI 1.0: fewer would mean that they were not seen */
    } headers[] = {
        {"include/chilang/host.h", 16}, {"include/chilang/plugin.h", 8},
        {"include/chilang/types.h", 1}, {"include/chilang/credential.h", 0},
        {"include/chilang/gate.h", 0},  {"include/chilang/option.h", 0},
    };
    unsigned missing = 0;
    for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++) {
        unsigned count = check_header(headers[i].header, &missing);
        if (count < headers[i].at_least) {
            fail_msg("%s: expected at least %u functions, saw %u", headers[i].header,
                     headers[i].at_least, count);
        }
    }
    assert_int_equal(missing, 0);
}

/* The check itself sees what it is there for. */
static void test_gaps_are_seen(void **state)
{
    (void)state;
    struct function f;
    unsigned missing = 0;
    forget(&f);
    (void)snprintf(f.declared, sizeof f.declared,
                   "chl_err (*go)(struct chl_ctx *ctx, uint8_t hash[32], int (*visit)(int a))");
    assert_int_equal(check_function("(expected)", &f, &missing), 1);
    assert_int_equal(missing, 6);
    missing = 0;
    (void)snprintf(f.comment, sizeof f.comment,
                   "@param hash h @param visit v @return r Thread: any Blocks: no Since: 1.0");
    assert_int_equal(check_function("(expected)", &f, &missing), 1);
    assert_int_equal(missing, 0);
    (void)snprintf(f.declared, sizeof f.declared, "uint32_t size");
    assert_int_equal(check_function("(expected)", &f, &missing), 0);
}

static const char *stage_name(chl_stage stage)
{
#define NAME(id, name) name,
    static const char *const names[] = {CHL_STAGES(NAME)};
#undef NAME
    return names[stage];
}

static void test_refusals_are_listed(void **state)
{
    (void)state;
    const char *page = read_whole("docs/plugins.md");
    const char *table = strstr(page, "| identifier | stage | meaning |\n|---|---|---|\n");
    assert_non_null(table);
    unsigned missing = 0;
    for (int i = CHL_REFUSAL_NONE + 1; i < CHL_REFUSAL_COUNT; i++) {
        chl_refusal refusal = (chl_refusal)i;
        char row[256];
        (void)snprintf(row, sizeof row, "\n| `%s` | %s | %s |\n", chl_refusal_id(refusal),
                       stage_name(chl_refusal_stage(refusal)), chl_refusal_text(refusal));
        if (strstr(table, row) == NULL) {
            print_error("docs/plugins.md: expected the row%s", row);
            missing++;
        }
    }
    assert_int_equal(missing, 0);
    int rows = 0;
    for (const char *at = table; (at = strstr(at, "\n| `")) != NULL; at++) {
        rows++;
    }
    assert_int_equal(rows, CHL_REFUSAL_COUNT - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_functions_are_described),
        cmocka_unit_test(test_gaps_are_seen),
        cmocka_unit_test(test_refusals_are_listed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
