/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief How a run ended, in words: what was written, what was not, and what to do now.
 */
#include <stdio.h>

#include "cli/firmware.h"
#include "cli/firmware_words.h"

enum { TEXT = 512, SHORT = 96 };

static void fate_text(const struct firmware_options *o, const struct chl_firmware_item *item,
                      char *out, size_t size)
{
    static const firmware_word words[] = {
        [CHL_FIRMWARE_KEPT] = WORD_FITS,        [CHL_FIRMWARE_LEFT] = WORD_LEFT,
        [CHL_FIRMWARE_VERIFIED] = WORD_WRITTEN, [CHL_FIRMWARE_STORED] = WORD_STORED,
        [CHL_FIRMWARE_REFUSED] = WORD_REFUSED,  [CHL_FIRMWARE_CHANGED] = WORD_CHANGED,
        [CHL_FIRMWARE_UNSURE] = WORD_UNSURE};
    char value[SHORT];
    firmware_value(item->setting, item->value, value, sizeof value);
    firmware_say(out, size, o->english, words[item->fate], value, NULL, NULL);
}

static void print_fates(const struct firmware_options *o, const struct chl_firmware *run)
{
    const struct chl_firmware_item *item = NULL;
    for (size_t i = 1; (item = chl_firmware_turn(run, i)) != NULL; i++) {
        char name[SHORT];
        char old[SHORT];
        char wanted[SHORT];
        char fate[TEXT];
        char line[2 * TEXT];
        firmware_name(item, name, sizeof name);
        firmware_value(item->setting, item->old, old, sizeof old);
        firmware_value(item->setting, item->wanted, wanted, sizeof wanted);
        fate_text(o, item, fate, sizeof fate);
        (void)snprintf(line, sizeof line, "%s: %s → %s: %s", name, old, wanted, fate);
        firmware_wrap(stdout, 2, line);
    }
}

static void print_place(const struct firmware_options *o, const struct firmware_unit *unit,
                        const struct chl_firmware_result *result)
{
    char text[32];
    if (result->unit != unit->unit) {
        (void)snprintf(text, sizeof text, "%u", result->unit);
        firmware_tell(stdout, 2, o->english, WORD_MOVED, text, NULL, NULL);
    }
    if (result->baud != 0 && result->baud != unit->line.baud) {
        (void)snprintf(text, sizeof text, "%lld", (long long)result->baud);
        firmware_tell(stdout, 2, o->english, WORD_LINE_MOVED, text, NULL, NULL);
    }
}

void firmware_print_why(const struct firmware_options *o, const struct firmware_unit *unit,
                        const struct chl_firmware *run)
{
    static const firmware_word words[CHL_FIRMWARE_WHY_COUNT] = {
        [CHL_FIRMWARE_WHY_NO_ANSWER] = WORD_WHY_SILENT,
        [CHL_FIRMWARE_WHY_LINK] = WORD_WHY_LINK,
        [CHL_FIRMWARE_WHY_REFUSED] = WORD_WHY_REFUSED,
        [CHL_FIRMWARE_WHY_NOT_KEPT] = WORD_WHY_NOT_KEPT,
        [CHL_FIRMWARE_WHY_NOT_TAKEN] = WORD_WHY_NOT_TAKEN,
        [CHL_FIRMWARE_WHY_COMPLEMENT] = WORD_WHY_COMPLEMENT,
        [CHL_FIRMWARE_WHY_LISTED] = WORD_WHY_LISTED,
        [CHL_FIRMWARE_WHY_OTHER] = WORD_WHY_OTHER,
        [CHL_FIRMWARE_WHY_LINE] = WORD_WHY_LINE,
        [CHL_FIRMWARE_WHY_FUNCTION] = WORD_WHY_FUNCTION,
        [CHL_FIRMWARE_WHY_CONFLICT] = WORD_WHY_CONFLICT,
        [CHL_FIRMWARE_WHY_UNREADABLE] = WORD_WHY_UNREADABLE,
        [CHL_FIRMWARE_WHY_CANCELLED] = WORD_WHY_CANCELLED,
        [CHL_FIRMWARE_WHY_GONE] = WORD_WHY_GONE};
    const struct chl_firmware_result *result = chl_firmware_result(run);
    size_t count = 0;
    const struct chl_firmware_item *items = chl_firmware_items(run, &count);
    char name[SHORT] = "";
    char number[32];
    char value[SHORT] = "";
    const char *texts[3] = {name, number, firmware_exception(o->english, (int)result->number)};
    firmware_word word = words[result->why];
    (void)snprintf(number, sizeof number, "%ld", result->number);
    if (result->item >= 0) {
        firmware_name(&items[result->item], name, sizeof name);
        firmware_value(items[result->item].setting, items[result->item].value, value, sizeof value);
    }
    switch (result->why) {
    case CHL_FIRMWARE_WHY_NONE:
        return;
    case CHL_FIRMWARE_WHY_NO_ANSWER:
        (void)snprintf(number, sizeof number, "%u", unit->unit);
        word = result->end == CHL_FIRMWARE_NOBODY ? WORD_WHY_NO_ANSWER : word;
        texts[0] = number;
        texts[1] = unit->line.address;
        break;
    case CHL_FIRMWARE_WHY_LINK:
        texts[0] = unit->line.address;
        texts[1] = result->text;
        break;
    case CHL_FIRMWARE_WHY_REFUSED:
        word = result->item < 0 ? WORD_WHY_NO_RESTART : word;
        break;
    case CHL_FIRMWARE_WHY_NOT_KEPT:
        texts[1] = value;
        break;
    case CHL_FIRMWARE_WHY_OTHER:
        texts[0] = number;
        break;
    default:
        break;
    }
    firmware_tell(stdout, 2, o->english, word, texts[0], texts[1], texts[2]);
}

void firmware_print_result(const struct firmware_options *o, const struct firmware_unit *unit,
                           const struct chl_firmware *run)
{
    const struct chl_firmware_result *result = chl_firmware_result(run);
    bool loses = false;
    size_t count = 0;
    const struct chl_firmware_item *items = chl_firmware_items(run, &count);
    print_fates(o, run);
    firmware_print_why(o, unit, run);
    print_place(o, unit, result);
    for (size_t i = 0; i < count; i++) {
        loses = loses || (items[i].is_wanted && !items[i].setting->reg.persistent &&
                          !items[i].setting->reg.needs_reboot);
    }
    if (result->end == CHL_FIRMWARE_APPLIED) {
        firmware_tell(stdout, 2, o->english, WORD_APPLIED, NULL, NULL, NULL);
    } else if (result->end == CHL_FIRMWARE_RESTART) {
        firmware_tell(stdout, 2, o->english, WORD_POWER_CYCLE, NULL, NULL, NULL);
        if (loses) {
            firmware_tell(stdout, 2, o->english, WORD_POWER_LOSES, NULL, NULL, NULL);
        }
    }
}
