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

static const char *word_of(chl_log_level level)
{
    switch (level) {
    case CHL_LOG_ERROR:
        return "error";
    case CHL_LOG_WARNING:
        return "warning";
    case CHL_LOG_DEBUG:
        return "debug";
    default:
        return "info";
    }
}

void chl_vlog(chl_log_level level, const char *component, const char *format, va_list arguments)
{
    if ((int)level > atomic_load(&threshold)) {
        return;
    }
    char line[1024];
    /* The level in the form that a service manager reads; a person gets a word instead. */
    int head = isatty(STDERR_FILENO) == 1
                   ? snprintf(line, sizeof line, "%-7s component=%s ", word_of(level), component)
                   : snprintf(line, sizeof line, "<%d>component=%s ", (int)level, component);
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
