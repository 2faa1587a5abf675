/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The fault-injecting VFS: counts steps, keeps an image of each file as the disk holds it.
 */
#include "fault_vfs.h"

#include <sqlite3.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { IMAGES = 3, IMAGE_MAX = 1024 * 1024, PENDING_MAX = 1024 };

struct change {
    sqlite3_int64 at;
    int length; /**< negative: cut the file to `at` */
    uint8_t *bytes;
};

struct image {
    bool there;
    size_t length;
    uint8_t disk[IMAGE_MAX];
    struct change pending[PENDING_MAX];
    size_t pending_count;
};

static const char *const suffixes[IMAGES] = {"", "-wal", "-journal"};
static struct image images[IMAGES];
static struct fault_plan plan;
static int steps;
static bool cut, hit_sync;
static sqlite3_vfs *real, faulty;

struct file {
    sqlite3_file base;
    struct image *image; /**< NULL: of no interest */
};

static sqlite3_file *inner(sqlite3_file *file)
{
    return (sqlite3_file *)(void *)((char *)file + sizeof(struct file));
}

static struct image *image_of(const char *name)
{
    size_t length = name != NULL ? strlen(name) : 0;
    for (size_t i = IMAGES; i > 0; i--) {
        size_t suffix = strlen(suffixes[i - 1]);
        if (length > suffix && strcmp(name + length - suffix, suffixes[i - 1]) == 0) {
            return &images[i - 1];
        }
    }
    return NULL;
}

static void forget(struct image *image)
{
    for (size_t i = 0; i < image->pending_count; i++) {
        free(image->pending[i].bytes);
    }
    image->pending_count = 0;
}

static void apply(struct image *image, const struct change *change)
{
    size_t at = (size_t)change->at;
    if (change->length < 0) {
        image->length = at < image->length ? at : image->length;
        return;
    }
    size_t end = at + (size_t)change->length;
    if (end > IMAGE_MAX) {
        abort(); /* the test writes more than its disk holds */
    }
    if (at > image->length) {
        memset(image->disk + image->length, 0, at - image->length);
    }
    memcpy(image->disk + at, change->bytes, (size_t)change->length);
    image->length = end > image->length ? end : image->length;
}

static void remember(struct image *image, sqlite3_int64 at, int length, const void *bytes)
{
    if (image == NULL) {
        return;
    }
    if (image->pending_count == PENDING_MAX) {
        abort(); /* as above */
    }
    struct change *change = &image->pending[image->pending_count++];
    *change = (struct change){.at = at, .length = length};
    if (length > 0) {
        change->bytes = malloc((size_t)length);
        if (change->bytes == NULL) {
            abort();
        }
        memcpy(change->bytes, bytes, (size_t)length);
    }
}

/* The power goes: of what is pending some is on the disk. */
static void cut_power(void)
{
    unsigned seed = plan.seed;
    cut = true;
    for (size_t i = 0; i < IMAGES; i++) {
        for (size_t c = 0; c < images[i].pending_count; c++) {
            seed = seed * 1103515245U + 12345U;
            if ((seed >> 16 & 1) != 0) {
                apply(&images[i], &images[i].pending[c]);
            }
        }
        forget(&images[i]);
    }
}

/* Count a step. @return what it must do wrong. */
static enum fault step(bool sync)
{
    steps++;
    if (!cut && steps == plan.cut_at) {
        cut_power();
    }
    if (cut) {
        return FAULT_IO;
    }
    if (steps == plan.at) {
        hit_sync = sync;
        return plan.kind;
    }
    return FAULT_NONE;
}

static int f_close(sqlite3_file *file)
{
    return inner(file)->pMethods != NULL ? inner(file)->pMethods->xClose(inner(file)) : SQLITE_OK;
}

static int f_read(sqlite3_file *file, void *out, int length, sqlite3_int64 at)
{
    return inner(file)->pMethods->xRead(inner(file), out, length, at);
}

static int f_write(sqlite3_file *file, const void *bytes, int length, sqlite3_int64 at)
{
    struct image *image = ((struct file *)(void *)file)->image;
    enum fault fault = step(false);
    if (fault == FAULT_FULL) {
        return SQLITE_FULL;
    }
    if (fault == FAULT_IO) {
        return SQLITE_IOERR_WRITE;
    }
    int done = fault == FAULT_TORN ? length / 2 : length;
    int code = inner(file)->pMethods->xWrite(inner(file), bytes, done, at);
    if (code == SQLITE_OK) {
        remember(image, at, done, bytes);
    }
    return fault == FAULT_TORN ? SQLITE_IOERR_WRITE : code;
}

static int f_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    struct image *image = ((struct file *)(void *)file)->image;
    enum fault fault = step(false);
    if (fault != FAULT_NONE && fault != FAULT_FULL) {
        return SQLITE_IOERR_TRUNCATE;
    }
    remember(image, size, -1, NULL);
    return inner(file)->pMethods->xTruncate(inner(file), size);
}

/* The real sync is not needed: the image knows what the disk would hold. */
static int f_sync(sqlite3_file *file, int flags)
{
    (void)flags;
    struct image *image = ((struct file *)(void *)file)->image;
    enum fault fault = step(true);
    bool good = fault == FAULT_NONE || fault == FAULT_FULL;
    for (size_t i = 0; image != NULL && good && i < image->pending_count; i++) {
        apply(image, &image->pending[i]);
    }
    if (image != NULL) {
        forget(image);
    }
    return good ? SQLITE_OK : SQLITE_IOERR_FSYNC;
}

static int f_size(sqlite3_file *file, sqlite3_int64 *size)
{
    return inner(file)->pMethods->xFileSize(inner(file), size);
}

static int f_lock(sqlite3_file *file, int level)
{
    return inner(file)->pMethods->xLock(inner(file), level);
}

static int f_unlock(sqlite3_file *file, int level)
{
    return inner(file)->pMethods->xUnlock(inner(file), level);
}

static int f_reserved(sqlite3_file *file, int *out)
{
    return inner(file)->pMethods->xCheckReservedLock(inner(file), out);
}

static int f_control(sqlite3_file *file, int what, void *argument)
{
    return inner(file)->pMethods->xFileControl(inner(file), what, argument);
}

static int f_sector(sqlite3_file *file)
{
    return inner(file)->pMethods->xSectorSize(inner(file));
}

static int f_device(sqlite3_file *file)
{
    return inner(file)->pMethods->xDeviceCharacteristics(inner(file));
}

static int f_shm_map(sqlite3_file *file, int page, int size, int extend, void volatile **out)
{
    return inner(file)->pMethods->xShmMap(inner(file), page, size, extend, out);
}

static int f_shm_lock(sqlite3_file *file, int offset, int count, int flags)
{
    return inner(file)->pMethods->xShmLock(inner(file), offset, count, flags);
}

static void f_shm_barrier(sqlite3_file *file)
{
    inner(file)->pMethods->xShmBarrier(inner(file));
}

static int f_shm_unmap(sqlite3_file *file, int delete_it)
{
    return inner(file)->pMethods->xShmUnmap(inner(file), delete_it);
}

static const sqlite3_io_methods methods = {.iVersion = 2,
                                           .xClose = f_close,
                                           .xRead = f_read,
                                           .xWrite = f_write,
                                           .xTruncate = f_truncate,
                                           .xSync = f_sync,
                                           .xFileSize = f_size,
                                           .xLock = f_lock,
                                           .xUnlock = f_unlock,
                                           .xCheckReservedLock = f_reserved,
                                           .xFileControl = f_control,
                                           .xSectorSize = f_sector,
                                           .xDeviceCharacteristics = f_device,
                                           .xShmMap = f_shm_map,
                                           .xShmLock = f_shm_lock,
                                           .xShmBarrier = f_shm_barrier,
                                           .xShmUnmap = f_shm_unmap};

static int f_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *out)
{
    (void)vfs;
    struct file *self = (struct file *)(void *)file;
    self->base.pMethods = NULL;
    self->image = image_of(name);
    int code = real->xOpen(real, name, inner(file), flags, out);
    if (code == SQLITE_OK) {
        self->base.pMethods = &methods;
        if (self->image != NULL) {
            self->image->there = true;
        }
    }
    return code;
}

static int f_delete(sqlite3_vfs *vfs, const char *name, int sync_folder)
{
    (void)vfs;
    struct image *image = image_of(name);
    if (cut) {
        return SQLITE_IOERR_DELETE;
    }
    if (image != NULL) {
        forget(image);
        image->there = false;
        image->length = 0;
    }
    return real->xDelete(real, name, sync_folder);
}

bool fault_vfs_install(void)
{
    real = sqlite3_vfs_find(NULL);
    if (real == NULL) {
        return false;
    }
    faulty = *real;
    faulty.zName = "fault";
    faulty.szOsFile = (int)sizeof(struct file) + real->szOsFile;
    faulty.xOpen = f_open;
    faulty.xDelete = f_delete;
    return sqlite3_vfs_register(&faulty, 1) == SQLITE_OK;
}

void fault_vfs_begin(const struct fault_plan *next)
{
    for (size_t i = 0; i < IMAGES; i++) {
        forget(&images[i]);
        images[i].there = false;
        images[i].length = 0;
    }
    plan = *next;
    steps = 0;
    cut = hit_sync = false;
}

int fault_vfs_steps(void)
{
    return steps;
}

bool fault_vfs_hit_sync(void)
{
    return hit_sync;
}

bool fault_vfs_cut(void)
{
    return cut;
}

bool fault_vfs_save(const char *path)
{
    bool good = true;
    for (size_t i = 0; i < IMAGES; i++) {
        char name[256];
        snprintf(name, sizeof name, "%s%s", path, suffixes[i]);
        remove(name);
        if (!images[i].there) {
            continue;
        }
        FILE *file = fopen(name, "w");
        good = good && file != NULL &&
               fwrite(images[i].disk, 1, images[i].length, file) == images[i].length;
        if (file != NULL) {
            good = fclose(file) == 0 && good;
        }
    }
    return good;
}
