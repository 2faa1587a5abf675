/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The audit's screen and its result, in Vietnamese and English.
 */
#include "cli/audit_view.h"

#include "cli/plain.h"
#include "lib/text/lang.h"

enum { NAME_COLUMNS = 40, SECOND_MS = 1000, MINUTE_S = 60 };

static const struct {
    const char *vi, *en;
} texts[AUDIT_SAY_COUNT] = {
    [AUDIT_SAY_BEGIN] = {"Bắt đầu khi không có ai đứng trong cổng.",
                         "Begin while nobody stands in the passage."},
    [AUDIT_SAY_SETTLE] = {"Hết giờ: chờ người cuối cùng đi qua.",
                          "Time is over: waiting for the last one to pass."},
    [AUDIT_SAY_SHORT] = {"Dừng quá sớm nên không lưu: cần đủ thời gian, hoặc --minutes ngắn hơn.",
                         "Ended too early, nothing kept: stay all the time, or ask for less by "
                         "--minutes."},
    [AUDIT_SAY_FEW] = {"Ít hơn 20 người thì không nói lên điều gì, nên không lưu: đếm lại khi đông "
                       "hơn, hoặc --yes.",
                       "Fewer than 20 people say nothing of a counter, nothing kept: audit when "
                       "more come, or --yes."},
    [AUDIT_SAY_STOPPED] = {"Đã bỏ, không lưu.", "Given up, nothing kept."},
    [AUDIT_SAY_SILENT] = {"Cổng không trả lời suốt thời gian đếm nên không lưu: xem `chilang "
                          "status`.",
                          "The gate did not answer all the time, nothing kept: see `chilang "
                          "status`."},
};

const char *audit_text(audit_say what)
{
    return lang_is_english() ? texts[what].en : texts[what].vi;
}

void audit_draw(FILE *out, const char *gate, const struct audit_taps *taps, int64_t left_ms)
{
    bool english = lang_is_english();
    char name[4 * NAME_COLUMNS];
    plain_copy(name, sizeof name, gate, NAME_COLUMNS);
    unsigned left_s = left_ms > 0 ? (unsigned)((left_ms + SECOND_MS - 1) / SECOND_MS) : 0;
    (void)fprintf(out, "\033[H\033[1m%s %s\033[0m\033[K\n\033[K\n",
                  english ? "Counter audit of" : "Kiểm tra bộ đếm cổng", name);
    (void)fprintf(out, "  %s \033[1m%u:%02u\033[0m\033[K\n\033[K\n",
                  english ? "time left" : "còn lại", left_s / MINUTE_S, left_s % MINUTE_S);
    (void)fprintf(out, "  %s \033[1m%u\033[0m\033[K\n", english ? "in " : "vào", taps->in);
    (void)fprintf(out, "  %s \033[1m%u\033[0m\033[K\n\033[K\n", english ? "out" : "ra ", taps->out);
    (void)fprintf(
        out, "  %s\033[K\n\033[J",
        left_ms > 0 ? english ? "i or blank: one in   o: one out   backspace: undo   q: end"
                              : "i hoặc dấu cách: vào   o: ra   phím xóa lùi: bỏ lần cuối   q: dừng"
                    : audit_text(AUDIT_SAY_SETTLE));
    (void)fflush(out);
}

void audit_print(FILE *out, const char *gate, const struct audit_result *result)
{
    bool english = lang_is_english();
    char name[4 * NAME_COLUMNS];
    plain_copy(name, sizeof name, gate, NAME_COLUMNS);
    long long in_off = (long long)result->counted_in - result->tapped_in;
    long long out_off = (long long)result->counted_out - result->tapped_out;
    (void)fprintf(out, "%s %s, %u:%02u\n", english ? "gate" : "cổng", name,
                  result->seconds / MINUTE_S, result->seconds % MINUTE_S);
    (void)fprintf(out, english ? "      tapped  counted  difference\n"
                               : "      bấm tay  cổng đếm  lệch\n");
    (void)fprintf(out, "%s   %6u   %6u   %+6lld\n", english ? "in " : "vào", result->tapped_in,
                  result->counted_in, in_off);
    (void)fprintf(out, "%s   %6u   %6u   %+6lld\n", english ? "out" : "ra ", result->tapped_out,
                  result->counted_out, out_off);
}

void audit_print_bias(FILE *out, const char *gate, long long bias)
{
    char name[4 * NAME_COLUMNS];
    plain_copy(name, sizeof name, gate, NAME_COLUMNS);
    (void)fprintf(out,
                  lang_is_english() ? "recorded: %s is off by %lld in 1000\n"
                                    : "đã lưu: %s đếm lệch %lld/1000\n",
                  name, bias);
}
