/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The plugin scan_file: codes from a folder of pictures, a FIFO or a text file.
 */
#include "scanner.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { PATH_MAX_LENGTH = 4095, ABSENT_MS = 1000 };

const struct chl_scanline_format scan_file_lines = {.any_line_end = true};

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

static void run(void *user)
{
    struct chl_instance *self = user;
    while (!chl_scanner_is_ending(&self->scanner)) {
        struct stat about;
        if (stat(self->config.path, &about) != 0) {
            chl_scanner_health(&self->scanner, false, "%s: %s; make it", self->config.path,
                               strerrordesc_np(errno));
            (void)chl_scanner_wait(&self->scanner, -1, -1, ABSENT_MS);
        } else if (S_ISDIR(about.st_mode)) {
            folder_run(self);
        } else if (self->config.what != WHAT_PICTURES &&
                   (S_ISFIFO(about.st_mode) || S_ISREG(about.st_mode))) {
            lines_run(self, S_ISFIFO(about.st_mode));
        } else {
            chl_scanner_health(&self->scanner, false, "%s: expected %s, got another kind of file",
                               self->config.path,
                               self->config.what == WHAT_PICTURES ? "a folder"
                                                                  : "a folder, FIFO or text file");
            (void)chl_scanner_wait(&self->scanner, -1, -1, ABSENT_MS);
        }
    }
}

static chl_err create(const struct chl_create *args, struct chl_instance **out, char *why,
                      size_t why_size)
{
    struct chl_instance *self = calloc(1, sizeof *self);
    if (self == NULL) {
        (void)snprintf(why, why_size, "out of memory");
        return CHL_E_NOMEM;
    }
    memcpy(&self->config, args->config, sizeof self->config);
    chl_err result = chl_scanner_init(&self->scanner, args, why, why_size);
    if (result != CHL_OK) {
        free(self);
        return result;
    }
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
    return chl_scanner_start(&self->scanner, run, self);
}

static void quiesce(struct chl_instance *self)
{
    chl_scanner_quiesce(&self->scanner);
}

static void stop(struct chl_instance *self)
{
    chl_scanner_stop(&self->scanner);
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
