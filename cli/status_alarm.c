/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief What a status says of an emergency, a dispersal, and of gates that need somebody.
 */
#include "cli/status_alarm.h"

#include <stdbool.h>
#include <string.h>

#include "cli/status_why.h"
#include "lib/base/text.h"
#include "lib/text/lang.h"

enum { LINE_MAX_BYTES = 512 };

struct look {
    const char *red, *plain;
    size_t columns;
};

enum phrase { EMERGENCY, OPENING, UNNAMED, AT_ALARM, DISPERSAL, CONDITION, RECOUNT, PHRASES };

/** What goes before and after the place, source or number that it speaks of. */
static const struct {
    const char *head, *vi[2], *en[2];
} phrases[PHRASES] = {
    [EMERGENCY] = {"EMERGENCY",
                   {"mọi cổng đã mở (", "); `chilang gate reset` để kết thúc"},
                   {"every gate is open (", "); `chilang gate reset` ends it"}},
    [OPENING] = {"EMERGENCY",
                 {"chưa chắc đã mở, mở bằng tay: ", "; `chilang gate reset` để kết thúc"},
                 {"not known to be open, open by hand: ", "; `chilang gate reset` ends it"}},
    [UNNAMED] = {"EMERGENCY",
                 {"ai đã bấm, vì sao? `chilang emergency --who TÊN --why LÝ-DO`", ""},
                 {"who pressed it, and why? `chilang emergency --who NAME --why TEXT`", ""}},
    [AT_ALARM] = {"AT ALARM",
                  {"số đếm lúc báo động ", ", không phải điểm danh"},
                  {"count at the alarm ", ", not a roll-call"}},
    [DISPERSAL] = {"DISPERSAL",
                   {"đã đóng lối vào, làn đổi chiều chạy ra",
                    "; `chilang disperse --end` để kết thúc"},
                   {"entry is closed, lanes run outward", "; `chilang disperse --end` ends it"}},
    [CONDITION] = {"GATE", {"", ""}, {"", ""}},
    [RECOUNT] = {"COUNT AGAIN",
                 {"`chilang gate recount ", " SỐ --how CÁCH --who TÊN --why LÝ-DO`"},
                 {"`chilang gate recount ", " N --how HOW --who NAME --why TEXT`"}},
};

/** `where` may be NULL. */
static void say(FILE *out, enum phrase phrase, const char *where, const char *what,
                const struct look *look)
{
    char line[LINE_MAX_BYTES];
    char first[64];
    const char *const *text = lang_is_english() ? phrases[phrase].en : phrases[phrase].vi;
    (void)snprintf(first, sizeof first, "%s%s%s", look->red, phrases[phrase].head, look->plain);
    (void)snprintf(line, sizeof line, "%s%s%s%s%s", where != NULL ? where : "",
                   where != NULL ? ": " : "", text[0], what, text[1]);
    status_why(out, first, line, look->columns);
}

static const char *string_of(const json_t *object, const char *member)
{
    const char *text = json_string_value(json_object_get(object, member));
    return text != NULL ? text : "";
}

static long long number_of(const json_t *object, const char *member)
{
    return (long long)json_integer_value(json_object_get(object, member));
}

static void print_zone(FILE *out, const json_t *zone, bool everywhere, const struct look *look)
{
    const json_t *kept = json_object_get(zone, "at_alarm");
    if (json_is_object(kept)) {
        char counted[96];
        bool unknown = strcmp(string_of(kept, "state"), "UNKNOWN") == 0;
        (void)snprintf(counted, sizeof counted, "%lld ± %lld%s", number_of(kept, "inside"),
                       number_of(kept, "uncertain"),
                       !unknown            ? ""
                       : lang_is_english() ? ", while a gate was silent"
                                           : ", khi có cổng im lặng");
        say(out, AT_ALARM, string_of(zone, "id"), counted, look);
    }
    if (!everywhere && json_is_true(json_object_get(zone, "disperses"))) {
        say(out, DISPERSAL, string_of(zone, "id"), "", look);
    }
    if (json_is_true(json_object_get(zone, "recount_due"))) {
        say(out, RECOUNT, string_of(zone, "id"), string_of(zone, "id"), look);
    }
}

/* UNKNOWN has a column of its own, parts that do not answer have lines with their time. */
static bool told_elsewhere(const char *name)
{
    static const char silent[] = "_SILENT";
    size_t length = strlen(name);
    size_t tail = sizeof silent - 1;
    return strcmp(name, "UNKNOWN") == 0 ||
           (length > tail && strcmp(name + length - tail, silent) == 0);
}

static void print_conditions(FILE *out, const json_t *gate, const struct look *look)
{
    const json_t *conditions = json_object_get(gate, "conditions");
    char line[LINE_MAX_BYTES];
    size_t used = 0;
    for (size_t i = 0; i < json_array_size(conditions); i++) {
        const char *name = json_string_value(json_array_get(conditions, i));
        if (name == NULL || told_elsewhere(name) || used + 40 > sizeof line) {
            continue;
        }
        int more =
            snprintf(line + used, sizeof line - used, "%s%.24s", used == 0 ? "" : ", ", name);
        used += more > 0 ? (size_t)more : 0;
    }
    if (used > 0) {
        say(out, CONDITION, string_of(gate, "id"), line, look);
    }
}

/** Gates whose devices did not say that they are open. @return false when there is none. */
static bool list_unopened(const json_t *gates, char *out, size_t size)
{
    size_t used = 0;
    out[0] = '\0';
    for (size_t i = 0; i < json_array_size(gates); i++) {
        const json_t *gate = json_array_get(gates, i);
        if (!json_is_false(json_object_get(gate, "mode_confirmed"))) {
            continue;
        }
        int more = snprintf(out + used, size - used, "%s%.40s", used > 0 ? ", " : "",
                            string_of(gate, "id"));
        if (more < 0 || used + (size_t)more + sizeof ", …" >= size) {
            (void)chl_copy(out + used, size - used, ", …");
            return true;
        }
        used += (size_t)more;
    }
    return used > 0;
}

static void print_emergency(FILE *out, const json_t *status, const struct look *look)
{
    const json_t *alarm = json_object_get(status, "alarm");
    const char *source = string_of(alarm, "source");
    char list[LINE_MAX_BYTES / 2];
    if (list_unopened(json_object_get(status, "gates"), list, sizeof list)) {
        say(out, OPENING, source, list, look);
    } else {
        say(out, EMERGENCY, NULL, source, look);
    }
    if (strcmp(source, "operator") == 0 && string_of(alarm, "who")[0] == '\0') {
        say(out, UNNAMED, NULL, "", look);
    }
}

void status_emergency(FILE *out, const json_t *status, const char *red, const char *plain,
                      size_t columns)
{
    const json_t *zones = json_object_get(status, "zones");
    const json_t *gates = json_object_get(status, "gates");
    bool everywhere = json_is_true(json_object_get(status, "disperses"));
    const struct look look = {.red = red, .plain = plain, .columns = columns};
    if (json_is_true(json_object_get(status, "emergency"))) {
        print_emergency(out, status, &look);
    }
    if (everywhere) {
        say(out, DISPERSAL, NULL, "", &look);
    }
    for (size_t i = 0; i < json_array_size(zones); i++) {
        print_zone(out, json_array_get(zones, i), everywhere, &look);
    }
    for (size_t i = 0; i < json_array_size(gates); i++) {
        print_conditions(out, json_array_get(gates, i), &look);
    }
}
