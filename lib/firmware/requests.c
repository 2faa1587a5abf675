/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Which question reads a setting, which one writes it, and what an answer's words mean.
 */
#include "lib/base/time.h"
#include "lib/firmware/internal.h"

enum {
    READ_COILS = 1,
    READ_HOLDING = 3,
    WRITE_COIL = 5,
    WRITE_REGISTER = 6,
    WRITE_COILS = 15,
    WRITE_REGISTERS = 16,
    COIL_ON = 0xFF00
};

static bool answers(const struct chl_profile *p, int function)
{
    return (p->functions >> function & 1U) != 0;
}

static struct chl_modbus_request blank(const struct chl_firmware *run, int function, uint16_t unit,
                                       uint16_t address, unsigned count)
{
    return (struct chl_modbus_request){.function = (uint8_t)function,
                                       .unit = unit,
                                       .address = address,
                                       .count = (uint16_t)count,
                                       .response_ns =
                                           run->target.response_ns > 0
                                               ? run->target.response_ns
                                               : run->target.profile->response_ms * CHL_NS_PER_MS};
}

bool firmware_read_request(const struct chl_firmware *run, const struct chl_firmware_item *item,
                           uint16_t unit, struct chl_modbus_request *out)
{
    const struct chl_setting *s = item->setting;
    const bool coil = s->reg.area == CHL_AREA_COIL;
    const int function = coil ? READ_COILS : READ_HOLDING;
    const unsigned words = coil ? 1 : s->has_complement ? 2 : s->reg.words;
    *out = blank(run, function, unit, chl_register_at(&s->reg, item->row), words);
    return answers(run->target.profile, function) && (coil || s->reg.area == CHL_AREA_HOLDING) &&
           words >= 1 && words <= 2;
}

static bool write_words(const struct chl_firmware *run, const struct chl_register *reg,
                        uint16_t address, const uint16_t *words, unsigned count,
                        struct chl_modbus_request *out)
{
    const struct chl_profile *p = run->target.profile;
    const bool coil = reg->area == CHL_AREA_COIL;
    const int one = coil ? WRITE_COIL : WRITE_REGISTER;
    const int many = coil ? WRITE_COILS : WRITE_REGISTERS;
    const bool single = count == 1 && answers(p, one);
    *out = blank(run, single ? one : many, run->here.unit, address, count);
    for (unsigned i = 0; i < count; i++) {
        out->values[i] = words[i];
    }
    if (coil) {
        out->values[0] = words[0] == 0 ? 0 : single ? COIL_ON : 1;
    }
    return (coil || reg->area == CHL_AREA_HOLDING) && (single || answers(p, many));
}

bool firmware_write_request(const struct chl_firmware *run, const struct chl_firmware_item *item,
                            struct chl_modbus_request *out)
{
    const struct chl_setting *s = item->setting;
    const uint16_t low = (uint16_t)(item->wanted & 0xFFFF);
    const uint16_t high = (uint16_t)(item->wanted >> 16 & 0xFFFF);
    uint16_t words[2] = {low, (uint16_t)~low};
    unsigned count = s->has_complement ? 2 : 1;
    if (s->reg.area == CHL_AREA_HOLDING && s->reg.words == 2) {
        words[0] = s->reg.low_word_first ? low : high;
        words[1] = s->reg.low_word_first ? high : low;
        count = 2;
    }
    return write_words(run, &s->reg, chl_register_at(&s->reg, item->row), words, count, out);
}

bool firmware_restart_request(const struct chl_firmware *run, struct chl_modbus_request *out)
{
    const struct chl_profile *p = run->target.profile;
    return p->has_reboot &&
           write_words(run, &p->reboot, p->reboot.address, &p->reboot_value, 1, out);
}

void firmware_take(struct chl_firmware_item *item, const struct chl_modbus_answer *answer)
{
    const struct chl_setting *s = item->setting;
    const uint16_t first = answer->words[0];
    const uint16_t second = answer->words[1];
    item->seen = CHL_FIRMWARE_SEEN;
    item->exception = 0;
    item->value = first;
    if (s->has_complement) {
        item->beside = second;
        if ((first ^ second) != 0xFFFF) {
            item->seen = CHL_FIRMWARE_TORN;
        }
    } else if (s->reg.area == CHL_AREA_HOLDING && s->reg.words == 2) {
        item->value =
            s->reg.low_word_first ? (int64_t)second << 16 | first : (int64_t)first << 16 | second;
    }
}
