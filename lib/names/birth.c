/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Birth dates in the forms that cards and registers write them, brought to one.
 */
#include "lib/names/names.h"

#include <string.h>

enum { YEAR_MIN = 1880, YEAR_MAX = 2099, PARTS_MAX = 3, PART_UNKNOWN = -1 };

/* A part between separators: its digits' value, or masked. */
struct part {
    size_t length;
    int value; /* PART_UNKNOWN = masked, whole or in part */
};

static bool is_separator(char c)
{
    return c == '/' || c == '-' || c == '.';
}

/* At most 4 characters, each a digit or a mask. */
static bool read_part(const char *text, size_t length, struct part *out)
{
    *out = (struct part){.length = length};
    if (length == 0 || length > 4) {
        return false;
    }
    for (size_t i = 0; i < length; i++) {
        bool digit = text[i] >= '0' && text[i] <= '9';
        if (!digit && text[i] != '*') {
            return false;
        }
        if (!digit || out->value == PART_UNKNOWN) {
            out->value = PART_UNKNOWN;
        } else {
            out->value = out->value * 10 + (text[i] - '0');
        }
    }
    return true;
}

static int days_in(int month, int year)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return month == 2 && leap ? 29 : days[month - 1];
}

/* `count` digits and a NUL; returns the count. Several dates stand in a code: printf would cost
 * more than all the rest of reading it. */
static size_t put_digits(char *out, int value, size_t count)
{
    out[count] = '\0';
    for (size_t i = count; i > 0; i--) {
        out[i - 1] = (char)('0' + value % 10);
        value /= 10;
    }
    return count;
}

/* NULL = that part is not stated. */
static chl_err write_date(const struct part *day, const struct part *month, const struct part *year,
                          char out[CHL_BIRTH_SIZE])
{
    bool masked = (day != NULL && day->value == PART_UNKNOWN) ||
                  (month != NULL && month->value == PART_UNKNOWN);
    if (year->value == PART_UNKNOWN) {
        return CHL_E_NOTFOUND;
    }
    if (year->value < YEAR_MIN || year->value > YEAR_MAX) {
        return CHL_E_INVAL;
    }
    bool wrong = (month != NULL && month->value != PART_UNKNOWN &&
                  (month->value < 1 || month->value > 12)) ||
                 (day != NULL && day->value != PART_UNKNOWN && (day->value < 1 || day->value > 31));
    if (wrong || (!masked && day != NULL && day->value > days_in(month->value, year->value))) {
        return CHL_E_INVAL;
    }
    out += put_digits(out, year->value, 4);
    if (!masked && month != NULL) {
        *out++ = '-';
        out += put_digits(out, month->value, 2);
    }
    if (!masked && day != NULL) {
        *out++ = '-';
        (void)put_digits(out, day->value, 2);
    }
    return CHL_OK;
}

/* Without separators the length says what it is: DDMMYYYY, MMYYYY, YYYY. */
static chl_err read_run(const char *text, size_t length, char out[CHL_BIRTH_SIZE])
{
    struct part day, month, year;
    if (length != 8 && length != 6 && length != 4) {
        return CHL_E_INVAL;
    }
    bool read = read_part(text + length - 4, 4, &year);
    if (length == 8) {
        read = read && read_part(text, 2, &day);
    }
    if (length >= 6) {
        read = read && read_part(text + length - 6, 2, &month);
    }
    if (!read) {
        return CHL_E_INVAL;
    }
    return write_date(length == 8 ? &day : NULL, length >= 6 ? &month : NULL, &year, out);
}

/* The year is the part of four; the day is at the other end. */
static chl_err read_parts(const struct part *parts, size_t count, char out[CHL_BIRTH_SIZE])
{
    const struct part *first = &parts[0], *last = &parts[count - 1];
    const struct part *month = count == 3 ? &parts[1] : (first->length == 4 ? last : first);
    bool year_first = first->length == 4;
    const struct part *day = count < 3 ? NULL : year_first ? last : first;
    const struct part *year = year_first ? first : last;
    if (year->length != 4 || month->length > 2 || (day != NULL && day->length > 2)) {
        return CHL_E_INVAL;
    }
    return write_date(day, month, year, out);
}

static chl_err read_date(const char *text, size_t length, char out[CHL_BIRTH_SIZE])
{
    struct part parts[PARTS_MAX];
    size_t count = 0, from = 0;
    for (size_t i = 0; i <= length; i++) {
        if (i < length && !is_separator(text[i])) {
            continue;
        }
        if (i == length && count == 0) {
            return read_run(text, length, out);
        }
        if (count == PARTS_MAX || !read_part(text + from, i - from, &parts[count++])) {
            return CHL_E_INVAL;
        }
        from = i + 1;
    }
    return read_parts(parts, count, out);
}

chl_err chl_birth_normalise(const char *text, char out[CHL_BIRTH_SIZE])
{
    static const char spaces[] = " \t\r\n";
    enum { TEXT_MAX = 32 };
    out[0] = '\0';
    text += strspn(text, spaces);
    size_t length = strnlen(text, TEXT_MAX);
    while (length > 0 && strchr(spaces, text[length - 1]) != NULL) {
        length--;
    }
    if (length == 0) {
        return CHL_E_NOTFOUND;
    }
    return length == TEXT_MAX ? CHL_E_INVAL : read_date(text, length, out);
}
