/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Requests in the functions that a device answers.
 */
#include "lib/modbus/internal.h"

enum { COIL_ON = 0xFF00 };

struct chl_modbus_request request_read(const struct unit *u, chl_area area, uint16_t address,
                                       uint16_t count)
{
    static const uint8_t functions[] = {
        [CHL_AREA_HOLDING] = 3, [CHL_AREA_INPUT] = 4, [CHL_AREA_COIL] = 1, [CHL_AREA_DISCRETE] = 2};
    return (struct chl_modbus_request){.function = functions[area],
                                       .unit = u->address,
                                       .address = address,
                                       .count = count,
                                       .response_ns = u->response_ns};
}

static bool answers(const struct unit *u, unsigned function)
{
    return (u->profile->functions >> function & 1U) != 0;
}

/** Write one register. A coil is on or off, a flash takes its length in a coil's place. */
struct chl_modbus_request request_write(const struct unit *u, const struct write *w)
{
    const struct chl_register *reg = &u->profile->registers[w->role];
    struct chl_modbus_request r = {.unit = u->address,
                                   .address = chl_register_at(reg, w->row),
                                   .count = 1,
                                   .values = {w->value},
                                   .response_ns = u->response_ns};
    if (reg->area != CHL_AREA_COIL) {
        r.function = answers(u, 16) ? 16 : 6;
    } else if (w->role == CHL_REG_FLASH) {
        r.function = 5;
    } else if (answers(u, 5)) {
        r.function = 5;
        r.values[0] = w->value != 0 ? COIL_ON : 0;
    } else {
        r.function = 15;
        r.values[0] = w->value != 0;
    }
    return r;
}
