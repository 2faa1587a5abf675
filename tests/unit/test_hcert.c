/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The EU DCC plugin: claims, key usage, time, schema, and several threads at once.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/hcert_help.h"

enum { DAY_S = 86400, SKEW_MS = 300000 };

enum { ANY, VACCINATION_ONLY, PS256, STRANGER, ISSUERS };

static struct issuing issuers[ISSUERS];
static struct chl_instance *instance;

static int start(void **state)
{
    (void)state;
    bool good = issuing_make("P-256", NULL, &issuers[ANY]) &&
                issuing_make("P-256", ISSUING_OID_OLD_VACCINATION, &issuers[VACCINATION_ONLY]) &&
                issuing_make("RSA-2048", "clientAuth,emailProtection", &issuers[PS256]) &&
                issuing_make("P-256", NULL, &issuers[STRANGER]);
    instance = good ? hcert_instance(issuers, STRANGER, SKEW_MS) : NULL;
    return instance != NULL ? 0 : -1;
}

static int stop(void **state)
{
    (void)state;
    chl_plugin.ops->destroy(instance);
    for (size_t i = 0; i < ISSUERS; i++) {
        issuing_free(&issuers[i]);
    }
    return 0;
}

static void inspect_dcc(int issuer, struct issuing_dcc dcc, struct chl_inspection *out)
{
    char code[CHL_ISSUE_CODE_MAX];
    dcc.issued_at = dcc.issued_at != 0 ? dcc.issued_at : HCERT_NOW_S - DAY_S;
    dcc.expires_at = dcc.expires_at != 0 ? dcc.expires_at : HCERT_NOW_S + DAY_S;
    assert_true(issuing_dcc_code(&issuers[issuer], NULL, &dcc, code, sizeof code));
    hcert_inspect(instance, (const uint8_t *)code, strlen(code), HCERT_NOW_S, out);
}

static void test_answers(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        int issuer;
        struct issuing_dcc dcc;
        chl_stage stage;
        const char *reason;
    } rows[] = {
        {"vaccination", ANY, {.kind = 'v'}, CHL_STAGE_DONE, ""},
        {"test", ANY, {.kind = 't'}, CHL_STAGE_DONE, ""},
        {"recovery", ANY, {.kind = 'r'}, CHL_STAGE_DONE, ""},
        {"ps256", PS256, {.kind = 't'}, CHL_STAGE_DONE, ""},
        {"floats", ANY, {.float_times = true}, CHL_STAGE_DONE, ""},
        {"fractions of seconds", ANY, {.float_times = true, .fraction = 0.074}, CHL_STAGE_DONE, ""},
        {"nulls", ANY, {.kind = 't', .null_optionals = true}, CHL_STAGE_DONE, ""},
        {"tags", ANY, {.kind = 't', .tagged_dates = true}, CHL_STAGE_DONE, ""},
        {"indefinite", ANY, {.indefinite = true}, CHL_STAGE_DONE, ""},
        {"stranger", STRANGER, {0}, CHL_STAGE_ISSUER, "issuer_unknown"},
        {"usage fits", VACCINATION_ONLY, {.kind = 'v'}, CHL_STAGE_DONE, ""},
        {"usage", VACCINATION_ONLY, {.kind = 't'}, CHL_STAGE_KEY_USAGE, "key_usage"},
        {"usage before time",
         VACCINATION_ONLY,
         {.kind = 'r', .expires_at = HCERT_NOW_S - DAY_S},
         CHL_STAGE_KEY_USAGE,
         "key_usage"},
        {"expired", ANY, {.expires_at = HCERT_NOW_S - 301}, CHL_STAGE_TIME, "expired"},
        {"within skew", ANY, {.expires_at = HCERT_NOW_S - 299}, CHL_STAGE_DONE, ""},
        {"from tomorrow", ANY, {.issued_at = HCERT_NOW_S + 301}, CHL_STAGE_TIME, "not_yet_valid"},
        {"just issued", ANY, {.issued_at = HCERT_NOW_S + 299}, CHL_STAGE_DONE, ""},
        {"for ever", ANY, {.no_expiry = true}, CHL_STAGE_TIME, "expiry_missing"},
        {"year of birth", ANY, {.birth = "1990"}, CHL_STAGE_DONE, ""},
        {"month of birth", ANY, {.birth = "1990-00"}, CHL_STAGE_DONE, ""},
        {"no birth", ANY, {.birth = ""}, CHL_STAGE_DONE, ""},
        {"old birth", ANY, {.birth = "1815-08-24"}, CHL_STAGE_SCHEMA, "schema_value"},
        {"unborn", ANY, {.birth = "2023-01-01"}, CHL_STAGE_SCHEMA, "schema_value"},
        {"no date", ANY, {.birth = "03/02/1990"}, CHL_STAGE_SCHEMA, "schema_value"},
        {"pictographs", ANY, {.family = "\xF0\x9F\x98\x80"}, CHL_STAGE_SCHEMA, "schema_value"},
        {"no country", ANY, {.country = "XY"}, CHL_STAGE_SCHEMA, "schema_value"},
        {"empty country", ANY, {.country = ""}, CHL_STAGE_SCHEMA, "schema_value"},
        {"once allowed", ANY, {.country = "", .version = "1.0.0"}, CHL_STAGE_DONE, ""},
        {"version", ANY, {.version = "1.3"}, CHL_STAGE_SCHEMA, "schema_value"},
        {"long name",
         ANY,
         {.family = "123456789 123456789 123456789 123456789 123456789 123456789 123456789 "
                    "123456789 1"},
         CHL_STAGE_SCHEMA,
         "schema_length"},
        {"no kind", ANY, {.kind = 'x'}, CHL_STAGE_SCHEMA, "schema_kind"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct chl_inspection out;
        inspect_dcc(rows[i].issuer, rows[i].dcc, &out);
        if (out.stage != rows[i].stage || strcmp(out.reason, rows[i].reason) != 0) {
            fail_msg("%s: expected stage %d reason `%s`, got stage %d reason `%s`", rows[i].what,
                     (int)rows[i].stage, rows[i].reason, out.stage, out.reason);
        }
        assert_int_equal(out.format, CHL_FORMAT_HCERT);
        assert_int_equal(out.outcome, out.stage == CHL_STAGE_DONE ? CHL_CLAIMED : CHL_REFUSED);
        assert_int_equal(out.is_signed, out.stage > CHL_STAGE_SIGNATURE);
    }
}

static void test_vaccination_claims(void **state)
{
    (void)state;
    struct chl_inspection out;
    inspect_dcc(ANY, (struct issuing_dcc){.kind = 'v'}, &out);
    assert_string_equal(out.claims.issuer, "VN");
    assert_string_equal(out.claims.id, "URN:UVCI:01:VN:ABC123");
    assert_string_equal(out.claims.name, "Nguyễn Văn An");
    assert_string_equal(out.claims.name_ascii, "NGUYEN<<VAN<AN");
    assert_string_equal(out.claims.birth, "1990-02-03");
    assert_string_equal(out.claims.dose_product, "EU/1/20/1528");
    assert_string_equal(out.claims.dose_date, "2021-12-20");
    assert_int_equal(out.claims.doses, 2);
    assert_int_equal(out.claims.doses_of, 2);
    assert_int_equal(out.claims.party, 1);
    assert_int_equal(out.claims.certificate_kind, 'v');
    assert_int_equal(out.claims.issued_at, HCERT_NOW_S - DAY_S);
    assert_int_equal(out.claims.expires_at, HCERT_NOW_S + DAY_S);
}

/* Issuers write it in other ways too; what is in no table stays as it is. */
static void test_product_claims(void **state)
{
    (void)state;
    static const char *const rows[][2] = {{"eu/1/20/1528 ", "EU/1/20/1528"},
                                          {"Comirnaty", "EU/1/20/1528"},
                                          {"Sputnik V", "Sputnik-V"},
                                          {"Nanocovax", "Nanocovax"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct chl_inspection out;
        inspect_dcc(ANY, (struct issuing_dcc){.product = rows[i][0]}, &out);
        assert_string_equal(out.claims.dose_product, rows[i][1]);
    }
}

static void test_test_and_recovery_claims(void **state)
{
    (void)state;
    struct chl_inspection out;
    inspect_dcc(ANY, (struct issuing_dcc){.kind = 't'}, &out);
    assert_int_equal(out.claims.test_kind, CHL_TEST_PCR);
    assert_int_equal(out.claims.test_result, CHL_RESULT_NEGATIVE);
    assert_int_equal(out.claims.test_sampled_at, 1643502600); /* 2022-01-30T00:30:00Z */
    inspect_dcc(ANY, (struct issuing_dcc){.kind = 'r'}, &out);
    assert_int_equal(out.claims.recovered, CHL_ANSWER_YES);
    assert_int_equal(out.claims.recovered_from, 1636675200);  /* 2021-11-12 */
    assert_int_equal(out.claims.recovered_until, 1651449599); /* the end of 2022-05-01 */
}

/* Composed, the month of "00" unsaid, and what a certificate never says is said to be missing. */
static void test_person_claims(void **state)
{
    (void)state;
    enum {
        NEVER = CHL_MISSING_SYMPTOMS | CHL_MISSING_CONTACT | CHL_MISSING_ORIGIN |
                CHL_MISSING_PHONE | CHL_MISSING_DOCUMENT
    };
    static const struct {
        struct issuing_dcc dcc;
        const char *name, *birth;
        unsigned missing;
    } rows[] = {
        {{.kind = 'v'}, "Nguyễn Văn An", "1990-02-03", NEVER},
        {{.family = "Nguye\xCC\x82\xCC\x83n"}, "Nguyễn Văn An", "1990-02-03", NEVER},
        {{.family = "\xC4\x90o\xCC\x82\xCC\x83"}, "Đỗ Văn An", "1990-02-03", NEVER},
        {{.birth = "1990"}, "Nguyễn Văn An", "1990", NEVER},
        {{.birth = "1990-00"}, "Nguyễn Văn An", "1990", NEVER},
        {{.birth = "1990-00-00"}, "Nguyễn Văn An", "1990", NEVER},
        {{.birth = "1990-02-00"}, "Nguyễn Văn An", "1990-02", NEVER},
        {{.birth = "1990-02"}, "Nguyễn Văn An", "1990-02", NEVER},
        {{.birth = ""}, "Nguyễn Văn An", "", NEVER | CHL_MISSING_BIRTH},
        {{.no_national_name = true}, "NGUYEN VAN AN", "1990-02-03", NEVER | CHL_MISSING_ACCENTS},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct chl_inspection out;
        inspect_dcc(ANY, rows[i].dcc, &out);
        assert_int_equal(out.outcome, CHL_CLAIMED);
        assert_string_equal(out.claims.name, rows[i].name);
        assert_string_equal(out.claims.name_ascii, "NGUYEN<<VAN<AN");
        assert_string_equal(out.claims.birth, rows[i].birth);
        assert_int_equal(out.claims.missing, rows[i].missing);
        assert_int_equal(out.claims.document_count, 0);
        assert_int_equal(out.claims.party, 1);
    }
}

static void test_other_formats_are_not_mine(void **state)
{
    (void)state;
    static const char *const rows[] = {"", "HC", "hc1:", "LS1:ABC", "HC2:6BF", "xHC1:6BF"};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct chl_inspection out;
        hcert_inspect(instance, (const uint8_t *)rows[i], strlen(rows[i]), HCERT_NOW_S, &out);
        assert_int_equal(out.outcome, CHL_NOT_MINE);
    }
}

static void test_bad_trust_stops_creation(void **state)
{
    (void)state;
    char why[512] = "";
    const char *paths[] = {"/nonexistent/trust.pem"};
    const struct chl_list list = {1, paths};
    void *config = calloc(1, chl_plugin.config_size);
    struct chl_instance *none = NULL;
    assert_non_null(config);
    assert_string_equal(chl_plugin.options[0].name, "trust");
    memcpy((char *)config + chl_plugin.options[0].offset, &list, sizeof list);
    const struct chl_create args = {.size = sizeof args, .name = "test", .config = config};
    assert_int_equal(chl_plugin.ops->create(&args, &none, why, sizeof why), CHL_E_IO);
    assert_non_null(strstr(why, paths[0]));
    assert_null(none);
    free(config);
}

static char shared_code[CHL_ISSUE_CODE_MAX];

static void *inspect_many(void *failures)
{
    for (int i = 0; i < 100; i++) {
        struct chl_inspection out;
        hcert_inspect(instance, (const uint8_t *)shared_code, strlen(shared_code), HCERT_NOW_S,
                      &out);
        *(unsigned *)failures += out.outcome == CHL_CLAIMED ? 0 : 1;
    }
    return NULL;
}

static void test_threads_share_an_instance(void **state)
{
    (void)state;
    enum { THREADS = 4 };
    pthread_t threads[THREADS];
    unsigned failures[THREADS] = {0};
    const struct issuing_dcc dcc = {.issued_at = HCERT_NOW_S - DAY_S,
                                    .expires_at = HCERT_NOW_S + DAY_S};
    assert_true(issuing_dcc_code(&issuers[ANY], NULL, &dcc, shared_code, sizeof shared_code));
    for (size_t i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, inspect_many, &failures[i]), 0);
    }
    for (size_t i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_int_equal(failures[i], 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_answers),
        cmocka_unit_test(test_vaccination_claims),
        cmocka_unit_test(test_product_claims),
        cmocka_unit_test(test_test_and_recovery_claims),
        cmocka_unit_test(test_person_claims),
        cmocka_unit_test(test_other_formats_are_not_mine),
        cmocka_unit_test(test_bad_trust_stops_creation),
        cmocka_unit_test(test_threads_share_an_instance),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
