/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Writing the record of changed settings: a whole line, on the disk, before anything is
 *  changed.
 */
#include "lib/firmware/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/json.h"
#include "lib/base/text.h"
#include "lib/base/time.h"

enum { FILE_MODE = 0640, FOLDER_MAX = 4096 };

static void write_changes(struct chl_json *json, const struct chl_firmware_entry *entry)
{
    chl_json_array(json, "changes");
    for (size_t i = 0; i < entry->change_count && i < CHL_FIRMWARE_CHANGES_MAX; i++) {
        const struct chl_firmware_change *change = &entry->changes[i];
        chl_json_object(json, NULL);
        chl_json_string(json, "setting", change->setting);
        if (change->row > 0) {
            chl_json_int(json, "row", change->row);
        }
        chl_json_int(json, "old", change->old);
        chl_json_int(json, "new", change->value);
        if (entry->end) {
            chl_json_string(json, "fate", change->fate);
        }
        chl_json_close_object(json);
    }
    chl_json_close_array(json);
    if (entry->left_out > 0) {
        chl_json_uint(json, "left_out", entry->left_out);
    }
}

static chl_err encode(const struct chl_firmware_entry *entry, char *out, size_t size,
                      size_t *length)
{
    struct chl_json json;
    char time[CHL_RFC3339_SIZE];
    chl_time_format(entry->time_ns, time);
    chl_json_begin(&json, out, size);
    chl_json_object(&json, NULL);
    chl_json_int(&json, "v", 1);
    chl_json_string(&json, "phase", entry->end ? "end" : "begin");
    chl_json_string(&json, "time", time);
    chl_json_string(&json, "who", entry->who);
    chl_json_string(&json, "why", entry->why);
    chl_json_string(&json, "gate", entry->gate);
    chl_json_string(&json, "bus", entry->bus);
    chl_json_uint(&json, "unit", entry->unit);
    chl_json_string(&json, "profile", entry->profile);
    if (entry->end) {
        chl_json_string(&json, "outcome", entry->outcome);
    }
    write_changes(&json, entry);
    chl_json_close_object(&json);
    const chl_err error = chl_json_end(&json);
    *length = json.length;
    return error;
}

static chl_err fail(const char *path, const char *act, char *why, size_t why_size)
{
    char text[128];
    (void)snprintf(why, why_size,
                   "%.200s: expected to %s it, got: %s; make its folder writable for whoever "
                   "changes settings",
                   path, act, strerror_r(errno, text, sizeof text));
    return CHL_E_IO;
}

/** A new file is found again after a power cut only once its folder is on the disk too. */
static bool sync_folder(const char *path)
{
    char folder[FOLDER_MAX];
    if (!chl_copy(folder, sizeof folder, path)) {
        return false;
    }
    char *slash = strrchr(folder, '/');
    if (slash == NULL) {
        (void)chl_copy(folder, sizeof folder, ".");
    } else {
        slash[slash == folder ? 1 : 0] = '\0';
    }
    const int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const bool ok = fd >= 0 && fsync(fd) == 0;
    if (fd >= 0) {
        (void)close(fd);
    }
    return ok;
}

static bool write_all(int fd, const char *bytes, size_t length)
{
    while (length > 0) {
        const ssize_t n = write(fd, bytes, length);
        if (n < 0 && errno != EINTR) {
            return false;
        }
        bytes += n > 0 ? n : 0;
        length -= n > 0 ? (size_t)n : 0;
    }
    return true;
}

/** What a writer that was killed left behind stays a line of its own. */
static bool end_torn_line(int fd, off_t size)
{
    char last = '\n';
    if (size > 0 && pread(fd, &last, 1, size - 1) != 1) {
        return false;
    }
    return last == '\n' || write_all(fd, "\n", 1);
}

static chl_err add_line(int fd, const char *path, const char *line, size_t length, char *why,
                        size_t why_size)
{
    struct stat status;
    if (flock(fd, LOCK_EX) != 0 || fstat(fd, &status) != 0) {
        return fail(path, "lock", why, why_size);
    }
    if (!S_ISREG(status.st_mode)) {
        (void)snprintf(why, why_size, "%.200s: expected a file, got something else; move it away",
                       path);
        return CHL_E_IO;
    }
    if (status.st_size > CHL_FIRMWARE_FILE_MAX - CHL_FIRMWARE_LINE_MAX) {
        (void)snprintf(why, why_size,
                       "%.200s: expected room for another line, got %lld bytes of at most %d; keep "
                       "a copy and begin a new journal",
                       path, (long long)status.st_size, CHL_FIRMWARE_FILE_MAX);
        return CHL_E_LIMIT;
    }
    if (!end_torn_line(fd, status.st_size) || !write_all(fd, line, length) || fsync(fd) != 0 ||
        !sync_folder(path)) {
        return fail(path, "write", why, why_size);
    }
    return CHL_OK;
}

chl_err chl_firmware_log_add(const char *path, const struct chl_firmware_entry *entry, char *why,
                             size_t why_size)
{
    char line[CHL_FIRMWARE_LINE_MAX];
    size_t length = 0;
    if (encode(entry, line, sizeof line - 1, &length) != CHL_OK) {
        (void)snprintf(why, why_size,
                       "%.200s: expected a line of at most %d bytes, got a longer "
                       "one; shorten --why",
                       path, CHL_FIRMWARE_LINE_MAX);
        return CHL_E_LIMIT;
    }
    line[length++] = '\n';
    const int fd =
        open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, FILE_MODE);
    if (fd < 0) {
        return fail(path, "open", why, why_size);
    }
    const chl_err error = add_line(fd, path, line, length, why, why_size);
    (void)close(fd);
    return error;
}

static void append(char *out, size_t size, const char *text)
{
    const size_t used = strlen(out);
    (void)chl_copy(out + used, size - used, text);
}

void chl_firmware_log_summary(const struct chl_firmware_entry *entry, char *out, size_t size)
{
    char part[2 * CHL_FIRMWARE_WHY];
    (void)snprintf(part, sizeof part, "unit %u %s %s", entry->unit, entry->profile,
                   entry->end ? entry->outcome : "begin");
    out[0] = '\0';
    append(out, size, part);
    append(out, size, "; ");
    append(out, size, entry->why);
    for (size_t i = 0; i < entry->change_count; i++) {
        const struct chl_firmware_change *change = &entry->changes[i];
        char row[16] = "";
        if (change->row > 0) {
            (void)snprintf(row, sizeof row, " %d", change->row);
        }
        (void)snprintf(part, sizeof part, "; %s%s %lld→%lld%s%s", change->setting, row,
                       (long long)change->old, (long long)change->value, entry->end ? " " : "",
                       entry->end ? change->fate : "");
        append(out, size, part);
    }
}
