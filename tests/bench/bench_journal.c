/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The journal against a bare SQLite program that writes rows of the same size in the same
 *         group size; each must reach 0.60 of it.
 *
 *  The bare program does what anyone would write: WAL, synchronous=FULL, one prepared INSERT,
 * SQLite's own checkpoints. The journal checks, encodes and hashes besides, and checkpoints as
 * often. The two take turns, so that what else the machine does falls on both.
 */
#include "lib/base/time.h"
#include "lib/journal/journal.h"
#include "tests/bench/figure.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PAIRS = 25, GROUP_MAX = 256, BODY = 480, PAGES = 1000 };

#define TOPIC    "v1/lang-son-01/flow/decision/"
#define REQUIRED 0.60

static char body[BODY];

struct bare {
    sqlite3 *db;
    sqlite3_stmt *begin, *insert, *commit;
    sqlite3_int64 next;
};

struct ours {
    struct chl_journal *journal;
    uint64_t next;
};

static void must(bool good, const char *what)
{
    if (!good) {
        fprintf(stderr, "bench_journal: %s failed\n", what);
        exit(2);
    }
}

static void open_bare(struct bare *bare, const char *path)
{
    must(sqlite3_open_v2(path, &bare->db,
                         SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX,
                         NULL) == SQLITE_OK,
         "sqlite3_open");
    must(sqlite3_exec(bare->db,
                      "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE records("
                      "sequence INTEGER PRIMARY KEY, topic TEXT, header BLOB, body BLOB)",
                      NULL, NULL, NULL) == SQLITE_OK,
         "create");
    sqlite3_prepare_v2(bare->db, "BEGIN IMMEDIATE", -1, &bare->begin, NULL);
    sqlite3_prepare_v2(bare->db, "INSERT INTO records VALUES(?1,?2,?3,?4)", -1, &bare->insert,
                       NULL);
    sqlite3_prepare_v2(bare->db, "COMMIT", -1, &bare->commit, NULL);
    bare->next = 1;
}

static void run_once(sqlite3_stmt *statement)
{
    must(sqlite3_step(statement) == SQLITE_DONE, sqlite3_sql(statement));
    sqlite3_reset(statement);
}

static int64_t time_bare(struct bare *bare, size_t group, size_t commits)
{
    static uint8_t header[CHL_WIRE_HEADER];
    int64_t begun = chl_mono_ns();
    for (size_t c = 0; c < commits; c++) {
        run_once(bare->begin);
        for (size_t i = 0; i < group; i++) {
            sqlite3_bind_int64(bare->insert, 1, bare->next++);
            sqlite3_bind_text(bare->insert, 2, TOPIC, sizeof TOPIC - 1, SQLITE_STATIC);
            sqlite3_bind_blob(bare->insert, 3, header, sizeof header, SQLITE_STATIC);
            sqlite3_bind_blob(bare->insert, 4, body, sizeof body, SQLITE_STATIC);
            run_once(bare->insert);
        }
        run_once(bare->commit);
    }
    return chl_mono_ns() - begun;
}

static int64_t time_ours(struct ours *ours, size_t group, size_t commits)
{
    static struct chl_journal_entry entries[GROUP_MAX];
    int64_t begun = chl_mono_ns();
    for (size_t c = 0; c < commits; c++) {
        for (size_t i = 0; i < group; i++) {
            entries[i] = (struct chl_journal_entry){.sequence = ours->next++,
                                                    .wall_ns = begun,
                                                    .event_class = CHL_CLASS_FLOW,
                                                    .type = "decision",
                                                    .body = (const uint8_t *)body,
                                                    .body_length = sizeof body};
        }
        must(chl_journal_append(ours->journal, entries, group) == CHL_OK, "append");
        must(chl_journal_checkpoint(ours->journal, PAGES) == CHL_OK, "checkpoint");
    }
    return chl_mono_ns() - begun;
}

/* Interleaved pairs of one group size. */
static void measure(struct bare *bare, struct ours *ours, size_t group, size_t commits)
{
    static double rate_bare[PAIRS], rate_ours[PAIRS], ratio[PAIRS];
    double rows = (double)(group * commits);
    time_bare(bare, group, commits / 4); /* warm */
    time_ours(ours, group, commits / 4);
    for (int pair = 0; pair < PAIRS; pair++) {
        int64_t a = 0;
        int64_t b = 0;
        if (pair % 2 == 0) {
            a = time_bare(bare, group, commits);
            b = time_ours(ours, group, commits);
        } else {
            b = time_ours(ours, group, commits);
            a = time_bare(bare, group, commits);
        }
        rate_bare[pair] = rows * 1e9 / (double)a;
        rate_ours[pair] = rows * 1e9 / (double)b;
        ratio[pair] = (double)a / (double)b;
    }
    printf("%5zu a commit   bare %9.0f rows/s   journal %9.0f rows/s\n", group,
           figure_median(rate_bare, PAIRS), figure_median(rate_ours, PAIRS));
    char name[48];
    snprintf(name, sizeof name, "journal / SQLite, %zu a commit", group);
    figure_at_least(name, REQUIRED, ratio, PAIRS);
}

static void remove_files(const char *folder)
{
    static const char *const names[] = {"bare",     "bare-wal", "bare-shm", "ours",
                                        "ours-wal", "ours-shm", "ours.lock"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char path[128];
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        unlink(path);
    }
    rmdir(folder);
}

int main(void)
{
    static const size_t groups[][2] = {{1, 400}, {16, 200}, {256, 30}};
    char folder[] = "/tmp/chl-bench-XXXXXX";
    char path[128];
    char why[256];
    struct bare bare = {0};
    struct ours ours = {.next = 1};
    memset(body, 'x', sizeof body);
    must(mkdtemp(folder) != NULL, "mkdtemp");
    snprintf(path, sizeof path, "%s/bare", folder);
    open_bare(&bare, path);
    snprintf(path, sizeof path, "%s/ours", folder);
    must(chl_journal_open(path, "lang-son-01", &ours.journal, why, sizeof why) == CHL_OK, why);
    printf("journal against bare SQLite: WAL, synchronous=FULL, body of %d bytes, %d pairs each\n",
           BODY, PAIRS);
    for (size_t i = 0; i < sizeof groups / sizeof *groups; i++) {
        measure(&bare, &ours, groups[i][0], groups[i][1]);
    }
    sqlite3_finalize(bare.begin);
    sqlite3_finalize(bare.insert);
    sqlite3_finalize(bare.commit);
    sqlite3_close(bare.db);
    chl_journal_close(ours.journal);
    remove_files(folder);
    return 0;
}
