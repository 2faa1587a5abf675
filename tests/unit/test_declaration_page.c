/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The plugin's page has the table of fields as the code has it, and the command's help fits
 * a terminal.
 */
#include "lib/declaration/declaration.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define PAGE CHL_SOURCE_DIR "/plugins/credential_declaration/README.md"

enum { CELL_SIZE = 512, HELP_WIDTH = 80 };

static char page[64 * 1024];

static void read_all(FILE *file, char *out, size_t size)
{
    assert_non_null(file);
    size_t length = fread(out, 1, size - 1, file);
    assert_true(length > 0);
    out[length] = '\0';
}

static void list_choices(const struct chl_declaration_field *field, int first, char *out,
                         size_t size)
{
    size_t length = strlen(out);
    for (int i = 0; field->choices[i] != NULL; i++) {
        length += (size_t)snprintf(out + length, size - length, "%s%d %s", i > 0 ? ", " : "",
                                   first + i, field->choices[i]);
    }
}

/** What lies on the wire. */
static void wire(const struct chl_declaration_field *field, char out[CELL_SIZE])
{
    static const char *const plain[] = {
        [CHL_FIELD_BIRTH] = "text YYYY, YYYY-MM or YYYY-MM-DD",
        [CHL_FIELD_DATE] = "days since 1970-01-01",
        [CHL_FIELD_TIME] = "seconds since 1970 UTC",
        [CHL_FIELD_COMPANIONS] = "array of [name, birth, document?], at most 8",
    };
    out[0] = '\0';
    switch (field->type) {
    case CHL_FIELD_TEXT:
        if (field->country) {
            (void)snprintf(out, CELL_SIZE, "text: %s", field->of);
            break;
        }
        (void)snprintf(out, CELL_SIZE, "text, at most %zu bytes%s%s", field->size - 1,
                       field->of == NULL ? "" : " of ", field->of == NULL ? "" : field->of);
        break;
    case CHL_FIELD_NUMBER8:
    case CHL_FIELD_NUMBER16:
        (void)snprintf(out, CELL_SIZE, "%lld–%lld", (long long)field->min, (long long)field->max);
        break;
    case CHL_FIELD_CHOICE:
        list_choices(field, 1, out, CELL_SIZE);
        break;
    case CHL_FIELD_BITS:
        (void)snprintf(out, CELL_SIZE, "0 = none, or bits: ");
        list_choices(field, 0, out, CELL_SIZE);
        break;
    case CHL_FIELD_BIRTH:
    case CHL_FIELD_DATE:
    case CHL_FIELD_TIME:
    case CHL_FIELD_COMPANIONS:
        (void)snprintf(out, CELL_SIZE, "%s", plain[field->type]);
        break;
    }
    size_t length = strlen(out);
    if (field->digits > 0) {
        (void)snprintf(out + length, CELL_SIZE - length, "; %d digits as an integer",
                       field->digits);
    }
}

static void test_the_page_has_every_field(void **state)
{
    (void)state;
    size_t count = 0;
    unsigned wrong = 0;
    FILE *file = fopen(PAGE, "r");
    read_all(file, page, sizeof page);
    (void)fclose(file);
    const struct chl_declaration_field *fields = chl_declaration_fields(&count);
    for (size_t i = 0; i < count; i++) {
        char cell[CELL_SIZE];
        char row[2 * CELL_SIZE];
        wire(&fields[i], cell);
        (void)snprintf(row, sizeof row, "| %d | `%s` | %s | %s%s | %s |\n", fields[i].key,
                       fields[i].name, cell, fields[i].en, fields[i].required ? "; required" : "",
                       fields[i].vi);
        if (strstr(page, row) == NULL) {
            print_message("expected the row\n%s", row);
            wrong++;
        }
    }
    assert_int_equal(wrong, 0);
    /* And no row of a field that is not. */
    size_t rows = 0;
    for (const char *at = page; (at = strstr(at, "\n| ")) != NULL; at++) {
        rows += at[3] >= '0' && at[3] <= '9' ? 1 : 0;
    }
    assert_int_equal(rows, count);
}

static size_t columns(const char *line, size_t length)
{
    size_t count = 0;
    for (size_t i = 0; i < length; i++) {
        count += ((unsigned char)line[i] & 0xC0) != 0x80 ? 1 : 0;
    }
    return count;
}

static void check_help(const char *command)
{
    FILE *help = popen(command, "r"); /* NOLINT(cert-env33-c): our own program */
    read_all(help, page, sizeof page);
    assert_int_equal(pclose(help), 0);
    for (const char *line = page; *line != '\0';) {
        size_t length = strcspn(line, "\n");
        if (columns(line, length) > HELP_WIDTH) {
            fail_msg("%s: expected at most %d columns: %.*s", command, HELP_WIDTH, (int)length,
                     line);
        }
        line += length + (line[length] == '\n' ? 1 : 0);
    }
}

static void test_the_help_fits_a_terminal(void **state)
{
    (void)state;
    size_t count = 0;
    check_help(CHL_STAGE_DIR "/bin/chilang declare revoke --help");
    check_help(CHL_STAGE_DIR "/bin/chilang keygen issuer --help");
    check_help(CHL_STAGE_DIR "/bin/chilang declare --help");
    const struct chl_declaration_field *fields = chl_declaration_fields(&count);
    for (size_t i = 0; i < count; i++) {
        char option[64];
        (void)snprintf(option, sizeof option, "--%s", fields[i].name);
        for (char *at = option; (at = strchr(at, '_')) != NULL;) {
            *at = '-';
        }
        if (strstr(page, option) == NULL) {
            fail_msg("%s: expected it in the help", option);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_page_has_every_field),
        cmocka_unit_test(test_the_help_fits_a_terminal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
