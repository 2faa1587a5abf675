/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Tables, facts and rows of a journal file.
 */
#include "lib/journal/schema.h"

#include "lib/base/text.h"
#include "lib/journal/sqlite_error.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const char tables[] =
    "CREATE TABLE meta(key TEXT PRIMARY KEY, value) WITHOUT ROWID;"
    "CREATE TABLE records(sequence INTEGER PRIMARY KEY, topic TEXT NOT NULL, header BLOB NOT NULL,"
    " body BLOB NOT NULL);"
    "CREATE TABLE contents(digest BLOB NOT NULL UNIQUE, bytes BLOB NOT NULL);"
    "CREATE TABLE cursors(owner TEXT NOT NULL, name TEXT NOT NULL, acknowledged INTEGER NOT NULL,"
    " PRIMARY KEY(owner, name)) WITHOUT ROWID;"
    "CREATE TABLE sealed(sequence INTEGER PRIMARY KEY, box BLOB NOT NULL);";

static int put_facts(sqlite3 *db, const struct chl_store_meta *fresh)
{
    sqlite3_stmt *insert = NULL;
    int code = sqlite3_prepare_v2(db,
                                  "INSERT INTO meta VALUES('format', ?1), ('site', ?2),"
                                  " ('epoch', ?3), ('first', ?4), ('anchor', ?5)",
                                  -1, &insert, NULL);
    if (code != SQLITE_OK) {
        return code;
    }
    sqlite3_bind_int(insert, 1, CHL_JOURNAL_FORMAT);
    sqlite3_bind_text(insert, 2, fresh->site, -1, SQLITE_STATIC);
    sqlite3_bind_blob(insert, 3, fresh->epoch, sizeof fresh->epoch, SQLITE_STATIC);
    sqlite3_bind_int64(insert, 4, (sqlite3_int64)fresh->first);
    sqlite3_bind_blob(insert, 5, fresh->anchor, sizeof fresh->anchor, SQLITE_STATIC);
    sqlite3_step(insert);
    return sqlite3_finalize(insert);
}

int chl_schema_create(sqlite3 *db, const struct chl_store_meta *fresh)
{
    char mark[64];
    snprintf(mark, sizeof mark, "PRAGMA application_id=%d", CHL_JOURNAL_APPLICATION);
    int code = sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL);
    if (code == SQLITE_OK) {
        code = sqlite3_exec(db, mark, NULL, NULL, NULL);
    }
    if (code == SQLITE_OK) {
        code = sqlite3_exec(db, tables, NULL, NULL, NULL);
    }
    if (code == SQLITE_OK) {
        code = put_facts(db, fresh);
    }
    if (code == SQLITE_OK) {
        code = sqlite3_exec(db, "COMMIT", NULL, NULL, NULL);
    }
    if (code != SQLITE_OK && sqlite3_get_autocommit(db) == 0) {
        sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
    }
    return code;
}

static bool take_blob(sqlite3_stmt *row, int column, void *out, size_t length)
{
    const void *bytes = sqlite3_column_blob(row, column);
    if (bytes == NULL || (size_t)sqlite3_column_bytes(row, column) != length) {
        return false;
    }
    memcpy(out, bytes, length);
    return true;
}

static chl_err take_facts(sqlite3_stmt *row, struct chl_store_meta *out, char *why, size_t why_size)
{
    int format = sqlite3_column_int(row, 0);
    if (format != CHL_JOURNAL_FORMAT) {
        snprintf(why, why_size,
                 "expected journal format %d, came %d: use the release that wrote it",
                 CHL_JOURNAL_FORMAT, format);
        return CHL_E_NOTSUP;
    }
    const char *site = (const char *)sqlite3_column_text(row, 1);
    sqlite3_int64 first = sqlite3_column_int64(row, 3);
    if (site == NULL || !chl_wire_name_allowed(site, strlen(site), CHL_WIRE_SITE_MAX) ||
        first < 1 || !take_blob(row, 2, out->epoch, sizeof out->epoch) ||
        !take_blob(row, 4, out->anchor, sizeof out->anchor)) {
        snprintf(why, why_size,
                 "expected site, epoch, first and anchor of a journal, came damaged facts: restore "
                 "from a copy");
        return CHL_E_CORRUPT;
    }
    chl_copy(out->site, sizeof out->site, site);
    out->first = (uint64_t)first;
    return CHL_OK;
}

static chl_err count_tables(sqlite3 *db, int *count)
{
    sqlite3_stmt *query = NULL;
    int code = sqlite3_prepare_v2(db, "SELECT count(*) FROM sqlite_schema", -1, &query, NULL);
    if (code == SQLITE_OK) {
        sqlite3_step(query);
        *count = sqlite3_column_int(query, 0);
        code = sqlite3_finalize(query);
    }
    return chl_sqlite_error(code, errno);
}

chl_err chl_schema_read(sqlite3 *db, struct chl_store_meta *out, char *why, size_t why_size)
{
    static const char facts[] =
        "SELECT (SELECT value FROM meta WHERE key='format'), (SELECT value FROM meta WHERE"
        " key='site'), (SELECT value FROM meta WHERE key='epoch'), (SELECT value FROM meta WHERE"
        " key='first'), (SELECT value FROM meta WHERE key='anchor')";
    sqlite3_stmt *query = NULL;
    int count = 0;
    chl_err error = count_tables(db, &count);
    if (error == CHL_OK && count == 0) {
        snprintf(why, why_size, "expected a journal, came an empty file");
        return CHL_E_NOTFOUND;
    }
    int code = SQLITE_OK;
    if (error == CHL_OK) {
        code = sqlite3_prepare_v2(db, facts, -1, &query, NULL);
    }
    if (error == CHL_OK && code == SQLITE_ERROR) {
        snprintf(why, why_size, "expected a journal, came another SQLite database");
        return CHL_E_CORRUPT;
    }
    if (error == CHL_OK && code == SQLITE_OK) {
        code = sqlite3_step(query);
    }
    if (code == SQLITE_ROW) {
        error = take_facts(query, out, why, why_size);
    } else {
        error = error != CHL_OK ? error : chl_sqlite_error(code, errno);
        snprintf(why, why_size, "expected a journal, came: %s", sqlite3_errmsg(db));
    }
    sqlite3_finalize(query);
    return error;
}

chl_err chl_schema_row(sqlite3_stmt *row, struct chl_record *out)
{
    sqlite3_int64 sequence = sqlite3_column_int64(row, 0);
    const char *topic = (const char *)sqlite3_column_text(row, 1);
    int topic_length = sqlite3_column_bytes(row, 1);
    const uint8_t *header = sqlite3_column_blob(row, 2);
    int header_length = sqlite3_column_bytes(row, 2);
    const uint8_t *body = sqlite3_column_blob(row, 3);
    int body_length = sqlite3_column_bytes(row, 3);
    *out = (struct chl_record){.size = sizeof *out,
                               .sequence = (uint64_t)sequence,
                               .topic = topic,
                               .topic_length = (size_t)topic_length,
                               .header = header,
                               .body = body != NULL ? body : (const uint8_t *)"",
                               .body_length = (size_t)body_length};
    if (sequence < 1 || topic == NULL || header == NULL || header_length != CHL_WIRE_HEADER ||
        topic_length > CHL_WIRE_TOPIC_MAX || body_length > CHL_WIRE_BODY_MAX) {
        return CHL_E_CORRUPT;
    }
    return CHL_OK;
}
