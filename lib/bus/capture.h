/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Modbus frames written to a file as text, to show a vendor what was on the wire.
 */
#ifndef CHL_BUS_CAPTURE_H
#define CHL_BUS_CAPTURE_H

#include <chilang/types.h>

struct bus_capture;

/** Open (append) the file. It is kept under 16 MiB: a full one is renamed to `<path>.1`.
 *  @return CHL_OK, CHL_E_IO, CHL_E_NOMEM. Thread: supervisor. */
chl_err bus_capture_open(const char *path, struct bus_capture **out);
void bus_capture_close(struct bus_capture *capture);
/** One line: time, direction, bytes. `capture` may be NULL. Thread: the bus's. Blocks: disk. */
void bus_capture_frame(struct bus_capture *capture, char direction, const uint8_t *bytes,
                       size_t length);
/** One line: time, `!`, what happened to the link. */
void bus_capture_note(struct bus_capture *capture, const char *text);

#endif
