/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Counts as people read them: with their error bar, their age, and who counted anew.
 */
#include "cli/status_counts.h"

#include <stdbool.h>
#include <string.h>
#include <time.h>

#include "cli/plain.h"
#include "cli/status_why.h"
#include "lib/base/text.h"
#include "lib/base/time.h"
#include "lib/text/lang.h"
#include "lib/text/recounts.h"

enum { LINE_BYTES = 512, NAME_COLUMNS = 40 };

static long long number_of(const json_t *object, const char *member)
{
    return (long long)json_integer_value(json_object_get(object, member));
}

static const char *text_of(const json_t *object, const char *member)
{
    const char *text = json_string_value(json_object_get(object, member));
    return text != NULL ? text : "";
}

/** Time of day here, of a time in the status; "-" when it is none. */
static void clock_of(const json_t *object, const char *member, char out[8])
{
    int64_t ns = 0;
    struct tm parts = {0};
    (void)chl_copy(out, 8, "-");
    const char *text = text_of(object, member);
    if (chl_time_parse(text, strlen(text), &ns) != CHL_OK) {
        return;
    }
    time_t seconds = (time_t)(ns / CHL_NS_PER_S);
    if (localtime_r(&seconds, &parts) != NULL) {
        (void)snprintf(out, 8, "%02u:%02u", (unsigned)parts.tm_hour % 24U,
                       (unsigned)parts.tm_min % 60U);
    }
}

static void say_unknown(FILE *out, const json_t *zone, const char *name, bool english,
                        const char *red, const char *plain, size_t columns)
{
    char first[64];
    char line[LINE_BYTES];
    char since[8];
    if (strcmp(text_of(zone, "state"), "UNKNOWN") != 0) {
        return;
    }
    clock_of(zone, "since", since);
    (void)snprintf(first, sizeof first, "%sUNKNOWN%s", red, plain);
    (void)snprintf(line, sizeof line,
                   english ? "%s: since %s a gate that counts it does not answer; before %lld±%lld"
                           : "%s: từ %s có cổng đếm khu này không trả lời; trước đó %lld±%lld",
                   name, since, (long long)json_integer_value(json_object_get(zone, "inside")),
                   (long long)json_integer_value(json_object_get(zone, "uncertain")));
    status_why(out, first, line, columns);
}

static void say_recount(FILE *out, const json_t *zone, const char *name, bool english,
                        size_t columns)
{
    const json_t *recounted = json_object_get(zone, "recounted");
    char line[LINE_BYTES];
    char at[8];
    if (!json_is_object(recounted)) {
        return;
    }
    clock_of(recounted, "time", at);
    const char *how = chl_recount_text(chl_recount_by_name(text_of(recounted, "how")), english);
    (void)snprintf(line, sizeof line,
                   english ? "%s recounted %s by %.63s%s%s" : "%s đếm lại %s, %.63s%s%s", name, at,
                   text_of(recounted, "who"), how[0] != '\0' ? ", " : "", how);
    status_why(out, "", line, columns);
}

/* What a gate does without while one of its parts does not answer. */
static const struct {
    const char *part, *vi, *en;
} parts[] = {
    {"check", "bộ đếm thứ hai không trả lời", "its second count does not answer"},
    {"object", "cảm biến lối đi không trả lời", "the sensor in its passage does not answer"},
    {"tamper", "tiếp điểm nắp hộp không trả lời", "its housing's contact does not answer"},
    {"lamps", "đèn và còi không trả lời", "its lamps and sounder do not answer"},
};

static void say_silent(FILE *out, const json_t *gate, bool english, const char *red,
                       const char *plain, size_t columns)
{
    const json_t *silent = json_object_get(gate, "silent");
    char name[4 * NAME_COLUMNS];
    plain_copy(name, sizeof name, text_of(gate, "id"), NAME_COLUMNS);
    for (size_t i = 0; i < json_array_size(silent); i++) {
        const json_t *entry = json_array_get(silent, i);
        for (size_t k = 0; k < sizeof parts / sizeof *parts; k++) {
            char first[64];
            char line[LINE_BYTES];
            char since[8];
            if (strcmp(parts[k].part, text_of(entry, "part")) != 0) {
                continue;
            }
            clock_of(entry, "since", since);
            (void)snprintf(first, sizeof first, "%sSILENT%s", red, plain);
            (void)snprintf(line, sizeof line, english ? "%s: %s since %s" : "%s: %s từ %s", name,
                           english ? parts[k].en : parts[k].vi, since);
            status_why(out, first, line, columns);
        }
    }
}

static void say_audit(FILE *out, const json_t *gate, bool english, size_t columns)
{
    const json_t *off = json_object_get(gate, "disagreement");
    char name[4 * NAME_COLUMNS];
    char line[LINE_BYTES];
    plain_copy(name, sizeof name, text_of(gate, "id"), NAME_COLUMNS);
    if (json_is_object(off) && (number_of(off, "entries") != 0 || number_of(off, "exits") != 0)) {
        (void)snprintf(line, sizeof line,
                       english ? "%s and its second count differ: in %+lld, out %+lld"
                               : "%s và bộ đếm thứ hai lệch nhau: vào %+lld, ra %+lld",
                       name, number_of(off, "entries"), number_of(off, "exits"));
        status_why(out, "", line, columns);
    }
    if (number_of(gate, "bias") > 0) {
        (void)snprintf(line, sizeof line,
                       english ? "%s is off by %lld in 1000 by its last audit"
                               : "%s đếm lệch %lld/1000 theo lần kiểm tra gần nhất",
                       name, number_of(gate, "bias"));
        status_why(out, "", line, columns);
    }
}

void status_counts(FILE *out, const json_t *status, const char *red, const char *plain,
                   size_t columns)
{
    const json_t *zones = json_object_get(status, "zones");
    const json_t *gates = json_object_get(status, "gates");
    bool english = lang_is_english();
    for (size_t i = 0; i < json_array_size(zones); i++) {
        const json_t *zone = json_array_get(zones, i);
        char name[4 * NAME_COLUMNS];
        plain_copy(name, sizeof name, text_of(zone, "id"), NAME_COLUMNS);
        say_unknown(out, zone, name, english, red, plain, columns);
        say_recount(out, zone, name, english, columns);
    }
    for (size_t i = 0; i < json_array_size(gates); i++) {
        say_silent(out, json_array_get(gates, i), english, red, plain, columns);
        say_audit(out, json_array_get(gates, i), english, columns);
    }
    if (json_array_size(zones) > 0) {
        status_why(out, "",
                   english ? "counted at the gates, not a roll-call; ± is the error bar"
                           : "số đếm ở cổng, không phải điểm danh; ± là sai số",
                   columns);
    }
}
