/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Pulls: the check of where the reader stands, records within credit and size, long-polls.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/stream/server_internal.h"

enum {
    SCAN_MAX =
        4096, /**< records looked at for one answer, so that a filter cannot hold the thread */
    HASH_OFFSET = 40, /**< of the chain hash in the header */
    CLASS_OFFSET = 5
};

/** What a visit of the journal gathers. */
struct gather {
    struct chl_stream_server *server;
    struct pull *pull;
    size_t used, count;
    bool full;
};

static const uint8_t *keep(struct gather *gather, const void *bytes, size_t length)
{
    uint8_t *place = gather->server->arena + gather->used;
    memcpy(place, bytes, length);
    gather->used += length;
    return place;
}

/** Take one record into the answer, or end the visit when it would not fit. */
static chl_err take(void *user, const struct chl_record *record)
{
    struct gather *gather = user;
    struct pull *pull = gather->pull;
    if ((pull->classes & (1u << (record->header[CLASS_OFFSET] & 15))) != 0) {
        const size_t size = record->topic_length + CHL_WIRE_HEADER + record->body_length;
        if (gather->count >= pull->credit ||
            size > CHL_STREAM_ANSWER_MAX - HEAD_SIZE - gather->used) {
            gather->full = true;
            return CHL_E_LIMIT;
        }
        gather->server->items[gather->count++] = (struct chl_stream_item){
            .topic = keep(gather, record->topic, record->topic_length),
            .header = keep(gather, record->header, CHL_WIRE_HEADER),
            .body = keep(gather, record->body, record->body_length),
            .topic_length = (uint16_t)record->topic_length,
            .body_length = (uint32_t)record->body_length,
        };
    }
    pull->covered = record->sequence;
    pull->hash_known = true;
    memcpy(pull->covered_hash, record->header + HASH_OFFSET, CHL_WIRE_HASH);
    return CHL_OK;
}

static void send_events(struct chl_stream_server *server, const struct pull *pull,
                        const struct chl_stream_info *info, size_t count)
{
    struct chl_json json;
    answer_begin(server, &json, "events", pull->id);
    answer_epoch(&json, info->epoch);
    chl_json_uint(&json, "count", count);
    chl_json_uint(&json, "covered_through", pull->covered);
    if (pull->hash_known) {
        answer_hash(&json, "covered_hash", pull->covered_hash);
    }
    chl_json_uint(&json, "head", info->head);
    answer_send(server, pull->peer, &json, count);
}

/** Read on from where the pull stands. Answers unless there is nothing up to the head. */
static pull_state pull_continue(struct chl_stream_server *server, struct pull *pull,
                                const struct chl_stream_info *info)
{
    struct gather gather = {.server = server, .pull = pull};
    chl_err error = CHL_OK;
    if (pull->covered < info->head) {
        const size_t most = pull->classes == CHL_STREAM_ALL_CLASSES ? pull->credit : SCAN_MAX;
        error = server->store.read(server->store.user, pull->covered + 1, most, take, &gather);
    }
    if (error != CHL_OK && !gather.full && gather.count == 0) {
        answer_error(server, pull->peer, pull->id, "unavailable",
                     "the journal cannot be read now: try again later");
        return PULL_ANSWERED;
    }
    if (gather.count == 0 && pull->covered >= info->head) {
        return PULL_EMPTY;
    }
    /* The head may have moved while reading: never tell less than what was sent. */
    struct chl_stream_info now = *info;
    now.head = pull->covered > now.head ? pull->covered : now.head;
    send_events(server, pull, &now, gather.count);
    return PULL_ANSWERED;
}

static chl_err take_hash(void *user, const struct chl_record *record)
{
    memcpy(user, record->header + HASH_OFFSET, CHL_WIRE_HASH);
    return CHL_OK;
}

/** Chain hash of record from−1. CHL_E_NOTFOUND: it was trimmed and its hash is not known. */
static chl_err hash_before(struct chl_stream_server *server, const struct chl_stream_info *info,
                           uint64_t from, uint8_t out[CHL_WIRE_HASH])
{
    memset(out, 0, CHL_WIRE_HASH);
    if (from == 1) {
        return CHL_OK;
    }
    if (from > info->first) {
        return server->store.read(server->store.user, from - 1, 1, take_hash, out);
    }
    if (!info->anchor_known) {
        return CHL_E_NOTFOUND;
    }
    memcpy(out, info->anchor, CHL_WIRE_HASH);
    return CHL_OK;
}

static void answer_wrong_epoch(struct chl_stream_server *server, const struct chl_stream_peer *peer,
                               const char *id, const struct chl_stream_info *info)
{
    struct chl_json json;
    answer_begin(server, &json, "wrong-epoch", id);
    answer_epoch(&json, info->epoch);
    chl_json_uint(&json, "first", info->first);
    chl_json_uint(&json, "head", info->head);
    answer_send(server, peer, &json, 0);
}

static void answer_truncated(struct chl_stream_server *server, const struct chl_stream_peer *peer,
                             const char *id, const struct chl_stream_info *info)
{
    struct chl_json json;
    answer_begin(server, &json, "truncated", id);
    chl_json_uint(&json, "first", info->first);
    if (info->anchor_known) {
        answer_hash(&json, "anchor", info->anchor);
    }
    answer_send(server, peer, &json, 0);
}

/** Answer a reader that does not stand where this journal is. @return true when answered. */
static bool answer_misplaced(struct chl_stream_server *server, const struct chl_stream_peer *peer,
                             const struct chl_stream_request *request,
                             const struct chl_stream_info *info)
{
    struct chl_json json;
    if (memcmp(request->epoch, info->epoch, sizeof info->epoch) != 0) {
        answer_wrong_epoch(server, peer, request->id, info);
        return true;
    }
    if (request->from > info->head + 1) {
        answer_begin(server, &json, "ahead", request->id);
        chl_json_uint(&json, "head", info->head);
        answer_send(server, peer, &json, 0);
        return true;
    }
    if (request->from < info->first) {
        answer_truncated(server, peer, request->id, info);
        return true;
    }
    return false;
}

static bool answer_forked(struct chl_stream_server *server, const struct chl_stream_peer *peer,
                          const struct chl_stream_request *request,
                          const uint8_t before[CHL_WIRE_HASH])
{
    if (!request->has_after || memcmp(request->after, before, CHL_WIRE_HASH) == 0) {
        return false;
    }
    struct chl_json json;
    answer_begin(server, &json, "fork", request->id);
    chl_json_uint(&json, "at", request->from - 1);
    answer_hash(&json, "hash", before);
    answer_send(server, peer, &json, 0);
    return true;
}

/** Keep the pull until the journal grows or its wait is over. @return false when no room is left.
 */
static bool park(struct chl_stream_server *server, const struct pull *pull, int64_t until_ms)
{
    struct waiter *waiter = NULL;
    if (server->waiting < CHL_STREAM_WAITERS_MAX) {
        waiter = malloc(sizeof *waiter);
    }
    if (waiter == NULL) {
        return false;
    }
    *waiter = (struct waiter){.next = server->waiters,
                              .peer = *pull->peer,
                              .until_ms = until_ms,
                              .classes = pull->classes,
                              .credit = pull->credit,
                              .covered = pull->covered,
                              .hash_known = pull->hash_known};
    memcpy(waiter->id, pull->id, sizeof waiter->id);
    memcpy(waiter->covered_hash, pull->covered_hash, CHL_WIRE_HASH);
    server->waiters = waiter;
    server->waiting++;
    return true;
}

/** The reader has stored everything before `from`. @return false when that could not be noted. */
static bool acknowledge(struct chl_stream_server *server,
                        const struct chl_stream_principal *principal,
                        const struct chl_stream_request *request)
{
    if (request->durable[0] == '\0') {
        return true;
    }
    return server->store.acknowledge != NULL &&
           server->store.acknowledge(server->store.user, principal->name, request->durable,
                                     request->from - 1) == CHL_OK;
}

void pull_request(struct chl_stream_server *server, const struct chl_stream_peer *peer,
                  const struct chl_stream_principal *principal,
                  const struct chl_stream_request *request, const struct chl_stream_info *info,
                  int64_t now_ms)
{
    if (answer_misplaced(server, peer, request, info)) {
        return;
    }
    struct pull pull = {.peer = peer,
                        .id = request->id,
                        .classes = request->classes != 0 ? request->classes : principal->classes,
                        .credit = request->credit,
                        .covered = request->from - 1};
    chl_err error = hash_before(server, info, request->from, pull.covered_hash);
    pull.hash_known = error == CHL_OK;
    if (error == CHL_OK && answer_forked(server, peer, request, pull.covered_hash)) {
        return;
    }
    if (error != CHL_OK && error != CHL_E_NOTFOUND) {
        answer_error(server, peer, request->id, "unavailable",
                     "the journal cannot be read now: try again later");
        return;
    }
    if (!acknowledge(server, principal, request)) {
        answer_error(server, peer, request->id, "unavailable",
                     "the durable position cannot be noted now: try again later");
        return;
    }
    if (pull_continue(server, &pull, info) == PULL_ANSWERED) {
        return;
    }
    if (request->wait_ms == 0 || !park(server, &pull, now_ms + (int64_t)request->wait_ms)) {
        send_events(server, &pull, info, 0);
    }
}

/** Try a waiting pull again. @return true when it was answered. */
static bool resume(struct chl_stream_server *server, struct waiter *waiter,
                   const struct chl_stream_info *info, bool over)
{
    struct pull pull = {.peer = &waiter->peer,
                        .id = waiter->id,
                        .classes = waiter->classes,
                        .credit = waiter->credit,
                        .covered = waiter->covered,
                        .hash_known = waiter->hash_known};
    memcpy(pull.covered_hash, waiter->covered_hash, CHL_WIRE_HASH);
    if (pull_continue(server, &pull, info) == PULL_ANSWERED) {
        return true;
    }
    if (over) {
        send_events(server, &pull, info, 0);
        return true;
    }
    waiter->covered = pull.covered;
    waiter->hash_known = pull.hash_known;
    memcpy(waiter->covered_hash, pull.covered_hash, CHL_WIRE_HASH);
    return false;
}

/** Visit waiting pulls: all of them (`grown`), or those whose wait is over. */
static void visit_waiters(struct chl_stream_server *server, bool grown, int64_t now_ms)
{
    struct chl_stream_info info = {0};
    bool readable = false;
    struct waiter **link = &server->waiters;
    while (*link != NULL) {
        struct waiter *waiter = *link;
        const bool over = waiter->until_ms <= now_ms;
        bool done = false;
        if (grown || over) {
            if (!readable && server->store.info(server->store.user, &info) != CHL_OK) {
                if (!over) {
                    return;
                }
                answer_error(server, &waiter->peer, waiter->id, "unavailable",
                             "the journal cannot be read now: try again later");
                done = true;
            } else {
                readable = true;
                done = resume(server, waiter, &info, over);
            }
        }
        if (done) {
            *link = waiter->next;
            server->waiting--;
            free(waiter);
        } else {
            link = &waiter->next;
        }
    }
}

void chl_stream_server_grown(struct chl_stream_server *server)
{
    visit_waiters(server, true, INT64_MIN);
}

void chl_stream_server_tick(struct chl_stream_server *server, int64_t now_ms)
{
    visit_waiters(server, false, now_ms);
}

int64_t chl_stream_server_next(const struct chl_stream_server *server, int64_t now_ms)
{
    int64_t next = -1;
    for (const struct waiter *waiter = server->waiters; waiter != NULL; waiter = waiter->next) {
        const int64_t left = waiter->until_ms > now_ms ? waiter->until_ms - now_ms : 0;
        next = next < 0 || left < next ? left : next;
    }
    return next;
}
