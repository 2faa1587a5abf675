/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief A process that writes a journal is killed at random moments; whatever it was told is
 *         durable is there when the next one opens it.
 */
#include "tests/unit/journal_help.h"

#include "lib/base/time.h"

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>

enum { ROUNDS = 40, LONGEST_MS = 25 };

/* Write for ever, telling each durable sequence through the pipe. Never returns. */
static void write_until_killed(const struct place *place, int out)
{
    struct chl_journal *journal = NULL;
    struct chl_journal_head head;
    char why[256];
    if (chl_journal_open(place->path, SITE, &journal, why, sizeof why) != CHL_OK) {
        _exit(3);
    }
    chl_journal_head(journal, &head);
    for (uint64_t next = head.last + 1;;) {
        size_t count = 1 + next % 17;
        if (append(journal, next, count) != CHL_OK) {
            _exit(4);
        }
        next += count;
        uint64_t durable = next - 1;
        if (write(out, &durable, sizeof durable) != (ssize_t)sizeof durable ||
            chl_journal_checkpoint(journal, next % 5 == 0 ? 8 : 100) != CHL_OK) {
            _exit(5);
        }
    }
}

/* The last sequence that the dead process told. */
static uint64_t last_told(int in)
{
    uint64_t told = 0;
    uint64_t value = 0;
    for (;;) {
        ssize_t got = read(in, &value, sizeof value);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got != (ssize_t)sizeof value) {
            return told;
        }
        told = value;
    }
}

static uint64_t one_round(const struct place *place, long delay_us)
{
    int ends[2];
    int status = 0;
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        close(ends[0]);
        write_until_killed(place, ends[1]);
    }
    close(ends[1]);
    nanosleep(&(struct timespec){.tv_nsec = delay_us * 1000}, NULL);
    assert_int_equal(kill(child, SIGKILL), 0);
    uint64_t told = last_told(ends[0]);
    close(ends[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGKILL) {
        fail_msg("the writing process ended by itself: status %d", status);
    }
    return told;
}

static void test_killed_at_any_moment(void **state)
{
    (void)state;
    struct place place;
    uint64_t told = 0;
    unsigned seed = (unsigned)chl_wall_ns();
    print_message("seed %u\n", seed);
    assert_int_equal(place_make(&place), 0);
    for (int round = 0; round < ROUNDS; round++) {
        seed = seed * 1103515245U + 12345U;
        long delay_us = (long)(seed >> 8) % (LONGEST_MS * 1000);
        uint64_t now = one_round(&place, delay_us);
        told = now > told ? now : told;
        struct chl_journal_report report;
        struct chl_journal *journal = open_journal(&place);
        struct chl_journal_head head;
        chl_journal_head(journal, &head);
        assert_true(head.last >= told);
        /* and it goes on from there */
        assert_int_equal(append(journal, head.last + 1, 2), CHL_OK);
        told = head.last + 2;
        chl_err error = chl_journal_verify(place.path, &report);
        if (error != CHL_OK) {
            fail_msg("round %d: record %llu: %s", round, (unsigned long long)report.bad_sequence,
                     report.reason);
        }
        assert_int_equal(report.records, told);
        chl_journal_close(journal);
    }
    print_message("%llu records, %d kills\n", (unsigned long long)told, ROUNDS);
    place_remove(&place);
}

/* A dead writer leaves its log; a reader must manage without anyone who may write. */
static void test_reader_after_a_kill_sees_what_was_told(void **state)
{
    (void)state;
    struct place place;
    struct chl_journal_reader *reader = NULL;
    struct chl_journal_head head;
    char why[256];
    assert_int_equal(place_make(&place), 0);
    fill(&place, 3);
    uint64_t told = one_round(&place, 20000);
    assert_int_equal(chl_journal_reader_open(place.path, &reader, why, sizeof why), CHL_OK);
    assert_int_equal(chl_journal_reader_head(reader, &head), CHL_OK);
    assert_true(head.last >= told && head.last >= 3);
    chl_journal_reader_close(reader);
    place_remove(&place);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_killed_at_any_moment),
        cmocka_unit_test(test_reader_after_a_kill_sees_what_was_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
