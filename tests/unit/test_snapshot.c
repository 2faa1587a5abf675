/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Snapshots hold the sum of committed records, and one that does not belong is not
 * believed.
 */
#include "core/journal/snapshot.h"
#include "core/journal/snapshot_file.h"

#include "journal_help.h"

#include "lib/base/time.h"

#include <time.h>

/** The state: how many records, and the sum of their sequences. */
struct sum {
    unsigned long long count, total;
    bool loaded;
};

static chl_err apply(void *state, const struct chl_record *record)
{
    struct sum *sum = state;
    sum->count++;
    sum->total += record->sequence;
    return CHL_OK;
}

static size_t encode(void *state, char *out, size_t size)
{
    const struct sum *sum = state;
    int length = snprintf(out, size, "{\"count\":%llu,\"total\":%llu}", sum->count, sum->total);
    return (size_t)length;
}

static chl_err load(void *state, const char *bytes, size_t length)
{
    struct sum *sum = state;
    (void)length;
    if (sscanf(bytes, "{\"count\":%llu,\"total\":%llu}", &sum->count, &sum->total) != 2) {
        *sum = (struct sum){0};
        return CHL_E_CORRUPT;
    }
    sum->loaded = true;
    return CHL_OK;
}

struct bench {
    struct place place;
    char file[128];
    struct sum sum;
    struct snapshot_fold fold;
};

static int setup(void **state)
{
    struct bench *b = calloc(1, sizeof *b);
    *state = b;
    if (b == NULL || place_make(&b->place) != 0) {
        return -1;
    }
    snprintf(b->file, sizeof b->file, "%s.snapshot", b->place.path);
    b->fold = (struct snapshot_fold){&b->sum, apply, encode, load};
    return 0;
}

static int teardown(void **state)
{
    struct bench *b = *state;
    place_remove(&b->place);
    free(b);
    return 0;
}

/* Restore into a fresh state and say whether the snapshot was used. */
static bool restore(struct bench *b, uint64_t records)
{
    struct snapshot_mark mark;
    char why[300] = "";
    b->sum = (struct sum){0};
    chl_err error = snapshot_restore(b->place.path, &b->fold, &mark, why, sizeof why);
    if (error != CHL_OK) {
        fail_msg("%s: %s", chl_strerror(error), why);
    }
    assert_int_equal(mark.sequence, records);
    assert_int_equal(b->sum.count, records);
    assert_int_equal(b->sum.total, records * (records + 1) / 2);
    return b->sum.loaded;
}

static void run_until_stopped(struct bench *b, uint64_t durable)
{
    struct snapshot *snapshot = NULL;
    const struct snapshot_options options = {.journal_path = b->place.path};
    b->sum = (struct sum){0};
    assert_int_equal(snapshot_start(&options, &b->fold, &snapshot), CHL_OK);
    snapshot_wake(snapshot, durable);
    snapshot_stop(snapshot);
}

static void test_restore_without_snapshot_folds_everything(void **state)
{
    struct bench *b = *state;
    struct chl_journal *journal = open_journal(&b->place);
    assert_false(restore(b, 0));
    assert_int_equal(append(journal, 1, 40), CHL_OK);
    assert_false(restore(b, 40));
    chl_journal_close(journal);
}

static void test_restore_is_snapshot_and_tail(void **state)
{
    struct bench *b = *state;
    struct chl_journal *journal = open_journal(&b->place);
    assert_int_equal(append(journal, 1, 20), CHL_OK);
    run_until_stopped(b, 20);
    assert_true(restore(b, 20));
    assert_int_equal(append(journal, 21, 5), CHL_OK);
    assert_true(restore(b, 25));
    run_until_stopped(b, 25); /* begins from its own snapshot */
    assert_true(b->sum.loaded);
    assert_true(restore(b, 25));
    chl_journal_close(journal);
}

static void test_written_every_so_many_records(void **state)
{
    struct bench *b = *state;
    struct snapshot *snapshot = NULL;
    struct snapshot_mark mark = {0};
    const struct snapshot_options options = {
        .journal_path = b->place.path, .every_records = 10, .every_s = 3600};
    struct chl_journal *journal = open_journal(&b->place);
    assert_int_equal(snapshot_start(&options, &b->fold, &snapshot), CHL_OK);
    int64_t until = chl_mono_ns() + 20 * CHL_NS_PER_S;
    for (uint64_t sequence = 1; sequence <= 12; sequence++) {
        assert_int_equal(append(journal, sequence, 1), CHL_OK);
        snapshot_wake(snapshot, sequence);
    }
    while (mark.sequence < 10 && chl_mono_ns() < until) {
        char *bytes = NULL;
        size_t length = 0;
        char why[300];
        (void)snapshot_file_read(b->file, &mark, &bytes, &length, why, sizeof why);
        free(bytes);
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
    assert_true(mark.sequence >= 10);
    snapshot_stop(snapshot);
    assert_true(restore(b, 12));
    chl_journal_close(journal);
}

static void test_copy_is_up_to_date_and_bounded(void **state)
{
    struct bench *b = *state;
    struct snapshot *snapshot = NULL;
    const struct snapshot_options options = {.journal_path = b->place.path};
    struct chl_journal_head head;
    char out[64];
    uint8_t hash[32];
    uint64_t sequence = 0;
    struct chl_journal *journal = open_journal(&b->place);
    assert_int_equal(append(journal, 1, 3), CHL_OK);
    assert_int_equal(snapshot_start(&options, &b->fold, &snapshot), CHL_OK);
    for (uint64_t n = 3; n < 6; n++) { /* nobody has to wake it for this */
        size_t length = sizeof out;
        assert_int_equal(snapshot_copy(snapshot, out, &length, &sequence, hash), CHL_OK);
        chl_journal_head(journal, &head);
        assert_int_equal(sequence, n);
        assert_memory_equal(hash, head.hash, sizeof hash);
        char expected[64];
        int written = snprintf(expected, sizeof expected, "{\"count\":%llu,\"total\":%llu}",
                               (unsigned long long)n, (unsigned long long)(n * (n + 1) / 2));
        assert_int_equal(length, written);
        assert_memory_equal(out, expected, length);
        assert_int_equal(append(journal, n + 1, 1), CHL_OK);
    }
    size_t length = 3;
    assert_int_equal(snapshot_copy(snapshot, out, &length, &sequence, hash), CHL_E_LIMIT);
    assert_true(length > 3 && length < sizeof out);
    snapshot_stop(snapshot);
    chl_journal_close(journal);
}

static void test_every_damaged_byte_is_ignored(void **state)
{
    struct bench *b = *state;
    char whole[512];
    fill(&b->place, 12);
    run_until_stopped(b, 12);
    FILE *file = fopen(b->file, "r+");
    assert_non_null(file);
    size_t length = fread(whole, 1, sizeof whole, file);
    assert_true(length > 104 && length < sizeof whole);
    for (size_t at = 0; at < length; at++) {
        fseek(file, (long)at, SEEK_SET);
        fputc(whole[at] ^ 0x10, file);
        fflush(file);
        assert_false(restore(b, 12));
        fseek(file, (long)at, SEEK_SET);
        fputc(whole[at], file);
        fflush(file);
    }
    assert_true(restore(b, 12));
    for (long cut = (long)length - 1; cut >= 0; cut -= 13) {
        assert_int_equal(ftruncate(fileno(file), cut), 0);
        assert_false(restore(b, 12));
    }
    fclose(file);
}

static void test_snapshot_of_another_history_is_ignored(void **state)
{
    struct bench *b = *state;
    struct snapshot_mark mark;
    struct chl_journal_head head;
    static const char text[] = "{\"count\":900,\"total\":1}";
    struct chl_journal *journal = open_journal(&b->place);
    assert_int_equal(append(journal, 1, 9), CHL_OK);
    chl_journal_head(journal, &head);
    chl_journal_close(journal);
    for (int i = 0; i < 4; i++) {
        mark = (struct snapshot_mark){.sequence = 9};
        memcpy(mark.epoch, head.epoch, sizeof mark.epoch);
        memcpy(mark.hash, head.hash, sizeof mark.hash);
        mark.epoch[0] ^= i == 0 ? 1 : 0;
        mark.hash[0] ^= i == 1 ? 1 : 0;
        mark.sequence += i == 2 ? 1 : 0;
        const char *content = i == 3 ? "no state" : text;
        assert_int_equal(snapshot_file_write(b->file, &mark, content, strlen(content)), CHL_OK);
        assert_false(restore(b, 9));
    }
}

static void test_broken_chain_is_not_folded(void **state)
{
    struct bench *b = *state;
    struct snapshot_mark mark;
    char why[300];
    fill(&b->place, 9);
    tamper(&b->place, "UPDATE records SET body=x'7b7d' WHERE sequence=6");
    assert_int_equal(snapshot_restore(b->place.path, &b->fold, &mark, why, sizeof why),
                     CHL_E_CORRUPT);
    assert_int_equal(mark.sequence, 5);
    assert_non_null(strstr(why, "record 6"));
}

static void test_trimmed_journal_needs_its_snapshot(void **state)
{
    struct bench *b = *state;
    struct snapshot_mark mark;
    char why[300];
    fill(&b->place, 9);
    run_until_stopped(b, 9);
    tamper(&b->place, "UPDATE meta SET value=(SELECT substr(header, 41, 32) FROM records WHERE"
                      " sequence=6) WHERE key='anchor';"
                      "UPDATE meta SET value=7 WHERE key='first';"
                      "DELETE FROM records WHERE sequence < 7");
    assert_true(restore(b, 9));
    struct chl_journal_report report;
    assert_int_equal(chl_journal_verify(b->place.path, &report), CHL_OK);
    assert_int_equal(report.records, 3);
    unlink(b->file);
    b->sum = (struct sum){0};
    assert_int_equal(snapshot_restore(b->place.path, &b->fold, &mark, why, sizeof why),
                     CHL_E_NOTFOUND);
    assert_non_null(strstr(why, "trimmed"));
}

static void test_unwritable_snapshot_stops_nothing(void **state)
{
    struct bench *b = *state;
    char name[160];
    fill(&b->place, 5);
    snprintf(name, sizeof name, "%s.new", b->file);
    assert_int_equal(symlink("/nowhere/at/all", name), 0);
    run_until_stopped(b, 5);
    assert_int_not_equal(access(b->file, F_OK), 0);
    assert_false(restore(b, 5));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_restore_without_snapshot_folds_everything),
        TEST(test_restore_is_snapshot_and_tail),
        TEST(test_written_every_so_many_records),
        TEST(test_copy_is_up_to_date_and_bounded),
        TEST(test_every_damaged_byte_is_ignored),
        TEST(test_snapshot_of_another_history_is_ignored),
        TEST(test_broken_chain_is_not_folded),
        TEST(test_trimmed_journal_needs_its_snapshot),
        TEST(test_unwritable_snapshot_stops_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
