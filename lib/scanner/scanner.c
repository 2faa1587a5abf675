/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Life, waiting, posting and health of a scanner's thread.
 */
#include "lib/scanner/scanner.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { DELAY_FIRST_MS = 100, DELAY_MAX_MS = 2000 };

chl_err chl_scanner_init(struct chl_scanner *scanner, const struct chl_create *args, char *why,
                         size_t why_size)
{
    if (!CHL_HAS(args->host, set_health) || !CHL_HAS(args->host, post_scan)) {
        (void)snprintf(why, why_size,
                       "expected a host with post_scan and set_health, got an older one; update "
                       "the daemon");
        return CHL_E_NOTSUP;
    }
    scanner->host = args->host;
    scanner->ctx = args->ctx;
    scanner->lane = args->lane;
    scanner->wake_fd = -1;
    scanner->running = false;
    scanner->health_known = false;
    return CHL_OK;
}

static void *thread_main(void *argument)
{
    struct chl_scanner *scanner = argument;
    scanner->run(scanner->user);
    return NULL;
}

chl_err chl_scanner_start(struct chl_scanner *scanner, void (*run)(void *user), void *user)
{
    atomic_store(&scanner->ending, false);
    scanner->health_known = false;
    scanner->run = run;
    scanner->user = user;
    scanner->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (scanner->wake_fd < 0) {
        return CHL_E_IO;
    }
    /* Signals are the daemon's own matter. */
    sigset_t all;
    sigset_t before;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    int failed = pthread_create(&scanner->thread, NULL, thread_main, scanner);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (failed != 0) {
        (void)close(scanner->wake_fd);
        scanner->wake_fd = -1;
        return CHL_E_NOMEM;
    }
    scanner->running = true;
    return CHL_OK;
}

void chl_scanner_quiesce(struct chl_scanner *scanner)
{
    atomic_store(&scanner->ending, true);
    const uint64_t one = 1;
    if (scanner->wake_fd >= 0 && write(scanner->wake_fd, &one, sizeof one) < 0) {
        scanner->host->log(scanner->ctx, CHL_LOG_WARNING, "event=wake_failed errno=%d", errno);
    }
}

void chl_scanner_stop(struct chl_scanner *scanner)
{
    if (!scanner->running) {
        return;
    }
    chl_scanner_quiesce(scanner);
    (void)pthread_join(scanner->thread, NULL);
    scanner->running = false;
    (void)close(scanner->wake_fd);
    scanner->wake_fd = -1;
}

enum chl_scanner_wake chl_scanner_wait(struct chl_scanner *scanner, int a, int b, int timeout_ms)
{
    struct pollfd fds[] = {{.fd = scanner->wake_fd, .events = POLLIN},
                           {.fd = a, .events = POLLIN},
                           {.fd = b, .events = POLLIN}};
    int ready = poll(fds, sizeof fds / sizeof *fds, timeout_ms);
    if (chl_scanner_is_ending(scanner)) {
        return CHL_SCANNER_ENDING;
    }
    /* An interrupted wait only makes the caller look once more. */
    return ready == 0 ? CHL_SCANNER_TIMEOUT : CHL_SCANNER_READY;
}

bool chl_scanner_is_ending(const struct chl_scanner *scanner)
{
    return atomic_load(&scanner->ending);
}

int64_t chl_scanner_now_ns(const struct chl_scanner *scanner)
{
    return scanner->host->now_mono_ns(scanner->ctx);
}

static void post(struct chl_scanner *scanner, struct chl_scan *scan)
{
    scan->size = (uint32_t)sizeof *scan;
    scan->lane = scanner->lane;
    if (chl_scanner_is_ending(scanner)) {
        return;
    }
    chl_err error = scanner->host->post_scan(scanner->ctx, scan);
    if (error != CHL_OK) {
        /* The lane was told; the person scans again. */
        scanner->host->log(scanner->ctx, CHL_LOG_DEBUG, "event=scan_not_taken error=%d",
                           (int)error);
    }
}

void chl_scanner_post(struct chl_scanner *scanner, const uint8_t *bytes, size_t length,
                      int64_t captured_ns)
{
    struct chl_scan scan = {
        .bytes = bytes, .length = length, .captured_ns = captured_ns, .unreadable = bytes == NULL};
    post(scanner, &scan);
}

void chl_scanner_refuse(struct chl_scanner *scanner, const char *refusal, int64_t captured_ns)
{
    /* A host that does not know `refusal` still says that nothing could be read. */
    struct chl_scan scan = {.captured_ns = captured_ns, .unreadable = true, .refusal = refusal};
    post(scanner, &scan);
}

void chl_scanner_health(struct chl_scanner *scanner, bool ok, const char *format, ...)
{
    char text[sizeof scanner->health_text];
    va_list arguments;
    va_start(arguments, format);
    /* NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized): clang 14 loses sight of va_start */
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (scanner->health_known && scanner->healthy == ok &&
        strcmp(text, scanner->health_text) == 0) {
        return;
    }
    scanner->health_known = true;
    scanner->healthy = ok;
    memcpy(scanner->health_text, text, sizeof text);
    scanner->host->set_health(scanner->ctx, ok, text);
}

void chl_scanner_reset(struct chl_scanner_backoff *backoff)
{
    backoff->delay_ms = 0;
}

void chl_scanner_pause(struct chl_scanner *scanner, struct chl_scanner_backoff *backoff)
{
    int next_ms = backoff->delay_ms == 0 ? DELAY_FIRST_MS : backoff->delay_ms * 2;
    backoff->delay_ms = next_ms < DELAY_MAX_MS ? next_ms : DELAY_MAX_MS;
    (void)chl_scanner_wait(scanner, -1, -1, backoff->delay_ms);
}
