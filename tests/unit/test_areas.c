/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Areas: the tables that are installed, and which of them a written name may mean.
 */
#include "lib/areas/areas.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define DATA CHL_SOURCE_DIR "/lib/areas/data"

enum { ROOM = 8 };

static struct chl_areas *areas;
static char why[512];

static int load(void **state)
{
    (void)state;
    return chl_areas_load(DATA, &areas, why, sizeof why) == CHL_OK ? 0 : -1;
}

static int unload(void **state)
{
    (void)state;
    chl_areas_free(areas);
    return 0;
}

static void test_codes_are_checked(void **state)
{
    (void)state;
    const struct chl_area *area = chl_areas_by_code(areas, CHL_AREAS_COMMUNE, "05977");
    assert_non_null(area);
    assert_string_equal(area->name, "Vĩnh Trại");
    assert_string_equal(area->kind, "phường");
    assert_string_equal(area->within, "Thành phố Lạng Sơn");
    assert_string_equal(chl_areas_by_code(areas, CHL_AREAS_PROVINCE, "20")->name, "Tỉnh Lạng Sơn");
    assert_string_equal(chl_areas_by_code(areas, CHL_AREAS_DISTRICT, "180")->name,
                        "Huyện Tràng Định");
    static const struct {
        chl_areas_level level;
        const char *code;
        bool good;
    } cases[] = {
        {CHL_AREAS_COMMUNE, "05977", true}, {CHL_AREAS_COMMUNE, "05978", false},
        {CHL_AREAS_COMMUNE, "00001", true}, /* another province's */
        {CHL_AREAS_COMMUNE, "32248", true}, {CHL_AREAS_COMMUNE, "00000", false},
        {CHL_AREAS_COMMUNE, "5977", false}, {CHL_AREAS_COMMUNE, "0597a", false},
        {CHL_AREAS_PROVINCE, "20", true},   {CHL_AREAS_PROVINCE, "03", false},
        {CHL_AREAS_DISTRICT, "180", true},  {CHL_AREAS_DISTRICT, "179", false},
        {CHL_AREAS_DISTRICT, "001", true},  {CHL_AREAS_DISTRICT, "", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(chl_areas_is_code(areas, cases[i].level, cases[i].code), cases[i].good);
    }
}

static void test_a_name_may_mean_several(void **state)
{
    (void)state;
    const struct chl_area *found[ROOM];
    assert_int_equal(chl_areas_find(areas, CHL_AREAS_COMMUNE, "Chi Lăng", found, ROOM), 4);
    assert_string_equal(found[0]->code, "05983");
    assert_true(strcmp(found[0]->code, found[1]->code) < 0);
    assert_int_equal(chl_areas_find(areas, CHL_AREAS_COMMUNE, "chi lang", found, ROOM), 4);
    assert_int_equal(chl_areas_find(areas, CHL_AREAS_COMMUNE, "Chi Lăng", found, 1), 4);
    static const struct {
        const char *text, *code;
    } one[] = {
        {"phường Chi Lăng", "05983"},
        {"P. Chi Lăng", "05983"},
        {"P.Chi Lang", "05983"},
        {"Chi Lăng, Tràng Định", "06034"},
        {"chi lang, huyen trang dinh", "06034"},
        {"Chi Lăng, TP Lạng Sơn", "05983"},
        {"xã Chi Lăng, huyện Chi Lăng, tỉnh Lạng Sơn", "06523"},
        {"X. Chi Lăng, H. Tràng Định, T. Lạng Sơn", "06034"},
        {"phuong chi lang, tp lang son, lang son", "05983"},
        {"Vĩnh Trại, tỉnh Lạng Sơn", "05977"},
        {"VĨNH TRẠI", "05977"},
        {"Thị trấn Thất Khê", "05995"},
        {"tt that khe", "05995"},
    };
    for (size_t i = 0; i < sizeof one / sizeof *one; i++) {
        size_t count = chl_areas_find(areas, CHL_AREAS_COMMUNE, one[i].text, found, ROOM);
        if (count != 1 || strcmp(found[0]->code, one[i].code) != 0) {
            fail_msg("%s: expected %s alone, got %zu", one[i].text, one[i].code, count);
        }
    }
    static const char *const none[] = {
        "",
        "Chí Lăng",
        "Chi",
        ",",
        "Chi Lăng, Hà Nội",
        ".",
        "xã Chi Lăng, huyện Chi Lăng, Cao Bằng",
        "xã Chi Lăng, Lạng Sơn, huyện Chi Lăng",
        "Chi Lăng, Tràng Định, Lạng Sơn, Lạng Sơn",
    };
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        assert_int_equal(chl_areas_find(areas, CHL_AREAS_COMMUNE, none[i], found, ROOM), 0);
    }
    /* A town and its province share a name: it may be either. */
    assert_int_equal(chl_areas_find(areas, CHL_AREAS_COMMUNE, "Chi Lăng, Lạng Sơn", found, ROOM),
                     4);
    assert_int_equal(chl_areas_find(areas, CHL_AREAS_PROVINCE, "Lạng Sơn", found, ROOM), 1);
    assert_string_equal(found[0]->code, "20");
    assert_int_equal(chl_areas_find(areas, CHL_AREAS_PROVINCE, "TP Ha Noi", found, ROOM), 1);
    assert_string_equal(found[0]->code, "01");
    assert_int_equal(chl_areas_find(areas, CHL_AREAS_DISTRICT, "Tràng Định", found, ROOM), 1);
    assert_true(chl_areas_like(areas, CHL_AREAS_COMMUNE, "khe", found, ROOM) >= 1);
}

static void test_every_commune_is_found_by_its_own_name(void **state)
{
    (void)state;
    unsigned count = 0;
    for (unsigned code = 5900; code < 6700; code++) {
        char digits[16];
        char text[160];
        const struct chl_area *found[ROOM];
        (void)snprintf(digits, sizeof digits, "%05u", code);
        const struct chl_area *area = chl_areas_by_code(areas, CHL_AREAS_COMMUNE, digits);
        if (area == NULL) {
            continue;
        }
        count++;
        (void)snprintf(text, sizeof text, "%s %s, %s", area->kind, area->name, area->within);
        if (chl_areas_find(areas, CHL_AREAS_COMMUNE, text, found, ROOM) != 1 || found[0] != area) {
            fail_msg("%s: expected it alone", text);
        }
    }
    assert_int_equal(count, 200);
}

static void test_tables_are_those_they_were_taken_from(void **state)
{
    (void)state;
    static const char *const files[][2] = {{"communes.csv", "langson_units.csv"},
                                           {"provinces.csv", "provinces63.csv"}};
    for (size_t i = 0; i < 2; i++) {
        char path[512];
        static char ours[64 * 1024], theirs[64 * 1024];
        (void)snprintf(path, sizeof path, CHL_SHARED_DIR "/data/areas/%s", files[i][1]);
        FILE *file = fopen(path, "r");
        if (file == NULL) {
            print_message("SKIPPED: %s is not there\n", path);
            skip();
        }
        size_t length = fread(theirs, 1, sizeof theirs, file);
        (void)fclose(file);
        (void)snprintf(path, sizeof path, DATA "/%s", files[i][0]);
        file = fopen(path, "r");
        assert_non_null(file);
        assert_int_equal(fread(ours, 1, sizeof ours, file), length);
        (void)fclose(file);
        assert_memory_equal(ours, theirs, length);
    }
}

static void write_text(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void test_a_bad_table_is_told(void **state)
{
    (void)state;
    char folder[] = "/tmp/chl-areas-XXXXXX";
    char path[64], provinces[64];
    struct chl_areas *none = NULL;
    static const char *const bad[] = {"a,b\n1,2\n", "h\n20,178,D,0597,xã,N,N\n",
                                      "h\n20,178,D,05977,xã,,N\n", "h\n\"\n",
                                      "h\n21,178,D,05977,xã,N,N\n" /* whose province? */};
    assert_non_null(mkdtemp(folder));
    assert_int_equal(chl_areas_load(folder, &none, why, sizeof why), CHL_E_IO);
    assert_non_null(strstr(why, "provinces.csv"));
    (void)snprintf(provinces, sizeof provinces, "%s/provinces.csv", folder);
    write_text(provinces, "h\n20,Tỉnh Lạng Sơn,Lang Son\n");
    assert_int_equal(chl_areas_load(folder, &none, why, sizeof why), CHL_E_IO);
    assert_non_null(strstr(why, "communes.csv"));
    (void)snprintf(path, sizeof path, "%s/communes.csv", folder);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        write_text(path, bad[i]);
        assert_int_equal(chl_areas_load(folder, &none, why, sizeof why), CHL_E_CORRUPT);
        assert_null(none);
    }
    write_text(path, "h\n20,178,D,05977,xã,N,N\n");
    assert_int_equal(chl_areas_load(folder, &none, why, sizeof why), CHL_OK);
    chl_areas_free(none);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(unlink(provinces), 0);
    assert_int_equal(rmdir(folder), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_codes_are_checked),
        cmocka_unit_test(test_a_name_may_mean_several),
        cmocka_unit_test(test_every_commune_is_found_by_its_own_name),
        cmocka_unit_test(test_tables_are_those_they_were_taken_from),
        cmocka_unit_test(test_a_bad_table_is_told),
    };
    return cmocka_run_group_tests(tests, load, unload);
}
