/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Recorded frames in place of a camera: a folder of pictures, one picture, or a film.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/time.h"
#include "lib/qr/picture.h"
#include "lib/qr/reader.h"
#include "source.h"
#include "y4m.h"

enum { LIST_MS = 200 /**< how often a folder that was played is looked at again */ };

struct source {
    char *path;
    struct dirent **names; /* of a folder's pictures, in order */
    int count, next;
    char last[256]; /* name of the last one played */
    FILE *film;
    struct y4m about;
    struct picture picture; /* what is before the lens */
    bool is_folder;
    bool is_still; /* one picture, held */
    int64_t period_ns, due_ns;
};

static int is_picture(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static chl_err load_picture(struct source *source, const char *path)
{
    uint8_t *bytes = NULL;
    size_t length = 0;
    picture_clear(&source->picture);
    chl_err err = picture_load(path, &bytes, &length);
    if (err == CHL_OK) {
        err = picture_decode(bytes, length, &source->picture);
    }
    free(bytes);
    return err;
}

static void forget_names(struct source *source)
{
    for (int i = 0; i < source->count; i++) {
        free(source->names[i]);
    }
    free(source->names); /* NOLINT(bugprone-multi-level-implicit-pointer-conversion) */
    source->names = NULL;
    source->count = source->next = 0;
}

/** What lies there, from the first one not played yet. @return false with errno. */
static bool list(struct source *source)
{
    forget_names(source);
    int count = scandir(source->path, &source->names, is_picture, by_name);
    if (count < 0) {
        return false;
    }
    source->count = count;
    while (source->next < count && strcmp(source->names[source->next]->d_name, source->last) <= 0) {
        source->next++;
    }
    return true;
}

static chl_err open_folder(struct source *source, struct source_shape *shape, char *why,
                           size_t why_size)
{
    source->is_folder = true;
    if (!list(source)) {
        (void)snprintf(why, why_size, "%s cannot be listed: %s", source->path,
                       strerrordesc_np(errno));
        return CHL_E_IO;
    }
    shape->apart = true;
    (void)snprintf(shape->text, sizeof shape->text, "recorded frames");
    return CHL_OK;
}

static chl_err open_film(struct source *source, struct source_shape *shape, char *why,
                         size_t why_size)
{
    char line[Y4M_LINE_MAX];
    chl_err err = y4m_line(source->film, line) ? y4m_header(line, &source->about) : CHL_E_CORRUPT;
    if (err == CHL_OK) {
        err = picture_allocate(&source->picture, source->about.width, source->about.height);
    }
    if (err != CHL_OK) {
        (void)snprintf(why, why_size,
                       "%s: expected a y4m film of eight bits, not interlaced, got another kind "
                       "(%s)",
                       source->path, chl_strerror(err));
        return err;
    }
    shape->width = source->about.width;
    shape->height = source->about.height;
    (void)snprintf(shape->text, sizeof shape->text, "recorded film, %zux%zu", shape->width,
                   shape->height);
    return CHL_OK;
}

static chl_err open_file(struct source *source, struct source_shape *shape, char *why,
                         size_t why_size)
{
    char magic[9] = "";
    int fd = open(source->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    source->film = fd < 0 ? NULL : fdopen(fd, "rb");
    if (source->film == NULL) {
        (void)snprintf(why, why_size, "%s cannot be read: %s", source->path,
                       strerrordesc_np(errno));
        if (fd >= 0) {
            (void)close(fd);
        }
        return CHL_E_IO;
    }
    if (fread(magic, 1, sizeof magic, source->film) == sizeof magic &&
        memcmp(magic, "YUV4MPEG2", sizeof magic) == 0) {
        rewind(source->film);
        return open_film(source, shape, why, why_size);
    }
    (void)fclose(source->film);
    source->film = NULL;
    source->is_still = true;
    chl_err err = load_picture(source, source->path);
    if (err != CHL_OK) {
        (void)snprintf(why, why_size,
                       "%s: expected a camera, a folder of frames, a PGM, PNG or JPEG picture or "
                       "a y4m film: %s",
                       source->path, chl_strerror(err));
        return err;
    }
    (void)snprintf(shape->text, sizeof shape->text, "one recorded frame, held");
    return CHL_OK;
}

static void close_recorded(struct source *source)
{
    if (source == NULL) {
        return;
    }
    forget_names(source);
    if (source->film != NULL) {
        (void)fclose(source->film);
    }
    picture_clear(&source->picture);
    free(source->path);
    free(source);
}

static chl_err open_recorded(const struct source_request *request, struct source **out,
                             struct source_shape *shape, char *why, size_t why_size)
{
    struct stat about;
    struct source *source = calloc(1, sizeof *source);
    *out = NULL;
    *shape = (struct source_shape){.stills = true};
    chl_err err = CHL_OK;
    if (source == NULL || (source->path = strdup(request->path)) == NULL) {
        (void)snprintf(why, why_size, "out of memory");
        err = CHL_E_NOMEM;
    } else if (stat(request->path, &about) != 0) {
        (void)snprintf(why, why_size, "%s: %s; make it", request->path, strerrordesc_np(errno));
        err = CHL_E_IO;
    } else {
        source->period_ns = CHL_NS_PER_S / request->fps;
        err = (S_ISDIR(about.st_mode) ? open_folder : open_file)(source, shape, why, why_size);
    }
    if (err != CHL_OK) {
        close_recorded(source);
        return err;
    }
    *out = source;
    return CHL_OK;
}

static int no_fd(const struct source *source)
{
    (void)source;
    return -1;
}

static int64_t due_ns(const struct source *source)
{
    return source->due_ns;
}

/** The next picture of the folder; what is none is passed over. @return false: that was all. */
static bool next_picture(struct source *source)
{
    char path[4096];
    while (source->next < source->count) {
        const char *name = source->names[source->next++]->d_name;
        (void)snprintf(source->last, sizeof source->last, "%s", name);
        int length = snprintf(path, sizeof path, "%s/%s", source->path, name);
        if (length > 0 && (size_t)length < sizeof path && load_picture(source, path) == CHL_OK) {
            return true;
        }
    }
    return false;
}

static void give(struct source *source, int64_t now_ns, struct chl_frame *out)
{
    source->due_ns = now_ns + source->period_ns;
    *out = (struct chl_frame){.format = CHL_FRAME_GREY,
                              .width = source->picture.width,
                              .height = source->picture.height,
                              .bytes = source->picture.pixels,
                              .length = source->picture.width * source->picture.height};
}

static enum source_next newest(struct source *source, int64_t now_ns, struct chl_frame *out,
                               int64_t *captured_ns, char *why, size_t why_size)
{
    if (now_ns < source->due_ns) {
        return SOURCE_NONE;
    }
    *captured_ns = now_ns;
    bool there = source->is_still;
    if (source->film != NULL) {
        there = y4m_frame(source->film, &source->about, source->picture.pixels) == CHL_OK;
    } else if (source->is_folder) {
        there = next_picture(source);
    }
    if (there) {
        give(source, now_ns, out);
        return SOURCE_FRAME;
    }
    /* Played: an empty lane from now on, until the folder gets more. */
    source->due_ns = source->is_folder ? now_ns + LIST_MS * CHL_NS_PER_MS : INT64_MAX;
    if (source->is_folder && !list(source)) {
        (void)snprintf(why, why_size, "%s; make the folder", strerrordesc_np(errno));
        return SOURCE_GONE;
    }
    if (source->next < source->count) {
        source->due_ns = now_ns;
    }
    return SOURCE_NONE;
}

static void release(struct source *source)
{
    (void)source;
}

const struct source_ops source_recorded = {
    .open = open_recorded,
    .fd = no_fd,
    .due_ns = due_ns,
    .newest = newest,
    .release = release,
    .close = close_recorded,
};
