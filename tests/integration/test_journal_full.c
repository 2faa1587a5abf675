/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief A disk that is really full: nothing acknowledged is lost, and the same bytes go in when
 *         there is room again.
 */
#include "tests/unit/journal_help.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>

enum { MOST = 4000, SKIP = 77 };

/* Append one by one until there is no space. @return the last durable sequence, 0: something else
 * went wrong. */
static uint64_t fill_up(struct chl_journal *journal, uint64_t from)
{
    for (uint64_t sequence = from; sequence < from + MOST; sequence++) {
        chl_err error = append(journal, sequence, 1);
        if (error == CHL_E_FULL) {
            return sequence - 1;
        }
        if (error != CHL_OK) {
            print_error("%s: %s\n", chl_strerror(error), chl_journal_error(journal));
            return 0;
        }
    }
    return 0;
}

/* What must hold while it is full: the end is where it was acknowledged, and all of it is whole. */
static bool holds(const struct place *place, struct chl_journal *journal, uint64_t last)
{
    struct chl_journal_report report = {0};
    struct chl_journal_head head;
    chl_journal_head(journal, &head);
    chl_err error = chl_journal_verify(place->path, &report);
    if (head.last != last || error != CHL_OK || report.records != last) {
        print_error("expected %llu records, came head %llu, %llu whole ones: %s\n",
                    (unsigned long long)last, (unsigned long long)head.last,
                    (unsigned long long)report.records, report.reason);
        return false;
    }
    return true;
}

static bool still_full(const struct place *place, struct chl_journal *journal, uint64_t last)
{
    for (int i = 0; i < 3; i++) {
        if (append(journal, last + 1, 5) != CHL_E_FULL || !holds(place, journal, last)) {
            return false;
        }
    }
    return true;
}

static void test_file_size_limit(void **state)
{
    (void)state;
    struct place place;
    struct rlimit before;
    assert_int_equal(place_make(&place), 0);
    (void)signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    struct chl_journal *journal = open_journal(&place);
    struct rlimit small = {.rlim_cur = 256 * 1024, .rlim_max = before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    uint64_t last = fill_up(journal, 1);
    bool good = last > 10 && still_full(&place, journal, last);
    /* the log's room can be used again once its pages are moved */
    bool moved = chl_journal_checkpoint(journal, 1) == CHL_OK;
    uint64_t later = fill_up(journal, last + 1);
    bool kept = holds(&place, journal, later);
    setrlimit(RLIMIT_FSIZE, &before);
    (void)signal(SIGXFSZ, SIG_DFL);
    assert_true(good);
    assert_true(moved);
    assert_true(later > last);
    assert_true(kept);
    assert_int_equal(append(journal, later + 1, 5), CHL_OK);
    assert_true(holds(&place, journal, later + 5));
    chl_journal_close(journal);
    place_remove(&place);
}

/* On a tiny file system of its own. @return an exit status. */
static int on_tiny_disk(const struct place *place)
{
    char filler[128];
    static char zeros[96 * 1024];
    struct chl_journal *journal = NULL;
    char why[256];
    if (unshare(CLONE_NEWNS) != 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount("tmpfs", place->folder, "tmpfs", 0, "size=512k") != 0) {
        return SKIP;
    }
    snprintf(filler, sizeof filler, "%s/filler", place->folder);
    int fd = open(filler, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    if (fd < 0 || write(fd, zeros, sizeof zeros) != (ssize_t)sizeof zeros || close(fd) != 0 ||
        chl_journal_open(place->path, SITE, &journal, why, sizeof why) != CHL_OK) {
        return 2;
    }
    uint64_t last = fill_up(journal, 1);
    if (last < 10 || !still_full(place, journal, last)) {
        return 3;
    }
    chl_err error = chl_journal_checkpoint(journal, 1);
    if ((error != CHL_OK && error != CHL_E_FULL) || !holds(place, journal, last)) {
        return 4;
    }
    unlink(filler);
    if (append(journal, last + 1, 5) != CHL_OK || !holds(place, journal, last + 5)) {
        return 5;
    }
    chl_journal_close(journal);
    journal = NULL;
    if (chl_journal_open(place->path, SITE, &journal, why, sizeof why) != CHL_OK ||
        !holds(place, journal, last + 5)) {
        return 6;
    }
    chl_journal_close(journal);
    umount2(place->folder, MNT_DETACH);
    return 0;
}

static void test_tiny_file_system(void **state)
{
    (void)state;
    struct place place;
    int status = 0;
    assert_int_equal(place_make(&place), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        _exit(on_tiny_disk(&place));
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    place_remove(&place);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) == SKIP) {
        print_message("SKIPPED: no right to mount a file system here\n");
        skip();
    }
    assert_int_equal(WEXITSTATUS(status), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_file_size_limit),
        cmocka_unit_test(test_tiny_file_system),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
