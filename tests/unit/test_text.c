/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The table of reasons is complete, unique, short enough, and never admits a refused code.
 */
#include "lib/base/text.h"
#include "lib/cose/refusals.h"
#include "lib/text/reasons.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { COLUMNS = 6 };

static void test_rows_are_usable(void **state)
{
    (void)state;
    for (int i = 1; i < CHL_REASON_COUNT; i++) {
        const struct chl_reason_text *row = chl_reason_get((chl_reason)i);
        const char *const texts[] = {row->vi, row->vi_next, row->en, row->en_next};
        assert_in_range(row->verdict, CHL_ADMIT, CHL_DENY);
        for (size_t t = 0; t < 4; t++) {
            assert_true(texts[t][0] != '\0' && chl_utf8_valid(texts[t], strlen(texts[t])));
        }
        assert_int_equal(chl_reason_by_id(row->id), i);
    }
}

/* The longest that a site can make of it: everybody of the largest party, a gate with a name of its
 * own, composed or decomposed. */
static void test_short_lines_fit_when_filled(void **state)
{
    (void)state;
    static const struct chl_reason_values longest[] = {
        {.n = UINT16_MAX, .k = UINT16_MAX, .time = "08:15", .gate = "Cổng Đông đền Mẫu Đồng Đăng"},
        {.n = UINT16_MAX,
         .k = UINT16_MAX,
         .time = "08:15",
         .gate = "Cu\xcc\x9b\xcc\x89"
                 "a khẩu Hữu Nghị, làn số 12 dành cho xe chở khách đường dài và người đi bộ"},
        {.n = 1, .k = 1}};
    for (int i = 1; i < CHL_REASON_COUNT; i++) {
        const struct chl_reason_text *row = chl_reason_get((chl_reason)i);
        const char *const lines[] = {row->vi, row->en};
        for (size_t l = 0; l < 2 * sizeof longest / sizeof *longest; l++) {
            char out[256];
            assert_int_equal(chl_reason_fill(lines[l % 2], &longest[l / 2], out, sizeof out),
                             CHL_OK);
            if (chl_reason_characters(out) > CHL_REASON_SHORT_MAX) {
                fail_msg("%s: longer than %d characters: %s", row->id, CHL_REASON_SHORT_MAX, out);
            }
            assert_true(chl_utf8_valid(out, strlen(out)));
            assert_null(strchr(out, '{'));
        }
        assert_null(strchr(row->vi_next, '{'));
        assert_null(strchr(row->en_next, '{'));
    }
}

static void test_gate_names_are_shortened(void **state)
{
    (void)state;
    char out[128];
    struct chl_reason_values values = {.time = "08:15", .gate = "Cổng Đông đền Mẫu"};
    const struct chl_reason_text *used = chl_reason_get(CHL_REASON_ALREADY_USED);
    assert_int_equal(chl_reason_fill(used->vi, &values, out, sizeof out), CHL_OK);
    assert_string_equal(out, "Mã đã dùng lúc 08:15 tại Cổng Đông đền…");
    values.gate = "Cổng Đông đền M";
    assert_int_equal(chl_reason_fill(used->vi, &values, out, sizeof out), CHL_OK);
    assert_string_equal(out, "Mã đã dùng lúc 08:15 tại Cổng Đông đền M");
    assert_int_equal(chl_reason_characters(out), CHL_REASON_SHORT_MAX);
    assert_int_equal(chl_reason_characters("u\xcc\x9b\xcc\x89"), 1);
}

/** Both say what to do where nothing but the short line differs. */
static bool same_act_is_meant(chl_reason a, chl_reason b)
{
    static const chl_reason meant[][2] = {
        {CHL_REASON_ISSUER_UNKNOWN, CHL_REASON_SIGNATURE_UNSUPPORTED},
    };
    for (size_t i = 0; i < sizeof meant / sizeof *meant; i++) {
        if ((meant[i][0] == a && meant[i][1] == b) || (meant[i][0] == b && meant[i][1] == a)) {
            return true;
        }
    }
    return false;
}

static void test_no_two_say_the_same(void **state)
{
    (void)state;
    for (int i = 0; i < CHL_REASON_COUNT; i++) {
        for (int j = 0; j < i; j++) {
            const struct chl_reason_text *a = chl_reason_get((chl_reason)i);
            const struct chl_reason_text *b = chl_reason_get((chl_reason)j);
            assert_string_not_equal(a->id, b->id);
            assert_string_not_equal(a->vi, b->vi);
            assert_string_not_equal(a->en, b->en);
            if (!same_act_is_meant((chl_reason)i, (chl_reason)j) &&
                (strcmp(a->vi_next, b->vi_next) == 0 || strcmp(a->en_next, b->en_next) == 0)) {
                fail_msg("%s and %s tell the staff the same", a->id, b->id);
            }
        }
    }
}

static void test_none_admits_nobody(void **state)
{
    (void)state;
    assert_int_equal(chl_reason_get(CHL_REASON_NONE)->verdict, CHL_VERDICT_NONE);
    assert_int_equal(chl_reason_get((chl_reason)9999)->verdict, CHL_VERDICT_NONE);
    assert_int_equal(chl_reason_by_id("no_such_reason"), CHL_REASON_NONE);
}

/** The queue reads the short line: what ails a person is none of its business. */
static void test_health_shows_as_a_code(void **state)
{
    (void)state;
    static const struct {
        chl_reason reason;
        const char *code;
    } coded[] = {{CHL_REASON_HEALTH_CHECK, "(Y1)"},
                 {CHL_REASON_TEST_POSITIVE, "(Y2)"},
                 {CHL_REASON_REGISTER_MATCH, "(Y3)"}};
    static const char *const private[] = {
        "dương tính", "triệu chứng", "sốt",      "cách ly",  "danh sách", "F0",
        "F1",         "positive",    "symptom",  "fever",    "cough",     "sick",
        "quarantine", "register",    "infected", "tiếp xúc", "contact"};
    for (size_t i = 0; i < sizeof coded / sizeof *coded; i++) {
        const struct chl_reason_text *row = chl_reason_get(coded[i].reason);
        assert_non_null(strstr(row->vi, coded[i].code));
        assert_non_null(strstr(row->en, coded[i].code));
    }
    for (int i = 1; i < CHL_REASON_COUNT; i++) {
        const struct chl_reason_text *row = chl_reason_get((chl_reason)i);
        for (size_t p = 0; p < sizeof private / sizeof *private; p++) {
            if (strstr(row->vi, private[p]) != NULL || strstr(row->en, private[p]) != NULL) {
                fail_msg("%s: the queue reads `%s`", row->id, private[p]);
            }
        }
    }
}

/** What our machine, list or clock got wrong says so, and refuses nobody. */
static void test_our_own_fault_is_ours(void **state)
{
    (void)state;
    static const chl_reason ours[] = {CHL_REASON_NOT_RECORDABLE, CHL_REASON_BUSY,
                                      CHL_REASON_VERIFY_DATA_STALE, CHL_REASON_SCANNER_MANGLED};
    for (size_t i = 0; i < sizeof ours / sizeof *ours; i++) {
        const struct chl_reason_text *row = chl_reason_get(ours[i]);
        assert_int_not_equal(row->verdict, CHL_DENY);
        if (strstr(row->vi_next, "không phải của khách") == NULL ||
            strstr(row->en_next, "not the visitor's") == NULL) {
            fail_msg("%s: expected to say whose fault it is", row->id);
        }
    }
    static const char *const faults[] = {"plugin-error", "verifier_absent", "certificate_expired",
                                         "text_mangled"};
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        chl_reason reason = chl_reason_for_refusal(faults[i], CHL_STAGE_SIGNATURE);
        assert_non_null(strstr(chl_reason_get(reason)->en_next, "not the visitor's"));
    }
}

static const char *const refusals[] = {
#define CHL_REFUSAL_REASON(refusal, reason) refusal,
#include "lib/text/refusals.def"
#undef CHL_REFUSAL_REASON
};

static void test_refusals_never_admit(void **state)
{
    (void)state;
    for (int stage = -1; stage <= CHL_STAGE_COUNT; stage++) {
        for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
            chl_reason reason = chl_reason_for_refusal(refusals[i], (chl_stage)stage);
            assert_in_range(chl_reason_get(reason)->verdict, CHL_CHECK, CHL_DENY);
        }
        chl_reason reason = chl_reason_for_refusal("in_its_own_words", (chl_stage)stage);
        assert_in_range(chl_reason_get(reason)->verdict, CHL_CHECK, CHL_DENY);
    }
    assert_int_equal(chl_reason_for_refusal("", (chl_stage)99), CHL_REASON_CODE_UNREADABLE);
    assert_int_equal(chl_reason_for_refusal("in_its_own_words", CHL_STAGE_DONE),
                     CHL_REASON_CODE_UNREADABLE);
}

/** Every refusal of the signed codes is in the table by name, at the stage it is reported at. */
static void test_refusals_of_signed_codes_are_listed(void **state)
{
    (void)state;
    static const char *const signed_codes[] = {
#define REFUSAL_ID(id, stage, text) #id,
        CHL_REFUSALS(REFUSAL_ID)
#undef REFUSAL_ID
    };
    for (size_t i = 0; i < sizeof signed_codes / sizeof *signed_codes; i++) {
        bool listed = false;
        for (size_t j = 0; j < sizeof refusals / sizeof *refusals; j++) {
            listed = listed || strcmp(refusals[j], signed_codes[i]) == 0;
        }
        if (!listed) {
            fail_msg("%s is not in lib/text/refusals.def", signed_codes[i]);
        }
    }
}

/** Expired, forged, unreadable, unknown issuer and unknown format are told apart. */
static void test_kinds_of_refusal_differ(void **state)
{
    (void)state;
    static const struct {
        const char *refusal;
        chl_stage stage;
    } kinds[] = {{"expired", CHL_STAGE_TIME},
                 {"signature_invalid", CHL_STAGE_SIGNATURE},
                 {"picture_unreadable", CHL_STAGE_PICTURE},
                 {"issuer_unknown", CHL_STAGE_ISSUER},
                 {"format_unknown", CHL_STAGE_PREFIX},
                 {"key_usage", CHL_STAGE_KEY_USAGE},
                 {"schema_missing", CHL_STAGE_SCHEMA},
                 {"cbor_malformed", CHL_STAGE_CBOR},
                 {"format_unsupported", CHL_STAGE_PREFIX},
                 {"place_code", CHL_STAGE_PREFIX},
                 {"text_mangled", CHL_STAGE_PREFIX},
                 {"certificate_expired", CHL_STAGE_TIME},
                 {"alg_unsupported", CHL_STAGE_SIGNATURE},
                 {"not_yet_valid", CHL_STAGE_TIME}};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        for (size_t j = 0; j < i; j++) {
            chl_reason a = chl_reason_for_refusal(kinds[i].refusal, kinds[i].stage);
            chl_reason b = chl_reason_for_refusal(kinds[j].refusal, kinds[j].stage);
            assert_int_not_equal(a, b);
            assert_string_not_equal(chl_reason_get(a)->vi, chl_reason_get(b)->vi);
            assert_string_not_equal(chl_reason_get(a)->en, chl_reason_get(b)->en);
        }
    }
    assert_int_equal(chl_reason_for_document("expired", CHL_STAGE_TIME, CHL_FORMAT_DECLARATION),
                     CHL_REASON_DECLARATION_EXPIRED);
    assert_int_equal(chl_reason_for_document("expired", CHL_STAGE_TIME, CHL_FORMAT_HCERT),
                     CHL_REASON_DOCUMENT_EXPIRED);
    assert_int_equal(
        chl_reason_for_document("signature_invalid", CHL_STAGE_SIGNATURE, CHL_FORMAT_DECLARATION),
        CHL_REASON_SIGNATURE_INVALID);
}

static void test_fill(void **state)
{
    (void)state;
    struct chl_reason_values values = {.n = 4, .k = 2, .time = "08:15", .gate = "Cổng chính"};
    char out[128];
    const struct chl_reason_text *used = chl_reason_get(CHL_REASON_ALREADY_USED);
    assert_int_equal(chl_reason_fill(used->en, &values, out, sizeof out), CHL_OK);
    assert_string_equal(out, "Code used at 08:15, Cổng chính");
    const struct chl_reason_text *group = chl_reason_get(CHL_REASON_OK_GROUP);
    assert_int_equal(chl_reason_fill(group->en, &values, out, sizeof out), CHL_OK);
    assert_string_equal(out, "Group of 4 may pass (2 left)");
    assert_int_equal(chl_reason_fill("{x} {", &values, out, sizeof out), CHL_OK);
    assert_string_equal(out, "{x} {");
    assert_int_equal(chl_reason_fill("{gate}", &values, out, 4), CHL_E_LIMIT);
    assert_string_equal(out, "C");
    values.gate = NULL;
    assert_int_equal(chl_reason_fill("a{gate}b", &values, out, sizeof out), CHL_OK);
    assert_string_equal(out, "a?b");
}

/** Split one line of CSV in place (RFC 4180 quoting). */
static size_t split(char *line, char *fields[COLUMNS])
{
    size_t count = 0;
    char *in = line;
    while (count < COLUMNS) {
        bool quoted = *in == '"';
        in += quoted ? 1 : 0;
        char *out = fields[count++] = in;
        while (*in != '\0' && *in != '\n' && *in != '\r' && (quoted || *in != ',')) {
            if (quoted && *in == '"' && *++in != '"') {
                break;
            }
            *out++ = *in++;
        }
        bool more = *in == ',';
        *out = '\0';
        if (!more) {
            break;
        }
        in++;
    }
    return count;
}

static void test_table_keeps_the_shared_reasons(void **state)
{
    (void)state;
    static const char *const verdicts[] = {"", "ADMIT", "WAIT", "CHECK", "DENY"};
    FILE *file = fopen(CHL_SHARED_DIR "/data/reasons.csv", "re");
    if (file == NULL) {
        print_message("SKIPPED: no shared table of reasons\n");
        skip();
    }
    char line[2048];
    int rows = -1; /* the first line names the columns */
    while (fgets(line, sizeof line, file) != NULL) {
        char *fields[COLUMNS] = {NULL};
        size_t count = split(line, fields);
        if (rows++ < 0) {
            continue;
        }
        assert_int_equal(count, COLUMNS);
        chl_reason reason = chl_reason_by_id(fields[0]);
        assert_int_not_equal(reason, CHL_REASON_NONE);
        const struct chl_reason_text *row = chl_reason_get(reason);
        assert_string_equal(verdicts[row->verdict], fields[1]);
        assert_string_equal(row->vi, fields[2]);
        assert_string_equal(row->vi_next, fields[3]);
        assert_string_equal(row->en, fields[4]);
        assert_string_equal(row->en_next, fields[5]);
    }
    (void)fclose(file);
    assert_true(rows >= 25);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows_are_usable),
        cmocka_unit_test(test_short_lines_fit_when_filled),
        cmocka_unit_test(test_gate_names_are_shortened),
        cmocka_unit_test(test_no_two_say_the_same),
        cmocka_unit_test(test_health_shows_as_a_code),
        cmocka_unit_test(test_our_own_fault_is_ours),
        cmocka_unit_test(test_none_admits_nobody),
        cmocka_unit_test(test_refusals_never_admit),
        cmocka_unit_test(test_refusals_of_signed_codes_are_listed),
        cmocka_unit_test(test_kinds_of_refusal_differ),
        cmocka_unit_test(test_fill),
        cmocka_unit_test(test_table_keeps_the_shared_reasons),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
