/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Showing records; what comes from afar never reaches the terminal as control characters.
 */
#include "cli/monitor_print.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/json.h"
#include "lib/base/text.h"
#include "lib/base/time.h"

enum { USUAL_COLUMNS = 80, BARE_MAX = 3, NAMED_MAX = 5, HIDDEN_MAX = 2 };

/** What a reader looks for in a record, first things first; other members follow as they come. */
static const struct shape {
    const char *what;               /**< class/type */
    bool untitled;                  /**< its first value says what it is */
    const char *bare[BARE_MAX];     /**< values that need no name */
    const char *named[NAMED_MAX];   /**< shown as name=value */
    const char *count;              /**< people, shown of `limit` when there is one */
    const char *hidden[HIDDEN_MAX]; /**< left out when the lane says as much */
} shapes[] = {
    {.what = "flow/decision",
     .untitled = true,
     .bare = {"verdict", "reason"},
     .named = {"lane", "places", "refusal", "who"},
     .count = "inside",
     .hidden = {"gate", "zone"}},
    {.what = "flow/passage", .bare = {"gate", "direction", "kind"}, .named = {"n", "who"}},
    {.what = "flow/cancelled", .bare = {"gate"}, .named = {"unused", "why"}},
    {.what = "flow/reconciled", .bare = {"gate"}, .named = {"entries", "exits", "why"}},
    {.what = "flow/disagreement", .bare = {"gate"}, .named = {"entries", "exits", "why"}},
    {.what = "limit/state", .bare = {"zone", "state"}, .count = "inside"},
    {.what = "limit/recount", .bare = {"zone"}, .named = {"before", "inside", "how", "who", "why"}},
    {.what = "audit/count-audit",
     .bare = {"gate"},
     .named = {"bias", "tapped_in", "tapped_out", "who"}},
    {.what = "gate/state", .bare = {"gate", "state"}, .named = {"why"}},
    {.what = "gate/mode", .bare = {"gate", "mode"}, .named = {"who", "why"}},
    {.what = "gate/phase", .bare = {"gate", "phase", "condition"}, .named = {"active", "why"}},
    {.what = "gate/dispersal", .named = {"active", "zone", "who", "why"}},
    {.what = "limit/at-alarm", .bare = {"zone"}, .named = {"inside", "uncertain"}},
    {.what = "gate/command", .bare = {"gate", "action", "status"}, .named = {"why"}},
    {.what = "gate/emergency", .named = {"active", "source", "who", "why"}},
    {.what = "alarm/raised", .bare = {"alarm", "gate", "zone"}, .named = {"n"}},
    {.what = "alarm/cleared", .bare = {"alarm", "gate", "zone"}},
    {.what = "audit/operator", .bare = {"action", "target"}, .named = {"who", "why"}},
    {.what = "health/plugin", .bare = {"name"}, .named = {"ok", "text"}},
    {.what = "health/gap", .bare = {"gate"}, .named = {"uncertain", "why"}},
};

struct line {
    FILE *out;
    size_t columns, limit;
};

/** Columns to cut at: a terminal's own; whoever reads a file or a pipe gets all. */
static size_t width(FILE *out)
{
    const int fd = fileno(out);
    struct winsize size = {0};
    if (fd < 0 || isatty(fd) != 1) {
        return SIZE_MAX;
    }
    if (ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
        return size.ws_col;
    }
    const char *told = getenv("COLUMNS"); /* NOLINT(concurrency-mt-unsafe): nobody sets it */
    const long columns = told != NULL ? strtol(told, NULL, 10) : 0;
    return columns > 0 ? (size_t)columns : USUAL_COLUMNS;
}

/** Write UTF-8 up to the last column; control characters become `?`. */
static void put(struct line *line, const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        const unsigned char c = (unsigned char)text[i];
        const bool starts = (c & 0xc0) != 0x80;
        if (starts && line->columns >= line->limit) {
            return;
        }
        const bool c1 = c == 0xc2 && i + 1 < length && (unsigned char)text[i + 1] < 0xa0;
        if (c1) {
            i++;
        }
        (void)fputc(c < 0x20 || c == 0x7f || c1 ? '?' : c, line->out);
        line->columns += starts ? 1 : 0;
    }
}

/** @param key NULL = the value alone. */
static void put_value(struct line *line, const char *key, const json_t *value)
{
    char text[32];
    const char *shown = text;
    size_t length = 0;
    if (json_is_string(value)) {
        shown = json_string_value(value);
        length = json_string_length(value);
    } else if (json_is_integer(value)) {
        length =
            (size_t)snprintf(text, sizeof text, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    } else if (json_is_boolean(value)) {
        length = (size_t)snprintf(text, sizeof text, "%s", json_is_true(value) ? "yes" : "no");
    } else {
        return;
    }
    put(line, " ", 1);
    if (key != NULL) {
        put(line, key, strlen(key));
        put(line, "=", 1);
    }
    put(line, shown, length);
}

/** Show a member and take it off, so that it is shown once. */
static void take(struct line *line, json_t *data, const char *key, bool bare)
{
    if (key != NULL) {
        put_value(line, bare ? NULL : key, json_object_get(data, key));
        (void)json_object_del(data, key);
    }
}

/** `inside=87±2/90`. */
static void take_count(struct line *line, json_t *data, const char *key)
{
    const json_t *limit = json_object_get(data, "limit");
    if (key == NULL || !json_is_integer(json_object_get(data, key))) {
        return;
    }
    take(line, data, key, false);
    const json_t *uncertain = json_object_get(data, "uncertain");
    if (json_integer_value(uncertain) > 0) {
        char text[32];
        const int length =
            snprintf(text, sizeof text, "±%" JSON_INTEGER_FORMAT, json_integer_value(uncertain));
        put(line, text, (size_t)length);
        (void)json_object_del(data, "uncertain");
    }
    if (json_integer_value(limit) > 0) {
        char text[32];
        const int length =
            snprintf(text, sizeof text, "/%" JSON_INTEGER_FORMAT, json_integer_value(limit));
        put(line, text, (size_t)length);
        (void)json_object_del(data, "limit");
    }
}

static void put_shaped(struct line *line, const struct shape *shape, json_t *data)
{
    const bool has_lane = json_is_string(json_object_get(data, "lane"));
    for (size_t i = 0; i < BARE_MAX; i++) {
        take(line, data, shape->bare[i], true);
    }
    for (size_t i = 0; i < NAMED_MAX; i++) {
        take(line, data, shape->named[i], false);
    }
    take_count(line, data, shape->count);
    for (size_t i = 0; has_lane && i < HIDDEN_MAX && shape->hidden[i] != NULL; i++) {
        (void)json_object_del(data, shape->hidden[i]);
    }
}

static const struct shape *shape_of(const char *what, size_t length)
{
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        if (strlen(shapes[i].what) == length && memcmp(shapes[i].what, what, length) == 0) {
            return &shapes[i];
        }
    }
    return NULL;
}

static json_t *read_body(const struct chl_stream_received *record)
{
    json_error_t error;
    return json_loadb((const char *)record->body, record->body_length, JSON_REJECT_DUPLICATES,
                      &error);
}

/** `<class>/<type>` within `v1/<site>/<class>/<type>/`. @return its length, 0 when it has none. */
static size_t what_of(const struct chl_stream_received *record, const char **what)
{
    const char *slash =
        record->topic_length > 3 ? memchr(record->topic + 3, '/', record->topic_length - 3) : NULL;
    if (slash == NULL) {
        return 0;
    }
    *what = slash + 1;
    const size_t length = record->topic_length - (size_t)(slash + 1 - record->topic);
    return length > 0 && slash[length] == '/' ? length - 1 : length;
}

void monitor_print_line(FILE *out, const struct chl_stream_received *record)
{
    struct line line = {.out = out, .limit = width(out)};
    char lead[64];
    char clock[16] = "--:--:--";
    struct tm local;
    const time_t seconds = (time_t)(record->header.wall_ns / CHL_NS_PER_S);
    if (localtime_r(&seconds, &local) != NULL) {
        (void)strftime(clock, sizeof clock, "%H:%M:%S", &local);
    }
    const int length =
        snprintf(lead, sizeof lead, "%7" PRIu64 " %s", record->header.sequence, clock);
    put(&line, lead, length > 0 ? (size_t)length : 0);
    const char *what = "";
    const size_t what_length = what_of(record, &what);
    const struct shape *shape = shape_of(what, what_length);
    json_t *body = read_body(record);
    json_t *data = json_object_get(body, "data");
    if (shape == NULL || !shape->untitled ||
        !json_is_string(json_object_get(data, shape->bare[0]))) {
        put(&line, " ", 1);
        put(&line, what, what_length);
    }
    if (shape != NULL) {
        put_shaped(&line, shape, data);
    }
    const char *key = NULL;
    json_t *value = NULL;
    json_object_foreach(data, key, value)
    {
        put_value(&line, key, value);
    }
    json_decref(body);
    (void)fputc('\n', out);
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
