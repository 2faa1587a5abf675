/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Which gates can be driven together: what is refused before anything is asked.
 */
#include <stdio.h>
#include <string.h>

#include "lib/modbus/internal.h"

enum { UNIT_MAX = 255 };

struct text {
    char *out;
    size_t size;
};

/** The authority's part: the one that is named, else the device's own. */
struct chl_modbus_part count_part(const struct chl_modbus_device *device)
{
    struct chl_modbus_part part = device->count;
    if (part.unit == 0) {
        part = (struct chl_modbus_part){
            .unit = device->unit, .profile = device->profile, .rows = {-1, -1}};
    }
    if (part.rows[0] < 0 && part.rows[1] < 0) {
        part.rows[0] = part.profile->entry_row;
        part.rows[1] = part.profile->exit_row;
    }
    return part;
}

static bool in_block(const struct chl_profile *p, chl_register_role role)
{
    const struct chl_register *r = &p->registers[role];
    return r->present && r->address >= p->read_block_start &&
           (unsigned)r->address + r->words <= (unsigned)p->read_block_start + p->read_block_count;
}

/** A turnstile that counts for itself tells everything in one transaction: a count torn between two
 * reads is a lie. */
static chl_err check_block(const struct chl_modbus_device *device, struct text why)
{
    static const chl_register_role needed[] = {CHL_REG_ENTRY_GRANT, CHL_REG_EXIT_GRANT,
                                               CHL_REG_ENTRY_COUNT, CHL_REG_EXIT_COUNT};
    const struct chl_profile *p = device->profile;
    if (p->read_block_count > CHL_MODBUS_READ_MAX) {
        (void)snprintf(why.out, why.size,
                       "gate %s: profile %s: expected a read block of at most %d words, got %u",
                       device->name, p->id, CHL_MODBUS_READ_MAX, p->read_block_count);
        return CHL_E_CONFIG;
    }
    for (size_t i = 0; p->read_block_count > 0 && i < sizeof needed / sizeof *needed; i++) {
        if (p->registers[needed[i]].present && !in_block(p, needed[i])) {
            (void)snprintf(why.out, why.size,
                           "gate %s: profile %s: expected its grant and count registers inside the "
                           "read block 0x%04X+%u; widen the block",
                           device->name, p->id, p->read_block_start, p->read_block_count);
            return CHL_E_CONFIG;
        }
    }
    return CHL_OK;
}

static chl_err check_unit(const struct chl_modbus_device *device, uint16_t unit,
                          const struct chl_profile *p, struct text why)
{
    const unsigned units = p->units_max > 0 ? p->units_max : CHL_MODBUS_DEVICES_MAX;
    if (unit < 1 || unit > units || unit > UNIT_MAX) {
        (void)snprintf(why.out, why.size, "gate %s: expected unit 1 to %u, got %u; change `unit`",
                       device->name, units, unit);
        return CHL_E_CONFIG;
    }
    return CHL_OK;
}

/** A register that a gate needs: there, wide enough, and with a function that reaches it. */
static chl_err check_row(const struct chl_modbus_device *device, const struct chl_profile *p,
                         chl_register_role role, int row, struct text why)
{
    static const uint32_t reads[] = {[CHL_AREA_HOLDING] = 1U << 3,
                                     [CHL_AREA_INPUT] = 1U << 4,
                                     [CHL_AREA_COIL] = 1U << 1,
                                     [CHL_AREA_DISCRETE] = 1U << 2};
    const struct chl_register *r = &p->registers[role];
    const int rows = r->rows > 0 ? r->rows : 1;
    if (!r->present || row >= rows) {
        (void)snprintf(why.out, why.size,
                       "gate %s: profile %s: expected a register '%s' with row %d, got %s",
                       device->name, p->id, chl_register_role_name(role), row + 1,
                       r->present ? "fewer rows" : "none");
        return CHL_E_CONFIG;
    }
    const bool coil = r->area == CHL_AREA_COIL;
    const uint32_t writes = role == CHL_REG_FLASH ? 1U << 5
                            : coil                ? 1U << 5 | 1U << 15
                                                  : 1U << 6 | 1U << 16;
    if ((!r->write_only && (p->functions & reads[r->area]) == 0) ||
        (r->writable && (p->functions & writes) == 0)) {
        (void)snprintf(why.out, why.size,
                       "gate %s: profile %s: expected functions that read and write '%s', got none "
                       "of them; correct `functions`",
                       device->name, p->id, chl_register_role_name(role));
        return CHL_E_CONFIG;
    }
    return CHL_OK;
}

static chl_err check_counts(const struct chl_modbus_device *device,
                            const struct chl_modbus_part *part, struct text why)
{
    const struct chl_profile *p = part->profile;
    chl_err err = check_unit(device, part->unit, p, why);
    for (int way = 0; err == CHL_OK && way < 2; way++) {
        if (p->passage == CHL_PASSAGE_COUNT) {
            err = check_row(device, p, way == 0 ? CHL_REG_ENTRY_COUNT : CHL_REG_EXIT_COUNT, 0, why);
        } else if (p->passage != CHL_PASSAGE_NONE && part->rows[way] >= 0) {
            err = check_row(device, p,
                            p->passage == CHL_PASSAGE_EDGE ? CHL_REG_INPUT : CHL_REG_COUNTER,
                            part->rows[way], why);
        }
    }
    const bool rows = p->passage == CHL_PASSAGE_COUNT || part->rows[0] >= 0 || part->rows[1] >= 0;
    if (err == CHL_OK && (p->passage == CHL_PASSAGE_NONE || !rows)) {
        (void)snprintf(
            why.out, why.size,
            "gate %s: expected something that counts its passages, got profile %s and no "
            "rows; name a board under `count`",
            device->name, p->id);
        err = CHL_E_CONFIG;
    }
    return err;
}

static chl_err check_release(const struct chl_modbus_device *device, struct text why)
{
    const struct chl_profile *p = device->profile;
    const chl_register_role role =
        p->release == CHL_RELEASE_GRANT ? CHL_REG_ENTRY_GRANT : p->release_role;
    if (p->release == CHL_RELEASE_NONE ||
        (p->exit_direction != NULL && strcmp(p->exit_direction, "exit") != 0)) {
        (void)snprintf(why.out, why.size,
                       "gate %s: profile %s: expected a device that releases entries and leads out "
                       "by its exit registers",
                       device->name, p->id);
        return CHL_E_CONFIG;
    }
    chl_err err = check_row(device, p, role, device->release_row, why);
    if (err == CHL_OK && device->close_row >= 0 && p->release != CHL_RELEASE_GRANT) {
        err = check_row(device, p, role, device->close_row, why);
    }
    if (err == CHL_OK && p->egress == CHL_EGRESS_GRANT) {
        err = check_row(device, p, CHL_REG_EXIT_GRANT, 0, why);
    }
    return err;
}

static chl_err check_parts(const struct chl_modbus_device *device, struct text why)
{
    const struct chl_modbus_part *const inputs[] = {&device->object, &device->fire,
                                                    &device->tamper};
    chl_err err = CHL_OK;
    for (size_t i = 0; err == CHL_OK && i < 3; i++) {
        if (inputs[i]->unit != 0) {
            err = check_unit(device, inputs[i]->unit, inputs[i]->profile, why);
            err = err != CHL_OK ? err
                                : check_row(device, inputs[i]->profile, CHL_REG_INPUT,
                                            inputs[i]->rows[0], why);
        }
    }
    const struct chl_modbus_part *lamps = &device->lamps;
    if (err == CHL_OK && lamps->unit != 0) {
        err = check_unit(device, lamps->unit, lamps->profile, why);
        for (size_t i = 0; err == CHL_OK && i < LAMPS; i++) {
            err = lamps->rows[i] < 0
                      ? CHL_OK
                      : check_row(device, lamps->profile,
                                  lamps->profile->registers[CHL_REG_LAMP].present ? CHL_REG_LAMP
                                                                                  : CHL_REG_OUTPUT,
                                  lamps->rows[i], why);
        }
    }
    return err;
}

static chl_err check_device(const struct chl_modbus_device *device, struct text why)
{
    const struct chl_modbus_part count = count_part(device);
    chl_err err = check_unit(device, device->unit, device->profile, why);
    err = err != CHL_OK ? err : check_block(device, why);
    err = err != CHL_OK ? err : check_release(device, why);
    err = err != CHL_OK ? err : check_counts(device, &count, why);
    if (err == CHL_OK && device->check.unit != 0) {
        err = check_counts(device, &device->check, why);
    }
    return err != CHL_OK ? err : check_parts(device, why);
}

static bool same_rows(const struct chl_modbus_part *a, const struct chl_modbus_part *b)
{
    if (a->unit != b->unit) {
        return false;
    }
    if (a->profile->passage == CHL_PASSAGE_COUNT) {
        return true;
    }
    for (int i = 0; i < 2; i++) {
        if (a->rows[i] >= 0 && (a->rows[i] == b->rows[0] || a->rows[i] == b->rows[1])) {
            return true;
        }
    }
    return false;
}

/** All units that a gate names, its own first. */
static void list_parts(const struct chl_modbus_device *d, struct chl_modbus_part out[PARTS])
{
    const struct chl_modbus_part parts[PARTS] = {{.unit = d->unit, .profile = d->profile},
                                                 d->count,
                                                 d->check,
                                                 d->object,
                                                 d->fire,
                                                 d->tamper,
                                                 d->lamps};
    memcpy(out, parts, sizeof parts);
}

static chl_err check_pair(const struct chl_modbus_device *a, const struct chl_modbus_device *b,
                          struct text why)
{
    struct chl_modbus_part left[PARTS], right[PARTS];
    const struct chl_modbus_part count[] = {count_part(a), count_part(b)};
    list_parts(a, left);
    list_parts(b, right);
    for (size_t i = 0; i < PARTS; i++) {
        for (size_t k = 0; k < PARTS; k++) {
            if (left[i].unit != 0 && left[i].unit == right[k].unit &&
                left[i].profile != right[k].profile &&
                strcmp(left[i].profile->id, right[k].profile->id) != 0) {
                (void)snprintf(why.out, why.size,
                               "gates %s and %s: expected one profile for unit %u, got %s and %s",
                               a->name, b->name, left[i].unit, left[i].profile->id,
                               right[k].profile->id);
                return CHL_E_CONFIG;
            }
        }
    }
    if (a != b && a->unit == b->unit &&
        (a->release_row == b->release_row || a->profile->release == CHL_RELEASE_GRANT)) {
        (void)snprintf(why.out, why.size,
                       "gates %s and %s: expected different units or different outputs, got unit "
                       "%u, output %d for both",
                       a->name, b->name, a->unit, a->release_row + 1);
        return CHL_E_CONFIG;
    }
    if (a != b && same_rows(&count[0], &count[1])) {
        (void)snprintf(why.out, why.size,
                       "gates %s and %s: expected counters of their own, got the same of unit %u "
                       "for both",
                       a->name, b->name, count[0].unit);
        return CHL_E_CONFIG;
    }
    return CHL_OK;
}

chl_err validate_devices(const struct chl_modbus_device *devices, size_t count, char *why,
                         size_t why_size)
{
    const struct text text = {why, why_size};
    if (count < 1 || count > CHL_MODBUS_DEVICES_MAX) {
        (void)snprintf(why, why_size, "expected 1 to %d gates on a bus, got %zu",
                       CHL_MODBUS_DEVICES_MAX, count);
        return CHL_E_CONFIG;
    }
    for (size_t i = 0; i < count; i++) {
        chl_err err = check_device(&devices[i], text);
        for (size_t k = 0; err == CHL_OK && k <= i; k++) {
            err = check_pair(&devices[k], &devices[i], text);
        }
        if (err != CHL_OK) {
            return err;
        }
    }
    return CHL_OK;
}
