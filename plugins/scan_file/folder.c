/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Files that appear in a folder: each is taken out of it, then read and posted.
 *
 *  A file is taken out first, so that none is ever posted twice. Events of the kernel tell of
 *  finished files at once; a slow sweep finds those whose event was missed.
 */
#include "scanner.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    SWEEP_MS = 2000,      /**< a folder that was taken away is missed no longer than this */
    SWEEP_BLIND_MS = 250, /**< where the kernel gives no events */
    SETTLED_MS = 1000,    /**< a swept file unchanged for this long is complete */
    BATCH_MAX = 512,
    NAME_SIZE = 256,
    NS_PER_MS = 1000000
};

struct folder {
    struct chl_instance *self;
    int fd, done_fd, notify_fd;
    int64_t captured_ns;
    bool gone; /**< the folder was moved, removed or replaced */
};

/** One candidate of a sweep. */
struct entry {
    struct timespec changed;
    char name[NAME_SIZE];
};

static void post_line(void *user, const uint8_t *bytes, size_t length)
{
    struct folder *folder = user;
    if (!chl_scanner_is_ending(&folder->self->scanner)) {
        chl_scanner_post(&folder->self->scanner, bytes, length, folder->captured_ns);
    }
}

static void post_lines(struct folder *folder, const uint8_t *bytes, size_t length)
{
    struct chl_scanline *line = malloc(sizeof *line);
    if (line == NULL) {
        chl_scanner_post(&folder->self->scanner, NULL, 0, folder->captured_ns);
        return;
    }
    chl_scanline_init(line, &scan_file_lines);
    chl_scanline_feed(line, bytes, length, post_line, folder);
    chl_scanline_end(line, post_line, folder);
    free(line);
}

static bool holds_lines(const struct folder *folder, const char *name)
{
    if (folder->self->config.what != WHAT_AUTO) {
        return folder->self->config.what == WHAT_LINES;
    }
    const char *dot = strrchr(name, '.');
    return dot != NULL && strcmp(dot, ".txt") == 0;
}

/** The content of an open regular file, bounded. NULL: too large, unreadable or no memory. */
static uint8_t *load(int fd, size_t size)
{
    uint8_t *bytes = size > CHL_QR_FILE_MAX ? NULL : malloc(size + 1);
    size_t have = 0;
    ssize_t got = 1;
    while (bytes != NULL && have < size && got > 0) {
        got = read(fd, bytes + have, size - have);
        have += got > 0 ? (size_t)got : 0;
    }
    if (have < size) {
        free(bytes);
        bytes = NULL;
    }
    return bytes;
}

static bool take_out(const struct folder *folder, const char *name)
{
    int failed = folder->done_fd >= 0 ? renameat(folder->fd, name, folder->done_fd, name)
                                      : unlinkat(folder->fd, name, 0);
    if (failed != 0 && errno != ENOENT) {
        chl_scanner_health(
            &folder->self->scanner, false,
            "a file cannot be taken out of %s: %s; give this user the right to change "
            "the folder (and have `done` on the same file system)",
            folder->self->config.path, strerrordesc_np(errno));
    }
    return failed == 0;
}

/** Take one file. @return true when it was taken out of the folder. */
static bool take(struct folder *folder, const char *name)
{
    if (name[0] == '.') {
        return false;
    }
    bool taken = false;
    uint8_t *bytes = NULL;
    struct stat about;
    int fd = openat(folder->fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    if (fd < 0 || fstat(fd, &about) != 0 || !S_ISREG(about.st_mode)) {
        goto out;
    }
    bytes = load(fd, (size_t)about.st_size);
    taken = take_out(folder, name);
    if (!taken) {
        goto out;
    }
    chl_scanner_health(&folder->self->scanner, true, "watching the folder");
    if (bytes == NULL) {
        chl_scanner_post(&folder->self->scanner, NULL, 0, folder->captured_ns);
    } else if (holds_lines(folder, name)) {
        post_lines(folder, bytes, (size_t)about.st_size);
    } else {
        scanner_post_picture(folder->self, bytes, (size_t)about.st_size, folder->captured_ns);
    }
out:
    free(bytes);
    if (fd >= 0) {
        (void)close(fd);
    }
    return taken;
}

static int compare_entries(const void *left, const void *right)
{
    const struct entry *a = left;
    const struct entry *b = right;
    if (a->changed.tv_sec != b->changed.tv_sec) {
        return a->changed.tv_sec < b->changed.tv_sec ? -1 : 1;
    }
    if (a->changed.tv_nsec != b->changed.tv_nsec) {
        return a->changed.tv_nsec < b->changed.tv_nsec ? -1 : 1;
    }
    return strcmp(a->name, b->name);
}

/** Files that nobody has touched for a while; `*young` says whether there are others. */
static size_t list_settled(const struct folder *folder, struct entry *entries, bool *young)
{
    size_t count = 0;
    int fd = openat(folder->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *stream = fd < 0 ? NULL : fdopendir(fd);
    if (stream == NULL) {
        if (fd >= 0) {
            (void)close(fd);
        }
        return 0;
    }
    const struct dirent *found = NULL;
    while (count < BATCH_MAX &&
           (found = readdir(stream)) != NULL) { /* NOLINT(concurrency-mt-unsafe): own stream */
        struct stat about;
        if (found->d_name[0] == '.' ||
            fstatat(folder->fd, found->d_name, &about, AT_SYMLINK_NOFOLLOW) != 0 ||
            !S_ISREG(about.st_mode)) {
            continue;
        }
        /* Read after the file's own time, or one written meanwhile would seem to be of the future.
         */
        int64_t now_ns = folder->self->scanner.host->now_wall_ns(folder->self->scanner.ctx);
        int64_t age_ns =
            now_ns - (about.st_ctim.tv_sec * INT64_C(1000000000) + about.st_ctim.tv_nsec);
        if (age_ns >= 0 && age_ns < SETTLED_MS * INT64_C(1) * NS_PER_MS) {
            *young = true;
            continue;
        }
        entries[count].changed = about.st_mtim;
        (void)snprintf(entries[count].name, NAME_SIZE, "%s", found->d_name);
        count++;
    }
    (void)closedir(stream);
    return count;
}

/** Take what lies there. @return milliseconds until the next sweep. */
static int sweep(struct folder *folder)
{
    int slow_ms = folder->notify_fd >= 0 ? SWEEP_MS : SWEEP_BLIND_MS;
    struct entry *entries = calloc(BATCH_MAX, sizeof *entries);
    if (entries == NULL) {
        return slow_ms;
    }
    bool young = false;
    size_t taken = 0;
    size_t count = list_settled(folder, entries, &young);
    qsort(entries, count, sizeof *entries, compare_entries);
    for (size_t i = 0; i < count && !chl_scanner_is_ending(&folder->self->scanner); i++) {
        folder->captured_ns = chl_scanner_now_ns(&folder->self->scanner);
        taken += take(folder, entries[i].name) ? 1 : 0;
    }
    free(entries);
    if (count == BATCH_MAX && taken > 0) {
        return 0;
    }
    return young && slow_ms > SETTLED_MS ? SETTLED_MS : slow_ms;
}

/** Take each file the kernel tells of. @return true when events were lost. */
static bool take_events(struct folder *folder)
{
    _Alignas(struct inotify_event) char buffer[16 * 1024];
    bool lost = false;
    ssize_t got = read(folder->notify_fd, buffer, sizeof buffer);
    for (const char *at = buffer; got > 0 && at < buffer + got;) {
        /* The buffer is aligned and the kernel pads each event to that alignment. */
        const struct inotify_event *event = (const void *)at;
        at += sizeof *event + event->len;
        if ((event->mask & IN_Q_OVERFLOW) != 0) {
            lost = true;
        } else if ((event->mask & (IN_DELETE_SELF | IN_MOVE_SELF | IN_IGNORED)) != 0) {
            folder->gone = true;
        } else if (event->len > 0 && !chl_scanner_is_ending(&folder->self->scanner)) {
            folder->captured_ns = chl_scanner_now_ns(&folder->self->scanner);
            (void)take(folder, event->name);
        }
    }
    return lost;
}

/** True when the path still names the open folder: the kernel tells of a removal only once nobody
 *  has it open. */
static bool is_current(const struct folder *folder)
{
    struct stat named;
    struct stat opened;
    return stat(folder->self->config.path, &named) == 0 && fstat(folder->fd, &opened) == 0 &&
           named.st_dev == opened.st_dev && named.st_ino == opened.st_ino;
}

static void serve(struct folder *folder)
{
    int64_t next_ms = chl_scanner_now_ns(&folder->self->scanner) / NS_PER_MS + sweep(folder);
    while (!folder->gone) {
        int64_t left_ms = next_ms - chl_scanner_now_ns(&folder->self->scanner) / NS_PER_MS;
        enum chl_scanner_wake wake = chl_scanner_wait(&folder->self->scanner, folder->notify_fd, -1,
                                                      left_ms > 0 ? (int)left_ms : 0);
        if (wake == CHL_SCANNER_ENDING) {
            return;
        }
        if (wake == CHL_SCANNER_TIMEOUT && !is_current(folder)) {
            return;
        }
        bool lost = folder->notify_fd >= 0 && wake == CHL_SCANNER_READY && take_events(folder);
        if (lost || left_ms <= 0 || wake == CHL_SCANNER_TIMEOUT) {
            int pause_ms = sweep(folder);
            next_ms = chl_scanner_now_ns(&folder->self->scanner) / NS_PER_MS + pause_ms;
        }
    }
}

static bool same_folder(int a, int b)
{
    struct stat left;
    struct stat right;
    return fstat(a, &left) == 0 && fstat(b, &right) == 0 && left.st_dev == right.st_dev &&
           left.st_ino == right.st_ino;
}

/** Open both folders. @return false with the health told. */
static bool open_folders(struct folder *folder)
{
    const struct scan_file_config *config = &folder->self->config;
    folder->fd = open(config->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder->fd < 0) {
        chl_scanner_health(&folder->self->scanner, false, "%s cannot be opened: %s", config->path,
                           strerrordesc_np(errno));
        return false;
    }
    if (config->done == NULL) {
        return true;
    }
    folder->done_fd = open(config->done, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder->done_fd < 0) {
        chl_scanner_health(&folder->self->scanner, false,
                           "`done` %s cannot be opened: %s; make the folder", config->done,
                           strerrordesc_np(errno));
        return false;
    }
    if (same_folder(folder->fd, folder->done_fd)) {
        chl_scanner_health(&folder->self->scanner, false,
                           "`done` is the watched folder itself; name another");
        return false;
    }
    return true;
}

void folder_run(struct chl_instance *self)
{
    struct folder folder = {.self = self, .fd = -1, .done_fd = -1, .notify_fd = -1};
    bool opened = open_folders(&folder);
    if (opened) {
        folder.notify_fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
        int watch = inotify_add_watch(folder.notify_fd, self->config.path,
                                      IN_CLOSE_WRITE | IN_MOVED_TO | IN_DELETE_SELF | IN_MOVE_SELF |
                                          IN_ONLYDIR);
        if (watch < 0) {
            self->scanner.host->log(self->scanner.ctx, CHL_LOG_WARNING,
                                    "event=no_notification reason=\"%s\"", strerrordesc_np(errno));
            if (folder.notify_fd >= 0) {
                (void)close(folder.notify_fd);
            }
            folder.notify_fd = -1;
        }
        chl_scanner_health(&self->scanner, true, "watching the folder");
        serve(&folder);
    }
    const int fds[] = {folder.fd, folder.done_fd, folder.notify_fd};
    for (size_t i = 0; i < sizeof fds / sizeof *fds; i++) {
        if (fds[i] >= 0) {
            (void)close(fds[i]);
        }
    }
    if (!opened) {
        (void)chl_scanner_wait(&self->scanner, -1, -1, SETTLED_MS);
    }
}
