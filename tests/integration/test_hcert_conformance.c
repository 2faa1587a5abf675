/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Every file of the public DCC test data, every expectation it states, through one table of
 *         expectation → stage.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <chilang/plugin.h>

#include "lib/base/time.h"
#include "lib/cose/certificate.h"
#include "lib/cose/cose.h"
#include "lib/cose/verifier.h"
#include "lib/names/names.h"
#include "lib/qr/reader.h"
#include "plugins/credential_hcert/hcert.h"
#include "tests/integration/dgc_case.h"

#define DATA       CHL_SHARED_DIR "/data/qr/dgc-testdata"
#define PRODUCTIVE CHL_SHARED_DIR "/data/qr/dcc-quality-assurance"

enum { FILES_MIN = 150, BYTES_MAX = 8192 };

/* An expectation is met when reading stops at one of these stages (false) or at none (true). The
 * last row is a misspelling that the data really have. */
static const struct expectation {
    const char *key;
    chl_stage first, last;
} table[] = {
    {"EXPECTEDPICTUREDECODE", CHL_STAGE_PICTURE, CHL_STAGE_PICTURE},
    {"EXPECTEDUNPREFIX", CHL_STAGE_PREFIX, CHL_STAGE_PREFIX},
    {"EXPECTEDB45DECODE", CHL_STAGE_BASE45, CHL_STAGE_BASE45},
    {"EXPECTEDCOMPRESSION", CHL_STAGE_ZLIB, CHL_STAGE_ZLIB},
    {"EXPECTEDDECODE", CHL_STAGE_CBOR, CHL_STAGE_COSE},
    {"EXPECTEDVALIDOBJECT", CHL_STAGE_CBOR, CHL_STAGE_CBOR},
    {"EXPECTEDVALIDJSON", CHL_STAGE_CBOR, CHL_STAGE_CBOR},
    {"EXPECTEDENCODE", CHL_STAGE_CBOR, CHL_STAGE_CBOR},
    {"EXPECTEDVERIFY", CHL_STAGE_ISSUER, CHL_STAGE_SIGNATURE},
    {"EXPECTEDKEYUSAGE", CHL_STAGE_KEY_USAGE, CHL_STAGE_KEY_USAGE},
    {"EXPECTEDEXPIRATIONCHECK", CHL_STAGE_TIME, CHL_STAGE_TIME},
    {"EXPECTEDSCHEMAVALIDATION", CHL_STAGE_SCHEMA, CHL_STAGE_SCHEMA},
    {"EXPTECTEDEXPIRED", CHL_STAGE_TIME, CHL_STAGE_TIME},
};

static struct chl_qr_reader *reader;
static struct chl_instance *nobody; /* trusts no issuer */
static unsigned checked, failed, pictures, persons, other_persons;

static void complain(const struct dgc_case *item, const char *what)
{
    fprintf(stderr, "%s: %s\n", item->path + strlen(DATA) + 1, what);
    failed++;
}

static const struct expectation *row_of(const char *key)
{
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        if (strcmp(table[i].key, key) == 0) {
            return &table[i];
        }
    }
    return NULL;
}

static struct chl_instance *instance_for(const struct dgc_case *item)
{
    char path[] = "/tmp/chl-dgc-XXXXXX", why[512];
    int descriptor = mkstemp(path);
    const char *paths[] = {path};
    const struct chl_list list = {item->certificate_length > 0 ? 1 : 0, paths};
    struct chl_instance *instance = NULL;
    void *config = calloc(1, chl_plugin.config_size);
    assert_true(descriptor >= 0 && config != NULL);
    ssize_t written = write(descriptor, item->certificate, item->certificate_length);
    assert_int_equal(written, item->certificate_length);
    (void)close(descriptor);
    assert_string_equal(chl_plugin.options[0].name, "trust");
    memcpy((char *)config + chl_plugin.options[0].offset, &list, sizeof list);
    const struct chl_create args = {.size = sizeof args, .name = "dgc", .config = config};
    if (chl_plugin.ops->create(&args, &instance, why, sizeof why) != CHL_OK) {
        complain(item, why);
    }
    (void)unlink(path);
    free(config);
    return instance;
}

static void inspect(const struct dgc_case *item, struct chl_inspection *out)
{
    static uint64_t memory[CHL_SCRATCH_MIN / sizeof(uint64_t)];
    struct chl_scratch scratch = {sizeof scratch, memory, sizeof memory, 0};
    struct chl_instance *instance = instance_for(item);
    memset(out, 0, sizeof *out);
    out->size = (uint32_t)sizeof *out;
    if (instance != NULL) {
        (void)chl_plugin.ops->inspect(instance, &scratch, (const uint8_t *)item->code,
                                      strlen(item->code), item->clock_ns, out);
        chl_plugin.ops->destroy(instance);
    }
    if (out->outcome == CHL_NOT_MINE) {
        out->stage = CHL_STAGE_PREFIX;
    }
}

static bool stops_in(const struct expectation *row, chl_stage stage)
{
    return stage >= row->first && stage <= row->last;
}

/* Expectations are stated each for itself; a code can only be stopped once, so the first stage that
 * is expected to fail is the one that must be reported. */
static void check_expectations(const struct dgc_case *item, chl_stage stage)
{
    const struct expectation *first_failure = NULL;
    const char *key = NULL;
    json_t *value = NULL;
    bool stage_is_stated = stage == CHL_STAGE_DONE;
    json_t *expected = json_object_get(item->root, "EXPECTEDRESULTS");
    json_object_foreach(expected, key, value)
    {
        const struct expectation *row = row_of(key);
        if (row == NULL || !json_is_boolean(value)) {
            complain(item, key);
            continue;
        }
        checked++;
        stage_is_stated = stage_is_stated || stops_in(row, stage);
        if (json_is_true(value) && stops_in(row, stage)) {
            complain(item, key);
        }
        if (json_is_false(value) && (first_failure == NULL || row->first < first_failure->first)) {
            first_failure = row;
        }
    }
    if (first_failure != NULL && !stops_in(first_failure, stage)) {
        complain(item, first_failure->key);
    }
    if (first_failure == NULL && stage != CHL_STAGE_DONE && stage_is_stated) {
        complain(item, "expected to pass");
    }
}

/* Where a code is stopped at a stage that its file says nothing of, the test decides for itself:
 * only a certificate that may not sign this kind of document can be meant. */
static void check_untested_stop(const struct dgc_case *item, const struct chl_inspection *out)
{
    static const struct {
        const char *kind;
        uint8_t usage;
    } kinds[] = {{"v", CHL_USAGE_VACCINATION}, {"t", CHL_USAGE_TEST}, {"r", CHL_USAGE_RECOVERY}};
    struct chl_trust_key key;
    if (out->stage == CHL_STAGE_DONE) {
        return;
    }
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        if (stops_in(&table[i], out->stage) &&
            json_object_get(item->expected, table[i].key) != NULL) {
            return;
        }
    }
    struct chl_bytes der = {item->certificate, item->certificate_length};
    if (out->stage != CHL_STAGE_KEY_USAGE || chl_certificate_to_key(der, &key) != CHL_OK) {
        complain(item, "stopped at a stage that it says nothing of");
        return;
    }
    chl_verifier_free(key.verifier);
    for (size_t i = 0; i < 3; i++) {
        if (json_is_array(json_object_get(item->dcc, kinds[i].kind)) &&
            (key.usage == 0 || (key.usage & kinds[i].usage) != 0)) {
            complain(item, "its certificate may sign this kind of document");
        }
    }
}

/* A month or day of 00 is not known, so the claims leave it out. */
static bool is_known_part(const char *birth, const char *claimed)
{
    size_t length = strlen(claimed);
    const char *rest = birth + strnlen(birth, length);
    return strncmp(birth, claimed, length) == 0 &&
           (*rest == '\0' || *rest == 'T' || strcmp(rest, "-00") == 0 ||
            strcmp(rest, "-00-00") == 0);
}

static bool begins_composed(const char *name, const char *family)
{
    char composed[CHL_NAME_NFC_SIZE];
    return chl_name_nfc(family, composed, sizeof composed) == CHL_OK &&
           strncmp(name, composed, strlen(composed)) == 0;
}

/* What was read is what the file says was written. The JSON beside a few codes names another person
 * than the code does, under the same identifier; so persons are only counted. */
static void check_claims(const struct dgc_case *item, const struct chl_inspection *out)
{
    const char *birth = json_string_value(json_object_get(item->dcc, "dob"));
    if (out->stage != CHL_STAGE_DONE || item->dcc == NULL ||
        !json_is_true(json_object_get(item->expected, "EXPECTEDVALIDJSON"))) {
        return;
    }
    const char kind[2] = {out->claims.certificate_kind, '\0'};
    const json_t *entries = json_object_get(item->dcc, kind);
    const json_t *last = json_array_get(entries, json_array_size(entries) - 1);
    const char *id = json_string_value(json_object_get(last, "ci"));
    const char *family =
        json_string_value(json_object_get(json_object_get(item->dcc, "nam"), "fn"));
    if (id == NULL || strcmp(id, out->claims.id) != 0) {
        complain(item, "certificate identifier");
    }
    bool same_birth = birth != NULL && is_known_part(birth, out->claims.birth);
    bool same_name = family == NULL || begins_composed(out->claims.name, family);
    persons++;
    other_persons += same_birth && same_name ? 0 : 1;
}

/* The stages between: base45 both ways, and inflate, against the bytes that the file gives. */
static void check_layers(const struct dgc_case *item, chl_stage stage)
{
    static uint8_t compressed[BYTES_MAX], cose[BYTES_MAX], bytes[BYTES_MAX];
    static uint64_t memory[CHL_SCRATCH_MIN / sizeof(uint64_t)];
    static char text[2 * BYTES_MAX];
    struct chl_scratch scratch = {sizeof scratch, memory, sizeof memory, 0};
    struct chl_bytes inflated;
    size_t compressed_length = dgc_case_hex(item, "COMPRESSED", compressed, sizeof compressed);
    size_t cose_length = dgc_case_hex(item, "COSE", cose, sizeof cose), length = 0;
    if (stage != CHL_STAGE_DONE || compressed_length == 0 || cose_length == 0) {
        return;
    }
    const char *body = item->code + strlen("HC1:");
    if (chl_base45_decode(body, strlen(body), bytes, &length) != CHL_OK ||
        length != compressed_length || memcmp(bytes, compressed, length) != 0) {
        complain(item, "base45");
    }
    if (chl_base45_encode(bytes, length, text, sizeof text, NULL) != CHL_OK ||
        strcmp(text, body) != 0) {
        complain(item, "base45 back");
    }
    struct chl_bytes in = {compressed, compressed_length};
    if (chl_inflate(&scratch, in, &inflated) != CHL_OK || inflated.length != cose_length ||
        memcmp(inflated.data, cose, cose_length) != 0) {
        complain(item, "inflate");
    }
}

static void check_picture(const struct dgc_case *item)
{
    static struct chl_qr_code found;
    if (item->picture_length == 0) {
        return;
    }
    pictures++;
    chl_err error = chl_qr_read_memory(reader, item->picture, item->picture_length, &found);
    bool same = error == CHL_OK && found.length == strlen(item->code) &&
                memcmp(found.bytes, item->code, found.length) == 0;
    const json_t *expected = json_object_get(item->expected, "EXPECTEDPICTUREDECODE");
    if (same == json_is_false(expected)) {
        complain(item, "picture");
    }
}

static void check_file(const char *path)
{
    static struct dgc_case item;
    struct chl_inspection out;
    if (!dgc_case_read(path, &item)) {
        complain(&item, "expected a test case of the DCC data");
    } else {
        inspect(&item, &out);
        check_expectations(&item, (chl_stage)out.stage);
        check_untested_stop(&item, &out);
        check_claims(&item, &out);
        check_layers(&item, (chl_stage)out.stage);
        check_picture(&item);
    }
    dgc_case_free(&item);
}

static void test_public_data(void **state)
{
    (void)state;
    if (access(DATA, R_OK) != 0) {
        puts("SKIPPED: the public DCC test data are not here");
        skip();
    }
    assert_int_equal(chl_qr_reader_new(&reader), CHL_OK);
    size_t files = dgc_case_each(DATA, ".json", check_file);
    chl_qr_reader_free(reader);
    printf("files=%zu expectations=%u pictures=%u persons=%u other=%u failed=%u\n", files, checked,
           pictures, persons, other_persons, failed);
    assert_true(files >= FILES_MIN);
    assert_true(checked >= 5 * files && pictures >= FILES_MIN);
    assert_true(persons > 100 && other_persons * 20 < persons);
    assert_int_equal(failed, 0);
}

/* A certificate of a real issuer whose key is not here: it is read to the end and fits the schema.
 */
static void check_productive(const char *path)
{
    static struct chl_qr_code found;
    static uint8_t bytes[CHL_CODE_MAX];
    static uint64_t memory[CHL_SCRATCH_MIN / sizeof(uint64_t)];
    struct chl_scratch scratch = {sizeof scratch, memory, sizeof memory, 0};
    struct chl_inspection out = {.size = (uint32_t)sizeof out};
    struct chl_bytes inflated;
    struct chl_sign1 sign1;
    struct chl_cbor_tree claims;
    struct hcert hcert;
    size_t length = 0, prefix = strlen("HC1:");
    bool good = chl_qr_read_file(reader, path, &found) == CHL_OK && found.length > prefix;
    if (good) {
        (void)chl_plugin.ops->inspect(nobody, &scratch, found.bytes, found.length, 0, &out);
        good = strcmp(out.reason, "issuer_unknown") == 0;
    }
    if (good) {
        scratch.used = 0;
        const char *body = (const char *)found.bytes + prefix;
        good = chl_base45_decode(body, found.length - prefix, bytes, &length) == CHL_OK &&
               chl_inflate(&scratch, (struct chl_bytes){bytes, length}, &inflated) == CHL_OK &&
               chl_sign1_parse(&scratch, inflated, &sign1) == CHL_REFUSAL_NONE &&
               chl_cbor_parse(&scratch, sign1.payload, &claims) == CHL_REFUSAL_NONE;
    }
    if (good) {
        hcert_open(&claims, &hcert);
        good = hcert_check(&hcert, out.claims.issued_at) == CHL_REFUSAL_NONE;
    }
    if (!good) {
        fprintf(stderr, "%s: stage %u %s\n", path, out.stage, out.reason);
        failed++;
    }
}

static void test_productive_certificates(void **state)
{
    (void)state;
    if (access(PRODUCTIVE, R_OK) != 0) {
        puts("SKIPPED: the productive certificates are not here");
        skip();
    }
    static struct dgc_case without_trust;
    failed = 0;
    nobody = instance_for(&without_trust);
    assert_non_null(nobody);
    assert_int_equal(chl_qr_reader_new(&reader), CHL_OK);
    size_t files = dgc_case_each(PRODUCTIVE, ".png", check_productive);
    chl_qr_reader_free(reader);
    chl_plugin.ops->destroy(nobody);
    printf("productive=%zu failed=%u\n", files, failed);
    assert_true(files >= 100);
    assert_int_equal(failed, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_public_data),
                                       cmocka_unit_test(test_productive_certificates)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
