/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The wire of one Modbus bus: TCP, a serial line, or RTU frames over TCP; one transaction
 *  at a time.
 *
 *  The other half of lib/modbus/driver.h: the driver says what to do, this does it. libmodbus
 *  receives and frames; the request's bytes are made here and every byte of the answer is compared
 *  with them, because libmodbus 3.1.6 takes another register's acknowledgement for the right one.
 *  Its error recovery is off: it would repeat writes.
 *
 *  Thread: one bus belongs to one thread at a time. A second one that comes in is told so by an
 *  answer; it does not disturb the first.
 */
#ifndef CHL_BUS_BUS_H
#define CHL_BUS_BUS_H

#include <stdatomic.h>

#include <chilang/types.h>

#include "lib/modbus/driver.h"

/** Where a bus is and how its line is set. Strings are copied. */
struct chl_bus_settings {
    /** `tcp://host:port` (port 502 when not written), `rtu:///dev/ttyUSB0`, or
     *  `rtu+tcp://host:port` (RTU frames through a serial server; port 4196). The host is a name,
     *  an IPv4 or a bracketed IPv6 address. */
    const char *address;
    int64_t baud;  /**< speed of the serial line, also of the one behind rtu+tcp; 0 = 9600 */
    char parity;   /**< 'N', 'E' or 'O'; 0 = 'N' */
    int stop_bits; /**< 1 or 2; 0 = 1 */
    /** Serial and rtu+tcp: this long after a question no late answer begins any more; 0 = 1 s. */
    int64_t delay_max_ns;
    /** Every frame is written to this file as text, kept under 16 MiB; NULL or "" = none. */
    const char *capture;
};

struct chl_bus;

/** Make a bus, closed. Checks all that can be known without the device: address, speed, capture.
 *  @param out the caller's, freed with chl_bus_free.
 *  @param why what was expected, what came; CHL_MODBUS_TEXT is room enough for most of it.
 *  @return CHL_OK, CHL_E_CONFIG, CHL_E_IO (the capture), CHL_E_NOMEM. Thread: any. Blocks: never,
 *  but for opening the capture. */
chl_err chl_bus_new(const struct chl_bus_settings *settings, struct chl_bus **out, char *why,
                    size_t why_size);

/** Close and free; NULL is allowed. Never waits for a name that is still being resolved. */
void chl_bus_free(struct chl_bus *bus);

/** Open the link; an open one is closed first.
 *  @param timeout_ns for resolving and connecting together.
 *  @param stopping ends the attempt early when it becomes true.
 *  @param why what was tried and what came.
 *  @return CHL_OK; CHL_E_BUSY: another program uses the serial line; CHL_E_IO. Blocks: at most
 *  `timeout_ns`. */
chl_err chl_bus_open(struct chl_bus *bus, int64_t timeout_ns, const atomic_bool *stopping,
                     char *why, size_t why_size);

/** Close the link; what was not sent is thrown away. Blocks: never. */
void chl_bus_close(struct chl_bus *bus);

/** Throw away what was received, until the line is quiet: the silence after a lost answer is over.
 *  Blocks: while bytes still arrive, at most 250 ms. */
void chl_bus_flush(struct chl_bus *bus);

/** Send a request and wait for its answer.
 *
 *  A serial line is first kept silent as long as its speed asks (3.5 characters); what speaks
 *  unasked in that time is thrown away. After TIMEOUT or BAD a serial bus keeps silent until
 *  `delay_max_ns` after the question and flushes before it sends again, unless chl_bus_flush() was
 *  called meanwhile; a TCP bus answers UNSENT until it was opened again. So a late answer is never
 *  taken for another question's.
 *
 *  A broadcast is sent, then the turnaround is waited for and whatever was said in it is dropped.
 *  What its deadline or a newer generation forbids is not sent, also when that came while the line
 *  was waited for: STALE.
 *  @param request its response time counts from the last byte sent; on a serial line the time of
 *         the frames themselves is added to it.
 *  @param answer every field that its status needs is set.
 *  Blocks: at most that time, after the silence named above. */
void chl_bus_transact(struct chl_bus *bus, const struct chl_modbus_request *request,
                      struct chl_modbus_answer *answer);

/** A descriptor that becomes readable when the peer closes or speaks unasked, −1 when closed.
 *  Borrowed. */
int chl_bus_descriptor(const struct chl_bus *bus);

/** Look at what made the descriptor readable while nothing was asked: noise of a serial line is
 *  thrown away, everything else means that the link has to be closed.
 *  @param why what came. @return true when the link may be used on. Blocks: never. */
bool chl_bus_still_good(struct chl_bus *bus, char *why, size_t why_size);

/** Whether frames carry no transaction number, so that silence and a flush must follow a timeout
 *  (struct chl_modbus_settings, `serial`). True for rtu+tcp too. */
bool chl_bus_is_serial(const struct chl_bus *bus);

/** How long one frame of `bytes` takes on the line, in ns; 0 for TCP. */
int64_t chl_bus_frame_ns(const struct chl_bus *bus, size_t bytes);

#endif
