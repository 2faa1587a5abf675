/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The failing store's functions.
 */
#include "failing_store.h"

#include <time.h>

static bool now(struct failing *f)
{
    return f->steps_left > 0 && --f->steps_left == 0;
}

#define STEP(f, call)                                                                              \
    do {                                                                                           \
        bool fails = now(f);                                                                       \
        if (!fails) {                                                                              \
            return call;                                                                           \
        }                                                                                          \
        if ((f)->do_it_anyway) {                                                                   \
            (void)(call);                                                                          \
        }                                                                                          \
        return (f)->error;                                                                         \
    } while (0)

static const struct chl_store_ops *const real = &chl_store_sqlite_ops;

static chl_err f_open(void *self, const struct chl_store_meta *fresh, struct chl_store_meta *stored,
                      char *why, size_t why_size)
{
    struct failing *f = self;
    chl_err error = (chl_err)atomic_load(&f->open_error);
    if (error != CHL_OK) {
        why[0] = '\0';
        return error;
    }
    return real->open(f->inner, fresh, stored, why, why_size);
}

static void f_close(void *self)
{
    struct failing *f = self;
    real->close(f->inner);
}

static void f_destroy(void *self)
{
    struct failing *f = self;
    real->destroy(f->inner);
}

static chl_err f_begin(void *self)
{
    struct failing *f = self;
    STEP(f, real->begin(f->inner));
}

static chl_err f_insert(void *self, const struct chl_record *record)
{
    struct failing *f = self;
    STEP(f, real->insert(f->inner, record));
}

static chl_err f_set_cursor(void *self, const struct chl_cursor *cursor)
{
    struct failing *f = self;
    STEP(f, real->set_cursor(f->inner, cursor));
}

static chl_err f_drop_cursor(void *self, const char *owner, const char *name)
{
    struct failing *f = self;
    STEP(f, real->drop_cursor(f->inner, owner, name));
}

static chl_err f_put_content(void *self, const uint8_t digest[32], const void *bytes, size_t length)
{
    struct failing *f = self;
    STEP(f, real->put_content(f->inner, digest, bytes, length));
}

static chl_err f_commit(void *self)
{
    struct failing *f = self;
    atomic_fetch_add(&f->commits, 1);
    while (atomic_load(&f->hold)) {
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
    chl_err error = (chl_err)atomic_load(&f->commit_error);
    if (error != CHL_OK) {
        if (f->do_it_anyway) {
            (void)real->commit(f->inner);
        }
        return error;
    }
    STEP(f, real->commit(f->inner));
}

static void f_rollback(void *self)
{
    struct failing *f = self;
    real->rollback(f->inner);
}

static chl_err f_record(void *self, uint64_t *sequence,
                        chl_err (*visit)(void *user, const struct chl_record *record), void *user)
{
    struct failing *f = self;
    return real->record(f->inner, sequence, visit, user);
}

static chl_err f_checkpoint(void *self, int pages)
{
    struct failing *f = self;
    return real->checkpoint(f->inner, pages);
}

static const char *f_error(void *self)
{
    struct failing *f = self;
    return real->error(f->inner);
}

const struct chl_store_ops failing_ops = {.open = f_open,
                                          .close = f_close,
                                          .destroy = f_destroy,
                                          .begin = f_begin,
                                          .insert = f_insert,
                                          .set_cursor = f_set_cursor,
                                          .drop_cursor = f_drop_cursor,
                                          .put_content = f_put_content,
                                          .commit = f_commit,
                                          .rollback = f_rollback,
                                          .record = f_record,
                                          .checkpoint = f_checkpoint,
                                          .error = f_error};
