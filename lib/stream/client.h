/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The reading side of the event stream as a state machine: it asks, proves the chain, hands
 *         records over for storing, and knows when a connection has gone silent. No I/O.
 *
 *  The owner stores records and cursor in one transaction; then the next pull acknowledges them.
 * One thread uses a client. Source: docs/stream.md, protocol 1.
 */
#ifndef CHL_STREAM_CLIENT_H
#define CHL_STREAM_CLIENT_H

#include "lib/stream/answer.h"
#include "lib/wire/wire.h"

/** Where a reader stands. */
struct chl_stream_position {
    bool known; /**< false: nothing was ever read */
    uint8_t epoch[16];
    uint64_t sequence; /**< last covered, 0 = none */
    bool hash_known;
    uint8_t hash[CHL_WIRE_HASH]; /**< chain hash of `sequence` */
};

/** One frame, borrowed. */
struct chl_stream_frame {
    const uint8_t *bytes;
    size_t length;
};

/** A record that was checked. */
struct chl_stream_received {
    struct chl_wire_header header;
    const char *topic;
    size_t topic_length;
    const uint8_t *raw_header; /**< 80 bytes */
    const uint8_t *body;
    size_t body_length;
};

typedef enum {
    CHL_NOTICE_CONNECTED, /**< hello was answered; number = head */
    CHL_NOTICE_SILENT,    /**< no answer in time; the connection is made anew */
    CHL_NOTICE_TRUNCATED, /**< a range is gone at the server; number = records missed */
    CHL_NOTICE_NEW_EPOCH, /**< another epoch was adopted, as told */
    CHL_NOTICE_STOPPED    /**< see `text` and the stop reason */
} chl_stream_notice;

/** Why a client stopped by itself. */
typedef enum {
    CHL_STOP_NONE = 0,
    CHL_STOP_PROTOCOL, /**< another protocol, or answers that make no sense */
    CHL_STOP_EPOCH,    /**< the server has another epoch: the operator decides */
    CHL_STOP_FORK,     /**< one of the two histories was restored or tampered with */
    CHL_STOP_AHEAD,    /**< the server lost what we have */
    CHL_STOP_CHAIN,    /**< a record does not prove itself */
    CHL_STOP_DENIED,   /**< no right */
    CHL_STOP_STORE     /**< the records could not be stored */
} chl_stream_stop;

/** What the owner does for a client. */
struct chl_stream_owner {
    void *user;
    /** Send one request frame on the present connection; a failure shows as silence. */
    void (*send)(void *user, const char *json, size_t length);
    /** Throw the connection away and make another; what was in flight is lost. */
    void (*reconnect)(void *user);
    /** Store records and position in one transaction, durable when it returns CHL_OK. */
    chl_err (*commit)(void *user, const struct chl_stream_received *records, size_t count,
                      const struct chl_stream_position *position);
    void (*notice)(void *user, chl_stream_notice notice, uint64_t number, const char *text);
};

/** How to read. Texts are borrowed for the life of the client. */
struct chl_stream_reading {
    const char *durable;  /**< NULL = not durable */
    unsigned wait_ms;     /**< long-poll */
    unsigned patience_ms; /**< silence beyond `wait_ms` after which the connection is made anew */
    bool only_new; /**< with nothing read before: begin after the head instead of at the first */
    bool accept_epoch; /**< go over to another epoch from its first record */
    uint64_t limit;    /**< stop asking after this many records, 0 = no limit */
};

struct chl_stream_tally {
    uint64_t received, from_live, duplicates, missing, forks, reconnects, answers;
};

struct chl_stream_client {
    struct chl_stream_owner owner;
    struct chl_stream_reading reading;
    struct chl_stream_position position;
    struct chl_stream_tally tally;
    chl_stream_stop stop;
    enum { CHL_CLIENT_IDLE, CHL_CLIENT_HELLO, CHL_CLIENT_PULL, CHL_CLIENT_PAUSE } phase;
    uint64_t request_id; /**< of the request in flight */
    int64_t deadline_ms; /**< answer expected by; end of the pause */
    bool greeted;        /**< hello was answered on this connection */
    bool ever_greeted;
    uint16_t classes; /**< what the server lets us read */
    char site[CHL_WIRE_SITE_MAX + 1];
    uint64_t head; /**< as last told */
    struct chl_stream_received batch[CHL_STREAM_CREDIT_MAX];
};

/** Begin: `position` is what was stored before. Sends hello. */
void chl_stream_client_begin(struct chl_stream_client *client, const struct chl_stream_owner *owner,
                             const struct chl_stream_reading *reading,
                             const struct chl_stream_position *position, int64_t now_ms);
/** An answer arrived: its JSON frame, then 3 × count frames. */
void chl_stream_client_answer(struct chl_stream_client *client,
                              const struct chl_stream_frame *frames, size_t count, int64_t now_ms);
/** Three frames arrived on the live socket: applied only when they are next in the chain. */
void chl_stream_client_live(struct chl_stream_client *client, const struct chl_stream_frame *frames,
                            size_t count);
/** Time passed. */
void chl_stream_client_tick(struct chl_stream_client *client, int64_t now_ms);
/** True when it stopped by itself or has received its limit. */
bool chl_stream_client_done(const struct chl_stream_client *client);

#endif
