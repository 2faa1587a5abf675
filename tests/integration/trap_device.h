/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief A Modbus device of eight units in a thread of the test, over TCP or a pseudo-terminal,
 *  that does to its client what devices and lines do.
 *
 *  It answers when it is told to, not after a time, so that a late answer is late on any machine.
 *  What it was asked is kept, byte by byte and in order.
 */
#ifndef TRAP_DEVICE_H
#define TRAP_DEVICE_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    DEVICE_UNITS = 8,
    DEVICE_WORDS = 0x3100,
    DEVICE_COILS = 1024,
    DEVICE_LOG = 8192,
    DEVICE_FRAME = 260,
    DEVICE_PATIENCE_MS = 20000
};

typedef enum {
    DEVICE_WELL,
    DEVICE_HOLD,       /**< acts; the answer waits for device_release() */
    DEVICE_SILENT,     /**< neither acts nor answers */
    DEVICE_DRIBBLE,    /**< one byte of the answer every `ms` */
    DEVICE_TORN,       /**< half of the answer, then nothing */
    DEVICE_ADDRESS,    /**< acknowledges another address */
    DEVICE_VALUE,      /**< acknowledges another value or count */
    DEVICE_OTHER_UNIT, /**< another unit's name on the answer */
    DEVICE_BAD_CRC,    /**< the answer's last byte is wrong */
    DEVICE_STALE_FC06, /**< answers with an FC06 acknowledgement, whatever was asked */
    DEVICE_REFUSE,     /**< exception 2 */
    DEVICE_BABBLE,     /**< answers twice, broadcasts too */
    DEVICE_NOISE,      /**< random bytes instead of an answer, often with its beginning */
    DEVICE_VANISH      /**< acts, then the cable is pulled: see device_unplug() */
} device_manner;

/** One request as it came: unit, function, address, and the whole frame. */
struct device_request {
    uint8_t frame[64];
    size_t length;
    uint8_t unit, function;
    uint16_t address, value;
};

struct trap_device {
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    int stop_fd, listener, client, held_slave;
    bool serial, running;
    int port;
    char path[64];  /**< of the line to open */
    char link[128]; /**< symbolic link kept at `path`'s newest name; "" = none */
    device_manner manner;
    int manner_unit;    /**< 0 = all */
    int manner_address; /**< only writes to it, once; −1 = everything */
    int dribble_ms;
    unsigned seed; /**< of DEVICE_NOISE */
    bool holding, release;
    uint16_t words[DEVICE_UNITS + 1][DEVICE_WORDS];
    uint8_t coils[DEVICE_UNITS + 1][DEVICE_COILS];
    struct device_request log[DEVICE_LOG];
    size_t requests;
};

/** Make a device, not connected to anything; word n of every unit is 1000 + n. */
struct trap_device *device_new(void);
void device_free(struct trap_device *device);

/** Listen on a free port of the loopback address of `family` (AF_INET, AF_INET6). @return port. */
int device_listen(struct trap_device *device, int family);
/** The same with frames of a serial line, as a serial server hands them over. IPv4. */
int device_listen_rtu(struct trap_device *device);
/** Make a pseudo-terminal. `link`: also keep a symbolic link to it there, "" = none.
 *  @return path to open. */
const char *device_line(struct trap_device *device, const char *link);
/** Pull the cable: close all ends. Nobody answers on the port, the line hangs up. */
void device_unplug(struct trap_device *device);
/** Put it back: the same port, or a new line under the same link. */
void device_plug(struct trap_device *device);

/** Say something unasked. @return false when the line is full. */
bool device_say(struct trap_device *device, const void *bytes, size_t length);
/** Behave so from the next request on. `unit` 0 = all. A held answer is not let go. */
void device_behave(struct trap_device *device, device_manner manner, int unit);
/** Answer with noise of that seed from the next request on. */
void device_noise(struct trap_device *device, unsigned seed);
/** Behave so at the next write to `address` of `unit`, once; well otherwise. */
void device_behave_on_write(struct trap_device *device, device_manner manner, int unit,
                            unsigned address);
/** Wait until an answer is held; then let it go, and wait until it was sent. */
void device_await_hold(struct trap_device *device);
void device_release(struct trap_device *device);
/** How many requests came. */
size_t device_count(struct trap_device *device);
/** Wait until `count` requests came. */
void device_await(struct trap_device *device, size_t count);
/** A copy of request `i`. */
struct device_request device_request(struct trap_device *device, size_t i);
/** How many of the requests from `from` on are writes of `unit` to `address`. */
size_t device_writes(struct trap_device *device, size_t from, unsigned unit, unsigned address);
uint16_t device_word(struct trap_device *device, unsigned unit, unsigned address);
void device_set(struct trap_device *device, unsigned unit, unsigned address, uint16_t value);

#endif
