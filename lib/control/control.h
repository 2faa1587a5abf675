/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The operator's messages (docs/control.md): one JSON object a line, typed and bounded.
 */
#ifndef CHL_CONTROL_CONTROL_H
#define CHL_CONTROL_CONTROL_H

#include <chilang/gate.h>
#include <chilang/types.h>

#include "lib/declaration/declaration.h"
#include "lib/text/recounts.h"
#include "lib/yaml/yaml.h"

enum {
    CHL_CONTROL_LINE_MAX = 64 * 1024,     /**< of a request, without its newline */
    CHL_CONTROL_ANSWER_MAX = 1024 * 1024, /**< of an answer: the status of a large site */
    CHL_CONTROL_ID_MAX = 64,              /**< these with the NUL */
    CHL_CONTROL_NAME_MAX = 49,
    CHL_CONTROL_WHO_MAX = 64,
    CHL_CONTROL_WHY_MAX = 160,
    CHL_CONTROL_CODE_MAX = 33,   /**< a pseudonym in hexadecimal */
    CHL_CONTROL_FORM_MAX = 4096, /**< what was entered, as JSON */
    CHL_CONTROL_PATH_MAX = 107,  /**< bytes of a socket's path, a bound of the system */
    CHL_CONTROL_PLACES_MAX = 1000
};

/** Requests: identifier, name on the wire. */
#define CHL_CONTROL_OPS(X)                                                                         \
    X(CONTROL_STATUS, "status")                                                                    \
    X(CONTROL_WATCH, "watch")                                                                      \
    X(CONTROL_RESOLVE, "resolve")                                                                  \
    X(CONTROL_PASS, "pass")                                                                        \
    X(CONTROL_GATE, "gate")                                                                        \
    X(CONTROL_EMERGENCY, "emergency")                                                              \
    X(CONTROL_RESET, "reset")                                                                      \
    X(CONTROL_RECOUNT, "recount")                                                                  \
    X(CONTROL_STATS, "stats")                                                                      \
    X(CONTROL_ENTER, "enter")                                                                      \
    X(CONTROL_DESK, "desk")                                                                        \
    X(CONTROL_DISPERSE, "disperse")                                                                \
    X(CONTROL_AUDIT, "audit")

typedef enum {
#define CONTROL_OP_ENUM(id, name) id,
    CHL_CONTROL_OPS(CONTROL_OP_ENUM)
#undef CONTROL_OP_ENUM
        CONTROL_OP_COUNT
} control_op;

typedef enum { CONTROL_ENTRY = 0, CONTROL_EXIT = 1 } control_direction;

/** A counter audit: what a person tapped at a gate and what the gate counted meanwhile, people. */
struct control_audit {
    uint32_t seconds;
    uint32_t tapped_in, tapped_out, counted_in, counted_out;
    bool few; /**< keep it although fewer than 20 people passed */
};

/** One request. Texts are UTF-8, "" = not given; only what the op needs is filled. */
struct control_request {
    control_op op;
    char id[CHL_CONTROL_ID_MAX]; /**< echoed in the answer */
    char lane[CHL_CONTROL_NAME_MAX], gate[CHL_CONTROL_NAME_MAX], zone[CHL_CONTROL_NAME_MAX];
    char who[CHL_CONTROL_WHO_MAX], why[CHL_CONTROL_WHY_MAX];
    chl_gate_mode mode; /**< gate: NORMAL, BLOCKED, FREE or FREE_EXIT */
    bool schedule;      /**< gate: back to its way and schedule, in place of `mode` */
    bool end;           /**< disperse: end it; `zone` "" = the whole site */
    bool admit;         /**< resolve */
    uint64_t check;     /**< resolve, enter: sequence of the CHECK that is meant, 0 = the lane's */
    control_direction direction;
    uint16_t n;                 /**< pass: people, 1 or more */
    int64_t inside;             /**< recount: people, 0 or more */
    chl_recount how;            /**< recount: how it was counted */
    struct control_audit audit; /**< audit */
    /** enter: pseudonym of the code just scanned at the lane whose person this is, "" = none. */
    char code[CHL_CONTROL_CODE_MAX];
    /** enter: the answers, a JSON object of the declaration's fields. Holds a name: to be wiped. */
    char form[CHL_CONTROL_FORM_MAX];
};

/** Why a request was refused: a stable identifier (`too_long`, `malformed`, `op_unknown`,
 *  `field_missing`, `field_invalid`) and what was expected, what came, what to do. */
struct control_refusal {
    char error[32];
    char text[256];
};

/** Read one request line (without its newline). `out->id` is filled as soon as it is known, also
 *  when the rest is refused. Who is required of every act but an emergency; why of what changes a
 *  mode or a count.
 *  @return CHL_OK or CHL_E_INVAL with `why` filled. Thread: any. Blocks: never. */
chl_err chl_control_parse(const char *line, size_t length, struct control_request *out,
                          struct control_refusal *why);
/** Write a request as one line of JSON without newline, NUL-terminated.
 *  @return CHL_OK, or CHL_E_LIMIT when it does not fit. Thread: any. */
chl_err chl_control_write(const struct control_request *request, char *out, size_t size);
/** Put the answers of a form into a declaration, over what it says already.
 *  @param form a JSON object: names of the declaration's fields with text, whole numbers, true or
 *  false; null and "" leave a field as it is. A number of a document replaces those known before.
 *  @return CHL_OK or CHL_E_INVAL with `why` filled, which repeats no value. Thread: any. */
chl_err chl_control_form(const char *form, struct chl_declaration *to, struct control_refusal *why);
/** What a checkpoint must know of a person and is not stated: the three questions, and a document
 * or else name and birth. @return CHL_MISSING_… bits, 0 = nothing. Thread: any. */
uint16_t chl_control_missing(const struct chl_claims *claims);

/** Name of an op on the wire; "" when there is none. */
const char *chl_control_op_name(control_op op);

/** Path of the site's control socket: its `control`, else `control.sock` beside its journal. The
 *  string belongs to the document.
 *  @return CHL_OK or CHL_E_CONFIG with `error` filled. Thread: any. */
chl_err chl_control_find(struct chl_yaml *site, const char **path, struct chl_yaml_error *error);

/** A connection to a daemon, for the tools. */
struct control_client;

/** Connect. @param why on failure: path, expected, got, what to do.
 *  @return CHL_OK, CHL_E_NOTFOUND, CHL_E_CLOSED (nobody listens), CHL_E_DENIED, CHL_E_INVAL (path
 *  too long), CHL_E_IO. Thread: any. Blocks: short. */
chl_err chl_control_connect(const char *path, struct control_client **out, char *why,
                            size_t why_size);
/** NULL is allowed. */
void chl_control_close(struct control_client *client);
/** Descriptor to poll for reading. */
int chl_control_fd(const struct control_client *client);
/** Send one line (its newline is added).
 *  @return CHL_OK, CHL_E_TIMEOUT, CHL_E_CLOSED, CHL_E_IO. Blocks: up to the timeout, ms. */
chl_err chl_control_send(struct control_client *client, const char *json, size_t length,
                         int64_t timeout_ms);
/** Read one line, borrowed until the next call, NUL-terminated without newline.
 *  @return CHL_OK, CHL_E_TIMEOUT, CHL_E_CLOSED, CHL_E_LIMIT (longer than an answer may be),
 *  CHL_E_IO. Blocks: up to the timeout, ms. */
chl_err chl_control_read(struct control_client *client, const char **line, size_t *length,
                         int64_t timeout_ms);
/** Send a request and read its answer, passing over events. `line` as chl_control_read. */
chl_err chl_control_ask(struct control_client *client, const struct control_request *request,
                        const char **line, size_t *length, int64_t timeout_ms);

#endif
