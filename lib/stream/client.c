/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The pull client: one request at a time, every record proven before it is handed over.
 */
#include "lib/stream/client.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/json.h"
#include "lib/base/text.h"
#include "lib/stream/client_internal.h"

enum { REQUEST_SIZE = 1024, PAUSE_MS = 200 };

static void stop_client(struct chl_stream_client *client, chl_stream_stop why, const char *text)
{
    client->stop = why;
    client->phase = CHL_CLIENT_IDLE;
    client->owner.notice(client->owner.user, CHL_NOTICE_STOPPED, (uint64_t)why, text);
}

static void request_send(struct chl_stream_client *client, struct chl_json *json, int64_t now_ms,
                         unsigned wait_ms)
{
    chl_json_close_object(json);
    if (chl_json_end(json) != CHL_OK) {
        stop_client(client, CHL_STOP_PROTOCOL,
                    "the request does not fit: use a shorter durable name");
        return;
    }
    client->deadline_ms = now_ms + (int64_t)wait_ms + (int64_t)client->reading.patience_ms;
    client->owner.send(client->owner.user, json->out, json->length);
}

static void request_begin(struct chl_stream_client *client, struct chl_json *json, char *room,
                          const char *op)
{
    chl_json_begin(json, room, REQUEST_SIZE);
    chl_json_object(json, NULL);
    chl_json_string(json, "op", op);
    chl_json_uint(json, "id", ++client->request_id);
}

static void send_hello(struct chl_stream_client *client, int64_t now_ms)
{
    char room[REQUEST_SIZE];
    struct chl_json json;
    client->phase = CHL_CLIENT_HELLO;
    client->greeted = false;
    request_begin(client, &json, room, "hello");
    request_send(client, &json, now_ms, 0);
}

static uint64_t records_left(const struct chl_stream_client *client)
{
    if (client->reading.limit == 0) {
        return CHL_STREAM_CREDIT_MAX;
    }
    const uint64_t got = client->tally.received;
    return got >= client->reading.limit ? 0 : client->reading.limit - got;
}

static void send_pull(struct chl_stream_client *client, int64_t now_ms)
{
    char room[REQUEST_SIZE];
    char text[2 * CHL_WIRE_HASH + 1];
    struct chl_json json;
    const uint64_t left = records_left(client);
    client->phase = CHL_CLIENT_PULL;
    request_begin(client, &json, room, "pull");
    chl_uuid_text(client->position.epoch, text);
    chl_json_string(&json, "epoch", text);
    chl_json_uint(&json, "from", client->position.sequence + 1);
    if (client->position.hash_known) {
        chl_hex(client->position.hash, CHL_WIRE_HASH, text);
        chl_json_string(&json, "after", text);
    }
    chl_json_uint(&json, "credit", left < CHL_STREAM_CREDIT_MAX ? left : CHL_STREAM_CREDIT_MAX);
    if (client->reading.durable != NULL) {
        chl_json_string(&json, "durable", client->reading.durable);
    }
    chl_json_uint(&json, "wait_ms", client->reading.wait_ms);
    request_send(client, &json, now_ms, client->reading.wait_ms);
}

/** Ask for more, unless all that was wanted is here. */
static void go_on(struct chl_stream_client *client, int64_t now_ms)
{
    if (records_left(client) == 0) {
        client->phase = CHL_CLIENT_IDLE;
        return;
    }
    send_pull(client, now_ms);
}

static void adopt_epoch(struct chl_stream_client *client, const uint8_t epoch[16])
{
    client->position = (struct chl_stream_position){.known = true, .hash_known = true};
    memcpy(client->position.epoch, epoch, sizeof client->position.epoch);
}

static void other_epoch(struct chl_stream_client *client, const uint8_t epoch[16], int64_t now_ms)
{
    char ours[CHL_UUID_TEXT_SIZE];
    char theirs[CHL_UUID_TEXT_SIZE];
    char text[CLIENT_TEXT_SIZE];
    chl_uuid_text(client->position.epoch, ours);
    chl_uuid_text(epoch, theirs);
    (void)snprintf(text, sizeof text,
                   "expected epoch %s, came %s: the journal was restored or replaced", ours,
                   theirs);
    if (!client->reading.accept_epoch) {
        stop_client(client, CHL_STOP_EPOCH, text);
        return;
    }
    adopt_epoch(client, epoch);
    client->owner.notice(client->owner.user, CHL_NOTICE_NEW_EPOCH, 0, text);
    go_on(client, now_ms);
}

static void on_hello(struct chl_stream_client *client, const struct chl_stream_reply *reply,
                     int64_t now_ms)
{
    if (reply->protocol != CHL_STREAM_PROTOCOL) {
        stop_client(client, CHL_STOP_PROTOCOL, "the server speaks another protocol than 1");
        return;
    }
    client->greeted = true;
    client->ever_greeted = true;
    client->classes = reply->classes;
    client->head = reply->head;
    (void)chl_copy(client->site, sizeof client->site, reply->site);
    client->owner.notice(client->owner.user, CHL_NOTICE_CONNECTED, reply->head, reply->site);
    if (!client->position.known) {
        adopt_epoch(client, reply->epoch);
        if (client->reading.only_new && reply->head > 0) {
            client->position.sequence = reply->head;
            client->position.hash_known = false;
        }
    } else if (memcmp(client->position.epoch, reply->epoch, sizeof reply->epoch) != 0) {
        other_epoch(client, reply->epoch, now_ms);
        return;
    }
    go_on(client, now_ms);
}

static bool commit(struct chl_stream_client *client, size_t count,
                   const struct chl_stream_position *position)
{
    if (client->owner.commit(client->owner.user, client->batch, count, position) != CHL_OK) {
        stop_client(client, CHL_STOP_STORE, "the records could not be stored");
        return false;
    }
    client->position = *position;
    client->tally.received += count;
    return true;
}

static void on_events(struct chl_stream_client *client, const struct chl_stream_reply *reply,
                      const struct chl_stream_frame *frames, size_t count, int64_t now_ms)
{
    char text[CLIENT_TEXT_SIZE];
    struct chl_stream_position position = client->position;
    if (memcmp(reply->epoch, position.epoch, sizeof position.epoch) != 0 ||
        count != 3 * reply->count) {
        stop_client(client, CHL_STOP_PROTOCOL, "an answer's frames do not match its head");
        return;
    }
    const int fresh = client_check_records(client, frames, (size_t)reply->count, &position, text);
    if (fresh < 0) {
        stop_client(client, CHL_STOP_CHAIN, text);
        return;
    }
    const uint64_t at = position.sequence;
    if (!client_cover(client, reply, &position)) {
        (void)snprintf(text, sizeof text,
                       "covered_through %" PRIu64
                       " and its hash do not follow from record %" PRIu64,
                       reply->covered_through, at);
        stop_client(client, CHL_STOP_CHAIN, text);
        return;
    }
    client->head = reply->head;
    if ((fresh > 0 || position.sequence != client->position.sequence) &&
        !commit(client, (size_t)fresh, &position)) {
        return;
    }
    /* Begun after the head: the hash of what was not read is now known. */
    client->position.hash_known = position.hash_known;
    if (!position.hash_known && reply->has_hash &&
        reply->covered_through == client->position.sequence) {
        client->position.hash_known = true;
        memcpy(client->position.hash, reply->hash, CHL_WIRE_HASH);
    }
    go_on(client, now_ms);
}

static void on_truncated(struct chl_stream_client *client, const struct chl_stream_reply *reply,
                         int64_t now_ms)
{
    struct chl_stream_position position = client->position;
    if (reply->first <= position.sequence + 1) {
        stop_client(client, CHL_STOP_PROTOCOL, "told of a truncation that is none");
        return;
    }
    const uint64_t missed = reply->first - 1 - position.sequence;
    char text[CLIENT_TEXT_SIZE];
    (void)snprintf(text, sizeof text, "records %" PRIu64 " to %" PRIu64 " are gone at the server",
                   position.sequence + 1, reply->first - 1);
    position.sequence = reply->first - 1;
    position.hash_known = reply->has_hash;
    memcpy(position.hash, reply->hash, CHL_WIRE_HASH);
    if (commit(client, 0, &position)) {
        client->tally.missing += missed;
        client->owner.notice(client->owner.user, CHL_NOTICE_TRUNCATED, missed, text);
        go_on(client, now_ms);
    }
}

static void pause_client(struct chl_stream_client *client, int64_t now_ms)
{
    client->phase = CHL_CLIENT_PAUSE;
    client->deadline_ms = now_ms + PAUSE_MS;
}

static void on_error(struct chl_stream_client *client, const struct chl_stream_reply *reply,
                     int64_t now_ms)
{
    if (strcmp(reply->reason, "unavailable") == 0) {
        pause_client(client, now_ms);
        return;
    }
    char text[sizeof reply->reason + sizeof reply->text + 32];
    (void)snprintf(text, sizeof text, "the server refused: %s: expected %s", reply->reason,
                   reply->text);
    stop_client(client, CHL_STOP_PROTOCOL, text);
}

static void on_fork(struct chl_stream_client *client, const struct chl_stream_reply *reply)
{
    char text[CLIENT_TEXT_SIZE];
    client->tally.forks++;
    (void)snprintf(text, sizeof text,
                   "record %" PRIu64 " differs at the server: one of the two was restored or "
                   "tampered with",
                   reply->at);
    stop_client(client, CHL_STOP_FORK, text);
}

static void on_ahead(struct chl_stream_client *client, const struct chl_stream_reply *reply)
{
    char text[CLIENT_TEXT_SIZE];
    client->tally.forks++;
    (void)snprintf(text, sizeof text,
                   "the server ends at record %" PRIu64 ", we have %" PRIu64 ": it lost records",
                   reply->head, client->position.sequence);
    stop_client(client, CHL_STOP_AHEAD, text);
}

static void on_denied(struct chl_stream_client *client, const struct chl_stream_reply *reply)
{
    char text[CLIENT_TEXT_SIZE];
    (void)snprintf(text, sizeof text, "the server denies this key: %s", reply->reason);
    stop_client(client, CHL_STOP_DENIED, text);
}

/** True when the answer is one that the request in flight can have. */
static bool is_expected(const struct chl_stream_client *client,
                        const struct chl_stream_reply *reply)
{
    if (reply->op == CHL_ANSWER_HELLO) {
        return client->phase == CHL_CLIENT_HELLO;
    }
    if (reply->op == CHL_ANSWER_SNAPSHOT) {
        return false;
    }
    if (reply->op == CHL_ANSWER_DENIED || reply->op == CHL_ANSWER_BUSY ||
        reply->op == CHL_ANSWER_ERROR) {
        return true;
    }
    return client->phase == CHL_CLIENT_PULL;
}

void chl_stream_client_answer(struct chl_stream_client *client,
                              const struct chl_stream_frame *frames, size_t count, int64_t now_ms)
{
    struct chl_stream_reply reply;
    if (client->phase != CHL_CLIENT_HELLO && client->phase != CHL_CLIENT_PULL) {
        return;
    }
    if (count == 0 || chl_stream_reply_parse(frames[0].bytes, frames[0].length, &reply) != CHL_OK) {
        stop_client(client, CHL_STOP_PROTOCOL, "an answer is not one of protocol 1");
        return;
    }
    if (reply.id != client->request_id || !is_expected(client, &reply)) {
        return; /* late, of a request that was given up */
    }
    client->tally.answers++;
    switch (reply.op) {
    case CHL_ANSWER_HELLO:
        on_hello(client, &reply, now_ms);
        break;
    case CHL_ANSWER_EVENTS:
        on_events(client, &reply, frames + 1, count - 1, now_ms);
        break;
    case CHL_ANSWER_TRUNCATED:
        on_truncated(client, &reply, now_ms);
        break;
    case CHL_ANSWER_WRONG_EPOCH:
        other_epoch(client, reply.epoch, now_ms);
        break;
    case CHL_ANSWER_FORK:
        on_fork(client, &reply);
        break;
    case CHL_ANSWER_AHEAD:
        on_ahead(client, &reply);
        break;
    case CHL_ANSWER_DENIED:
        on_denied(client, &reply);
        break;
    case CHL_ANSWER_BUSY:
        pause_client(client, now_ms);
        break;
    case CHL_ANSWER_ERROR:
        on_error(client, &reply, now_ms);
        break;
    case CHL_ANSWER_SNAPSHOT:
    case CHL_ANSWER_COUNT:
        break;
    }
}

void chl_stream_client_live(struct chl_stream_client *client, const struct chl_stream_frame *frames,
                            size_t count)
{
    struct chl_stream_position position = client->position;
    struct chl_stream_received *record = &client->batch[0];
    /* Only a hint: what is not the proven next record is left to the pull. */
    if (client->stop != CHL_STOP_NONE || !client->greeted || !position.known ||
        !position.hash_known || records_left(client) == 0 || count != 3 ||
        !client_read_record(client, frames, record) ||
        record->header.sequence != position.sequence + 1 ||
        !client_chain_holds(&position, record)) {
        return;
    }
    client_advance(&position, record);
    if (commit(client, 1, &position)) {
        client->tally.from_live++;
    }
}

void chl_stream_client_tick(struct chl_stream_client *client, int64_t now_ms)
{
    if (client->phase == CHL_CLIENT_IDLE || now_ms < client->deadline_ms) {
        return;
    }
    if (client->phase == CHL_CLIENT_PAUSE) {
        if (client->greeted) {
            go_on(client, now_ms);
        } else {
            send_hello(client, now_ms);
        }
        return;
    }
    client->tally.reconnects++;
    client->owner.notice(client->owner.user, CHL_NOTICE_SILENT, client->tally.reconnects,
                         "no answer in time");
    client->owner.reconnect(client->owner.user);
    send_hello(client, now_ms);
}

void chl_stream_client_begin(struct chl_stream_client *client, const struct chl_stream_owner *owner,
                             const struct chl_stream_reading *reading,
                             const struct chl_stream_position *position, int64_t now_ms)
{
    memset(client, 0, sizeof *client);
    client->owner = *owner;
    client->reading = *reading;
    client->position = *position;
    send_hello(client, now_ms);
}

bool chl_stream_client_done(const struct chl_stream_client *client)
{
    return client->stop != CHL_STOP_NONE || records_left(client) == 0;
}
