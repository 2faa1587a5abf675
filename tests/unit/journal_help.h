/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief A journal in a folder of its own, and records to fill it, for tests.
 */
#ifndef CHL_TESTS_JOURNAL_HELP_H
#define CHL_TESTS_JOURNAL_HELP_H

#include "lib/journal/journal.h"

#include <dirent.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define SITE "lang-son-01"

struct place {
    char folder[64];
    char path[96];
};

static inline int place_make(struct place *place)
{
    snprintf(place->folder, sizeof place->folder, "/tmp/chl-journal-XXXXXX");
    if (mkdtemp(place->folder) == NULL) {
        return -1;
    }
    snprintf(place->path, sizeof place->path, "%s/site.journal", place->folder);
    return 0;
}

static inline void place_remove(const struct place *place)
{
    DIR *folder = opendir(place->folder);
    const struct dirent *entry = NULL;
    while (folder != NULL && (entry = readdir(folder)) != NULL) {
        char name[400];
        snprintf(name, sizeof name, "%s/%s", place->folder, entry->d_name);
        unlink(name);
    }
    if (folder != NULL) {
        closedir(folder);
    }
    rmdir(place->folder);
}

/** A record whose bytes depend on its sequence alone. `body` has room for 64 bytes. */
static inline struct chl_journal_entry entry_make(uint64_t sequence, char body[64])
{
    int length = snprintf(body, 64, "{\"data\":{\"n\":%llu}}", (unsigned long long)sequence);
    return (struct chl_journal_entry){.sequence = sequence,
                                      .cause = sequence - 1,
                                      .wall_ns = INT64_C(1643673600000000000) + (int64_t)sequence,
                                      .event_class = CHL_CLASS_FLOW,
                                      .type = "decision",
                                      .body = (const uint8_t *)body,
                                      .body_length = (size_t)length};
}

enum { MOST_ENTRIES = 64 };

/** Append `count` records from `from` on, in one transaction. */
static inline chl_err append(struct chl_journal *journal, uint64_t from, size_t count)
{
    static char bodies[MOST_ENTRIES][64];
    struct chl_journal_entry entries[MOST_ENTRIES];
    for (size_t i = 0; i < count; i++) {
        entries[i] = entry_make(from + i, bodies[i]);
    }
    return chl_journal_append(journal, entries, count);
}

static inline struct chl_journal *open_journal(const struct place *place)
{
    struct chl_journal *journal = NULL;
    char why[256] = "";
    chl_err error = chl_journal_open(place->path, SITE, &journal, why, sizeof why);
    if (error != CHL_OK) {
        fail_msg("%s: %s", chl_strerror(error), why);
    }
    return journal;
}

/** A journal of `count` records, closed. */
static inline void fill(const struct place *place, size_t count)
{
    struct chl_journal *journal = open_journal(place);
    for (uint64_t sequence = 1; sequence <= count; sequence += MOST_ENTRIES) {
        size_t left = count - (size_t)sequence + 1;
        assert_int_equal(append(journal, sequence, left < MOST_ENTRIES ? left : MOST_ENTRIES),
                         CHL_OK);
    }
    chl_journal_close(journal);
}

/** Do something to the file behind the journal's back. */
static inline void tamper(const struct place *place, const char *sql)
{
    sqlite3 *db = NULL;
    char *message = NULL;
    assert_int_equal(sqlite3_open(place->path, &db), SQLITE_OK);
    if (sqlite3_exec(db, sql, NULL, NULL, &message) != SQLITE_OK) {
        fail_msg("%s: %s", sql, message);
    }
    sqlite3_close(db);
}

#endif
