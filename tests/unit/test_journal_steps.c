/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Each step of the store fails in turn; what was acknowledged stays, the same bytes go in
 *         again.
 */
#include "journal_help.h"

#include "failing_store.h"

static struct chl_journal *open_failing(const struct place *place, struct failing *f)
{
    struct chl_journal *journal = NULL;
    char why[256];
    assert_int_equal(chl_store_sqlite(place->path, &f->inner), CHL_OK);
    assert_int_equal(chl_journal_open_on(&failing_ops, f, SITE, &journal, why, sizeof why), CHL_OK);
    return journal;
}

static uint64_t last(const struct chl_journal *journal)
{
    struct chl_journal_head head;
    chl_journal_head(journal, &head);
    return head.last;
}

/* begin, three inserts and the commit: each fails once, then the same batch is offered again. */
static void fail_each_step(chl_err with, bool do_it_anyway)
{
    struct place place;
    struct chl_journal_report report;
    char why[256];
    assert_int_equal(place_make(&place), 0);
    struct failing f = {.steps_left = -1, .error = with, .do_it_anyway = do_it_anyway};
    struct chl_journal *journal = open_failing(&place, &f);
    uint64_t next = 1;
    for (int step = 1; step <= 5; step++, next += 3) {
        f.steps_left = step;
        assert_int_equal(append(journal, next, 3), with);
        assert_int_equal(last(journal), next - 1);
        if (with == CHL_E_IO) {
            assert_int_equal(append(journal, next, 3), CHL_E_IO);
            assert_int_equal(chl_journal_checkpoint(journal, 1), CHL_E_IO);
            assert_int_equal(chl_journal_reopen(journal, why, sizeof why), CHL_OK);
        }
        assert_int_equal(last(journal), next - 1);
        assert_int_equal(append(journal, next, 3), CHL_OK);
        assert_int_equal(last(journal), next + 2);
    }
    chl_journal_close(journal);
    assert_int_equal(chl_journal_verify(place.path, &report), CHL_OK);
    assert_int_equal(report.records, 15);
    place_remove(&place);
}

static void test_full_at_each_step(void **state)
{
    (void)state;
    fail_each_step(CHL_E_FULL, false);
}

static void test_io_error_at_each_step(void **state)
{
    (void)state;
    fail_each_step(CHL_E_IO, false);
}

/* The commit reached the disk although it was reported as failed: the same bytes are recognised. */
static void test_io_error_after_each_step_was_done(void **state)
{
    (void)state;
    fail_each_step(CHL_E_IO, true);
}

static void test_longer_batch_after_a_lost_answer(void **state)
{
    (void)state;
    struct place place;
    struct chl_journal_report report;
    char why[256];
    assert_int_equal(place_make(&place), 0);
    struct failing f = {.steps_left = -1, .error = CHL_E_IO, .do_it_anyway = true};
    struct chl_journal *journal = open_failing(&place, &f);
    f.steps_left = 5;
    assert_int_equal(append(journal, 1, 3), CHL_E_IO);
    assert_int_equal(chl_journal_reopen(journal, why, sizeof why), CHL_OK);
    assert_int_equal(append(journal, 1, 2), CHL_OK); /* a part of what is there */
    assert_int_equal(last(journal), 2);
    assert_int_equal(append(journal, 3, 4), CHL_OK); /* the rest and more */
    chl_journal_close(journal);
    assert_int_equal(chl_journal_verify(place.path, &report), CHL_OK);
    assert_int_equal(report.records, 6);
    place_remove(&place);
}

static void test_other_bytes_after_a_lost_answer_are_refused(void **state)
{
    (void)state;
    struct place place;
    char why[256];
    char body[64];
    assert_int_equal(place_make(&place), 0);
    struct failing f = {.steps_left = -1, .error = CHL_E_IO, .do_it_anyway = true};
    struct chl_journal *journal = open_failing(&place, &f);
    f.steps_left = 3;
    assert_int_equal(append(journal, 1, 1), CHL_E_IO);
    assert_int_equal(chl_journal_reopen(journal, why, sizeof why), CHL_OK);
    struct chl_journal_entry other = entry_make(1, body);
    other.wall_ns++;
    assert_int_equal(chl_journal_append(journal, &other, 1), CHL_E_CORRUPT);
    assert_int_equal(append(journal, 1, 1), CHL_OK);
    chl_journal_close(journal);
    place_remove(&place);
}

static void test_reopen_refuses_another_history(void **state)
{
    (void)state;
    static const char *const damage[] = {
        "DELETE FROM records WHERE sequence=3",
        "DELETE FROM records",
        "UPDATE records SET body=x'7b7d' WHERE sequence=3",
        "UPDATE records SET header=(SELECT header FROM records WHERE sequence=2) WHERE sequence=3",
        "INSERT INTO records SELECT 4, topic, header, body FROM records WHERE sequence=3",
        "UPDATE meta SET value=zeroblob(16) WHERE key='epoch'",
    };
    for (size_t i = 0; i < sizeof damage / sizeof *damage; i++) {
        struct place place;
        char why[256] = "";
        assert_int_equal(place_make(&place), 0);
        struct failing f = {.steps_left = -1, .error = CHL_E_IO};
        struct chl_journal *journal = open_failing(&place, &f);
        assert_int_equal(append(journal, 1, 3), CHL_OK);
        f.steps_left = 1;
        assert_int_equal(append(journal, 4, 1), CHL_E_IO);
        tamper(&place, damage[i]);
        assert_int_equal(chl_journal_reopen(journal, why, sizeof why), CHL_E_CORRUPT);
        assert_true(why[0] != '\0');
        assert_int_equal(append(journal, 4, 1), CHL_E_IO); /* and stays stopped */
        chl_journal_close(journal);
        place_remove(&place);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_full_at_each_step),
        cmocka_unit_test(test_io_error_at_each_step),
        cmocka_unit_test(test_io_error_after_each_step_was_done),
        cmocka_unit_test(test_longer_batch_after_a_lost_answer),
        cmocka_unit_test(test_other_bytes_after_a_lost_answer_are_refused),
        cmocka_unit_test(test_reopen_refuses_another_history),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
