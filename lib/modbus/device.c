/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief What is known of one device: its readings, its health, the settings it must have.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/text.h"
#include "lib/modbus/internal.h"

void driver_log(const struct chl_modbus *bus, chl_log_level level, const char *format, ...)
{
    if (bus->settings.log == NULL) {
        return;
    }
    char text[256];
    va_list arguments;
    va_start(arguments, format);
    /* NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized): started in the line above */
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    bus->settings.log(bus->settings.user, level, text);
}

/* xorshift64*: jitter only has to differ between sites that lost the same switch. */
static uint64_t random_next(struct chl_modbus *bus)
{
    bus->random ^= bus->random >> 12;
    bus->random ^= bus->random << 25;
    bus->random ^= bus->random >> 27;
    return bus->random * UINT64_C(2685821657736338717);
}

/** Doubles from the least to the longest wait, then takes 75–100 % of it. */
int64_t device_backoff(struct chl_modbus *bus, unsigned failures)
{
    int64_t wait = bus->settings.backoff_min_ns;
    for (unsigned i = 1; i < failures && wait < bus->settings.backoff_max_ns; i++) {
        wait *= 2;
    }
    if (wait > bus->settings.backoff_max_ns) {
        wait = bus->settings.backoff_max_ns;
    }
    const int64_t spread = wait / 4;
    return wait - (spread > 0 ? (int64_t)(random_next(bus) % (uint64_t)spread) : 0);
}

void device_down(struct chl_modbus *bus, struct device *d, const char *why)
{
    if (d->up || !d->told) {
        (void)chl_copy(d->why, sizeof d->why, why);
        d->owes_down = true;
        d->told = true;
        driver_log(bus, CHL_LOG_WARNING, "gate=%s unit=%u link=down why=\"%s\"", d->id.name,
                   d->id.unit, why);
    }
    d->up = false;
    d->owes_up = false;
    d->owes_reading = false;
    d->stale = true;
}

void device_failed(struct chl_modbus *bus, struct device *d, int64_t now_ns, const char *why)
{
    d->failures++;
    d->retry_at_ns = now_ns + device_backoff(bus, d->failures);
    bus->probe_at_ns = now_ns + PROBE_SHARE * d->response_ns;
    device_down(bus, d, why);
}

void device_heard(struct chl_modbus *bus, struct device *d, int64_t now_ns)
{
    d->heard_ns = now_ns;
    bus->proven = true;
    bus->failures = 0;
}

bool device_can_unblock(const struct device *d)
{
    const struct chl_register *mode = &d->id.profile->registers[CHL_REG_MODE];
    return mode->present && mode->writable;
}

void device_mode(struct chl_modbus *bus, struct device *d, uint16_t word, int64_t now_ns)
{
    const struct chl_profile *p = d->id.profile;
    bool odd = false;
    if (word == p->mode_normal) {
        d->mode = CHL_MODE_NORMAL;
    } else if (word == p->mode_emergency) {
        d->mode = CHL_MODE_EMERGENCY;
    } else {
        /* Not known to let anyone in, so not shown as if it did. */
        d->mode = CHL_MODE_BLOCKED;
        odd = word != p->mode_blocked;
    }
    if (odd && !d->mode_odd) {
        driver_log(bus, CHL_LOG_WARNING, "gate=%s unit=%u mode=%u why=\"not in the profile\"",
                   d->id.name, d->id.unit, word);
    }
    d->mode_odd = odd;
    if (word == p->mode_blocked && d->unblock == 0 && device_can_unblock(d)) {
        driver_log(bus, CHL_LOG_WARNING, "gate=%s unit=%u found=blocked act=\"way out freed\"",
                   d->id.name, d->id.unit);
        d->unblock = 1;
    }
    d->want_mode = false;
    d->mode_at_ns = now_ns + MODE_EVERY_NS;
    d->poll_at_ns = now_ns; /* the counters follow at once: one picture of one moment */
}

/** The word of a role, 0 when the profile has none in the block. */
static uint16_t block_word(const struct chl_profile *p, chl_register_role role, unsigned offset,
                           const uint16_t *words)
{
    const struct chl_register *r = &p->registers[role];
    const unsigned at = (unsigned)r->address - p->read_block_start + offset;
    return r->present && r->address >= p->read_block_start && at < p->read_block_count ? words[at]
                                                                                       : 0;
}

static uint32_t block_count(const struct chl_profile *p, chl_register_role role,
                            const uint16_t *words)
{
    const struct chl_register *r = &p->registers[role];
    const uint16_t first = block_word(p, role, 0, words);
    if (r->words < 2) {
        return first;
    }
    const uint16_t second = block_word(p, role, 1, words);
    return r->low_word_first ? (uint32_t)second << 16 | first : (uint32_t)first << 16 | second;
}

static bool reading_differs(const struct chl_gate_reading *a, const struct chl_gate_reading *b)
{
    return a->entry_count != b->entry_count || a->exit_count != b->exit_count ||
           a->entry_left != b->entry_left || a->exit_left != b->exit_left || a->mode != b->mode ||
           a->object_entry != b->object_entry || a->object_exit != b->object_exit ||
           a->error != b->error;
}

static struct chl_gate_reading block_reading(const struct device *d, const uint16_t *words,
                                             int64_t now_ns)
{
    const struct chl_profile *p = d->id.profile;
    return (struct chl_gate_reading){
        .size = (uint32_t)sizeof(struct chl_gate_reading),
        .entry_count = block_count(p, CHL_REG_ENTRY_COUNT, words),
        .exit_count = block_count(p, CHL_REG_EXIT_COUNT, words),
        .entry_left = block_word(p, CHL_REG_ENTRY_GRANT, 0, words),
        .exit_left = block_word(p, CHL_REG_EXIT_GRANT, 0, words),
        .count_bits = p->registers[CHL_REG_ENTRY_COUNT].words < 2 ? 16 : 32,
        .mode = d->mode,
        .object_entry = block_word(p, CHL_REG_ENTRY_OBJECT, 0, words) != 0,
        .object_exit = block_word(p, CHL_REG_EXIT_OBJECT, 0, words) != 0,
        .error = block_word(p, CHL_REG_ERROR, 0, words),
        .taken_ns = now_ns,
    };
}

/** First answer after silence: report it, compare its settings, and let the others be tried. */
static void device_rose(struct chl_modbus *bus, struct device *d, int64_t now_ns)
{
    if (chl_modbus_up(bus) == 0) {
        for (size_t i = 0; i < bus->device_count; i++) {
            bus->devices[i].retry_at_ns = now_ns;
        }
        bus->probe_at_ns = now_ns;
    }
    d->up = true;
    d->told = true;
    d->owes_up = true;
    d->failures = 0;
    d->setup_at = 0;
    d->setup_write = false;
    driver_log(bus, CHL_LOG_INFO, "gate=%s unit=%u link=up", d->id.name, d->id.unit);
}

void device_block(struct chl_modbus *bus, struct device *d, const uint16_t *words, int64_t now_ns)
{
    const struct chl_profile *p = d->id.profile;
    const struct chl_gate_reading reading = block_reading(d, words, now_ns);
    const bool fresh = d->stale || !d->known || !d->up;
    if (!d->up) {
        device_rose(bus, d, now_ns);
    }
    const bool released =
        reading.entry_left != p->grant_cancel && reading.entry_left != p->grant_free;
    const int64_t interval = released ? d->released_poll_ns : bus->settings.poll_ns;
    if (fresh || reading_differs(&reading, &d->last) ||
        now_ns + interval - d->posted_ns > REPORT_EVERY_NS) {
        d->owes_reading = true;
    }
    d->last = reading;
    d->known = true;
    d->stale = false;
    d->poll_at_ns = now_ns + interval;
    d->hold_exit = reading.exit_left != p->grant_free;
}

/** The setting that is compared next, if any is left. */
bool device_setup(const struct device *d, chl_register_role *role, uint16_t *value)
{
    static const chl_register_role settings[SETUP_COUNT] = {CHL_REG_ACCUMULATE, CHL_REG_START_TIME};
    if (d->setup_at >= SETUP_COUNT) {
        return false;
    }
    *role = settings[d->setup_at];
    const struct chl_register *r = &d->id.profile->registers[*role];
    int64_t wanted = 0;
    if (*role == CHL_REG_START_TIME) {
        const int64_t unit_ms = r->unit != NULL && strcmp(r->unit, "100 ms") == 0 ? 100 : 1000;
        wanted = (d->id.pass_time_ms + unit_ms - 1) / unit_ms;
        if (r->max > 0 && wanted > r->max) {
            wanted = r->max;
        }
        if (wanted < r->min) {
            wanted = r->min;
        }
    }
    *value = (uint16_t)wanted;
    return true;
}
