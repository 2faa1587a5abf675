/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The reading side, first against the real serving side in memory, then against lies.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/text.h"
#include "stream_fake.h"

/** A client and a server joined by memory. */
struct pair {
    struct fake_journal *journal;
    struct fake_transport sent;
    struct chl_stream_server *server;
    struct chl_stream_client client;
    struct chl_stream_position start;
    struct chl_stream_reading reading;
    struct chl_stream_principal principal;
    char request[1024];
    size_t request_length; /**< 0 = none waits */
    uint64_t stored[FAKE_RECORDS];
    size_t stored_count;
    struct chl_stream_position committed;
    unsigned reconnects, truncated;
    bool store_fails;
    int64_t now;
};

static void on_send(void *user, const char *json, size_t length)
{
    struct pair *pair = user;
    assert_true(length < sizeof pair->request);
    memcpy(pair->request, json, length);
    pair->request_length = length;
}

static void on_reconnect(void *user)
{
    struct pair *pair = user;
    pair->reconnects++;
    pair->request_length = 0;
}

static chl_err on_commit(void *user, const struct chl_stream_received *records, size_t count,
                         const struct chl_stream_position *position)
{
    struct pair *pair = user;
    if (pair->store_fails) {
        return CHL_E_IO;
    }
    for (size_t i = 0; i < count; i++) {
        pair->stored[pair->stored_count++] = records[i].header.sequence;
    }
    pair->committed = *position;
    return CHL_OK;
}

static void on_notice(void *user, chl_stream_notice kind, uint64_t number, const char *text)
{
    struct pair *pair = user;
    (void)number;
    assert_non_null(text);
    pair->truncated += kind == CHL_NOTICE_TRUNCATED ? 1 : 0;
}

static int set_up(void **state)
{
    struct pair *pair = calloc(1, sizeof *pair);
    assert_non_null(pair);
    pair->journal = fake_journal_new(0x11);
    pair->principal = (struct chl_stream_principal){"monitor", CHL_STREAM_ALL_CLASSES};
    pair->reading = (struct chl_stream_reading){.wait_ms = 1000, .patience_ms = 1500};
    const struct chl_stream_store store = fake_store(pair->journal);
    const struct chl_stream_transport transport = fake_transport(&pair->sent);
    assert_int_equal(chl_stream_server_new(&store, &transport, &pair->server), CHL_OK);
    *state = pair;
    return 0;
}

static int tear_down(void **state)
{
    struct pair *pair = *state;
    chl_stream_server_free(pair->server);
    fake_clear(&pair->sent);
    fake_journal_free(pair->journal);
    free(pair);
    return 0;
}

static void begin(struct pair *pair)
{
    const struct chl_stream_owner owner = {pair, on_send, on_reconnect, on_commit, on_notice};
    chl_stream_client_begin(&pair->client, &owner, &pair->reading, &pair->start, pair->now);
}

/** Frames of an answer as they would come from a socket. */
static size_t frames_of(const struct fake_answer *answer, struct chl_stream_frame *frames)
{
    size_t count = 0;
    frames[count++] = (struct chl_stream_frame){(const uint8_t *)answer->head, answer->head_length};
    for (size_t i = 0; i < answer->count; i++) {
        const struct fake_record *record = &answer->records[i];
        frames[count++] =
            (struct chl_stream_frame){(const uint8_t *)record->topic, record->topic_length};
        frames[count++] = (struct chl_stream_frame){record->header, CHL_WIRE_HEADER};
        frames[count++] = (struct chl_stream_frame){record->body, record->body_length};
    }
    return count;
}

static void deliver(struct pair *pair)
{
    struct chl_stream_frame frames[1 + 3 * CHL_STREAM_CREDIT_MAX];
    const size_t count = frames_of(&pair->sent.answers[0], frames);
    chl_stream_client_answer(&pair->client, frames, count, pair->now);
    fake_clear(&pair->sent);
}

/** Carry messages to and fro until both are quiet. */
static void exchange(struct pair *pair)
{
    const struct chl_stream_peer peer = {.length = 1, .id = {1}};
    while (pair->request_length > 0 || pair->sent.count > 0) {
        if (pair->request_length > 0) {
            const size_t length = pair->request_length;
            pair->request_length = 0;
            chl_stream_server_request(pair->server, &peer, &pair->principal, pair->request, length,
                                      pair->now);
        }
        if (pair->sent.count > 0) {
            deliver(pair);
        }
    }
}

static void assert_stored(const struct pair *pair, uint64_t first, uint64_t last)
{
    assert_int_equal(pair->stored_count, last - first + 1);
    for (size_t i = 0; i < pair->stored_count; i++) {
        assert_int_equal(pair->stored[i], first + i);
    }
}

static void test_everything_arrives_once_in_order(void **state)
{
    struct pair *pair = *state;
    fake_append_many(pair->journal, 1000);
    begin(pair);
    exchange(pair);
    assert_stored(pair, 1, 1000);
    assert_int_equal(chl_stream_server_waiting(pair->server), 1);
    fake_append_many(pair->journal, 3);
    chl_stream_server_grown(pair->server);
    exchange(pair);
    assert_stored(pair, 1, 1003);
    assert_memory_equal(pair->committed.hash, fake_hash(pair->journal, 1003), CHL_WIRE_HASH);
    assert_int_equal(pair->client.stop, CHL_STOP_NONE);
}

static void test_resume_from_a_stored_position(void **state)
{
    struct pair *pair = *state;
    fake_append_many(pair->journal, 50);
    pair->start = (struct chl_stream_position){.known = true, .sequence = 20, .hash_known = true};
    memcpy(pair->start.epoch, pair->journal->info.epoch, 16);
    memcpy(pair->start.hash, fake_hash(pair->journal, 20), CHL_WIRE_HASH);
    begin(pair);
    exchange(pair);
    assert_stored(pair, 21, 50);
}

static void test_only_new_begins_after_the_head(void **state)
{
    struct pair *pair = *state;
    fake_append_many(pair->journal, 10);
    pair->reading.only_new = true;
    begin(pair);
    exchange(pair);
    assert_int_equal(pair->stored_count, 0);
    fake_append_many(pair->journal, 2);
    chl_stream_server_grown(pair->server);
    exchange(pair);
    assert_stored(pair, 11, 12);
}

static void test_limit_is_exact(void **state)
{
    struct pair *pair = *state;
    fake_append_many(pair->journal, 400);
    pair->reading.limit = 300;
    begin(pair);
    exchange(pair);
    assert_stored(pair, 1, 300);
    assert_true(chl_stream_client_done(&pair->client));
}

static void test_fork_stops(void **state)
{
    struct pair *pair = *state;
    fake_append_many(pair->journal, 5);
    pair->start = (struct chl_stream_position){.known = true, .sequence = 3, .hash_known = true};
    memcpy(pair->start.epoch, pair->journal->info.epoch, 16);
    begin(pair);
    exchange(pair);
    assert_int_equal(pair->client.stop, CHL_STOP_FORK);
    assert_int_equal(pair->client.tally.forks, 1);
    assert_int_equal(pair->stored_count, 0);
}

static void test_server_that_lost_records_stops(void **state)
{
    struct pair *pair = *state;
    fake_append_many(pair->journal, 5);
    pair->start = (struct chl_stream_position){.known = true, .sequence = 9};
    memcpy(pair->start.epoch, pair->journal->info.epoch, 16);
    begin(pair);
    exchange(pair);
    assert_int_equal(pair->client.stop, CHL_STOP_AHEAD);
}

static void test_other_epoch_is_the_operators_choice(void **state)
{
    struct pair *pair = *state;
    fake_append_many(pair->journal, 5);
    pair->start = (struct chl_stream_position){.known = true, .sequence = 3};
    begin(pair);
    exchange(pair);
    assert_int_equal(pair->client.stop, CHL_STOP_EPOCH);
    pair->reading.accept_epoch = true;
    begin(pair);
    exchange(pair);
    assert_stored(pair, 1, 5);
}

static void test_truncation_is_told_and_counted(void **state)
{
    struct pair *pair = *state;
    fake_append_many(pair->journal, 9);
    pair->journal->info.first = 5;
    memcpy(pair->journal->info.anchor, fake_hash(pair->journal, 4), CHL_WIRE_HASH);
    begin(pair);
    exchange(pair);
    assert_stored(pair, 5, 9);
    assert_int_equal(pair->truncated, 1);
    assert_int_equal(pair->client.tally.missing, 4);
}

static void test_filtered_principal_moves_on_without_gaps(void **state)
{
    struct pair *pair = *state;
    for (int i = 0; i < 9; i++) {
        fake_append(pair->journal, i % 3 == 0 ? CHL_CLASS_FLOW : CHL_CLASS_AUDIT, 64);
    }
    pair->principal.classes = 1u << CHL_CLASS_FLOW;
    begin(pair);
    exchange(pair);
    assert_int_equal(pair->stored_count, 3);
    assert_int_equal(pair->committed.sequence, 9);
    assert_int_equal(pair->client.tally.missing, 0);
    assert_int_equal(pair->client.stop, CHL_STOP_NONE);
}

static void test_silence_makes_a_new_connection(void **state)
{
    struct pair *pair = *state;
    fake_append_many(pair->journal, 2);
    begin(pair);
    pair->request_length = 0; /* lost */
    pair->now = 1499;
    chl_stream_client_tick(&pair->client, pair->now);
    assert_int_equal(pair->reconnects, 0);
    pair->now = 1500;
    chl_stream_client_tick(&pair->client, pair->now);
    assert_int_equal(pair->reconnects, 1);
    exchange(pair);
    assert_stored(pair, 1, 2);
}

static void test_store_failure_stops_before_moving(void **state)
{
    struct pair *pair = *state;
    fake_append_many(pair->journal, 2);
    pair->store_fails = true;
    begin(pair);
    exchange(pair);
    assert_int_equal(pair->client.stop, CHL_STOP_STORE);
    assert_int_equal(pair->client.position.sequence, 0);
}

static void live_frames(const struct fake_journal *journal, uint64_t sequence,
                        struct chl_stream_frame frames[3])
{
    const struct fake_record *record = &journal->records[sequence - 1];
    frames[0] = (struct chl_stream_frame){(const uint8_t *)record->topic, record->topic_length};
    frames[1] = (struct chl_stream_frame){record->header, CHL_WIRE_HEADER};
    frames[2] = (struct chl_stream_frame){record->body, record->body_length};
}

static void test_live_applies_the_next_record_only(void **state)
{
    struct pair *pair = *state;
    struct chl_stream_frame frames[3];
    fake_append_many(pair->journal, 2);
    begin(pair);
    exchange(pair);
    fake_append_many(pair->journal, 3);
    live_frames(pair->journal, 4, frames); /* 3 was lost on the live socket */
    chl_stream_client_live(&pair->client, frames, 3);
    assert_stored(pair, 1, 2);
    live_frames(pair->journal, 3, frames);
    chl_stream_client_live(&pair->client, frames, 3);
    chl_stream_client_live(&pair->client, frames, 3);
    assert_stored(pair, 1, 3);
    chl_stream_server_grown(pair->server); /* the waiting pull brings 3, 4 and 5 */
    exchange(pair);
    assert_stored(pair, 1, 5);
    assert_int_equal(pair->client.tally.duplicates, 1);
    assert_int_equal(pair->client.tally.from_live, 1);
}

static void test_forged_live_record_is_ignored(void **state)
{
    struct pair *pair = *state;
    struct chl_stream_frame frames[3];
    begin(pair);
    exchange(pair);
    fake_append_many(pair->journal, 1);
    live_frames(pair->journal, 1, frames);
    frames[2] = (struct chl_stream_frame){(const uint8_t *)"{}", 2};
    chl_stream_client_live(&pair->client, frames, 3);
    frames[2].length = 0;
    chl_stream_client_live(&pair->client, frames, 2);
    assert_int_equal(pair->stored_count, 0);
    assert_int_equal(pair->client.stop, CHL_STOP_NONE);
}

/** Ways in which an answer of three records lies. */
typedef enum { LIE_BODY, LIE_TOPIC, LIE_DROP, LIE_SWAP, LIE_HEADER, LIE_EPOCH, LIE_COUNT } lie;

static void tell(struct pair *pair, lie kind)
{
    struct fake_answer *answer = &pair->sent.answers[0];
    struct chl_stream_frame frames[10];
    size_t count = frames_of(answer, frames);
    assert_int_equal(count, 10);
    struct chl_stream_frame spare[3];
    switch (kind) {
    case LIE_BODY:
        answer->records[1].body[8] ^= 1;
        break;
    case LIE_TOPIC:
        answer->records[1].topic[3] ^= 1;
        break;
    case LIE_DROP:
        memcpy(frames + 4, frames + 7, 3 * sizeof frames[0]);
        memcpy(frames + 7, frames + 4, 3 * sizeof frames[0]);
        break;
    case LIE_SWAP:
        memcpy(spare, frames + 4, sizeof spare);
        memcpy(frames + 4, frames + 7, sizeof spare);
        memcpy(frames + 7, spare, sizeof spare);
        break;
    case LIE_HEADER:
        answer->records[2].header[0] ^= 1;
        break;
    case LIE_EPOCH:
        answer->records[0].header[24] ^= 1;
        break;
    case LIE_COUNT:
        count -= 3;
        break;
    }
    chl_stream_client_answer(&pair->client, frames, count, pair->now);
    fake_clear(&pair->sent);
}

static void test_lies_are_found_and_nothing_is_stored(void **state)
{
    struct pair *pair = *state;
    const struct chl_stream_peer peer = {.length = 1, .id = {1}};
    fake_append_many(pair->journal, 3);
    for (int kind = LIE_BODY; kind <= LIE_COUNT; kind++) {
        begin(pair);
        for (int i = 0; i < 2; i++) {
            chl_stream_server_request(pair->server, &peer, &pair->principal, pair->request,
                                      pair->request_length, pair->now);
            if (i == 0) {
                deliver(pair);
            }
        }
        tell(pair, (lie)kind);
        if (pair->client.stop != CHL_STOP_CHAIN && pair->client.stop != CHL_STOP_PROTOCOL) {
            fail_msg("lie %d was believed", kind);
        }
        assert_int_equal(pair->stored_count, 0);
    }
}

static void test_nonsense_answers_stop(void **state)
{
    struct pair *pair = *state;
    static const char *const answers[] = {
        "",
        "{}",
        "{\"op\":\"hello\",\"id\":1}",
        "{\"op\":\"events\",\"id\":1,\"count\":-1}",
        "{\"op\":\"hello\",\"id\":1,\"protocol\":1,\"site\":7}",
        "{\"op\":\"hello\",\"id\":1,\"protocol\":2,\"site\":\"hoi\",\"epoch\":"
        "\"00112233-4455-6677-8899-aabbccddeeff\",\"first\":1,\"head\":0,\"streams\":[],"
        "\"classes\":[]}",
    };
    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
        const struct chl_stream_frame frame = {(const uint8_t *)answers[i], strlen(answers[i])};
        begin(pair);
        chl_stream_client_answer(&pair->client, &frame, 1, pair->now);
        assert_int_equal(pair->client.stop, CHL_STOP_PROTOCOL);
    }
}

static void test_late_answer_is_ignored(void **state)
{
    struct pair *pair = *state;
    static const char late[] = "{\"op\":\"busy\",\"id\":99}";
    const struct chl_stream_frame frame = {(const uint8_t *)late, sizeof late - 1};
    fake_append_many(pair->journal, 2);
    begin(pair);
    chl_stream_client_answer(&pair->client, &frame, 1, pair->now);
    exchange(pair);
    assert_stored(pair, 1, 2);
}

static void test_busy_and_unavailable_pause(void **state)
{
    struct pair *pair = *state;
    static const char *const answers[] = {
        "{\"op\":\"busy\",\"id\":1}",
        "{\"op\":\"error\",\"id\":2,\"reason\":\"unavailable\",\"text\":\"x\"}"};
    fake_append_many(pair->journal, 2);
    begin(pair);
    for (size_t i = 0; i < 2; i++) {
        const struct chl_stream_frame frame = {(const uint8_t *)answers[i], strlen(answers[i])};
        pair->request_length = 0;
        chl_stream_client_answer(&pair->client, &frame, 1, pair->now);
        assert_int_equal(pair->request_length, 0);
        pair->now += 200;
        chl_stream_client_tick(&pair->client, pair->now);
        assert_true(pair->request_length > 0);
    }
    exchange(pair);
    assert_stored(pair, 1, 2);
    assert_int_equal(pair->reconnects, 0);
}

#define CASE(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_everything_arrives_once_in_order),
        CASE(test_resume_from_a_stored_position),
        CASE(test_only_new_begins_after_the_head),
        CASE(test_limit_is_exact),
        CASE(test_fork_stops),
        CASE(test_server_that_lost_records_stops),
        CASE(test_other_epoch_is_the_operators_choice),
        CASE(test_truncation_is_told_and_counted),
        CASE(test_filtered_principal_moves_on_without_gaps),
        CASE(test_silence_makes_a_new_connection),
        CASE(test_store_failure_stops_before_moving),
        CASE(test_live_applies_the_next_record_only),
        CASE(test_forged_live_record_is_ignored),
        CASE(test_lies_are_found_and_nothing_is_stored),
        CASE(test_nonsense_answers_stop),
        CASE(test_late_answer_is_ignored),
        CASE(test_busy_and_unavailable_pause),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
