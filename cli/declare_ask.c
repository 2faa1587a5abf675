/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Asks for the form at a terminal, in the language of those who stand at it.
 *
 *  Nothing is written before the last answer: what is broken off leaves nothing behind.
 */
#include "cli/ask_words.h"
#include "cli/declare.h"

#include <string.h>

enum { ANSWER_MAX = 512, CHOICES_MAX = 9 };

struct talk {
    FILE *in, *out;
    int64_t now_s;
    struct chl_declaration *form;
    const struct chl_area *offered[CHOICES_MAX]; /* by the numbers that were shown */
    size_t offers;
};

static void list_choices(FILE *out, const char *const *choices)
{
    for (size_t i = 0; choices[i] != NULL; i++) {
        fprintf(out, "%s%s", i > 0 ? ", " : "", choices[i]);
    }
}

/** What may be answered, where it is not plain. */
static void print_hint(FILE *out, const struct chl_declaration_field *field)
{
    switch (field->type) {
    case CHL_FIELD_BITS:
        fputs("\n  (không, có, hoặc: ", out);
        list_choices(out, field->choices_vi);
        fputs(")", out);
        break;
    case CHL_FIELD_NUMBER8:
    case CHL_FIELD_NUMBER16:
        fprintf(out, " (%lld–%lld)", (long long)field->min, (long long)field->max);
        break;
    case CHL_FIELD_BIRTH:
        fputs(" (ví dụ 1987 hoặc 18/1/1987)", out);
        break;
    case CHL_FIELD_CHOICE:
        fputs(" (", out);
        list_choices(out, field->choices_vi);
        fputs(")", out);
        break;
    case CHL_FIELD_DATE:
        fputs(" (ví dụ 1/2/2022)", out);
        break;
    case CHL_FIELD_TIME:
        fputs(" (ví dụ 1/2/2022 7:30)", out);
        break;
    case CHL_FIELD_COMPANIONS:
        fputs(" (họ tên; năm sinh; số giấy tờ nếu có)", out);
        break;
    case CHL_FIELD_TEXT:
        if (field->area != CHL_AREA_NONE) {
            fputs(" (tên hoặc mã)", out);
        } else if (field->country) {
            fputs(" (mã nước, ví dụ VN, LA, CN)", out);
        }
        break;
    }
    fputs(": ", out);
    (void)fflush(out);
}

/** Offer what a name may mean; the answer may then be a number of the list. */
static void offer(struct talk *talk, const struct chl_declaration_field *field, const char *text)
{
    char why[DECLARE_WHY] = "";
    char name[ANSWER_MAX];
    const struct chl_areas *areas = declare_areas(why);
    size_t length = strcspn(text, "\r\n");
    talk->offers = 0;
    if (areas == NULL) {
        fputs("  Xin ghi mã số của địa phương.\n", talk->out);
        return;
    }
    (void)snprintf(name, sizeof name, "%.*s", (int)length, text);
    size_t count = chl_areas_find(areas, declare_level(field), name, talk->offered, CHOICES_MAX);
    bool several = count > 1;
    if (!several) {
        count = chl_areas_like(areas, declare_level(field), name, talk->offered, CHOICES_MAX);
    }
    talk->offers = count < CHOICES_MAX ? count : CHOICES_MAX;
    fputs(several             ? "  Có nhiều nơi cùng tên, xin chọn số:\n"
          : talk->offers == 0 ? "  Không tìm thấy; ở tỉnh khác xin ghi mã số 5 chữ số.\n"
                              : "  Không tìm thấy, gần giống:\n",
          talk->out);
    for (size_t i = 0; i < talk->offers; i++) {
        const struct chl_area *area = talk->offered[i];
        fprintf(talk->out, "  %zu. %s%s%s%s%s (%s)\n", i + 1, area->kind,
                area->kind[0] != '\0' ? " " : "", area->name, area->within[0] != '\0' ? ", " : "",
                area->within, area->code);
    }
}

/** The number of an offer stands for its code. */
static const char *offered(const struct talk *talk, const char *answer)
{
    size_t length = strcspn(answer, " \t\r\n");
    size_t number = (size_t)(answer[0] - '1');
    return length == 1 && answer[0] >= '1' && number < talk->offers ? talk->offered[number]->code
                                                                    : answer;
}

static bool is_empty(const char *answer)
{
    return strspn(answer, " \t\r\n") == strlen(answer);
}

/** A number where some were offered, but none of theirs: what was offered still stands. */
static bool is_past_offers(const struct talk *talk, const char *answer)
{
    size_t digits = strspn(answer, "0123456789");
    return talk->offers > 0 && digits > 0 && digits <= 2 && is_empty(answer + digits) &&
           offered(talk, answer) == answer;
}

/** Read an answer; a line that is too long is none. @return false: nobody answers any more. */
static bool hear(struct talk *talk, char answer[ANSWER_MAX])
{
    if (fgets(answer, ANSWER_MAX, talk->in) == NULL) {
        return false;
    }
    bool whole = strchr(answer, '\n') != NULL || feof(talk->in) != 0;
    /* NOLINTNEXTLINE(concurrency-mt-unsafe): the tool has one thread */
    for (int c = 0; !whole && c != '\n' && c != EOF; c = getc(talk->in)) {
        answer[0] = '\x01'; /* which no field takes */
        answer[1] = '\0';
    }
    return true;
}

/** Take an answer, or say in the words of the form what is wrong with it. @return true: taken. */
static bool take(struct talk *talk, const struct chl_declaration_field *field, const char *answer)
{
    char why[DECLARE_WHY] = "";
    const struct chl_declaration before = *talk->form;
    if (is_past_offers(talk, answer)) {
        fprintf(talk->out, "  Xin chọn số từ 1 đến %zu, hoặc ghi tên hay mã.\n", talk->offers);
        return false;
    }
    if (declare_put(talk->form, field, offered(talk, answer), why) == CHL_OK) {
        if (chl_declaration_ahead(talk->form, talk->now_s) != field) {
            return true;
        }
        *talk->form = before;
        fputs("  Ngày giờ này chưa đến, xin nhập lại.\n", talk->out);
    } else if (field->area != CHL_AREA_NONE) {
        offer(talk, field, answer);
    } else {
        ask_explain(talk->out, field);
    }
    return false;
}

static chl_err ask_field(struct talk *talk, const struct chl_declaration_field *field)
{
    char answer[ANSWER_MAX];
    bool needed = field->required || field->insisted;
    talk->offers = 0;
    for (;;) {
        fprintf(talk->out, "%s%s", field->vi, needed ? "*" : "");
        print_hint(talk->out, field);
        if (!hear(talk, answer)) {
            return CHL_E_CLOSED;
        }
        if (is_empty(answer) && needed) {
            fputs("  Mục này bắt buộc.\n", talk->out);
        } else if (take(talk, field, answer)) {
            return CHL_OK;
        }
    }
}

/** The form's three questions, each by itself. */
static chl_err ask_contacts(struct talk *talk)
{
    size_t count = 0;
    char answer[ANSWER_MAX];
    const struct chl_declaration_question *questions = chl_declaration_questions(&count);
    fputs("Trong 14 ngày qua:\n", talk->out);
    for (size_t i = 0; i < count;) {
        char why[DECLARE_WHY] = "";
        fprintf(talk->out, "  %s?* (có, không): ", questions[i].vi);
        (void)fflush(talk->out);
        if (!hear(talk, answer)) {
            return CHL_E_CLOSED;
        }
        if (is_empty(answer)) {
            fputs("  Mục này bắt buộc.\n", talk->out);
        } else if (chl_declaration_answer(talk->form, &questions[i], answer, why, sizeof why) !=
                   CHL_OK) {
            fputs("  Chưa đúng, xin trả lời có hoặc không.\n", talk->out);
        } else {
            i++;
        }
    }
    return CHL_OK;
}

/** One after the other until an empty line. */
static chl_err ask_companions(struct talk *talk, const struct chl_declaration_field *field)
{
    const struct chl_claims *claims = &talk->form->claims;
    fputs("Người đi cùng mã này (trẻ em, cả nhà một điện thoại); Enter khi hết.\n", talk->out);
    for (size_t before = SIZE_MAX;
         before != claims->companion_count && claims->companion_count < CHL_CLAIM_COMPANIONS_MAX;) {
        before = claims->companion_count;
        chl_err err = ask_field(talk, field);
        if (err != CHL_OK) {
            return err;
        }
    }
    return CHL_OK;
}

/** Left out when the answer before it makes it idle. */
static bool is_idle(const struct chl_declaration *form, const struct chl_declaration_field *field)
{
    static const struct {
        const char *name;
        size_t offset;
        uint8_t idle_when;
    } rows[] = {
        {"note", offsetof(struct chl_declaration, claims.symptomatic), CHL_ANSWER_NO},
        {"dose_date", offsetof(struct chl_declaration, claims.doses), 0},
        {"test_result", offsetof(struct chl_declaration, claims.test_kind), CHL_TEST_NONE},
        {"test_at", offsetof(struct chl_declaration, claims.test_kind), CHL_TEST_NONE},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (strcmp(rows[i].name, field->name) == 0) {
            return ((const uint8_t *)form)[rows[i].offset] == rows[i].idle_when;
        }
    }
    /* Everybody was named: how many they are is known. */
    return strcmp(field->name, "party") == 0 && form->claims.companion_count > 0;
}

static chl_err ask_one(struct talk *talk, const struct chl_declaration_field *field)
{
    if (is_idle(talk->form, field)) {
        return CHL_OK;
    }
    if (strcmp(field->name, "contact") == 0) {
        return ask_contacts(talk);
    }
    return field->type == CHL_FIELD_COMPANIONS ? ask_companions(talk, field)
                                               : ask_field(talk, field);
}

chl_err declare_ask(FILE *in, FILE *out, int64_t now_s, struct chl_declaration *form)
{
    size_t count = 0;
    chl_err err = CHL_OK;
    struct talk talk = {.in = in, .out = out, .now_s = now_s, .form = form};
    const struct chl_declaration_field *fields = chl_declaration_fields(&count);
    fputs("TỜ KHAI Y TẾ – mục có dấu * là bắt buộc; Enter để bỏ qua mục khác.\n", out);
    for (unsigned order = 1; err == CHL_OK && order <= count; order++) {
        for (size_t i = 0; err == CHL_OK && i < count; i++) {
            if (fields[i].asked == order) {
                err = ask_one(&talk, &fields[i]);
            }
        }
    }
    return err;
}
