/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The serving side: every request and every answer of the protocol, over a journal in
 * memory.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/text.h"
#include "stream_fake.h"

static const struct chl_stream_principal all = {.name = "monitor",
                                                .classes = CHL_STREAM_ALL_CLASSES};
static const struct chl_stream_principal traffic = {.name = "traffic",
                                                    .classes = 1u << CHL_CLASS_FLOW};

struct world {
    struct fake_journal *journal;
    struct fake_transport sent;
    struct chl_stream_server *server;
    char epoch[CHL_UUID_TEXT_SIZE];
    int64_t now;
};

static int set_up(void **state)
{
    struct world *world = calloc(1, sizeof *world);
    assert_non_null(world);
    world->journal = fake_journal_new(0x5a);
    chl_uuid_text(world->journal->info.epoch, world->epoch);
    const struct chl_stream_store store = fake_store(world->journal);
    const struct chl_stream_transport transport = fake_transport(&world->sent);
    assert_int_equal(chl_stream_server_new(&store, &transport, &world->server), CHL_OK);
    *state = world;
    return 0;
}

static int tear_down(void **state)
{
    struct world *world = *state;
    chl_stream_server_free(world->server);
    fake_clear(&world->sent);
    fake_journal_free(world->journal);
    free(world);
    return 0;
}

static void ask_as(struct world *world, const char *peer, const struct chl_stream_principal *who,
                   const char *request)
{
    struct chl_stream_peer address = {.length = (uint8_t)strlen(peer)};
    memcpy(address.id, peer, address.length);
    chl_stream_server_request(world->server, &address, who, request, strlen(request), world->now);
}

static void ask(struct world *world, const char *request)
{
    ask_as(world, "p1", &all, request);
}

static void pull(struct world *world, unsigned from, const char *more)
{
    char request[1024];
    (void)snprintf(request, sizeof request,
                   "{\"op\":\"pull\",\"id\":1,\"epoch\":\"%s\",\"from\":%u%s}", world->epoch, from,
                   more);
    ask(world, request);
}

/** The only answer that was sent: checked for its op, read, and forgotten by the caller. */
static json_t *answered(struct world *world, const char *op)
{
    assert_int_equal(world->sent.count, 1);
    json_t *root = json_loads(world->sent.answers[0].head, 0, NULL);
    assert_non_null(root);
    assert_string_equal(json_string_value(json_object_get(root, "op")), op);
    return root;
}

static json_int_t number(const json_t *root, const char *key)
{
    const json_t *value = json_object_get(root, key);
    assert_true(json_is_integer(value));
    return json_integer_value(value);
}

static const char *text(const json_t *root, const char *key)
{
    const char *value = json_string_value(json_object_get(root, key));
    assert_non_null(value);
    return value;
}

static void assert_hash(const struct world *world, const json_t *root, const char *key,
                        uint64_t sequence)
{
    char expected[2 * CHL_WIRE_HASH + 1];
    chl_hex(fake_hash(world->journal, sequence), CHL_WIRE_HASH, expected);
    assert_string_equal(text(root, key), expected);
}

static void test_hello_says_where_the_journal_stands(void **state)
{
    struct world *world = *state;
    fake_append_many(world->journal, 3);
    ask_as(world, "p1", &traffic, "{\"op\":\"hello\",\"id\":\"x\"}");
    json_t *root = answered(world, "hello");
    assert_string_equal(text(root, "id"), "x");
    assert_int_equal(number(root, "protocol"), 1);
    assert_string_equal(text(root, "site"), "hoi");
    assert_string_equal(text(root, "epoch"), world->epoch);
    assert_int_equal(number(root, "first"), 1);
    assert_int_equal(number(root, "head"), 3);
    assert_int_equal(json_array_size(json_object_get(root, "streams")), 1);
    assert_int_equal(json_array_size(json_object_get(root, "classes")), 1);
    json_decref(root);
}

static void test_pull_answers_records_and_what_was_covered(void **state)
{
    struct world *world = *state;
    fake_append_many(world->journal, 10);
    pull(world, 4, ",\"credit\":5");
    json_t *root = answered(world, "events");
    assert_int_equal(number(root, "count"), 5);
    assert_int_equal(number(root, "covered_through"), 8);
    assert_int_equal(number(root, "head"), 10);
    assert_string_equal(text(root, "epoch"), world->epoch);
    assert_hash(world, root, "covered_hash", 8);
    json_decref(root);
    const struct fake_answer *answer = &world->sent.answers[0];
    assert_int_equal(answer->count, 5);
    for (size_t i = 0; i < 5; i++) {
        assert_memory_equal(answer->records[i].header, world->journal->records[3 + i].header, 80);
        assert_memory_equal(answer->records[i].body, world->journal->records[3 + i].body, 100);
        assert_string_equal(answer->records[i].topic, "v1/hoi/flow/passage/");
    }
}

static void test_pull_of_an_empty_journal(void **state)
{
    struct world *world = *state;
    pull(world, 1, "");
    json_t *root = answered(world, "events");
    assert_int_equal(number(root, "count"), 0);
    assert_int_equal(number(root, "covered_through"), 0);
    assert_int_equal(number(root, "head"), 0);
    assert_hash(world, root, "covered_hash", 0);
    json_decref(root);
}

static void test_answers_stay_within_one_mebibyte(void **state)
{
    struct world *world = *state;
    for (int i = 0; i < 100; i++) {
        fake_append(world->journal, CHL_CLASS_AUDIT, CHL_WIRE_BODY_MAX);
    }
    pull(world, 1, "");
    json_t *root = answered(world, "events");
    const json_int_t count = number(root, "count");
    json_decref(root);
    assert_true(world->sent.answers[0].bytes <= CHL_STREAM_ANSWER_MAX);
    assert_in_range(count, 50, 64);
}

static void test_filter_covers_what_it_leaves_out(void **state)
{
    struct world *world = *state;
    for (int i = 0; i < 6; i++) {
        fake_append(world->journal, i % 2 == 0 ? CHL_CLASS_FLOW : CHL_CLASS_GATE, 64);
    }
    pull(world, 1, ",\"classes\":[\"gate\"]");
    json_t *root = answered(world, "events");
    assert_int_equal(number(root, "count"), 3);
    assert_int_equal(number(root, "covered_through"), 6);
    json_decref(root);
    fake_clear(&world->sent);
    pull(world, 1, ",\"classes\":[\"gate\"],\"credit\":1");
    root = answered(world, "events");
    assert_int_equal(number(root, "count"), 1);
    assert_int_equal(number(root, "covered_through"), 3);
    assert_hash(world, root, "covered_hash", 3);
    json_decref(root);
    fake_clear(&world->sent);
    pull(world, 1, ",\"classes\":[\"alarm\"]");
    root = answered(world, "events");
    assert_int_equal(number(root, "count"), 0);
    assert_int_equal(number(root, "covered_through"), 6);
    json_decref(root);
}

static void test_principal_reads_its_classes_only(void **state)
{
    struct world *world = *state;
    char request[512];
    fake_append(world->journal, CHL_CLASS_GATE, 64);
    fake_append(world->journal, CHL_CLASS_FLOW, 64);
    (void)snprintf(request, sizeof request,
                   "{\"op\":\"pull\",\"id\":1,\"epoch\":\"%s\",\"from\":1}", world->epoch);
    ask_as(world, "p1", &traffic, request);
    json_t *root = answered(world, "events");
    assert_int_equal(number(root, "count"), 1);
    assert_int_equal(number(root, "covered_through"), 2);
    json_decref(root);
    fake_clear(&world->sent);
    (void)snprintf(request, sizeof request,
                   "{\"op\":\"pull\",\"id\":1,\"epoch\":\"%s\",\"from\":1,\"classes\":[\"gate\"]}",
                   world->epoch);
    ask_as(world, "p1", &traffic, request);
    root = answered(world, "denied");
    assert_string_equal(text(root, "reason"), "classes");
    json_decref(root);
}

static void test_denials(void **state)
{
    struct world *world = *state;
    static const struct {
        const char *request, *reason;
        bool known, limited;
    } cases[] = {
        {"{\"op\":\"hello\",\"id\":1}", "unknown-principal", false, false},
        {"nonsense", "unknown-principal", false, false},
        {"{\"op\":\"sealed\",\"id\":1,\"from\":1}", "sealed", true, false},
        {"{\"op\":\"snapshot\",\"id\":1}", "snapshot", true, true},
        {"{\"op\":\"snapshot\",\"id\":1,\"stream\":\"other\"}", "stream", true, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct chl_stream_principal *who = cases[i].limited ? &traffic : &all;
        ask_as(world, "p1", cases[i].known ? who : NULL, cases[i].request);
        json_t *root = answered(world, "denied");
        assert_string_equal(text(root, "reason"), cases[i].reason);
        json_decref(root);
        fake_clear(&world->sent);
    }
}

static void test_wrong_epoch(void **state)
{
    struct world *world = *state;
    fake_append_many(world->journal, 2);
    ask(world, "{\"op\":\"pull\",\"id\":1,\"epoch\":\"00112233-4455-6677-8899-aabbccddeeff\","
               "\"from\":1}");
    json_t *root = answered(world, "wrong-epoch");
    assert_string_equal(text(root, "epoch"), world->epoch);
    assert_int_equal(number(root, "first"), 1);
    assert_int_equal(number(root, "head"), 2);
    json_decref(root);
}

static void test_fork_names_the_place(void **state)
{
    struct world *world = *state;
    fake_append_many(world->journal, 5);
    pull(world, 4,
         ",\"after\":\""
         "00000000000000000000000000000000"
         "00000000000000000000000000000000"
         "\",\"durable\":\"d\"");
    json_t *root = answered(world, "fork");
    assert_int_equal(number(root, "at"), 3);
    assert_hash(world, root, "hash", 3);
    json_decref(root);
    assert_string_equal(world->journal->durable, "");
}

static void test_ahead(void **state)
{
    struct world *world = *state;
    fake_append_many(world->journal, 5);
    pull(world, 7, ",\"wait_ms\":1000");
    json_t *root = answered(world, "ahead");
    assert_int_equal(number(root, "head"), 5);
    json_decref(root);
}

static void test_truncated_gives_the_anchor(void **state)
{
    struct world *world = *state;
    fake_append_many(world->journal, 9);
    world->journal->info.first = 5;
    memcpy(world->journal->info.anchor, fake_hash(world->journal, 4), CHL_WIRE_HASH);
    pull(world, 2, "");
    json_t *root = answered(world, "truncated");
    assert_int_equal(number(root, "first"), 5);
    assert_hash(world, root, "anchor", 4);
    json_decref(root);
    fake_clear(&world->sent);
    pull(world, 5, "");
    root = answered(world, "events");
    assert_int_equal(number(root, "count"), 5);
    json_decref(root);
}

static void test_unknown_anchor_is_not_invented(void **state)
{
    struct world *world = *state;
    fake_append_many(world->journal, 9);
    world->journal->info.first = 5;
    world->journal->info.anchor_known = false;
    pull(world, 2, "");
    json_t *root = answered(world, "truncated");
    assert_null(json_object_get(root, "anchor"));
    json_decref(root);
}

static void test_durable_acknowledges_what_came_before(void **state)
{
    struct world *world = *state;
    fake_append_many(world->journal, 9);
    pull(world, 5, ",\"durable\":\"centre\"");
    json_decref(answered(world, "events"));
    assert_string_equal(world->journal->owner, "monitor");
    assert_string_equal(world->journal->durable, "centre");
    assert_int_equal(world->journal->acknowledged, 4);
}

static void test_long_poll_ends_with_the_next_record(void **state)
{
    struct world *world = *state;
    fake_append_many(world->journal, 2);
    pull(world, 3, ",\"wait_ms\":1000");
    assert_int_equal(world->sent.count, 0);
    assert_int_equal(chl_stream_server_waiting(world->server), 1);
    assert_int_equal(chl_stream_server_next(world->server, 400), 600);
    fake_append_many(world->journal, 1);
    chl_stream_server_grown(world->server);
    json_t *root = answered(world, "events");
    assert_int_equal(number(root, "count"), 1);
    assert_int_equal(number(root, "covered_through"), 3);
    json_decref(root);
    assert_int_equal(chl_stream_server_waiting(world->server), 0);
    assert_int_equal(chl_stream_server_next(world->server, 400), -1);
}

static void test_long_poll_ends_with_its_time(void **state)
{
    struct world *world = *state;
    fake_append_many(world->journal, 2);
    pull(world, 3, ",\"wait_ms\":1000");
    chl_stream_server_tick(world->server, 999);
    assert_int_equal(world->sent.count, 0);
    chl_stream_server_tick(world->server, 1000);
    json_t *root = answered(world, "events");
    assert_int_equal(number(root, "count"), 0);
    assert_int_equal(number(root, "covered_through"), 2);
    assert_hash(world, root, "covered_hash", 2);
    json_decref(root);
}

static void test_long_poll_waits_on_over_filtered_records(void **state)
{
    struct world *world = *state;
    pull(world, 1, ",\"wait_ms\":1000,\"classes\":[\"alarm\"]");
    fake_append_many(world->journal, 2);
    chl_stream_server_grown(world->server);
    assert_int_equal(world->sent.count, 0);
    fake_append(world->journal, CHL_CLASS_ALARM, 64);
    chl_stream_server_grown(world->server);
    json_t *root = answered(world, "events");
    assert_int_equal(number(root, "count"), 1);
    assert_int_equal(number(root, "covered_through"), 3);
    json_decref(root);
}

static void test_second_request_is_busy_but_others_are_served(void **state)
{
    struct world *world = *state;
    pull(world, 1, ",\"wait_ms\":1000");
    ask(world, "{\"op\":\"hello\",\"id\":2}");
    json_t *root = answered(world, "busy");
    assert_int_equal(number(root, "id"), 2);
    json_decref(root);
    fake_clear(&world->sent);
    ask_as(world, "p2", &all, "{\"op\":\"hello\",\"id\":3}");
    json_decref(answered(world, "hello"));
    fake_clear(&world->sent);
    fake_append_many(world->journal, 1);
    chl_stream_server_grown(world->server);
    root = answered(world, "events");
    assert_int_equal(number(root, "id"), 1);
    json_decref(root);
}

static void test_waits_are_bounded(void **state)
{
    struct world *world = *state;
    char request[256];
    char peer[16];
    (void)snprintf(request, sizeof request,
                   "{\"op\":\"pull\",\"id\":1,\"epoch\":\"%s\",\"from\":1,\"wait_ms\":9}",
                   world->epoch);
    for (int i = 0; i < CHL_STREAM_WAITERS_MAX; i++) {
        (void)snprintf(peer, sizeof peer, "p%d", i);
        ask_as(world, peer, &all, request);
    }
    assert_int_equal(world->sent.count, 0);
    ask_as(world, "one more", &all, request);
    json_decref(answered(world, "events"));
    world->sent.closed = true;
    chl_stream_server_tick(world->server, INT64_MAX);
    assert_int_equal(chl_stream_server_waiting(world->server), 0);
    struct chl_stream_counts counts;
    chl_stream_server_counts(world->server, &counts);
    assert_int_equal(counts.dropped, CHL_STREAM_WAITERS_MAX);
}

static void test_snapshot(void **state)
{
    struct world *world = *state;
    fake_append_many(world->journal, 4);
    ask(world, "{\"op\":\"snapshot\",\"id\":1}");
    json_t *root = answered(world, "error");
    assert_string_equal(text(root, "reason"), "no-snapshot");
    json_decref(root);
    fake_clear(&world->sent);
    world->journal->snapshot = "{\"zones\":[{\"inside\":3}]}";
    ask(world, "{\"op\":\"snapshot\",\"id\":1}");
    root = answered(world, "snapshot");
    assert_string_equal(text(root, "epoch"), world->epoch);
    assert_int_equal(number(root, "sequence"), 4);
    assert_hash(world, root, "hash", 4);
    assert_true(json_is_array(json_object_get(json_object_get(root, "state"), "zones")));
    json_decref(root);
}

static void test_malformed_requests_are_answered(void **state)
{
    struct world *world = *state;
    static const char *const requests[] = {"", "{", "{\"op\":\"pull\",\"id\":1}",
                                           "{\"op\":\"x\",\"id\":1}"};
    for (size_t i = 0; i < sizeof requests / sizeof requests[0]; i++) {
        ask(world, requests[i]);
        json_t *root = answered(world, "error");
        assert_true(strlen(text(root, "text")) > 0);
        json_decref(root);
        fake_clear(&world->sent);
    }
}

static void test_unreadable_journal_is_said(void **state)
{
    struct world *world = *state;
    fake_append_many(world->journal, 1);
    pull(world, 2, ",\"wait_ms\":5");
    world->journal->broken = true;
    chl_stream_server_grown(world->server);
    assert_int_equal(world->sent.count, 0);
    chl_stream_server_tick(world->server, 5);
    json_t *root = answered(world, "error");
    assert_string_equal(text(root, "reason"), "unavailable");
    json_decref(root);
}

#define CASE(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_hello_says_where_the_journal_stands),
        CASE(test_pull_answers_records_and_what_was_covered),
        CASE(test_pull_of_an_empty_journal),
        CASE(test_answers_stay_within_one_mebibyte),
        CASE(test_filter_covers_what_it_leaves_out),
        CASE(test_principal_reads_its_classes_only),
        CASE(test_denials),
        CASE(test_wrong_epoch),
        CASE(test_fork_names_the_place),
        CASE(test_ahead),
        CASE(test_truncated_gives_the_anchor),
        CASE(test_unknown_anchor_is_not_invented),
        CASE(test_durable_acknowledges_what_came_before),
        CASE(test_long_poll_ends_with_the_next_record),
        CASE(test_long_poll_ends_with_its_time),
        CASE(test_long_poll_waits_on_over_filtered_records),
        CASE(test_second_request_is_busy_but_others_are_served),
        CASE(test_waits_are_bounded),
        CASE(test_snapshot),
        CASE(test_malformed_requests_are_answered),
        CASE(test_unreadable_journal_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
