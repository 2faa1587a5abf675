/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Modbus frames: build a request, and compare its answer byte by byte.
 *
 *  A frame is a PDU (function and data, pdu.c) inside an ADU: over TCP with a header that carries a
 *  transaction number, over a serial line with the unit before it and a CRC behind it (frame.c).
 *  libmodbus 3.1.6 accepts an acknowledgement of another address and another value; a gate must not
 *  be believed open on such an answer, so every field is compared here.
 *
 *  Source: MODBUS Application Protocol V1.1b3 (§6, §7), MODBUS Messaging on TCP/IP V1.0b, MODBUS
 *  over Serial Line V1.02 (§2.5.1).
 */
#ifndef CHL_MODBUS_FRAME_H
#define CHL_MODBUS_FRAME_H

#include <chilang/types.h>

#include "lib/modbus/driver.h"

enum {
    CHL_MODBUS_PDU_MAX = 253, /**< longest PDU */
    CHL_MODBUS_TCP_MAX = 260, /**< longest frame over TCP */
    CHL_MODBUS_RTU_MAX = 256, /**< longest frame over a serial line */
    CHL_MODBUS_REQUEST_MAX =
        13 + 2 * CHL_MODBUS_WRITE_MAX /**< longest request sent, of either kind: FC16 over TCP */
};

/** Build the PDU of `request`.
 *  @param out room for CHL_MODBUS_REQUEST_MAX bytes.
 *  @return its length; 0 when no such request exists: another function, or a count that is 0 or too
 *  large. The builders below return the same. Thread: any. Blocks: never. */
size_t chl_modbus_pdu_build(const struct chl_modbus_request *request, uint8_t *out);

/** Compare the PDU of an answer with what was asked, and take its words or its exception.
 *  Sets `answer->status` to OK, EXCEPTION or BAD, and for BAD `answer->text` says expected and got.
 *  The checkers below do the same. Thread: any. Blocks: never. */
void chl_modbus_pdu_check(const struct chl_modbus_request *request, const uint8_t *pdu,
                          size_t length, struct chl_modbus_answer *answer);

/** How long the PDU of the answer is that carries out `request`; an exception has 2 bytes. */
size_t chl_modbus_pdu_expected(const struct chl_modbus_request *request);

/** Build the frame over TCP with transaction number `transaction`.
 *  @param out room for CHL_MODBUS_REQUEST_MAX bytes. */
size_t chl_modbus_tcp_build(const struct chl_modbus_request *request, uint16_t transaction,
                            uint8_t *out);

/** Compare a frame received over TCP with what was asked. */
void chl_modbus_tcp_check(const struct chl_modbus_request *request, uint16_t transaction,
                          const uint8_t *frame, size_t length, struct chl_modbus_answer *answer);

/** Build the frame for a serial line.
 *  @param out room for CHL_MODBUS_REQUEST_MAX bytes. */
size_t chl_modbus_rtu_build(const struct chl_modbus_request *request, uint8_t *out);

/** Compare a frame received on a serial line with what was asked. Nothing in it tells one read from
 *  the next: a late answer of the same size passes, which is why silence follows a timeout. */
void chl_modbus_rtu_check(const struct chl_modbus_request *request, const uint8_t *frame,
                          size_t length, struct chl_modbus_answer *answer);

/** CRC of a serial frame, polynomial 0xA001, sent low byte first. */
uint16_t chl_modbus_crc(const uint8_t *bytes, size_t length);

#endif
