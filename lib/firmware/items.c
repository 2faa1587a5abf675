/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief What is to be read of a controller, what is wanted of it, and in which order it is
 *  written.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/firmware/internal.h"

bool firmware_moves(const struct chl_firmware_item *item)
{
    return item->setting->kind != CHL_SETTING_PLAIN;
}

static uint64_t row_of(const struct chl_firmware_item *item)
{
    return item->setting->reg.rows > 1 ? UINT64_C(1) << item->row : 0;
}

/** Whether it is a setting of the gate's own board that the site may wish for: of what lets people
 *  in, or of the contacts on it; not of an output that only stands beside a contact that counts. */
static bool releases(const struct chl_firmware_use *use, const struct chl_firmware_item *item)
{
    const uint64_t rows = item->setting->of == CHL_ROWS_INPUT ? use->counts : use->outputs;
    return use->own && (row_of(item) == 0 || (rows & row_of(item)) != 0);
}

/** Whether the gate minds this row of this setting: the same rule as that by which the driver holds
 *  a gate unfit. */
static bool minds(const struct chl_firmware_use *use, const struct chl_firmware_item *item)
{
    const struct chl_setting *s = item->setting;
    const uint64_t row = row_of(item);
    if (releases(use, item)) {
        return true;
    }
    if (s->want != CHL_WANT_VALUE || s->of == CHL_ROWS_OUTPUT) {
        return false;
    }
    const uint64_t counts = s->of == CHL_ROWS_INPUT ? use->counts : use->counts & ~use->lamps;
    return row != 0 ? (counts & row) != 0 : use->counts != 0;
}

static bool use_wants(const struct chl_firmware_use *use, const struct chl_firmware_item *item,
                      int64_t *value)
{
    struct chl_wants wants = use->wants;
    const struct chl_setting *s = item->setting;
    if (!releases(use, item)) {
        /* Only what is always right: times and promises are those of another unit's gate. */
        wants = (struct chl_wants){.pass_time_ms = 0};
        return s->want == CHL_WANT_VALUE && chl_setting_wanted(s, &wants, value);
    }
    bool wished = false;
    for (size_t i = 0; i < wants.wish_count; i++) {
        wished = wished || strcmp(wants.wishes[i].setting, s->name) == 0;
    }
    if (s->want == CHL_WANT_LINK_LOSS && use->any_loss && !wished) {
        return false;
    }
    return chl_setting_wanted(s, &wants, value);
}

static void want(const struct chl_firmware_target *target, struct chl_firmware_item *item)
{
    for (size_t i = 0; i < target->use_count; i++) {
        const struct chl_firmware_use *use = &target->uses[i];
        int64_t value = 0;
        if (!minds(use, item)) {
            continue;
        }
        item->minds = true;
        if (!item->setting->reg.writable || !use_wants(use, item, &value)) {
            continue;
        }
        if (!item->is_wanted) {
            item->is_wanted = true;
            item->wanted = value;
            item->wanted_by = use->gate;
        } else if (item->wanted != value && item->against == NULL) {
            item->against = use->gate;
            item->against_value = value;
        }
    }
}

chl_err firmware_make_items(struct chl_firmware *run)
{
    const struct chl_profile *p = run->target.profile;
    size_t count = 0;
    for (size_t i = 0; i < p->setting_count; i++) {
        const unsigned rows = p->settings[i].reg.rows;
        count += rows > 0 ? rows : 1;
    }
    if (count > CHL_FIRMWARE_ITEMS_MAX) {
        return CHL_E_LIMIT;
    }
    run->items = calloc(count + 1, sizeof *run->items);
    if (run->items == NULL) {
        return CHL_E_NOMEM;
    }
    for (size_t i = 0; i < p->setting_count; i++) {
        const unsigned rows = p->settings[i].reg.rows;
        for (unsigned row = 0; row < (rows > 0 ? rows : 1); row++) {
            struct chl_firmware_item *item = &run->items[run->item_count++];
            item->setting = &p->settings[i];
            item->row = (uint16_t)row;
            want(&run->target, item);
        }
    }
    return CHL_OK;
}

bool chl_firmware_differs(const struct chl_firmware_item *item)
{
    return item->is_wanted && item->against == NULL &&
           (item->seen == CHL_FIRMWARE_TORN ||
            (item->seen == CHL_FIRMWARE_SEEN && item->value != item->wanted));
}

bool chl_firmware_unsettled(const struct chl_firmware_item *item)
{
    return item->is_wanted && (item->against != NULL || (item->seen != CHL_FIRMWARE_SEEN &&
                                                         item->seen != CHL_FIRMWARE_TORN));
}

enum { RANK_PLAIN, RANK_ALONE, RANK_TIMEOUT, RANK_RESTART, RANK_LINE, RANK_ADDRESS, RANK_COUNT };

/* What the device does alone is set before the time after which it does it, so that it never trips
 * into a state that nobody chose. What makes it hard to find comes last. */
static int rank_of(const struct chl_profile *p, const struct chl_firmware_item *item)
{
    const struct chl_setting *s = item->setting;
    if (s->kind != CHL_SETTING_PLAIN) {
        return s->kind == CHL_SETTING_LINE ? RANK_LINE : RANK_ADDRESS;
    }
    if (s->reg.needs_reboot) {
        return RANK_RESTART;
    }
    if (p->timeout_setting != NULL && strcmp(p->timeout_setting, s->name) == 0) {
        return RANK_TIMEOUT;
    }
    return s->want == CHL_WANT_LINK_LOSS ? RANK_ALONE : RANK_PLAIN;
}

size_t chl_firmware_plan(const struct chl_firmware *run, uint16_t *out)
{
    size_t count = 0;
    for (int rank = 0; rank < RANK_COUNT; rank++) {
        for (size_t i = 0; i < run->item_count; i++) {
            const struct chl_firmware_item *item = &run->items[i];
            if (chl_firmware_differs(item) && rank_of(run->target.profile, item) == rank) {
                out[count++] = (uint16_t)i;
            }
        }
    }
    return count;
}
