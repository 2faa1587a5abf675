/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Every write and every sync fails in turn under the real store, the power goes at every
 *         step, and both together: what was acknowledged is on the disk and whole.
 */
#include "fault_vfs.h"
#include "journal_help.h"

enum { BATCHES = 6, BATCH = 3, RECORDS = BATCHES * BATCH, STEPS_MAX = 2000 };

struct work {
    struct place place;
    uint64_t acknowledged, offered;
    bool full; /**< that answer was given */
};

/* Open, again after a failure. NULL: the power is gone. */
static struct chl_journal *open_stubbornly(const struct work *work)
{
    struct chl_journal *journal = NULL;
    char why[300] = "";
    for (int attempt = 0; attempt < 4 && !fault_vfs_cut(); attempt++) {
        if (chl_journal_open(work->place.path, SITE, &journal, why, sizeof why) == CHL_OK) {
            return journal;
        }
    }
    if (!fault_vfs_cut()) {
        fail_msg("does not open: %s", why);
    }
    return NULL;
}

/* One batch until it is durable, as the writer does it. False: the power is gone. */
static bool append_stubbornly(struct work *work, struct chl_journal *journal)
{
    char why[300] = "";
    for (int attempt = 0; attempt < 6; attempt++) {
        work->offered = work->acknowledged + BATCH;
        chl_err error = append(journal, work->acknowledged + 1, BATCH);
        struct chl_journal_head head;
        chl_journal_head(journal, &head);
        if (error == CHL_OK) {
            work->acknowledged += BATCH;
            assert_int_equal(head.last, work->acknowledged);
            return true;
        }
        assert_int_equal(head.last, work->acknowledged);
        if (fault_vfs_cut()) {
            return false;
        }
        work->full = work->full || error == CHL_E_FULL;
        if (error == CHL_E_IO) {
            chl_err reopened = chl_journal_reopen(journal, why, sizeof why);
            if (reopened != CHL_OK && reopened != CHL_E_IO && !fault_vfs_cut()) {
                fail_msg("does not reopen: %s", why);
            }
        } else {
            assert_int_equal(error, CHL_E_FULL);
        }
    }
    return !fault_vfs_cut();
}

static void do_work(struct work *work)
{
    struct chl_journal *journal = open_stubbornly(work);
    for (int batch = 0; journal != NULL && batch < BATCHES; batch++) {
        if (!append_stubbornly(work, journal)) {
            break;
        }
        if (batch % 2 == 1) {
            (void)chl_journal_checkpoint(journal, 1); /* a failure shows at the next commit */
        }
    }
    chl_journal_close(journal);
}

static void begin(struct work *work, const struct fault_plan *plan)
{
    *work = (struct work){0};
    assert_int_equal(place_make(&work->place), 0);
    fault_vfs_begin(plan);
}

/* No fault: how many steps there are to fail at. */
static int count_steps(void)
{
    struct work work;
    begin(&work, &(struct fault_plan){0});
    do_work(&work);
    int steps = fault_vfs_steps();
    assert_int_equal(work.acknowledged, RECORDS);
    assert_in_range(steps, 20, STEPS_MAX);
    place_remove(&work.place);
    return steps;
}

static void fail_at_each_step(enum fault kind)
{
    int steps = count_steps();
    int full = 0;
    for (int at = 1; at <= steps; at++) {
        struct work work;
        struct chl_journal_report report;
        begin(&work, &(struct fault_plan){.kind = kind, .at = at});
        do_work(&work);
        assert_int_equal(work.acknowledged, RECORDS);
        fault_vfs_begin(&(struct fault_plan){0});
        chl_err error = chl_journal_verify(work.place.path, &report);
        if (error != CHL_OK || report.records != RECORDS) {
            fail_msg("step %d: %llu records: %s", at, (unsigned long long)report.records,
                     report.reason);
        }
        full += work.full ? 1 : 0;
        place_remove(&work.place);
    }
    if (kind == FAULT_FULL) {
        assert_true(full > 0);
    }
}

static void test_no_space_at_each_step(void **state)
{
    (void)state;
    fail_at_each_step(FAULT_FULL);
}

static void test_io_error_at_each_step(void **state)
{
    (void)state;
    fail_at_each_step(FAULT_IO);
}

static void test_torn_write_at_each_step(void **state)
{
    (void)state;
    fail_at_each_step(FAULT_TORN);
}

/* Open what a power cut left and compare with what had been acknowledged by then. */
static void check_after_cut(const struct work *work, const struct fault_plan *plan)
{
    struct place after = work->place;
    struct chl_journal_report report = {0};
    snprintf(after.path, sizeof after.path, "%s/after", after.folder);
    assert_true(fault_vfs_save(after.path));
    fault_vfs_begin(&(struct fault_plan){0});
    struct chl_journal *journal = open_journal(&after);
    struct chl_journal_head head;
    chl_journal_head(journal, &head);
    chl_err error = chl_journal_verify(after.path, &report);
    if (head.last < work->acknowledged || head.last > work->offered || error != CHL_OK ||
        report.records != head.last) {
        fail_msg("fault at %d, cut at %d: acknowledged %llu, offered %llu, found %llu, whole %llu: "
                 "%s",
                 plan->at, plan->cut_at, (unsigned long long)work->acknowledged,
                 (unsigned long long)work->offered, (unsigned long long)head.last,
                 (unsigned long long)report.records, report.reason);
    }
    assert_int_equal(append(journal, head.last + 1, 1), CHL_OK);
    chl_journal_close(journal);
}

static bool cut_once(const struct fault_plan *plan)
{
    struct work work;
    begin(&work, plan);
    do_work(&work);
    bool went = fault_vfs_cut();
    if (went) {
        check_after_cut(&work, plan);
    }
    place_remove(&work.place);
    return went;
}

static void test_power_cut_at_each_step(void **state)
{
    (void)state;
    int steps = count_steps();
    for (int at = 1; at <= steps; at++) {
        for (unsigned seed = 1; seed <= 3; seed++) {
            assert_true(cut_once(&(struct fault_plan){.cut_at = at, .seed = seed * 7919U}));
        }
    }
}

/* The worst: a sync fails, the journal is reopened and goes on, later the power goes. */
static void test_power_cut_after_a_failed_sync(void **state)
{
    (void)state;
    int steps = count_steps();
    int failed_syncs = 0;
    for (int at = 1; at <= steps; at++) {
        struct work work;
        begin(&work, &(struct fault_plan){.kind = FAULT_IO, .at = at});
        do_work(&work);
        bool sync = fault_vfs_hit_sync();
        place_remove(&work.place);
        for (int later = 1; sync && later <= 24; later++) {
            (void)cut_once(&(struct fault_plan){
                .kind = FAULT_IO, .at = at, .cut_at = at + later, .seed = (unsigned)(at * later)});
        }
        failed_syncs += sync ? 1 : 0;
    }
    assert_true(failed_syncs >= BATCHES);
}

static int install(void **state)
{
    (void)state;
    return fault_vfs_install() ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_space_at_each_step),
        cmocka_unit_test(test_io_error_at_each_step),
        cmocka_unit_test(test_torn_write_at_each_step),
        cmocka_unit_test(test_power_cut_at_each_step),
        cmocka_unit_test(test_power_cut_after_a_failed_sync),
    };
    return cmocka_run_group_tests(tests, install, NULL);
}
