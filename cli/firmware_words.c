/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Sentences of `chilang firmware` in two languages, wrapped for a terminal.
 */
#include "cli/firmware_words.h"

#include <string.h>

#include "cli/plain.h"
#include "lib/base/text.h"

enum { COLUMNS = 80, SENTENCE = 1024, WORD_BYTES = 400 };

static const struct {
    const char *vi, *en;
} words[] = {
#define FIRMWARE_WORD_ROW(id, vi, en) {vi, en},
    FIRMWARE_WORDS(FIRMWARE_WORD_ROW)
#undef FIRMWARE_WORD_ROW
};

static const struct {
    const char *vi, *en;
} exceptions[] = {
    [1] = {"không có hàm này", "no such function"},
    [2] = {"không có thanh ghi này", "no such register"},
    [3] = {"giá trị không được nhận", "value not accepted"},
    [4] = {"thiết bị hỏng", "the device failed"},
    [5] = {"đang làm, chưa xong", "accepted, still working"},
    [6] = {"đang bận", "busy"},
    [8] = {"lỗi bộ nhớ", "memory error"},
    [10] = {"cổng nối không có đường", "the gateway has no path"},
    [11] = {"sau cổng nối không ai trả lời", "nobody answers behind the gateway"},
};

const char *firmware_exception(bool english, int exception)
{
    const int count = (int)(sizeof exceptions / sizeof *exceptions);
    if (exception < 1 || exception >= count || exceptions[exception].vi == NULL) {
        return english ? "not in the standard" : "ngoài tiêu chuẩn";
    }
    return english ? exceptions[exception].en : exceptions[exception].vi;
}

void firmware_say(char *out, size_t size, bool english, firmware_word word, const char *first,
                  const char *second, const char *third)
{
    const char *const texts[] = {first, second, third};
    const char *at = english ? words[word].en : words[word].vi;
    size_t used = 0;
    out[0] = '\0';
    while (*at != '\0' && used + 1 < size) {
        if (at[0] == '%' && at[1] >= '1' && at[1] <= '3') {
            const char *text = texts[at[1] - '1'];
            (void)chl_copy(out + used, size - used, text != NULL ? text : "");
            used += strlen(out + used);
            at += 2;
        } else {
            out[used++] = *at++;
            out[used] = '\0';
        }
    }
}

void firmware_wrap(FILE *to, int indent, const char *text)
{
    size_t column = (size_t)indent;
    bool first = true;
    (void)fprintf(to, "%*s", indent, "");
    while (*text != '\0') {
        char word[WORD_BYTES];
        char shown[WORD_BYTES];
        size_t length = strcspn(text, " ");
        (void)chl_copy_n(word, sizeof word, text, length);
        plain_copy(shown, sizeof shown, word, sizeof shown);
        const size_t wide = plain_columns(shown);
        if (!first && column + 1 + wide > COLUMNS) {
            (void)fprintf(to, "\n%*s", indent + 2, "");
            column = (size_t)indent + 2;
        } else if (!first) {
            (void)fputc(' ', to);
            column++;
        }
        (void)fputs(shown, to);
        column += wide;
        first = false;
        text += length;
        text += strspn(text, " ");
    }
    (void)fputc('\n', to);
}

void firmware_tell(FILE *to, int indent, bool english, firmware_word word, const char *first,
                   const char *second, const char *third)
{
    char sentence[SENTENCE];
    firmware_say(sentence, sizeof sentence, english, word, first, second, third);
    firmware_wrap(to, indent, sentence);
}
