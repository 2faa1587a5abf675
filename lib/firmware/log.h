/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Who changed a controller's settings: lines of a file beside the journal, which the daemon
 *  takes into its journal.
 *
 *  The tool runs while the daemon does not, so it cannot write the journal itself. Each line is one
 *  JSON object (docs/firmware.md): `begin` before the first write, `end` after the last reading. A
 *  line is whole once its newline is on the disk; lines are only ever added.
 */
#ifndef CHL_FIRMWARE_LOG_H
#define CHL_FIRMWARE_LOG_H

#include <chilang/types.h>

enum {
    CHL_FIRMWARE_LINE_MAX = 16 * 1024, /**< a line with its newline */
    CHL_FIRMWARE_FILE_MAX = 16 * 1024 * 1024,
    CHL_FIRMWARE_CHANGES_MAX = 64, /**< named in one line; the rest is counted */
    CHL_FIRMWARE_WHO = 64,         /**< these with the NUL */
    CHL_FIRMWARE_WHY = 160,
    CHL_FIRMWARE_NAME = 49,
    CHL_FIRMWARE_BUS = 320,
    CHL_FIRMWARE_OUTCOME = 24
};

/** Name of the file in a site's state folder. */
#define CHL_FIRMWARE_LOG "firmware.jsonl"

/** One change, before or after. */
struct chl_firmware_change {
    char setting[CHL_FIRMWARE_NAME];
    int row; /**< from 1, 0 = it has none */
    int64_t old, value;
    char fate[CHL_FIRMWARE_OUTCOME]; /**< of an end: what became of it */
};

/** One line. Texts are UTF-8 without control characters. */
struct chl_firmware_entry {
    bool end;
    int64_t time_ns; /**< wall time */
    char who[CHL_FIRMWARE_WHO], why[CHL_FIRMWARE_WHY];
    char gate[CHL_FIRMWARE_NAME]; /**< "" = the unit serves no gate of its own */
    char bus[CHL_FIRMWARE_BUS], profile[CHL_FIRMWARE_NAME];
    unsigned unit;
    char outcome[CHL_FIRMWARE_OUTCOME]; /**< of an end */
    size_t change_count, left_out;      /**< left_out: changes that are only counted */
    struct chl_firmware_change changes[CHL_FIRMWARE_CHANGES_MAX];
};

/** Add a line and wait until it is on the disk; the file is made (mode 0640) when it is not there.
 *  A line that another writer left unfinished is ended first.
 *  @param why on failure: expected, got, what to do.
 *  @return CHL_OK, CHL_E_LIMIT (too long for a line, or the file is full), CHL_E_IO.
 *  Thread: any; writers exclude each other by a lock on the file. Blocks: disk. */
chl_err chl_firmware_log_add(const char *path, const struct chl_firmware_entry *entry, char *why,
                             size_t why_size);

/** Read one line, without its newline. Every field is checked: types, lengths, characters.
 *  @param why which field, expected, got.
 *  @return CHL_OK or CHL_E_INVAL. Thread: any. Blocks: never. */
chl_err chl_firmware_log_parse(const char *line, size_t length, struct chl_firmware_entry *out,
                               char *why, size_t why_size);

/** One text that says it all, cut at a character to `size`: `unit 2 lot-turnstile: start-time 7→10
 *  (verified) applied; why`. */
void chl_firmware_log_summary(const struct chl_firmware_entry *entry, char *out, size_t size);

/** What chl_firmware_log_read() gives for each whole line, counted from 0.
 *  @param entry NULL when the line cannot be read; `why` then says what is wrong with it.
 *  @return false to stop after this one. */
typedef bool (*chl_firmware_log_take)(void *user, uint64_t line,
                                      const struct chl_firmware_entry *entry, const char *why);

/** Read the whole lines of a file from line `from` on. A file that is not there has none.
 *  @param lines how many whole lines there are, as far as was read; may be NULL.
 *  @param why on failure, as above.
 *  @return CHL_OK, CHL_E_LIMIT (larger than CHL_FIRMWARE_FILE_MAX: nothing was given), CHL_E_IO.
 *  Thread: any. Blocks: disk. */
chl_err chl_firmware_log_read(const char *path, uint64_t from, chl_firmware_log_take take,
                              void *user, uint64_t *lines, char *why, size_t why_size);

#endif
