/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Reading answers: the same mistrust towards the server as the server has towards us.
 */
#include "lib/stream/answer.h"

#include <jansson.h>
#include <string.h>

#include "lib/base/text.h"

static bool read_number(const json_t *root, const char *key, uint64_t *out)
{
    const json_t *value = json_object_get(root, key);
    if (!json_is_integer(value) || json_integer_value(value) < 0 ||
        json_integer_value(value) > CHL_STREAM_SEQUENCE_MAX) {
        return false;
    }
    *out = (uint64_t)json_integer_value(value);
    return true;
}

static bool read_text(const json_t *root, const char *key, char *out, size_t size)
{
    const json_t *value = json_object_get(root, key);
    if (!json_is_string(value)) {
        return false;
    }
    (void)chl_copy_n(out, size, json_string_value(value), json_string_length(value));
    return true;
}

static bool read_hash(const json_t *root, const char *key, struct chl_stream_reply *out)
{
    const json_t *value = json_object_get(root, key);
    out->has_hash =
        json_is_string(value) && chl_unhex(json_string_value(value), json_string_length(value),
                                           out->hash, sizeof out->hash) == CHL_OK;
    return out->has_hash || value == NULL;
}

static bool read_epoch(const json_t *root, struct chl_stream_reply *out)
{
    const json_t *value = json_object_get(root, "epoch");
    return json_is_string(value) && chl_uuid_parse(json_string_value(value),
                                                   json_string_length(value), out->epoch) == CHL_OK;
}

static bool read_classes(const json_t *root, struct chl_stream_reply *out)
{
    const json_t *list = json_object_get(root, "classes");
    if (!json_is_array(list)) {
        return false;
    }
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *item = json_array_get(list, i);
        if (json_is_string(item)) {
            unsigned found = chl_class_by_name(json_string_value(item), json_string_length(item));
            out->classes = (uint16_t)(out->classes | (1u << found));
        }
    }
    out->classes &= CHL_STREAM_ALL_CLASSES;
    return true;
}

static bool read_hello(const json_t *root, struct chl_stream_reply *out)
{
    uint64_t protocol = 0;
    bool ok = read_number(root, "protocol", &protocol) && protocol <= UINT16_MAX &&
              read_text(root, "site", out->site, sizeof out->site) && read_epoch(root, out) &&
              read_number(root, "first", &out->first) && read_number(root, "head", &out->head) &&
              read_classes(root, out);
    out->protocol = (unsigned)protocol;
    return ok;
}

static bool read_members(const json_t *root, struct chl_stream_reply *out)
{
    switch (out->op) {
    case CHL_ANSWER_HELLO:
        return read_hello(root, out);
    case CHL_ANSWER_EVENTS:
        return read_epoch(root, out) && read_number(root, "count", &out->count) &&
               out->count <= CHL_STREAM_CREDIT_MAX &&
               read_number(root, "covered_through", &out->covered_through) &&
               read_hash(root, "covered_hash", out) && read_number(root, "head", &out->head);
    case CHL_ANSWER_TRUNCATED:
        return read_number(root, "first", &out->first) && out->first > 0 &&
               read_hash(root, "anchor", out);
    case CHL_ANSWER_WRONG_EPOCH:
        return read_epoch(root, out) && read_number(root, "first", &out->first) &&
               read_number(root, "head", &out->head);
    case CHL_ANSWER_FORK:
        return read_number(root, "at", &out->at) && read_hash(root, "hash", out);
    case CHL_ANSWER_AHEAD:
        return read_number(root, "head", &out->head);
    case CHL_ANSWER_DENIED:
        return read_text(root, "reason", out->reason, sizeof out->reason);
    case CHL_ANSWER_ERROR:
        return read_text(root, "reason", out->reason, sizeof out->reason) &&
               read_text(root, "text", out->text, sizeof out->text);
    case CHL_ANSWER_SNAPSHOT:
        return read_epoch(root, out) && read_number(root, "sequence", &out->at) &&
               read_hash(root, "hash", out) && json_is_object(json_object_get(root, "state"));
    case CHL_ANSWER_BUSY:
        return true;
    case CHL_ANSWER_COUNT:
        break;
    }
    return false;
}

chl_err chl_stream_reply_parse(const void *bytes, size_t length, struct chl_stream_reply *out)
{
    static const char *const names[CHL_ANSWER_COUNT] = {
#define CHL_STREAM_ANSWER_NAME(id, text) text,
        CHL_STREAM_ANSWERS(CHL_STREAM_ANSWER_NAME)
#undef CHL_STREAM_ANSWER_NAME
    };
    *out = (struct chl_stream_reply){.op = CHL_ANSWER_COUNT};
    if (length > CHL_STREAM_ANSWER_MAX) {
        return CHL_E_CORRUPT;
    }
    json_error_t error;
    json_t *root = json_loadb(bytes, length, JSON_REJECT_DUPLICATES, &error);
    const char *op = json_string_value(json_object_get(root, "op"));
    for (unsigned i = 0; op != NULL && i < CHL_ANSWER_COUNT; i++) {
        if (strcmp(op, names[i]) == 0) {
            out->op = (chl_stream_answer_op)i;
        }
    }
    if (!read_number(root, "id", &out->id)) {
        out->id = 0;
    }
    bool ok = out->op != CHL_ANSWER_COUNT && read_members(root, out);
    json_decref(root);
    return ok ? CHL_OK : CHL_E_CORRUPT;
}
