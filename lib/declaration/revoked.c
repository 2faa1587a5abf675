/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The list of what was taken back, sorted once so that each code costs a short search.
 */
#include "lib/declaration/revoked.h"

#include "lib/base/text.h"
#include "lib/declaration/revoked_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/** Compared as bytes: no padding, unused bytes zero. */
struct entry {
    uint8_t kind;
    uint8_t length;
    uint8_t bytes[CHL_REVOKED_ID_MAX];
};

struct chl_revoked {
    size_t count, room;
    struct entry *entries;
};

static int compare(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct entry));
}

static const char blanks[] = " \t\r";

/** `id` or `key`, and its digits. */
static bool parse_entry(const char *line, size_t length, struct entry *out)
{
    const char *end = memchr(line, ' ', length);
    if (end == NULL) {
        return false;
    }
    size_t word = (size_t)(end - line);
    *out = (struct entry){0};
    if (word == 2 && memcmp(line, "id", word) == 0) {
        out->kind = CHL_REVOKED_ID;
    } else if (word == 3 && memcmp(line, "key", word) == 0) {
        out->kind = CHL_REVOKED_KEY;
    }
    while (word < length && line[word] == ' ') {
        word++;
    }
    size_t digits = 0;
    while (word + digits < length && strchr(blanks, line[word + digits]) == NULL) {
        digits++;
    }
    out->length = (uint8_t)(digits / 2);
    bool sized = out->kind == CHL_REVOKED_KEY
                     ? digits == (size_t)2 * CHL_KID_SIZE
                     : digits >= (size_t)2 * CHL_REVOKED_ID_MIN &&
                           digits <= (size_t)2 * CHL_REVOKED_ID_MAX && digits % 2 == 0;
    return out->kind != 0 && sized &&
           chl_unhex(line + word, digits, out->bytes, out->length) == CHL_OK;
}

static chl_err keep(struct chl_revoked *list, const struct entry *entry)
{
    if (list->count == CHL_REVOKED_MAX) {
        return CHL_E_LIMIT;
    }
    if (list->count == list->room) {
        size_t room = list->room == 0 ? 64 : 2 * list->room;
        struct entry *entries = realloc(list->entries, room * sizeof *entries);
        if (entries == NULL) {
            return CHL_E_NOMEM;
        }
        list->entries = entries;
        list->room = room;
    }
    list->entries[list->count++] = *entry;
    return CHL_OK;
}

static bool is_blank(const char *line, size_t length)
{
    size_t i = 0;
    while (i < length && strchr(blanks, line[i]) != NULL && line[i] != '\0') {
        i++;
    }
    return i == length || line[i] == '#';
}

static chl_err read_lines(struct chl_revoked *list, const char *name, const char *text,
                          size_t length, char *why, size_t why_size)
{
    unsigned line = 0;
    for (size_t at = 0; at < length;) {
        const char *end = memchr(text + at, '\n', length - at);
        size_t size = end == NULL ? length - at : (size_t)(end - (text + at));
        struct entry entry;
        line++;
        if (!is_blank(text + at, size)) {
            if (!parse_entry(text + at, size, &entry)) {
                (void)snprintf(why, why_size,
                               "%s:%u: expected `id` and 16 to 32 hexadecimal digits, or `key` and "
                               "16; correct the line or take it out",
                               name, line);
                return CHL_E_CONFIG;
            }
            chl_err err = keep(list, &entry);
            if (err != CHL_OK) {
                (void)snprintf(why, why_size,
                               "%s:%u: expected at most %d entries (%s); take out those that have "
                               "expired",
                               name, line, CHL_REVOKED_MAX, chl_strerror(err));
                return err;
            }
        }
        at += size + 1;
    }
    return CHL_OK;
}

chl_err chl_revoked_parse(const char *name, const char *text, size_t length,
                          struct chl_revoked **out, char *why, size_t why_size)
{
    struct chl_revoked *list = calloc(1, sizeof *list);
    if (list == NULL) {
        (void)snprintf(why, why_size, "%s: out of memory", name);
        return CHL_E_NOMEM;
    }
    chl_err err = read_lines(list, name, text, length, why, why_size);
    if (err != CHL_OK) {
        chl_revoked_free(list);
        return err;
    }
    if (list->count > 1) {
        qsort(list->entries, list->count, sizeof *list->entries, compare);
    }
    *out = list;
    return CHL_OK;
}

chl_err chl_revoked_load(const char *path, struct chl_revoked **out, char *why, size_t why_size)
{
    char *text = NULL;
    size_t length = 0;
    chl_err err = revoked_read(path, &text, &length, why, why_size);
    if (err == CHL_OK) {
        err = chl_revoked_parse(path, text, length, out, why, why_size);
    }
    free(text);
    return err;
}

void chl_revoked_free(struct chl_revoked *list)
{
    if (list != NULL) {
        free(list->entries);
        free(list);
    }
}

size_t chl_revoked_count(const struct chl_revoked *list)
{
    return list == NULL ? 0 : list->count;
}

bool chl_revoked_has(const struct chl_revoked *list, chl_revoked_kind kind, struct chl_bytes id)
{
    if (list == NULL || list->count == 0 || id.length > CHL_REVOKED_ID_MAX) {
        return false;
    }
    struct entry wanted = {.kind = (uint8_t)kind, .length = (uint8_t)id.length};
    memcpy(wanted.bytes, id.data, id.length);
    return bsearch(&wanted, list->entries, list->count, sizeof wanted, compare) != NULL;
}
