/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Settings as a person reads them: what each is, what it should be, what became of it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/firmware.h"
#include "cli/firmware_words.h"
#include "cli/plain.h"

enum { TEXT = 512, SHORT = 96, NAME_COLUMNS = 22, VALUE_COLUMNS = 14, WANTED_COLUMNS = 22 };

static const char *say(const struct firmware_options *o, firmware_word word)
{
    static char text[TEXT];
    firmware_say(text, sizeof text, o->english, word, NULL, NULL, NULL);
    return text;
}

void firmware_value(const struct chl_setting *setting, int64_t value, char *out, size_t size)
{
    const char *unit = setting->reg.unit != NULL ? setting->reg.unit : "";
    char *after = NULL;
    long tick = strtol(unit, &after, 10);
    if (after != unit && tick > 0) {
        unit = after + strspn(after, " ");
    } else {
        tick = 1;
    }
    (void)snprintf(out, size, "%lld%s%s", (long long)value * tick, unit[0] != '\0' ? " " : "",
                   unit);
}

void firmware_name(const struct chl_firmware_item *item, char *out, size_t size)
{
    if (item->setting->reg.rows > 1) {
        (void)snprintf(out, size, "%.48s %u", item->setting->name, item->row + 1U);
    } else {
        (void)snprintf(out, size, "%.48s", item->setting->name);
    }
}

void firmware_print_head(const struct firmware_options *o, const struct firmware_unit *unit)
{
    char number[16];
    char where[TEXT];
    (void)snprintf(number, sizeof number, "%u", unit->unit);
    (void)snprintf(where, sizeof where, "%s · %s, %s (%s)", unit->line.address,
                   unit->profile->vendor, unit->profile->name, unit->profile->id);
    firmware_tell(stdout, 0, o->english, unit->names[0] != '\0' ? WORD_UNIT_ON : WORD_UNIT_ALONE,
                  unit->names, number, where);
}

/** What was read, or why not. */
static void seen_text(const struct firmware_options *o, const struct chl_firmware_item *item,
                      char *out, size_t size)
{
    char value[SHORT];
    char beside[16];
    char code[16];
    firmware_value(item->setting, item->value, value, sizeof value);
    (void)snprintf(beside, sizeof beside, "%u", item->beside);
    (void)snprintf(code, sizeof code, "%u", item->exception);
    switch (item->seen) {
    case CHL_FIRMWARE_SEEN:
        (void)snprintf(out, size, "%s", value);
        return;
    case CHL_FIRMWARE_TORN:
        firmware_say(out, size, o->english, WORD_TORN, value, beside, NULL);
        return;
    case CHL_FIRMWARE_DENIED:
        firmware_say(out, size, o->english, WORD_DENIED, code,
                     firmware_exception(o->english, item->exception), NULL);
        return;
    case CHL_FIRMWARE_SILENT:
        firmware_say(out, size, o->english, WORD_SILENT, NULL, NULL, NULL);
        return;
    case CHL_FIRMWARE_MUTE:
        firmware_say(out, size, o->english, WORD_MUTE, NULL, NULL, NULL);
        return;
    case CHL_FIRMWARE_UNREAD:
        firmware_say(out, size, o->english, WORD_NOT_READ, NULL, NULL, NULL);
        return;
    }
}

/** `text` and as many spaces as its column still has. */
static void column(const char *text, int columns)
{
    char shown[TEXT];
    plain_copy(shown, sizeof shown, text, TEXT);
    const int wide = (int)plain_columns(shown);
    (void)printf("%s%*s", shown, wide < columns ? columns - wide : 0, "");
}

static void print_value_line(const struct firmware_options *o, const struct chl_firmware_item *item,
                             unsigned last_row)
{
    char name[SHORT];
    char text[TEXT];
    char wanted[SHORT] = "";
    char value[SHORT];
    firmware_name(item, name, sizeof name);
    if (last_row != item->row) {
        (void)snprintf(name, sizeof name, "%.48s %u–%u", item->setting->name, item->row + 1U,
                       last_row + 1U);
    }
    seen_text(o, item, text, sizeof text);
    if (item->is_wanted) {
        firmware_value(item->setting, item->wanted, value, sizeof value);
        firmware_say(wanted, sizeof wanted, o->english, WORD_WANTED, value, NULL, NULL);
    }
    (void)fputs("  ", stdout);
    column(name, NAME_COLUMNS);
    (void)fputs(" ", stdout);
    column(text, item->is_wanted ? VALUE_COLUMNS : 0);
    if (item->is_wanted) {
        (void)fputs(" ", stdout);
        column(wanted, WANTED_COLUMNS);
        (void)printf(" %s", say(o, chl_firmware_differs(item)     ? WORD_DIFFERS
                                   : chl_firmware_unsettled(item) ? WORD_UNJUDGED
                                                                  : WORD_FITS));
    }
    (void)fputc('\n', stdout);
}

/** What it is, its default and range, whether it lasts, where it stands. */
static void print_about_line(const struct firmware_options *o, const struct chl_firmware_item *item)
{
    const struct chl_setting *s = item->setting;
    char line[2 * TEXT];
    char part[TEXT];
    char low[SHORT];
    char high[SHORT];
    firmware_value(s, s->reg.dflt, low, sizeof low);
    firmware_say(part, sizeof part, o->english, WORD_DEFAULT, low, NULL, NULL);
    int used =
        snprintf(line, sizeof line, "%s; %s; ", o->english ? s->about_en : s->about_vi, part);
    firmware_value(s, s->reg.min, low, sizeof low);
    firmware_value(s, s->reg.max, high, sizeof high);
    firmware_say(part, sizeof part, o->english, s->reg.writable ? WORD_RANGE : WORD_READ_ONLY, low,
                 high, NULL);
    used += snprintf(line + used, sizeof line - (size_t)used, "%s; %s", part,
                     say(o, s->reg.persistent ? WORD_KEEPS : WORD_LOSES));
    if (s->reg.needs_reboot) {
        used += snprintf(line + used, sizeof line - (size_t)used, "; %s", say(o, WORD_RESTARTS));
    }
    const unsigned last = chl_register_at(&s->reg, s->reg.rows > 0 ? s->reg.rows - 1U : 0);
    used += snprintf(line + used, sizeof line - (size_t)used, "; %s 0x%04X",
                     chl_area_name(s->reg.area), s->reg.address);
    if (last != s->reg.address) {
        (void)snprintf(line + used, sizeof line - (size_t)used, "–0x%04X", last);
    }
    firmware_wrap(stdout, 4, line);
}

/** Rows that nobody minds and that say the same stand in one line. */
static bool alike(const struct chl_firmware_item *a, const struct chl_firmware_item *b)
{
    return a->setting == b->setting && !a->is_wanted && !b->is_wanted && a->seen == b->seen &&
           a->value == b->value && a->exception == b->exception;
}

void firmware_print_items(const struct firmware_options *o, const struct chl_firmware *run)
{
    size_t count = 0;
    const struct chl_firmware_item *items = chl_firmware_items(run, &count);
    for (size_t i = 0; i < count; i++) {
        const struct chl_firmware_item *first = &items[i];
        while (i + 1 < count && alike(first, &items[i + 1])) {
            i++;
        }
        print_value_line(o, first, items[i].row);
        if (i + 1 == count || items[i + 1].setting != items[i].setting) {
            print_about_line(o, &items[i]);
        }
    }
}

/** `start-time   7 s → 10 s`. */
static void print_change(const struct firmware_options *o, size_t number,
                         const struct chl_firmware_item *item)
{
    char name[SHORT];
    char now[TEXT];
    char wanted[SHORT];
    char line[2 * TEXT];
    char order[24] = "";
    firmware_name(item, name, sizeof name);
    seen_text(o, item, now, sizeof now);
    firmware_value(item->setting, item->wanted, wanted, sizeof wanted);
    if (number > 0) {
        (void)snprintf(order, sizeof order, "%zu. ", number);
    }
    (void)snprintf(line, sizeof line, "%s%s: %s → %s%s%s", order, name, now, wanted,
                   item->setting->reg.needs_reboot ? "; " : "",
                   item->setting->reg.needs_reboot ? say(o, WORD_RESTARTS) : "");
    firmware_wrap(stdout, 2, line);
}

static void print_unsettled(const struct firmware_options *o, const struct chl_firmware_item *item)
{
    char name[SHORT];
    char text[TEXT];
    char wanted[SHORT];
    char line[2 * TEXT];
    firmware_name(item, name, sizeof name);
    firmware_value(item->setting, item->wanted, wanted, sizeof wanted);
    if (item->against != NULL) {
        firmware_say(text, sizeof text, o->english, WORD_CONFLICT, item->wanted_by, wanted,
                     item->against);
    } else {
        seen_text(o, item, text, sizeof text);
    }
    (void)snprintf(line, sizeof line, "%s: %s", name, text);
    firmware_wrap(stdout, 2, line);
}

static void print_notes(const struct firmware_options *o, const struct firmware_unit *unit,
                        const struct chl_firmware *run, const uint16_t *plan, size_t count)
{
    size_t all = 0;
    bool restart = false;
    bool moves = false;
    const struct chl_firmware_item *items = chl_firmware_items(run, &all);
    for (size_t i = 0; i < count; i++) {
        restart = restart || items[plan[i]].setting->reg.needs_reboot;
        moves = moves || items[plan[i]].setting->kind != CHL_SETTING_PLAIN;
    }
    if (restart) {
        firmware_tell(stdout, 2, o->english,
                      unit->profile->has_reboot ? WORD_RESTART_ONCE : WORD_NO_REGISTER, NULL, NULL,
                      NULL);
    }
    if (moves) {
        firmware_tell(stdout, 2, o->english, WORD_ALONE_ONLY, NULL, NULL, NULL);
    }
}

size_t firmware_print_differences(const struct firmware_options *o,
                                  const struct firmware_unit *unit, const struct chl_firmware *run)
{
    uint16_t plan[CHL_FIRMWARE_ITEMS_MAX];
    size_t count = 0;
    size_t unsettled = 0;
    size_t wanted = 0;
    const size_t planned = chl_firmware_plan(run, plan);
    const struct chl_firmware_item *items = chl_firmware_items(run, &count);
    if (planned > 0) {
        firmware_tell(stdout, 2, o->english, WORD_PLAN, NULL, NULL, NULL);
    }
    for (size_t i = 0; i < planned; i++) {
        print_change(o, i + 1, &items[plan[i]]);
    }
    print_notes(o, unit, run, plan, planned);
    for (size_t i = 0; i < count; i++) {
        wanted += items[i].is_wanted ? 1 : 0;
        if (chl_firmware_unsettled(&items[i])) {
            if (unsettled++ == 0) {
                firmware_tell(stdout, 2, o->english, WORD_UNSETTLED, NULL, NULL, NULL);
            }
            print_unsettled(o, &items[i]);
        }
    }
    if (planned + unsettled == 0) {
        firmware_tell(stdout, 2, o->english, wanted > 0 ? WORD_ALL_FITS : WORD_NOTHING_WANTED, NULL,
                      NULL, NULL);
    }
    return planned + unsettled;
}
