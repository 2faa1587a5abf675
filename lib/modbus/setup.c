/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Settings of a unit that came up, compared one by one with what its gates need.
 *
 *  What only costs comfort is written. What the device does alone when its link is lost is never
 *  written by a daemon that opens gates: a difference makes the gate unfit, and a person sets it.
 */
#include <stdio.h>

#include "lib/modbus/internal.h"

enum { COIL_ON = 0xFF00 };

static const struct check *now_at(const struct chl_modbus *bus, const struct unit *u)
{
    return &bus->checks[u->check_first + u->check_at];
}

static unsigned words_of(const struct chl_register *reg)
{
    return reg->words > 1 ? 2 : 1;
}

static struct chl_modbus_request write_request(const struct unit *u, const struct check *c)
{
    const struct chl_register *reg = &c->setting->reg;
    const unsigned words = words_of(reg);
    const bool six = (u->profile->functions >> 6 & 1U) != 0;
    struct chl_modbus_request r = {.function = 16,
                                   .unit = u->address,
                                   .address = chl_register_at(reg, c->row),
                                   .count = (uint16_t)words,
                                   .values = {(uint16_t)c->wanted},
                                   .response_ns = u->response_ns};
    if (reg->area == CHL_AREA_COIL) {
        r.function = 5;
        r.values[0] = c->wanted != 0 ? COIL_ON : 0;
    } else if (words > 1) {
        r.values[reg->low_word_first ? 0 : 1] = (uint16_t)c->wanted;
        r.values[reg->low_word_first ? 1 : 0] = (uint16_t)(c->wanted >> 16);
    } else if ((u->profile->functions >> 16 & 1U) == 0 && six) {
        r.function = 6;
    }
    return r;
}

struct chl_modbus_request setup_request(const struct chl_modbus *bus, const struct unit *u)
{
    const struct check *c = now_at(bus, u);
    const struct chl_register *reg = &c->setting->reg;
    if (u->check_step == CHECK_WRITE) {
        return write_request(u, c);
    }
    return request_read(u, reg->area, chl_register_at(reg, c->row), (uint16_t)words_of(reg));
}

void setup_begin(struct unit *u)
{
    u->check_at = 0;
    u->check_step = CHECK_READ;
}

static const struct check *first_bad(const struct chl_modbus *bus, const struct gate *g)
{
    for (size_t i = 0; i < bus->check_count; i++) {
        if (bus->checks[i].bad && &bus->gates[bus->checks[i].gate] == g) {
            return &bus->checks[i];
        }
    }
    return NULL;
}

static void describe(const struct check *c, char out[CHL_MODBUS_TEXT])
{
    if (c->refused) {
        (void)snprintf(out, CHL_MODBUS_TEXT, "setting %.32s: expected %u, the device refuses it",
                       c->setting->name, c->wanted);
    } else {
        (void)snprintf(out, CHL_MODBUS_TEXT, "setting %.32s: expected %u, found %u",
                       c->setting->name, c->wanted, c->found);
    }
}

/** Fit again or no more, and why. A setting that differs speaks before a contact that is not read.
 */
void setup_conclude(struct chl_modbus *bus, struct gate *g)
{
    const struct check *c = g->setting_bad ? first_bad(bus, g) : NULL;
    const bool unfit = c != NULL || g->fire_blind;
    if (!unfit && !g->unfit) {
        return;
    }
    g->unfit_text[0] = '\0';
    if (c != NULL) {
        describe(c, g->unfit_text);
    } else if (g->fire_blind) {
        (void)snprintf(g->unfit_text, sizeof g->unfit_text, "the fire input of unit %u is not read",
                       g->id.fire.unit);
    }
    if (g->unfit != unfit) {
        driver_log(bus, unfit ? CHL_LOG_ERROR : CHL_LOG_INFO, "gate=%s fit=%s why=\"%s\"",
                   g->id.name, unfit ? "no" : "yes", g->unfit_text);
    }
    g->unfit = unfit;
    g->owes_reading = g->known && g->up;
}

/** All of a gate's units were compared: only now may its settings speak. */
static void compared(struct chl_modbus *bus, struct gate *g)
{
    if (gate_checked(bus, g)) {
        g->setting_bad = first_bad(bus, g) != NULL;
        setup_conclude(bus, g);
    }
}

static void advance(struct chl_modbus *bus, struct unit *u)
{
    u->check_at++;
    u->check_step = CHECK_READ;
    for (size_t i = 0; u->check_at >= u->check_count && i < u->gate_count; i++) {
        compared(bus, &bus->gates[u->gates[i]]);
    }
}

/** A value that differs and may not be, or could not be, put right. A pass time that the device
 *  keeps otherwise only lets people hurry. */
static void differs(struct chl_modbus *bus, struct unit *u, struct check *c)
{
    char text[CHL_MODBUS_TEXT];
    describe(c, text);
    driver_log(bus, CHL_LOG_WARNING, "unit=%u row=%u why=\"%s\"", u->address, c->row, text);
    c->bad = !c->aside && (c->strict || c->setting->want != CHL_WANT_PASS_TIME);
    advance(bus, u);
}

void setup_answer(struct chl_modbus *bus, struct unit *u, const uint16_t *words)
{
    struct check *c = &bus->checks[u->check_first + u->check_at];
    const struct chl_register *reg = &c->setting->reg;
    if (u->check_step == CHECK_WRITE) {
        u->check_step = CHECK_BACK;
        return;
    }
    c->found = words[0];
    c->refused = false;
    if (words_of(reg) > 1) {
        c->found = reg->low_word_first ? (uint32_t)words[1] << 16 | words[0]
                                       : (uint32_t)words[0] << 16 | words[1];
    }
    if (c->found == c->wanted) {
        c->bad = false;
        advance(bus, u);
    } else if (c->strict || u->check_step == CHECK_BACK) {
        differs(bus, u, c);
    } else {
        driver_log(bus, CHL_LOG_INFO, "unit=%u setting=%s row=%u found=%u set=%u", u->address,
                   c->setting->name, c->row, c->found, c->wanted);
        u->check_step = CHECK_WRITE;
    }
}

/** What cannot be read or written is not as it was promised. */
void setup_refused(struct chl_modbus *bus, struct unit *u, const char *text)
{
    struct check *c = &bus->checks[u->check_first + u->check_at];
    driver_log(bus, CHL_LOG_WARNING, "unit=%u setting=%s refused=\"%s\"", u->address,
               c->setting->name, text);
    c->refused = true;
    differs(bus, u, c);
}
