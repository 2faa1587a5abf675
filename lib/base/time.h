/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Clocks, and RFC 3339 text of wall times.
 */
#ifndef CHL_BASE_TIME_H
#define CHL_BASE_TIME_H

#include <chilang/types.h>

#define CHL_NS_PER_S  INT64_C(1000000000)
#define CHL_NS_PER_MS INT64_C(1000000)

enum { CHL_RFC3339_SIZE = 36 };

/** Monotonic time in ns (CLOCK_MONOTONIC). Thread: any. */
int64_t chl_mono_ns(void);
/** Wall time in ns since 1970 UTC. Thread: any. */
int64_t chl_wall_ns(void);
/** `2022-02-01T00:00:00.000000000Z` into `out`. Years outside 0000–9999 give an empty string. */
void chl_time_format(int64_t wall_ns, char out[CHL_RFC3339_SIZE]);
/** Read RFC 3339 (`T` or space, any fraction, `Z` or ±hh:mm or ±hh), also without its seconds as
 *  ISO 8601 lets people write, or a bare date (midnight UTC).
 *  @return CHL_OK or CHL_E_INVAL; `*wall_ns` untouched on error. Thread: any. */
chl_err chl_time_parse(const char *text, size_t length, int64_t *wall_ns);
/** Days since 1970-01-01 of a proleptic Gregorian date. */
int64_t chl_days_from_civil(int year, unsigned month, unsigned day);

#endif
