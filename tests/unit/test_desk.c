/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The lane's desk: who is on it, and when they are not any more; and entries without names.
 */
#include "core/host/desk.h"

#include "lib/base/text.h"
#include "lib/base/time.h"
#include "lib/document/document.h"
#include "tests/fixtures/host/site.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define HOUR_MS INT64_C(3600000)

static const uint8_t first[HOST_PSEUDONYM] = {1}, second[HOST_PSEUDONYM] = {2};

static struct chl_inspection says(const char *name)
{
    struct chl_inspection found = {.size = sizeof found,
                                   .outcome = CHL_CLAIMED,
                                   .format = CHL_FORMAT_CCCD,
                                   .stage = CHL_STAGE_DONE};
    (void)chl_copy(found.claims.name, sizeof found.claims.name, name);
    return found;
}

static void test_last_of_each_lane(void **state)
{
    (void)state;
    struct desk *desk = NULL;
    struct host_desk seen;
    struct chl_inspection an = says("An"), binh = says("Bình"), nobody = says("");
    assert_int_equal(desk_new(2, HOUR_MS, &desk), CHL_OK);
    assert_non_null(desk);
    assert_int_equal(desk_look(desk, 0, &seen), CHL_E_NOTFOUND);
    desk_put(desk, 0, &an, first);
    desk_put(desk, 1, &binh, second);
    assert_int_equal(desk_look(desk, 0, &seen), CHL_OK);
    assert_string_equal(seen.claims.name, "An");
    assert_int_equal(seen.format, CHL_FORMAT_CCCD);
    assert_memory_equal(seen.code, first, sizeof first);
    assert_int_equal(desk_look(desk, 1, &seen), CHL_OK);
    assert_string_equal(seen.claims.name, "Bình");
    assert_int_equal(desk_look(desk, 2, &seen), CHL_E_NOTFOUND);
    desk_put(desk, 0, &nobody, first); /* says nothing of a person */
    assert_int_equal(desk_look(desk, 0, &seen), CHL_E_NOTFOUND);
    desk_put(desk, 1, NULL, NULL); /* no code at all */
    assert_int_equal(desk_look(desk, 1, &seen), CHL_E_NOTFOUND);
    an.outcome = CHL_NOT_MINE;
    desk_put(desk, 0, &an, first);
    assert_int_equal(desk_look(desk, 0, &seen), CHL_E_NOTFOUND);
    desk_put(desk, 9, &binh, first);
    desk_free(desk);
}

static void test_ends_with_its_own_decision(void **state)
{
    (void)state;
    struct desk *desk = NULL;
    struct host_desk seen;
    struct chl_inspection an = says("An");
    assert_int_equal(desk_new(1, HOUR_MS, &desk), CHL_OK);
    desk_put(desk, 0, &an, first);
    desk_end(desk, 0, second, 0); /* about somebody else */
    assert_int_equal(desk_look(desk, 0, &seen), CHL_OK);
    desk_end(desk, 0, first, chl_mono_ns() + 3600 * CHL_NS_PER_S);
    assert_int_equal(desk_look(desk, 0, &seen), CHL_OK);
    desk_end(desk, 0, first, 0);
    assert_int_equal(desk_look(desk, 0, &seen), CHL_E_NOTFOUND);
    desk_end(desk, 5, first, 0);
    desk_free(desk);
}

static void test_time_ends_it(void **state)
{
    (void)state;
    struct desk *desk = NULL;
    struct host_desk seen;
    struct chl_inspection an = says("An");
    assert_int_equal(desk_new(1, HOUR_MS, &desk), CHL_OK);
    desk_put(desk, 0, &an, first);
    desk_tick(desk, chl_mono_ns());
    assert_int_equal(desk_look(desk, 0, &seen), CHL_OK);
    /* An end that was brought forward is kept, also when later ones are asked for. */
    int64_t soon_ns = chl_mono_ns() + CHL_NS_PER_MS;
    desk_end(desk, 0, first, soon_ns);
    desk_end(desk, 0, first, soon_ns + 3600 * CHL_NS_PER_S);
    while (chl_mono_ns() <= soon_ns) {
    }
    assert_int_equal(desk_look(desk, 0, &seen), CHL_E_NOTFOUND);
    desk_put(desk, 0, &an, first);
    desk_tick(desk, chl_mono_ns() + 2 * HOUR_MS * CHL_NS_PER_MS);
    assert_int_equal(desk_look(desk, 0, &seen), CHL_E_NOTFOUND);
    desk_free(desk);
}

static void test_site_without_a_desk(void **state)
{
    (void)state;
    struct desk *desk = NULL;
    struct host_desk seen;
    struct chl_inspection an = says("An");
    assert_int_equal(desk_new(4, 0, &desk), CHL_OK);
    assert_null(desk);
    desk_put(desk, 0, &an, first);
    desk_end(desk, 0, first, 0);
    desk_tick(desk, 0);
    assert_int_equal(desk_look(desk, 0, &seen), CHL_E_NOTSUP);
    desk_free(desk);
}

static bool is_zero(const uint8_t *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (bytes[i] != 0) {
            return false;
        }
    }
    return true;
}

/* Invariant 8. */
static void test_entry_is_a_scan_without_a_name(void **state)
{
    (void)state;
    static struct site site;
    struct host_scan card, again, unnumbered, another, out_of_range;
    struct chl_claims claims = {.size = sizeof claims, .party = 2};
    struct chl_document number;
    site_open(&site, "{}", -1);
    site_load(&site, CHL_BINARY_DIR "/tests/plugins");
    site_start(&site);
    claims.symptomatic = CHL_ANSWER_NO;
    (void)chl_copy(claims.name, sizeof claims.name, "Đặng Thị Ngọc Ánh");
    (void)chl_copy(claims.birth, sizeof claims.birth, "1993");
    assert_int_equal(host_enter(site.host, 0, &claims, &unnumbered), CHL_OK);
    assert_int_equal(host_enter(site.host, 0, &claims, &another), CHL_OK);
    /* Two people may share a name and a year. */
    assert_memory_not_equal(unnumbered.pseudonym, another.pseudonym, HOST_PSEUDONYM);
    assert_int_equal(unnumbered.identity.alias_count, 0);
    assert_true(chl_document_read("001093029317", &number));
    assert_true(chl_document_add(&claims, &number));
    assert_int_equal(host_enter(site.host, 0, &claims, &card), CHL_OK);
    claims.name[0] = '\0';
    assert_int_equal(host_enter(site.host, 1, &claims, &again), CHL_OK);
    assert_memory_equal(card.pseudonym, again.pseudonym, HOST_PSEUDONYM);
    assert_false(is_zero(card.pseudonym, HOST_PSEUDONYM));
    assert_int_equal(card.identity.alias_count, 1);
    assert_int_equal(card.format, CHL_FORMAT_MANUAL);
    assert_int_equal(card.outcome, CHL_CLAIMED);
    assert_int_equal(card.party, 2);
    assert_false(card.is_signed);
    assert_null(memmem(&card, sizeof card, "Ngọc", strlen("Ngọc")));
    assert_null(memmem(&card, sizeof card, "029317", strlen("029317")));
    assert_int_equal(host_enter(site.host, 99, &claims, &out_of_range), CHL_E_NOTFOUND);
    site_close(&site);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_last_of_each_lane),
        cmocka_unit_test(test_ends_with_its_own_decision),
        cmocka_unit_test(test_time_ends_it),
        cmocka_unit_test(test_site_without_a_desk),
        cmocka_unit_test(test_entry_is_a_scan_without_a_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
