/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief What the parts of this plugin share: one instance, how it waits and how it posts.
 */
#ifndef SCAN_FILE_SCANNER_H
#define SCAN_FILE_SCANNER_H

#include <chilang/plugin.h>

#include <pthread.h>
#include <stdatomic.h>

#include "lib/qr/reader.h"

enum scan_what { WHAT_AUTO = 0, WHAT_PICTURES, WHAT_LINES };

struct scan_file_config {
    const char *path;
    const char *done; /**< NULL: files are removed once read */
    int what;         /**< enum scan_what */
};

struct chl_instance {
    struct scan_file_config config;
    const struct chl_host *host;
    struct chl_ctx *ctx;
    chl_lane_id lane;
    pthread_t thread;
    bool running;
    atomic_bool ending;
    int wake_fd; /**< eventfd: readable once it has to end; −1 when not started */
    bool health_known, healthy;
    char health_text[160];
    struct chl_qr_reader *reader; /**< made for the first picture; the thread's own */
    struct chl_qr_code *code;
};

/** How a wait ended. */
enum wake { WAKE_READY, WAKE_TIMEOUT, WAKE_ENDING };

/** Wait until one of two descriptors (−1 = none) is readable, the time is over (−1 = never), or the
 *  instance has to end. Thread: the instance's own, as all of these. */
enum wake scanner_wait(struct chl_instance *self, int a, int b, int timeout_ms);
bool scanner_is_ending(const struct chl_instance *self);
int64_t scanner_now_ns(const struct chl_instance *self);
/** Hand a code over. `bytes` NULL: a picture or line that could not be read. */
void scanner_post(struct chl_instance *self, const uint8_t *bytes, size_t length,
                  int64_t captured_ns);
/** Read a picture held in memory and post what it says. */
void scanner_post_picture(struct chl_instance *self, const uint8_t *bytes, size_t length,
                          int64_t captured_ns);
/** Report health when it changed. */
void scanner_health(struct chl_instance *self, bool ok, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/** Serve a folder, or a FIFO or text file, until it must be looked at anew or the instance ends. */
void folder_run(struct chl_instance *self);
void lines_run(struct chl_instance *self, bool is_fifo);

#endif
