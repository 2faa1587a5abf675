/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Requests of the event stream: what is read, what is refused and how.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "lib/stream/request.h"

#define EPOCH "00112233-4455-6677-8899-aabbccddeeff"
#define HASH  "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

static chl_err parse(const char *text, struct chl_stream_request *out,
                     struct chl_stream_refusal *refusal)
{
    return chl_stream_request_parse(text, strlen(text), out, refusal);
}

static void test_pull_with_everything(void **state)
{
    (void)state;
    struct chl_stream_request request;
    struct chl_stream_refusal refusal;
    assert_int_equal(
        parse("{\"op\":\"pull\",\"id\":\"a\\\"b\",\"stream\":\"hoi\",\"epoch\":\"" EPOCH
              "\",\"from\":7,\"after\":\"" HASH "\",\"credit\":3,\"classes\":[\"flow\",\"health\"],"
              "\"durable\":\"centre-1\",\"wait_ms\":30000,\"later\":{\"x\":[1]}}",
              &request, &refusal),
        CHL_OK);
    assert_int_equal(request.op, CHL_STREAM_PULL);
    assert_string_equal(request.id, "\"a\\\"b\"");
    assert_string_equal(request.stream, "hoi");
    assert_int_equal(request.epoch[15], 0xff);
    assert_int_equal(request.from, 7);
    assert_true(request.has_after);
    assert_int_equal(request.after[31], 0x1f);
    assert_int_equal(request.credit, 3);
    assert_int_equal(request.classes, (1u << CHL_CLASS_FLOW) | (1u << CHL_CLASS_HEALTH));
    assert_string_equal(request.durable, "centre-1");
    assert_int_equal(request.wait_ms, 30000);
}

static void test_pull_with_defaults(void **state)
{
    (void)state;
    struct chl_stream_request request;
    struct chl_stream_refusal refusal;
    assert_int_equal(parse("{\"op\":\"pull\",\"id\":9007199254740991,\"epoch\":\"" EPOCH
                           "\",\"from\":1}",
                           &request, &refusal),
                     CHL_OK);
    assert_string_equal(request.id, "9007199254740991");
    assert_int_equal(request.credit, 256);
    assert_int_equal(request.classes, 0);
    assert_int_equal(request.wait_ms, 0);
    assert_false(request.has_after);
    assert_string_equal(request.durable, "");
}

static const struct {
    const char *text, *reason;
} bad[] = {
    {"", "malformed"},
    {"{", "malformed"},
    {"[]", "malformed"},
    {"null", "malformed"},
    {"\"pull\"", "malformed"},
    {"{\"op\":\"hello\",\"id\":1}x", "malformed"},
    {"{\"op\":\"hello\",\"id\":1,\"id\":2}", "malformed"},
    {"{\"op\":\"hello\",\"id\":\"\xff\"}", "malformed"},
    {"{\"op\":\"hello\",\"id\":\"\\u0000\"}", "malformed"},
    {"{\"op\":\"hello\"}", "bad-id"},
    {"{\"op\":\"hello\",\"id\":-1}", "bad-id"},
    {"{\"op\":\"hello\",\"id\":1.5}", "bad-id"},
    {"{\"op\":\"hello\",\"id\":9007199254740992}", "bad-id"},
    {"{\"op\":\"hello\",\"id\":{}}", "bad-id"},
    {"{\"op\":\"hello\",\"id\":"
     "\"0123456789012345678901234567890123456789012345678901234567890123x\"}",
     "bad-id"},
    {"{\"id\":1}", "unknown-op"},
    {"{\"op\":\"offer\",\"id\":1}", "unknown-op"},
    {"{\"op\":7,\"id\":1}", "unknown-op"},
    {"{\"op\":\"pull\",\"id\":1}", "bad-member"},
    {"{\"op\":\"pull\",\"id\":1,\"epoch\":\"" EPOCH "\"}", "bad-member"},
    {"{\"op\":\"pull\",\"id\":1,\"from\":1}", "bad-member"},
    {"{\"op\":\"pull\",\"id\":1,\"epoch\":\"nonsense\",\"from\":1}", "bad-member"},
#define PULL "{\"op\":\"pull\",\"id\":1,\"epoch\":\"" EPOCH "\",\"from\":"
    {PULL "0}", "bad-member"},
    {PULL "-1}", "bad-member"},
    {PULL "1.0}", "bad-member"},
    {PULL "\"1\"}", "bad-member"},
    {PULL "9007199254740992}", "bad-member"},
    {PULL "1,\"credit\":0}", "bad-member"},
    {PULL "1,\"credit\":257}", "bad-member"},
    {PULL "1,\"credit\":true}", "bad-member"},
    {PULL "1,\"after\":\"00\"}", "bad-member"},
    {PULL "1,\"after\":null}", "bad-member"},
    {PULL "1,\"wait_ms\":30001}", "bad-member"},
    {PULL "1,\"wait_ms\":-1}", "bad-member"},
    {PULL "1,\"classes\":[]}", "bad-member"},
    {PULL "1,\"classes\":\"flow\"}", "bad-member"},
    {PULL "1,\"classes\":[\"nonsense\"]}", "bad-member"},
    {PULL "1,\"classes\":[1]}", "bad-member"},
    {PULL "1,\"durable\":\"\"}", "bad-member"},
    {PULL "1,\"durable\":\"a b\"}", "bad-member"},
    {PULL "1,\"durable\":\"../../etc\"}", "bad-member"},
    {PULL "1,\"stream\":5}", "bad-member"},
};

static void test_bad_requests_are_refused_by_name(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct chl_stream_request request;
        struct chl_stream_refusal refusal = {0};
        if (parse(bad[i].text, &request, &refusal) == CHL_OK) {
            fail_msg("accepted: %s", bad[i].text);
        }
        if (strcmp(refusal.reason, bad[i].reason) != 0) {
            fail_msg("%s: expected %s, came %s", bad[i].text, bad[i].reason, refusal.reason);
        }
        assert_non_null(refusal.text);
    }
}

static void test_large_and_deep_requests_are_refused(void **state)
{
    (void)state;
    static char text[CHL_STREAM_REQUEST_MAX + 1];
    struct chl_stream_request request;
    struct chl_stream_refusal refusal;
    memset(text, ' ', sizeof text);
    assert_int_equal(chl_stream_request_parse(text, sizeof text, &request, &refusal), CHL_E_INVAL);
    assert_string_equal(refusal.reason, "too-large");
    memset(text, '[', sizeof text);
    assert_int_equal(chl_stream_request_parse(text, CHL_STREAM_REQUEST_MAX, &request, &refusal),
                     CHL_E_INVAL);
    assert_string_equal(refusal.reason, "malformed");
}

static void test_refusal_echoes_the_id(void **state)
{
    (void)state;
    struct chl_stream_request request;
    struct chl_stream_refusal refusal;
    assert_int_equal(parse("{\"op\":\"dance\",\"id\":\"me\"}", &request, &refusal), CHL_E_INVAL);
    assert_string_equal(request.id, "\"me\"");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pull_with_everything),
        cmocka_unit_test(test_pull_with_defaults),
        cmocka_unit_test(test_bad_requests_are_refused_by_name),
        cmocka_unit_test(test_large_and_deep_requests_are_refused),
        cmocka_unit_test(test_refusal_echoes_the_id),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
