/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Requests to the event stream: who may ask what, hello, snapshot, and refusals.
 */
#include "lib/stream/server.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/text.h"
#include "lib/stream/server_internal.h"

void answer_begin(struct chl_stream_server *server, struct chl_json *json, const char *op,
                  const char *id)
{
    chl_json_begin(json, server->head, sizeof server->head);
    chl_json_object(json, NULL);
    chl_json_string(json, "op", op);
    if (id[0] != '\0') {
        chl_json_raw(json, "id", id, strlen(id));
    }
}

static void send_answer(struct chl_stream_server *server, const struct chl_stream_peer *peer,
                        const struct chl_stream_answer *answer)
{
    if (server->transport.send(server->transport.user, peer, answer) == CHL_OK) {
        server->counts.answers++;
        server->counts.records += answer->count;
    } else {
        server->counts.dropped++;
    }
}

void answer_send(struct chl_stream_server *server, const struct chl_stream_peer *peer,
                 struct chl_json *json, size_t count)
{
    chl_json_close_object(json);
    if (chl_json_end(json) != CHL_OK) {
        /* Cannot happen with bounded members; still, silence is not an answer. */
        static const char fallback[] =
            "{\"op\":\"error\",\"reason\":\"internal\",\"text\":\"the answer did not fit\"}";
        struct chl_stream_answer answer = {.head = fallback, .head_length = sizeof fallback - 1};
        send_answer(server, peer, &answer);
        return;
    }
    struct chl_stream_answer answer = {server->head, json->length, server->items, count};
    send_answer(server, peer, &answer);
}

void answer_hash(struct chl_json *json, const char *key, const uint8_t hash[CHL_WIRE_HASH])
{
    char text[2 * CHL_WIRE_HASH + 1];
    chl_hex(hash, CHL_WIRE_HASH, text);
    chl_json_string(json, key, text);
}

void answer_epoch(struct chl_json *json, const uint8_t epoch[16])
{
    char text[CHL_UUID_TEXT_SIZE];
    chl_uuid_text(epoch, text);
    chl_json_string(json, "epoch", text);
}

void answer_error(struct chl_stream_server *server, const struct chl_stream_peer *peer,
                  const char *id, const char *reason, const char *text)
{
    struct chl_json json;
    server->counts.refused++;
    answer_begin(server, &json, "error", id);
    chl_json_string(&json, "reason", reason);
    chl_json_string(&json, "text", text);
    answer_send(server, peer, &json, 0);
}

static void answer_denied(struct chl_stream_server *server, const struct chl_stream_peer *peer,
                          const char *id, const char *reason)
{
    struct chl_json json;
    server->counts.refused++;
    answer_begin(server, &json, "denied", id);
    chl_json_string(&json, "reason", reason);
    answer_send(server, peer, &json, 0);
}

static void answer_hello(struct chl_stream_server *server, const struct chl_stream_peer *peer,
                         const struct chl_stream_principal *principal,
                         const struct chl_stream_request *request,
                         const struct chl_stream_info *info)
{
    struct chl_json json;
    answer_begin(server, &json, "hello", request->id);
    chl_json_int(&json, "protocol", CHL_STREAM_PROTOCOL);
    chl_json_string(&json, "site", info->site);
    answer_epoch(&json, info->epoch);
    chl_json_uint(&json, "first", info->first);
    chl_json_uint(&json, "head", info->head);
    chl_json_array(&json, "streams");
    chl_json_string(&json, NULL, info->site);
    chl_json_close_array(&json);
    chl_json_array(&json, "classes");
    for (unsigned i = 1; i <= 8; i++) {
        if ((principal->classes & (1u << i)) != 0) {
            chl_json_string(&json, NULL, chl_class_name(i));
        }
    }
    chl_json_close_array(&json);
    answer_send(server, peer, &json, 0);
}

/** The snapshot's text goes into the arena, the frame is written around it. */
static void answer_snapshot(struct chl_stream_server *server, const struct chl_stream_peer *peer,
                            const struct chl_stream_request *request,
                            const struct chl_stream_info *info)
{
    enum { ROOM = CHL_STREAM_ANSWER_MAX - HEAD_SIZE };
    size_t length = ROOM;
    uint64_t sequence = 0;
    uint8_t hash[CHL_WIRE_HASH] = {0};
    char *state = (char *)server->arena + HEAD_SIZE;
    chl_err error = CHL_E_NOTSUP;
    if (server->store.snapshot != NULL) {
        error = server->store.snapshot(server->store.user, state, &length, &sequence, hash);
    }
    if (error != CHL_OK || length == 0 || length >= ROOM) {
        const bool absent = error == CHL_E_NOTFOUND || error == CHL_E_NOTSUP || length == 0;
        answer_error(server, peer, request->id, absent ? "no-snapshot" : "unavailable",
                     absent ? "no snapshot has been made yet: pull from the first record"
                            : "the snapshot cannot be read now: try again later");
        return;
    }
    struct chl_json json;
    answer_begin(server, &json, "snapshot", request->id);
    answer_epoch(&json, info->epoch);
    chl_json_uint(&json, "sequence", sequence);
    answer_hash(&json, "hash", hash);
    if (json.overflow) {
        answer_error(server, peer, "", "internal", "the answer did not fit");
        return;
    }
    static const char key[] = ",\"state\":";
    size_t lead = json.length + sizeof key - 1;
    char *frame = state - lead;
    memcpy(frame, server->head, json.length);
    memcpy(frame + json.length, key, sizeof key - 1);
    state[length] = '}';
    struct chl_stream_answer answer = {.head = frame, .head_length = lead + length + 1};
    send_answer(server, peer, &answer);
}

static bool is_waiting(const struct chl_stream_server *server, const struct chl_stream_peer *peer)
{
    for (const struct waiter *waiter = server->waiters; waiter != NULL; waiter = waiter->next) {
        if (waiter->peer.length == peer->length &&
            memcmp(waiter->peer.id, peer->id, peer->length) == 0) {
            return true;
        }
    }
    return false;
}

/** Why this principal may not have this, NULL when it may. */
static const char *denial(const struct chl_stream_principal *principal,
                          const struct chl_stream_request *request,
                          const struct chl_stream_info *info)
{
    if (request->stream[0] != '\0' && strcmp(request->stream, info->site) != 0) {
        return "stream";
    }
    if (request->op == CHL_STREAM_SEALED) {
        return "sealed";
    }
    if (request->op == CHL_STREAM_SNAPSHOT && principal->classes != CHL_STREAM_ALL_CLASSES) {
        return "snapshot";
    }
    if ((request->classes & ~principal->classes) != 0) {
        return "classes";
    }
    return NULL;
}

void chl_stream_server_request(struct chl_stream_server *server, const struct chl_stream_peer *peer,
                               const struct chl_stream_principal *principal, const void *bytes,
                               size_t length, int64_t now_ms)
{
    struct chl_stream_request request;
    struct chl_stream_refusal refusal;
    struct chl_stream_info info = {0};
    struct chl_json json;
    server->counts.requests++;
    chl_err error = chl_stream_request_parse(bytes, length, &request, &refusal);
    if (principal == NULL) {
        answer_denied(server, peer, request.id, "unknown-principal");
        return;
    }
    if (is_waiting(server, peer)) {
        server->counts.busy++;
        answer_begin(server, &json, "busy", request.id);
        answer_send(server, peer, &json, 0);
        return;
    }
    if (error != CHL_OK) {
        answer_error(server, peer, request.id, refusal.reason, refusal.text);
        return;
    }
    if (server->store.info(server->store.user, &info) != CHL_OK) {
        answer_error(server, peer, request.id, "unavailable",
                     "the journal cannot be read now: try again later");
        return;
    }
    const char *denied = denial(principal, &request, &info);
    if (denied != NULL) {
        answer_denied(server, peer, request.id, denied);
    } else if (request.op == CHL_STREAM_HELLO) {
        answer_hello(server, peer, principal, &request, &info);
    } else if (request.op == CHL_STREAM_SNAPSHOT) {
        answer_snapshot(server, peer, &request, &info);
    } else {
        pull_request(server, peer, principal, &request, &info, now_ms);
    }
}

void chl_stream_server_refuse(struct chl_stream_server *server, const struct chl_stream_peer *peer,
                              const char *reason, const char *text)
{
    server->counts.requests++;
    answer_error(server, peer, "", reason, text);
}

chl_err chl_stream_server_new(const struct chl_stream_store *store,
                              const struct chl_stream_transport *transport,
                              struct chl_stream_server **out)
{
    struct chl_stream_server *server = calloc(1, sizeof *server);
    *out = server;
    if (server == NULL) {
        return CHL_E_NOMEM;
    }
    server->store = *store;
    server->transport = *transport;
    return CHL_OK;
}

void chl_stream_server_free(struct chl_stream_server *server)
{
    if (server == NULL) {
        return;
    }
    struct waiter *next = NULL;
    for (struct waiter *waiter = server->waiters; waiter != NULL; waiter = next) {
        next = waiter->next;
        free(waiter);
    }
    free(server);
}

size_t chl_stream_server_waiting(const struct chl_stream_server *server)
{
    return server->waiting;
}

void chl_stream_server_counts(const struct chl_stream_server *server, struct chl_stream_counts *out)
{
    *out = server->counts;
}
