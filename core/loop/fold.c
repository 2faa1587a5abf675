/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief From the frames of a record to the engine's struct.
 */
#include "core/loop/fold.h"

#include <string.h>

/* The envelope is our own writer's and the chain has been checked: `data` is its last member, and
 * no text before it can hold a quote. */
static const char *find_data(const struct chl_record *record, size_t *length)
{
    static const char mark[] = "\"data\":";
    const char *body = (const char *)record->body;
    const char *at = memmem(body, record->body_length, mark, sizeof mark - 1);
    if (at == NULL || record->body_length < 2 || body[record->body_length - 1] != '}') {
        return NULL;
    }
    at += sizeof mark - 1;
    *length = (size_t)(body + record->body_length - 1 - at);
    return at;
}

/* The type is the last part of the topic: v1/<site>/<class>/<type>/ */
static const char *find_type(const struct chl_record *record, size_t *length)
{
    const char *end = record->topic + record->topic_length - 1;
    const char *at = end;
    while (at > record->topic && at[-1] != '/') {
        at--;
    }
    *length = (size_t)(end - at);
    return at;
}

chl_err fold_record(struct engine *engine, const struct chl_record *record)
{
    struct chl_wire_header header;
    chl_err error = chl_wire_decode(record->header, CHL_WIRE_HEADER, &header);
    size_t data_length = 0;
    const char *data = find_data(record, &data_length);
    if (error != CHL_OK || data == NULL || record->topic_length < 2) {
        return CHL_E_CORRUPT;
    }
    size_t type_length = 0;
    const char *type = find_type(record, &type_length);
    struct engine_record decoded;
    memset(&decoded, 0, sizeof decoded);
    decoded.sequence = header.sequence;
    decoded.cause = header.cause;
    decoded.time_ns = header.wall_ns;
    error = engine_record_decode(engine->config, header.event_class, type, type_length, data,
                                 data_length, &decoded);
    if (error == CHL_E_NOTSUP) {
        /* Written by a newer version: it keeps its place in the sequence. */
        decoded.type = RECORD_OPERATOR;
        memset(&decoded.as, 0, sizeof decoded.as);
        error = CHL_OK;
    }
    return error == CHL_OK ? engine_apply(engine, &decoded) : error;
}
