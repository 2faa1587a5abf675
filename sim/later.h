/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Bytes that go out at their time, to the microsecond, on libuv.
 *
 *  libuv's own timers count milliseconds; a frame at 115200 baud takes less than two.
 */
#ifndef SIM_LATER_H
#define SIM_LATER_H

#include <chilang/types.h>
#include <uv.h>

struct later_entry;

struct later {
    uv_poll_t poll;
    int fd;                    /**< timer; −1 = not started */
    struct later_entry *first; /**< by time */
    size_t count;
};

enum { LATER_MAX = 65536 };

/** Where bytes go. */
struct later_target {
    void (*send)(struct later_target *target, const uint8_t *bytes, size_t length);
};

/** @return CHL_OK or CHL_E_IO. */
chl_err later_start(struct later *later, uv_loop_t *loop);
/** Send a copy of `bytes` at `due_ns` (monotonic); at once when that has passed. Dropped when
 *  LATER_MAX wait. */
void later_send(struct later *later, struct later_target *target, int64_t due_ns,
                const uint8_t *bytes, size_t length);
/** Drop what waits for a target that goes away. */
void later_forget(struct later *later, const struct later_target *target);
void later_stop(struct later *later);

#endif
