/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Every file of the public sample codes, through the reader of pictures and the real chain
 *         of plugins: each ends as what it is, and none is passed over unsaid.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/base/time.h"
#include "lib/qr/reader.h"
#include "lib/text/reasons.h"
#include "tests/chain/chain.h"
#include "tests/integration/dgc_case.h"

#define SAMPLES CHL_SHARED_DIR "/data/qr"
#define NOW_NS  (INT64_C(1643700000) * CHL_NS_PER_S) /* 2022-02-01 */

enum { TEXT_MAX = 16 * 1024 };

/* What a file holds. */
enum content {
    CONTENT_CASE,    /* a test case of the DCC data */
    CONTENT_PICTURE, /* of a code */
    CONTENT_TEXT,    /* of a code */
    CONTENT_OTHER    /* no code: schemas, rules, keys, licences */
};

/* Which files are what, the first row that fits; every file must fit one. */
static struct group {
    const char *folder, *end; /* below the samples; end of the name in any case */
    enum content content;
    chl_format format;
    const char *reason; /* of the chain, which trusts nobody here; NULL = by the case itself */
    unsigned least;     /* files that there are at least */
    unsigned files;
} groups[] = {
    {"dgc-testdata/", ".json", CONTENT_CASE, CHL_FORMAT_HCERT, NULL, 195, 0},
    {"dcc-quality-assurance/", ".png", CONTENT_PICTURE, CHL_FORMAT_HCERT, "issuer_unknown", 126, 0},
    {"nzcp/", ".png", CONTENT_PICTURE, CHL_FORMAT_NZCP, "format_unsupported", 3, 0},
    {"nzcp/", ".txt", CONTENT_TEXT, CHL_FORMAT_NZCP, "format_unsupported", 3, 0},
    {"shc/", ".txt", CONTENT_TEXT, CHL_FORMAT_SHC, "format_unsupported", 1, 0},
    {"vdsnc/", ".txt", CONTENT_TEXT, CHL_FORMAT_VDSNC, "format_unsupported", 1, 0},
    {"vn/", ".txt", CONTENT_TEXT, CHL_FORMAT_PCCOVID, "", 1, 0},
    {"dcc-quality-assurance/", ".md", CONTENT_OTHER, CHL_FORMAT_UNKNOWN, NULL, 1, 0},
    {"nzcp/", ".json", CONTENT_OTHER, CHL_FORMAT_UNKNOWN, NULL, 1, 0},
    {"shc/", ".jwk", CONTENT_OTHER, CHL_FORMAT_UNKNOWN, NULL, 1, 0},
    {"vn/", ".json", CONTENT_OTHER, CHL_FORMAT_UNKNOWN, NULL, 1, 0},
    {"dcc-schema/", ".json", CONTENT_OTHER, CHL_FORMAT_UNKNOWN, NULL, 1, 0},
    {"business-rules/", ".json", CONTENT_OTHER, CHL_FORMAT_UNKNOWN, NULL, 1, 0},
    {"licences/", ".txt", CONTENT_OTHER, CHL_FORMAT_UNKNOWN, NULL, 1, 0},
};

enum { GROUPS = sizeof groups / sizeof groups[0] };

static struct chl_qr_reader *reader;
static struct chain *stranger; /* trusts nobody */
static unsigned seen, failed, claimed, refused;

static void complain(const char *path, const struct chl_inspection *out, const char *what)
{
    fprintf(stderr, "%s: %s (format %u, outcome %u, stage %u `%s`)\n", path + strlen(SAMPLES) + 1,
            what, out->format, out->outcome, out->stage, out->reason);
    failed++;
}

static bool ends_with(const char *text, const char *end)
{
    size_t length = strlen(text), tail = strlen(end);
    return length >= tail && strcasecmp(text + length - tail, end) == 0;
}

static struct group *group_of(const char *path)
{
    const char *below = path + strlen(SAMPLES) + 1;
    for (size_t i = 0; i < GROUPS; i++) {
        if (strncmp(below, groups[i].folder, strlen(groups[i].folder)) == 0 &&
            ends_with(below, groups[i].end)) {
            return &groups[i];
        }
    }
    return NULL;
}

/* What the lane would say: never green, and that nobody has heard of it only when it has no name.
 */
static void check_lane(const char *path, const struct chl_inspection *out)
{
    const chl_reason reason =
        chl_reason_for_document(out->reason, (chl_stage)out->stage, (chl_format)out->format);
    const bool is_unheard_of = reason == CHL_REASON_FORMAT_UNKNOWN;
    if (out->outcome != CHL_CLAIMED && (chl_reason_get(reason)->verdict == CHL_ADMIT ||
                                        is_unheard_of != (out->format == CHL_FORMAT_UNKNOWN))) {
        complain(path, out, "the lane says something untrue of it");
    }
}

static void check_code(const char *path, const struct group *group, const void *bytes,
                       size_t length)
{
    struct chl_inspection out;
    char by[64];
    chain_inspect(stranger, bytes, length, NOW_NS, &out, by);
    if (out.format != group->format || strcmp(out.reason, group->reason) != 0) {
        complain(path, &out, "expected another format or reason");
    }
    check_lane(path, &out);
    claimed += out.outcome == CHL_CLAIMED ? 1 : 0;
    refused += out.outcome == CHL_REFUSED ? 1 : 0;
}

static void check_picture(const char *path, const struct group *group)
{
    static struct chl_qr_code found;
    if (chl_qr_read_file(reader, path, &found) != CHL_OK || found.count != 1) {
        const struct chl_inspection none = {.size = sizeof none};
        complain(path, &none, "expected one code in the picture");
        return;
    }
    check_code(path, group, found.bytes, found.length);
}

static void check_text(const char *path, const struct group *group)
{
    static char text[TEXT_MAX];
    FILE *file = fopen(path, "rbe");
    assert_non_null(file);
    size_t length = fread(text, 1, sizeof text, file);
    assert_int_equal(fclose(file), 0);
    assert_true(length > 0 && length < sizeof text);
    check_code(path, group, text, length);
}

/* True or false when the case states it for any of these, and that. */
static bool states(const struct dgc_case *item, const char *const *keys, bool value)
{
    for (size_t i = 0; keys[i] != NULL; i++) {
        const json_t *stated = json_object_get(item->expected, keys[i]);
        if (json_is_boolean(stated) && json_is_true(stated) == value) {
            return true;
        }
    }
    return false;
}

/* The chain that trusts the case's certificate, at the case's time. Where exactly each stops is
 * test_hcert_conformance's to say; here the whole answer counts. */
static void check_case(const char *path)
{
    static const char *const all[] = {
        "EXPECTEDUNPREFIX",         "EXPECTEDB45DECODE",       "EXPECTEDCOMPRESSION",
        "EXPECTEDDECODE",           "EXPECTEDVERIFY",          "EXPECTEDKEYUSAGE",
        "EXPECTEDVALIDOBJECT",      "EXPECTEDVALIDJSON",       "EXPTECTEDEXPIRED",
        "EXPECTEDSCHEMAVALIDATION", "EXPECTEDEXPIRATIONCHECK", NULL};
    static const char *const signature[] = {"EXPECTEDVERIFY", NULL};
    static struct dgc_case item;
    struct chl_inspection out = {.size = sizeof out};
    char trust[64];
    const char *paths[] = {trust};
    bool read = dgc_case_read(path, &item);
    bool trusts = read && item.certificate_length > 0 &&
                  chain_write_trust(item.certificate, item.certificate_length, trust);
    struct chain *chain = read ? chain_open(paths, trusts ? 1 : 0) : NULL;
    if (chain == NULL) {
        complain(path, &out, "expected a test case with its certificate");
    } else {
        chain_inspect(chain, item.code, strlen(item.code), item.clock_ns, &out, NULL);
        if (states(&item, all, false) && out.outcome == CHL_CLAIMED) {
            complain(path, &out, "expected a refusal");
        }
        if (states(&item, signature, true) != out.is_signed && states(&item, signature, false)) {
            complain(path, &out, "expected no signature to stand");
        }
        if (!states(&item, all, false) && states(&item, signature, true) && !out.is_signed) {
            complain(path, &out, "expected the signature to stand");
        }
        if (strncmp(item.code, "HC1:", 4) == 0 && out.format != CHL_FORMAT_HCERT) {
            complain(path, &out, "expected it to be known by its name");
        }
        check_lane(path, &out);
        claimed += out.outcome == CHL_CLAIMED ? 1 : 0;
        refused += out.outcome == CHL_REFUSED ? 1 : 0;
    }
    if (trusts) {
        (void)unlink(trust);
    }
    chain_close(chain);
    dgc_case_free(&item);
}

static void check_file(const char *path)
{
    const struct chl_inspection none = {.size = sizeof none};
    struct group *group = group_of(path);
    seen++;
    if (group == NULL) {
        complain(path, &none, "expected a file of a kind that is known here");
        return;
    }
    group->files++;
    switch (group->content) {
    case CONTENT_CASE:
        check_case(path);
        break;
    case CONTENT_PICTURE:
        check_picture(path, group);
        break;
    case CONTENT_TEXT:
        check_text(path, group);
        break;
    default:
        break;
    }
}

static void test_every_sample(void **state)
{
    (void)state;
    if (access(SAMPLES, R_OK) != 0) {
        puts("SKIPPED: the public sample codes are not here");
        skip();
    }
    unsigned counted = 0, codes = 0;
    stranger = chain_open(NULL, 0);
    assert_non_null(stranger);
    assert_true(chain_members(stranger) >= 3);
    assert_int_equal(chl_qr_reader_new(&reader), CHL_OK);
    size_t files = dgc_case_each(SAMPLES, "", check_file);
    chl_qr_reader_free(reader);
    chain_close(stranger);
    for (size_t i = 0; i < GROUPS; i++) {
        const bool is_code = groups[i].content != CONTENT_OTHER;
        printf("%-24s %-6s %4u %s\n", groups[i].folder, groups[i].end, groups[i].files,
               is_code ? "codes" : "without a code");
        assert_true(groups[i].files >= groups[i].least);
        counted += groups[i].files;
        codes += is_code ? groups[i].files : 0;
    }
    printf("files=%zu codes=%u claimed=%u refused=%u nobody's=%u failed=%u\n", files, codes,
           claimed, refused, codes - claimed - refused, failed);
    assert_int_equal(failed, 0);
    assert_int_equal(counted, files);
    assert_int_equal(seen, files);
    assert_true(claimed > 100 && refused > 150);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_every_sample)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
