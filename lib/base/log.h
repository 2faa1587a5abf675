/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Log lines to stderr with a syslog level prefix that journald understands.
 */
#ifndef CHL_BASE_LOG_H
#define CHL_BASE_LOG_H

#include <chilang/types.h>
#include <stdarg.h>

/** Write `<level>component=… message` as one line. Thread: any. Blocks: as stderr does. */
void chl_log(chl_log_level level, const char *component, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void chl_vlog(chl_log_level level, const char *component, const char *format, va_list arguments)
    __attribute__((format(printf, 3, 0)));

/** Lines above this level are dropped; CHL_LOG_INFO at start. Thread: any. */
void chl_log_set_level(chl_log_level level);

#endif
