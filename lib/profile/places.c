/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief What must hold between the places of a profile: none on another, each within reach of a
 *  function.
 */
#include "lib/profile/internal.h"

#include <stdio.h>

enum { PLACES_MAX = CHL_REG_ROLE_COUNT + CHL_SETTINGS_MAX + 1 };

/** One register as the file has it. */
struct place {
    const struct chl_register *reg;
    const char *name;
    struct chl_yaml_node node;
    unsigned words; /**< with its complement */
    bool flash;
};

static size_t list_places(const struct profile_reading *r, struct place out[PLACES_MAX])
{
    const struct chl_profile *p = r->profile;
    size_t count = 0;
    for (unsigned i = 0; i < CHL_REG_ROLE_COUNT; i++) {
        const char *name = chl_register_role_name((chl_register_role)i);
        if (p->registers[i].present) {
            out[count++] =
                (struct place){&p->registers[i], name, profile_place(r, "registers", name),
                               p->registers[i].words, i == CHL_REG_FLASH};
        }
    }
    for (size_t i = 0; i < p->setting_count; i++) {
        const struct chl_setting *s = &p->settings[i];
        struct chl_yaml_node node = profile_place(r, "settings", s->name);
        /* One that is a role's register stands in the list already, unless its complement is new.
         */
        if (chl_yaml_get(r->yaml, node, "register").index == 0 || s->has_complement) {
            out[count++] = (struct place){&s->reg, s->name, node,
                                          s->reg.words + (s->has_complement ? 1U : 0U), false};
        }
    }
    if (p->has_reboot) {
        out[count++] = (struct place){&p->reboot, "reboot", profile_section_node(r, "reboot"),
                                      p->reboot.words, false};
    }
    return count;
}

/** Rows may stand between each other's (on times at even, off times at odd addresses). */
static bool overlap(const struct place *a, const struct place *b)
{
    const struct chl_register *x = a->reg;
    const struct chl_register *y = b->reg;
    if (x->area != y->area || chl_register_at(x, x->rows - 1U) + a->words <= y->address ||
        chl_register_at(y, y->rows - 1U) + b->words <= x->address) {
        return false;
    }
    for (unsigned i = 0; i < x->rows; i++) {
        for (unsigned k = 0; k < y->rows; k++) {
            const unsigned at = chl_register_at(x, i);
            const unsigned other = chl_register_at(y, k);
            if (at < other + b->words && other < at + a->words) {
                return true;
            }
        }
    }
    return false;
}

chl_err profile_check_places(struct profile_reading *r)
{
    struct place places[PLACES_MAX];
    const size_t count = list_places(r, places);
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < i; k++) {
            if (places[i].reg->address == places[k].reg->address &&
                chl_yaml_get(r->yaml, places[i].node, "register").index != 0) {
                continue; /* the setting and its own role */
            }
            if (overlap(&places[i], &places[k])) {
                return chl_yaml_refuse_key(
                    r->yaml, places[i].node, r->error,
                    "expected an address of its own for '%.40s', got 0x%04X, which already is "
                    "'%.40s' or part of it; a setting that is a register says 'register:'",
                    places[i].name, places[i].reg->address, places[k].name);
            }
        }
    }
    return CHL_OK;
}

static bool has_any(uint32_t functions, uint32_t codes)
{
    return (functions & codes) != 0;
}

static chl_err need_function(const struct profile_reading *r, const struct place *place,
                             uint32_t codes, const char *text)
{
    if (has_any(r->profile->functions, codes)) {
        return CHL_OK;
    }
    return chl_yaml_refuse(r->yaml, profile_place(r, "link", "functions"), r->error,
                           "expected function %s in 'functions' for '%.40s', got none of them; the "
                           "device cannot be asked otherwise",
                           text, place->name);
}

chl_err profile_check_functions(struct profile_reading *r)
{
    static const struct {
        uint32_t code;
        const char *text;
    } reads[] = {[CHL_AREA_HOLDING] = {1U << 3, "3 to read"},
                 [CHL_AREA_INPUT] = {1U << 4, "4 to read"},
                 [CHL_AREA_COIL] = {1U << 1, "1 to read"},
                 [CHL_AREA_DISCRETE] = {1U << 2, "2 to read"}};
    struct place places[PLACES_MAX];
    const size_t count = list_places(r, places);
    for (size_t i = 0; i < count; i++) {
        const struct chl_register *reg = places[i].reg;
        chl_err result = CHL_OK;
        if (!reg->write_only) {
            result = need_function(r, &places[i], reads[reg->area].code, reads[reg->area].text);
        }
        if (result == CHL_OK && reg->writable) {
            const bool coil = reg->area == CHL_AREA_COIL;
            const uint32_t codes = places[i].flash       ? 1U << 5
                                   : coil                ? 1U << 5 | 1U << 15
                                   : places[i].words > 1 ? 1U << 16
                                                         : 1U << 6 | 1U << 16;
            result = need_function(r, &places[i], codes,
                                   places[i].flash       ? "5 to write"
                                   : coil                ? "5 or 15 to write"
                                   : places[i].words > 1 ? "16 to write"
                                                         : "6 or 16 to write");
        }
        if (result != CHL_OK) {
            return result;
        }
    }
    return CHL_OK;
}
