/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Codes cut at every byte, with every byte changed, and of nothing but bars: each ends in a
 *  typed answer, at once.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/text.h"
#include "lib/base/time.h"
#include "tests/unit/vietnam_codes.h"

enum { SAMPLES = 8 };
#define DEADLINE_NS (10 * CHL_NS_PER_MS)

static void make_sample(size_t index, char out[VIETNAM_CODE_SIZE])
{
    static const int bhyt[] = {10, 15, 17};
    const char *name = vietnam_names[index % vietnam_name_count];
    if (index < 2) {
        vietnam_make_cccd(name, index == 0 ? 7 : 11, out);
    } else if (index < 5) {
        vietnam_make_bhyt(name, bhyt[index - 2], index % 2 == 0, out);
    } else if (index == 5) {
        vietnam_make_pccovid("NGUYEN THI HOA", out);
    } else if (index == 6) {
        (void)snprintf(out, VIETNAM_CODE_SIZE, "%s",
                       "******029317|NGUYEN THI HOA|1987-**-**|0|1629793885|<2<HS42020208*****<");
    } else {
        vietnam_make_cccd("Nguye\u0302\u0303n Thi\u0323 A\u0301nh", 11, out);
    }
}

static bool is_refusal(const struct chl_inspection *out)
{
    for (unsigned i = 1; i < CHL_REFUSAL_COUNT; i++) {
        if (strcmp(out->reason, chl_refusal_id((chl_refusal)i)) == 0) {
            return out->stage == (uint8_t)chl_refusal_stage((chl_refusal)i);
        }
    }
    return false;
}

static void check_texts(const struct chl_claims *claims)
{
    assert_true(chl_utf8_valid(claims->name, strnlen(claims->name, sizeof claims->name)));
    assert_true(strnlen(claims->name, sizeof claims->name) < sizeof claims->name);
    assert_true(chl_utf8_valid(claims->address, strnlen(claims->address, sizeof claims->address)));
    assert_true(strnlen(claims->address, sizeof claims->address) < sizeof claims->address);
    assert_true(claims->document_count <= CHL_CLAIM_DOCUMENTS_MAX);
    assert_true((claims->document_count == 0) == (claims->document[0] == '\0'));
    for (size_t i = 0; i < claims->document_count; i++) {
        const char *number = claims->documents[i].number;
        size_t length = strspn(number, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ");
        assert_true(length >= 5 && number[length] == '\0');
    }
}

/* Whatever came, the answer is one of the three, whole, and quick. */
static void check(const void *bytes, size_t length)
{
    struct chl_inspection out;
    int64_t began_ns = chl_mono_ns();
    vietnam_look(bytes, length, &out);
    int64_t took_ns = chl_mono_ns() - began_ns;
    for (int run = 1; run < 5 && took_ns > DEADLINE_NS; run++) {
        /* Another program may have had the processor: what is late is late each time. */
        began_ns = chl_mono_ns();
        vietnam_look(bytes, length, &out);
        took_ns = chl_mono_ns() - began_ns;
    }
    assert_true(took_ns <= DEADLINE_NS);
    assert_false(out.is_signed);
    if (out.outcome == CHL_NOT_MINE) {
        assert_string_equal(out.claims.name, "");
        return;
    }
    assert_true(out.format == CHL_FORMAT_CCCD || out.format == CHL_FORMAT_BHYT ||
                out.format == CHL_FORMAT_PCCOVID);
    if (out.outcome == CHL_REFUSED) {
        assert_true(is_refusal(&out));
    } else {
        assert_int_equal(out.outcome, CHL_CLAIMED);
        assert_int_equal(out.stage, CHL_STAGE_DONE);
        assert_string_equal(out.reason, "");
        check_texts(&out.claims);
    }
}

static void test_cut_at_every_byte(void **state)
{
    (void)state;
    for (size_t i = 0; i < SAMPLES; i++) {
        char code[VIETNAM_CODE_SIZE];
        make_sample(i, code);
        for (size_t length = 0; length <= strlen(code); length++) {
            check(code, length);
            check(code + length, strlen(code) - length);
        }
    }
}

static void test_every_byte_changed(void **state)
{
    (void)state;
    for (size_t i = 0; i < SAMPLES; i++) {
        char code[VIETNAM_CODE_SIZE];
        make_sample(i, code);
        size_t length = strlen(code);
        for (size_t at = 0; at < length; at++) {
            char former = code[at];
            for (unsigned value = 0; value < 256; value++) {
                code[at] = (char)value;
                check(code, length);
            }
            code[at] = former;
        }
    }
}

static void test_every_byte_taken_out_or_doubled(void **state)
{
    (void)state;
    for (size_t i = 0; i < SAMPLES; i++) {
        char code[VIETNAM_CODE_SIZE], other[VIETNAM_CODE_SIZE + 1];
        make_sample(i, code);
        size_t length = strlen(code);
        for (size_t at = 0; at < length; at++) {
            memcpy(other, code, at);
            memcpy(other + at, code + at + 1, length - at - 1);
            check(other, length - 1);
            memcpy(other, code, at + 1);
            memcpy(other + at + 1, code + at, length - at);
            check(other, length + 1);
        }
    }
}

/* A code that ends where it did, with other text at its two ends. */
static void put_ends(char *code, size_t length, const char *head, const char *tail)
{
    size_t tail_length = strlen(tail);
    for (size_t i = 0; head[i] != '\0'; i++) {
        code[i] = head[i];
    }
    for (size_t i = 0; i < tail_length; i++) {
        code[length - tail_length + i] = tail[i];
    }
}

/* The largest codes there are, of one byte, and with one field that fills them. */
static void test_whole_codes_of_one_byte(void **state)
{
    (void)state;
    static char code[CHL_CODE_MAX];
    static const char *const heads[] = {"020187029317||", "2020878821|", "020187029317|"};
    static const char *const tails[] = {"|1987|Nam|Lang|2021", "|1987|1|-|79012|-|-|-|$",
                                        "|1987-01-18|0|16|"};
    for (unsigned value = 0; value < 256; value++) {
        memset(code, (int)value, sizeof code);
        check(code, sizeof code);
        for (size_t i = 0; i < 3; i++) {
            memset(code, (int)value, sizeof code);
            put_ends(code, sizeof code, heads[i], tails[i]);
            check(code, sizeof code);
        }
    }
    /* Hexadecimal digits and combining marks to the brim. */
    for (size_t i = 0; i + 1 < sizeof code; i += 2) {
        code[i] = '\xCC';
        code[i + 1] = '\x81';
    }
    put_ends(code, sizeof code, heads[0], tails[0]);
    check(code, sizeof code);
    memset(code, '6', sizeof code);
    put_ends(code, sizeof code, "HS4010120878821|", tails[1]);
    check(code, sizeof code);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cut_at_every_byte),
        cmocka_unit_test(test_every_byte_changed),
        cmocka_unit_test(test_every_byte_taken_out_or_doubled),
        cmocka_unit_test(test_whole_codes_of_one_byte),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
