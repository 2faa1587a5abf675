/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Codes made to harm: each gets a typed refusal, within 10 ms, and no allocation over 1
 * MiB.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "tests/unit/counted_memory.h"
#include "tests/unit/hcert_help.h"

enum {
    DAY_S = 86400,
    BYTES_MAX = 4096,
    ALLOCATION_MAX = 1024 * 1024,
    TIME_MAX_NS = 10 * 1000 * 1000
};

static struct issuing issuing;
static struct chl_instance *instance;
static uint8_t payload[BYTES_MAX], message[BYTES_MAX], packed[2 * BYTES_MAX];
static size_t payload_length, message_length;
static char code[CHL_ISSUE_CODE_MAX];

static int start(void **state)
{
    (void)state;
    const struct issuing_dcc dcc = {.issued_at = HCERT_NOW_S - DAY_S,
                                    .expires_at = HCERT_NOW_S + DAY_S};
    if (!issuing_make("P-256", ISSUING_OID_VACCINATION, &issuing)) {
        return -1;
    }
    instance = hcert_instance(&issuing, 1, 0);
    payload_length = issuing_dcc_payload(&dcc, payload, sizeof payload);
    struct chl_bytes bytes = {payload, payload_length};
    bool good = chl_sign1_make(issuing.issuer, NULL, bytes, message, sizeof message,
                               &message_length) == CHL_OK &&
                chl_issue(issuing.issuer, NULL, "HC1:", bytes, code, sizeof code) == CHL_OK;
    return instance != NULL && payload_length > 0 && good ? 0 : -1;
}

static int stop(void **state)
{
    (void)state;
    chl_plugin.ops->destroy(instance);
    issuing_free(&issuing);
    return 0;
}

static int64_t thread_ns(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* The machine's other work steals time even from a thread's own clock: what is slow is slow each of
 * RUNS times. */
enum { RUNS = 5 };

/* Inspect within the bounds. */
static void inspect(const void *bytes, size_t length, struct chl_inspection *out)
{
    counted_reset();
    int64_t began = thread_ns();
    hcert_inspect(instance, bytes, length, HCERT_NOW_S, out);
    int64_t took = thread_ns() - began;
    assert_true(counted_bytes() <= ALLOCATION_MAX);
    for (int run = 1; run < RUNS && took >= TIME_MAX_NS; run++) {
        struct chl_inspection again;
        began = thread_ns();
        hcert_inspect(instance, bytes, length, HCERT_NOW_S, &again);
        took = thread_ns() - began;
    }
    assert_true(took < TIME_MAX_NS);
    if (out->outcome == CHL_REFUSED) {
        assert_true(out->reason[0] != '\0' && out->stage < CHL_STAGE_DONE);
    }
}

static void wrap(struct chl_bytes bytes, char *out, size_t size)
{
    size_t length = 0;
    assert_int_equal(chl_deflate(bytes, packed, sizeof packed, &length), CHL_OK);
    memcpy(out, "HC1:", 4);
    assert_int_equal(chl_base45_encode(packed, length, out + 4, size - 4, NULL), CHL_OK);
}

static void inspect_message(const uint8_t *bytes, size_t length, struct chl_inspection *out)
{
    static char text[4 * BYTES_MAX];
    wrap((struct chl_bytes){bytes, length}, text, sizeof text);
    inspect(text, strlen(text), out);
}

static void inspect_payload(const uint8_t *bytes, size_t length, struct chl_inspection *out)
{
    static char text[CHL_ISSUE_CODE_MAX];
    assert_int_equal(chl_issue(issuing.issuer, NULL, "HC1:", (struct chl_bytes){bytes, length},
                               text, sizeof text),
                     CHL_OK);
    inspect(text, strlen(text), out);
}

static void test_whole_code_is_good(void **state)
{
    (void)state;
    struct chl_inspection out;
    inspect(code, strlen(code), &out);
    assert_int_equal(out.outcome, CHL_CLAIMED);
    inspect_message(message, message_length, &out);
    assert_int_equal(out.outcome, CHL_CLAIMED);
    assert_true(counted_bytes() > 0); /* the counters count */
}

static void test_text_truncated_anywhere(void **state)
{
    (void)state;
    for (size_t length = 0; length < strlen(code); length++) {
        struct chl_inspection out;
        inspect(code, length, &out);
        assert_int_equal(out.outcome, length < 4 ? CHL_NOT_MINE : CHL_REFUSED);
        assert_true(out.stage <= CHL_STAGE_ZLIB);
    }
}

static void test_message_truncated_anywhere(void **state)
{
    (void)state;
    for (size_t length = 0; length < message_length; length++) {
        struct chl_inspection out;
        inspect_message(message, length, &out);
        assert_int_equal(out.outcome, CHL_REFUSED);
        assert_int_equal(out.stage, CHL_STAGE_CBOR);
    }
}

/* A few bits carry nothing (deflate's window size, the padding of its last byte): with one of them
 * changed the same message comes out, and then it must be the very same claims. */
static void test_every_character_changed(void **state)
{
    (void)state;
    static char changed[CHL_ISSUE_CODE_MAX];
    size_t length = strlen(code);
    unsigned same = 0;
    struct chl_inspection whole;
    inspect(code, length, &whole);
    for (size_t at = 0; at < length; at++) {
        static const char others[] = {'0', 'Z', ':', ' ', 'a', '\0', (char)0xFF};
        for (size_t i = 0; i < sizeof others; i++) {
            struct chl_inspection out;
            memcpy(changed, code, length + 1);
            if (changed[at] == others[i]) {
                continue;
            }
            changed[at] = others[i];
            inspect(changed, length, &out);
            if (at >= 4 && out.outcome == CHL_CLAIMED) {
                assert_memory_equal(&out, &whole, sizeof whole);
                same++;
                continue;
            }
            assert_int_equal(out.outcome, at < 4 ? CHL_NOT_MINE : CHL_REFUSED);
        }
    }
    assert_true(same <= 4);
}

/* Every bit of the message, past zlib: nothing signed can change unseen. Where the kid or the alg
 * is hit the issuer is not known or the key does not fit; elsewhere the signature or the form
 * breaks. */
static void test_every_bit_of_the_message_flipped(void **state)
{
    (void)state;
    for (size_t bit = 0; bit < 8 * message_length; bit++) {
        struct chl_inspection out;
        message[bit / 8] ^= (uint8_t)(1U << bit % 8);
        inspect_message(message, message_length, &out);
        message[bit / 8] ^= (uint8_t)(1U << bit % 8);
        if (out.outcome != CHL_REFUSED || out.stage > CHL_STAGE_SIGNATURE) {
            fail_msg("bit %zu: expected a refusal up to the signature, got stage %d", bit,
                     out.stage);
        }
    }
}

/* Signed by a trusted key, and still not well formed: a trusted issuer can be wrong too. */
static void test_every_byte_of_a_signed_payload_changed(void **state)
{
    (void)state;
    static const uint8_t masks[] = {0x01, 0x20, 0x80, 0xFF};
    for (size_t at = 0; at < payload_length; at++) {
        for (size_t i = 0; i < sizeof masks; i++) {
            struct chl_inspection out;
            payload[at] ^= masks[i];
            inspect_payload(payload, payload_length, &out);
            payload[at] ^= masks[i];
            assert_true(out.outcome == CHL_REFUSED || out.outcome == CHL_CLAIMED);
        }
    }
    for (size_t length = 0; length < payload_length; length++) {
        struct chl_inspection out;
        inspect_payload(payload, length, &out);
        assert_int_equal(out.stage, CHL_STAGE_CBOR);
    }
}

struct bomb {
    const char *what;
    const uint8_t *bytes;
    size_t length;
    const char *reason;
};

static void test_bombs_in_cbor(void **state)
{
    (void)state;
    static uint8_t nested[3000], wide[3000], keys[3000];
    static const uint8_t array27[] = {0x9A, 0x08, 0x00, 0x00, 0x00, 0, 0, 0, 0, 0};
    static const uint8_t map27[] = {0xBA, 0x08, 0x00, 0x00, 0x00, 0, 0, 0, 0, 0};
    static const uint8_t text64[] = {0x7B, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x61};
    static const uint8_t twice[] = {0xA2, 0x04, 0x00, 0x04, 0x01};
    static const uint8_t behind[] = {0xA0, 0x00};
    static const uint8_t latin[] = {0xA1, 0x01, 0x61, 0xE9};
    static const uint8_t no_map[] = {0x80};
    memset(nested, 0x81, sizeof nested);
    memset(wide, 0, sizeof wide);
    memcpy(wide, (const uint8_t[]){0x99, 0x0B, 0xB5}, 3); /* 2997 items */
    memset(keys, 0xF6, sizeof keys);
    memcpy(keys, (const uint8_t[]){0xB9, 0x05, 0xDA}, 3); /* 1498 pairs, all keys different */
    for (unsigned i = 0; i < 600; i++) {
        memcpy(keys + 3 + 4 * (size_t)i,
               (const uint8_t[]){0x19, (uint8_t)(i >> 8), (uint8_t)i, 0xF6}, 4);
    }
    const struct bomb bombs[] = {
        {"array of 2^27", array27, sizeof array27, "cbor_malformed"},
        {"map of 2^27", map27, sizeof map27, "cbor_malformed"},
        {"text of 2^64-1", text64, sizeof text64, "cbor_malformed"},
        {"nested", nested, sizeof nested, "cbor_too_deep"},
        {"wide", wide, sizeof wide, "cbor_too_many"},
        {"many keys", keys, sizeof keys, "cbor_too_many"},
        {"duplicate key", twice, sizeof twice, "cbor_duplicate_key"},
        {"trailing", behind, sizeof behind, "cbor_trailing"},
        {"not UTF-8", latin, sizeof latin, "cbor_text_invalid"},
        {"no map", no_map, sizeof no_map, "claims_malformed"},
    };
    for (size_t i = 0; i < sizeof bombs / sizeof bombs[0]; i++) {
        struct chl_inspection out;
        inspect_payload(bombs[i].bytes, bombs[i].length, &out);
        if (strcmp(out.reason, bombs[i].reason) != 0) {
            fail_msg("%s: expected %s, got `%s`", bombs[i].what, bombs[i].reason, out.reason);
        }
        assert_int_equal(out.stage, CHL_STAGE_CBOR);
        inspect_message(bombs[i].bytes, bombs[i].length, &out);
        assert_int_equal(out.outcome, CHL_REFUSED);
    }
}

static void test_zip_bomb_and_leftovers(void **state)
{
    (void)state;
    static char text[4 * BYTES_MAX];
    struct chl_inspection out;
    size_t size = (size_t)3 * 1024 * 1024, length = 0;
    uint8_t *zeros = calloc(1, size);
    assert_non_null(zeros);
    wrap((struct chl_bytes){zeros, size}, text, sizeof text);
    free(zeros);
    inspect(text, strlen(text), &out);
    assert_string_equal(out.reason, "zlib_too_large");
    assert_int_equal(out.stage, CHL_STAGE_ZLIB);

    struct chl_bytes bytes = {message, message_length};
    assert_int_equal(chl_deflate(bytes, packed, sizeof packed, &length), CHL_OK);
    packed[length] = 0;
    assert_int_equal(chl_base45_encode(packed, length + 1, text + 4, sizeof text - 4, NULL),
                     CHL_OK);
    inspect(text, strlen(text), &out);
    assert_string_equal(out.reason, "zlib_invalid");
}

static void test_longest_codes(void **state)
{
    (void)state;
    static char text[4 * CHL_CODE_MAX];
    struct chl_inspection out;
    memset(text, '0', sizeof text);
    memcpy(text, "HC1:", 4);
    inspect(text, CHL_CODE_MAX, &out);
    assert_true(out.outcome == CHL_REFUSED && out.stage <= CHL_STAGE_ZLIB);
    inspect(text, CHL_CODE_MAX + 1, &out);
    assert_string_equal(out.reason, "code_too_long");
    inspect(text, sizeof text, &out);
    assert_string_equal(out.reason, "code_too_long");
}

/* Random bytes at each depth. */
static void test_noise(void **state)
{
    (void)state;
    uint64_t random = 20220201;
    for (int i = 0; i < 2000; i++) {
        uint8_t noise[64];
        struct chl_inspection out;
        for (size_t at = 0; at < sizeof noise; at++) {
            random = random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
            noise[at] = (uint8_t)(random >> 56);
        }
        size_t length = noise[0] % sizeof noise;
        if (i % 2 == 0) {
            inspect_message(noise, length, &out);
            assert_int_equal(out.outcome, CHL_REFUSED);
        } else {
            inspect_payload(noise, length, &out);
            assert_int_equal(out.outcome, CHL_REFUSED);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whole_code_is_good),
        cmocka_unit_test(test_text_truncated_anywhere),
        cmocka_unit_test(test_message_truncated_anywhere),
        cmocka_unit_test(test_every_character_changed),
        cmocka_unit_test(test_every_bit_of_the_message_flipped),
        cmocka_unit_test(test_every_byte_of_a_signed_payload_changed),
        cmocka_unit_test(test_bombs_in_cbor),
        cmocka_unit_test(test_zip_bomb_and_leftovers),
        cmocka_unit_test(test_longest_codes),
        cmocka_unit_test(test_noise),
    };
    if (!counted_begin()) {
        return EXIT_FAILURE;
    }
    return cmocka_run_group_tests(tests, start, stop);
}
