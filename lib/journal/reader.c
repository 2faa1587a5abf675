/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The reading side of a journal: a read-only connection that never checkpoints.
 */
#include "lib/journal/reader.h"

#include "lib/base/text.h"
#include "lib/journal/sqlite_error.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum query { FROM, LAST, FIRST, CURSORS, CONTENT, QUERIES };

static const char from_text[] = "SELECT sequence, topic, header, body FROM records"
                                " WHERE sequence >= ?1 ORDER BY sequence LIMIT ?2";

static const char *const texts[QUERIES] = {
    [FROM] = from_text,
    [LAST] = "SELECT sequence, topic, header, body FROM records ORDER BY sequence DESC LIMIT 1",
    [FIRST] = "SELECT value FROM meta WHERE key='first'",
    [CURSORS] = "SELECT owner, name, acknowledged FROM cursors ORDER BY owner, name",
    [CONTENT] = "SELECT bytes FROM contents WHERE digest=?1"};

struct chl_journal_reader {
    sqlite3 *db;
    sqlite3_stmt *queries[QUERIES];
    struct chl_store_meta meta;
    char error[200];
};

static chl_err failed(struct chl_journal_reader *reader, int code, const char *doing)
{
    chl_err error = chl_sqlite_error(code, 0);
    if (error != CHL_OK) {
        snprintf(reader->error, sizeof reader->error, "%s: %s (SQLite %d)", doing,
                 sqlite3_errmsg(reader->db), code);
    }
    return error;
}

/* As a URI, so that a journal on read-only media can be opened: without a log nobody writes it, and
 * no shared memory can or need be made. */
static bool file_uri(const char *path, bool immutable, char *out, size_t size)
{
    static const char hex[] = "0123456789abcdef";
    size_t at = (size_t)snprintf(out, size, "file:");
    for (const char *p = path; *p != '\0'; p++) {
        if (at + 4 > size) {
            return false;
        }
        if (*p == '%' || *p == '?' || *p == '#') {
            out[at++] = '%';
            out[at++] = hex[(unsigned char)*p >> 4];
            out[at++] = hex[(unsigned char)*p & 15];
        } else {
            out[at++] = *p;
        }
    }
    int rest = snprintf(out + at, size - at, "%s", immutable ? "?immutable=1" : "");
    return rest >= 0 && (size_t)rest < size - at;
}

static chl_err open_as(struct chl_journal_reader *reader, const char *path, bool immutable)
{
    char uri[4200];
    const int flags = SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_URI;
    if (!file_uri(path, immutable, uri, sizeof uri)) {
        snprintf(reader->error, sizeof reader->error, "path too long");
        return CHL_E_INVAL;
    }
    int code = sqlite3_open_v2(uri, &reader->db, flags, NULL);
    if (code == SQLITE_OK) {
        sqlite3_busy_timeout(reader->db, CHL_SQLITE_BUSY_MS);
        sqlite3_db_config(reader->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
        code = sqlite3_exec(reader->db, "PRAGMA wal_autocheckpoint=0; PRAGMA query_only=1", NULL,
                            NULL, NULL);
    }
    chl_err error = failed(reader, code, "open for reading");
    if (error == CHL_OK) {
        error = chl_schema_read(reader->db, &reader->meta, reader->error, sizeof reader->error);
    }
    return error;
}

static chl_err prepare_all(struct chl_journal_reader *reader)
{
    for (size_t i = 0; i < QUERIES; i++) {
        int code = sqlite3_prepare_v3(reader->db, texts[i], -1, SQLITE_PREPARE_PERSISTENT,
                                      &reader->queries[i], NULL);
        if (code != SQLITE_OK) {
            return failed(reader, code, texts[i]);
        }
    }
    return CHL_OK;
}

chl_err chl_journal_reader_open(const char *path, struct chl_journal_reader **out, char *why,
                                size_t why_size)
{
    if (!chl_file_exists(path, "")) {
        snprintf(why, why_size, "%s: expected a journal, came no such file", path);
        return CHL_E_NOTFOUND;
    }
    struct stat status;
    if (stat(path, &status) == 0 && !S_ISREG(status.st_mode)) {
        snprintf(why, why_size, "%s: expected a journal, came a folder or a device", path);
        return CHL_E_INVAL;
    }
    struct chl_journal_reader *reader = calloc(1, sizeof *reader);
    if (reader == NULL) {
        snprintf(why, why_size, "out of memory");
        return CHL_E_NOMEM;
    }
    chl_err error = open_as(reader, path, false);
    if (error == CHL_E_IO && !chl_file_exists(path, "-wal")) {
        sqlite3_close(reader->db);
        reader->db = NULL;
        error = open_as(reader, path, true);
    }
    if (error == CHL_OK) {
        error = prepare_all(reader);
    }
    if (error != CHL_OK) {
        snprintf(why, why_size, "%s: %s", path, reader->error);
        chl_journal_reader_close(reader);
        return error;
    }
    *out = reader;
    return CHL_OK;
}

void chl_journal_reader_close(struct chl_journal_reader *reader)
{
    if (reader == NULL) {
        return;
    }
    for (size_t i = 0; i < QUERIES; i++) {
        sqlite3_finalize(reader->queries[i]);
    }
    sqlite3_close(reader->db);
    free(reader);
}

const char *chl_journal_reader_site(const struct chl_journal_reader *reader)
{
    return reader->meta.site;
}

const char *chl_journal_reader_error(const struct chl_journal_reader *reader)
{
    return reader->error;
}

const struct chl_store_meta *chl_journal_reader_meta(const struct chl_journal_reader *reader)
{
    return &reader->meta;
}

/* Trimming moves `first` while the reader is open. */
static chl_err refresh_first(struct chl_journal_reader *reader)
{
    sqlite3_stmt *query = reader->queries[FIRST];
    int code = sqlite3_step(query);
    chl_err error = failed(reader, code, texts[FIRST]);
    if (code == SQLITE_ROW) {
        reader->meta.first = (uint64_t)sqlite3_column_int64(query, 0);
    }
    sqlite3_reset(query);
    return error;
}

static chl_err damaged(struct chl_journal_reader *reader, uint64_t sequence)
{
    snprintf(reader->error, sizeof reader->error,
             "record %llu: expected topic, 80-byte header and body, came other columns",
             (unsigned long long)sequence);
    return CHL_E_CORRUPT;
}

chl_err chl_journal_reader_head(struct chl_journal_reader *reader, struct chl_journal_head *out)
{
    sqlite3_stmt *query = reader->queries[LAST];
    chl_err error = refresh_first(reader);
    if (error != CHL_OK) {
        return error;
    }
    *out = (struct chl_journal_head){.first = reader->meta.first, .last = reader->meta.first - 1};
    memcpy(out->epoch, reader->meta.epoch, sizeof out->epoch);
    memcpy(out->hash, reader->meta.anchor, sizeof out->hash);
    int code = sqlite3_step(query);
    error = failed(reader, code, texts[LAST]);
    if (code == SQLITE_ROW) {
        struct chl_record record;
        struct chl_wire_header header;
        error = chl_schema_row(query, &record);
        if (error == CHL_OK) {
            error = chl_wire_decode(record.header, CHL_WIRE_HEADER, &header);
        }
        if (error == CHL_OK) {
            out->last = record.sequence;
            out->last_wall_ns = header.wall_ns;
            memcpy(out->hash, header.chain, sizeof out->hash);
        } else {
            error = damaged(reader, record.sequence);
        }
    }
    sqlite3_reset(query);
    return error;
}

chl_err chl_journal_read(struct chl_journal_reader *reader, uint64_t from, size_t max,
                         chl_err (*visit)(void *user, const struct chl_record *record), void *user)
{
    sqlite3_stmt *query = reader->queries[FROM];
    chl_err error = refresh_first(reader);
    if (error != CHL_OK) {
        return error;
    }
    if (from < reader->meta.first) {
        return CHL_E_NOTFOUND;
    }
    if (from > INT64_MAX) {
        return CHL_OK;
    }
    sqlite3_bind_int64(query, 1, (sqlite3_int64)from);
    sqlite3_bind_int64(query, 2, max > INT32_MAX ? INT32_MAX : (sqlite3_int64)max);
    for (uint64_t expected = from; error == CHL_OK; expected++) {
        struct chl_record record;
        int code = sqlite3_step(query);
        if (code != SQLITE_ROW) {
            error = failed(reader, code, texts[FROM]);
            break;
        }
        error = chl_schema_row(query, &record);
        if (record.sequence != expected) {
            snprintf(reader->error, sizeof reader->error, "expected record %llu, came %llu",
                     (unsigned long long)expected, (unsigned long long)record.sequence);
            error = CHL_E_CORRUPT;
        } else if (error != CHL_OK) {
            error = damaged(reader, expected);
        } else {
            error = visit(user, &record);
        }
    }
    sqlite3_reset(query);
    return error;
}

chl_err chl_journal_list_cursors(struct chl_journal_reader *reader, struct chl_cursor *out,
                                 size_t *count)
{
    sqlite3_stmt *query = reader->queries[CURSORS];
    size_t room = *count;
    int code = SQLITE_OK;
    *count = 0;
    while ((code = sqlite3_step(query)) == SQLITE_ROW) {
        const char *owner = (const char *)sqlite3_column_text(query, 0);
        const char *name = (const char *)sqlite3_column_text(query, 1);
        if (*count < room) {
            struct chl_cursor *cursor = &out[*count];
            *cursor = (struct chl_cursor){.size = sizeof *cursor,
                                          .acknowledged = (uint64_t)sqlite3_column_int64(query, 2)};
            chl_copy(cursor->owner, sizeof cursor->owner, owner != NULL ? owner : "");
            chl_copy(cursor->name, sizeof cursor->name, name != NULL ? name : "");
        }
        (*count)++;
    }
    chl_err error = failed(reader, code, texts[CURSORS]);
    sqlite3_reset(query);
    return error;
}

chl_err chl_journal_content(struct chl_journal_reader *reader, const uint8_t digest[32], void *out,
                            size_t *length)
{
    sqlite3_stmt *query = reader->queries[CONTENT];
    sqlite3_bind_blob(query, 1, digest, 32, SQLITE_STATIC);
    int code = sqlite3_step(query);
    chl_err error = code == SQLITE_DONE ? CHL_E_NOTFOUND : failed(reader, code, texts[CONTENT]);
    if (code == SQLITE_ROW) {
        const void *bytes = sqlite3_column_blob(query, 0);
        size_t room = *length;
        *length = (size_t)sqlite3_column_bytes(query, 0);
        if (*length > room) {
            error = CHL_E_LIMIT;
        } else if (*length > 0) {
            memcpy(out, bytes, *length);
        }
    }
    sqlite3_reset(query);
    return error;
}
