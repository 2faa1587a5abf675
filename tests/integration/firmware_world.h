/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief A simulated bus in a folder of its own, and `chilang firmware` beside it.
 */
#ifndef TEST_FIRMWARE_WORLD_H
#define TEST_FIRMWARE_WORLD_H

#include <jansson.h>
#include <sys/types.h>

#include "lib/firmware/log.h"

enum { FW_PATH = 256, FW_OUT = 65536, FW_ENTRIES = 16 };

struct fw_world {
    char dir[FW_PATH];
    char address[FW_PATH]; /**< of the bus, as --bus takes it */
    pid_t sim, daemon;
    int to_sim;     /**< requests */
    FILE *from_sim; /**< answers */
};

struct fw_answer {
    int code;
    char text[FW_OUT];
};

/** Start a simulator: `options` as its command line, split at spaces; --listen and --stdin are
 *  added. `listen` is "127.0.0.1:0" or "rtu:". */
void fw_open(struct fw_world *world, const char *listen, const char *options);
void fw_close(struct fw_world *world);
/** A path in its folder; one of a few static buffers. */
const char *fw_path(const struct fw_world *world, const char *name);
void fw_write(const struct fw_world *world, const char *name, const char *text);

/** One request to the simulator; the answer is the caller's. */
json_t *fw_sim(const struct fw_world *world, const char *request);
/** The same, which must be done. */
void fw_do(const struct fw_world *world, const char *request);
/** A number of a unit's truth: "writes". */
long fw_truth(const struct fw_world *world, int unit, const char *member);

/** `chilang firmware …` in English, in the world's folder, without a terminal. */
struct fw_answer fw_run(const struct fw_world *world, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/** The same at a terminal, where `typed` is typed at the first question. */
struct fw_answer fw_type(const struct fw_world *world, const char *typed, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/** The record's lines. @return how many. */
size_t fw_record(const struct fw_world *world, struct chl_firmware_entry out[FW_ENTRIES]);
/** No line is wider than a terminal. */
void fw_assert_narrow(const struct fw_answer *answer);
/** Fails with the whole text when it does not contain `part`. */
void fw_assert_says(const struct fw_answer *answer, const char *part);

#endif
