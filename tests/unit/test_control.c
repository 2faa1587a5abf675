/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The operator's requests: what is written is read back, and what is wrong is named.
 */
#include "lib/control/control.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static chl_err parse(const char *line, struct control_request *out, struct control_refusal *why)
{
    return chl_control_parse(line, strlen(line), out, why);
}

static void test_requests_round_trip(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "{\"op\":\"status\",\"id\":\"7\"}",
        "{\"op\":\"watch\"}",
        "{\"op\":\"stats\"}",
        "{\"op\":\"emergency\"}",
        "{\"op\":\"emergency\",\"who\":\"Lan\",\"why\":\"khói\"}",
        "{\"op\":\"reset\",\"who\":\"Lan\",\"why\":\"xong\"}",
        "{\"op\":\"resolve\",\"lane\":\"G1\",\"who\":\"Lan\",\"admit\":true}",
        "{\"op\":\"resolve\",\"lane\":\"G1\",\"who\":\"Lan\",\"admit\":false}",
        "{\"op\":\"pass\",\"gate\":\"H1\",\"who\":\"Lan\",\"direction\":\"exit\",\"n\":3}",
        "{\"op\":\"gate\",\"gate\":\"G1\",\"who\":\"Lan\",\"why\":\"\\u0022x\",\"mode\":\"free\"}",
        "{\"op\":\"gate\",\"gate\":\"G1\",\"who\":\"Lan\",\"why\":\"x\",\"mode\":\"free-exit\"}",
        "{\"op\":\"gate\",\"gate\":\"G1\",\"who\":\"Lan\",\"why\":\"x\",\"mode\":\"schedule\"}",
        "{\"op\":\"disperse\",\"who\":\"Lan\",\"why\":\"tan hội\"}",
        "{\"op\":\"disperse\",\"zone\":\"san\",\"end\":true,\"who\":\"Lan\",\"why\":\"xong\"}",
        "{\"op\":\"desk\",\"lane\":\"G1\"}",
        "{\"op\":\"enter\",\"lane\":\"G1\",\"who\":\"Lan\",\"form\":{}}",
        "{\"op\":\"enter\",\"lane\":\"G1\",\"who\":\"Lan\",\"check\":7,"
        "\"code\":\"00112233445566778899aabbccddeeff\",\"form\":{\"name\":\"Đỗ \\u0022Ánh\\u0022\","
        "\"party\":2,\"symptoms\":false,\"contact\":\"không\",\"from\":\"05977\",\"test\":null}}",
        "{\"op\":\"recount\",\"zone\":\"z\",\"who\":\"Lan\",\"why\":\"w\",\"inside\":12,"
        "\"how\":\"sweep\"}",
        "{\"op\":\"audit\",\"gate\":\"G1\",\"who\":\"Lan\",\"seconds\":180,\"tapped_in\":40,"
        "\"tapped_out\":2,\"counted_in\":41,\"counted_out\":2}",
        "{\"op\":\"audit\",\"gate\":\"G1\",\"who\":\"Lan\",\"seconds\":60,\"tapped_in\":4,"
        "\"tapped_out\":0,\"counted_in\":4,\"counted_out\":0,\"few\":true}"};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        struct control_request first;
        struct control_request second;
        struct control_refusal why;
        char out[1024];
        assert_int_equal(parse(lines[i], &first, &why), CHL_OK);
        assert_int_equal(chl_control_write(&first, out, sizeof out), CHL_OK);
        assert_int_equal(parse(out, &second, &why), CHL_OK);
        char again[1024];
        assert_int_equal(chl_control_write(&second, again, sizeof again), CHL_OK);
        assert_string_equal(out, again);
        assert_int_equal(first.op, second.op);
        assert_string_equal(first.who, second.who);
        assert_int_equal(first.admit, second.admit);
        assert_int_equal(first.n, second.n);
        assert_int_equal(first.inside, second.inside);
        assert_int_equal(first.mode, second.mode);
        assert_int_equal(first.schedule, second.schedule);
        assert_int_equal(first.end, second.end);
        assert_string_equal(first.zone, second.zone);
        assert_int_equal(first.direction, second.direction);
        assert_int_equal(first.check, second.check);
        assert_string_equal(first.code, second.code);
        assert_string_equal(first.form, second.form);
    }
}

static void test_every_op_has_its_name(void **state)
{
    (void)state;
    static const char *const names[] = {
#define NAME(id, name) [id] = (name),
        CHL_CONTROL_OPS(NAME)
#undef NAME
    };
    for (int i = 0; i < CONTROL_OP_COUNT; i++) {
        assert_string_equal(chl_control_op_name((control_op)i), names[i]);
    }
    assert_string_equal(chl_control_op_name(CONTROL_OP_COUNT), "");
}

#define ENTER "{\"op\":\"enter\",\"lane\":\"G1\",\"who\":\"Lan\""

static const struct {
    const char *line, *error, *says;
} refused[] = {
    {"", "malformed", "one JSON object"},
    {"nonsense", "malformed", "one JSON object"},
    {"[1]", "malformed", "another JSON value"},
    {"{\"op\":\"status\"} x", "malformed", ""},
    {"{\"op\":\"status\",\"op\":\"stats\"}", "malformed", ""},
    {"{\"op\":\"status\",\"id\":\"\xff\"}", "malformed", ""},
    {"{}", "field_missing", "\"op\""},
    {"{\"op\":7}", "field_invalid", "\"op\""},
    {"{\"op\":\"open\"}", "op_unknown", "\"open\""},
    {"{\"op\":\"gate\",\"gate\":\"G1\",\"mode\":\"free\",\"why\":\"w\"}", "field_missing",
     "\"who\""},
    {"{\"op\":\"gate\",\"gate\":\"G1\",\"mode\":\"free\",\"who\":\"w\"}", "field_missing",
     "\"why\""},
    {"{\"op\":\"gate\",\"gate\":\"G1\",\"who\":\"w\",\"why\":\"w\"}", "field_missing", "\"mode\""},
    {"{\"op\":\"gate\",\"gate\":\"G1\",\"who\":\"w\",\"why\":\"w\",\"mode\":\"emergency\"}",
     "field_invalid", "normal, blocked, free, free-exit or schedule"},
    {"{\"op\":\"disperse\",\"who\":\"w\"}", "field_missing", "\"why\""},
    {"{\"op\":\"disperse\",\"why\":\"w\"}", "field_missing", "\"who\""},
    {"{\"op\":\"disperse\",\"who\":\"w\",\"why\":\"w\",\"end\":1}", "field_invalid", "\"end\""},
    {"{\"op\":\"gate\",\"gate\":\"\",\"who\":\"w\",\"why\":\"w\",\"mode\":\"free\"}",
     "field_missing", "\"gate\""},
    {"{\"op\":\"reset\",\"who\":\"w\"}", "field_missing", "\"why\""},
    {"{\"op\":\"resolve\",\"lane\":\"G1\",\"who\":\"w\"}", "field_missing", "\"admit\""},
    {"{\"op\":\"resolve\",\"lane\":\"G1\",\"who\":\"w\",\"admit\":1}", "field_invalid",
     "\"admit\""},
    {"{\"op\":\"resolve\",\"lane\":\"G1\",\"who\":\"a\\u001bb\",\"admit\":true}", "field_invalid",
     "control character"},
    {"{\"op\":\"resolve\",\"lane\":\"0123456789012345678901234567890123456789012345678\",\"who\":"
     "\"w\",\"admit\":true}",
     "field_invalid", "at most 48 bytes"},
    {"{\"op\":\"pass\",\"gate\":\"H\",\"who\":\"w\",\"direction\":\"in\",\"n\":1}", "field_invalid",
     "entry or exit"},
    {"{\"op\":\"pass\",\"gate\":\"H\",\"who\":\"w\",\"direction\":\"entry\",\"n\":0}",
     "field_invalid", "1 to 1000"},
    {"{\"op\":\"pass\",\"gate\":\"H\",\"who\":\"w\",\"direction\":\"entry\",\"n\":1.5}",
     "field_invalid", "\"n\""},
    {"{\"op\":\"recount\",\"zone\":\"z\",\"who\":\"w\",\"why\":\"w\",\"inside\":-1}",
     "field_invalid", "\"inside\""},
    {"{\"op\":\"recount\",\"zone\":\"z\",\"who\":\"w\",\"why\":\"w\"}", "field_missing",
     "\"inside\""},
    {"{\"op\":\"recount\",\"zone\":\"z\",\"who\":\"w\",\"why\":\"w\",\"inside\":1}",
     "field_missing", "\"how\""},
    {"{\"op\":\"recount\",\"zone\":\"z\",\"who\":\"w\",\"why\":\"w\",\"inside\":1,\"how\":"
     "\"guess\"}",
     "field_invalid", "clicker, sweep"},
    {"{\"op\":\"audit\",\"gate\":\"g\",\"who\":\"w\",\"seconds\":0}", "field_invalid",
     "\"seconds\""},
    {"{\"op\":\"audit\",\"gate\":\"g\",\"who\":\"w\",\"seconds\":180,\"tapped_in\":-1}",
     "field_invalid", "\"tapped_in\""},
    {"{\"op\":\"desk\"}", "field_missing", "\"lane\""},
    {ENTER "}", "field_missing", "\"form\""},
    {"{\"op\":\"enter\",\"lane\":\"G1\",\"form\":{}}", "field_missing", "\"who\""},
    {ENTER ",\"form\":[]}", "field_invalid", "an object of answers"},
    {ENTER ",\"form\":{},\"code\":\"xyz\"}", "field_invalid", "32 hexadecimal digits"},
    {ENTER ",\"form\":{},\"check\":-1}", "field_invalid", "\"check\""},
    {ENTER ",\"form\":{\"nmae\":\"x\"}}", "field_invalid", "got \"nmae\""},
    {ENTER ",\"form\":{\"name\":[]}}", "field_invalid", "\"name\""},
    {ENTER ",\"form\":{\"name\":1.5}}", "field_invalid", "\"name\""},
    {ENTER ",\"form\":{\"name\":\"a\\u0007\"}}", "field_invalid", "\"name\""},
    {ENTER ",\"form\":{\"birth\":\"18/13/1987\"}}", "field_invalid", "YYYY-MM-DD"},
    {ENTER ",\"form\":{\"symptoms\":\"maybe\"}}", "field_invalid", "no, yes, or some of fever"},
    {ENTER ",\"form\":{\"party\":0}}", "field_invalid", "a number from 1 to"},
    {ENTER ",\"form\":{\"document\":\"12 34\"}}", "field_invalid", "6 to 26 letters and digits"},
};

static void test_mistakes_are_named(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        struct control_request request;
        struct control_refusal why;
        chl_err result = parse(refused[i].line, &request, &why);
        if (result != CHL_E_INVAL || strcmp(why.error, refused[i].error) != 0 ||
            strstr(why.text, refused[i].says) == NULL) {
            fail_msg("%s: %d %s %s", refused[i].line, (int)result, why.error, why.text);
        }
    }
}

static void test_refusals_repeat_no_answer(void **state)
{
    (void)state;
    static const char *const lines[] = {
        ENTER ",\"form\":{\"birth\":\"Nguyễn Văn Kín\"}}",
        ENTER ",\"form\":{\"document\":\"Kín*\"}}",
        ENTER ",\"form\":{\"symptoms\":\"Kín\"}}",
        ENTER ",\"form\":{\"phone\":\"Kín\"}}",
    };
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        struct control_request request;
        struct control_refusal why;
        assert_int_equal(parse(lines[i], &request, &why), CHL_E_INVAL);
        assert_null(strstr(why.text, "Kín"));
    }
}

static void test_form_completes_what_is_known(void **state)
{
    (void)state;
    struct chl_declaration form;
    struct control_refusal why;
    chl_declaration_init(&form);
    assert_int_equal(chl_control_missing(&form.claims), CHL_MISSING_SYMPTOMS | CHL_MISSING_CONTACT |
                                                            CHL_MISSING_ORIGIN | CHL_MISSING_NAME |
                                                            CHL_MISSING_BIRTH);
    assert_int_equal(chl_control_form("{\"document\":\"001 093 029 317\"}", &form, &why), CHL_OK);
    assert_int_equal(form.claims.document_count, 1);
    assert_string_equal(form.claims.documents[0].number, "001093029317");
    assert_int_equal(chl_control_missing(&form.claims),
                     CHL_MISSING_SYMPTOMS | CHL_MISSING_CONTACT | CHL_MISSING_ORIGIN);
    form.claims.documents[1] = (struct chl_document){CHL_DOCUMENT_CMND, "012345678"};
    form.claims.document_count = 2;
    /* The same number again, or none, says nothing new; another one is another document. */
    assert_int_equal(chl_control_form("{\"document\":\"001093029317\",\"symptoms\":\"sốt, ho\","
                                      "\"contact\":true,\"from\":\"05977\",\"name\":\"\"}",
                                      &form, &why),
                     CHL_OK);
    assert_int_equal(form.claims.document_count, 2);
    assert_int_equal(form.claims.symptoms, CHL_SYMPTOM_FEVER | CHL_SYMPTOM_COUGH);
    assert_int_equal(form.claims.contact, CHL_ANSWER_YES);
    assert_int_equal(chl_control_missing(&form.claims), 0);
    assert_int_equal(chl_control_form("{\"document\":\"B1234567\"}", &form, &why), CHL_OK);
    assert_int_equal(form.claims.document_count, 1);
    assert_int_equal(form.claims.documents[0].kind, CHL_DOCUMENT_PASSPORT);
    assert_int_equal(chl_control_form("{\"name\":\"a\",\"name\":\"b\"}", &form, &why), CHL_E_INVAL);
    assert_int_equal(chl_control_form("[", &form, &why), CHL_E_INVAL);
}

static void test_long_form_is_refused(void **state)
{
    (void)state;
    char line[2 * CHL_CONTROL_FORM_MAX];
    struct control_request request;
    struct control_refusal why;
    (void)snprintf(line, sizeof line, ENTER ",\"form\":{\"name\":\"%0*d\"}}", CHL_CONTROL_FORM_MAX,
                   0);
    assert_int_equal(parse(line, &request, &why), CHL_E_INVAL);
    assert_non_null(strstr(why.text, "at most 4095 bytes"));
    assert_string_equal(request.form, "");
}

static void test_refusal_keeps_the_id(void **state)
{
    (void)state;
    struct control_request request;
    struct control_refusal why;
    assert_int_equal(parse("{\"op\":\"open\",\"id\":\"a1\"}", &request, &why), CHL_E_INVAL);
    assert_string_equal(request.id, "a1");
}

static void test_long_line_is_refused(void **state)
{
    (void)state;
    size_t length = CHL_CONTROL_LINE_MAX + 1;
    char *line = malloc(length);
    assert_non_null(line);
    memset(line, ' ', length);
    struct control_request request;
    struct control_refusal why;
    assert_int_equal(chl_control_parse(line, length, &request, &why), CHL_E_INVAL);
    assert_string_equal(why.error, "too_long");
    free(line);
}

static chl_err find(const char *text, char out[256], struct chl_yaml_error *error)
{
    struct chl_yaml *yaml = NULL;
    const char *path = "";
    chl_err result = chl_yaml_parse("/srv/site.yaml", text, strlen(text), &yaml, error);
    if (result == CHL_OK) {
        result = chl_control_find(yaml, &path, error);
    }
    (void)snprintf(out, 256, "%s", path);
    chl_yaml_free(yaml);
    return result;
}

static void test_find_the_socket(void **state)
{
    (void)state;
    char path[256];
    struct chl_yaml_error error;
    assert_int_equal(find("control: run/c.sock", path, &error), CHL_OK);
    assert_string_equal(path, "/srv/run/c.sock");
    assert_int_equal(find("journal: { path: /var/j/journal.db }", path, &error), CHL_OK);
    assert_string_equal(path, "/var/j/control.sock");
    assert_int_equal(find("journal: { path: journal.db }", path, &error), CHL_OK);
    assert_string_equal(path, "/srv/control.sock");
    assert_int_equal(find("site: { id: x }", path, &error), CHL_E_CONFIG);
    assert_int_equal(find("a: b\ncontrol: [x]", path, &error), CHL_E_CONFIG);
    assert_int_equal(error.line, 2);
    assert_int_equal(error.column, 10);
    char text[256];
    (void)snprintf(text, sizeof text, "control: /%0120d", 1);
    assert_int_equal(find(text, path, &error), CHL_E_CONFIG);
    assert_non_null(strstr(error.text, "at most 107 bytes, got 121"));
    (void)snprintf(text, sizeof text, "journal: { path: /%0120d/j.db }", 1);
    assert_int_equal(find(text, path, &error), CHL_E_CONFIG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_requests_round_trip),
        cmocka_unit_test(test_every_op_has_its_name),
        cmocka_unit_test(test_mistakes_are_named),
        cmocka_unit_test(test_refusal_keeps_the_id),
        cmocka_unit_test(test_refusals_repeat_no_answer),
        cmocka_unit_test(test_form_completes_what_is_known),
        cmocka_unit_test(test_long_form_is_refused),
        cmocka_unit_test(test_long_line_is_refused),
        cmocka_unit_test(test_find_the_socket),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
