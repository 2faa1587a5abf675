/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Families, coaches, cards and codes taken back: what `chilang declare` makes of people.
 */
#include "declare_world.h"

#include "lib/base/text.h"
#include "lib/qr/qr.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

/** What the tool says of the code that stands in `output`. */
static void verify_output(void)
{
    write_text(in_folder("code"), output);
    assert_int_equal(
        RUN_FROM(in_folder("code"), "verify", "--trust", in_folder("keys"), "--json", "-"), 0);
}

static void test_companions_come_by_every_way(void **state)
{
    (void)state;
    const char *key = in_folder("keys/issuer.key.pem");
    assert_int_equal(RUN("declare", "--key", key, "--name", "Trần Văn Bình", "--birth", "1990",
                         "--from", "05977", "--symptoms", "no", "--contact", "no", "--companion",
                         "Bé Na; 2019", "--companion", "Bé Tí; 2021 | Bà Tư; 1950; 012345678",
                         "--text"),
                     0);
    verify_output();
    assert_says("\"party\":4");
    write_text(in_folder("a.json"),
               "{\"name\":\"Lê Thị Hoa\",\"birth\":1987,\"symptoms\":false,"
               "\"contact_patient\":false,\"contact_area\":true,\"contact_symptoms\":\"không\","
               "\"from\":\"P. Vĩnh Trại\",\"companions\":[{\"name\":\"Bé Na\",\"birth\":2019},"
               "{\"name\":\"Bé Tí\",\"birth\":\"1/2/2021\",\"document\":\"001221000001\"},"
               "\"Bà Tư; 1950\"]}");
    assert_int_equal(RUN("declare", "--key", key, "--json", in_folder("a.json"), "--text"), 0);
    verify_output();
    assert_says("\"party\":4");
    assert_says("\"contact\":\"yes\"");
    assert_says("\"from_area\":\"05977\"");
    static const char *const bad[] = {"{\"companions\":[{\"name\":\"Na\"}]}",
                                      "{\"companions\":[{\"name\":\"Na\",\"birth\":\"x\"}]}",
                                      "{\"companions\":[{\"name\":\"Na\",\"birth\":2019,\"x\":1}]}",
                                      "{\"companions\":[7]}", "{\"companions\":[\"Na\"]}"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        write_text(in_folder("b.json"), bad[i]);
        assert_int_equal(RUN("declare", "--key", key, "--json", in_folder("b.json"), "--text"), 1);
        assert_says("companions");
    }
    assert_int_equal(RUN("declare", "--key", key, "--name", "A", "--birth", "1990", "--symptoms",
                         "no", "--contact-patient", "no", "--contact-symptoms", "no", "--text"),
                     1);
    assert_says("contact_area");
}

static void test_areas_by_name(void **state)
{
    (void)state;
    const char *key = in_folder("keys/issuer.key.pem");
    assert_int_equal(RUN("declare", "--key", key, "--name", "A", "--from", "Chi Lăng"), 2);
    assert_says("got the name of 4: 05983 phường Chi Lăng");
    assert_says("06034 xã Chi Lăng - Huyện Tràng Định");
    assert_int_equal(RUN("declare", "--key", key, "--name", "A", "--from", "05978"), 2);
    assert_says("expected a commune by its code or name");
    assert_int_equal(RUN("declare", "--key", key, "--name", "A", "--from-province", "Atlantis"), 2);
    assert_says("expected a province");
    assert_int_equal(RUN("declare", "--key", key, "--name", "A", "--birth", "1990", "--symptoms",
                         "no", "--contact", "no", "--from", "chi lang, trang dinh", "--to", "00001",
                         "--from-province", "Lạng Sơn", "--text"),
                     0);
    verify_output();
    assert_says("\"from_area\":\"06034\"");
    assert_says("\"to_area\":\"00001\"");
}

static void test_rows_of_a_family_are_one_code(void **state)
{
    (void)state;
    const char *key = in_folder("keys/issuer.key.pem");
    write_text(in_folder("bus.csv"),
               "name,birth,phone,document,from,vehicle,symptoms,contact,group\n"
               "Nguyễn Thị Thỏ,1987,0944713700,001187029317,Vĩnh Trại,12B-001.23,no,no,g1\n"
               "Nguyễn Bé Na,2019,,,,,no,no,g1\n"
               "Nguyễn Văn Cò,15/7/2016,,001216000001,,,ho,no,g1\n"
               "Hoàng Đức Ẩn,1960,0912000111,,05977,12B-001.23,no,no,\n"
               "Phạm Ưng,1970,0912000113,,05977,,no,no,g2\n"
               "Phạm Bé,20x5,,,,,no,no,g2\n"
               "Phạm Lê,2015,,,,,no,no,g2\n"
               "Lê Ơ,1971,0912000115,,05977,12B-001.23,no,no,g3\n"
               "Lê Ư,1972,0912000115,,05977,12B-999.99,no,no,g3\n"
               "Vũ Ý,1973,0912000116,,05977,,no,no,\n"
               "Vũ Ỷ,1974,0912000117,,05977,,no,,\n");
    assert_int_equal(RUN("declare", "--key", key, "--batch", in_folder("bus.csv"), "--out",
                         in_folder("out"), "--cards", in_folder("bus.pdf")),
                     1);
    assert_says("bus.csv:7: birth");
    assert_says("bus.csv:6: not made with its family of 3");
    assert_says("bus.csv:10: vehicle: expected what the first of the family has");
    assert_says("bus.csv:9: not made with its family of 2");
    assert_says("bus.csv:12: contact (contact in 14 days) is missing");
    assert_says("3 made, 3 refused");
    assert_int_equal(RUN("verify", "--trust", in_folder("keys"), "--json", "--image",
                         in_folder("out/00001.png")),
                     0);
    assert_says("\"party\":3");
    assert_says("\"symptoms\":[\"cough\"]"); /* the child's */
    assert_int_equal(RUN("verify", "--trust", in_folder("keys"), "--image",
                         in_folder("out/00002.png"), in_folder("out/00005.png")),
                     0);
    assert_int_equal(access(in_folder("out/00003.png"), F_OK), -1);
    assert_int_equal(access(in_folder("bus.pdf"), F_OK), 0);
}

static void test_any_column_may_make_families(void **state)
{
    (void)state;
    const char *key = in_folder("keys/issuer.key.pem");
    write_text(in_folder("p.csv"), "name,birth,phone,symptoms,contact\n"
                                   "An,1987,0944713700,no,no\n"
                                   "Bé,2019,0944713700,no,no\n"
                                   "Chi,1990,0944713701,no,no\n"
                                   "Dư,1991,,no,no\n"
                                   "Em,1992,,no,no\n");
    assert_int_equal(
        RUN("declare", "--key", key, "--batch", in_folder("p.csv"), "--group", "phone", "--text"),
        0);
    assert_says("4 made, 0 refused");
    assert_int_equal(
        RUN("declare", "--key", key, "--batch", in_folder("p.csv"), "--group", "house", "--text"),
        1);
    assert_says("expected the name of a column");
    char many[2048] = "name,birth,symptoms,contact,group\n";
    for (int i = 0; i < 10; i++) {
        size_t length = strlen(many);
        (void)snprintf(many + length, sizeof many - length, "An,1987,no,no,g\n");
    }
    write_text(in_folder("m.csv"), many);
    assert_int_equal(RUN("declare", "--key", key, "--batch", in_folder("m.csv"), "--text"), 1);
    assert_says("m.csv:11: expected at most 8 beside the first of a family");
    assert_says("0 made, 1 refused");
}

/** Pixels of our SVG: rectangles `Mx yhwv1h-wz` on white, eight pixels a module. */
static void render_svg(const char *path, uint8_t **pixels, size_t *side)
{
    enum { SCALE = 8 };
    static char text[1024 * 1024];
    unsigned modules = 0;
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    (void)fclose(file);
    const char *box = strstr(text, "viewBox=\"0 0 ");
    assert_non_null(box);
    assert_int_equal(sscanf(box, "viewBox=\"0 0 %u", &modules), 1);
    assert_in_range(modules, 29, 200);
    *side = (size_t)modules * SCALE;
    *pixels = malloc(*side * *side);
    assert_non_null(*pixels);
    memset(*pixels, 255, *side * *side);
    for (const char *at = strstr(text, " d=\""); (at = strchr(at, 'M')) != NULL; at++) {
        unsigned x = 0, y = 0, run = 0;
        assert_int_equal(sscanf(at, "M%u %uh%uv1", &x, &y, &run), 3);
        assert_true(x + run <= modules && y < modules);
        for (size_t row = (size_t)y * SCALE; row < (size_t)(y + 1) * SCALE; row++) {
            memset(*pixels + row * *side + (size_t)x * SCALE, 0, (size_t)run * SCALE);
        }
    }
}

static void test_every_picture_is_read_back(void **state)
{
    (void)state;
    const char *key = in_folder("keys/issuer.key.pem");
    static const char *const levels[] = {"L", "M", "Q", "H"};
    for (size_t i = 0; i < 4; i++) {
        static struct chl_qr_code read;
        struct chl_qr_reader *reader = NULL;
        uint8_t *pixels = NULL;
        size_t side = 0;
        char code[8192];
        assert_int_equal(RUN("declare", "--key", key, "--name", "Đỗ Ngọc Ấn", "--birth", "1950",
                             "--from", "05977", "--symptoms", "no", "--contact", "no", "--level",
                             levels[i], "--png", in_folder("q.png"), "--svg", in_folder("q.svg"),
                             "--card", in_folder("c.png"), "--text"),
                         0);
        (void)chl_copy_n(code, sizeof code, output, strcspn(output, "\n"));
        render_svg(in_folder("q.svg"), &pixels, &side);
        assert_int_equal(chl_qr_reader_new(&reader), CHL_OK);
        assert_int_equal(chl_qr_read_gray(reader, pixels, side, side, side, &read), CHL_OK);
        assert_int_equal(read.length, strlen(code));
        assert_memory_equal(read.bytes, code, read.length);
        static const char *const pictures[] = {"q.png", "c.png"};
        for (size_t k = 0; k < 2; k++) {
            assert_int_equal(chl_qr_read_file(reader, in_folder(pictures[k]), &read), CHL_OK);
            assert_int_equal(read.length, strlen(code));
            assert_memory_equal(read.bytes, code, read.length);
        }
        chl_qr_reader_free(reader);
        free(pixels);
    }
    assert_int_equal(RUN("declare", "--key", key, "--name", "A", "--card", in_folder("c.gif")), 2);
    assert_says("expected a name that ends in .pdf, .png or .svg");
    assert_int_equal(RUN("declare", "--key", key, "--name", "A", "--cards", in_folder("c.pdf")), 2);
}

static void test_codes_are_taken_back(void **state)
{
    (void)state;
    const char *list = in_folder("revoked");
    struct stat about;
    assert_int_equal(RUN("declare", "revoke", "00112233445566778899aabb", "ffeeddccbbaa9988",
                         "--list", list, "--why", "mất thẻ"),
                     0);
    assert_int_equal(RUN("declare", "revoke", "0123456789abcdef", "--issuer-key", "--list", list),
                     0);
    assert_int_equal(RUN("declare", "revoke", "0123456789abcdef", "--issuer-key", "--list", list),
                     0); /* it is so */
    assert_says("is listed already");
    FILE *file = fopen(list, "r");
    assert_non_null(file);
    char text[1024];
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    (void)fclose(file);
    assert_non_null(strstr(text, "\nid 00112233445566778899aabb 2"));
    assert_non_null(strstr(text, " mất thẻ\n"));
    assert_non_null(strstr(text, "\nkey 0123456789abcdef 2"));
    assert_int_equal(stat(list, &about), 0);
    assert_int_equal(RUN("declare", "revoke", "someone", "--list", list), 1);
    assert_says("expected 16 to 32 hexadecimal digits");
    assert_int_equal(RUN("declare", "revoke", "--list", list), 2);
    assert_int_equal(RUN("declare", "revoke", "0123456789abcdef"), 2);
}

static void test_ed25519_issuers_are_believed(void **state)
{
    (void)state;
    assert_int_equal(RUN("keygen", "issuer", "--algorithm", "rsa", "--out", in_folder("x/")), 2);
    assert_int_equal(RUN("keygen", "issuer", "--algorithm", "Ed25519", "--out", in_folder("ed/")),
                     0);
    assert_int_equal(RUN("declare", "--key", in_folder("ed/issuer.key.pem"), "--name", "A",
                         "--birth", "1990", "--from", "05977", "--symptoms", "no", "--contact",
                         "no", "--text"),
                     0);
    write_text(in_folder("code"), output);
    assert_int_equal(RUN_FROM(in_folder("code"), "verify", "--trust",
                              in_folder("ed/issuer.pub.pem"), "--json", "-"),
                     0);
    assert_int_equal(
        RUN_FROM(in_folder("code"), "verify", "--trust", in_folder("keys"), "--json", "-"), 1);
    assert_says("issuer_unknown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        DECLARE_TEST(test_companions_come_by_every_way),
        DECLARE_TEST(test_areas_by_name),
        DECLARE_TEST(test_rows_of_a_family_are_one_code),
        DECLARE_TEST(test_any_column_may_make_families),
        DECLARE_TEST(test_every_picture_is_read_back),
        DECLARE_TEST(test_codes_are_taken_back),
        DECLARE_TEST(test_ed25519_issuers_are_believed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
