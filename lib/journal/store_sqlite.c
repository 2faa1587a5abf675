/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The journal's store on SQLite: the one connection that writes and checkpoints.
 *
 *  WAL with synchronous=FULL: one fsync of the log per commit. SQLite never checkpoints by itself
 *  here, so that no commit pays for it and no other connection ever does it.
 */
#include "lib/journal/durable.h"
#include "lib/journal/schema.h"
#include "lib/journal/sqlite_error.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum statement {
    BEGIN,
    INSERT,
    COMMIT,
    SET_CURSOR,
    HAS_CURSOR,
    DROP_CURSOR,
    PUT_CONTENT,
    LAST,
    AT,
    STATEMENTS
};

/* Without its last WHERE an unchanged cursor would cost a commit to disk. */
static const char set_cursor_text[] =
    "INSERT INTO cursors SELECT ?1, ?2, ?3 WHERE ?4 > (SELECT count(*) FROM cursors)"
    " OR EXISTS (SELECT 1 FROM cursors WHERE owner=?1 AND name=?2)"
    " ON CONFLICT DO UPDATE SET acknowledged=excluded.acknowledged"
    " WHERE excluded.acknowledged > acknowledged";

static const char *const texts[STATEMENTS] = {
    [BEGIN] = "BEGIN IMMEDIATE",
    [INSERT] = "INSERT INTO records VALUES(?1, ?2, ?3, ?4)",
    [COMMIT] = "COMMIT",
    [SET_CURSOR] = set_cursor_text,
    [HAS_CURSOR] = "SELECT 1 FROM cursors WHERE owner=?1 AND name=?2",
    [DROP_CURSOR] = "DELETE FROM cursors WHERE owner=?1 AND name=?2",
    [PUT_CONTENT] = "INSERT INTO contents VALUES(?1, ?2) ON CONFLICT DO NOTHING",
    [LAST] = "SELECT sequence, topic, header, body FROM records ORDER BY sequence DESC LIMIT 1",
    [AT] = "SELECT sequence, topic, header, body FROM records WHERE sequence=?1"};

struct store {
    char *path;
    int lock; /**< flock of `<path>.lock`: one writer in the whole machine */
    sqlite3 *db;
    sqlite3_stmt *statements[STATEMENTS];
    int wal_pages; /**< pages in the log */
    int moved;     /**< of them, already in the main file */
    char error[200];
};

static chl_err failed(struct store *store, int code, const char *doing)
{
    int system_errno = errno;
    chl_err error = chl_sqlite_error(code, system_errno);
    if (error != CHL_OK) {
        snprintf(store->error, sizeof store->error, "%s: %s (SQLite %d, errno %d)", doing,
                 store->db != NULL ? sqlite3_errmsg(store->db) : sqlite3_errstr(code), code,
                 system_errno);
    }
    return error;
}

/* Step a statement that gives no row, and make it ready for the next time. */
static chl_err run(struct store *store, enum statement which)
{
    sqlite3_stmt *statement = store->statements[which];
    errno = 0;
    int code = sqlite3_step(statement);
    chl_err error = failed(store, code, texts[which]);
    sqlite3_reset(statement);
    return error;
}

static int count_pages(void *user, sqlite3 *db, const char *name, int pages)
{
    (void)db;
    (void)name;
    struct store *store = user;
    if (pages < store->wal_pages) {
        store->moved = 0; /* the log was begun anew */
    }
    store->wal_pages = pages;
    return SQLITE_OK;
}

static chl_err take_lock(struct store *store, char *why, size_t why_size)
{
    char name[4096];
    int length = snprintf(name, sizeof name, "%s.lock", store->path);
    if (length < 0 || (size_t)length >= sizeof name) {
        snprintf(why, why_size, "path too long");
        return CHL_E_INVAL;
    }
    store->lock = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0640);
    if (store->lock >= 0 && flock(store->lock, LOCK_EX | LOCK_NB) == 0) {
        return CHL_OK;
    }
    int problem = errno;
    if (store->lock >= 0) {
        close(store->lock);
        store->lock = -1;
    }
    if (problem == EWOULDBLOCK) {
        snprintf(why, why_size,
                 "%s: expected to be its only writer, got a lock that another chilangd holds; stop "
                 "that one first",
                 store->path);
        return CHL_E_BUSY;
    }
    snprintf(
        why, why_size,
        "%s: expected to open or make it, got: %s; make its folder, owned by the daemon's user",
        name, strerrordesc_np(problem));
    return problem == ENOSPC || problem == EDQUOT ? CHL_E_FULL : CHL_E_IO;
}

static int is_wal(void *user, int columns, char **values, char **names)
{
    (void)names;
    *(bool *)user = columns == 1 && values[0] != NULL && strcmp(values[0], "wal") == 0;
    return 0;
}

static chl_err set_modes(struct store *store)
{
    bool wal = false;
    sqlite3_busy_timeout(store->db, CHL_SQLITE_BUSY_MS);
    int code = sqlite3_exec(store->db, "PRAGMA journal_mode=WAL", is_wal, &wal, NULL);
    if (code == SQLITE_OK && !wal) {
        snprintf(
            store->error, sizeof store->error,
            "expected a file system with shared memory for WAL, it has none: use a local disk");
        return CHL_E_NOTSUP;
    }
    if (code == SQLITE_OK) {
        code = sqlite3_exec(store->db, "PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=0", NULL,
                            NULL, NULL);
    }
    if (code == SQLITE_OK) {
        sqlite3_wal_hook(store->db, count_pages, store);
    }
    return failed(store, code, "set WAL, synchronous=FULL");
}

static chl_err prepare_all(struct store *store)
{
    for (size_t i = 0; i < STATEMENTS; i++) {
        int code = sqlite3_prepare_v3(store->db, texts[i], -1, SQLITE_PREPARE_PERSISTENT,
                                      &store->statements[i], NULL);
        if (code != SQLITE_OK) {
            return failed(store, code, texts[i]);
        }
    }
    return CHL_OK;
}

static void store_close(void *self)
{
    struct store *store = self;
    for (size_t i = 0; i < STATEMENTS; i++) {
        sqlite3_finalize(store->statements[i]);
        store->statements[i] = NULL;
    }
    sqlite3_close(store->db);
    store->db = NULL;
    store->wal_pages = store->moved = 0;
    if (store->lock >= 0) {
        close(store->lock);
        store->lock = -1;
    }
}

static chl_err create_or_read(struct store *store, const struct chl_store_meta *fresh,
                              struct chl_store_meta *stored)
{
    chl_err error = chl_schema_read(store->db, stored, store->error, sizeof store->error);
    if (error != CHL_E_NOTFOUND) {
        return error;
    }
    error = failed(store, chl_schema_create(store->db, fresh), "create tables");
    if (error == CHL_OK) {
        error = chl_durable_folder(store->path);
    }
    if (error == CHL_OK) {
        error = chl_schema_read(store->db, stored, store->error, sizeof store->error);
    }
    return error;
}

/** A new journal is readable by the group, whatever the umask; SQLite gives its log the same mode.
 *  One that exists is left as its owner set it, and not opened: closing it would drop locks. */
static chl_err make_file(struct store *store)
{
    const int fd = open(store->path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
    if (fd < 0) {
        return CHL_OK; /* it exists, or SQLite says what is wrong */
    }
    const bool set = fchmod(fd, 0640) == 0;
    if (!set) {
        snprintf(store->error, sizeof store->error,
                 "expected to set its mode to 0640, got: %s; use a local disk",
                 strerrordesc_np(errno));
    }
    close(fd);
    return set ? CHL_OK : CHL_E_IO;
}

static chl_err store_open(void *self, const struct chl_store_meta *fresh,
                          struct chl_store_meta *stored, char *why, size_t why_size)
{
    struct store *store = self;
    errno = 0;
    const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    chl_err error = take_lock(store, why, why_size);
    if (error != CHL_OK) {
        return error;
    }
    error = failed(store, chl_durable_log(store->path), "rewrite and sync the log");
    if (error == CHL_OK) {
        error = make_file(store);
    }
    if (error == CHL_OK) {
        error = failed(store, sqlite3_open_v2(store->path, &store->db, flags, NULL), "open");
    }
    if (error == CHL_OK) {
        error = set_modes(store);
    }
    if (error == CHL_OK) {
        error = create_or_read(store, fresh, stored);
    }
    if (error == CHL_OK) {
        error = prepare_all(store);
    }
    if (error != CHL_OK) {
        snprintf(why, why_size, "%s: %s", store->path, store->error);
        store_close(store);
    }
    return error;
}

static void store_destroy(void *self)
{
    struct store *store = self;
    free(store->path);
    free(store);
}

static chl_err store_begin(void *self)
{
    return run(self, BEGIN);
}

static chl_err store_insert(void *self, const struct chl_record *record)
{
    struct store *store = self;
    sqlite3_stmt *insert = store->statements[INSERT];
    sqlite3_bind_int64(insert, 1, (sqlite3_int64)record->sequence);
    sqlite3_bind_text(insert, 2, record->topic, (int)record->topic_length, SQLITE_STATIC);
    sqlite3_bind_blob(insert, 3, record->header, CHL_WIRE_HEADER, SQLITE_STATIC);
    sqlite3_bind_blob(insert, 4, record->body, (int)record->body_length, SQLITE_STATIC);
    return run(store, INSERT);
}

static chl_err store_set_cursor(void *self, const struct chl_cursor *cursor)
{
    struct store *store = self;
    sqlite3_stmt *set = store->statements[SET_CURSOR];
    sqlite3_bind_text(set, 1, cursor->owner, -1, SQLITE_STATIC);
    sqlite3_bind_text(set, 2, cursor->name, -1, SQLITE_STATIC);
    sqlite3_bind_int64(set, 3, (sqlite3_int64)cursor->acknowledged);
    sqlite3_bind_int(set, 4, CHL_JOURNAL_CURSORS_MAX);
    chl_err error = run(store, SET_CURSOR);
    if (error != CHL_OK || sqlite3_changes(store->db) > 0) {
        return error;
    }
    sqlite3_stmt *has = store->statements[HAS_CURSOR];
    sqlite3_bind_text(has, 1, cursor->owner, -1, SQLITE_STATIC);
    sqlite3_bind_text(has, 2, cursor->name, -1, SQLITE_STATIC);
    int code = sqlite3_step(has);
    error = code == SQLITE_DONE ? CHL_E_LIMIT : failed(store, code, texts[HAS_CURSOR]);
    sqlite3_reset(has);
    return error;
}

static chl_err store_drop_cursor(void *self, const char *owner, const char *name)
{
    struct store *store = self;
    sqlite3_bind_text(store->statements[DROP_CURSOR], 1, owner, -1, SQLITE_STATIC);
    sqlite3_bind_text(store->statements[DROP_CURSOR], 2, name, -1, SQLITE_STATIC);
    chl_err error = run(store, DROP_CURSOR);
    if (error == CHL_OK && sqlite3_changes(store->db) == 0) {
        return CHL_E_NOTFOUND;
    }
    return error;
}

static chl_err store_put_content(void *self, const uint8_t digest[32], const void *bytes,
                                 size_t length)
{
    struct store *store = self;
    sqlite3_bind_blob(store->statements[PUT_CONTENT], 1, digest, 32, SQLITE_STATIC);
    sqlite3_bind_blob(store->statements[PUT_CONTENT], 2, length > 0 ? bytes : "", (int)length,
                      SQLITE_STATIC);
    return run(store, PUT_CONTENT);
}

static chl_err store_commit(void *self)
{
    return run(self, COMMIT);
}

static void store_rollback(void *self)
{
    struct store *store = self;
    if (store->db != NULL && sqlite3_get_autocommit(store->db) == 0) {
        sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
    }
}

static chl_err store_record(void *self, uint64_t *sequence,
                            chl_err (*visit)(void *user, const struct chl_record *record),
                            void *user)
{
    struct store *store = self;
    enum statement which = *sequence == 0 ? LAST : AT;
    sqlite3_stmt *query = store->statements[which];
    if (which == AT) {
        sqlite3_bind_int64(query, 1, (sqlite3_int64)*sequence);
    }
    int code = sqlite3_step(query);
    chl_err error = failed(store, code, texts[which]);
    if (error == CHL_OK && code == SQLITE_DONE) {
        error = which == AT ? CHL_E_NOTFOUND : CHL_OK;
    } else if (error == CHL_OK) {
        struct chl_record record;
        error = chl_schema_row(query, &record);
        if (error == CHL_OK) {
            *sequence = record.sequence;
            error = visit(user, &record);
        }
    }
    sqlite3_reset(query);
    return error;
}

static chl_err store_checkpoint(void *self, int pages)
{
    struct store *store = self;
    bool all = pages == 0;
    int total = 0;
    int moved = 0;
    if (!all && store->wal_pages - store->moved < pages) {
        return CHL_OK;
    }
    int mode = all ? SQLITE_CHECKPOINT_TRUNCATE : SQLITE_CHECKPOINT_PASSIVE;
    errno = 0;
    int code = sqlite3_wal_checkpoint_v2(store->db, NULL, mode, &total, &moved);
    if (code == SQLITE_OK) {
        store->wal_pages = total > 0 ? total : 0;
        store->moved = moved > 0 ? moved : 0;
    }
    return failed(store, code, "checkpoint");
}

static const char *store_error(void *self)
{
    const struct store *store = self;
    return store->error;
}

chl_err chl_store_sqlite(const char *path, void **out)
{
    struct store *store = calloc(1, sizeof *store);
    char *copy = strdup(path);
    if (store == NULL || copy == NULL) {
        free(store);
        free(copy);
        return CHL_E_NOMEM;
    }
    store->path = copy;
    store->lock = -1;
    *out = store;
    return CHL_OK;
}

const struct chl_store_ops chl_store_sqlite_ops = {.open = store_open,
                                                   .close = store_close,
                                                   .destroy = store_destroy,
                                                   .begin = store_begin,
                                                   .insert = store_insert,
                                                   .set_cursor = store_set_cursor,
                                                   .drop_cursor = store_drop_cursor,
                                                   .put_content = store_put_content,
                                                   .commit = store_commit,
                                                   .rollback = store_rollback,
                                                   .record = store_record,
                                                   .checkpoint = store_checkpoint,
                                                   .error = store_error};
