/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The plugin scan_file: codes from a folder of pictures, a FIFO or a text file.
 */
#include "scanner.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATH_MAX_LENGTH = 4095, ABSENT_MS = 1000 };

static const char *const whats[] = {"auto", "pictures", "lines", NULL};

static const struct chl_opt options[] = {
    {.name = "path",
     .type = CHL_OPT_PATH,
     .required = true,
     .max = PATH_MAX_LENGTH,
     .offset = offsetof(struct scan_file_config, path),
     .help_vi = "Thư mục chứa ảnh, FIFO hoặc tệp văn bản mỗi dòng một mã",
     .help_en = "folder of pictures, or FIFO or text file with one code a line"},
    {.name = "what",
     .type = CHL_OPT_ENUM,
     .dflt = "auto",
     .choices = whats,
     .offset = offsetof(struct scan_file_config, what),
     .help_vi = "Nội dung tệp trong thư mục; auto: *.txt là dòng, còn lại là ảnh",
     .help_en = "what files of a folder hold; auto: *.txt lines, all others pictures"},
    {.name = "done",
     .type = CHL_OPT_PATH,
     .max = PATH_MAX_LENGTH,
     .offset = offsetof(struct scan_file_config, done),
     .help_vi = "Thư mục nhận tệp đã đọc, cùng hệ thống tệp; bỏ trống thì xóa tệp",
     .help_en = "folder that files are moved to once read, on the same file system; without it "
                "they are removed"},
    {.name = NULL},
};

static void *run(void *argument)
{
    struct chl_instance *self = argument;
    while (!scanner_is_ending(self)) {
        struct stat about;
        if (stat(self->config.path, &about) != 0) {
            scanner_health(self, false, "%s: %s; make it", self->config.path,
                           strerrordesc_np(errno));
            (void)scanner_wait(self, -1, -1, ABSENT_MS);
        } else if (S_ISDIR(about.st_mode)) {
            folder_run(self);
        } else if (self->config.what != WHAT_PICTURES &&
                   (S_ISFIFO(about.st_mode) || S_ISREG(about.st_mode))) {
            lines_run(self, S_ISFIFO(about.st_mode));
        } else {
            scanner_health(
                self, false, "%s: expected %s, got another kind of file", self->config.path,
                self->config.what == WHAT_PICTURES ? "a folder" : "a folder, FIFO or text file");
            (void)scanner_wait(self, -1, -1, ABSENT_MS);
        }
    }
    return NULL;
}

static chl_err create(const struct chl_create *args, struct chl_instance **out, char *why,
                      size_t why_size)
{
    if (!CHL_HAS(args->host, set_health) || !CHL_HAS(args->host, post_scan)) {
        (void)snprintf(why, why_size,
                       "expected a host with post_scan and set_health, got an older "
                       "one; update the daemon");
        return CHL_E_NOTSUP;
    }
    struct chl_instance *self = calloc(1, sizeof *self);
    if (self == NULL) {
        (void)snprintf(why, why_size, "out of memory");
        return CHL_E_NOMEM;
    }
    memcpy(&self->config, args->config, sizeof self->config);
    self->host = args->host;
    self->ctx = args->ctx;
    self->lane = args->lane;
    self->wake_fd = -1;
    *out = self;
    return CHL_OK;
}

static void destroy(struct chl_instance *self)
{
    chl_qr_reader_free(self->reader);
    free(self->code);
    free(self);
}

static chl_err start(struct chl_instance *self)
{
    atomic_store(&self->ending, false);
    self->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (self->wake_fd < 0) {
        return CHL_E_IO;
    }
    /* Signals are the daemon's own matter. */
    sigset_t all;
    sigset_t before;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    int failed = pthread_create(&self->thread, NULL, run, self);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (failed != 0) {
        (void)close(self->wake_fd);
        self->wake_fd = -1;
        return CHL_E_NOMEM;
    }
    self->running = true;
    return CHL_OK;
}

static void quiesce(struct chl_instance *self)
{
    atomic_store(&self->ending, true);
    const uint64_t one = 1;
    if (self->wake_fd >= 0 && write(self->wake_fd, &one, sizeof one) < 0) {
        self->host->log(self->ctx, CHL_LOG_WARNING, "event=wake_failed errno=%d", errno);
    }
}

static void stop(struct chl_instance *self)
{
    if (!self->running) {
        return;
    }
    quiesce(self);
    (void)pthread_join(self->thread, NULL);
    self->running = false;
    (void)close(self->wake_fd);
    self->wake_fd = -1;
}

static const struct chl_ops ops = {
    .size = (uint32_t)sizeof(struct chl_ops),
    .create = create,
    .destroy = destroy,
    .start = start,
    .quiesce = quiesce,
    .stop = stop,
};

CHL_PLUGIN_DEFINE(.kind = CHL_KIND_SCAN, .config_size = (uint32_t)sizeof(struct scan_file_config),
                  .name = "scan_file", .version = CHL_VERSION,
                  .summary_vi = "Đọc mã từ ảnh hoặc dòng văn bản",
                  .summary_en = "Codes from pictures or lines of text", .options = options,
                  .ops = &ops);
