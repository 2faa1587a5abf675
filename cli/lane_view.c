/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The lines of the lane's screen.
 */
#include "cli/lane_view.h"

#include "cli/count_cell.h"

#include <string.h>
#include <time.h>

#include "cli/entry.h"
#include "cli/lane_word.h"
#include "cli/plain.h"
#include "lib/base/text.h"

/** After this an ADMIT is over: its green must not greet the next person. */
enum { ADMIT_SHOWN_MS = 12000, MARGIN = 2, MARGINS = 4 };

/** The page being written: lines from the top, none below the last row. */
struct page {
    FILE *out;
    const struct lane_view *view;
    size_t rows, columns, row;
};

static const char *say(const struct lane_view *view, const char *vi, const char *en)
{
    return view->english ? en : vi;
}

/** One line; `style` is the parameters of an SGR sequence, NULL = plain. */
static void line(struct page *page, const char *style, size_t indent, const char *text)
{
    char shown[4 * LANE_LINE];
    if (page->row >= page->rows) {
        return;
    }
    indent = indent < page->columns ? indent : 0;
    plain_copy(shown, sizeof shown, text, page->columns - indent);
    size_t used = indent + plain_columns(shown);
    (void)fprintf(page->out, "%s\033[%zu;1H", page->row > 0 ? "" : "\033[H", page->row + 1);
    if (style != NULL) {
        /* The background reaches the right edge. */
        (void)fprintf(page->out, "\033[%sm%*s%s%*s\033[0m", style, (int)indent, "", shown,
                      (int)(page->columns - used), "");
    } else {
        (void)fprintf(page->out, "%*s%s\033[K", (int)indent, "", shown);
    }
    page->row++;
}

static void centred(struct page *page, const char *style, const char *text)
{
    char shown[4 * LANE_LINE];
    plain_copy(shown, sizeof shown, text, page->columns);
    line(page, style, (page->columns - plain_columns(shown)) / 2, shown);
}

/** A text over as many lines as it needs, at most `most`. */
static void wrapped(struct page *page, size_t most, const char *text)
{
    char rest[4 * LANE_LINE];
    size_t room = page->columns > MARGINS ? page->columns - MARGINS : 1;
    plain_copy(rest, sizeof rest, text, sizeof rest);
    const char *at = rest;
    for (size_t n = 0; n < most; n++) {
        char taken[4 * LANE_LINE] = "";
        size_t length = 0;
        while (n + 1 < most && at[length] != '\0') {
            size_t next = length + strspn(at + length, " ");
            next += strcspn(at + next, " ");
            (void)chl_copy_n(taken, sizeof taken, at, next);
            if (plain_columns(taken) > room && length > 0) {
                break;
            }
            length = next;
        }
        if (n + 1 == most) {
            length = strlen(at);
        }
        (void)chl_copy_n(taken, sizeof taken, at, length);
        line(page, NULL, MARGIN, taken);
        at += length;
        at += strspn(at, " ");
    }
}

static void clock_text(int64_t ms, char out[16])
{
    time_t seconds = (time_t)(ms / 1000);
    struct tm parts;
    out[0] = '\0';
    if (localtime_r(&seconds, &parts) != NULL) {
        (void)strftime(out, 16, "%H:%M:%S", &parts);
    }
}

static void header(struct page *page)
{
    const struct lane_view *view = page->view;
    char text[4 * LANE_LINE], left[2 * LANE_LINE], right[2 * LANE_LINE], who[LANE_LINE], at[16];
    char site[LANE_LINE];
    clock_text(view->now_ms, at);
    plain_copy(who, sizeof who, view->who, 24);
    plain_copy(site, sizeof site, view->site, 30);
    (void)snprintf(left, sizeof left, " %s %s  %s", say(view, "Làn", "Lane"), view->lane, site);
    (void)snprintf(right, sizeof right, "%s%s  %s ", say(view, "Trực: ", "Staff: "), who, at);
    size_t used = plain_columns(left) + plain_columns(right);
    size_t gap = used < page->columns ? page->columns - used : 1;
    (void)snprintf(text, sizeof text, "%s%*s%s", left, (int)gap, "", right);
    line(page, "7", 0, text);
    line(page, NULL, 0, "");
}

static bool is_over(const struct lane_view *view)
{
    bool admit = strcmp(entry_text(view->event, "verdict"), "ADMIT") == 0;
    return view->event == NULL || (admit && view->now_ms - view->event_ms > ADMIT_SHOWN_MS);
}

/** Colours that also differ in lightness; reverse video says the same without any. */
static const char *style_of(const struct lane_view *view, const char *verdict)
{
    static const struct {
        const char *verdict, *style;
    } styles[] = {
        {"ADMIT", "1;97;42"}, {"WAIT", "1;97;44"}, {"CHECK", "1;30;43"}, {"DENY", "1;97;41"}};
    for (size_t i = 0; view->colour && i < sizeof styles / sizeof *styles; i++) {
        if (strcmp(styles[i].verdict, verdict) == 0) {
            return styles[i].style;
        }
    }
    return "0";
}

/** The big word on its colour; eight lines, whatever it is. */
static void band(struct page *page, const char *verdict)
{
    const char *style = style_of(page->view, verdict);
    line(page, style, 0, "");
    for (size_t row = 0; row < LANE_WORD_ROWS; row++) {
        char word[LANE_WORD_LINE];
        size_t wide = lane_word(verdict, page->view->english, row, word);
        line(page, style, wide < page->columns ? (page->columns - wide) / 2 : 0, word);
    }
    line(page, style, 0, "");
}

static void verdict(struct page *page)
{
    const struct lane_view *view = page->view;
    const char *name = entry_text(view->event, "verdict");
    char meta[LANE_LINE], text[LANE_LINE], reason[64], code[16];
    band(page, name);
    (void)snprintf(text, sizeof text, "%s  –  %s", name,
                   entry_text(view->event, view->english ? "en" : "vi"));
    line(page, NULL, 0, "");
    centred(page, "1", text);
    wrapped(page, 2, entry_text(view->event, view->english ? "en_next" : "vi_next"));
    plain_copy(reason, sizeof reason, entry_text(view->event, "reason"), 32);
    plain_copy(code, sizeof code, entry_text(view->event, "code"), 7);
    (void)snprintf(
        meta, sizeof meta, "%s · %s %lld · %s %s · %lld s", reason, say(view, "số người", "people"),
        (long long)json_integer_value(json_object_get(view->event, "n")), say(view, "mã", "code"),
        code, (long long)((view->now_ms - view->event_ms) / 1000));
    line(page, NULL, MARGIN, meta);
}

static void nothing_yet(struct page *page)
{
    const struct lane_view *view = page->view;
    band(page, "");
    line(page, NULL, 0, "");
    centred(page, "1", say(view, "Sẵn sàng, mời quét mã", "Ready: show a code"));
    wrapped(page, 2,
            say(view, "Không có điện thoại, giấy tờ hay mã: bấm n để nhập tay.",
                "No telephone, paper or code: press n to enter by hand."));
    line(page, NULL, 0, "");
}

/** Nothing here may look like a verdict: whatever was shown is not known to hold. */
static void lost(struct page *page)
{
    const struct lane_view *view = page->view;
    char at[16] = "", text[LANE_LINE];
    if (view->lost_ms > 0) {
        clock_text(view->lost_ms, at);
        (void)snprintf(text, sizeof text, "%s %s",
                       say(view, "MẤT LIÊN LẠC với chilangd từ", "LOST chilangd at"), at);
    } else {
        (void)snprintf(text, sizeof text, "%s",
                       say(view, "CHƯA LIÊN LẠC ĐƯỢC với chilangd", "CANNOT REACH chilangd"));
    }
    for (size_t i = 0; i < LANE_WORD_ROWS + 2; i++) {
        centred(page, "7", i == 3 ? text : "");
    }
    line(page, NULL, 0, "");
    wrapped(page, 3,
            say(view,
                "Không cho vào theo màn hình này. Lối ra vẫn mở. Máy đang tự nối lại; báo kỹ thuật "
                "nếu kéo dài.",
                "Let nobody in by this screen. The way out stays open. It reconnects by itself; "
                "call the technician if it lasts."));
    line(page, NULL, 0, "");
}

/** What must be asked, in the words of the staff. */
static void asked(const struct lane_view *view, char *out, size_t size)
{
    static const struct {
        const char *missing, *vi, *en;
    } words[] = {{"symptoms", "triệu chứng", "symptoms"},
                 {"contact", "tiếp xúc", "contact"},
                 {"origin", "nơi đi", "origin"},
                 {"phone", "điện thoại", "telephone"},
                 {"name", "họ tên", "name"},
                 {"birth", "năm sinh", "birth"},
                 {"document", "số giấy tờ", "document"},
                 {"accents", "dấu của họ tên", "accents"}};
    size_t index = 0;
    const json_t *value = NULL;
    const char *between = "";
    out[0] = '\0';
    json_array_foreach(json_object_get(view->desk, "missing"), index, value)
    {
        const char *missing = json_string_value(value);
        for (size_t i = 0; missing != NULL && i < sizeof words / sizeof *words; i++) {
            if (strcmp(words[i].missing, missing) == 0) {
                size_t length = strlen(out);
                (void)snprintf(out + length, size - length, "%s%s", between,
                               say(view, words[i].vi, words[i].en));
                between = ", ";
            }
        }
    }
}

/** Whom the lane scanned, to compare name and face. Three lines, also when it is nobody. */
static void desk(struct page *page)
{
    const struct lane_view *view = page->view;
    char text[4 * LANE_LINE], name[LANE_LINE], who[LANE_LINE], missing[LANE_LINE];
    const char *of = entry_text(view->event, "code");
    bool same = json_is_object(view->desk) && !is_over(view) &&
                strcmp(entry_text(view->desk, "code"), of) == 0;
    line(page, NULL, 0, "");
    if (!same) {
        for (size_t i = 0; i < 3; i++) {
            line(page, NULL, 0, "");
        }
        return;
    }
    plain_copy(name, sizeof name, entry_text(view->desk, "name"), 50);
    (void)snprintf(text, sizeof text, "%s  %s  (%s%s)", name, entry_text(view->desk, "birth"),
                   entry_text(view->desk, "format"),
                   json_is_true(json_object_get(view->desk, "signed"))
                       ? ""
                       : say(view, ", không có chữ ký", ", not signed"));
    line(page, "1", MARGIN, text);
    plain_copy(who, sizeof who, entry_text(view->desk, "document"), 32);
    (void)snprintf(text, sizeof text, "%s %s   %s", say(view, "Số giấy tờ", "Document"), who,
                   entry_text(view->desk, "address"));
    line(page, NULL, MARGIN, text);
    asked(view, missing, sizeof missing);
    bool asks = missing[0] != '\0' && !json_is_true(json_object_get(view->desk, "signed")) &&
                strcmp(entry_text(view->event, "verdict"), "CHECK") == 0;
    (void)snprintf(text, sizeof text, "%s: %s", say(view, "Cần hỏi", "Ask for"), missing);
    line(page, NULL, MARGIN, asks ? text : "");
}

static const char *zone_state(const struct lane_view *view, const char *state)
{
    static const char *const words[][2] = {{"NORMAL", "bình thường"},
                                           {"APPROACHING", "sắp đầy"},
                                           {"AT_LIMIT", "đã đủ người"},
                                           {"ABOVE", "QUÁ SỐ NGƯỜI"},
                                           {"UNKNOWN", "chưa rõ số người"}};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (strcmp(words[i][0], state) == 0) {
            return say(view, words[i][1], words[i][0]);
        }
    }
    return state;
}

static void zones(struct page *page)
{
    const struct lane_view *view = page->view;
    char text[4 * LANE_LINE] = "";
    size_t index = 0;
    const json_t *zone = NULL;
    json_array_foreach(view->zones, index, zone)
    {
        char name[LANE_LINE];
        size_t length = strlen(text);
        plain_copy(name, sizeof name, entry_text(zone, "name"), 20);
        if (index < LANE_ZONES) {
            char inside[64];
            count_cell(zone, inside, sizeof inside, sizeof inside);
            (void)snprintf(text + length, sizeof text - length, "%s%s %s/%lld %s",
                           index > 0 ? "   " : "", name, inside,
                           (long long)json_integer_value(json_object_get(zone, "hard")),
                           zone_state(view, entry_text(zone, "state")));
        }
    }
    line(page, NULL, 0, "");
    line(page, NULL, MARGIN, view->online ? text : "");
}

static void footer(struct page *page)
{
    const struct lane_view *view = page->view;
    line(page, view->message[0] != '\0' ? "1" : NULL, MARGIN, view->message);
    while (page->row + 1 < page->rows && page->row + 1 < LANE_ROWS) {
        line(page, NULL, 0, "");
    }
    line(page, "7", 0,
         !view->online ? say(view, " q Thoát", " q Quit")
         : view->check != 0 ? say(view, " d Đã kiểm tra    t Từ chối    n Nhập tay    q Thoát",
                                  " d Checked    t Refuse    n Enter by hand    q Quit")
                            : say(view, " n Nhập tay    q Thoát", " n Enter by hand    q Quit"));
}

void lane_draw(FILE *out, const struct lane_view *view, size_t rows, size_t columns)
{
    struct page page = {.out = out, .view = view, .rows = rows, .columns = columns};
    header(&page);
    if (!view->online) {
        lost(&page);
    } else if (is_over(view)) {
        nothing_yet(&page);
    } else {
        verdict(&page);
    }
    desk(&page);
    zones(&page);
    footer(&page);
    (void)fputs("\033[J", out);
}
