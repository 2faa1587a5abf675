/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Reading requests: every member has a type, a bound and a refusal of its own.
 */
#include "lib/stream/request.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/json.h"
#include "lib/base/text.h"

enum { ID_TEXT_MAX = 64 };

/** How one member is read. @return false when it is not what the protocol says. */
typedef bool (*member_read)(const json_t *value, struct chl_stream_request *out);

static bool read_id(const json_t *value, struct chl_stream_request *out)
{
    if (json_is_integer(value)) {
        json_int_t number = json_integer_value(value);
        if (number < 0 || number > CHL_STREAM_SEQUENCE_MAX) {
            return false;
        }
        (void)snprintf(out->id, sizeof out->id, "%" JSON_INTEGER_FORMAT, number);
        return true;
    }
    if (!json_is_string(value) || json_string_length(value) > ID_TEXT_MAX) {
        return false;
    }
    struct chl_json writer;
    chl_json_begin(&writer, out->id, sizeof out->id);
    chl_json_string_n(&writer, NULL, json_string_value(value), json_string_length(value));
    return chl_json_end(&writer) == CHL_OK;
}

static bool is_name_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
}

static bool copy_name(const json_t *value, char *out, size_t size)
{
    const char *text = json_string_value(value);
    size_t length = text == NULL ? 0 : json_string_length(value);
    if (length == 0 || length >= size) {
        return false;
    }
    for (size_t i = 0; i < length; i++) {
        if (!is_name_byte(text[i])) {
            return false;
        }
    }
    memcpy(out, text, length + 1);
    return true;
}

static bool read_stream(const json_t *value, struct chl_stream_request *out)
{
    return copy_name(value, out->stream, sizeof out->stream);
}

static bool read_durable(const json_t *value, struct chl_stream_request *out)
{
    return copy_name(value, out->durable, sizeof out->durable);
}

static bool read_epoch(const json_t *value, struct chl_stream_request *out)
{
    const char *text = json_string_value(value);
    return text != NULL && chl_uuid_parse(text, json_string_length(value), out->epoch) == CHL_OK;
}

static bool read_after(const json_t *value, struct chl_stream_request *out)
{
    const char *text = json_string_value(value);
    out->has_after = text != NULL && chl_unhex(text, json_string_length(value), out->after,
                                               sizeof out->after) == CHL_OK;
    return out->has_after;
}

static bool read_integer(const json_t *value, json_int_t min, json_int_t max, json_int_t *out)
{
    if (!json_is_integer(value)) {
        return false;
    }
    *out = json_integer_value(value);
    return *out >= min && *out <= max;
}

static bool read_from(const json_t *value, struct chl_stream_request *out)
{
    json_int_t number = 0;
    bool ok = read_integer(value, 1, CHL_STREAM_SEQUENCE_MAX, &number);
    out->from = ok ? (uint64_t)number : 0;
    return ok;
}

static bool read_credit(const json_t *value, struct chl_stream_request *out)
{
    json_int_t number = 0;
    bool ok = read_integer(value, 1, CHL_STREAM_CREDIT_MAX, &number);
    out->credit = ok ? (unsigned)number : 0;
    return ok;
}

static bool read_wait(const json_t *value, struct chl_stream_request *out)
{
    json_int_t number = 0;
    bool ok = read_integer(value, 0, CHL_STREAM_WAIT_MAX_MS, &number);
    out->wait_ms = ok ? (unsigned)number : 0;
    return ok;
}

static bool read_classes(const json_t *value, struct chl_stream_request *out)
{
    if (!json_is_array(value) || json_array_size(value) == 0 || json_array_size(value) > 8) {
        return false;
    }
    for (size_t i = 0; i < json_array_size(value); i++) {
        const json_t *item = json_array_get(value, i);
        const char *name = json_string_value(item);
        unsigned found = name == NULL ? 0 : chl_class_by_name(name, json_string_length(item));
        if (found == 0) {
            return false;
        }
        out->classes = (uint16_t)(out->classes | (1u << found));
    }
    return true;
}

enum { ON_HELLO = 1, ON_PULL = 2, ON_SNAPSHOT = 4, ON_SEALED = 8 };

/** Members: on which requests they count, on which they are required, what was expected. */
static const struct member {
    const char *name;
    unsigned counts, required;
    member_read read;
    const char *expected;
} members[] = {
    {"stream", ON_PULL | ON_SNAPSHOT | ON_SEALED, 0, read_stream, "stream: a site's id"},
    {"epoch", ON_PULL, ON_PULL, read_epoch, "epoch: a UUID in canonical text, as hello tells it"},
    {"from", ON_PULL | ON_SEALED, ON_PULL | ON_SEALED, read_from,
     "from: the first sequence wanted, an integer from 1 to 2^53-1"},
    {"after", ON_PULL, 0, read_after, "after: 64 hexadecimal digits, the hash of record from-1"},
    {"credit", ON_PULL | ON_SEALED, 0, read_credit, "credit: an integer from 1 to 256"},
    {"classes", ON_PULL, 0, read_classes, "classes: a list of 1 to 8 class names"},
    {"durable", ON_PULL, 0, read_durable,
     "durable: a name of 1 to 63 letters, digits, dots, dashes or underscores"},
    {"wait_ms", ON_PULL, 0, read_wait, "wait_ms: an integer from 0 to 30000"},
};

static const struct {
    const char *name;
    chl_stream_op op;
    unsigned bit;
} operations[] = {
    {"hello", CHL_STREAM_HELLO, ON_HELLO},
    {"pull", CHL_STREAM_PULL, ON_PULL},
    {"snapshot", CHL_STREAM_SNAPSHOT, ON_SNAPSHOT},
    {"sealed", CHL_STREAM_SEALED, ON_SEALED},
};

static chl_err refuse(struct chl_stream_refusal *refusal, const char *reason, const char *text)
{
    *refusal = (struct chl_stream_refusal){reason, text};
    return CHL_E_INVAL;
}

static unsigned read_operation(const json_t *root, struct chl_stream_request *out)
{
    const char *name = json_string_value(json_object_get(root, "op"));
    for (size_t i = 0; name != NULL && i < sizeof operations / sizeof operations[0]; i++) {
        if (strcmp(name, operations[i].name) == 0) {
            out->op = operations[i].op;
            return operations[i].bit;
        }
    }
    return 0;
}

static chl_err read_members(const json_t *root, struct chl_stream_request *out,
                            struct chl_stream_refusal *refusal)
{
    const json_t *id = json_object_get(root, "id");
    if (id == NULL || !read_id(id, out)) {
        out->id[0] = '\0';
        return refuse(refusal, "bad-id", "id: text of at most 64 bytes, or an integer from 0");
    }
    unsigned bit = read_operation(root, out);
    if (bit == 0) {
        return refuse(refusal, "unknown-op", "op: hello, pull, snapshot or sealed");
    }
    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
        const struct member *member = &members[i];
        if ((member->counts & bit) == 0) {
            continue;
        }
        const json_t *value = json_object_get(root, member->name);
        bool ok = value == NULL ? (member->required & bit) == 0 : member->read(value, out);
        if (!ok) {
            return refuse(refusal, "bad-member", member->expected);
        }
    }
    return CHL_OK;
}

chl_err chl_stream_request_parse(const void *bytes, size_t length, struct chl_stream_request *out,
                                 struct chl_stream_refusal *refusal)
{
    *out = (struct chl_stream_request){.credit = CHL_STREAM_CREDIT_MAX};
    if (length > CHL_STREAM_REQUEST_MAX) {
        return refuse(refusal, "too-large", "a request of at most 4096 bytes");
    }
    json_error_t error;
    json_t *root = json_loadb(bytes, length, JSON_REJECT_DUPLICATES, &error);
    chl_err result = CHL_E_INVAL;
    if (!json_is_object(root)) {
        result = refuse(refusal, "malformed", "one JSON object, UTF-8, no member twice");
    } else {
        result = read_members(root, out, refusal);
    }
    json_decref(root);
    return result;
}
