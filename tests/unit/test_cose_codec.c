/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Base45, inflate and CBOR: the published vectors, round trips, and each way to be refused.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cbor.h>
#include <cmocka.h>

#include "lib/base/text.h"
#include "lib/cose/cose.h"

static uint64_t memory[CHL_SCRATCH_MIN / sizeof(uint64_t)];

static struct chl_scratch fresh(void)
{
    return (struct chl_scratch){sizeof(struct chl_scratch), memory, sizeof memory, 0};
}

static void test_base45_vectors(void **state)
{
    (void)state;
    static const struct {
        const char *bytes, *text;
    } rows[] = {/* RFC 9285 §4.3, §4.4 */
                {"AB", "BB8"},
                {"Hello!!", "%69 VD92EX0"},
                {"base-45", "UJCLQE7W581"},
                {"ietf!", "QED8WEX0"},
                {"", ""}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint8_t bytes[32];
        char text[32];
        size_t length = 0;
        assert_int_equal(chl_base45_decode(rows[i].text, strlen(rows[i].text), bytes, &length),
                         CHL_OK);
        assert_int_equal(length, strlen(rows[i].bytes));
        assert_memory_equal(bytes, rows[i].bytes, length);
        assert_int_equal(chl_base45_encode(bytes, length, text, sizeof text, &length), CHL_OK);
        assert_string_equal(text, rows[i].text);
    }
}

static void test_base45_refused(void **state)
{
    (void)state;
    static const char *const rows[] = {"A",   "BB8A", "GGW",  ":::", "bb8",  "ZZ",
                                       "BB!", "BB8!", "B\n8", "::",  "BB8::"};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint8_t bytes[32];
        size_t length = 0;
        assert_int_equal(chl_base45_decode(rows[i], strlen(rows[i]), bytes, &length),
                         CHL_E_CORRUPT);
    }
    char text[4];
    size_t length = 0;
    assert_int_equal(chl_base45_encode((const uint8_t *)"abc", 3, text, sizeof text, &length),
                     CHL_E_LIMIT);
}

static void test_base45_every_pair_of_bytes(void **state)
{
    (void)state;
    for (unsigned value = 0; value <= UINT16_MAX; value++) {
        const uint8_t in[2] = {(uint8_t)(value >> 8), (uint8_t)(value & 0xFF)};
        uint8_t out[4];
        char text[8];
        size_t length = 0;
        assert_int_equal(chl_base45_encode(in, 2, text, sizeof text, &length), CHL_OK);
        assert_int_equal(chl_base45_decode(text, length, out, &length), CHL_OK);
        assert_memory_equal(in, out, 2);
    }
}

/* Deflate `size` zero bytes and inflate them again within the bound. */
static chl_err through(size_t size, size_t cut, size_t extra, size_t *got)
{
    static uint8_t packed[16 * 1024];
    uint8_t *plain = calloc(1, size + 1);
    struct chl_scratch scratch = fresh();
    struct chl_bytes out = {NULL, 0};
    size_t length = 0;
    assert_non_null(plain);
    assert_int_equal(chl_deflate((struct chl_bytes){plain, size}, packed, sizeof packed, &length),
                     CHL_OK);
    packed[length] = 0;
    chl_err error = chl_inflate(&scratch, (struct chl_bytes){packed, length - cut + extra}, &out);
    *got = out.length;
    free(plain);
    return error;
}

static void test_inflate_is_bounded(void **state)
{
    (void)state;
    size_t got = 0;
    assert_int_equal(through(CHL_INFLATE_MAX, 0, 0, &got), CHL_OK);
    assert_int_equal(got, CHL_INFLATE_MAX);
    assert_int_equal(through(CHL_INFLATE_MAX + 1, 0, 0, &got), CHL_E_LIMIT);
    assert_int_equal(through((size_t)3 * 1024 * 1024, 0, 0, &got), CHL_E_LIMIT);
    assert_int_equal(through(0, 0, 0, &got), CHL_OK);
    assert_int_equal(got, 0);
}

static void test_inflate_wants_one_whole_stream(void **state)
{
    (void)state;
    size_t got = 0;
    for (size_t cut = 1; cut <= 8; cut++) {
        assert_int_equal(through(100, cut, 0, &got), CHL_E_CORRUPT);
    }
    assert_int_equal(through(100, 0, 1, &got), CHL_E_CORRUPT);
    struct chl_scratch small = {.size = sizeof small, .base = memory, .capacity = 1024};
    struct chl_bytes out;
    assert_int_equal(chl_inflate(&small, (struct chl_bytes){(const uint8_t *)"x", 1}, &out),
                     CHL_E_NOMEM);
}

static struct chl_bytes from_hex(const char *hex, uint8_t *room)
{
    size_t length = strlen(hex) / 2;
    assert_int_equal(chl_unhex(hex, strlen(hex), room, length), CHL_OK);
    return (struct chl_bytes){room, length};
}

static void test_cbor_refusals(void **state)
{
    (void)state;
    static const struct {
        const char *hex;
        chl_refusal refusal;
    } rows[] = {
        {"a0", CHL_REFUSAL_NONE},
        {"a2010203f4", CHL_REFUSAL_NONE},
        {"9f0102ff", CHL_REFUSAL_NONE},
        {"bf6161019fffff", CHL_REFUSAL_cbor_malformed}, /* a list as a key */
        {"bf616101ff", CHL_REFUSAL_NONE},
        {"bf6161ff", CHL_REFUSAL_cbor_malformed}, /* a key without a value */
        {"f7", CHL_REFUSAL_NONE},
        {"d28440a04040", CHL_REFUSAL_NONE},
        {"d83dd28440a04040", CHL_REFUSAL_NONE},
        {"", CHL_REFUSAL_cbor_malformed},
        {"ff", CHL_REFUSAL_cbor_malformed},
        {"82ff01", CHL_REFUSAL_cbor_malformed},
        {"c0", CHL_REFUSAL_cbor_malformed},
        {"c0ff", CHL_REFUSAL_cbor_malformed},
        {"9a08000000", CHL_REFUSAL_cbor_malformed},           /* 2^27 items in no bytes */
        {"9a080000000000000000", CHL_REFUSAL_cbor_malformed}, /* ten bytes */
        {"ba08000000", CHL_REFUSAL_cbor_malformed},
        {"bbffffffffffffffff", CHL_REFUSAL_cbor_malformed},
        {"5bffffffffffffffff00", CHL_REFUSAL_cbor_malformed},
        {"7affffffff61", CHL_REFUSAL_cbor_malformed},
        {"5f4101ff", CHL_REFUSAL_cbor_malformed}, /* chunked strings are not read */
        {"7f6161ff", CHL_REFUSAL_cbor_malformed},
        {"1c", CHL_REFUSAL_cbor_malformed}, /* reserved heads */
        {"fc", CHL_REFUSAL_cbor_malformed},
        {"dc00", CHL_REFUSAL_cbor_malformed},
        {"0000", CHL_REFUSAL_cbor_trailing},
        {"a0a0", CHL_REFUSAL_cbor_trailing},
        {"a201020103", CHL_REFUSAL_cbor_duplicate_key},
        {"a20102180103", CHL_REFUSAL_cbor_duplicate_key}, /* 1 written in two ways */
        {"a2616101616102", CHL_REFUSAL_cbor_duplicate_key},
        {"bf01020103ff", CHL_REFUSAL_cbor_duplicate_key},
        {"a2018141000102", CHL_REFUSAL_cbor_duplicate_key},
        {"a2616101416102", CHL_REFUSAL_NONE}, /* text and bytes are two keys */
        {"61ff", CHL_REFUSAL_cbor_text_invalid},
        {"62c080", CHL_REFUSAL_cbor_text_invalid},
        {"63eda080", CHL_REFUSAL_cbor_text_invalid},
        {"a1f401", CHL_REFUSAL_cbor_malformed},
        {"81818181818181818181818181818100", CHL_REFUSAL_NONE},
        {"8181818181818181818181818181818100", CHL_REFUSAL_NONE},
        {"818181818181818181818181818181818100", CHL_REFUSAL_cbor_too_deep},
        {"c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c100", CHL_REFUSAL_cbor_too_deep},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint8_t room[64];
        struct chl_scratch scratch = fresh();
        struct chl_cbor_tree tree;
        chl_refusal got = chl_cbor_parse(&scratch, from_hex(rows[i].hex, room), &tree);
        if (got != rows[i].refusal) {
            fail_msg("%s: expected `%s`, got `%s`", rows[i].hex, chl_refusal_id(rows[i].refusal),
                     chl_refusal_id(got));
        }
    }
}

static void test_cbor_counts_are_bounded(void **state)
{
    (void)state;
    static uint8_t bytes[CHL_CBOR_ITEMS + 8];
    struct chl_scratch scratch = fresh();
    struct chl_cbor_tree tree;
    struct chl_cbor_writer w;
    size_t length = 0;
    chl_cbor_begin(&w, bytes, sizeof bytes);
    chl_cbor_put_array(&w, CHL_CBOR_ITEMS);
    assert_int_equal(chl_cbor_end(&w, &length), CHL_OK);
    memset(bytes + length, 0, CHL_CBOR_ITEMS);
    struct chl_bytes in = {bytes, length + CHL_CBOR_ITEMS};
    assert_int_equal(chl_cbor_parse(&scratch, in, &tree), CHL_REFUSAL_cbor_too_many);

    chl_cbor_begin(&w, bytes, sizeof bytes);
    chl_cbor_put_map(&w, CHL_CBOR_PAIRS + 1);
    for (int i = 0; i <= CHL_CBOR_PAIRS; i++) {
        chl_cbor_put_int(&w, i);
        chl_cbor_put_null(&w);
    }
    assert_int_equal(chl_cbor_end(&w, &length), CHL_OK);
    assert_int_equal(chl_cbor_parse(&scratch, (struct chl_bytes){bytes, length}, &tree),
                     CHL_REFUSAL_cbor_too_many);
}

static void test_cbor_values(void **state)
{
    (void)state;
    uint8_t bytes[256];
    struct chl_cbor_writer w;
    struct chl_cbor_tree tree;
    struct chl_scratch scratch = fresh();
    size_t length = 0;
    chl_cbor_begin(&w, bytes, sizeof bytes);
    chl_cbor_put_map(&w, 7);
    chl_cbor_put_int(&w, -260);
    chl_cbor_put_array(&w, 2);
    chl_cbor_put_bool(&w, true);
    chl_cbor_put_text(&w, "hai");
    chl_cbor_put_int(&w, 1);
    chl_cbor_put_double(&w, 1643700000.0);
    chl_cbor_put_int(&w, 2);
    chl_cbor_put_double(&w, 1.5);
    chl_cbor_put_text(&w, "d");
    chl_cbor_put_tag(&w, 0);
    chl_cbor_put_text(&w, "2022-02-01");
    chl_cbor_put_text(&w, "n");
    chl_cbor_put_null(&w);
    chl_cbor_put_text(&w, "min");
    chl_cbor_put_int(&w, INT64_MIN);
    chl_cbor_put_text(&w, "b");
    chl_cbor_put_bytes(&w, "\x00\xFF", 2);
    assert_int_equal(chl_cbor_end(&w, &length), CHL_OK);
    assert_int_equal(chl_cbor_parse(&scratch, (struct chl_bytes){bytes, length}, &tree),
                     CHL_REFUSAL_NONE);

    const struct chl_cbor_node *root = tree.nodes;
    const struct chl_cbor_node *list = chl_cbor_int_key(&tree, root, -260);
    struct chl_bytes text;
    int64_t number = 0;
    assert_true(chl_cbor_text(chl_cbor_element(&tree, list, 1), &text));
    assert_memory_equal(text.data, "hai", 3);
    assert_null(chl_cbor_element(&tree, list, 2));
    assert_true(chl_cbor_int(chl_cbor_int_key(&tree, root, 1), &number));
    assert_int_equal(number, 1643700000);
    assert_false(chl_cbor_int(chl_cbor_int_key(&tree, root, 2), &number));
    assert_false(chl_cbor_text(chl_cbor_text_key(&tree, root, "d"), &text));
    assert_true(chl_cbor_text(chl_cbor_untag(&tree, chl_cbor_text_key(&tree, root, "d")), &text));
    assert_true(chl_cbor_absent(chl_cbor_text_key(&tree, root, "n")));
    assert_true(chl_cbor_absent(chl_cbor_text_key(&tree, root, "nothing")));
    assert_true(chl_cbor_int(chl_cbor_text_key(&tree, root, "min"), &number));
    assert_true(number == INT64_MIN);
    assert_true(chl_cbor_byte_string(chl_cbor_text_key(&tree, root, "b"), &text));
    assert_int_equal(text.length, 2);
    assert_null(chl_cbor_text_key(&tree, list, "d"));
    assert_null(chl_cbor_int_key(&tree, NULL, 1));
}

/* What one item says by libcbor: its type by our names, its number. False when it is none. */
static bool by_libcbor(const uint8_t *bytes, size_t length, uint8_t *type, double *number)
{
    struct cbor_load_result result;
    cbor_item_t *item = cbor_load(bytes, length, &result);
    bool whole = item != NULL && result.read == length;
    *number = 0;
    if (whole && cbor_isa_uint(item)) {
        *type = CHL_CBOR_UINT;
        *number = (double)cbor_get_int(item);
    } else if (whole && cbor_isa_negint(item)) {
        *type = CHL_CBOR_NEGINT;
        *number = (double)cbor_get_int(item);
    } else if (whole && cbor_is_float(item)) {
        *type = CHL_CBOR_FLOAT;
        *number = cbor_float_get_float(item);
    } else if (whole) {
        *type = CHL_CBOR_NONE; /* told apart no further */
    }
    if (item != NULL) {
        cbor_decref(&item);
    }
    return whole;
}

static bool has_tag(const struct chl_cbor_tree *tree)
{
    for (uint32_t i = 0; i < tree->count; i++) {
        if (tree->nodes[i].item.type == CHL_CBOR_TAG) {
            return true;
        }
    }
    return false;
}

/* Another decoder agrees: what is taken here is an item there, and the same number. (It takes more:
 * chunked strings, keys that come twice.) */
static void test_cbor_heads_agree_with_another_decoder(void **state)
{
    (void)state;
    enum { TAILS = 512, LENGTH_MAX = 10 };
    unsigned taken = 0, numbers = 0;
    uint64_t random = 1;
    for (unsigned first = 0; first < 256; first++) {
        for (unsigned tail = 0; tail < TAILS * LENGTH_MAX; tail++) {
            uint8_t bytes[LENGTH_MAX] = {(uint8_t)first}, type = CHL_CBOR_NONE;
            size_t length = 1 + tail % LENGTH_MAX;
            double number = 0;
            for (size_t i = 1; i < length; i++) {
                random = random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
                bytes[i] = tail < LENGTH_MAX ? 0 : (uint8_t)(random >> 56);
            }
            struct chl_scratch scratch = fresh();
            struct chl_cbor_tree tree;
            struct chl_bytes in = {bytes, length};
            if (chl_cbor_parse(&scratch, in, &tree) != CHL_REFUSAL_NONE) {
                continue;
            }
            if (has_tag(&tree)) { /* libcbor refuses many a good one */
                continue;
            }
            taken++;
            assert_true(by_libcbor(bytes, length, &type, &number));
            const struct chl_cbor_item *item = &tree.nodes->item;
            if (type == CHL_CBOR_NONE) {
                continue;
            }
            numbers++;
            assert_int_equal(item->type, type);
            double ours = type == CHL_CBOR_FLOAT ? item->number : (double)item->value;
            /* Bit by bit, but for what is no number. */
            assert_true((isnan(ours) && isnan(number)) || memcmp(&ours, &number, sizeof ours) == 0);
        }
    }
    printf("taken=%u numbers=%u\n", taken, numbers);
    assert_true(taken > 10000 && numbers > 5000);
}

static void test_cbor_seconds(void **state)
{
    (void)state;
    static const struct {
        double written;
        bool good;
        int64_t read;
    } rows[] = {{1690635355.04, true, 1690635355},
                {1643201755.0, true, 1643201755},
                {0.9, true, 0},
                {-0.5, true, -1},
                {-2.0, true, -2},
                {1e300, false, 0},
                {(double)INFINITY, false, 0},
                {(double)NAN, false, 0}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct chl_cbor_node node = {.item = {.type = CHL_CBOR_FLOAT, .number = rows[i].written}};
        int64_t seconds = 0;
        assert_int_equal(chl_cbor_seconds(&node, &seconds), rows[i].good);
        assert_int_equal(seconds, rows[i].read);
    }
    struct chl_cbor_node text = {.item = {.type = CHL_CBOR_TEXT}};
    struct chl_cbor_node whole = {.item = {.type = CHL_CBOR_NEGINT, .value = 4}};
    int64_t seconds = 0;
    assert_false(chl_cbor_seconds(&text, &seconds));
    assert_false(chl_cbor_seconds(NULL, &seconds));
    assert_true(chl_cbor_seconds(&whole, &seconds));
    assert_int_equal(seconds, -5);
}

static void test_cbor_writer_overflow_sticks(void **state)
{
    (void)state;
    uint8_t bytes[8];
    struct chl_cbor_writer w;
    size_t length = 0;
    chl_cbor_begin(&w, bytes, sizeof bytes);
    chl_cbor_put_text(&w, "longer than eight");
    chl_cbor_put_int(&w, 1);
    assert_int_equal(chl_cbor_end(&w, &length), CHL_E_LIMIT);
}

static void test_cbor_truncated_anywhere_is_refused(void **state)
{
    (void)state;
    uint8_t room[64];
    struct chl_bytes whole = from_hex("d28443a10126a1044831323334353637384ba20162564e041a61f8d2a043"
                                      "aabbcc",
                                      room);
    for (size_t length = 0; length < whole.length; length++) {
        struct chl_scratch scratch = fresh();
        struct chl_cbor_tree tree;
        struct chl_bytes cut = {whole.data, length};
        assert_int_equal(chl_cbor_parse(&scratch, cut, &tree), CHL_REFUSAL_cbor_malformed);
    }
    struct chl_scratch scratch = fresh();
    struct chl_sign1 sign1;
    assert_int_equal(chl_sign1_parse(&scratch, whole, &sign1), CHL_REFUSAL_NONE);
    assert_int_equal(sign1.alg, CHL_ALG_ES256);
    assert_int_equal(sign1.kid.length, CHL_KID_SIZE);
    assert_int_equal(sign1.signature.length, 3);
}

static void test_sign1_shapes(void **state)
{
    (void)state;
    static const struct {
        const char *hex;
        chl_refusal refusal;
        int alg, kid;
    } rows[] = {
        {"8440a04100 4101", CHL_REFUSAL_NONE, 0, 0},
        {"d28443a10126a041004101", CHL_REFUSAL_NONE, -7, 0},
        {"8443a10126a1013824 41004101", CHL_REFUSAL_NONE, -7, 0}, /* protected wins */
        {"8440a20126044201 0241004101", CHL_REFUSAL_NONE, -7, 2},
        {"8445a1044201 03a10441 0941004101", CHL_REFUSAL_NONE, 0, 2}, /* protected wins */
        {"d83d8440a041004101", CHL_REFUSAL_cose_malformed, 0, 0},     /* 61 without 18 */
        {"d18440a041004101", CHL_REFUSAL_cose_malformed, 0, 0},       /* tag 17 is a MAC */
        {"8340a04100", CHL_REFUSAL_cose_malformed, 0, 0},
        {"8540a04100410100", CHL_REFUSAL_cose_malformed, 0, 0},
        {"8440a0f64101", CHL_REFUSAL_cose_malformed, 0, 0}, /* detached payload */
        {"8440804100 4101", CHL_REFUSAL_cose_malformed, 0, 0},
        {"8442810 1a041004101", CHL_REFUSAL_cose_malformed, 0, 0},
        {"8443a10226a041004101", CHL_REFUSAL_cose_malformed, 0, 0},  /* crit */
        {"8440a1016141 41004101", CHL_REFUSAL_cose_malformed, 0, 0}, /* alg as text */
        {"8440a104614141004101", CHL_REFUSAL_cose_malformed, 0, 0},  /* kid as text */
        {"8442a101a041004101", CHL_REFUSAL_cbor_malformed, 0, 0},    /* protected cut short */
        {"a0", CHL_REFUSAL_cose_malformed, 0, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint8_t room[64];
        char hex[128];
        size_t used = 0;
        for (const char *at = rows[i].hex; *at != '\0'; at++) {
            if (*at != ' ') {
                hex[used++] = *at;
            }
        }
        hex[used] = '\0';
        struct chl_scratch scratch = fresh();
        struct chl_sign1 sign1;
        chl_refusal got = chl_sign1_parse(&scratch, from_hex(hex, room), &sign1);
        if (got != rows[i].refusal) {
            fail_msg("%s: expected `%s`, got `%s`", hex, chl_refusal_id(rows[i].refusal),
                     chl_refusal_id(got));
        }
        if (got == CHL_REFUSAL_NONE) {
            assert_int_equal(sign1.alg, rows[i].alg);
            assert_int_equal(sign1.kid.length, rows[i].kid);
        }
    }
}

static void test_refusals_fit_and_name_their_stage(void **state)
{
    (void)state;
    for (unsigned i = 1; i < CHL_REFUSAL_COUNT; i++) {
        struct chl_inspection out = {.size = sizeof out};
        chl_refuse(&out, (chl_refusal)i);
        assert_int_equal(out.outcome, CHL_REFUSED);
        assert_string_equal(out.reason, chl_refusal_id((chl_refusal)i));
        assert_true(out.stage < CHL_STAGE_DONE);
        assert_true(strlen(chl_refusal_text((chl_refusal)i)) > 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_base45_vectors),
        cmocka_unit_test(test_base45_refused),
        cmocka_unit_test(test_base45_every_pair_of_bytes),
        cmocka_unit_test(test_inflate_is_bounded),
        cmocka_unit_test(test_inflate_wants_one_whole_stream),
        cmocka_unit_test(test_cbor_refusals),
        cmocka_unit_test(test_cbor_counts_are_bounded),
        cmocka_unit_test(test_cbor_values),
        cmocka_unit_test(test_cbor_heads_agree_with_another_decoder),
        cmocka_unit_test(test_cbor_seconds),
        cmocka_unit_test(test_cbor_writer_overflow_sticks),
        cmocka_unit_test(test_cbor_truncated_anywhere_is_refused),
        cmocka_unit_test(test_sign1_shapes),
        cmocka_unit_test(test_refusals_fit_and_name_their_stage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
