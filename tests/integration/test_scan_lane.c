/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Several scanners on one lane, in the daemon's own host: each posts for the lane, each has
 * a health of its own, and one that is silent holds up nobody.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/fixtures/host/site.h"
#include "tests/integration/scan_devices.h"

#define PLUGINS CHL_STAGE_DIR "/lib/chilang/plugins"

enum { SERIAL = 0, ABSENT = 1, TYPING = 2, SCANNERS = 3 };

static const struct site_health *last_health(const struct site *site, int instance)
{
    for (size_t i = site->health_count; i-- > 0;) {
        if (site->healths[i].instance == instance) {
            return &site->healths[i];
        }
    }
    return NULL;
}

static bool is_ok(const struct site *site, int instance, bool ok)
{
    const struct site_health *health = last_health(site, instance);
    return health != NULL && health->ok == ok;
}

static bool all_have_said(const struct site *site)
{
    return is_ok(site, SERIAL, true) && is_ok(site, ABSENT, false) && is_ok(site, TYPING, true);
}

static bool all_are_well(const struct site *site)
{
    return is_ok(site, SERIAL, true) && is_ok(site, ABSENT, true) && is_ok(site, TYPING, true);
}

static bool has_one_scan(const struct site *site)
{
    return site->scan_count >= 1;
}

static bool has_two_scans(const struct site *site)
{
    return site->scan_count >= 2;
}

static bool has_three_scans(const struct site *site)
{
    return site->scan_count >= 3;
}

static void type(int fd, const char *text)
{
    for (const char *c = text; *c != '\0'; c++) {
        struct input_event events[KEY_EVENTS_MAX];
        size_t count = key_events(*c, events);
        device_write(fd, events, count * sizeof *events);
    }
}

static void test_several_scanners_serve_one_lane(void **state)
{
    (void)state;
    static struct site site;
    char folder[] = "/tmp/chl-lane-XXXXXX";
    char yaml[1024], first[64], second[64], third[64];
    assert_non_null(mkdtemp(folder));
    (void)snprintf(first, sizeof first, "%s/first", folder);
    (void)snprintf(second, sizeof second, "%s/second", folder);
    (void)snprintf(third, sizeof third, "%s/third", folder);
    (void)snprintf(yaml, sizeof yaml,
                   "one: {use: scan_serial, device: '%s'}\n"
                   "two: {use: scan_serial, device: '%s'}\n"
                   "three: {use: scan_hid, device: '%s'}\n",
                   first, second, third);
    int serial = device_pty(first);
    assert_int_equal(mkfifo(third, 0600), 0);
    int keys = open(third, O_RDWR | O_NONBLOCK | O_CLOEXEC);
    assert_true(keys >= 0);
    site_open(&site, yaml, -1);
    for (size_t i = 0; i < SCANNERS; i++) {
        site.instances[i].lane = 1;
    }
    site_load(&site, PLUGINS);
    site_start(&site);
    site_wait(&site, all_have_said);
    struct host_status status;
    host_status(site.host, ABSENT, &status);
    assert_true(status.running && !status.ok);
    assert_non_null(strstr(status.text, second));

    device_write(serial, "HC1:A\r", 6);
    site_wait(&site, has_one_scan);
    type(keys, "HC1:B\n");
    site_wait(&site, has_two_scans);
    int late = device_pty(second); /* the silent one comes, and is as good as the others */
    site_wait(&site, all_are_well);
    device_write(late, "HC1:C\r", 6);
    site_wait(&site, has_three_scans);

    static const int from[] = {SERIAL, TYPING, ABSENT};
    for (size_t i = 0; i < SCANNERS; i++) {
        assert_int_equal(site.scans[i].lane.index, 1);
        assert_int_equal(site.scans[i].instance, from[i]);
    }
    site_close(&site);
    (void)close(serial);
    (void)close(late);
    (void)close(keys);
    assert_int_equal(unlink(first) + unlink(second) + unlink(third) + rmdir(folder), 0);
}

static bool has_refusal(const struct site *site)
{
    return site->scan_count >= 1;
}

/* From the key strokes to what the loop gets: the refusal by its name, and nobody's number. */
static void test_mangled_text_reaches_the_lane_by_its_name(void **state)
{
    (void)state;
    static struct site site;
    char folder[] = "/tmp/chl-lane-XXXXXX";
    char yaml[256], fifo[64];
    assert_non_null(mkdtemp(folder));
    (void)snprintf(fifo, sizeof fifo, "%s/keys", folder);
    (void)snprintf(yaml, sizeof yaml, "it: {use: scan_hid, device: '%s'}\n", fifo);
    assert_int_equal(mkfifo(fifo, 0600), 0);
    int keys = open(fifo, O_RDWR | O_NONBLOCK | O_CLOEXEC);
    assert_true(keys >= 0);
    site_open(&site, yaml, -1);
    site_load(&site, PLUGINS);
    site_start(&site);
    type(keys, "001093029317||Nguy?n|01021990|Nam|X|01082021\n");
    site_wait(&site, has_refusal);
    assert_int_equal(site.scans[0].outcome, CHL_REFUSED);
    assert_string_equal(site.scans[0].reason, "text_mangled");
    assert_false(site.scans[0].unreadable);
    for (size_t i = 0; i + 6 < sizeof site.scans[0]; i++) {
        assert_memory_not_equal((const char *)&site.scans[0] + i, "029317", 6);
    }
    site_close(&site);
    (void)close(keys);
    assert_int_equal(unlink(fifo) + rmdir(folder), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_several_scanners_serve_one_lane),
        cmocka_unit_test(test_mangled_text_reaches_the_lane_by_its_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
