/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Fuzzes answers of a device that is not what it says: nothing is read past the frame, an
 *  answer is one of three things, and what is accepted is byte by byte what was asked for.
 *
 *  Input: function, unit, address and count of two bytes each, big-endian, one value likewise; the
 *  frame.
 */
#include "lib/modbus/frame.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HEAD = 8, NUMBER = 7 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_status(const struct chl_modbus_answer *answer)
{
    const bool bad = answer->status == CHL_MODBUS_BAD;
    if (answer->status < CHL_MODBUS_OK || answer->status > CHL_MODBUS_BAD ||
        answer->status == CHL_MODBUS_TIMEOUT || (bad && answer->text[0] == '\0') ||
        memchr(answer->text, '\0', sizeof answer->text) == NULL) {
        abort();
    }
}

/** An acknowledgement that was believed carries the address and the value of the request. */
static void check_echo(const struct chl_modbus_request *request, const uint8_t *pdu, size_t length)
{
    uint8_t built[CHL_MODBUS_REQUEST_MAX];
    if (chl_modbus_writes(request) && chl_modbus_pdu_build(request, built) > 0 &&
        (length != 5 || memcmp(built, pdu, 5) != 0)) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < HEAD) {
        return 0;
    }
    struct chl_modbus_request request = {.function = data[0],
                                         .unit = data[1],
                                         .address = (uint16_t)(data[2] << 8 | data[3]),
                                         .count = (uint16_t)(data[4] << 8 | data[5])};
    for (size_t i = 0; i < CHL_MODBUS_WRITE_MAX; i++) {
        request.values[i] = (uint16_t)(data[6] << 8 | data[7]);
    }
    uint8_t built[CHL_MODBUS_REQUEST_MAX];
    if (chl_modbus_tcp_build(&request, NUMBER, built) == 0) {
        return 0; /* never asked */
    }
    (void)chl_modbus_rtu_build(&request, built);
    const size_t length = size - HEAD;
    uint8_t *frame = malloc(length > 0 ? length : 1); /* exact, so that a read past it shows */
    if (frame == NULL) {
        return 0;
    }
    memcpy(frame, data + HEAD, length);
    struct chl_modbus_answer answer = {0};
    chl_modbus_tcp_check(&request, NUMBER, frame, length, &answer);
    check_status(&answer);
    if (answer.status == CHL_MODBUS_OK) {
        check_echo(&request, frame + 7, length - 7);
    }
    answer = (struct chl_modbus_answer){0};
    chl_modbus_rtu_check(&request, frame, length, &answer);
    check_status(&answer);
    if (answer.status == CHL_MODBUS_OK) {
        check_echo(&request, frame + 1, length - 3);
    }
    free(frame);
    return 0;
}
