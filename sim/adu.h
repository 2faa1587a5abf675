/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Frames as a controller sees them: requests cut out of a stream, answers wrapped.
 *
 *  Shares nothing with the daemon's frames (lib/modbus), so that one mistake cannot hide in both.
 *  Source: MODBUS Messaging on TCP/IP V1.0b; MODBUS over Serial Line V1.02.
 */
#ifndef SIM_ADU_H
#define SIM_ADU_H

#include <chilang/types.h>

typedef enum { ADU_TCP, ADU_RTU } adu_framing;

enum { ADU_MAX = 260, ADU_PDU_MAX = 253, ADU_TCP_HEADER = 7, ADU_RTU_AROUND = 3 };

/** A request without its frame. */
struct adu {
    uint16_t transaction; /**< TCP only */
    uint8_t unit;
    const uint8_t *pdu; /**< borrowed from the frame */
    size_t length;
};

/** Length of the frame that starts at `bytes`: 0 = more bytes are needed (RTU: or silence must tell
 *  where it ends), −1 = no frame can start so. */
int adu_cut(adu_framing framing, const uint8_t *bytes, size_t length);
/** Take a whole frame apart. @return false: damaged. */
bool adu_read(adu_framing framing, const uint8_t *frame, size_t length, struct adu *out);
/** Wrap a PDU. @return length of the frame in `out`. */
size_t adu_write(adu_framing framing, const struct adu *in, uint8_t out[ADU_MAX]);
uint16_t adu_crc(const uint8_t *bytes, size_t length);

#endif
