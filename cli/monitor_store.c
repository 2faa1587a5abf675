/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Exactly-once storing of pulled records.
 */
#include "cli/monitor_store.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BUSY_MS = 5000, STORE_VERSION = 1 };

struct monitor_store {
    sqlite3 *db;
    sqlite3_stmt *insert, *move;
    struct chl_stream_position position; /**< as stored */
};

static const char schema[] =
    "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
    "BEGIN IMMEDIATE;"
    "CREATE TABLE IF NOT EXISTS record(epoch BLOB NOT NULL, sequence INTEGER NOT NULL,"
    " topic TEXT NOT NULL, header BLOB NOT NULL, body BLOB NOT NULL,"
    " PRIMARY KEY(epoch, sequence));"
    "CREATE TABLE IF NOT EXISTS cursor(one INTEGER PRIMARY KEY CHECK(one = 1),"
    " epoch BLOB NOT NULL, sequence INTEGER NOT NULL, hash BLOB);"
    "PRAGMA user_version=1;"
    "COMMIT;";

static const char insert_sql[] =
    "INSERT INTO record(epoch, sequence, topic, header, body) VALUES(?1, ?2, ?3, ?4, ?5)";
/* Moves only from where we think it stands: a second monitor on the same file is found out. */
static const char move_sql[] =
    "INSERT INTO cursor(one, epoch, sequence, hash) VALUES(1, ?1, ?2, ?3)"
    " ON CONFLICT(one) DO UPDATE SET epoch = ?1, sequence = ?2, hash = ?3"
    " WHERE epoch = ?4 AND sequence = ?5";

static chl_err fail(const struct monitor_store *store, const char *path, const char *what,
                    char *why, size_t why_size)
{
    (void)snprintf(why, why_size, "%s: %s: %s", path, what,
                   store->db == NULL ? "out of memory" : sqlite3_errmsg(store->db));
    return CHL_E_IO;
}

static int read_version(sqlite3 *db)
{
    sqlite3_stmt *statement = NULL;
    int version = -1;
    if (sqlite3_prepare_v2(db, "PRAGMA user_version", -1, &statement, NULL) == SQLITE_OK &&
        sqlite3_step(statement) == SQLITE_ROW) {
        version = sqlite3_column_int(statement, 0);
    }
    (void)sqlite3_finalize(statement);
    return version;
}

static bool read_position(struct monitor_store *store)
{
    sqlite3_stmt *statement = NULL;
    struct chl_stream_position *position = &store->position;
    bool ok = sqlite3_prepare_v2(store->db, "SELECT epoch, sequence, hash FROM cursor", -1,
                                 &statement, NULL) == SQLITE_OK;
    const int step = ok ? sqlite3_step(statement) : SQLITE_ERROR;
    if (step == SQLITE_ROW) {
        ok = sqlite3_column_bytes(statement, 0) == 16;
        if (ok) {
            position->known = true;
            memcpy(position->epoch, sqlite3_column_blob(statement, 0), 16);
            position->sequence = (uint64_t)sqlite3_column_int64(statement, 1);
        }
        if (sqlite3_column_bytes(statement, 2) == CHL_WIRE_HASH) {
            position->hash_known = true;
            memcpy(position->hash, sqlite3_column_blob(statement, 2), CHL_WIRE_HASH);
        }
    } else {
        ok = step == SQLITE_DONE;
    }
    (void)sqlite3_finalize(statement);
    return ok;
}

static chl_err open_store(struct monitor_store *store, const char *path, char *why, size_t why_size)
{
    if (sqlite3_open_v2(path, &store->db,
                        SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX,
                        NULL) != SQLITE_OK ||
        sqlite3_busy_timeout(store->db, BUSY_MS) != SQLITE_OK) {
        return fail(store, path, "cannot be opened", why, why_size);
    }
    const int version = read_version(store->db);
    if (version != 0 && version != STORE_VERSION) {
        (void)snprintf(why, why_size, "%s: expected a monitor's store of version %d, came %d", path,
                       STORE_VERSION, version);
        return CHL_E_NOTSUP;
    }
    if (sqlite3_exec(store->db, schema, NULL, NULL, NULL) != SQLITE_OK ||
        sqlite3_prepare_v2(store->db, insert_sql, -1, &store->insert, NULL) != SQLITE_OK ||
        sqlite3_prepare_v2(store->db, move_sql, -1, &store->move, NULL) != SQLITE_OK ||
        !read_position(store)) {
        return fail(store, path, "is not a monitor's store", why, why_size);
    }
    return CHL_OK;
}

chl_err monitor_store_open(const char *path, struct monitor_store **out,
                           struct chl_stream_position *position, char *why, size_t why_size)
{
    *out = NULL;
    struct monitor_store *store = calloc(1, sizeof *store);
    if (store == NULL) {
        (void)snprintf(why, why_size, "out of memory");
        return CHL_E_NOMEM;
    }
    const chl_err error = open_store(store, path, why, why_size);
    if (error != CHL_OK) {
        monitor_store_close(store);
        return error;
    }
    *position = store->position;
    *out = store;
    return CHL_OK;
}

void monitor_store_close(struct monitor_store *store)
{
    if (store != NULL) {
        (void)sqlite3_finalize(store->insert);
        (void)sqlite3_finalize(store->move);
        (void)sqlite3_close(store->db);
        free(store);
    }
}

static bool put_record(sqlite3_stmt *insert, const struct chl_stream_received *record)
{
    const bool ok =
        sqlite3_bind_blob(insert, 1, record->header.epoch, 16, SQLITE_STATIC) == SQLITE_OK &&
        sqlite3_bind_int64(insert, 2, (sqlite3_int64)record->header.sequence) == SQLITE_OK &&
        sqlite3_bind_text(insert, 3, record->topic, (int)record->topic_length, SQLITE_STATIC) ==
            SQLITE_OK &&
        sqlite3_bind_blob(insert, 4, record->raw_header, CHL_WIRE_HEADER, SQLITE_STATIC) ==
            SQLITE_OK &&
        sqlite3_bind_blob(insert, 5, record->body, (int)record->body_length, SQLITE_STATIC) ==
            SQLITE_OK &&
        sqlite3_step(insert) == SQLITE_DONE;
    return sqlite3_reset(insert) == SQLITE_OK && ok;
}

static bool move_cursor(struct monitor_store *store, const struct chl_stream_position *position)
{
    sqlite3_stmt *move = store->move;
    const int hash_bytes = position->hash_known ? CHL_WIRE_HASH : -1;
    const bool ok =
        sqlite3_bind_blob(move, 1, position->epoch, 16, SQLITE_STATIC) == SQLITE_OK &&
        sqlite3_bind_int64(move, 2, (sqlite3_int64)position->sequence) == SQLITE_OK &&
        (hash_bytes < 0 ? sqlite3_bind_null(move, 3)
                        : sqlite3_bind_blob(move, 3, position->hash, hash_bytes, SQLITE_STATIC)) ==
            SQLITE_OK &&
        sqlite3_bind_blob(move, 4, store->position.epoch, 16, SQLITE_STATIC) == SQLITE_OK &&
        sqlite3_bind_int64(move, 5, (sqlite3_int64)store->position.sequence) == SQLITE_OK &&
        sqlite3_step(move) == SQLITE_DONE && sqlite3_changes(store->db) == 1;
    return sqlite3_reset(move) == SQLITE_OK && ok;
}

chl_err monitor_store_commit(struct monitor_store *store, const struct chl_stream_received *records,
                             size_t count, const struct chl_stream_position *position, char *why,
                             size_t why_size)
{
    bool ok = sqlite3_exec(store->db, "BEGIN IMMEDIATE", NULL, NULL, NULL) == SQLITE_OK;
    for (size_t i = 0; i < count && ok; i++) {
        ok = put_record(store->insert, &records[i]);
    }
    ok = ok && move_cursor(store, position);
    ok = ok && sqlite3_exec(store->db, "COMMIT", NULL, NULL, NULL) == SQLITE_OK;
    if (!ok) {
        (void)snprintf(
            why, why_size, "%s (if another monitor uses this store, give each a store of its own)",
            sqlite3_errcode(store->db) == SQLITE_OK ? "the cursor was moved by somebody else"
                                                    : sqlite3_errmsg(store->db));
        (void)sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
        return CHL_E_IO;
    }
    store->position = *position;
    return CHL_OK;
}
