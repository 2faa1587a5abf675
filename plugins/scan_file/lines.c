/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief One code a line, from a FIFO that writers come to and leave, or a text file that grows.
 */
#include "scanner.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    CHUNK = 16 * 1024,
    QUIET_MS = 1000, /**< a line without an end counts as ended when nothing follows this long */
    RETRY_MS = 1000
};

struct source {
    struct chl_instance *self;
    int fd, notify_fd;
    int64_t captured_ns;
    struct chl_scanline line;
    uint8_t chunk[CHUNK];
};

static void post_line(void *user, const uint8_t *bytes, size_t length)
{
    struct source *source = user;
    if (!chl_scanner_is_ending(&source->self->scanner)) {
        chl_scanner_post(&source->self->scanner, bytes, length, source->captured_ns);
    }
}

static int open_path(const struct source *source)
{
    return open(source->self->config.path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
}

/** True when the path still names what is open. */
static bool is_current(const struct source *source)
{
    struct stat named;
    struct stat opened;
    return stat(source->self->config.path, &named) == 0 && fstat(source->fd, &opened) == 0 &&
           named.st_dev == opened.st_dev && named.st_ino == opened.st_ino;
}

static void drain(int fd)
{
    char events[4096];
    ssize_t got = 1;
    while (got > 0) {
        got = read(fd, events, sizeof events);
    }
}

static void end_line(struct source *source)
{
    chl_scanline_end(&source->line, post_line, source);
}

/** Everything that can be read now. @return what the last read said: 0 = end, −1 = see errno. */
static ssize_t read_all(struct source *source)
{
    ssize_t got = 1;
    while (got > 0 && !chl_scanner_is_ending(&source->self->scanner)) {
        got = read(source->fd, source->chunk, sizeof source->chunk);
        source->captured_ns = chl_scanner_now_ns(&source->self->scanner);
        if (got > 0) {
            chl_scanline_feed(&source->line, source->chunk, (size_t)got, post_line, source);
        }
    }
    return got;
}

/** The last writer left. The new descriptor is opened before the old one is closed, so that a
 *  writer who comes in between does not meet a FIFO without a reader. */
static bool reopen(struct source *source)
{
    end_line(source);
    int fd = open_path(source);
    (void)close(source->fd);
    source->fd = fd;
    return fd >= 0;
}

/** @return false when reading failed, so that the caller does not try again at once. */
static bool serve_fifo(struct source *source)
{
    /* Waiting comes first: a FIFO nobody has opened for writing reads as ended. */
    while (chl_scanner_wait(&source->self->scanner, source->fd, source->notify_fd, -1) !=
           CHL_SCANNER_ENDING) {
        drain(source->notify_fd);
        if (!is_current(source)) {
            return true;
        }
        ssize_t got = read_all(source);
        if (got < 0 && errno != EAGAIN && errno != EINTR) {
            return false;
        }
        if (got == 0 && !reopen(source)) {
            return false;
        }
    }
    return true;
}

/** Start over when the file became shorter than what was read of it. */
static void follow_truncation(const struct source *source)
{
    struct stat about;
    off_t at = lseek(source->fd, 0, SEEK_CUR);
    if (fstat(source->fd, &about) == 0 && about.st_size < at) {
        (void)lseek(source->fd, 0, SEEK_SET);
    }
}

static bool serve_file(struct source *source)
{
    enum chl_scanner_wake wake = CHL_SCANNER_READY;
    while (wake != CHL_SCANNER_ENDING) {
        if (wake == CHL_SCANNER_TIMEOUT) {
            source->captured_ns = chl_scanner_now_ns(&source->self->scanner);
            end_line(source);
        }
        follow_truncation(source);
        bool failed = read_all(source) < 0;
        if (failed || !is_current(source)) {
            end_line(source);
            return !failed;
        }
        bool open = chl_scanline_is_open(&source->line);
        wake =
            chl_scanner_wait(&source->self->scanner, -1, source->notify_fd, open ? QUIET_MS : -1);
        drain(source->notify_fd);
    }
    return true;
}

void lines_run(struct chl_instance *self, bool is_fifo)
{
    const uint32_t gone = IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF;
    struct source *source = calloc(1, sizeof *source);
    bool served = false;
    if (source == NULL) {
        goto out;
    }
    source->self = self;
    chl_scanline_init(&source->line, &scan_file_lines);
    source->notify_fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    source->fd = open_path(source);
    int why = errno;
    int watch = inotify_add_watch(source->notify_fd, self->config.path,
                                  is_fifo ? gone : gone | IN_MODIFY | IN_CLOSE_WRITE);
    if (source->fd < 0) {
        chl_scanner_health(&self->scanner, false, "%s cannot be opened for reading: %s",
                           self->config.path, strerrordesc_np(why));
    } else if (watch < 0) {
        chl_scanner_health(&self->scanner, false, "%s cannot be watched: %s", self->config.path,
                           strerrordesc_np(errno));
    } else {
        chl_scanner_health(&self->scanner, true, "reading lines");
        served = (is_fifo ? serve_fifo : serve_file)(source);
    }
out:
    if (source != NULL && source->fd >= 0) {
        (void)close(source->fd);
    }
    if (source != NULL && source->notify_fd >= 0) {
        (void)close(source->notify_fd);
    }
    free(source);
    if (!served) {
        (void)chl_scanner_wait(&self->scanner, -1, -1, RETRY_MS);
    }
}
