/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Cards before a real scanner: a site that accepts only some of them names the others, and
 *  what decides about each reaches the loop.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/fixtures/host/site.h"

#define PLUGINS CHL_STAGE_DIR "/lib/chilang/plugins"
#define CCCD    "020187029317|082345678|Nguyễn Thị Hoa|18011987|Nữ|Lạng Sơn|10052021"
#define BHYT                                                                                       \
    "HS4202020878821|4E677579E1BB856E|18/01/1987|2|-|20 - 012|01/01/2019|31/12/2019|01/01/2019|$"
#define PCCOVID "020187029317|NGUYEN THI HOA|1987-01-18|0|162979388586171100|<2<<0944713700"

static const char *const codes[] = {CCCD,
                                    ("\xEF\xBB\xBF" CCCD "||||\r"),
                                    BHYT,
                                    PCCOVID,
                                    "******029317|NGUYEN THI HOA|1987-**-**|0|162979388586171100|",
                                    "HS4202020878821|4E67Ê9|1987|2|-|1|2|3|4|$",
                                    "NZCP:/1/2KCEVI",
                                    "https://qr.tokhaiyte.vn/?id=1",
                                    "something else"};
enum { CODES = sizeof codes / sizeof *codes };

static bool all_came(const struct site *site)
{
    return site->scan_count >= CODES;
}

/* The same site, with `formats` accepted or, none being named, with a section of the plugin. */
static void run_site(struct site *site, const char *section, const chl_format *formats,
                     size_t count)
{
    char path[PATH_MAX], yaml[PATH_MAX + 256];
    char folder[] = "/tmp/chilang-codes-XXXXXX";
    assert_non_null(mkdtemp(folder));
    (void)snprintf(path, sizeof path, "%s/codes", folder);
    FILE *out = fopen(path, "w");
    assert_non_null(out);
    for (size_t i = 0; i < CODES; i++) {
        fprintf(out, "%s\n", codes[i]);
    }
    assert_int_equal(fclose(out), 0);
    (void)snprintf(yaml, sizeof yaml,
                   "cards: {use: credential_vietnam%s}\nscanner: {use: scan_file, path: '%s'}\n",
                   section, path);
    site_open(site, yaml, -1);
    for (size_t i = 0; i < count; i++) {
        site->config.accepted[formats[i]] = true;
        site->instances[0].options = (struct chl_yaml_node){0}; /* as credentials.accept makes it */
    }
    site_load(site, PLUGINS);
    site_start(site);
    site_wait(site, all_came);
    assert_int_equal(remove(path), 0);
    assert_int_equal(remove(folder), 0);
}

static void expect(const struct site *site, size_t index, chl_outcome outcome, chl_format format,
                   const char *reason)
{
    const struct host_scan *scan = &site->scans[index];
    if (scan->outcome != outcome || scan->format != format || strcmp(scan->reason, reason) != 0) {
        fail_msg("%s: expected outcome %d of format %d for '%s', got %d of %d for '%s'",
                 codes[index], outcome, format, reason, scan->outcome, scan->format, scan->reason);
    }
    assert_false(scan->is_signed);
}

static void expect_others(const struct site *site)
{
    expect(site, 6, CHL_REFUSED, CHL_FORMAT_NZCP, "format_unsupported");
    expect(site, 7, CHL_REFUSED, CHL_FORMAT_PLACE, "place_code");
    expect(site, 8, CHL_NOT_MINE, CHL_FORMAT_UNKNOWN, "format_unknown");
}

static void test_all_three_are_read(void **state)
{
    (void)state;
    static struct site site;
    static const chl_format formats[] = {CHL_FORMAT_CCCD, CHL_FORMAT_BHYT, CHL_FORMAT_PCCOVID};
    run_site(&site, "", formats, 3);
    expect(&site, 0, CHL_CLAIMED, CHL_FORMAT_CCCD, "");
    expect(&site, 1, CHL_CLAIMED, CHL_FORMAT_CCCD, "");
    expect(&site, 2, CHL_CLAIMED, CHL_FORMAT_BHYT, "");
    expect(&site, 3, CHL_CLAIMED, CHL_FORMAT_PCCOVID, "");
    expect(&site, 4, CHL_CLAIMED, CHL_FORMAT_PCCOVID, "");
    expect(&site, 5, CHL_REFUSED, CHL_FORMAT_BHYT, "text_mangled");
    expect_others(&site);
    /* One card on another scanner, one person masked or not. */
    assert_memory_equal(site.scans[0].pseudonym, site.scans[1].pseudonym, HOST_PSEUDONYM);
    assert_memory_equal(site.scans[3].pseudonym, site.scans[4].pseudonym, HOST_PSEUDONYM);
    assert_memory_not_equal(site.scans[0].pseudonym, site.scans[2].pseudonym, HOST_PSEUDONYM);
    site_close(&site);
}

static void test_accepted_formats_alone_are_read(void **state)
{
    (void)state;
    static struct site site;
    static const chl_format formats[] = {CHL_FORMAT_CCCD, CHL_FORMAT_HCERT};
    run_site(&site, "", formats, 2);
    expect(&site, 0, CHL_CLAIMED, CHL_FORMAT_CCCD, "");
    expect(&site, 2, CHL_REFUSED, CHL_FORMAT_BHYT, "format_unsupported");
    expect(&site, 3, CHL_REFUSED, CHL_FORMAT_PCCOVID, "format_unsupported");
    expect(&site, 5, CHL_REFUSED, CHL_FORMAT_BHYT, "format_unsupported");
    expect_others(&site);
    site_close(&site);
}

/* A section of its own says what it says. */
static void test_a_section_says_which(void **state)
{
    (void)state;
    static struct site site;
    run_site(&site, ", formats: [bhyt, pccovid]", NULL, 0);
    expect(&site, 0, CHL_REFUSED, CHL_FORMAT_CCCD, "format_unsupported");
    expect(&site, 2, CHL_CLAIMED, CHL_FORMAT_BHYT, "");
    expect(&site, 3, CHL_CLAIMED, CHL_FORMAT_PCCOVID, "");
    expect_others(&site);
    site_close(&site);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_three_are_read),
        cmocka_unit_test(test_accepted_formats_alone_are_read),
        cmocka_unit_test(test_a_section_says_which),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
