/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief What the parts of this plugin share: options, where events come from, and the instance.
 */
#ifndef SCAN_HID_HID_H
#define SCAN_HID_HID_H

#include "lib/scanner/scanner.h"
#include "typed.h"

struct scan_hid_config {
    const char *device;
    int layout; /**< `us`, the only one */
    int64_t idle_gap_ms;
};

enum { SOURCE_WHY_MAX = 220 };

struct libevdev;

/** Where events come from: a device that is held alone, or a FIFO of recorded ones. */
struct source {
    int fd;
    struct libevdev *device; /**< NULL: a FIFO */
    bool resumed;            /**< dropped events were passed over: a report ends them */
    size_t partial;          /**< bytes of an event that has not come whole */
    uint8_t bytes[sizeof(struct input_event)];
};

/** What reading an event gave. */
enum source_result { SOURCE_EVENT, SOURCE_EMPTY, SOURCE_GONE };

/** Open, and take the device from everybody else.
 *  @param caps the lamp of the shift lock.
 *  @param why SOURCE_WHY_MAX bytes; on failure what happened and what to do. */
bool source_open(struct source *source, const char *path, bool *caps, char *why);
/** One event; never waits. */
enum source_result source_read(struct source *source, struct input_event *out);
void source_close(struct source *source);

struct chl_instance {
    struct scan_hid_config config;
    struct chl_scanner scanner;
    struct source source;
    struct typed typed;
    int64_t captured_ns; /**< when the last stroke came */
    bool mangles;        /**< a mangled code was seen: said once */
};

/** worker.c: the thread. `user` is the instance. */
void hid_run(void *user);

#endif
