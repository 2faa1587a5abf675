/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Codes made to harm, of every format that is read, through the chain as the host calls it:
 *         cut anywhere, every byte flipped, bombs. Each ends in a typed answer within 10 ms of
 *         processor time and 1 MiB of memory.
 *
 *  A sanitizer makes everything slower and guards each block: there ten times as long is allowed,
 *  and what it adds to a block is not counted.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "lib/base/text.h"
#include "lib/base/time.h"
#include "lib/text/reasons.h"
#include "tests/chain/codes.h"
#include "tests/chain/memory.h"

#ifdef CHL_SANITIZED
enum { SLOWER = 10 };
#else
enum { SLOWER = 1 };
#endif

enum {
    TIME_MAX_NS = 10 * 1000 * 1000 * SLOWER,
    MEMORY_MAX = 1024 * 1024 - CHL_SCRATCH_MIN, /* the scratch is lent for good */
    BUFFER = 4 * CHL_CODE_MAX
};

static struct chain *chain;
static int64_t slowest_ns, most_bytes;
static unsigned asked;
static char work[BUFFER];

static int start(void **state)
{
    (void)state;
    chain = credential_codes_make();
    return chain != NULL ? 0 : -1;
}

static int stop(void **state)
{
    (void)state;
    chain_close(chain);
    credential_codes_free();
    printf("codes=%u slowest=%.3f ms most=%lld bytes beside the scratch of %d\n", asked,
           (double)slowest_ns / 1e6, (long long)most_bytes, CHL_SCRATCH_MIN);
    return 0;
}

static int64_t thread_ns(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (int64_t)now.tv_sec * CHL_NS_PER_S + now.tv_nsec;
}

/* Nothing of the memory that the reader worked in stands behind the end. */
static bool is_text(const char *text, size_t size)
{
    size_t length = strnlen(text, size);
    bool clean = length < size && chl_utf8_valid(text, length);
    for (size_t i = length; clean && i < size; i++) {
        clean = text[i] == '\0';
    }
    return clean;
}

/* A plain code may be cut or changed into another that is as good: then it is a claim, no more. */
static void check_answer(const struct chl_inspection *out)
{
    assert_true(out->outcome <= CHL_REFUSED && out->stage < CHL_STAGE_COUNT);
    assert_string_not_equal(out->reason, "plugin-error");
    assert_true((out->outcome == CHL_CLAIMED) == (out->reason[0] == '\0'));
    assert_true(is_text(out->claims.name, sizeof out->claims.name));
    assert_true(is_text(out->claims.name_ascii, sizeof out->claims.name_ascii));
    assert_true(is_text(out->claims.birth, sizeof out->claims.birth));
    assert_true(is_text(out->claims.document, sizeof out->claims.document));
    assert_true(is_text(out->claims.id, sizeof out->claims.id));
    assert_true(is_text(out->claims.issuer, sizeof out->claims.issuer));
    assert_true(is_text(out->claims.dose_product, sizeof out->claims.dose_product));
    assert_true(is_text(out->claims.address, sizeof out->claims.address));
    if (out->outcome != CHL_CLAIMED) {
        chl_reason reason =
            chl_reason_for_document(out->reason, (chl_stage)out->stage, (chl_format)out->format);
        chl_verdict verdict = chl_reason_get(reason)->verdict;
        assert_true(verdict == CHL_CHECK || verdict == CHL_DENY);
    }
}

/* The machine's other work steals time even from a thread's own clock: what is slow is slow each of
 * RUNS times. */
enum { RUNS = 5 };

/* Inspect within the bounds. The bytes lie in a block of exactly their size. */
static void inspect(const void *bytes, size_t length, struct chl_inspection *out)
{
    void *exact = malloc(length > 0 ? length : 1);
    assert_non_null(exact);
    memcpy(exact, bytes, length);
    memory_reset();
    int64_t began = thread_ns();
    chain_inspect(chain, exact, length, CREDENTIAL_NOW_S * CHL_NS_PER_S, out, NULL);
    int64_t took = thread_ns() - began;
    struct memory memory = memory_now();
    for (int run = 1; run < RUNS && took >= TIME_MAX_NS; run++) {
        struct chl_inspection again;
        began = thread_ns();
        chain_inspect(chain, exact, length, CREDENTIAL_NOW_S * CHL_NS_PER_S, &again, NULL);
        took = thread_ns() - began;
    }
    free(exact);
    asked++;
    slowest_ns = took > slowest_ns ? took : slowest_ns;
    most_bytes = memory.peak > most_bytes ? memory.peak : most_bytes;
    assert_true(took < TIME_MAX_NS);
    assert_true(memory.peak <= MEMORY_MAX);
    check_answer(out);
}

static void test_whole_codes_are_good(void **state)
{
    (void)state;
    for (size_t i = 0; i < CREDENTIAL_CODES; i++) {
        const struct credential_code *code = &credential_codes()[i];
        struct chl_inspection out;
        inspect(code->text, strlen(code->text), &out);
        assert_int_equal(out.outcome, CHL_CLAIMED);
        assert_int_equal(out.format, code->format);
        assert_int_equal(out.is_signed, code->prefix != NULL);
        /* As scanners hand it over. */
        int length = snprintf(work, sizeof work, "\xEF\xBB\xBF %s\r\n", code->text);
        inspect(work, (size_t)length, &out);
        assert_int_equal(out.outcome, CHL_CLAIMED);
    }
}

/* The counters would see it. */
static void test_the_bounds_are_measured(void **state)
{
    (void)state;
    memory_reset();
    size_t before = memory_now().calls;
    void *volatile block = malloc(MEMORY_MAX + 1);
    assert_true(memory_now().peak > MEMORY_MAX && memory_now().calls == before + 1);
    free(block);
    assert_true(memory_now().bytes < MEMORY_MAX);
    /* Another library's are counted too. */
    before = memory_now().calls;
    char *copy = strdup("chi lang");
    assert_int_equal(memory_now().calls, before + 1);
    free(copy);
}

static void test_nothing_of_ours_is_allocated_after_the_first(void **state)
{
    (void)state;
    enum { TIMES = 20 };
    for (size_t i = 0; i < CREDENTIAL_CODES; i++) {
        const struct credential_code *code = &credential_codes()[i];
        struct chl_inspection out;
        inspect(code->text, strlen(code->text), &out);
        struct memory before = memory_now();
        for (int k = 0; k < TIMES; k++) {
            chain_inspect(chain, code->text, strlen(code->text), CREDENTIAL_NOW_S * CHL_NS_PER_S,
                          &out, NULL);
        }
        struct memory after = memory_now();
        size_t openssl = after.openssl_calls - before.openssl_calls;
        if (after.calls - before.calls != openssl) {
            fail_msg("%s: %zu allocations, %zu of them OpenSSL's", code->name,
                     after.calls - before.calls, openssl);
        }
        assert_true((openssl > 0) == (code->prefix != NULL));
    }
}

static void test_cut_anywhere(void **state)
{
    (void)state;
    for (size_t i = 0; i < CREDENTIAL_CODES; i++) {
        const struct credential_code *code = &credential_codes()[i];
        for (size_t length = 0; length < strlen(code->text); length++) {
            struct chl_inspection out;
            inspect(code->text, length, &out);
            assert_true(code->prefix == NULL || out.outcome != CHL_CLAIMED);
            assert_false(out.is_signed);
            inspect(code->text + length, strlen(code->text) - length, &out);
            assert_true(length == 0 || !out.is_signed);
        }
    }
}

static void test_every_byte_flipped(void **state)
{
    (void)state;
    static const uint8_t masks[] = {0x01, 0x02, 0x04, 0x08, 0x10, 0x20, 0x40, 0x80, 0xFF};
    for (size_t i = 0; i < CREDENTIAL_CODES; i++) {
        const struct credential_code *code = &credential_codes()[i];
        struct chl_inspection whole;
        size_t length = strlen(code->text), same = 0;
        inspect(code->text, length, &whole);
        memcpy(work, code->text, length);
        for (size_t at = 0; at < length; at++) {
            for (size_t m = 0; m < sizeof masks; m++) {
                struct chl_inspection out;
                work[at] = (char)((uint8_t)work[at] ^ masks[m]);
                inspect(work, length, &out);
                work[at] = (char)((uint8_t)work[at] ^ masks[m]);
                if (code->prefix != NULL && out.outcome == CHL_CLAIMED) {
                    /* A bit that carries nothing (deflate's padding): the very same claims. */
                    assert_memory_equal(&out, &whole, sizeof whole);
                    same++;
                }
            }
        }
        assert_true(same <= 16);
    }
}

static void wrap(const char *prefix, struct chl_bytes message, struct chl_inspection *out)
{
    static uint8_t packed[BUFFER / 2];
    size_t length = 0, head = strlen(prefix);
    assert_int_equal(chl_deflate(message, packed, sizeof packed, &length), CHL_OK);
    memcpy(work, prefix, head);
    assert_int_equal(chl_base45_encode(packed, length, work + head, sizeof work - head, NULL),
                     CHL_OK);
    inspect(work, strlen(work), out);
}

static void test_zip_bombs(void **state)
{
    (void)state;
    static const size_t sizes[] = {64 * 1024, 64 * 1024 + 1, 3 * 1024 * 1024, 7 * 1024 * 1024};
    static const char *const prefixes[] = {"HC1:", "LS1:"};
    uint8_t *zeros = calloc(1, sizes[3]);
    assert_non_null(zeros);
    for (size_t p = 0; p < 2; p++) {
        for (size_t i = 0; i < 4; i++) {
            struct chl_inspection out;
            wrap(prefixes[p], (struct chl_bytes){zeros, sizes[i]}, &out);
            assert_int_equal(out.outcome, CHL_REFUSED);
            assert_string_equal(out.reason, i == 0                        ? "cbor_trailing"
                                            : strlen(work) > CHL_CODE_MAX ? "code_too_long"
                                                                          : "zlib_too_large");
        }
    }
    free(zeros);
}

static void test_length_bombs_and_nesting(void **state)
{
    (void)state;
    enum { DEEP = 60000 };
    static uint8_t deep[DEEP];
    static const uint8_t heads[][9] = {{0x9A, 0x08},
                                       {0xBA, 0x08},
                                       {0x5A, 0x7F},
                                       {0x7A, 0x7F},
                                       {0x9B, 0xFF, 0xFF},
                                       {0xBB, 0xFF},
                                       {0x5B, 0xFF},
                                       {0x7B, 0xFF, 0xFF},
                                       {0xDB, 0xFF},
                                       {0x9F},
                                       {0xBF},
                                       {0x5F},
                                       {0x7F},
                                       {0xC0}};
    static const uint8_t nests[] = {0x81, 0xA1, 0xC1, 0xD2, 0x9F, 0xBF};
    static const char *const prefixes[] = {"HC1:", "LS1:"};
    for (size_t p = 0; p < 2; p++) {
        for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++) {
            struct chl_inspection out;
            wrap(prefixes[p], (struct chl_bytes){heads[i], sizeof heads[i]}, &out);
            assert_int_equal(out.stage, CHL_STAGE_CBOR);
        }
        for (size_t i = 0; i < sizeof nests; i++) {
            struct chl_inspection out;
            memset(deep, nests[i], sizeof deep);
            wrap(prefixes[p], (struct chl_bytes){deep, sizeof deep}, &out);
            assert_int_equal(out.stage, CHL_STAGE_CBOR);
        }
        memset(deep, 0, sizeof deep); /* as many items as there is room for */
        memcpy(deep, (const uint8_t[]){0x99, 0xEA, 0x5D}, 3);
        struct chl_inspection out;
        wrap(prefixes[p], (struct chl_bytes){deep, sizeof deep}, &out);
        assert_string_equal(out.reason, "cbor_too_many");
    }
}

/* A code of plain fields whose field `index` is replaced. */
static size_t with_field(const char *code, size_t index, const char *field, size_t length)
{
    const char *from = code;
    size_t used = 0;
    for (; index > 0; index--) {
        from = strchr(from, '|');
        if (from == NULL) {
            return 0;
        }
        from++;
    }
    const char *behind = from + strcspn(from, "|");
    used = (size_t)(from - code);
    if (used + length + strlen(behind) >= sizeof work) {
        return 0;
    }
    memcpy(work, code, used);
    memcpy(work + used, field, length);
    memcpy(work + used + length, behind, strlen(behind));
    return used + length + strlen(behind);
}

/* Fields that are too long, too many, of marks without end, of every byte. */
static void test_plain_codes_of_harm(void **state)
{
    (void)state;
    enum { FIELD = 7000, PATTERNS = 9 };
    static char field[FIELD];
    static const char *const patterns[PATTERNS] = {"A",
                                                   "\xCC\x81" /* an acute, again and again */,
                                                   "4",
                                                   "*",
                                                   "\xE1\xBB\x99",
                                                   "|",
                                                   "\xFF",
                                                   "\xED\xA0\x80" /* a surrogate */,
                                                   "\xF0\x9F\x98\x80"};
    static const size_t lengths[] = {1, 30, 191, 192, 600, FIELD};
    struct chl_inspection out;
    for (size_t i = 0; i < CREDENTIAL_CODES; i++) {
        const struct credential_code *code = &credential_codes()[i];
        for (size_t index = 0; code->prefix == NULL && index < 18; index++) {
            for (size_t p = 0; p < PATTERNS; p++) {
                size_t unit = strlen(patterns[p]);
                for (size_t at = 0; at + unit <= FIELD; at += unit) {
                    memcpy(field + at, patterns[p], unit);
                }
                for (size_t l = 0; l < sizeof lengths / sizeof lengths[0]; l++) {
                    inspect(work, with_field(code->text, index, field, lengths[l]), &out);
                }
            }
            inspect(work, with_field(code->text, index, "\0\0", 2), &out);
            inspect(work, with_field(code->text, index, "", 0), &out);
        }
    }
    memset(work, '|', sizeof work);
    inspect(work, CHL_CODE_MAX, &out);
    inspect(work, sizeof work, &out);
    assert_int_not_equal(out.outcome, CHL_CLAIMED);
}

static void test_noise_behind_each_beginning(void **state)
{
    (void)state;
    enum { ROUNDS = 3000 };
    static const char *const beginnings[] = {"",
                                             "HC1:",
                                             "LS1:",
                                             "NZCP:/1/",
                                             "shc:/",
                                             "{\"data\":{\"hdr\"",
                                             "001090001234||",
                                             "GD4010120000001|",
                                             "https://qr."};
    uint64_t random = 20220201;
    for (int i = 0; i < ROUNDS; i++) {
        struct chl_inspection out;
        const char *beginning = beginnings[(size_t)i % (sizeof beginnings / sizeof *beginnings)];
        size_t used = strlen(beginning), length = used + (size_t)i % 300;
        memcpy(work, beginning, used);
        for (; used < length; used++) {
            random = random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
            work[used] =
                i % 2 == 0 ? (char)(random >> 56) : "0123456789ABCDEF|$%*+-./: "[random >> 59 & 25];
        }
        inspect(work, length, &out);
        assert_false(out.is_signed);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_bounds_are_measured),
        cmocka_unit_test(test_whole_codes_are_good),
        cmocka_unit_test(test_nothing_of_ours_is_allocated_after_the_first),
        cmocka_unit_test(test_cut_anywhere),
        cmocka_unit_test(test_every_byte_flipped),
        cmocka_unit_test(test_zip_bombs),
        cmocka_unit_test(test_length_bombs_and_nesting),
        cmocka_unit_test(test_plain_codes_of_harm),
        cmocka_unit_test(test_noise_behind_each_beginning),
    };
    if (!memory_begin()) {
        fputs("OpenSSL had allocated before it could be counted\n", stderr);
        return EXIT_FAILURE;
    }
    return cmocka_run_group_tests(tests, start, stop);
}
