/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief firmware-config/README.md says what the option tables say.
 *
 *  The tables there are made by this program: `test_profile_docs --print`. Between its marks the
 *  file must hold exactly that.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/profile/internal.h"

#define README CHL_SOURCE_DIR "/firmware-config/README.md"
#define BEGIN  "<!-- made by test_profile_docs --print -->\n"
#define END    "<!-- end -->"

static void print_duration(FILE *out, int64_t ms)
{
    const bool seconds = ms >= 1000 && ms % 1000 == 0;
    fprintf(out, "%lld %s", (long long)(seconds ? ms / 1000 : ms), seconds ? "s" : "ms");
}

static void print_value(FILE *out, const struct chl_opt *o)
{
    switch (o->type) {
    case CHL_OPT_ENUM:
        for (size_t i = 0; o->choices[i] != NULL; i++) {
            fprintf(out, "%s`%s`", i > 0 ? ", " : "", o->choices[i]);
        }
        break;
    case CHL_OPT_INT:
        fprintf(out, "%lld to %lld", (long long)o->min, (long long)o->max);
        break;
    case CHL_OPT_DURATION_MS:
        fprintf(out, "time, ");
        print_duration(out, o->min);
        fprintf(out, " to ");
        print_duration(out, o->max);
        break;
    case CHL_OPT_BOOL:
        fprintf(out, "`true`, `false`");
        break;
    case CHL_OPT_LIST:
        fprintf(out, "list of at most %lld", (long long)o->max);
        break;
    default:
        fprintf(out, "text, at most %lld bytes", (long long)o->max);
        break;
    }
}

/** Settings and reboot are registers with more to say. */
static bool is_register_key(const struct profile_section *section, const struct chl_opt *o)
{
    for (const struct chl_opt *k = profile_register_table; k->name != NULL; k++) {
        if (strcmp(k->name, o->name) == 0 && strcmp(k->help_en, o->help_en) == 0) {
            return section->table != profile_register_table;
        }
    }
    return false;
}

static void print_table(FILE *out, const struct profile_section *section)
{
    bool more = false;
    fprintf(out, "### `%s`\n\n%s.\n\n| key | value | when absent | meaning |\n|---|---|---|---|\n",
            section->key, section->about);
    for (const struct chl_opt *o = section->table; o->name != NULL; o++) {
        if (is_register_key(section, o)) {
            more = true;
            continue;
        }
        fprintf(out, "| `%s` | ", o->name);
        print_value(out, o);
        if (o->required) {
            fprintf(out, " | required | ");
        } else if (o->dflt != NULL && o->dflt[0] != '\0') {
            fprintf(out, " | `%s` | ", o->dflt);
        } else {
            fprintf(out, " | | ");
        }
        fprintf(out, "%s |\n", o->help_en);
    }
    fprintf(out, "\n%s", more ? "And the keys of a register, as in `registers`.\n\n" : "");
}

static void print_roles(FILE *out)
{
    fprintf(out, "Roles:\n\n| role | what it is |\n|---|---|\n");
#define ROLE(id, name, text) fprintf(out, "| `%s` | %s |\n", name, text);
    CHL_REGISTERS(ROLE)
#undef ROLE
    fprintf(out, "\n");
}

static char *print_all(void)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    if (out == NULL) {
        return NULL;
    }
    for (const struct profile_section *s = profile_sections; s->key != NULL; s++) {
        print_table(out, s);
        if (strcmp(s->key, "registers") == 0) {
            print_roles(out);
        }
    }
    fclose(out);
    return text;
}

static void test_the_readme_says_what_the_tables_say(void **state)
{
    (void)state;
    static char readme[65536];
    FILE *file = fopen(README, "rb");
    assert_non_null(file);
    const size_t length = fread(readme, 1, sizeof readme - 1, file);
    fclose(file);
    readme[length] = '\0';
    char *begin = strstr(readme, BEGIN);
    assert_non_null(begin);
    begin += strlen(BEGIN);
    char *end = strstr(begin, END);
    assert_non_null(end);
    *end = '\0';
    char *expected = print_all();
    assert_non_null(expected);
    if (strcmp(begin, expected) != 0) {
        fail_msg("README.md differs from the tables; replace what stands between its marks with "
                 "the output of test_profile_docs --print");
    }
    free(expected);
}

/** The overview names every profile of the folder with what it does alone. */
static void test_the_overview_says_what_the_profiles_say(void **state)
{
    (void)state;
    static char readme[65536];
    FILE *file = fopen(README, "rb");
    assert_non_null(file);
    readme[fread(readme, 1, sizeof readme - 1, file)] = '\0';
    fclose(file);
    size_t count = 0;
    DIR *folder = opendir(CHL_SOURCE_DIR "/firmware-config");
    assert_non_null(folder);
    for (const struct dirent *e = readdir(folder); e != NULL; e = readdir(folder)) {
        char path[512];
        char row[300];
        char alone[32];
        const char *dot = strrchr(e->d_name, '.');
        if (dot == NULL || strcmp(dot, ".yaml") != 0) {
            continue;
        }
        struct chl_profile *p = NULL;
        struct chl_yaml_error error;
        snprintf(path, sizeof path, CHL_SOURCE_DIR "/firmware-config/%s", e->d_name);
        if (chl_profile_load(path, &p, &error) != CHL_OK) {
            fail_msg("%s", error.text);
        }
        chl_profile_alone_text(p, alone);
        snprintf(row, sizeof row, "| [%s](%s) | ", p->id, e->d_name);
        const char *at = strstr(readme, row);
        if (at == NULL) {
            fail_msg("README.md has no row %s", row);
        }
        const char *end = strchr(at, '\n');
        snprintf(row, sizeof row, "| %s |", alone);
        assert_non_null(end);
        if (strncmp(end - strlen(row), row, strlen(row)) != 0) {
            fail_msg("README.md: expected the row of %s to end in %s", p->id, row);
        }
        count++;
        chl_profile_free(p);
    }
    closedir(folder);
    assert_true(count >= 6);
}

/** Both languages explain each key: the one table serves whoever shows it. */
static void test_every_key_is_explained_twice(void **state)
{
    (void)state;
    for (const struct profile_section *s = profile_sections; s->key != NULL; s++) {
        for (const struct chl_opt *o = s->table; o->name != NULL; o++) {
            if (o->help_vi == NULL || o->help_en == NULL || o->help_vi[0] == '\0' ||
                o->help_en[0] == '\0' || strcmp(o->help_vi, o->help_en) == 0) {
                fail_msg("%s.%s is not explained in both languages", s->key, o->name);
            }
            /* It stands in a cell of a table. */
            assert_null(strchr(o->help_en, '|'));
        }
    }
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "--print") == 0) {
        char *text = print_all();
        const bool done = text != NULL && fputs(text, stdout) >= 0;
        free(text);
        return done ? EXIT_SUCCESS : EXIT_FAILURE;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_readme_says_what_the_tables_say),
        cmocka_unit_test(test_the_overview_says_what_the_profiles_say),
        cmocka_unit_test(test_every_key_is_explained_twice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
