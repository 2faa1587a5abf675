/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Verification names the first bad record, whatever was done to the file.
 */
#include "journal_help.h"

enum { RECORDS = 9 };

static void test_damage_is_named(void **state)
{
    (void)state;
    static const struct {
        const char *sql;
        uint64_t bad;
        const char *word; /**< in the reason */
    } cases[] = {
        {"UPDATE records SET body=CAST(replace(body, 'data', 'dota') AS BLOB) WHERE sequence=4", 4,
         "chain hash"},
        {"UPDATE records SET body=x'' WHERE sequence=9", 9, "chain hash"},
        {"UPDATE records SET topic='v1/lang-son-01/flow/passage/' WHERE sequence=1", 1,
         "chain hash"},
        {"UPDATE records SET topic='v1/lang-son-02/flow/decision/' WHERE sequence=5", 5, "topic"},
        {"UPDATE records SET topic='v1/lang-son-01/gate/decision/' WHERE sequence=5", 5, "topic"},
        {"UPDATE records SET topic='' WHERE sequence=5", 5, "topic"},
        {"UPDATE records SET header=zeroblob(80) WHERE sequence=6", 6, "header"},
        {"UPDATE records SET header=zeroblob(79) WHERE sequence=6", 6, "80-byte header"},
        {"UPDATE records SET body=zeroblob(16385) WHERE sequence=2", 2, "body"},
        {"DELETE FROM records WHERE sequence=1", 1, "expected record 1, came 2"},
        {"DELETE FROM records WHERE sequence=7", 7, "expected record 7, came 8"},
        {"DELETE FROM records WHERE sequence IN (3, 4, 5)", 3, "expected record 3, came 6"},
        {"UPDATE records SET sequence=100 WHERE sequence=9", 9, "expected record 9, came 100"},
        {"UPDATE records SET sequence=-3 WHERE sequence=3;"
         "UPDATE records SET sequence=3 WHERE sequence=4;"
         "UPDATE records SET sequence=4 WHERE sequence=-3",
         3, "sequence in the header: expected 3, came 4"},
        {"UPDATE meta SET value=x'00112233445566778899aabbccddeeff' WHERE key='epoch'", 1, "epoch"},
        {"UPDATE meta SET value=x'01' || zeroblob(31) WHERE key='anchor';"
         "UPDATE meta SET value=CAST(value AS BLOB) WHERE key='anchor'",
         1, "chain hash"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct place place;
        struct chl_journal_report report;
        assert_int_equal(place_make(&place), 0);
        fill(&place, RECORDS);
        tamper(&place, cases[i].sql);
        chl_err error = chl_journal_verify(place.path, &report);
        if (error != CHL_E_CORRUPT || report.bad_sequence != cases[i].bad ||
            strstr(report.reason, cases[i].word) == NULL) {
            fail_msg("%s: %s, record %llu, %s", cases[i].sql, chl_strerror(error),
                     (unsigned long long)report.bad_sequence, report.reason);
        }
        assert_int_equal(report.records, cases[i].bad - 1);
        place_remove(&place);
    }
}

static void flip(const struct place *place, const char *column, int at)
{
    sqlite3 *db = NULL;
    sqlite3_blob *blob = NULL;
    uint8_t byte = 0;
    assert_int_equal(sqlite3_open(place->path, &db), SQLITE_OK);
    sqlite3_exec(db, "PRAGMA synchronous=OFF", NULL, NULL, NULL);
    assert_int_equal(sqlite3_blob_open(db, "main", "records", column, 5, 1, &blob), SQLITE_OK);
    assert_int_equal(sqlite3_blob_read(blob, &byte, 1, at), SQLITE_OK);
    byte ^= 0x01;
    assert_int_equal(sqlite3_blob_write(blob, &byte, 1, at), SQLITE_OK);
    sqlite3_blob_close(blob);
    sqlite3_close(db);
}

static void test_every_flipped_bit_is_found(void **state)
{
    (void)state;
    static const struct {
        const char *column;
        int length;
    } columns[] = {{"topic", 29}, {"header", CHL_WIRE_HEADER}, {"body", 16}};
    struct place place;
    struct chl_journal_report report;
    assert_int_equal(place_make(&place), 0);
    fill(&place, RECORDS);
    for (size_t c = 0; c < sizeof columns / sizeof *columns; c++) {
        for (int at = 0; at < columns[c].length; at++) {
            flip(&place, columns[c].column, at);
            chl_err error = chl_journal_verify(place.path, &report);
            if (error != CHL_E_CORRUPT || report.bad_sequence != 5) {
                fail_msg("%s byte %d: %s", columns[c].column, at, chl_strerror(error));
            }
            flip(&place, columns[c].column, at); /* back again */
        }
    }
    assert_int_equal(chl_journal_verify(place.path, &report), CHL_OK);
    assert_int_equal(report.records, RECORDS);
    place_remove(&place);
}

static void test_cut_end_is_found_by_what_was_acknowledged(void **state)
{
    (void)state;
    struct place place;
    struct chl_journal_report report;
    assert_int_equal(place_make(&place), 0);
    fill(&place, RECORDS);
    struct chl_journal *journal = open_journal(&place);
    struct chl_cursor cursor = {
        .size = sizeof cursor, .name = "n", .owner = "centre", .acknowledged = 8};
    assert_int_equal(chl_journal_set_cursor(journal, &cursor), CHL_OK);
    chl_journal_close(journal);
    tamper(&place, "DELETE FROM records WHERE sequence > 7");
    assert_int_equal(chl_journal_verify(place.path, &report), CHL_E_CORRUPT);
    assert_int_equal(report.bad_sequence, 8);
    assert_non_null(strstr(report.reason, "acknowledged"));
    place_remove(&place);
}

static void test_truncated_file_is_found(void **state)
{
    (void)state;
    struct place place;
    struct chl_journal_report report;
    assert_int_equal(place_make(&place), 0);
    fill(&place, 60);
    assert_int_equal(chl_journal_verify(place.path, &report), CHL_OK);
    FILE *file = fopen(place.path, "r+");
    assert_non_null(file);
    fseek(file, 0, SEEK_END);
    long whole = ftell(file);
    for (long length = whole - 4096; length > 0; length -= 4096) {
        assert_int_equal(ftruncate(fileno(file), length), 0);
        assert_int_not_equal(chl_journal_verify(place.path, &report), CHL_OK);
        assert_true(report.reason[0] != '\0');
    }
    fclose(file);
    place_remove(&place);
}

static void test_missing_and_foreign_files_are_not_corrupt_journals(void **state)
{
    (void)state;
    struct place place;
    struct chl_journal_report report;
    assert_int_equal(place_make(&place), 0);
    assert_int_equal(chl_journal_verify(place.path, &report), CHL_E_NOTFOUND);
    assert_non_null(strstr(report.reason, "no such file"));
    tamper(&place, "CREATE TABLE other(x)");
    assert_int_equal(chl_journal_verify(place.path, &report), CHL_E_CORRUPT);
    assert_int_equal(report.bad_sequence, 0);
    place_remove(&place);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_damage_is_named),
        cmocka_unit_test(test_every_flipped_bit_is_found),
        cmocka_unit_test(test_cut_end_is_found_by_what_was_acknowledged),
        cmocka_unit_test(test_truncated_file_is_found),
        cmocka_unit_test(test_missing_and_foreign_files_are_not_corrupt_journals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
