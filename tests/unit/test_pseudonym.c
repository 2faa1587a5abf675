/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The period's key lives as long as it may and no longer (invariant 8).
 */
#include "core/host/pseudonym.h"
#include "lib/base/time.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

enum { DAY_S = 86400, KEEP_DAYS = 28 };

static const int64_t keep_ms = (int64_t)KEEP_DAYS * DAY_S * 1000;

/* Set the key's age and open it as a start does. */
static void start_at_age(const char *folder, int64_t age_s, struct pseudonym_key *out)
{
    char path[64];
    char why[256] = "";
    snprintf(path, sizeof path, "%s/pseudonym.key", folder);
    if (age_s >= 0) {
        time_t then = (time_t)(chl_wall_ns() / CHL_NS_PER_S - age_s);
        struct timespec times[2] = {{.tv_sec = then}, {.tv_sec = then}};
        assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
    }
    assert_int_equal(pseudonym_key_expire(folder, keep_ms, why, sizeof why), CHL_OK);
    assert_int_equal(pseudonym_key_open(folder, out, why, sizeof why), CHL_OK);
}

static void test_key_is_destroyed_at_its_periods_end(void **state)
{
    (void)state;
    char folder[] = "/tmp/chilang-key-XXXXXX";
    struct pseudonym_key first;
    struct pseudonym_key next;
    assert_non_null(mkdtemp(folder));
    start_at_age(folder, -1, &first);
    start_at_age(folder, (KEEP_DAYS - 1) * DAY_S, &next);
    assert_memory_equal(first.bytes, next.bytes, PSEUDONYM_KEY);
    /* A clock that is behind must not destroy anything. */
    start_at_age(folder, 0, &next);
    assert_memory_equal(first.bytes, next.bytes, PSEUDONYM_KEY);
    start_at_age(folder, (KEEP_DAYS + 1) * DAY_S, &next);
    assert_memory_not_equal(first.bytes, next.bytes, PSEUDONYM_KEY);
    char path[64];
    snprintf(path, sizeof path, "%s/pseudonym.key", folder);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(folder), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_key_is_destroyed_at_its_periods_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
