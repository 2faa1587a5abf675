/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief One write per line, so that lines of several threads never mix.
 */
#include "lib/base/log.h"

#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

static atomic_int threshold = CHL_LOG_INFO;

void chl_log_set_level(chl_log_level level)
{
    atomic_store(&threshold, (int)level);
}

void chl_vlog(chl_log_level level, const char *component, const char *format, va_list arguments)
{
    if ((int)level > atomic_load(&threshold)) {
        return;
    }
    char line[1024];
    int head = snprintf(line, sizeof line, "<%d>component=%s ", (int)level, component);
    if (head < 0 || (size_t)head >= sizeof line - 2) {
        return;
    }
    int body = vsnprintf(line + head, sizeof line - (size_t)head - 1, format, arguments);
    if (body < 0) {
        return;
    }
    size_t length = (size_t)head + (size_t)body;
    if (length > sizeof line - 2) {
        length = sizeof line - 2;
    }
    for (size_t i = (size_t)head; i < length; i++) {
        if ((unsigned char)line[i] < 0x20) {
            line[i] = ' ';
        }
    }
    line[length++] = '\n';
    ssize_t written = write(STDERR_FILENO, line, length);
    (void)written;
}

void chl_log(chl_log_level level, const char *component, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    chl_vlog(level, component, format, arguments);
    va_end(arguments);
}
