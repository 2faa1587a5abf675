/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief A journal keeps what it acknowledged, in order, and refuses what does not belong to it.
 */
#include "journal_help.h"

#include <openssl/evp.h>
#include <sys/stat.h>

static int setup(void **state)
{
    struct place *place = malloc(sizeof *place);
    *state = place;
    return place != NULL ? place_make(place) : -1;
}

static int teardown(void **state)
{
    place_remove(*state);
    free(*state);
    return 0;
}

static void test_new_journal_is_empty(void **state)
{
    struct chl_journal *journal = open_journal(*state);
    struct chl_journal_head head;
    const uint8_t zero[32] = {0};
    chl_journal_head(journal, &head);
    assert_int_equal(head.first, 1);
    assert_int_equal(head.last, 0);
    assert_memory_equal(head.hash, zero, sizeof zero);
    assert_int_equal(head.epoch[6] >> 4, 4);
    assert_int_equal(head.epoch[8] >> 6, 2);
    chl_journal_close(journal);
}

static void test_files_are_for_the_group_to_read(void **state)
{
    const struct place *place = *state;
    static const mode_t masks[] = {0000, 0077};
    for (size_t i = 0; i < 2; i++) {
        const mode_t old = umask(masks[i]);
        struct chl_journal *journal = open_journal(place);
        (void)umask(old);
        assert_int_equal(append(journal, 1, 3), CHL_OK);
        static const char *const ends[] = {"", "-wal", "-shm"};
        for (size_t e = 0; e < 3; e++) {
            char name[128];
            struct stat about;
            snprintf(name, sizeof name, "%s%s", place->path, ends[e]);
            assert_int_equal(stat(name, &about), 0);
            assert_int_equal(about.st_mode & 0777, 0640);
        }
        chl_journal_close(journal);
        assert_int_equal(unlink(place->path), 0);
    }
}

static void test_epoch_and_chain_survive_reopening(void **state)
{
    struct chl_journal_head before;
    struct chl_journal_head after;
    struct chl_journal *journal = open_journal(*state);
    assert_int_equal(append(journal, 1, 3), CHL_OK);
    chl_journal_head(journal, &before);
    chl_journal_close(journal);
    journal = open_journal(*state);
    chl_journal_head(journal, &after);
    assert_int_equal(after.last, 3);
    assert_memory_equal(before.epoch, after.epoch, sizeof before.epoch);
    assert_memory_equal(before.hash, after.hash, sizeof before.hash);
    assert_int_equal(before.last_wall_ns, after.last_wall_ns);
    assert_int_equal(append(journal, 4, 2), CHL_OK);
    chl_journal_close(journal);
    struct chl_journal_report report;
    assert_int_equal(chl_journal_verify(((struct place *)*state)->path, &report), CHL_OK);
    assert_int_equal(report.records, 5);
}

static void test_two_journals_have_two_epochs(void **state)
{
    (void)state;
    struct chl_journal_head heads[2];
    for (size_t i = 0; i < 2; i++) {
        struct place place;
        assert_int_equal(place_make(&place), 0);
        struct chl_journal *journal = open_journal(&place);
        chl_journal_head(journal, &heads[i]);
        chl_journal_close(journal);
        place_remove(&place);
    }
    assert_memory_not_equal(heads[0].epoch, heads[1].epoch, 16);
}

static void test_sequence_must_be_contiguous(void **state)
{
    struct chl_journal *journal = open_journal(*state);
    struct chl_journal_head head;
    char body[64];
    assert_int_equal(append(journal, 1, 2), CHL_OK);
    assert_int_equal(append(journal, 2, 1), CHL_E_STATE);
    assert_int_equal(append(journal, 4, 1), CHL_E_STATE);
    struct chl_journal_entry gap[2] = {entry_make(3, body), entry_make(5, body)};
    assert_int_equal(chl_journal_append(journal, gap, 2), CHL_E_STATE);
    chl_journal_head(journal, &head);
    assert_int_equal(head.last, 2);
    assert_int_equal(append(journal, 3, 1), CHL_OK);
    chl_journal_close(journal);
}

static void test_entry_outside_the_protocol_is_refused_whole(void **state)
{
    static const uint8_t large[CHL_WIRE_BODY_MAX + 1] = {0};
    struct chl_journal *journal = open_journal(*state);
    struct chl_journal_head head;
    char body[64];
    struct chl_journal_entry bad = entry_make(2, body);
    bad.type = "No";
    struct chl_journal_entry entries[2] = {entry_make(1, body), bad};
    assert_int_equal(chl_journal_append(journal, entries, 2), CHL_E_INVAL);
    bad = entry_make(1, body);
    bad.event_class = 9;
    assert_int_equal(chl_journal_append(journal, &bad, 1), CHL_E_INVAL);
    bad = entry_make(1, body);
    bad.body = large;
    bad.body_length = sizeof large;
    assert_int_equal(chl_journal_append(journal, &bad, 1), CHL_E_INVAL);
    chl_journal_head(journal, &head);
    assert_int_equal(head.last, 0);
    bad.body_length = CHL_WIRE_BODY_MAX;
    assert_int_equal(chl_journal_append(journal, &bad, 1), CHL_OK);
    chl_journal_close(journal);
}

static void test_other_site_is_refused(void **state)
{
    const struct place *place = *state;
    struct chl_journal *journal = NULL;
    char why[256];
    fill(place, 1);
    assert_int_equal(chl_journal_open(place->path, "ha-noi", &journal, why, sizeof why),
                     CHL_E_CONFIG);
    assert_non_null(strstr(why, "ha-noi"));
    assert_non_null(strstr(why, SITE));
    assert_int_equal(chl_journal_open(place->path, "Ha Noi", &journal, why, sizeof why),
                     CHL_E_INVAL);
}

static void test_second_writer_is_refused(void **state)
{
    const struct place *place = *state;
    struct chl_journal *second = NULL;
    char why[256];
    struct chl_journal *journal = open_journal(place);
    assert_int_equal(chl_journal_open(place->path, SITE, &second, why, sizeof why), CHL_E_BUSY);
    chl_journal_close(journal);
    assert_int_equal(chl_journal_open(place->path, SITE, &second, why, sizeof why), CHL_OK);
    chl_journal_close(second);
}

static void test_foreign_files_are_refused(void **state)
{
    const struct place *place = *state;
    struct chl_journal *journal = NULL;
    char why[256];
    tamper(place, "CREATE TABLE other(x)");
    assert_int_equal(chl_journal_open(place->path, SITE, &journal, why, sizeof why), CHL_E_CORRUPT);
    unlink(place->path);
    FILE *file = fopen(place->path, "w");
    assert_non_null(file);
    for (int i = 0; i < 600; i++) {
        fputs("not a database ", file);
    }
    fclose(file);
    assert_int_equal(chl_journal_open(place->path, SITE, &journal, why, sizeof why), CHL_E_CORRUPT);
    unlink(place->path);
    fill(place, 2);
    tamper(place, "UPDATE meta SET value=2 WHERE key='format'");
    assert_int_equal(chl_journal_open(place->path, SITE, &journal, why, sizeof why), CHL_E_NOTSUP);
    assert_non_null(strstr(why, "format 1"));
}

static void test_open_refuses_a_broken_last_link(void **state)
{
    static const char *const damage[] = {
        "UPDATE records SET body=x'7b7d' WHERE sequence=3",
        "UPDATE records SET header=zeroblob(80) WHERE sequence=3",
        "DELETE FROM records WHERE sequence=2",
        "UPDATE meta SET value=zeroblob(16) WHERE key='epoch'",
    };
    (void)state;
    for (size_t i = 0; i < sizeof damage / sizeof *damage; i++) {
        struct place place;
        struct chl_journal *journal = NULL;
        char why[256];
        assert_int_equal(place_make(&place), 0);
        fill(&place, 3);
        tamper(&place, damage[i]);
        assert_int_equal(chl_journal_open(place.path, SITE, &journal, why, sizeof why),
                         CHL_E_CORRUPT);
        place_remove(&place);
    }
}

struct seen {
    uint64_t next;
    size_t count, stop_after;
};

static chl_err see(void *user, const struct chl_record *record)
{
    struct seen *seen = user;
    struct chl_wire_header header;
    char body[64];
    struct chl_journal_entry expected = entry_make(record->sequence, body);
    assert_int_equal(record->sequence, seen->next++);
    assert_int_equal(chl_wire_decode(record->header, CHL_WIRE_HEADER, &header), CHL_OK);
    assert_int_equal(header.sequence, record->sequence);
    assert_int_equal(header.cause, record->sequence - 1);
    assert_int_equal(record->body_length, expected.body_length);
    assert_memory_equal(record->body, expected.body, expected.body_length);
    assert_int_equal(record->topic_length, strlen("v1/" SITE "/flow/decision/"));
    assert_memory_equal(record->topic, "v1/" SITE "/flow/decision/", record->topic_length);
    return ++seen->count == seen->stop_after ? CHL_E_LIMIT : CHL_OK;
}

static void test_read_in_order_and_bounded(void **state)
{
    const struct place *place = *state;
    struct chl_journal_reader *reader = NULL;
    char why[256];
    struct chl_journal *journal = open_journal(place);
    assert_int_equal(append(journal, 1, 40), CHL_OK);
    assert_int_equal(chl_journal_reader_open(place->path, &reader, why, sizeof why), CHL_OK);
    assert_string_equal(chl_journal_reader_site(reader), SITE);
    struct seen seen = {.next = 11};
    assert_int_equal(chl_journal_read(reader, 11, 5, see, &seen), CHL_OK);
    assert_int_equal(seen.count, 5);
    seen = (struct seen){.next = 38};
    assert_int_equal(chl_journal_read(reader, 38, 100, see, &seen), CHL_OK);
    assert_int_equal(seen.count, 3);
    seen = (struct seen){.next = 1, .stop_after = 2};
    assert_int_equal(chl_journal_read(reader, 1, 100, see, &seen), CHL_E_LIMIT);
    assert_int_equal(seen.count, 2);
    seen = (struct seen){0};
    assert_int_equal(chl_journal_read(reader, 41, 100, see, &seen), CHL_OK);
    assert_int_equal(chl_journal_read(reader, UINT64_MAX, 100, see, &seen), CHL_OK);
    assert_int_equal(chl_journal_read(reader, 0, 100, see, &seen), CHL_E_NOTFOUND);
    assert_int_equal(seen.count, 0);
    /* what is committed later is seen by the same reader */
    struct chl_journal_head head;
    assert_int_equal(append(journal, 41, 1), CHL_OK);
    assert_int_equal(chl_journal_reader_head(reader, &head), CHL_OK);
    assert_int_equal(head.last, 41);
    chl_journal_reader_close(reader);
    chl_journal_close(journal);
}

static void test_reader_never_checkpoints(void **state)
{
    const struct place *place = *state;
    struct chl_journal_reader *reader = NULL;
    char why[256];
    char wal[128];
    snprintf(wal, sizeof wal, "%s-wal", place->path);
    struct chl_journal *journal = open_journal(place);
    assert_int_equal(append(journal, 1, 40), CHL_OK);
    assert_int_equal(chl_journal_reader_open(place->path, &reader, why, sizeof why), CHL_OK);
    chl_journal_close(journal); /* the reader is now the last connection */
    struct seen seen = {.next = 1};
    assert_int_equal(chl_journal_read(reader, 1, 100, see, &seen), CHL_OK);
    assert_int_equal(seen.count, 40);
    chl_journal_reader_close(reader);
    struct chl_journal_report report;
    assert_int_equal(chl_journal_verify(place->path, &report), CHL_OK);
    assert_int_equal(report.records, 40);
}

static void test_checkpoint_keeps_everything(void **state)
{
    const struct place *place = *state;
    struct chl_journal *journal = open_journal(place);
    for (uint64_t sequence = 1; sequence <= 60; sequence++) {
        assert_int_equal(append(journal, sequence, 1), CHL_OK);
        assert_int_equal(chl_journal_checkpoint(journal, sequence % 7 == 0 ? 0 : 5), CHL_OK);
    }
    struct chl_journal_report report;
    assert_int_equal(chl_journal_verify(place->path, &report), CHL_OK);
    assert_int_equal(report.records, 60);
    chl_journal_close(journal);
}

static uint64_t acknowledged(const struct place *place, const char *owner, const char *name)
{
    struct chl_journal_reader *reader = NULL;
    struct chl_cursor cursors[300];
    size_t count = 300;
    char why[256];
    uint64_t found = UINT64_MAX;
    assert_int_equal(chl_journal_reader_open(place->path, &reader, why, sizeof why), CHL_OK);
    assert_int_equal(chl_journal_list_cursors(reader, cursors, &count), CHL_OK);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(cursors[i].owner, owner) == 0 && strcmp(cursors[i].name, name) == 0) {
            found = cursors[i].acknowledged;
        }
    }
    chl_journal_reader_close(reader);
    return found;
}

static void test_cursor_moves_forward_only(void **state)
{
    const struct place *place = *state;
    struct chl_journal *journal = open_journal(place);
    struct chl_cursor cursor = {.size = sizeof cursor, .name = "n", .owner = "centre"};
    assert_int_equal(append(journal, 1, 9), CHL_OK);
    static const uint64_t steps[][2] = {{0, 0}, {5, 5}, {3, 5}, {8, 8}, {400, 9}};
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        cursor.acknowledged = steps[i][0];
        assert_int_equal(chl_journal_set_cursor(journal, &cursor), CHL_OK);
        assert_int_equal(acknowledged(place, "centre", "n"), steps[i][1]);
    }
    assert_int_equal(chl_journal_drop_cursor(journal, "centre", "other"), CHL_E_NOTFOUND);
    assert_int_equal(chl_journal_drop_cursor(journal, "centre", "n"), CHL_OK);
    assert_int_equal(acknowledged(place, "centre", "n"), UINT64_MAX);
    chl_journal_close(journal);
}

static void test_cursors_are_bounded(void **state)
{
    const struct place *place = *state;
    struct chl_journal *journal = open_journal(place);
    struct chl_cursor cursors[260];
    for (size_t i = 0; i < 260; i++) {
        cursors[i] = (struct chl_cursor){.size = sizeof *cursors, .owner = "o"};
        snprintf(cursors[i].name, sizeof cursors[i].name, "c%03zu", i);
    }
    struct chl_journal_batch batch = {.cursors = cursors, .cursor_count = 260};
    assert_int_equal(chl_journal_commit(journal, &batch), CHL_OK);
    assert_int_equal(acknowledged(place, "o", "c255"), 0);
    assert_int_equal(acknowledged(place, "o", "c256"), UINT64_MAX);
    assert_int_equal(append(journal, 1, 1), CHL_OK);
    cursors[7].acknowledged = 1;
    assert_int_equal(chl_journal_set_cursor(journal, &cursors[7]), CHL_OK);
    assert_int_equal(acknowledged(place, "o", "c007"), 1);
    chl_journal_close(journal);
}

static void test_content_is_kept_once_by_its_digest(void **state)
{
    const struct place *place = *state;
    static const char text[] = "zones: []\n";
    uint8_t digest[32];
    char out[64];
    char why[256];
    struct chl_journal_reader *reader = NULL;
    struct chl_journal *journal = open_journal(place);
    assert_int_equal(EVP_Digest(text, sizeof text, digest, NULL, EVP_sha256(), NULL), 1);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(chl_journal_put_content(journal, digest, text, sizeof text), CHL_OK);
    }
    assert_int_equal(chl_journal_put_content(journal, digest, text, sizeof text - 1), CHL_E_INVAL);
    assert_int_equal(chl_journal_reader_open(place->path, &reader, why, sizeof why), CHL_OK);
    size_t length = 3;
    assert_int_equal(chl_journal_content(reader, digest, out, &length), CHL_E_LIMIT);
    assert_int_equal(length, sizeof text);
    assert_int_equal(chl_journal_content(reader, digest, out, &length), CHL_OK);
    assert_memory_equal(out, text, sizeof text);
    digest[0] ^= 1;
    assert_int_equal(chl_journal_content(reader, digest, out, &length), CHL_E_NOTFOUND);
    chl_journal_reader_close(reader);
    chl_journal_close(journal);
}

static void test_reader_of_nothing(void **state)
{
    const struct place *place = *state;
    struct chl_journal_reader *reader = NULL;
    char why[256];
    assert_int_equal(chl_journal_reader_open(place->path, &reader, why, sizeof why),
                     CHL_E_NOTFOUND);
    assert_int_not_equal(access(place->path, F_OK), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_new_journal_is_empty),
        TEST(test_files_are_for_the_group_to_read),
        TEST(test_epoch_and_chain_survive_reopening),
        cmocka_unit_test(test_two_journals_have_two_epochs),
        TEST(test_sequence_must_be_contiguous),
        TEST(test_entry_outside_the_protocol_is_refused_whole),
        TEST(test_other_site_is_refused),
        TEST(test_second_writer_is_refused),
        TEST(test_foreign_files_are_refused),
        cmocka_unit_test(test_open_refuses_a_broken_last_link),
        TEST(test_read_in_order_and_bounded),
        TEST(test_reader_never_checkpoints),
        TEST(test_checkpoint_keeps_everything),
        TEST(test_cursor_moves_forward_only),
        TEST(test_cursors_are_bounded),
        TEST(test_content_is_kept_once_by_its_digest),
        TEST(test_reader_of_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
