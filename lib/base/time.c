/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Clocks and RFC 3339, without the C library's time zone state.
 */
#include "lib/base/time.h"

#include <stdio.h>
#include <time.h>

static int64_t read_clock(clockid_t id)
{
    struct timespec now = {0};
    clock_gettime(id, &now);
    return (int64_t)now.tv_sec * CHL_NS_PER_S + now.tv_nsec;
}

int64_t chl_mono_ns(void)
{
    return read_clock(CLOCK_MONOTONIC);
}

int64_t chl_wall_ns(void)
{
    return read_clock(CLOCK_REALTIME);
}

int64_t chl_days_from_civil(int year, unsigned month, unsigned day)
{
    int64_t y = (int64_t)year - (month <= 2 ? 1 : 0);
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    int64_t year_of_era = y - era * 400;
    int64_t day_of_year =
        (153 * ((int64_t)month + (month > 2 ? -3 : 9)) + 2) / 5 + (int64_t)day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

void chl_time_format(int64_t wall_ns, char out[CHL_RFC3339_SIZE])
{
    int64_t seconds = wall_ns / CHL_NS_PER_S;
    int64_t nanos = wall_ns % CHL_NS_PER_S;
    if (nanos < 0) {
        nanos += CHL_NS_PER_S;
        seconds--;
    }
    struct tm parts = {0};
    time_t when = (time_t)seconds;
    out[0] = '\0';
    if (gmtime_r(&when, &parts) == NULL || parts.tm_year < -1900 || parts.tm_year > 8099) {
        return;
    }
    snprintf(out, CHL_RFC3339_SIZE, "%04u-%02u-%02uT%02u:%02u:%02u.%09uZ",
             (unsigned)(parts.tm_year + 1900) % 10000U, (unsigned)(parts.tm_mon + 1) % 100U,
             (unsigned)parts.tm_mday % 100U, (unsigned)parts.tm_hour % 100U,
             (unsigned)parts.tm_min % 100U, (unsigned)parts.tm_sec % 100U,
             (unsigned)nanos % 1000000000U);
}

struct scanner {
    const char *at, *end;
};

static bool digits(struct scanner *s, int count, int *out)
{
    int value = 0;
    for (int i = 0; i < count; i++) {
        if (s->at == s->end || *s->at < '0' || *s->at > '9') {
            return false;
        }
        value = value * 10 + (*s->at++ - '0');
    }
    *out = value;
    return true;
}

static bool literal(struct scanner *s, char c)
{
    if (s->at == s->end || *s->at != c) {
        return false;
    }
    s->at++;
    return true;
}

static bool fraction(struct scanner *s, int64_t *nanos)
{
    int64_t scale = CHL_NS_PER_S / 10;
    int count = 0;
    while (s->at != s->end && *s->at >= '0' && *s->at <= '9') {
        *nanos += (*s->at++ - '0') * scale;
        scale /= 10;
        count++;
    }
    return count > 0;
}

/* `Thh:mm`, or with `:ss` and a fraction. */
static bool clock_time(struct scanner *s, int *hour, int *minute, int *second, int64_t *nanos)
{
    bool marked = literal(s, 'T') || literal(s, 't') || literal(s, ' ');
    if (!marked || !digits(s, 2, hour) || !literal(s, ':') || !digits(s, 2, minute)) {
        return false;
    }
    if (!literal(s, ':')) {
        return true;
    }
    if (!digits(s, 2, second)) {
        return false;
    }
    bool fractional = literal(s, '.') || literal(s, ',');
    return !fractional || fraction(s, nanos);
}

static bool offset(struct scanner *s, int64_t *seconds)
{
    if (literal(s, 'Z') || literal(s, 'z')) {
        return true;
    }
    int sign = literal(s, '+') ? 1 : (literal(s, '-') ? -1 : 0);
    int hours = 0;
    int minutes = 0;
    if (sign == 0 || !digits(s, 2, &hours)) {
        return false;
    }
    bool colon = literal(s, ':');
    if ((colon || s->at != s->end) && !digits(s, 2, &minutes)) {
        return false;
    }
    *seconds = (int64_t)sign * (hours * 3600 + minutes * 60);
    return hours < 24 && minutes < 60;
}

static bool date_valid(int year, int month, int day)
{
    static const int length[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (month < 1 || month > 12 || day < 1) {
        return false;
    }
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return day <= length[month - 1] + (month == 2 && leap ? 1 : 0);
}

chl_err chl_time_parse(const char *text, size_t length, int64_t *wall_ns)
{
    struct scanner s = {text, text + length};
    int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
    int64_t nanos = 0, zone = 0;
    if (!digits(&s, 4, &year) || !literal(&s, '-') || !digits(&s, 2, &month) || !literal(&s, '-') ||
        !digits(&s, 2, &day) || !date_valid(year, month, day)) {
        return CHL_E_INVAL;
    }
    if (s.at != s.end &&
        (!clock_time(&s, &hour, &minute, &second, &nanos) || !offset(&s, &zone) || s.at != s.end)) {
        return CHL_E_INVAL;
    }
    if (hour > 23 || minute > 59 || second > 60) {
        return CHL_E_INVAL;
    }
    int64_t days = chl_days_from_civil(year, (unsigned)month, (unsigned)day);
    int64_t total = days * 86400 + INT64_C(3600) * hour + INT64_C(60) * minute + second - zone;
    if (total > INT64_MAX / CHL_NS_PER_S - 1 || total < INT64_MIN / CHL_NS_PER_S + 1) {
        return CHL_E_INVAL;
    }
    *wall_ns = total * CHL_NS_PER_S + nanos;
    return CHL_OK;
}
