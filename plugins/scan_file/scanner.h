/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief What the parts of this plugin share: its options and one instance.
 */
#ifndef SCAN_FILE_SCANNER_H
#define SCAN_FILE_SCANNER_H

#include "lib/qr/reader.h"
#include "lib/scanline/scanline.h"
#include "lib/scanner/scanner.h"

enum scan_what { WHAT_AUTO = 0, WHAT_PICTURES, WHAT_LINES };

struct scan_file_config {
    const char *path;
    const char *done; /**< NULL: files are removed once read */
    int what;         /**< enum scan_what */
};

struct chl_instance {
    struct scan_file_config config;
    struct chl_scanner scanner;
    struct chl_qr_reader *reader; /**< made for the first picture; the thread's own */
    struct chl_qr_code *code;
};

/** How codes stand in a text file or a FIFO. */
extern const struct chl_scanline_format scan_file_lines;

/** Read a picture held in memory and post what it says. */
void scanner_post_picture(struct chl_instance *self, const uint8_t *bytes, size_t length,
                          int64_t captured_ns);
/** Serve a folder, or a FIFO or text file, until it must be looked at anew or the instance ends. */
void folder_run(struct chl_instance *self);
void lines_run(struct chl_instance *self, bool is_fifo);

#endif
