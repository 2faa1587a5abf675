/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Declarations made to harm: each gets a typed refusal, within 10 ms, and at most 1 MiB.
 */
#include "declaration_keys.h"

#include "lib/base/time.h"
#include "tests/unit/counted_memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

enum {
    ALLOCATION_MAX = 1024 * 1024,
    TIME_MAX_NS = 10 * 1000 * 1000,
    BYTES_MAX = 4096,
    TEXT_SIZE = 16 * 1024
};

static struct test_issuer issuer;
static struct chl_trust *trust;
static uint64_t memory[CHL_SCRATCH_MIN / sizeof(uint64_t)];
static const struct chl_declaration_rules rules = {.skew_ns = CHL_DECLARATION_SKEW_S * CHL_NS_PER_S,
                                                   .life_max_s = CHL_DECLARATION_LIFE_S};
static struct chl_inspection seen;
static char text[TEXT_SIZE];

static int start(void **state)
{
    (void)state;
    test_issuer_make(&issuer, "P-256");
    assert_int_equal(chl_trust_new(&trust), CHL_OK);
    test_trust_add(trust, &issuer);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    test_issuer_clear(&issuer);
    chl_trust_free(trust);
    return 0;
}

static int64_t thread_ns(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (int64_t)now.tv_sec * CHL_NS_PER_S + now.tv_nsec;
}

/* The machine's other work steals time even from a thread's own clock: what is slow is slow each of
 * RUNS times. */
enum { RUNS = 5 };

/* Inspect within the bounds. */
static void inspect(const void *code, size_t length)
{
    struct chl_scratch scratch = {sizeof scratch, memory, sizeof memory, 0};
    seen = (struct chl_inspection){.size = (uint32_t)sizeof seen};
    counted_reset();
    int64_t began = thread_ns();
    chl_declaration_inspect(trust, &rules, &scratch, code, length, NOW_NS, &seen);
    int64_t took = thread_ns() - began;
    assert_true(counted_bytes() <= ALLOCATION_MAX);
    for (int run = 1; run < RUNS && took >= TIME_MAX_NS; run++) {
        struct chl_inspection again = {.size = (uint32_t)sizeof again};
        scratch.used = 0;
        began = thread_ns();
        chl_declaration_inspect(trust, &rules, &scratch, code, length, NOW_NS, &again);
        took = thread_ns() - began;
    }
    assert_true(took < TIME_MAX_NS);
    if (seen.outcome == CHL_REFUSED) {
        assert_true(seen.reason[0] != '\0' && seen.stage < CHL_STAGE_DONE);
    }
}

/* Bytes that are compressed and written as a code, whatever they are. */
static void inspect_message(const uint8_t *bytes, size_t length)
{
    static uint8_t packed[TEXT_SIZE / 2];
    size_t size = 0;
    assert_int_equal(chl_deflate((struct chl_bytes){bytes, length}, packed, sizeof packed, &size),
                     CHL_OK);
    memcpy(text, CHL_DECLARATION_PREFIX, 4);
    assert_int_equal(chl_base45_encode(packed, size, text + 4, sizeof text - 4, NULL), CHL_OK);
    inspect(text, strlen(text));
}

/* A payload that is signed as it should be. */
static void inspect_payload(const uint8_t *bytes, size_t length)
{
    assert_int_equal(chl_issue(issuer.issuer, NULL, CHL_DECLARATION_PREFIX,
                               (struct chl_bytes){bytes, length}, text, CHL_ISSUE_CODE_MAX),
                     CHL_OK);
    inspect(text, strlen(text));
}

static size_t good_payload(uint8_t *out, size_t size)
{
    struct chl_declaration made;
    size_t length = 0;
    test_fill_minimal(&made);
    (void)snprintf(made.claims.id, sizeof made.claims.id, "00112233445566778899aabbccddeeff");
    assert_int_equal(chl_declaration_encode(&made, out, size, &length), CHL_OK);
    return length;
}

static void test_a_good_one_is_believed(void **state)
{
    (void)state;
    uint8_t payload[BYTES_MAX];
    inspect_payload(payload, good_payload(payload, sizeof payload));
    assert_int_equal(seen.outcome, CHL_CLAIMED);
    assert_true(counted_bytes() > 0); /* the counters count */
}

static void test_bombs(void **state)
{
    (void)state;
    static uint8_t nested[3000], wide[3000];
    static const uint8_t array27[] = {0x9A, 0x08, 0x00, 0x00, 0x00, 0, 0, 0, 0, 0};
    static const uint8_t map63[] = {0xBB, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0};
    static const uint8_t bytes64[] = {0x5B, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0};
    static const uint8_t twice[] = {0xA2, 0x04, 0x00, 0x04, 0x01};
    static const uint8_t behind[] = {0xA0, 0x00};
    static const uint8_t chunked[] = {0xA1, 0x01, 0x7F, 0x61, 0x61, 0xFF};
    memset(nested, 0xC1, sizeof nested); /* a tag in a tag in a tag */
    memset(wide, 0, sizeof wide);
    memcpy(wide, (const uint8_t[]){0x99, 0x0B, 0xB5}, 3); /* 2997 items */
    const struct {
        const uint8_t *bytes;
        size_t length;
        const char *reason;
    } bombs[] = {
        {array27, sizeof array27, "cbor_malformed"},
        {map63, sizeof map63, "cbor_malformed"},
        {bytes64, sizeof bytes64, "cbor_malformed"},
        {nested, sizeof nested, "cbor_too_deep"},
        {wide, sizeof wide, "cbor_too_many"},
        {twice, sizeof twice, "cbor_duplicate_key"},
        {behind, sizeof behind, "cbor_trailing"},
        {chunked, sizeof chunked, "cbor_malformed"},
        {(const uint8_t *)"\x80", 1, "claims_malformed"},
    };
    for (size_t i = 0; i < sizeof bombs / sizeof bombs[0]; i++) {
        inspect_payload(bombs[i].bytes, bombs[i].length);
        assert_string_equal(seen.reason, bombs[i].reason);
        assert_int_equal(seen.stage, CHL_STAGE_CBOR);
        inspect_message(bombs[i].bytes, bombs[i].length);
        assert_int_equal(seen.outcome, CHL_REFUSED);
    }
}

static void test_zip_bombs(void **state)
{
    (void)state;
    static const size_t sizes[] = {65536, 65537, 512 * 1024, 4 * 1024 * 1024};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        uint8_t *zeros = calloc(1, sizes[i]);
        assert_non_null(zeros);
        inspect_message(zeros, sizes[i]);
        free(zeros);
        assert_string_equal(seen.reason, i == 0 ? "cbor_trailing" : "zlib_too_large");
    }
}

/* As long as a code may be, and longer. */
static void test_longest_codes(void **state)
{
    (void)state;
    memset(text, '0', sizeof text);
    memcpy(text, CHL_DECLARATION_PREFIX, 4);
    inspect(text, CHL_CODE_MAX);
    assert_true(seen.outcome == CHL_REFUSED && seen.stage <= CHL_STAGE_ZLIB);
    inspect(text, CHL_CODE_MAX + 1);
    assert_string_equal(seen.reason, "code_too_long");
    inspect(text, sizeof text);
    assert_string_equal(seen.reason, "code_too_long");
}

/* Well signed, and every field as large as the payload allows. */
static void test_large_fields(void **state)
{
    (void)state;
    enum { LONG = 2500 };
    size_t count = 0;
    const struct chl_declaration_field *fields = chl_declaration_fields(&count);
    static char words[LONG + 1];
    memset(words, 'A', LONG);
    for (size_t i = 0; i < count; i++) {
        uint8_t payload[BYTES_MAX];
        size_t length = 0;
        struct chl_cbor_writer w;
        chl_cbor_begin(&w, payload, sizeof payload);
        chl_cbor_put_map(&w, 5);
        chl_cbor_put_int(&w, CHL_CWT_ISS);
        chl_cbor_put_text(&w, "x");
        chl_cbor_put_int(&w, CHL_CWT_EXP);
        chl_cbor_put_int(&w, NOW_S + 60);
        chl_cbor_put_int(&w, CHL_CWT_IAT);
        chl_cbor_put_int(&w, NOW_S - 60);
        chl_cbor_put_int(&w, CHL_CWT_CTI);
        chl_cbor_put_bytes(&w, "0123456789abcdef", 16);
        chl_cbor_put_int(&w, CHL_DECLARATION_CLAIM);
        chl_cbor_put_map(&w, 1);
        chl_cbor_put_int(&w, fields[i].key);
        chl_cbor_put_text(&w, words);
        assert_int_equal(chl_cbor_end(&w, &length), CHL_OK);
        inspect_payload(payload, length);
        assert_int_equal(seen.outcome, CHL_REFUSED);
        assert_int_equal(seen.stage, CHL_STAGE_SCHEMA);
    }
}

/** One thing that stands where companions should. */
static void put_bad_companions(struct chl_cbor_writer *w, unsigned which)
{
    static char name[3001];
    memset(name, 'A', sizeof name - 1);
    switch (which) {
    case 0: /* more than a code names */
        chl_cbor_put_array(w, CHL_CLAIM_COMPANIONS_MAX + 1);
        for (int i = 0; i <= CHL_CLAIM_COMPANIONS_MAX; i++) {
            chl_cbor_put_array(w, 2);
            chl_cbor_put_text(w, "Na");
            chl_cbor_put_int(w, 2019);
        }
        break;
    case 1: /* a longer name than any */
        chl_cbor_put_array(w, 1);
        chl_cbor_put_array(w, 2);
        chl_cbor_put_text(w, name);
        chl_cbor_put_int(w, 2019);
        break;
    case 2: /* arrays in arrays */
        for (int i = 0; i < 8; i++) {
            chl_cbor_put_array(w, 1);
        }
        chl_cbor_put_int(w, 1);
        break;
    case 3:
        chl_cbor_put_text(w, name);
        break;
    case 4: /* a year that is none */
        chl_cbor_put_array(w, 1);
        chl_cbor_put_array(w, 2);
        chl_cbor_put_text(w, "Na");
        chl_cbor_put_int(w, INT64_MIN);
        break;
    case 5: /* a number with characters of no number */
        chl_cbor_put_array(w, 1);
        chl_cbor_put_array(w, 3);
        chl_cbor_put_text(w, "Na");
        chl_cbor_put_int(w, 2019);
        chl_cbor_put_text(w, "0011********");
        break;
    case 6: /* as many as a code names, of nothing */
        chl_cbor_put_array(w, CHL_CLAIM_COMPANIONS_MAX);
        for (int i = 0; i < CHL_CLAIM_COMPANIONS_MAX; i++) {
            chl_cbor_put_array(w, 0);
        }
        break;
    default: /* 1500 of them */
        chl_cbor_put_array(w, 1500);
        for (int i = 0; i < 1500; i++) {
            chl_cbor_put_null(w);
        }
        break;
    }
}

static void test_companions_made_to_harm(void **state)
{
    (void)state;
    for (unsigned which = 0; which < 8; which++) {
        uint8_t payload[BYTES_MAX];
        size_t length = 0;
        struct chl_cbor_writer w;
        chl_cbor_begin(&w, payload, sizeof payload);
        chl_cbor_put_map(&w, 5);
        chl_cbor_put_int(&w, CHL_CWT_ISS);
        chl_cbor_put_text(&w, "x");
        chl_cbor_put_int(&w, CHL_CWT_EXP);
        chl_cbor_put_int(&w, NOW_S + 60);
        chl_cbor_put_int(&w, CHL_CWT_IAT);
        chl_cbor_put_int(&w, NOW_S - 60);
        chl_cbor_put_int(&w, CHL_CWT_CTI);
        chl_cbor_put_bytes(&w, "0123456789abcdef", 16);
        chl_cbor_put_int(&w, CHL_DECLARATION_CLAIM);
        chl_cbor_put_map(&w, 5);
        chl_cbor_put_int(&w, 1);
        chl_cbor_put_text(&w, "An");
        chl_cbor_put_int(&w, 2);
        chl_cbor_put_int(&w, 1990);
        chl_cbor_put_int(&w, 7);
        chl_cbor_put_int(&w, 0);
        chl_cbor_put_int(&w, 8);
        chl_cbor_put_int(&w, 0);
        chl_cbor_put_int(&w, 37);
        put_bad_companions(&w, which);
        assert_int_equal(chl_cbor_end(&w, &length), CHL_OK);
        inspect_payload(payload, length);
        assert_int_equal(seen.outcome, CHL_REFUSED);
        assert_int_equal(seen.stage, CHL_STAGE_SCHEMA);
        assert_in_range(seen.claims.companion_count, 0, CHL_CLAIM_COMPANIONS_MAX);
    }
}

/* Random bytes at each depth. */
static void test_noise(void **state)
{
    (void)state;
    uint64_t random = 20220201;
    for (int i = 0; i < 2000; i++) {
        uint8_t noise[64];
        for (size_t at = 0; at < sizeof noise; at++) {
            random = random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
            noise[at] = (uint8_t)(random >> 56);
        }
        size_t length = noise[0] % sizeof noise;
        if (i % 2 == 0) {
            inspect_message(noise, length);
        } else {
            inspect_payload(noise, length);
        }
        assert_int_equal(seen.outcome, CHL_REFUSED);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_good_one_is_believed),
        cmocka_unit_test(test_bombs),
        cmocka_unit_test(test_zip_bombs),
        cmocka_unit_test(test_longest_codes),
        cmocka_unit_test(test_large_fields),
        cmocka_unit_test(test_companions_made_to_harm),
        cmocka_unit_test(test_noise),
    };
    if (!counted_begin()) {
        return EXIT_FAILURE;
    }
    return cmocka_run_group_tests(tests, start, stop);
}
