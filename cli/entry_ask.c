/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The questions of an entry by hand, in the language of those who stand at the lane.
 */
#include <string.h>
#include <strings.h>

#include "cli/ask_words.h"
#include "cli/declare.h"
#include "cli/entry.h"
#include "lib/document/document.h"

enum { ANSWER_MAX = 512, WHY_MAX = DECLARE_WHY };

/** What is asked, in this order: field, how the desk's `missing` calls it, must it be answered. */
static const struct question {
    const char *field, *missing;
    enum { OPTIONAL, REQUIRED, UNLESS_DOCUMENT } need;
} questions[] = {
    {"document", "document", OPTIONAL},  {"name", "name", UNLESS_DOCUMENT},
    {"birth", "birth", UNLESS_DOCUMENT}, {"phone", "phone", OPTIONAL},
    {"from", "origin", REQUIRED},        {"symptoms", "symptoms", REQUIRED},
    {"contact", "contact", REQUIRED},    {"party", NULL, OPTIONAL},
};

static bool desk_lacks(const struct entry *entry, const char *what)
{
    size_t index = 0;
    const json_t *value = NULL;
    if (what == NULL) {
        return false;
    }
    json_array_foreach(json_object_get(entry->desk, "missing"), index, value)
    {
        const char *text = json_string_value(value);
        if (text != NULL && strcmp(text, what) == 0) {
            return true;
        }
    }
    return false;
}

static bool knows_document(const struct entry *entry)
{
    bool scanned = entry->scanned && json_array_size(json_object_get(entry->desk, "documents")) > 0;
    return scanned || json_object_get(entry->form, "document") != NULL;
}

static bool is_asked(const struct entry *entry, const struct question *question)
{
    if (json_object_get(entry->form, question->field) != NULL) {
        return false;
    }
    return !entry->scanned || desk_lacks(entry, question->missing);
}

static bool is_needed(const struct entry *entry, const struct question *question)
{
    return question->need == REQUIRED ||
           (question->need == UNLESS_DOCUMENT && !knows_document(entry));
}

static void print_hint(FILE *out, const struct chl_declaration_field *field, bool english)
{
    char expects[256];
    if (field->type == CHL_FIELD_BITS && !english) {
        (void)fputs("\n  (k = không, c = có, hoặc:", out);
        for (size_t i = 0; field->choices_vi != NULL && field->choices_vi[i] != NULL; i++) {
            (void)fprintf(out, "%s %s", i > 0 ? "," : "", field->choices_vi[i]);
        }
        (void)fputs(")", out);
    } else if (field->type == CHL_FIELD_BITS) {
        chl_declaration_expects(field, expects, sizeof expects);
        (void)fprintf(out, "\n  (%s)", expects);
    } else if (field->type == CHL_FIELD_BIRTH) {
        (void)fputs(english ? " (such as 1987 or 1987-01-18)" : " (ví dụ 1987 hoặc 1987-01-18)",
                    out);
    } else if (strcmp(field->name, "from") == 0) {
        (void)fputs(english ? " (code or name, such as 05977)" : " (mã hoặc tên, ví dụ 05977)",
                    out);
    } else if (field->type == CHL_FIELD_NUMBER16) {
        (void)fprintf(out, " (%lld–%lld; Enter = %lld)", (long long)field->min,
                      (long long)field->max, (long long)field->min);
    }
    (void)fputs(": ", out);
    (void)fflush(out);
}

/** One key for the commonest answers. */
static const char *spoken(const struct chl_declaration_field *field, const char *answer)
{
    static const char *const keys[][2] = {{"k", "no"}, {"n", "no"}, {"c", "yes"}, {"y", "yes"}};
    for (size_t i = 0; field->type == CHL_FIELD_BITS && i < sizeof keys / sizeof *keys; i++) {
        if (strcasecmp(answer, keys[i][0]) == 0) {
            return keys[i][1];
        }
    }
    return answer;
}

/** The code of an area that was named; anything else as it is. NULL with `why`: no such area. */
static const char *settled(const struct chl_declaration_field *field, const char *answer,
                           char code[8], char why[WHY_MAX])
{
    if (field->area == CHL_AREA_NONE || answer[0] == '\0') {
        return answer;
    }
    return declare_area(field, answer, code, why) == CHL_OK ? code : NULL;
}

static bool is_good(const struct chl_declaration_field *field, const char *answer)
{
    char why[WHY_MAX];
    struct chl_document number;
    struct chl_declaration tried;
    chl_declaration_init(&tried);
    bool good =
        chl_declaration_set(&tried, field, answer, why, sizeof why) == CHL_OK &&
        (strcmp(field->name, "document") != 0 || chl_document_read(tried.claims.document, &number));
    explicit_bzero(&tried, sizeof tried);
    explicit_bzero(&number, sizeof number);
    return good;
}

static void explain(FILE *out, const struct chl_declaration_field *field, bool english,
                    const char *why)
{
    char expects[256];
    if (why[0] != '\0') {
        (void)fprintf(out, english ? "  %s\n" : "  Chưa đúng, xin nhập lại (%s)\n", why);
        return;
    }
    if (!english) {
        ask_explain(out, field);
        return;
    }
    chl_declaration_expects(field, expects, sizeof expects);
    (void)fprintf(out, "  Expected %s; once more.\n", expects);
}

static char *trimmed(char *line)
{
    line += strspn(line, " \t");
    size_t length = strlen(line);
    while (length > 0 && strchr(" \t\r\n", line[length - 1]) != NULL) {
        line[--length] = '\0';
    }
    return line;
}

static chl_err ask_one(FILE *in, FILE *out, struct entry *entry, const struct question *question)
{
    char line[ANSWER_MAX];
    chl_err result = CHL_E_CLOSED;
    bool needed = is_needed(entry, question);
    const struct chl_declaration_field *field =
        chl_declaration_field(question->field, strlen(question->field));
    for (bool asking = field != NULL; asking;) {
        (void)fprintf(out, "%s%s", entry->english ? field->en : field->vi, needed ? "*" : "");
        print_hint(out, field, entry->english);
        if (fgets(line, sizeof line, in) == NULL) {
            asking = false;
            continue;
        }
        char code[8];
        char why[WHY_MAX] = "";
        const char *answer = settled(field, spoken(field, trimmed(line)), code, why);
        if (answer == NULL) {
            explain(out, field, entry->english, why);
        } else if (answer[0] == '\0' && needed) {
            (void)fputs(entry->english ? "  This one must be answered.\n" : "  Mục này bắt buộc.\n",
                        out);
        } else if (answer[0] == '\0') {
            result = CHL_OK;
            asking = false;
        } else if (is_good(field, answer)) {
            (void)json_object_set_new(entry->form, field->name, json_string(answer));
            result = CHL_OK;
            asking = false;
        } else {
            explain(out, field, entry->english, "");
        }
    }
    explicit_bzero(line, sizeof line);
    return result;
}

static bool is_one_of(const char *answer, const char *const *words)
{
    for (; *words != NULL; words++) {
        if (strcasecmp(answer, *words) == 0) {
            return true;
        }
    }
    return false;
}

/** Whether it is who was just scanned: yes or no, nothing else is taken for either. */
static chl_err ask_whether_scanned(FILE *in, FILE *out, struct entry *entry)
{
    static const char *const yes[] = {"c", "có", "y", "yes", NULL};
    static const char *const no[] = {"k", "không", "n", "no", NULL};
    char line[ANSWER_MAX];
    entry_print_desk(out, entry);
    for (;;) {
        (void)fputs(
            entry->english ? "This person? (y/n): " : "Đúng người này? (c = có, k = không): ", out);
        (void)fflush(out);
        if (fgets(line, sizeof line, in) == NULL) {
            return CHL_E_CLOSED;
        }
        const char *answer = trimmed(line);
        entry->scanned = is_one_of(answer, yes);
        if (entry->scanned || is_one_of(answer, no)) {
            return CHL_OK;
        }
        (void)fputs(entry->english ? "  Answer y or n.\n" : "  Xin trả lời c hoặc k.\n", out);
    }
}

chl_err entry_ask(FILE *in, FILE *out, struct entry *entry)
{
    chl_err result = CHL_OK;
    (void)fputs(entry->english
                    ? "ENTRY BY HAND – * must be answered; Enter passes over the others.\n"
                    : "NHẬP TAY – mục có dấu * là bắt buộc; Enter để bỏ qua mục khác.\n",
                out);
    if (entry_has_desk(entry) && !entry->scanned) {
        result = ask_whether_scanned(in, out, entry);
    }
    for (size_t i = 0; result == CHL_OK && i < sizeof questions / sizeof *questions; i++) {
        if (is_asked(entry, &questions[i])) {
            result = ask_one(in, out, entry, &questions[i]);
        }
    }
    return result;
}
