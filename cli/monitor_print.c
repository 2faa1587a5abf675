/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Showing records; what comes from afar never reaches the terminal as control characters.
 */
#include "cli/monitor_print.h"

#include <inttypes.h>
#include <jansson.h>
#include <string.h>
#include <time.h>

#include "lib/base/json.h"
#include "lib/base/text.h"
#include "lib/base/time.h"

enum { COLUMNS = 80, LINE_SIZE = 512, VALUE_MAX = 40 };

struct line {
    char text[LINE_SIZE];
    size_t length, columns;
};

/** Append UTF-8 up to the last column; control characters become `?`. */
static void put(struct line *line, const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        const unsigned char c = (unsigned char)text[i];
        const bool starts = (c & 0xc0) != 0x80;
        if ((starts && line->columns >= COLUMNS) || line->length + 5 > LINE_SIZE) {
            return;
        }
        const bool c1 = c == 0xc2 && i + 1 < length && (unsigned char)text[i + 1] < 0xa0;
        if (c1) {
            i++;
        }
        line->text[line->length++] = (char)(c < 0x20 || c == 0x7f || c1 ? '?' : c);
        line->columns += starts ? 1 : 0;
    }
}

static void put_value(struct line *line, const char *key, const json_t *value)
{
    char text[32];
    const char *shown = text;
    size_t length = 0;
    if (json_is_string(value)) {
        shown = json_string_value(value);
        length = json_string_length(value) < VALUE_MAX ? json_string_length(value) : VALUE_MAX;
        while (length > 0 && length < json_string_length(value) &&
               ((unsigned char)shown[length] & 0xc0) == 0x80) {
            length--;
        }
    } else if (json_is_integer(value)) {
        length =
            (size_t)snprintf(text, sizeof text, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    } else if (json_is_boolean(value)) {
        length = (size_t)snprintf(text, sizeof text, "%s", json_is_true(value) ? "yes" : "no");
    } else {
        return;
    }
    put(line, " ", 1);
    put(line, key, strlen(key));
    put(line, "=", 1);
    put(line, shown, length);
}

static json_t *read_body(const struct chl_stream_received *record)
{
    json_error_t error;
    return json_loadb((const char *)record->body, record->body_length, JSON_REJECT_DUPLICATES,
                      &error);
}

void monitor_print_line(FILE *out, const struct chl_stream_received *record)
{
    struct line line = {.length = 0};
    char lead[64];
    char clock[16] = "--:--:--";
    struct tm local;
    const time_t seconds = (time_t)(record->header.wall_ns / CHL_NS_PER_S);
    if (localtime_r(&seconds, &local) != NULL) {
        (void)strftime(clock, sizeof clock, "%H:%M:%S", &local);
    }
    const int length =
        snprintf(lead, sizeof lead, "%7" PRIu64 " %s ", record->header.sequence, clock);
    put(&line, lead, length > 0 ? (size_t)length : 0);
    /* `v1/<site>/<class>/<type>/`: the last two parts say what it is. */
    const char *class_name = chl_class_name(record->header.event_class);
    const char *slash = memchr(record->topic + 3, '/', record->topic_length - 3);
    if (class_name != NULL && slash != NULL) {
        const size_t from = (size_t)(slash + 1 - record->topic);
        put(&line, slash + 1, record->topic_length - from - 1);
    }
    json_t *body = read_body(record);
    json_t *data = json_object_get(body, "data");
    const char *key = NULL;
    json_t *value = NULL;
    json_object_foreach(data, key, value)
    {
        put_value(&line, key, value);
    }
    json_decref(body);
    line.text[line.length] = '\0';
    (void)fprintf(out, "%s\n", line.text);
}

void monitor_print_json(FILE *out, const struct chl_stream_received *record)
{
    char hash[2 * CHL_WIRE_HASH + 1];
    char epoch[CHL_UUID_TEXT_SIZE];
    json_t *body = read_body(record);
    chl_hex(record->header.chain, CHL_WIRE_HASH, hash);
    chl_uuid_text(record->header.epoch, epoch);
    json_t *object = json_pack("{s:I, s:s%, s:s, s:s, s:I, s:o?}", "sequence",
                               (json_int_t)record->header.sequence, "topic", record->topic,
                               record->topic_length, "epoch", epoch, "hash", hash, "cause",
                               (json_int_t)record->header.cause, "event", body);
    if (object != NULL) {
        (void)json_dumpf(object, out, JSON_COMPACT);
        (void)fputc('\n', out);
    }
    json_decref(object);
}

void monitor_print_summary(FILE *out, bool json, const struct chl_stream_client *client)
{
    const struct chl_stream_tally *tally = &client->tally;
    const struct {
        const char *name;
        uint64_t value;
    } rows[] = {
        {"received", tally->received},       {"gaps", tally->missing},
        {"duplicates", tally->duplicates},   {"forks", tally->forks},
        {"live", tally->from_live},          {"reconnects", tally->reconnects},
        {"last", client->position.sequence}, {"head", client->head},
    };
    char text[512];
    struct chl_json writer;
    chl_json_begin(&writer, text, sizeof text);
    chl_json_object(&writer, NULL);
    chl_json_object(&writer, "summary");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (json) {
            chl_json_uint(&writer, rows[i].name, rows[i].value);
        } else {
            (void)fprintf(out, "%s%s %" PRIu64, i > 0 ? ", " : "", rows[i].name, rows[i].value);
        }
    }
    chl_json_close_object(&writer);
    chl_json_close_object(&writer);
    (void)fprintf(out, "%s\n", json && chl_json_end(&writer) == CHL_OK ? text : "");
}
