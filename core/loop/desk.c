/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Whom a lane scanned last, told to who stands there, and forgotten when it is decided.
 */
#include "core/loop/internal.h"

#include "lib/base/json.h"
#include "lib/base/text.h"
#include "lib/base/time.h"

#include <string.h>

/* Long enough to look up, where no grant says how long a decision lasts. */
#define LOOK_NS (10 * CHL_NS_PER_S)

enum { DESK_LINE = 32 * 1024 };

#define NAME(id, text)     [id] = (text),
#define BIT(id, bit, text) [bit] = (text),
static const char *const formats[CHL_FORMAT_COUNT] = {CHL_FORMATS(NAME)};
static const char *const kinds[CHL_DOCUMENT_COUNT] = {CHL_DOCUMENTS(NAME)};
static const char *const missings[] = {CHL_MISSINGS(BIT)};
#undef NAME
#undef BIT

/* A stranger's text: what is no text is left out. */
static void put(struct chl_json *json, const char *key, const char *text)
{
    if (text[0] != '\0' && chl_utf8_valid(text, strlen(text))) {
        chl_json_string(json, key, text);
    }
}

static void put_document(struct chl_json *json, const struct chl_document *document)
{
    chl_json_object(json, NULL);
    put(json, "kind", document->kind < CHL_DOCUMENT_COUNT ? kinds[document->kind] : "other");
    put(json, "number", document->number);
    chl_json_close_object(json);
}

static void put_companions(struct chl_json *json, const struct chl_claims *claims)
{
    chl_json_array(json, "companions");
    for (size_t i = 0; i < claims->companion_count && i < CHL_CLAIM_COMPANIONS_MAX; i++) {
        const struct chl_companion *companion = &claims->companions[i];
        chl_json_object(json, NULL);
        put(json, "name", companion->name);
        put(json, "birth", companion->birth);
        put(json, "document", companion->document.number);
        chl_json_close_object(json);
    }
    chl_json_close_array(json);
}

static void put_claims(struct chl_json *json, const struct chl_claims *claims)
{
    static const char *const sexes[] = {"", "male", "female"};
    /* The questions are asked of whoever stands there, whatever an unsigned code says. */
    struct chl_claims asked = {.party = 1};
    memcpy(asked.name, claims->name, sizeof asked.name);
    memcpy(asked.birth, claims->birth, sizeof asked.birth);
    asked.document_count = claims->document_count;
    uint16_t missing = claims->missing | chl_control_missing(&asked);
    explicit_bzero(&asked, sizeof asked);
    put(json, "name", claims->name);
    put(json, "birth", claims->birth);
    put(json, "sex", claims->sex <= CHL_SEX_FEMALE ? sexes[claims->sex] : "");
    put(json, "document", claims->document);
    chl_json_array(json, "documents");
    for (size_t i = 0; i < claims->document_count && i < CHL_CLAIM_DOCUMENTS_MAX; i++) {
        put_document(json, &claims->documents[i]);
    }
    chl_json_close_array(json);
    put(json, "nationality", claims->nationality);
    put(json, "address", claims->address);
    put(json, "phone", claims->phone);
    chl_json_uint(json, "party", claims->party > 0 ? claims->party : 1);
    put_companions(json, claims);
    chl_json_array(json, "missing");
    for (size_t i = 0; i < sizeof missings / sizeof *missings; i++) {
        if (((unsigned)missing >> i & 1U) != 0) {
            chl_json_string(json, NULL, missings[i]);
        }
    }
    chl_json_close_array(json);
}

static size_t desk_json(const char *lane, const struct host_desk *seen, char *out, size_t size)
{
    char code[2 * HOST_PSEUDONYM + 1];
    struct chl_json json;
    chl_hex(seen->code, HOST_PSEUDONYM, code);
    chl_json_begin(&json, out, size);
    chl_json_object(&json, NULL);
    chl_json_string(&json, "lane", lane);
    chl_json_string(&json, "code", code);
    put(&json, "format", seen->format < CHL_FORMAT_COUNT ? formats[seen->format] : "unknown");
    chl_json_bool(&json, "signed", seen->is_signed);
    put(&json, "refusal", seen->reason);
    chl_json_int(&json, "age_ms", (chl_mono_ns() - seen->seen_ns) / CHL_NS_PER_MS);
    put_claims(&json, &seen->claims);
    chl_json_close_object(&json);
    return chl_json_end(&json) == CHL_OK ? json.length : 0;
}

void loop_desk(struct loop *loop, control_token token, const struct control_request *request)
{
    uint16_t lane = site_lane(&loop->site, request->lane);
    struct host_desk seen;
    char line[DESK_LINE];
    if (lane == ENGINE_NONE) {
        loop_refuse(loop, token, CHL_E_NOTFOUND, "no such lane: `chilang status` lists them");
        return;
    }
    chl_err error = host_desk_look(loop->host, lane, &seen);
    if (error == CHL_E_NOTSUP) {
        loop_refuse(loop, token, CHL_E_DENIED, "this site keeps no desk (desk: 0 s)");
        return;
    }
    if (error != CHL_OK) {
        control_reply_ok(loop->control, token, "desk", "null", 4);
        return;
    }
    size_t length = desk_json(request->lane, &seen, line, sizeof line);
    if (length > 0) {
        control_reply_ok(loop->control, token, "desk", line, length);
    } else {
        loop_refuse(loop, token, CHL_E_LIMIT, "what the code says does not fit one answer");
    }
    explicit_bzero(line, sizeof line);
    explicit_bzero(&seen, sizeof seen);
}

static void clear_after(struct loop *loop, const struct engine_record *record)
{
    const struct record_DECISION *made = &record->as.DECISION;
    bool by_person = made->who[0] != '\0';
    if (made->format == CHL_FORMAT_MANUAL || made->lane >= loop->site.engine.lane_count) {
        return; /* its code was never on a desk */
    }
    if (by_person && (made->verdict == CHL_ADMIT || made->verdict == CHL_DENY)) {
        host_desk_end(loop->host, made->lane, made->code, 0);
    } else if (made->verdict == CHL_ADMIT) {
        int64_t left_ns = made->expires - record->time_ns;
        host_desk_end(loop->host, made->lane, made->code,
                      chl_mono_ns() + (left_ns > 0 ? left_ns : LOOK_NS));
    }
}

void loop_clear_desks(struct loop *loop)
{
    for (size_t i = 0; i < loop->out.record_count; i++) {
        if (loop->out.records[i].type == RECORD_DECISION) {
            clear_after(loop, &loop->out.records[i]);
        }
    }
}
