/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Reading the record of changed settings, as somebody else's file: bounded, each field
 *  checked.
 */
#include "lib/firmware/log.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/text.h"
#include "lib/base/time.h"

struct reading {
    char *why;
    size_t why_size;
    bool bad;
};

static void refuse(struct reading *r, const char *key, const char *expected)
{
    if (!r->bad) {
        (void)snprintf(r->why, r->why_size, "expected %s for `%s`, got something else", expected,
                       key);
    }
    r->bad = true;
}

static bool plain(const char *text)
{
    for (; *text != '\0'; text++) {
        if ((unsigned char)*text < 0x20 || *text == 0x7F) {
            return false;
        }
    }
    return true;
}

static void take_text(struct reading *r, const json_t *object, const char *key, bool required,
                      char *out, size_t size)
{
    const json_t *value = json_object_get(object, key);
    const char *text = json_string_value(value);
    out[0] = '\0';
    if (text == NULL || json_string_length(value) != strlen(text) || !plain(text) ||
        (required && text[0] == '\0') || !chl_copy(out, size, text)) {
        out[0] = '\0';
        refuse(r, key, required ? "a text, not empty and not too long" : "a text, not too long");
    }
}

static int64_t take_number(struct reading *r, const json_t *object, const char *key, int64_t min,
                           int64_t max)
{
    const json_t *value = json_object_get(object, key);
    const int64_t number = (int64_t)json_integer_value(value);
    if (!json_is_integer(value) || number < min || number > max) {
        refuse(r, key, "a whole number in its range");
        return min;
    }
    return number;
}

static void take_time(struct reading *r, const json_t *object, int64_t *out)
{
    const char *text = json_string_value(json_object_get(object, "time"));
    if (text == NULL || chl_time_parse(text, strlen(text), out) != CHL_OK) {
        refuse(r, "time", "a time as 2022-02-01T00:00:00Z");
    }
}

static void take_changes(struct reading *r, const json_t *object, struct chl_firmware_entry *out)
{
    const json_t *list = json_object_get(object, "changes");
    if (!json_is_array(list) || json_array_size(list) > CHL_FIRMWARE_CHANGES_MAX) {
        refuse(r, "changes", "a list of at most 64 changes");
        return;
    }
    out->change_count = json_array_size(list);
    for (size_t i = 0; i < out->change_count; i++) {
        const json_t *at = json_array_get(list, i);
        struct chl_firmware_change *change = &out->changes[i];
        take_text(r, at, "setting", true, change->setting, sizeof change->setting);
        if (json_object_get(at, "row") != NULL) {
            change->row = (int)take_number(r, at, "row", 1, UINT16_MAX);
        }
        change->old = take_number(r, at, "old", 0, UINT32_MAX);
        change->value = take_number(r, at, "new", 0, UINT32_MAX);
        if (out->end) {
            take_text(r, at, "fate", true, change->fate, sizeof change->fate);
        }
    }
    if (json_object_get(object, "left_out") != NULL) {
        out->left_out = (size_t)take_number(r, object, "left_out", 1, UINT16_MAX);
    }
}

chl_err chl_firmware_log_parse(const char *line, size_t length, struct chl_firmware_entry *out,
                               char *why, size_t why_size)
{
    struct reading r = {.why = why, .why_size = why_size};
    *out = (struct chl_firmware_entry){.end = false};
    (void)snprintf(why, why_size, "expected a JSON object of at most %d bytes, got something else",
                   CHL_FIRMWARE_LINE_MAX);
    json_t *object = length < CHL_FIRMWARE_LINE_MAX
                         ? json_loadb(line, length, JSON_REJECT_DUPLICATES, NULL)
                         : NULL;
    if (!json_is_object(object)) {
        json_decref(object);
        return CHL_E_INVAL;
    }
    const char *phase = json_string_value(json_object_get(object, "phase"));
    out->end = phase != NULL && strcmp(phase, "end") == 0;
    if (!out->end && (phase == NULL || strcmp(phase, "begin") != 0)) {
        refuse(&r, "phase", "begin or end");
    }
    (void)take_number(&r, object, "v", 1, 1);
    take_time(&r, object, &out->time_ns);
    take_text(&r, object, "who", true, out->who, sizeof out->who);
    take_text(&r, object, "why", true, out->why, sizeof out->why);
    take_text(&r, object, "gate", false, out->gate, sizeof out->gate);
    take_text(&r, object, "bus", true, out->bus, sizeof out->bus);
    take_text(&r, object, "profile", true, out->profile, sizeof out->profile);
    out->unit = (unsigned)take_number(&r, object, "unit", 1, 247);
    if (out->end) {
        take_text(&r, object, "outcome", true, out->outcome, sizeof out->outcome);
    }
    take_changes(&r, object, out);
    json_decref(object);
    if (!r.bad) {
        why[0] = '\0';
    }
    return r.bad ? CHL_E_INVAL : CHL_OK;
}

static chl_err fail(const char *path, char *why, size_t why_size)
{
    char text[128];
    (void)snprintf(why, why_size, "%.200s: expected to read it, got: %s; let the daemon read it",
                   path, strerror_r(errno, text, sizeof text));
    return CHL_E_IO;
}

/** Give each whole line of `text`. */
static uint64_t give_lines(const char *text, size_t length, uint64_t from,
                           chl_firmware_log_take take, void *user)
{
    struct chl_firmware_entry *entry = malloc(sizeof *entry);
    uint64_t line = 0;
    bool more = entry != NULL;
    while (more && length > 0) {
        const char *end = memchr(text, '\n', length);
        if (end == NULL) {
            break; /* somebody is still writing it */
        }
        const size_t bytes = (size_t)(end - text);
        if (line >= from) {
            char why[160];
            const chl_err error = chl_firmware_log_parse(text, bytes, entry, why, sizeof why);
            more = take(user, line, error == CHL_OK ? entry : NULL, why);
        }
        line++;
        text = end + 1;
        length -= bytes + 1;
    }
    free(entry);
    return line;
}

static chl_err read_file(int fd, const char *path, char **out, size_t *length, char *why,
                         size_t why_size)
{
    struct stat status;
    if (fstat(fd, &status) != 0) {
        return fail(path, why, why_size);
    }
    if (!S_ISREG(status.st_mode) || status.st_size > CHL_FIRMWARE_FILE_MAX) {
        (void)snprintf(why, why_size,
                       "%.200s: expected a file of at most %d bytes, got %s; look at what wrote it",
                       path, CHL_FIRMWARE_FILE_MAX,
                       S_ISREG(status.st_mode) ? "a larger one" : "something else");
        return CHL_E_LIMIT;
    }
    char *text = malloc((size_t)status.st_size + 1);
    size_t used = 0;
    while (text != NULL && used < (size_t)status.st_size) {
        const ssize_t n = read(fd, text + used, (size_t)status.st_size - used);
        if (n < 0 && errno != EINTR) {
            free(text);
            return fail(path, why, why_size);
        }
        if (n == 0) {
            break;
        }
        used += n > 0 ? (size_t)n : 0;
    }
    *out = text;
    *length = used;
    return text != NULL ? CHL_OK : CHL_E_NOMEM;
}

chl_err chl_firmware_log_read(const char *path, uint64_t from, chl_firmware_log_take take,
                              void *user, uint64_t *lines, char *why, size_t why_size)
{
    char *text = NULL;
    size_t length = 0;
    if (lines != NULL) {
        *lines = 0;
    }
    /* Not a pipe that nobody fills, nor a link that leads elsewhere. */
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0) {
        return errno == ENOENT ? CHL_OK : fail(path, why, why_size);
    }
    const chl_err error = read_file(fd, path, &text, &length, why, why_size);
    (void)close(fd);
    if (error == CHL_OK) {
        const uint64_t count = give_lines(text, length, from, take, user);
        if (lines != NULL) {
            *lines = count;
        }
    }
    free(text);
    return error;
}
