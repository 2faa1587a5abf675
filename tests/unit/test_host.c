/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief What plugins are lent: scans, pseudonyms, commands, reports, the journal and fresh trust.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/base/time.h"
#include "lib/journal/journal.h"
#include "tests/fixtures/host/site.h"

#define PLUGINS CHL_BINARY_DIR "/tests/plugins"

static bool has_four_scans(const struct site *site)
{
    return site->scan_count >= 4;
}

static bool has_five_scans(const struct site *site)
{
    return site->scan_count >= 5;
}

/* Invariant 8: what reaches the loop names nobody. */
static void test_scans_reach_the_loop_without_the_person(void **state)
{
    (void)state;
    static struct site site;
    site_open(&site,
              "reader: {use: fixture_credential, trust: [a]}\n"
              "scanner: {use: fixture_scan, codes: ['T:id-1', 'R:x', 'what is this', '-', "
              "'!text_mangled']}\n",
              -1);
    site_load(&site, PLUGINS);
    site_start(&site);
    site_wait(&site, has_five_scans);
    const struct host_scan *good = &site.scans[0], *refused = &site.scans[1];
    assert_int_equal(good->outcome, CHL_CLAIMED);
    assert_int_equal(good->format, CHL_FORMAT_DECLARATION);
    assert_true(good->is_signed);
    assert_int_equal(good->party, 3);
    assert_int_equal(good->instance, 1);
    assert_string_equal(good->from_area, "05977");
    assert_true(good->captured_ns > 0 && good->inspected_ns >= good->captured_ns);
    for (size_t i = 0; i + 8 < sizeof *good; i++) {
        assert_memory_not_equal((const char *)good + i, "Somebody", 8);
        assert_memory_not_equal((const char *)good + i, "09000000", 8);
    }
    assert_int_equal(refused->outcome, CHL_REFUSED);
    assert_int_equal(refused->stage, CHL_STAGE_SIGNATURE);
    assert_int_equal(strlen(refused->reason), sizeof refused->reason - 1);
    assert_int_equal(refused->party, 1);
    assert_int_equal(site.scans[2].outcome, CHL_NOT_MINE);
    assert_string_equal(site.scans[2].reason, "format_unknown");
    assert_true(site.scans[3].unreadable);
    assert_string_equal(site.scans[3].reason, "picture_unreadable");
    assert_false(site.scans[4].unreadable); /* the scanner's fault has a text of its own */
    assert_int_equal(site.scans[4].outcome, CHL_REFUSED);
    assert_int_equal(site.scans[4].stage, CHL_STAGE_PREFIX);
    assert_string_equal(site.scans[4].reason, "text_mangled");
    assert_memory_not_equal(good->pseudonym, refused->pseudonym, HOST_PSEUDONYM);
    site_close(&site);
    assert_true(site.done);
}

static void test_pseudonyms_are_kept_over_a_restart_by_a_private_key(void **state)
{
    (void)state;
    static struct site first, second;
    static const char yaml[] = "reader: {use: fixture_credential}\n"
                               "scanner: {use: fixture_scan, codes: ['T:a', 'T:b', 'T:a', 'x']}\n";
    char key[PATH_MAX];
    struct stat status;
    site_open(&first, yaml, -1);
    site_load(&first, PLUGINS);
    site_start(&first);
    site_wait(&first, has_four_scans);
    site_path(&first, "pseudonym.key", key);
    assert_int_equal(stat(key, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    assert_int_equal(status.st_size, 32);
    assert_memory_equal(first.scans[0].pseudonym, first.scans[2].pseudonym, HOST_PSEUDONYM);
    assert_memory_not_equal(first.scans[0].pseudonym, first.scans[1].pseudonym, HOST_PSEUDONYM);

    site_open(&second, yaml, -1);
    second.config.state_dir = first.folder;
    site_load(&second, PLUGINS);
    site_start(&second);
    site_wait(&second, has_four_scans);
    for (size_t i = 0; i < 4; i++) {
        assert_memory_equal(first.scans[i].pseudonym, second.scans[i].pseudonym, HOST_PSEUDONYM);
    }
    site_close(&second);
    site_close(&first);
}

static void expect_key_refused(struct site *site, const char *bytes, mode_t mode,
                               const char *expected)
{
    char key[PATH_MAX], why[HOST_WHY_MAX] = "";
    site_path(site, "pseudonym.key", key);
    (void)remove(key);
    FILE *out = fopen(key, "w");
    assert_non_null(out);
    assert_true(fputs(bytes, out) >= 0);
    assert_int_equal(fclose(out), 0);
    assert_int_equal(chmod(key, mode), 0);
    assert_int_not_equal(host_start(site->host, why, sizeof why), CHL_OK);
    assert_non_null(strstr(why, key));
    assert_non_null(strstr(why, expected));
}

static void test_a_key_that_is_short_or_public_stops_the_start(void **state)
{
    (void)state;
    static struct site site;
    static const char good[] = "0123456789abcdef0123456789abcdef";
    site_open(&site, "reader: {use: fixture_credential}\n", -1);
    site_load(&site, PLUGINS);
    expect_key_refused(&site, "short", 0600, "expected 32 bytes, got 5");
    expect_key_refused(&site, "0123456789abcdef0123456789abcdef0", 0600, "got at least 33");
    expect_key_refused(&site, good, 0644, "got mode 0644");
    site_close(&site);
}

struct submitter {
    struct site *site;
    atomic_bool *stop;
    unsigned accepted, refused;
};

static void *submit_on(void *argument)
{
    struct submitter *own = argument;
    struct chl_gate_command command = {.size = (uint32_t)sizeof command,
                                       .action = CHL_GATE_RELEASE,
                                       .places = 1,
                                       .gate = {.index = 1}};
    while (!atomic_load(own->stop)) {
        command.id++;
        chl_err error = host_gate_submit(own->site->host, 0, &command);
        if (error == CHL_OK) {
            own->accepted++;
        } else {
            own->refused += error == CHL_E_STATE ? 1U : 0U;
            if (error != CHL_E_STATE) {
                return own; /* anything else means that the plugin was called too late */
            }
        }
        if (own->accepted > SITE_REPORTS / 4) {
            break;
        }
    }
    return NULL;
}

/* Commands come from other threads until the very end; the plugin is never called after its stop.
 */
static void test_commands_race_with_the_stop_and_never_come_late(void **state)
{
    (void)state;
    enum { THREADS = 3 };
    static struct site site;
    struct submitter submitters[THREADS];
    pthread_t threads[THREADS];
    atomic_bool stop = false;
    site_open(&site, "bus: {use: fixture_gate}\n", 0);
    site_load(&site, PLUGINS);
    assert_int_equal(host_gate_submit(site.host, 0, NULL), CHL_E_INVAL);
    site_start(&site);
    for (size_t i = 0; i < THREADS; i++) {
        submitters[i] = (struct submitter){.site = &site, .stop = &stop};
        assert_int_equal(pthread_create(&threads[i], NULL, submit_on, &submitters[i]), 0);
    }
    (void)usleep(2000);
    host_stop(site.host, NULL, NULL);
    assert_int_equal(host_join(site.host, 20000), CHL_OK);
    atomic_store(&stop, true);
    size_t accepted = 0;
    for (size_t i = 0; i < THREADS; i++) {
        void *late = NULL;
        assert_int_equal(pthread_join(threads[i], &late), 0);
        assert_null(late);
        accepted += submitters[i].accepted;
    }
    assert_int_equal(site.report_count, accepted);
    for (size_t i = 0; i < site.report_count; i++) {
        assert_int_equal(site.reports[i].kind, CHL_REPORT_DONE);
        assert_int_equal(site.reports[i].gate.index, 1);
    }
    const struct chl_gate_command command = {.size = (uint32_t)sizeof command};
    assert_int_equal(host_gate_submit(site.host, 0, &command), CHL_E_STATE);
    assert_int_equal(host_gate_submit(site.host, 1, &command), CHL_E_INVAL);
    assert_int_equal(host_gate_submit(site.host, -1, &command), CHL_E_INVAL);
    site_close(&site);
}

static void test_a_report_for_another_buss_gate_is_refused(void **state)
{
    (void)state;
    static struct site site;
    const struct chl_gate_command command = {
        .size = (uint32_t)sizeof command, .action = CHL_GATE_READ, .gate = {.index = 0}};
    site_open(&site, "bus: {use: fixture_gate, reports-for: 2}\n", 0);
    site_load(&site, PLUGINS);
    site_start(&site);
    assert_int_equal(host_gate_submit(site.host, 0, &command), CHL_E_INVAL);
    assert_int_equal(site.report_count, 0);
    site_close(&site);
}

static void test_busy_is_passed_back_to_the_plugin(void **state)
{
    (void)state;
    static struct site site;
    const struct chl_gate_command command = {
        .size = (uint32_t)sizeof command, .action = CHL_GATE_READ, .gate = {.index = 0}};
    site_open(&site, "bus: {use: fixture_gate}\n", 0);
    site.gate_answer = CHL_E_BUSY;
    site_load(&site, PLUGINS);
    site_start(&site);
    assert_int_equal(host_gate_submit(site.host, 0, &command), CHL_E_BUSY);
    site_close(&site);
}

static void append(const char *path, size_t count)
{
    struct chl_journal *journal = NULL;
    struct chl_journal_head head;
    char why[HOST_WHY_MAX] = "";
    if (chl_journal_open(path, "test-site", &journal, why, sizeof why) != CHL_OK) {
        fail_msg("%s", why);
    }
    for (size_t i = 0; i < count; i++) {
        chl_journal_head(journal, &head);
        const struct chl_journal_entry entry = {.sequence = head.last + 1,
                                                .wall_ns = chl_wall_ns(),
                                                .event_class = CHL_CLASS_HEALTH,
                                                .type = "started",
                                                .body = (const uint8_t *)"{}",
                                                .body_length = 2};
        assert_int_equal(chl_journal_append(journal, &entry, 1), CHL_OK);
    }
    chl_journal_close(journal);
}

static void test_a_service_follows_the_journal(void **state)
{
    (void)state;
    static struct site site;
    site_open(&site, "follower: {use: fixture_service, acts: [follow]}\n", -1);
    append(site.journal, 3);
    site_load(&site, PLUGINS);
    host_journal_grew(site.host, 3);
    site_start(&site);
    char expected[128];
    (void)snprintf(expected, sizeof expected, "site=test-site head=3 records=3 woken=1 0 0 0 %d",
                   CHL_E_LIMIT);
    assert_int_equal(site.health_count, 1);
    assert_string_equal(site.healths[0].text, expected);
    assert_int_equal(site.cursor_count, 1); /* the one past the head was refused */
    assert_int_equal(site.cursor.acknowledged, 3);
    host_journal_grew(site.host, 4);
    site_close(&site);
}

static void test_an_absent_journal_is_an_error_not_a_crash(void **state)
{
    (void)state;
    static struct site site;
    site_open(&site, "follower: {use: fixture_service, acts: [follow]}\n", -1);
    site_load(&site, PLUGINS);
    site_start(&site);
    assert_int_equal(site.health_count, 1);
    assert_non_null(strstr(site.healths[0].text, "head=0 records=0"));
    site_close(&site);
}

static bool has_many_scans(const struct site *site)
{
    return site->scan_count > 2000;
}

/* Trust is swapped again and again while a scanner never pauses: no scan is lost or refused. */
static void test_credentials_are_reloaded_under_a_running_scanner(void **state)
{
    (void)state;
    static struct site site;
    site_open(&site,
              "reader: {use: fixture_credential}\n"
              "scanner: {use: fixture_scan, codes: ['T:a'], forever: true}\n",
              -1);
    site_load(&site, PLUGINS);
    site_start(&site);
    for (int i = 0; i < 50; i++) {
        host_reload_credentials(site.host);
        (void)usleep(500);
    }
    site_wait(&site, has_many_scans);
    for (size_t i = 0; i < SITE_SCANS; i++) {
        assert_int_equal(site.scans[i].outcome, CHL_CLAIMED);
    }
    site_close(&site);
}

static bool reload_was_refused(const struct site *site)
{
    return site->health_count == 1 && !site->healths[0].ok &&
           strstr(site->healths[0].text, "reload refused, the former trust stays") != NULL;
}

static void test_a_refused_reload_leaves_the_former_trust(void **state)
{
    (void)state;
    static struct site site, folder;
    char needed[PATH_MAX], yaml[2 * PATH_MAX];
    site_open(&folder, "a: {use: b}\n", -1);
    site_path(&folder, "trust.pem", needed);
    FILE *made = fopen(needed, "w");
    assert_non_null(made);
    assert_int_equal(fclose(made), 0);
    (void)snprintf(yaml, sizeof yaml, "reader: {use: fixture_credential, needs: '%s'}\n", needed);
    site_open(&site, yaml, -1);
    site_load(&site, PLUGINS);
    site_start(&site);
    assert_int_equal(remove(needed), 0);
    host_reload_credentials(site.host);
    site_wait(&site, reload_was_refused);
    assert_true(site_runs(&site, 0));
    site_close(&site);
    site_close(&folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_scans_reach_the_loop_without_the_person),
        cmocka_unit_test(test_pseudonyms_are_kept_over_a_restart_by_a_private_key),
        cmocka_unit_test(test_a_key_that_is_short_or_public_stops_the_start),
        cmocka_unit_test(test_commands_race_with_the_stop_and_never_come_late),
        cmocka_unit_test(test_a_report_for_another_buss_gate_is_refused),
        cmocka_unit_test(test_busy_is_passed_back_to_the_plugin),
        cmocka_unit_test(test_a_service_follows_the_journal),
        cmocka_unit_test(test_an_absent_journal_is_an_error_not_a_crash),
        cmocka_unit_test(test_credentials_are_reloaded_under_a_running_scanner),
        cmocka_unit_test(test_a_refused_reload_leaves_the_former_trust),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
