/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The table of the form's fields: its own order, and what people may write into each.
 */
#include "lib/declaration/declaration.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static struct chl_declaration form;

static chl_err set(const char *name, const char *text)
{
    char why[512] = "";
    const struct chl_declaration_field *field = chl_declaration_field(name, strlen(name));
    assert_non_null(field);
    chl_declaration_init(&form);
    chl_err err = chl_declaration_set(&form, field, text, why, sizeof why);
    /* A refusal says what was expected, and never repeats what a person wrote. */
    assert_int_equal(err != CHL_OK, strstr(why, "expected") != NULL);
    return err;
}

static void test_the_table_is_in_order(void **state)
{
    (void)state;
    size_t count = 0;
    const struct chl_declaration_field *fields = chl_declaration_fields(&count);
    assert_true(count > 20);
    for (size_t i = 0; i < count; i++) {
        assert_true(fields[i].key > (i > 0 ? fields[i - 1].key : 0));
        assert_true(fields[i].offset + fields[i].size <= sizeof form);
        assert_true(strlen(fields[i].vi) > 0 && strlen(fields[i].en) > 0);
        assert_ptr_equal(chl_declaration_field(fields[i].name, strlen(fields[i].name)), &fields[i]);
    }
    assert_ptr_equal(chl_declaration_field("birth-year", 10), chl_declaration_field("birth", 5));
    assert_ptr_equal(chl_declaration_field("dose-date", 9), chl_declaration_field("dose_date", 9));
    assert_null(chl_declaration_field("nothing", 7));
    assert_null(chl_declaration_field("", 0));
}

static void test_text_is_trimmed_and_bounded(void **state)
{
    (void)state;
    assert_int_equal(set("name", "  Trần Văn Bình \n"), CHL_OK);
    assert_string_equal(form.claims.name, "Trần Văn Bình");
    assert_int_equal(set("name", "   "), CHL_OK);
    assert_string_equal(form.claims.name, "");
    assert_int_equal(set("name", "a\tb"), CHL_E_INVAL);
    assert_int_equal(set("name", "\xff"), CHL_E_INVAL);
    char text[200];
    memset(text, 'x', sizeof text);
    text[191] = '\0';
    assert_int_equal(set("name", text), CHL_OK);
    text[191] = 'x';
    text[192] = '\0';
    assert_int_equal(set("name", text), CHL_E_INVAL);
    assert_int_equal(set("phone", "+84944713700"), CHL_OK);
    assert_int_equal(set("phone", "call me"), CHL_E_INVAL);
    assert_int_equal(set("from", "05977"), CHL_OK);
    assert_int_equal(set("from", "Vĩnh Trại"), CHL_E_INVAL);
}

static void test_dates_are_of_the_calendar(void **state)
{
    (void)state;
    static const char *const good[] = {"1987", "1987-01", "1987-01-18", "1900", "2100"};
    static const char *const bad[] = {"87", "1899", "2101", "1987-13", "1987-02-30", "30/02/1987"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        assert_int_equal(set("birth", good[i]), CHL_OK);
        assert_string_equal(form.claims.birth, good[i]);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(set("birth", bad[i]), CHL_E_INVAL);
    }
    assert_int_equal(set("dose_date", "2021-11-20"), CHL_OK);
    assert_string_equal(form.claims.dose_date, "2021-11-20");
    assert_int_equal(set("dose_date", "1999-12-31"), CHL_E_INVAL);
    assert_int_equal(set("dose_date", "2021-11"), CHL_E_INVAL);
    assert_int_equal(set("test_at", "2022-01-31T08:30:00+07:00"), CHL_OK);
    assert_int_equal(form.claims.test_sampled_at, 1643592600);
    assert_int_equal(set("test_at", "yesterday"), CHL_E_INVAL);
}

static void test_choices_are_taken_as_people_say_them(void **state)
{
    (void)state;
    size_t count = 0;
    const struct chl_declaration_field *fields = chl_declaration_fields(&count);
    for (size_t i = 0; i < count; i++) {
        size_t said = 0;
        while (fields[i].choices_vi != NULL && fields[i].choices_vi[said] != NULL) {
            assert_non_null(fields[i].choices[said]);
            assert_int_equal(set(fields[i].name, fields[i].choices_vi[said]), CHL_OK);
            said++;
        }
        assert_true(fields[i].choices_vi == NULL || fields[i].choices[said] == NULL);
    }
    assert_int_equal(set("symptoms", "Sốt, khó thở; cough"), CHL_OK);
    assert_int_equal(form.claims.symptoms,
                     CHL_SYMPTOM_FEVER | CHL_SYMPTOM_DYSPNOEA | CHL_SYMPTOM_COUGH);
    assert_int_equal(set("symptoms", "không"), CHL_OK);
    assert_int_equal(form.claims.symptoms, 0);
    assert_int_equal(set("symptoms", "khó"), CHL_E_INVAL);
    assert_int_equal(set("symptoms", "hoa"), CHL_E_INVAL);
    assert_int_equal(set("symptoms", "sốt không"), CHL_E_INVAL);
    assert_int_equal(set("contact", "vùng dịch"), CHL_OK);
}

static void test_answers_are_words(void **state)
{
    (void)state;
    assert_int_equal(set("symptoms", "no"), CHL_OK);
    assert_int_equal(form.claims.symptomatic, CHL_ANSWER_NO);
    assert_int_equal(set("symptoms", "không"), CHL_OK);
    assert_int_equal(form.claims.symptomatic, CHL_ANSWER_NO);
    assert_int_equal(set("symptoms", "Fever; cough"), CHL_OK);
    assert_int_equal(form.claims.symptoms, CHL_SYMPTOM_FEVER | CHL_SYMPTOM_COUGH);
    assert_int_equal(form.claims.symptomatic, CHL_ANSWER_YES);
    assert_int_equal(set("symptoms", "yes"), CHL_OK);
    assert_int_equal(form.claims.symptoms, CHL_SYMPTOM_OTHER);
    assert_int_equal(set("symptoms", "no fever"), CHL_E_INVAL);
    assert_int_equal(set("symptoms", ","), CHL_E_INVAL);
    assert_int_equal(set("contact", "patient+area"), CHL_OK);
    assert_int_equal(form.contacts, CHL_CONTACT_PATIENT | CHL_CONTACT_AREA);
    assert_int_equal(set("sex", "female"), CHL_OK);
    assert_int_equal(form.sex, CHL_SEX_FEMALE);
    assert_int_equal(set("sex", "f"), CHL_E_INVAL);
    assert_int_equal(set("test", "PCR"), CHL_OK);
    assert_int_equal(form.claims.test_kind, CHL_TEST_PCR);
    assert_int_equal(set("test_result", "positive"), CHL_OK);
    assert_int_equal(form.claims.test_result, CHL_RESULT_POSITIVE);
}

static void test_plates_are_one_form(void **state)
{
    (void)state;
    static const char *const ways[] = {"29LĐ-012.34", "29lđ 01234", "29LÐ01234",
                                       "29 - LĐ / 012_34"};
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        assert_int_equal(set("vehicle", ways[i]), CHL_OK);
        assert_string_equal(form.claims.vehicle, "29LĐ01234");
    }
    static const char *const bad[] = {"12Â-1", "12A*", "--", "12A-0123456789012345678901234"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(set("vehicle", bad[i]), CHL_E_INVAL);
    }
}

static void test_people_here_write_it_so(void **state)
{
    (void)state;
    assert_int_equal(set("phone", "0944 713.700"), CHL_OK);
    assert_string_equal(form.claims.phone, "0944713700");
    assert_int_equal(set("birth", "8/1/1987"), CHL_OK);
    assert_string_equal(form.claims.birth, "1987-01-08");
    assert_int_equal(set("dose_date", "20/11/2021"), CHL_OK);
    assert_string_equal(form.claims.dose_date, "2021-11-20");
    assert_int_equal(set("test_at", "31/1/2022 8:30"), CHL_OK);
    assert_int_equal(form.claims.test_sampled_at, 1643592600);
    assert_int_equal(set("test_at", "31/1/2022 8h"), CHL_E_INVAL);
    assert_int_equal(set("email", "ten@example.vn"), CHL_OK);
    assert_int_equal(set("email", "ten"), CHL_E_INVAL);
    /* Composed and not, a name is the same bytes. */
    assert_int_equal(set("name", "Nguye\xCC\x82\xCC\x83n"), CHL_OK);
    assert_string_equal(form.claims.name, "Nguy\xE1\xBB\x85n");
    assert_int_equal(set("note", "a\xE2\x80\xAE"
                                 "b"),
                     CHL_E_INVAL); /* turns what follows */
    assert_int_equal(set("sex", "NỮ"), CHL_OK);
    assert_int_equal(form.sex, CHL_SEX_FEMALE);
    assert_int_equal(set("sex", "khác"), CHL_OK);
    assert_true(chl_declaration_complete(&form));
    assert_int_equal(form.claims.sex, CHL_SEX_UNKNOWN);
    assert_int_equal(set("symptoms", "SOT, kho tho"), CHL_OK);
    assert_int_equal(form.claims.symptoms, CHL_SYMPTOM_FEVER | CHL_SYMPTOM_DYSPNOEA);
}

static void test_companions_are_told_apart(void **state)
{
    (void)state;
    assert_int_equal(set("companions", " Bé Na ; 2019 | Lê Bình;1/2/1950; 012345678 "), CHL_OK);
    assert_int_equal(form.claims.companion_count, 2);
    assert_string_equal(form.claims.companions[0].name, "Bé Na");
    assert_string_equal(form.claims.companions[1].birth, "1950-02-01");
    assert_int_equal(form.claims.companions[1].document.kind, CHL_DOCUMENT_CMND);
    static const char *const bad[] = {"Bé Na", "Bé Na; x", "Bé Na; 2019; 1; 2", "; 2019",
                                      "A;1|B;2019"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(set("companions", bad[i]), CHL_E_INVAL);
        assert_int_equal(form.claims.companion_count, 0); /* all or none */
    }
}

static void test_three_questions_are_one_field(void **state)
{
    (void)state;
    size_t count = 0;
    char why[512] = "";
    const struct chl_declaration_question *questions = chl_declaration_questions(&count);
    assert_int_equal(count, 3);
    chl_declaration_init(&form);
    assert_int_equal(chl_declaration_answer(&form, &questions[0], "Không", why, sizeof why),
                     CHL_OK);
    assert_int_equal(chl_declaration_answer(&form, &questions[1], "co", why, sizeof why), CHL_OK);
    assert_int_equal(form.claims.contact, CHL_ANSWER_NONE);
    assert_int_equal(chl_declaration_answer(&form, &questions[2], "maybe", why, sizeof why),
                     CHL_E_INVAL);
    assert_non_null(strstr(why, "expected yes or no"));
    assert_int_equal(chl_declaration_answer(&form, &questions[2], "no", why, sizeof why), CHL_OK);
    assert_int_equal(form.claims.contact, CHL_ANSWER_YES);
    assert_int_equal(form.contacts, CHL_CONTACT_AREA);
    assert_int_equal(chl_declaration_answer(&form, &questions[1], "no", why, sizeof why), CHL_OK);
    assert_int_equal(form.claims.contact, CHL_ANSWER_NO);
}

static void test_numbers_are_bounded(void **state)
{
    (void)state;
    assert_int_equal(set("party", "60"), CHL_OK);
    assert_int_equal(form.claims.party, 60);
    static const char *const bad[] = {"0",   "61", "-1", "1.5", "two", "99999999999999999999",
                                      "0x1", "1 2"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(set("party", bad[i]), CHL_E_INVAL);
        assert_int_equal(form.claims.party, 1);
    }
    assert_int_equal(set("doses", "3"), CHL_OK);
    assert_int_equal(form.claims.doses, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_table_is_in_order),
        cmocka_unit_test(test_choices_are_taken_as_people_say_them),
        cmocka_unit_test(test_text_is_trimmed_and_bounded),
        cmocka_unit_test(test_dates_are_of_the_calendar),
        cmocka_unit_test(test_answers_are_words),
        cmocka_unit_test(test_plates_are_one_form),
        cmocka_unit_test(test_people_here_write_it_so),
        cmocka_unit_test(test_companions_are_told_apart),
        cmocka_unit_test(test_three_questions_are_one_field),
        cmocka_unit_test(test_numbers_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
