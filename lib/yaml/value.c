/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Texts read as numbers and durations, and the search for what a misspelt word meant.
 */
#include "lib/yaml/internal.h"

#include <stdio.h>
#include <string.h>

/** Longest unit that divides the value comes last, so that it is the one shown. */
static const struct {
    const char *name;
    int64_t ms;
} units[] = {{"ms", 1}, {"s", 1000}, {"min", 60000}, {"h", 3600000}, {"d", 86400000}};

enum { UNITS = sizeof units / sizeof *units, WORD_MAX = 40 };

static int digit_of(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : 99;
}

/** Digits up to the first other character; `*end` points there. */
static chl_err read_digits(const char *text, int base, int64_t *out, const char **end)
{
    int64_t value = 0;
    const char *c = text;
    chl_err result = CHL_OK;
    for (; digit_of(*c) < base; c++) {
        if (__builtin_mul_overflow(value, base, &value) ||
            __builtin_add_overflow(value, digit_of(*c), &value)) {
            result = CHL_E_LIMIT;
            value = 0;
        }
    }
    *end = c;
    *out = value;
    return c == text ? CHL_E_INVAL : result;
}

chl_err yaml_int(const char *text, int64_t *out)
{
    bool negative = text[0] == '-';
    const char *digits = text + (negative ? 1 : 0);
    int base = 10;
    if (digits[0] == '0' && (digits[1] == 'x' || digits[1] == 'X')) {
        base = 16;
        digits += 2;
    } else if (digits[0] == '0' && digits[1] != '\0') {
        return CHL_E_INVAL; /* 010 is ten to some readers and eight to others */
    }
    const char *end = NULL;
    int64_t value = 0;
    chl_err result = read_digits(digits, base, &value, &end);
    if (*end != '\0') {
        return CHL_E_INVAL;
    }
    if (result == CHL_OK) {
        *out = negative ? -value : value;
    }
    return result;
}

chl_err yaml_duration(const char *text, int64_t *out_ms)
{
    const char *unit = NULL;
    int64_t value = 0;
    chl_err result = read_digits(text, 10, &value, &unit);
    if (result == CHL_E_INVAL) {
        return result;
    }
    unit += *unit == ' ' ? 1 : 0;
    for (size_t i = 0; i < UNITS; i++) {
        if (strcmp(unit, units[i].name) == 0) {
            if (result != CHL_OK || __builtin_mul_overflow(value, units[i].ms, &value)) {
                return CHL_E_LIMIT;
            }
            *out_ms = value;
            return CHL_OK;
        }
    }
    return CHL_E_INVAL;
}

struct yaml_shown yaml_show_duration(int64_t ms)
{
    struct yaml_shown shown;
    size_t unit = 0;
    for (size_t i = 1; i < UNITS && ms != 0; i++) {
        if (ms % units[i].ms == 0) {
            unit = i;
        }
    }
    (void)snprintf(shown.text, sizeof shown.text, "%lld %s", (long long)(ms / units[unit].ms),
                   units[unit].name);
    return shown;
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

size_t yaml_distance(const char *a, const char *b)
{
    size_t a_length = strlen(a);
    size_t b_length = strlen(b);
    if (a_length > WORD_MAX || b_length > WORD_MAX) {
        return SIZE_MAX;
    }
    size_t rows[WORD_MAX + 1][WORD_MAX + 1];
    for (size_t j = 0; j <= b_length; j++) {
        rows[0][j] = j;
    }
    for (size_t i = 1; i <= a_length; i++) {
        rows[i][0] = i;
        for (size_t j = 1; j <= b_length; j++) {
            size_t change = rows[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
            rows[i][j] = least(change, least(rows[i - 1][j], rows[i][j - 1]) + 1);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
                rows[i][j] = least(rows[i][j], rows[i - 2][j - 2] + 1);
            }
        }
    }
    return rows[a_length][b_length];
}

bool chl_yaml_nearer(const char *a, const char *b, size_t *best)
{
    size_t distance = yaml_distance(a, b);
    size_t length = strlen(a);
    size_t bound = length < 4 ? 1 : length < 8 ? 2 : 3;
    if (distance > bound || distance >= *best) {
        return false;
    }
    *best = distance;
    return true;
}
