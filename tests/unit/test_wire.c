/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The wire's frames against bytes and hashes computed by another implementation (Python's
 *         struct and hashlib, from the protocol page alone).
 */
#include "lib/base/text.h"
#include "lib/wire/body.h"
#include "lib/wire/wire.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define TOPIC_1 "v1/lang-son-01/flow/decision/"
#define TOPIC_2 "v1/lang-son-01/health/gap/"
#define BODY_1  "{\"data\":{\"n\":1}}"

static const char *const header_1 =
    "43484c3101010000000000000000000116cf806e460bcd15101112131415161718191a1b1c1d1e1f"
    "00000000000000000000000000000000000000000000000000000000000000000000000000000000";
static const char *const header_2 =
    "43484c31010800000000000000000002ffffffffffffffff101112131415161718191a1b1c1d1e1f"
    "00000000000000000000000000000000000000000000000000000000000000000000000000000001";
static const char *const chain_1 =
    "4fe5b8c204bcbda559321776ff4513dcbe67d1118f6e0d868b8e6d13eec8cb7e";
static const char *const chain_2 =
    "b454fa294c438e6b5bbcd81db673bfebface84a0a0fdea520ee823175a14e60a";

static struct chl_wire_header first(void)
{
    struct chl_wire_header header = {
        .event_class = CHL_CLASS_FLOW, .sequence = 1, .wall_ns = INT64_C(1643673600123456789)};
    for (uint8_t i = 0; i < 16; i++) {
        header.epoch[i] = (uint8_t)(0x10 + i);
    }
    return header;
}

static struct chl_wire_header second(void)
{
    struct chl_wire_header header = first();
    header.event_class = CHL_CLASS_HEALTH;
    header.sequence = 2;
    header.wall_ns = -1;
    header.cause = 1;
    return header;
}

static void assert_hex(const uint8_t *bytes, size_t length, const char *expected)
{
    char text[2 * CHL_WIRE_HEADER + 1];
    chl_hex(bytes, length, text);
    assert_string_equal(text, expected);
}

static void test_encode_bytes(void **state)
{
    (void)state;
    uint8_t bytes[CHL_WIRE_HEADER];
    struct chl_wire_header header = first();
    chl_wire_encode(&header, bytes);
    assert_hex(bytes, sizeof bytes, header_1);
    header = second();
    chl_wire_encode(&header, bytes);
    assert_hex(bytes, sizeof bytes, header_2);
}

static void test_decode_returns_what_was_encoded(void **state)
{
    (void)state;
    uint8_t bytes[CHL_WIRE_HEADER];
    uint8_t again[CHL_WIRE_HEADER];
    struct chl_wire_header header = second();
    header.flags = 0xbeef;
    header.sequence = UINT64_MAX;
    header.cause = UINT64_C(0x0102030405060708);
    memset(header.chain, 0xa5, sizeof header.chain);
    chl_wire_encode(&header, bytes);
    struct chl_wire_header decoded = {0};
    assert_int_equal(chl_wire_decode(bytes, sizeof bytes, &decoded), CHL_OK);
    assert_int_equal(decoded.wall_ns, -1);
    assert_int_equal(decoded.flags, 0xbeef);
    assert_int_equal(decoded.event_class, CHL_CLASS_HEALTH);
    chl_wire_encode(&decoded, again);
    assert_memory_equal(bytes, again, sizeof bytes);
}

static void test_decode_refuses_damage(void **state)
{
    (void)state;
    static const struct {
        size_t at;
        uint8_t value;
        chl_err expected;
    } cases[] = {{0, 'c', CHL_E_CORRUPT}, {3, '2', CHL_E_CORRUPT}, {4, 2, CHL_E_NOTSUP},
                 {4, 0, CHL_E_NOTSUP},    {5, 0, CHL_E_CORRUPT},   {5, 9, CHL_E_CORRUPT}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint8_t bytes[CHL_WIRE_HEADER];
        struct chl_wire_header header = first();
        struct chl_wire_header out = {0};
        chl_wire_encode(&header, bytes);
        bytes[cases[i].at] = cases[i].value;
        assert_int_equal(chl_wire_decode(bytes, sizeof bytes, &out), cases[i].expected);
    }
    uint8_t longer[CHL_WIRE_HEADER + 1] = {0};
    struct chl_wire_header header = first();
    struct chl_wire_header out = {0};
    chl_wire_encode(&header, longer);
    assert_int_equal(chl_wire_decode(longer, CHL_WIRE_HEADER - 1, &out), CHL_E_CORRUPT);
    assert_int_equal(chl_wire_decode(longer, CHL_WIRE_HEADER + 1, &out), CHL_E_CORRUPT);
    assert_int_equal(chl_wire_decode(longer, 0, &out), CHL_E_CORRUPT);
}

static void test_chain_matches_hashlib(void **state)
{
    (void)state;
    const uint8_t zero[CHL_WIRE_HASH] = {0};
    uint8_t bytes[CHL_WIRE_HEADER];
    uint8_t one[CHL_WIRE_HASH];
    uint8_t two[CHL_WIRE_HASH];
    struct chl_wire_header header = first();
    memset(header.chain, 0xee, sizeof header.chain); /* must not count */
    chl_wire_encode(&header, bytes);
    chl_wire_chain(zero, bytes, TOPIC_1, strlen(TOPIC_1), (const uint8_t *)BODY_1, strlen(BODY_1),
                   one);
    assert_hex(one, sizeof one, chain_1);
    header = second();
    chl_wire_encode(&header, bytes);
    chl_wire_chain(one, bytes, TOPIC_2, strlen(TOPIC_2), (const uint8_t *)"", 0, two);
    assert_hex(two, sizeof two, chain_2);
}

static int failed;

static void *chain_often(void *user)
{
    (void)user;
    const uint8_t zero[CHL_WIRE_HASH] = {0};
    uint8_t bytes[CHL_WIRE_HEADER];
    struct chl_wire_header header = first();
    chl_wire_encode(&header, bytes);
    size_t good = 0;
    for (int i = 0; i < 200; i++) {
        uint8_t out[CHL_WIRE_HASH];
        char text[2 * CHL_WIRE_HASH + 1];
        chl_wire_chain(zero, bytes, TOPIC_1, strlen(TOPIC_1), (const uint8_t *)BODY_1,
                       strlen(BODY_1), out);
        chl_hex(out, sizeof out, text);
        good += strcmp(text, chain_1) == 0 ? 1 : 0;
    }
    return good == 200 ? NULL : &failed;
}

static void test_chain_in_many_threads(void **state)
{
    (void)state;
    pthread_t threads[6];
    for (size_t i = 0; i < 6; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, chain_often, NULL), 0);
    }
    for (size_t i = 0; i < 6; i++) {
        void *result = NULL;
        pthread_join(threads[i], &result);
        assert_null(result);
    }
}

static void test_topic(void **state)
{
    (void)state;
    char topic[CHL_WIRE_TOPIC_MAX];
    assert_int_equal(chl_wire_topic(topic, "lang-son-01", CHL_CLASS_FLOW, "decision"),
                     strlen(TOPIC_1));
    assert_string_equal(topic, TOPIC_1);
    char site[CHL_WIRE_SITE_MAX + 2];
    char type[CHL_WIRE_TYPE_MAX + 2];
    memset(site, 's', sizeof site);
    memset(type, 't', sizeof type);
    site[CHL_WIRE_SITE_MAX] = type[CHL_WIRE_TYPE_MAX] = '\0';
    assert_int_equal(chl_wire_topic(topic, site, CHL_CLASS_DIRECTIVE, type),
                     3 + CHL_WIRE_SITE_MAX + 1 + 9 + 1 + CHL_WIRE_TYPE_MAX + 1);
    site[CHL_WIRE_SITE_MAX] = 's';
    site[CHL_WIRE_SITE_MAX + 1] = '\0';
    assert_int_equal(chl_wire_topic(topic, site, CHL_CLASS_FLOW, "x"), 0);
    type[CHL_WIRE_TYPE_MAX] = 't';
    type[CHL_WIRE_TYPE_MAX + 1] = '\0';
    assert_int_equal(chl_wire_topic(topic, "s", CHL_CLASS_FLOW, type), 0);
}

static void test_topic_refuses_names(void **state)
{
    (void)state;
    static const char *const bad[] = {"", "A", "a/b", "a b", "a_b", "a.b", "\xc3\xa1"};
    char topic[CHL_WIRE_TOPIC_MAX];
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(chl_wire_topic(topic, bad[i], CHL_CLASS_FLOW, "x"), 0);
        assert_int_equal(chl_wire_topic(topic, "s", CHL_CLASS_FLOW, bad[i]), 0);
    }
    assert_int_equal(chl_wire_topic(topic, "s", 0, "x"), 0);
    assert_int_equal(chl_wire_topic(topic, "s", 9, "x"), 0);
}

static void test_class_names_both_ways(void **state)
{
    (void)state;
    for (unsigned value = CHL_CLASS_FLOW; value <= CHL_CLASS_HEALTH; value++) {
        const char *name = chl_class_name(value);
        assert_non_null(name);
        assert_int_equal(chl_class_by_name(name, strlen(name)), value);
    }
    assert_null(chl_class_name(0));
    assert_null(chl_class_name(9));
    assert_int_equal(chl_class_by_name("flo", 3), 0);
    assert_int_equal(chl_class_by_name("flow/", 5), 0);
}

static void test_body(void **state)
{
    (void)state;
    static const char expected[] =
        "{\"specversion\":\"1.0\",\"id\":\"10111213-1415-1617-1819-1a1b1c1d1e1f:42\","
        "\"source\":\"/sites/lang-son-01\",\"type\":\"vn.chilang.flow.decision\","
        "\"time\":\"2022-02-01T00:00:00.123456789Z\",\"sequence\":\"00000000000000000042\","
        "\"datacontenttype\":\"application/json\",\"data\":{\"lane\":\"a\"}}";
    static const char data[] = "{\"lane\":\"a\"}";
    char out[512];
    struct chl_wire_header header = first();
    size_t length = chl_wire_body(out, sizeof out, "lang-son-01", header.epoch, 42, CHL_CLASS_FLOW,
                                  "decision", header.wall_ns, data, strlen(data));
    assert_string_equal(out, expected);
    assert_int_equal(length, strlen(expected));
    assert_int_equal(chl_wire_body(out, length, "lang-son-01", header.epoch, 42, CHL_CLASS_FLOW,
                                   "decision", header.wall_ns, data, strlen(data)),
                     0);
    assert_int_equal(chl_wire_body(out, sizeof out, "Lang", header.epoch, 42, CHL_CLASS_FLOW,
                                   "decision", header.wall_ns, data, strlen(data)),
                     0);
    assert_true(chl_wire_body(out, sizeof out, "s", header.epoch, 1, CHL_CLASS_GATE, "state", 0,
                              NULL, 0) > 0);
    assert_non_null(strstr(out, ",\"data\":{}}"));
}

static void test_body_is_bounded(void **state)
{
    (void)state;
    static char data[CHL_WIRE_BODY_MAX];
    static char out[2 * CHL_WIRE_BODY_MAX];
    struct chl_wire_header header = first();
    memset(data, ' ', sizeof data);
    data[0] = '{';
    data[sizeof data - 1] = '}';
    assert_int_equal(chl_wire_body(out, sizeof out, "s", header.epoch, 1, CHL_CLASS_GATE, "state",
                                   0, data, sizeof data),
                     0);
    size_t envelope =
        chl_wire_body(out, sizeof out, "s", header.epoch, 1, CHL_CLASS_GATE, "state", 0, NULL, 0);
    size_t most = CHL_WIRE_BODY_MAX - (envelope - 2);
    data[most - 1] = '}';
    assert_int_equal(chl_wire_body(out, CHL_WIRE_BODY_MAX + 1, "s", header.epoch, 1, CHL_CLASS_GATE,
                                   "state", 0, data, most),
                     CHL_WIRE_BODY_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_encode_bytes),
        cmocka_unit_test(test_decode_returns_what_was_encoded),
        cmocka_unit_test(test_decode_refuses_damage),
        cmocka_unit_test(test_chain_matches_hashlib),
        cmocka_unit_test(test_chain_in_many_threads),
        cmocka_unit_test(test_topic),
        cmocka_unit_test(test_topic_refuses_names),
        cmocka_unit_test(test_class_names_both_ways),
        cmocka_unit_test(test_body),
        cmocka_unit_test(test_body_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
