/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Open a serial line for one owner, with exactly the speed that was asked for.
 */
#ifndef CHL_BUS_SERIAL_H
#define CHL_BUS_SERIAL_H

#include <chilang/types.h>

struct bus_line {
    int64_t baud;
    char parity; /**< 'N', 'E', 'O' */
    int stop_bits;
};

/** Put the usual values where 0 stands (9600 8N1) and refuse what no line has.
 *  @param why names the speeds there are. @return CHL_OK or CHL_E_CONFIG. */
chl_err bus_line_check(struct bus_line *line, char *why, size_t why_size);

/** Open the device raw and non-blocking, with `line` set and read back.
 *
 *  A second owner, here or in another program, is refused: two askers on one line take each other's
 *  answers.
 *  @param why what was tried and what came.
 *  @return CHL_OK; CHL_E_BUSY: somebody else has it; CHL_E_IO. Blocks: never. */
chl_err bus_serial_open(const char *path, const struct bus_line *line, int *out, char *why,
                        size_t why_size);

/** Time of one character of 11 bits (MODBUS over Serial Line V1.02 §2.5.1), in ns. */
int64_t bus_line_character_ns(const struct bus_line *line);

/** Silence that ends a frame: 3.5 characters, fixed at 1.75 ms above 19200 (§2.5.1.1), in ns. */
int64_t bus_line_gap_ns(const struct bus_line *line);

#endif
