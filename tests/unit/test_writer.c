/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The writer's thread: natural batches, and nothing lost when the disk is full or fails.
 */
#include "core/journal/writer.h"

#include "failing_store.h"
#include "journal_help.h"

#include "lib/base/time.h"

#include <openssl/evp.h>
#include <time.h>

struct bench {
    struct place place;
    struct failing store;
    struct writer *writer;
    _Atomic uint64_t durable;
    atomic_bool disorder; /**< an acknowledgement went back */
    atomic_int state, states;
    atomic_bool stopped; /**< it said that it stopped */
};

static void on_durable(void *user, uint64_t last_sequence)
{
    struct bench *b = user;
    if (last_sequence <= atomic_load(&b->durable)) {
        atomic_store(&b->disorder, true);
    }
    atomic_store(&b->durable, last_sequence);
}

static void on_state(void *user, enum writer_state state, const char *text)
{
    struct bench *b = user;
    atomic_store(&b->state, (int)state);
    atomic_fetch_add(&b->states, 1);
    if (strncmp(text, "stopped", 7) == 0) {
        atomic_store(&b->stopped, true);
    }
}

static int setup(void **state)
{
    struct bench *b = calloc(1, sizeof *b);
    struct chl_journal *journal = NULL;
    char why[256];
    *state = b;
    if (b == NULL || place_make(&b->place) != 0) {
        return -1;
    }
    b->store.steps_left = -1;
    const struct writer_hooks hooks = {.user = b, .on_durable = on_durable, .on_state = on_state};
    if (chl_store_sqlite(b->place.path, &b->store.inner) != CHL_OK ||
        chl_journal_open_on(&failing_ops, &b->store, SITE, &journal, why, sizeof why) != CHL_OK) {
        return -1;
    }
    return writer_start(journal, &hooks, &b->writer) == CHL_OK ? 0 : -1;
}

static int teardown(void **state)
{
    struct bench *b = *state;
    atomic_store(&b->store.hold, false);
    atomic_store(&b->store.commit_error, CHL_OK);
    writer_stop(b->writer);
    place_remove(&b->place);
    free(b);
    return 0;
}

/* Poll a condition; the bound only ends a test that fails. */
#define AWAIT(condition)                                                                           \
    do {                                                                                           \
        int64_t await_until = chl_mono_ns() + 20 * CHL_NS_PER_S;                                   \
        while (!(condition)) {                                                                     \
            if (chl_mono_ns() > await_until) {                                                     \
                fail_msg("in vain: %s", #condition);                                               \
            }                                                                                      \
            nanosleep(&(struct timespec){.tv_nsec = 500000}, NULL);                                \
        }                                                                                          \
    } while (0)

static chl_err push(struct bench *b, uint64_t from, size_t count)
{
    static char bodies[MOST_ENTRIES][64];
    struct chl_journal_entry entries[MOST_ENTRIES];
    for (size_t i = 0; i < count; i++) {
        entries[i] = entry_make(from + i, bodies[i]);
    }
    return writer_push(b->writer, entries, count);
}

static void assert_whole(const struct bench *b, uint64_t records)
{
    struct chl_journal_report report;
    chl_err error = chl_journal_verify(b->place.path, &report);
    if (error != CHL_OK) {
        fail_msg("%s", report.reason);
    }
    assert_int_equal(report.records, records);
    assert_false(atomic_load(&b->disorder));
}

static void test_everything_pushed_becomes_durable(void **state)
{
    struct bench *b = *state;
    uint64_t next = 1;
    for (size_t i = 0; i < 300; i++) {
        size_t count = 1 + i * 7 % MOST_ENTRIES;
        assert_int_equal(push(b, next, count), CHL_OK);
        next += count;
    }
    AWAIT(atomic_load(&b->durable) == next - 1);
    assert_int_equal(writer_backlog(b->writer), 0);
    assert_int_equal(atomic_load(&b->states), 0);
    assert_whole(b, next - 1);
}

static void test_what_gathers_is_one_commit(void **state)
{
    struct bench *b = *state;
    atomic_store(&b->store.hold, true);
    assert_int_equal(push(b, 1, 1), CHL_OK);
    AWAIT(atomic_load(&b->store.commits) == 1);
    for (uint64_t sequence = 2; sequence <= 100; sequence++) {
        assert_int_equal(push(b, sequence, 1), CHL_OK);
    }
    assert_int_equal(writer_backlog(b->writer), 100);
    assert_int_equal(atomic_load(&b->durable), 0);
    atomic_store(&b->store.hold, false);
    AWAIT(atomic_load(&b->durable) == 100);
    assert_int_equal(atomic_load(&b->store.commits), 2);
    assert_whole(b, 100);
}

static void test_push_refuses_what_cannot_follow(void **state)
{
    struct bench *b = *state;
    char body[64];
    assert_int_equal(push(b, 2, 1), CHL_E_STATE);
    assert_int_equal(push(b, 1, 2), CHL_OK);
    assert_int_equal(push(b, 2, 1), CHL_E_STATE);
    struct chl_journal_entry entries[2] = {entry_make(3, body), entry_make(4, body)};
    entries[1].type = "UPPER";
    assert_int_equal(writer_push(b->writer, entries, 2), CHL_E_INVAL);
    entries[1] = entry_make(5, body);
    assert_int_equal(writer_push(b->writer, entries, 2), CHL_E_STATE);
    assert_int_equal(push(b, 3, 1), CHL_OK);
    AWAIT(atomic_load(&b->durable) == 3);
    assert_whole(b, 3);
}

static void test_queue_is_bounded_and_all_or_none(void **state)
{
    struct bench *b = *state;
    uint64_t next = 1;
    atomic_store(&b->store.hold, true);
    assert_int_equal(push(b, next++, 1), CHL_OK);
    AWAIT(atomic_load(&b->store.commits) == 1); /* that one is out of the queue */
    while (push(b, next, MOST_ENTRIES) == CHL_OK) {
        next += MOST_ENTRIES;
        assert_true(next < 2 * WRITER_RECORDS_MAX);
    }
    assert_int_equal(next - 2, WRITER_RECORDS_MAX);
    assert_int_equal(push(b, next, 1), CHL_E_BUSY);
    atomic_store(&b->store.hold, false);
    AWAIT(atomic_load(&b->durable) == next - 1);
    assert_int_equal(push(b, next, 1), CHL_OK);
    AWAIT(atomic_load(&b->durable) == next);
    assert_whole(b, next);
}

static void test_full_disk_keeps_the_batch(void **state)
{
    struct bench *b = *state;
    assert_int_equal(push(b, 1, 5), CHL_OK);
    AWAIT(atomic_load(&b->durable) == 5);
    atomic_store(&b->store.commit_error, CHL_E_FULL);
    assert_int_equal(push(b, 6, 3), CHL_OK);
    AWAIT(atomic_load(&b->state) == WRITER_FULL);
    assert_int_equal(push(b, 9, 2), CHL_OK);
    int tried = atomic_load(&b->store.commits);
    AWAIT(atomic_load(&b->store.commits) > tried + 1); /* it goes on trying */
    assert_int_equal(atomic_load(&b->durable), 5);
    assert_int_equal(writer_backlog(b->writer), 5);
    atomic_store(&b->store.commit_error, CHL_OK);
    AWAIT(atomic_load(&b->durable) == 10);
    assert_int_equal(atomic_load(&b->state), WRITER_OK);
    assert_int_equal(atomic_load(&b->states), 2);
    assert_whole(b, 10);
}

static void fail_for_a_while(struct bench *b)
{
    assert_int_equal(push(b, 1, 5), CHL_OK);
    AWAIT(atomic_load(&b->durable) == 5);
    atomic_store(&b->store.commit_error, CHL_E_IO);
    assert_int_equal(push(b, 6, 3), CHL_OK);
    AWAIT(atomic_load(&b->state) == WRITER_FAILED);
    assert_int_equal(atomic_load(&b->durable), 5);
    atomic_store(&b->store.open_error, CHL_E_IO); /* not even reopening works */
    int64_t until = chl_mono_ns() + 100 * CHL_NS_PER_MS;
    AWAIT(chl_mono_ns() > until);
    atomic_store(&b->store.commit_error, CHL_OK);
    atomic_store(&b->store.open_error, CHL_OK);
    AWAIT(atomic_load(&b->durable) == 8);
    assert_int_equal(atomic_load(&b->state), WRITER_OK);
    assert_whole(b, 8);
}

static void test_failing_disk_is_reopened(void **state)
{
    fail_for_a_while(*state);
}

static void test_commits_whose_answer_was_lost(void **state)
{
    struct bench *b = *state;
    b->store.do_it_anyway = true;
    fail_for_a_while(b);
}

static void test_another_history_stops_it(void **state)
{
    struct bench *b = *state;
    assert_int_equal(push(b, 1, 5), CHL_OK);
    AWAIT(atomic_load(&b->durable) == 5);
    atomic_store(&b->store.open_error, CHL_E_CORRUPT);
    atomic_store(&b->store.commit_error, CHL_E_IO);
    assert_int_equal(push(b, 6, 1), CHL_OK);
    AWAIT(atomic_load(&b->stopped));
    AWAIT(push(b, 7, 1) == CHL_E_STATE);
    assert_int_equal(atomic_load(&b->state), WRITER_FAILED);
    assert_int_equal(atomic_load(&b->durable), 5);
    assert_int_equal(writer_stop(b->writer), CHL_E_IO);
    b->writer = NULL;
}

static void test_stop_commits_what_waits(void **state)
{
    struct bench *b = *state;
    struct chl_cursor cursor = {
        .size = sizeof cursor, .name = "n", .owner = "o", .acknowledged = 30};
    assert_int_equal(push(b, 1, 50), CHL_OK);
    assert_int_equal(writer_set_cursor(b->writer, &cursor), CHL_OK);
    assert_int_equal(writer_stop(b->writer), CHL_OK);
    b->writer = NULL;
    assert_int_equal(atomic_load(&b->durable), 50);
    assert_whole(b, 50);
}

static void test_stop_on_a_full_disk_ends(void **state)
{
    struct bench *b = *state;
    assert_int_equal(push(b, 1, 5), CHL_OK);
    AWAIT(atomic_load(&b->durable) == 5);
    atomic_store(&b->store.commit_error, CHL_E_FULL);
    assert_int_equal(push(b, 6, 5), CHL_OK);
    assert_int_equal(writer_stop(b->writer), CHL_E_IO);
    b->writer = NULL;
    assert_int_equal(atomic_load(&b->durable), 5);
    assert_whole(b, 5);
}

static uint64_t acknowledged(const struct bench *b)
{
    struct chl_journal_reader *reader = NULL;
    struct chl_cursor cursor = {0};
    size_t count = 1;
    char why[256];
    assert_int_equal(chl_journal_reader_open(b->place.path, &reader, why, sizeof why), CHL_OK);
    assert_int_equal(chl_journal_list_cursors(reader, &cursor, &count), CHL_OK);
    chl_journal_reader_close(reader);
    return count == 1 ? cursor.acknowledged : UINT64_MAX;
}

static void test_cursor_goes_with_a_record_or_alone(void **state)
{
    struct bench *b = *state;
    struct chl_cursor cursor = {.size = sizeof cursor, .name = "n", .owner = "o"};
    assert_int_equal(push(b, 1, 9), CHL_OK);
    AWAIT(atomic_load(&b->durable) == 9);
    int before = atomic_load(&b->store.commits);
    for (uint64_t at = 1; at <= 7; at++) {
        cursor.acknowledged = at;
        assert_int_equal(writer_set_cursor(b->writer, &cursor), CHL_OK);
    }
    AWAIT(acknowledged(b) == 7);
    assert_int_equal(atomic_load(&b->store.commits), before + 1);
    cursor.acknowledged = 9;
    assert_int_equal(writer_set_cursor(b->writer, &cursor), CHL_OK);
    assert_int_equal(push(b, 10, 1), CHL_OK);
    AWAIT(atomic_load(&b->durable) == 10);
    assert_int_equal(acknowledged(b), 9);
    assert_int_equal(writer_drop_cursor(b->writer, "o", "n"), CHL_OK);
    assert_int_equal(writer_drop_cursor(b->writer, "o", "never"), CHL_OK);
    AWAIT(acknowledged(b) == UINT64_MAX);
    assert_int_equal(atomic_load(&b->states), 0);
}

static void test_content_is_there_before_its_record(void **state)
{
    struct bench *b = *state;
    uint8_t digest[32];
    char out[16];
    size_t length = sizeof out;
    char why[256];
    struct chl_journal_reader *reader = NULL;
    assert_int_equal(EVP_Digest("zones", 5, digest, NULL, EVP_sha256(), NULL), 1);
    assert_int_equal(writer_put_content(b->writer, digest, "zones", 5), CHL_OK);
    assert_int_equal(push(b, 1, 1), CHL_OK);
    AWAIT(atomic_load(&b->durable) == 1);
    assert_int_equal(chl_journal_reader_open(b->place.path, &reader, why, sizeof why), CHL_OK);
    assert_int_equal(chl_journal_content(reader, digest, out, &length), CHL_OK);
    assert_int_equal(length, 5);
    chl_journal_reader_close(reader);
    digest[0] ^= 1; /* a wrong digest is dropped and stops nothing */
    assert_int_equal(writer_put_content(b->writer, digest, "zones", 5), CHL_OK);
    assert_int_equal(push(b, 2, 1), CHL_OK);
    AWAIT(atomic_load(&b->durable) == 2);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_everything_pushed_becomes_durable),
        TEST(test_what_gathers_is_one_commit),
        TEST(test_push_refuses_what_cannot_follow),
        TEST(test_queue_is_bounded_and_all_or_none),
        TEST(test_full_disk_keeps_the_batch),
        TEST(test_failing_disk_is_reopened),
        TEST(test_commits_whose_answer_was_lost),
        TEST(test_another_history_stops_it),
        TEST(test_stop_commits_what_waits),
        TEST(test_stop_on_a_full_disk_ends),
        TEST(test_cursor_goes_with_a_record_or_alone),
        TEST(test_content_is_there_before_its_record),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
