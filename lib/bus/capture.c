/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Modbus frames written to a file as text, to show a vendor what was on the wire.
 */
#include "lib/bus/capture.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/text.h"
#include "lib/base/time.h"

enum { FILE_MAX = 16 * 1024 * 1024, FRAME_MAX = 260 };

struct bus_capture {
    char path[PATH_MAX];
    FILE *file;
    long size;
};

static FILE *open_append(const char *path, long *size)
{
    const int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, S_IRUSR | S_IWUSR);
    if (fd < 0) {
        return NULL;
    }
    struct stat info;
    *size = fstat(fd, &info) == 0 ? (long)info.st_size : 0;
    FILE *file = fdopen(fd, "a");
    if (file == NULL) {
        (void)close(fd);
        return NULL;
    }
    (void)setvbuf(file, NULL, _IOLBF, 0);
    return file;
}

chl_err bus_capture_open(const char *path, struct bus_capture **out)
{
    struct bus_capture *capture = calloc(1, sizeof *capture);
    if (capture == NULL) {
        return CHL_E_NOMEM;
    }
    if (!chl_copy(capture->path, sizeof capture->path, path)) {
        free(capture);
        return CHL_E_IO;
    }
    capture->file = open_append(path, &capture->size);
    if (capture->file == NULL) {
        free(capture);
        return CHL_E_IO;
    }
    *out = capture;
    return CHL_OK;
}

void bus_capture_close(struct bus_capture *capture)
{
    if (capture != NULL) {
        if (capture->file != NULL) {
            (void)fclose(capture->file);
        }
        free(capture);
    }
}

static void rotate(struct bus_capture *capture)
{
    char old[PATH_MAX + 2];
    (void)snprintf(old, sizeof old, "%s.1", capture->path);
    (void)fclose(capture->file);
    (void)rename(capture->path, old);
    capture->file = open_append(capture->path, &capture->size);
}

static void line(struct bus_capture *capture, char direction, const char *text)
{
    if (capture == NULL || capture->file == NULL) {
        return;
    }
    char time[CHL_RFC3339_SIZE];
    chl_time_format(chl_wall_ns(), time);
    const int written = fprintf(capture->file, "%s %c %s\n", time, direction, text);
    capture->size += written > 0 ? written : 0;
    if (capture->size >= FILE_MAX) {
        rotate(capture);
    }
}

void bus_capture_frame(struct bus_capture *capture, char direction, const uint8_t *bytes,
                       size_t length)
{
    if (capture == NULL || length > FRAME_MAX) {
        return;
    }
    char text[2 * FRAME_MAX + 1];
    chl_hex(bytes, length, text);
    line(capture, direction, text);
}

void bus_capture_note(struct bus_capture *capture, const char *text)
{
    line(capture, '!', text);
}
