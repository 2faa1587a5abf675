/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The lane's picture: within the terminal, true without colour, and obeying no stranger.
 */
#include "cli/lane_view.h"
#include "cli/lane_word.h"
#include "cli/plain.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char event_text[] =
    "{\"event\":\"verdict\",\"lane\":\"G1\",\"verdict\":\"CHECK\",\"reason\":\"declaration_"
    "missing\","
    "\"n\":1,\"vi\":\"Có giấy tờ, chưa khai báo y tế\",\"vi_next\":\"Hỏi ba câu: triệu chứng, tiếp "
    "xúc, nơi đi; bấm câu trả lời. Hỏi ba câu: triệu chứng, tiếp xúc, nơi đi; bấm câu trả lời. Hỏi "
    "ba câu: triệu chứng, tiếp xúc, nơi đi; bấm câu trả lời.\",\"en\":\"ID "
    "seen\",\"en_next\":\"Ask\","
    "\"code\":\"00aa\",\"check\":7}";
static const char desk_text[] =
    "{\"code\":\"00aa\",\"name\":\"Đặng\\u001b[2J Thị\\u0007 Ngọc\\u009b Ánh\",\"birth\":\"1993\","
    "\"format\":\"cccd\",\"signed\":false,\"document\":\"001093029317\",\"address\":\"Thôn M'gar, "
    "xã Ea "
    "Tu, thành phố Buôn Ma Thuột, tỉnh Đắk Lắk, một nơi có địa chỉ thật là dài\",\"missing\":["
    "\"symptoms\",\"contact\",\"origin\"]}";

/** A terminal that knows what the picture uses, and no more. */
struct screen {
    char cells[40][256][8];
    size_t rows, columns;
};

static void put(struct screen *screen, size_t row, size_t column, const char *at, size_t length)
{
    if (row >= screen->rows || column >= screen->columns) {
        fail_msg("row %zu, column %zu: outside of %zu × %zu", row, column, screen->rows,
                 screen->columns);
    }
    memcpy(screen->cells[row][column], at, length);
    screen->cells[row][column][length] = '\0';
}

static void show(struct screen *screen, const char *text)
{
    size_t row = 0, column = 0;
    memset(screen->cells, 0, sizeof screen->cells);
    while (*text != '\0') {
        size_t length = (unsigned char)*text < 0x80   ? 1
                        : (unsigned char)*text < 0xE0 ? 2
                        : (unsigned char)*text < 0xF0 ? 3
                                                      : 4;
        if (*text != '\033') {
            assert_true((unsigned char)*text >= 0x20);
            put(screen, row, column++, text, length);
            text += length;
            continue;
        }
        unsigned to_row = 1, to_column = 1;
        size_t skipped = strcspn(text, "HmKJ");
        assert_true(text[skipped] != '\0' && text[1] == '[');
        if (text[skipped] == 'H') {
            (void)sscanf(text, "\033[%u;%uH", &to_row, &to_column);
            row = to_row - 1;
            column = to_column - 1;
        }
        text += skipped + 1;
    }
}

static bool shows(const struct screen *screen, const char *text)
{
    char line[2048];
    for (size_t r = 0; r < screen->rows; r++) {
        line[0] = '\0';
        for (size_t c = 0; c < screen->columns; c++) {
            strcat(line, screen->cells[r][c][0] != '\0' ? screen->cells[r][c] : " ");
        }
        if (strstr(line, text) != NULL) {
            return true;
        }
    }
    return false;
}

struct fixture {
    struct lane_view view;
    json_t *event, *desk, *zones;
    struct screen screen;
    char *raw;
};

static void draw(struct fixture *f, size_t rows, size_t columns)
{
    size_t length = 0;
    free(f->raw);
    f->raw = NULL;
    FILE *out = open_memstream(&f->raw, &length);
    assert_non_null(out);
    lane_draw(out, &f->view, rows, columns);
    assert_int_equal(fclose(out), 0);
    f->screen.rows = rows;
    f->screen.columns = columns;
    show(&f->screen, f->raw);
}

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    assert_non_null(f);
    f->event = json_loads(event_text, 0, NULL);
    f->desk = json_loads(desk_text, 0, NULL);
    f->zones = json_loads(
        "[{\"name\":\"Sân\",\"inside\":3,\"uncertain\":1,\"hard\":5,\"state\":\"NORMAL\"}]", 0,
        NULL);
    assert_true(f->event != NULL && f->desk != NULL && f->zones != NULL);
    f->view = (struct lane_view){.lane = "G1",
                                 .who = "chị Lan",
                                 .site = "Đền Mẫu",
                                 .colour = true,
                                 .online = true,
                                 .now_ms = 100000000,
                                 .event_ms = 100000000 - 5000,
                                 .event = f->event,
                                 .desk = f->desk,
                                 .zones = f->zones,
                                 .check = 7};
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    json_decref(f->event);
    json_decref(f->desk);
    json_decref(f->zones);
    free(f->raw);
    free(f);
    return 0;
}

static void test_all_of_it_fits(void **state)
{
    struct fixture *f = *state;
    static const size_t sizes[][2] = {{24, 80}, {24, 40}, {10, 80}, {1, 1}, {3, 7}, {40, 200}};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        draw(f, sizes[i][0], sizes[i][1]);
    }
    draw(f, 24, 80);
    assert_true(shows(&f->screen, "Làn G1"));
    assert_true(shows(&f->screen, "CHECK  –  Có giấy tờ, chưa khai báo y tế"));
    assert_true(shows(&f->screen, "5 s"));
    assert_true(shows(&f->screen, "Số giấy tờ 001093029317"));
    assert_true(shows(&f->screen, "Cần hỏi: triệu chứng, tiếp xúc, nơi đi"));
    assert_true(shows(&f->screen, "Sân 3 ± 1/5"));
    assert_true(shows(&f->screen, "d Đã kiểm tra    t Từ chối    n Nhập tay"));
}

static void test_strangers_text_is_not_obeyed(void **state)
{
    struct fixture *f = *state;
    draw(f, 24, 80);
    assert_null(strstr(f->raw, "\033[2J"));
    assert_null(strchr(f->raw, '\a'));
    assert_null(strstr(f->raw, "\xc2\x9b"));
    assert_true(shows(&f->screen, "Đặng[2J Thị Ngọc Ánh  1993"));
    char out[64];
    plain_copy(out, sizeof out,
               "a\xe2\x80\xae"
               "b\xe2\x81\xa6"
               "c – “d”…",
               20);
    assert_string_equal(out, "abc – “d”…");
    plain_copy(out, sizeof out, "\xff", 20);
    assert_string_equal(out, "");
    plain_copy(out, sizeof out, "Đền Mẫu Đồng Đăng", 8);
    assert_string_equal(out, "Đền Mẫu…");
    plain_copy(out, 6, "Đền Mẫu", 20);
    assert_string_equal(out, "Đề");
}

static void test_words_say_it_without_colour(void **state)
{
    struct fixture *f = *state;
    draw(f, 24, 80);
    assert_non_null(strstr(f->raw, "\033[1;30;43m"));
    f->view.colour = false;
    draw(f, 24, 80);
    assert_null(strstr(f->raw, ";43m"));
    assert_true(shows(&f->screen, "CHECK  –  "));
    f->view.english = true;
    draw(f, 24, 80);
    assert_true(shows(&f->screen, "CHECK  –  ID seen"));
    assert_true(shows(&f->screen, "Ask for: symptoms, contact, origin"));
}

/** Every verdict has its own word, drawn in rows of one width. */
static void test_big_words_are_whole(void **state)
{
    (void)state;
    static const char *const verdicts[] = {"ADMIT", "WAIT", "CHECK", "DENY"};
    for (size_t v = 0; v < 8; v++) {
        size_t wide = 0;
        for (size_t row = 0; row < LANE_WORD_ROWS; row++) {
            char out[LANE_WORD_LINE];
            size_t columns = lane_word(verdicts[v / 2], v % 2 == 1, row, out);
            wide = row == 0 ? columns : wide;
            assert_true(columns > 10 && columns == wide);
            assert_int_equal(plain_columns(out), columns);
        }
    }
    char nothing[LANE_WORD_LINE];
    assert_int_equal(lane_word("", false, 0, nothing), 0);
    assert_string_equal(nothing, "");
}

static void test_old_green_and_lost_links_show_no_verdict(void **state)
{
    struct fixture *f = *state;
    json_object_set_new(f->event, "verdict", json_string("ADMIT"));
    draw(f, 24, 80);
    assert_true(shows(&f->screen, "ADMIT  –  "));
    assert_non_null(strstr(f->raw, ";42m"));
    f->view.now_ms += 30000;
    draw(f, 24, 80);
    assert_false(shows(&f->screen, "ADMIT"));
    assert_null(strstr(f->raw, ";42m"));
    assert_false(shows(&f->screen, "Ngọc"));
    assert_true(shows(&f->screen, "Sẵn sàng"));
    f->view.online = false;
    f->view.event = NULL;
    f->view.desk = NULL;
    f->view.lost_ms = f->view.now_ms;
    draw(f, 24, 80);
    assert_true(shows(&f->screen, "MẤT LIÊN LẠC với chilangd từ "));
    assert_false(shows(&f->screen, "d Đã kiểm tra"));
    assert_false(shows(&f->screen, "Sân 3/5"));
    /* Who was scanned before is not who stands there now. */
    f->view.online = true;
    f->view.event = f->event;
    f->view.desk = f->desk;
    f->view.now_ms = f->view.event_ms;
    json_object_set_new(f->event, "code", json_string("00bb"));
    draw(f, 24, 80);
    assert_false(shows(&f->screen, "Ngọc"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_all_of_it_fits, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_strangers_text_is_not_obeyed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_words_say_it_without_colour, set_up, tear_down),
        cmocka_unit_test(test_big_words_are_whole),
        cmocka_unit_test_setup_teardown(test_old_green_and_lost_links_show_no_verdict, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
