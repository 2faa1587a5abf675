/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The hours in which a reversible lane turns round.
 */
#include "core/config/internal.h"

#include <stdlib.h>
#include <string.h>

struct slot_options {
    const char *from, *to;
    int runs;
    struct chl_list days;
};

enum { DAYS = 7, EVERY_DAY = 0x7F, DAY_MIN = 24 * 60 };

static const char *const runs[] = {"in", "out", NULL};
static const char *const days[] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};

static const struct chl_opt slot_table[] = {
    {.name = "from",
     .type = CHL_OPT_STR,
     .required = true,
     .offset = offsetof(struct slot_options, from),
     .help_vi = "Giờ bắt đầu, giờ địa phương, \"17:00\"",
     .help_en = "Beginning, local time, \"17:00\""},
    {.name = "to",
     .type = CHL_OPT_STR,
     .required = true,
     .offset = offsetof(struct slot_options, to),
     .help_vi = "Giờ kết thúc; sớm hơn giờ bắt đầu là của ngày hôm sau",
     .help_en = "End; one before the beginning is the next day's"},
    {.name = "runs",
     .type = CHL_OPT_ENUM,
     .dflt = "out",
     .choices = runs,
     .offset = offsetof(struct slot_options, runs),
     .help_vi = "Làn chạy chiều nào trong giờ đó",
     .help_en = "Which way the lane runs in these hours"},
    {.name = "days",
     .type = CHL_OPT_LIST,
     .max = DAYS,
     .offset = offsetof(struct slot_options, days),
     .help_vi = "Ngày bắt đầu: mon đến sun; mọi ngày nếu không ghi",
     .help_en = "Days on which it begins, mon to sun; every day when not stated"},
    {.name = NULL}};

/** `17:00` in minutes, −1 when it is no time of the day; `24:00` is a day's end. */
static int minutes_of(const char *text)
{
    if (strlen(text) != 5 || text[2] != ':' || strspn(text, "0123456789") != 2 ||
        strspn(text + 3, "0123456789") != 2) {
        return -1;
    }
    int hour = (text[0] - '0') * 10 + (text[1] - '0');
    int minute = (text[3] - '0') * 10 + (text[4] - '0');
    return minute > 59 || hour * 60 + minute > DAY_MIN ? -1 : hour * 60 + minute;
}

static chl_err read_time(struct reading *r, struct chl_yaml_node entry, const char *key,
                         const char *text, uint16_t *out)
{
    int minutes = minutes_of(text);
    if (minutes < 0) {
        return chl_yaml_refuse(r->yaml, chl_yaml_get(r->yaml, entry, key), r->error,
                               "expected a time of day such as \"17:00\" for '%s', got '%.20s'; "
                               "write hours and minutes with two digits each",
                               key, text);
    }
    *out = (uint16_t)minutes;
    return CHL_OK;
}

static chl_err read_days(struct reading *r, struct chl_yaml_node entry, const struct chl_list *list,
                         uint8_t *out)
{
    *out = list->count == 0 ? EVERY_DAY : 0;
    for (size_t i = 0; i < list->count; i++) {
        size_t day = 0;
        while (day < DAYS && strcmp(days[day], list->items[i]) != 0) {
            day++;
        }
        if (day == DAYS) {
            return chl_yaml_refuse(r->yaml, chl_yaml_get(r->yaml, entry, "days"), r->error,
                                   "expected days of mon, tue, wed, thu, fri, sat, sun, got "
                                   "'%.20s'; choose among them",
                                   list->items[i]);
        }
        *out = (uint8_t)(*out | 1U << day);
    }
    return CHL_OK;
}

static chl_err read_slot(struct reading *r, struct chl_yaml_node entry, struct config_slot *out)
{
    struct slot_options options = {.from = NULL};
    chl_err result = chl_yaml_read(r->yaml, entry, slot_table, NULL, &options, r->error);
    if (result == CHL_OK) {
        result = read_time(r, entry, "from", options.from, &out->from_min);
    }
    if (result == CHL_OK) {
        result = read_time(r, entry, "to", options.to, &out->to_min);
    }
    if (result == CHL_OK) {
        result = read_days(r, entry, &options.days, &out->days);
    }
    if (result == CHL_OK && (out->from_min == out->to_min || out->from_min == DAY_MIN)) {
        return chl_yaml_refuse(r->yaml, chl_yaml_get(r->yaml, entry, "to"), r->error,
                               "expected hours with a beginning before 24:00 and another end, got "
                               "%.5s to %.5s; a whole day is 00:00 to 24:00",
                               options.from, options.to);
    }
    out->out = options.runs == 1;
    return result;
}

static chl_err read_schedule(struct reading *r, struct chl_yaml_node list, struct config_gate *gate)
{
    size_t count = chl_yaml_count(r->yaml, list);
    if (gate->way != CONFIG_WAY_REVERSIBLE) {
        return chl_yaml_refuse_key(r->yaml, list, r->error,
                                   "expected 'schedule' only with 'way: reversible', got another "
                                   "way; take it out or make the lane reversible");
    }
    if (chl_yaml_kind_of(r->yaml, list) != CHL_YAML_SEQUENCE || count == 0 ||
        count > CONFIG_SLOTS_MAX) {
        return chl_yaml_refuse_key(r->yaml, list, r->error,
                                   "expected a list of 1 to %d hours such as [{ from: \"17:00\", "
                                   "to: \"22:00\", runs: out }], got something else",
                                   CONFIG_SLOTS_MAX);
    }
    gate->slots = calloc(count, sizeof *gate->slots);
    if (gate->slots == NULL) {
        return config_no_memory(r);
    }
    gate->slot_count = count;
    chl_err result = CHL_OK;
    for (size_t i = 0; result == CHL_OK && i < count; i++) {
        result = read_slot(r, chl_yaml_item(r->yaml, list, i, NULL), &gate->slots[i]);
    }
    return result;
}

chl_err config_read_schedule(struct reading *r, struct chl_yaml_node entry,
                             struct config_gate *gate)
{
    struct chl_yaml_node list = chl_yaml_get(r->yaml, entry, "schedule");
    return list.index == 0 ? CHL_OK : read_schedule(r, list, gate);
}
