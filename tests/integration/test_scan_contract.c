/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief What every scan plugin must keep, on a device that stands in for its own.
 */
#include "tests/integration/scan_world.h"

#include <dirent.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <pthread.h>

#include "lib/base/time.h"

#define PLUGINS CHL_STAGE_DIR "/lib/chilang/plugins"

enum { CYCLES = 100, SETTLE_MS = 50 };

static struct scan_world world;

static const char *const codes[] = {
    "HC1:6BFOXN%TSMAHN-HKTGX94G-IICOE1OLZ.C5IJO*F*09-S",
    "LS1:NCFOXN%TSMAHN-H",
    "001093029317||NGUYEN VAN A|01021990|Nam|Thon 1, xa Yen Phuc|01082021",
    "x",
    "https://qr.tokhaiyte.vn/?id=1&b=[2]{3}",
};
enum { CODES = sizeof codes / sizeof *codes };

/** Run `test` on every subject that can be tried here. */
static void each(void (*test)(const struct scan_subject *subject))
{
    for (size_t i = 0; i < scan_subject_count; i++) {
        const char *why = scan_subjects[i].skipped();
        if (why != NULL) {
            print_message("SKIPPED %s: %s\n", scan_subjects[i].name, why);
            continue;
        }
        test(&scan_subjects[i]);
    }
}

static void test_every_scan_plugin_is_listed(void **state)
{
    (void)state;
    char names[32][CHL_PLUGIN_NAME_MAX];
    size_t count = 32;
    assert_int_equal(chl_plugin_find(PLUGINS, "scan_", names, &count), CHL_OK);
    assert_true(count > 0 && count <= 32);
    for (size_t i = 0; i < count; i++) {
        bool listed = false;
        for (size_t k = 0; k < scan_subject_count; k++) {
            listed = listed || strcmp(scan_subjects[k].name, names[i]) == 0;
        }
        if (!listed) {
            fail_msg("%s: expected a row in tests/integration/scan_subjects.c", names[i]);
        }
    }
    assert_int_equal(count, scan_subject_count);
}

static void posts_bytes(const struct scan_subject *subject)
{
    scan_world_open(&world, subject);
    subject->appear(&world);
    scan_world_start(&world);
    scan_world_wait_health(&world, true);
    int64_t before_ns = chl_mono_ns();
    for (size_t i = 0; i < CODES; i++) {
        scan_world_show_text(&world, codes[i]);
        scan_world_wait_posts(&world, i + 1);
        scan_world_expect(&world, i, codes[i], strlen(codes[i]));
        assert_true(world.ctx.posts[i].captured_ns >= before_ns);
    }
    scan_world_stop(&world);
    assert_int_equal(scan_world_posts(&world), CODES); /* one post a code */
    scan_world_close(&world);
}

static void test_bytes_are_posted_as_they_are_once(void **state)
{
    (void)state;
    each(posts_bytes);
}

static void refuses_long(const struct scan_subject *subject)
{
    static uint8_t code[CHL_CODE_MAX + 100];
    if (subject->code_max != 0) {
        print_message("%s: no code of more than %zu bytes can be shown\n", subject->name,
                      subject->code_max);
        return;
    }
    scan_world_open(&world, subject);
    subject->appear(&world);
    scan_world_start(&world);
    scan_world_wait_health(&world, true);
    for (size_t i = 0; i < sizeof code; i++) {
        code[i] = (uint8_t)('0' + i % 10);
    }
    subject->show(&world, code, CHL_CODE_MAX);
    scan_world_wait_posts(&world, 1);
    scan_world_expect(&world, 0, code, CHL_CODE_MAX);
    subject->show(&world, code, CHL_CODE_MAX + 1);
    subject->show(&world, code, sizeof code);
    scan_world_wait_posts(&world, 3);
    assert_true(world.ctx.posts[1].unreadable && world.ctx.posts[2].unreadable);
    assert_string_equal(world.ctx.posts[1].refusal, "");
    scan_world_show_text(&world, codes[0]); /* and the next one is read */
    scan_world_wait_posts(&world, 4);
    scan_world_expect(&world, 3, codes[0], strlen(codes[0]));
    scan_world_close(&world);
}

static void test_too_long_a_code_is_unreadable_and_the_next_is_read(void **state)
{
    (void)state;
    each(refuses_long);
}

static void comes_later(const struct scan_subject *subject)
{
    scan_world_open(&world, subject);
    scan_world_start(&world); /* an absent device is no error */
    scan_world_wait_health(&world, false);
    pthread_mutex_lock(&world.ctx.lock);
    bool says_why = world.ctx.health[0] != '\0';
    pthread_mutex_unlock(&world.ctx.lock);
    assert_true(says_why);
    for (unsigned round = 0; round < 2; round++) {
        subject->appear(&world);
        scan_world_wait_health(&world, true);
        scan_world_show_text(&world, codes[round]);
        scan_world_wait_posts(&world, round + 1);
        scan_world_expect(&world, round, codes[round], strlen(codes[round]));
        int64_t gone_ns = chl_mono_ns();
        subject->vanish(&world);
        if (round == 0 && subject->tells_loss) {
            scan_world_wait_health(&world, false);
            assert_true(chl_mono_ns() - gone_ns < CHL_NS_PER_S);
        }
    }
    scan_world_close(&world);
}

static void test_a_device_may_come_later_and_come_back(void **state)
{
    (void)state;
    each(comes_later);
}

static void posts_nothing(const struct scan_subject *subject)
{
    scan_world_open(&world, subject);
    subject->appear(&world);
    scan_world_start(&world);
    scan_world_wait_health(&world, true);
    scan_world_show_text(&world, codes[0]);
    scan_world_wait_posts(&world, 1);
    world.plugin->ops->quiesce(world.instance);
    scan_world_show_text(&world, codes[1]);
    (void)poll(NULL, 0, SETTLE_MS); /* nothing to wait for: it must not come */
    assert_int_equal(scan_world_posts(&world), 1);
    scan_world_stop(&world);
    assert_int_equal(scan_world_posts(&world), 1);
    scan_world_close(&world);
}

static void test_nothing_is_posted_once_quiesced(void **state)
{
    (void)state;
    each(posts_nothing);
}

static void stop_within_a_second(void)
{
    int64_t began_ns = chl_mono_ns();
    scan_world_stop(&world);
    assert_true(chl_mono_ns() - began_ns < CHL_NS_PER_S);
}

static void stops(const struct scan_subject *subject)
{
    scan_world_open(&world, subject);
    scan_world_start(&world);
    scan_world_wait_health(&world, false);
    stop_within_a_second(); /* while the device is absent */
    subject->appear(&world);
    for (size_t round = 0; round < 3; round++) {
        world.ctx.health_reports = 0;
        scan_world_start(&world);
        scan_world_wait_health(&world, true);
        scan_world_show_text(&world, codes[round]);
        scan_world_wait_posts(&world, round + 1);
        scan_world_expect(&world, round, codes[round], strlen(codes[round]));
        stop_within_a_second(); /* while it waits for the next code */
    }
    scan_world_close(&world);
}

static void test_stop_takes_less_than_a_second_and_a_new_start_works(void **state)
{
    (void)state;
    each(stops);
}

static size_t entries(const char *path)
{
    size_t count = 0;
    DIR *folder = opendir(path);
    assert_non_null(folder);
    while (readdir(folder) != NULL) { /* NOLINT(concurrency-mt-unsafe): own stream */
        count++;
    }
    (void)closedir(folder);
    return count;
}

static void leaks_nothing(const struct scan_subject *subject)
{
    scan_world_open(&world, subject);
    subject->appear(&world);
    scan_world_start(&world);
    scan_world_stop(&world);
    size_t fds = entries("/proc/self/fd");
    size_t threads = entries("/proc/self/task");
    for (unsigned i = 0; i < CYCLES; i++) {
        scan_world_start(&world);
        scan_world_stop(&world);
    }
    assert_int_equal(entries("/proc/self/fd"), fds);
    assert_int_equal(entries("/proc/self/task"), threads);
    scan_world_close(&world);
}

static void test_a_hundred_starts_leak_nothing(void **state)
{
    (void)state;
    each(leaks_nothing);
}

static void expect_refusal(const char *bad, const char *text)
{
    static const char *const also[] = {"use", NULL};
    char options[128], yaml[PATH_MAX + 256], place[32];
    struct chl_yaml *document = NULL;
    struct chl_yaml_error error = {.line = 0};
    void *config = NULL;
    (void)snprintf(options, sizeof options, "%s, %s", "", bad);
    scan_world_yaml(&world, options, yaml, sizeof yaml);
    assert_int_equal(chl_yaml_parse("site.yaml", yaml, strlen(yaml), &document, &error), CHL_OK);
    struct chl_yaml_node node = chl_yaml_get(document, chl_yaml_root(document), "it");
    assert_int_equal(chl_plugin_configure(world.handle, document, node, also, &config, &error),
                     CHL_E_CONFIG);
    assert_null(config);
    (void)snprintf(place, sizeof place,
                   "site.yaml:1:%zu: ", (size_t)(strstr(yaml, bad) - yaml) + 1);
    size_t value = strcspn(bad, " ") + 1; /* either the key or its value is pointed at */
    char other[32];
    (void)snprintf(other, sizeof other,
                   "site.yaml:1:%zu: ", (size_t)(strstr(yaml, bad) - yaml) + 1 + value);
    if (strstr(error.text, place) == NULL && strstr(error.text, other) == NULL) {
        fail_msg("%s: expected %sor %s, got: %s", world.subject->name, place, other, error.text);
    }
    if (strstr(error.text, text) == NULL) {
        fail_msg("%s: expected '%s', got: %s", world.subject->name, text, error.text);
    }
    chl_yaml_free(document);
}

static void refuses_options(const struct scan_subject *subject)
{
    scan_world_open(&world, subject);
    expect_refusal(subject->bad_option, subject->bad_text);
    expect_refusal("no_such_option: 1", "no_such_option");
    scan_world_close(&world);
}

static void test_a_wrong_option_is_refused_where_it_stands(void **state)
{
    (void)state;
    each(refuses_options);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_scan_plugin_is_listed),
        cmocka_unit_test(test_bytes_are_posted_as_they_are_once),
        cmocka_unit_test(test_too_long_a_code_is_unreadable_and_the_next_is_read),
        cmocka_unit_test(test_a_device_may_come_later_and_come_back),
        cmocka_unit_test(test_nothing_is_posted_once_quiesced),
        cmocka_unit_test(test_stop_takes_less_than_a_second_and_a_new_start_works),
        cmocka_unit_test(test_a_hundred_starts_leak_nothing),
        cmocka_unit_test(test_a_wrong_option_is_refused_where_it_stands),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
