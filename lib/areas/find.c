/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Which areas a written name may mean.
 */
#include "lib/areas/internal.h"

#include "lib/base/text.h"
#include "lib/names/names.h"

#include <stdio.h>
#include <string.h>

typedef chl_err (*key_of)(const char *name, char *out, size_t size);

/** What the text says: a name, the district behind its comma, and the province behind the next. */
struct wanted {
    char name[CHL_NAME_KEY_SIZE];
    char within[CHL_NAME_KEY_SIZE];   /* "" = any */
    char province[CHL_NAME_KEY_SIZE]; /* "" = any */
    key_of key;
};

/** Kinds, as they are written short. */
static const struct {
    const char *kind, *abbreviation;
} kinds[] = {{"phường", "p"}, {"xã", "x"},         {"thị trấn", "tt"},
             {"Huyện", "h"},  {"Thành phố", "tp"}, {"Tỉnh", "t"}};

static bool key_is(const struct wanted *wanted, const char *text)
{
    char key[CHL_NAME_KEY_SIZE];
    return wanted->key(text, key, sizeof key) == CHL_OK && strcmp(key, wanted->name) == 0;
}

/** `kind name`, `k name` or `name`. `whole` begins with its kind where `kind` is "". */
static bool is_called(const struct wanted *wanted, const char *kind, const char *name)
{
    char text[128];
    if (key_is(wanted, name)) {
        return true;
    }
    (void)snprintf(text, sizeof text, "%s %s", kind, name);
    if (kind[0] != '\0' && key_is(wanted, text)) {
        return true;
    }
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        size_t length = strlen(kinds[i].kind);
        const char *bare = name;
        if (kind[0] == '\0' && strncmp(name, kinds[i].kind, length) == 0 && name[length] == ' ') {
            bare = name + length + 1;
        } else if (strcmp(kind, kinds[i].kind) != 0) {
            continue;
        }
        (void)snprintf(text, sizeof text, "%s %s", kinds[i].abbreviation, bare);
        if (key_is(wanted, bare) || key_is(wanted, text)) {
            return true;
        }
    }
    return false;
}

/** Whether a name of what an area lies in, when one was said, is that of the area's. */
static bool is_of(key_of key, const char *said, const char *name)
{
    if (said[0] == '\0') {
        return true;
    }
    struct wanted larger = {.key = key};
    (void)chl_copy(larger.name, sizeof larger.name, said);
    return is_called(&larger, "", name);
}

/** Behind one comma may stand the district or, as people leave it out, the province. */
static bool lies_within(const struct wanted *wanted, const struct chl_area *area)
{
    if (wanted->province[0] == '\0') {
        return is_of(wanted->key, wanted->within, area->within) ||
               is_of(wanted->key, wanted->within, area->province);
    }
    return is_of(wanted->key, wanted->within, area->within) &&
           is_of(wanted->key, wanted->province, area->province);
}

/** End the text at its comma. @return what stands behind it, "" when there is none. */
static char *cut_at_comma(char *text)
{
    char *comma = strchr(text, ',');
    if (comma == NULL) {
        return text + strlen(text);
    }
    *comma = '\0';
    return comma + 1;
}

/** Dots after short kinds are nothing: `P. Chi Lăng`, `TP.Lạng Sơn`. */
static bool read_wanted(const char *text, key_of key, struct wanted *out)
{
    char copy[CHL_NAME_MAX + 1];
    size_t length = 0;
    for (; *text != '\0'; text++) {
        if (length + 1 >= sizeof copy) {
            return false;
        }
        char c = *text;
        if (c == '.') {
            c = ' ';
        }
        copy[length++] = c;
    }
    copy[length] = '\0';
    *out = (struct wanted){.key = key};
    char *larger = cut_at_comma(copy);
    char *largest = cut_at_comma(larger);
    if (strchr(largest, ',') != NULL) {
        return false;
    }
    if (key(larger, out->within, sizeof out->within) != CHL_OK) {
        out->within[0] = '\0';
    }
    if (key(largest, out->province, sizeof out->province) != CHL_OK) {
        out->province[0] = '\0';
    }
    return key(copy, out->name, sizeof out->name) == CHL_OK;
}

static size_t collect(const struct chl_areas *areas, chl_areas_level level,
                      const struct wanted *wanted,
                      bool (*fits)(const struct wanted *, const struct chl_area *),
                      const struct chl_area **out, size_t room)
{
    const struct areas_table *table = &areas->tables[level];
    size_t count = 0;
    for (size_t i = 0; i < table->count; i++) {
        if (!fits(wanted, &table->rows[i])) {
            continue;
        }
        if (count < room) {
            out[count] = &table->rows[i];
        }
        count++;
    }
    return count;
}

static bool is_it(const struct wanted *wanted, const struct chl_area *area)
{
    return is_called(wanted, area->kind, area->name) && lies_within(wanted, area);
}

static bool is_like_it(const struct wanted *wanted, const struct chl_area *area)
{
    char key[CHL_NAME_KEY_SIZE];
    return wanted->key(area->name, key, sizeof key) == CHL_OK &&
           strstr(key, wanted->name) != NULL && lies_within(wanted, area);
}

size_t chl_areas_find(const struct chl_areas *areas, chl_areas_level level, const char *text,
                      const struct chl_area **out, size_t room)
{
    struct wanted wanted;
    size_t count = 0;
    if (read_wanted(text, chl_name_key, &wanted)) {
        count = collect(areas, level, &wanted, is_it, out, room);
    }
    if (count == 0 && !chl_name_has_accents(text) &&
        read_wanted(text, chl_name_key_plain, &wanted)) {
        count = collect(areas, level, &wanted, is_it, out, room);
    }
    return count;
}

size_t chl_areas_like(const struct chl_areas *areas, chl_areas_level level, const char *text,
                      const struct chl_area **out, size_t room)
{
    struct wanted wanted;
    return read_wanted(text, chl_name_key_plain, &wanted)
               ? collect(areas, level, &wanted, is_like_it, out, room)
               : 0;
}
