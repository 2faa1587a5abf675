/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Which controllers the command line means, with a site file or without one.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/firmware.h"
#include "lib/base/locate.h"
#include "lib/base/text.h"

int firmware_load(const struct firmware_options *options, struct firmware_unit *unit)
{
    struct chl_yaml_error error = {.line = 0};
    if (chl_profile_load(unit->path, &unit->profile, &error) != CHL_OK) {
        (void)fprintf(stderr, "%s: %s\n", options->program,
                      error.text[0] != '\0' ? error.text : "out of memory");
        return CLI_FAILED;
    }
    return CLI_OK;
}

int firmware_wish(const struct firmware_options *options, struct firmware_unit *unit,
                  const char *setting, int64_t value)
{
    const struct chl_setting *s = chl_profile_setting(unit->profile, setting);
    if (s == NULL) {
        (void)fprintf(stderr,
                      "%s: expected a setting of %s, got '%.60s'; `chilang firmware show` lists "
                      "them\n",
                      options->program, unit->profile->id, setting);
        return CLI_USAGE;
    }
    if (!s->reg.writable || value < s->reg.min || value > s->reg.max) {
        (void)fprintf(stderr, "%s: expected %lu to %lu for '%s'%s, got %lld\n", options->program,
                      (unsigned long)s->reg.min, (unsigned long)s->reg.max, setting,
                      s->reg.writable ? "" : ", which can only be read", (long long)value);
        return CLI_USAGE;
    }
    unit->wishes[unit->wish_count++] = (struct chl_gate_wish){.setting = s->name, .value = value};
    return CLI_OK;
}

static const struct chl_setting *setting_of(const struct firmware_unit *unit, chl_setting_kind kind)
{
    for (size_t i = 0; i < unit->profile->setting_count; i++) {
        if (unit->profile->settings[i].kind == kind) {
            return &unit->profile->settings[i];
        }
    }
    return NULL;
}

/** One wish in front of those of the site. */
static int want_place(const struct firmware_options *options, struct firmware_unit *unit,
                      chl_setting_kind kind, int64_t value)
{
    const struct chl_setting *s = setting_of(unit, kind);
    if (s == NULL) {
        (void)fprintf(stderr,
                      "%s: expected a profile with a setting of kind %s, got %s, which has none; "
                      "set it at the device\n",
                      options->program, kind == CHL_SETTING_ADDRESS ? "address" : "line",
                      unit->profile->id);
        return CLI_USAGE;
    }
    if (kind == CHL_SETTING_LINE) {
        const char *measure = s->reg.unit != NULL ? s->reg.unit : "";
        const int64_t tick = strcmp(measure, "100 baud") == 0 ? 100
                             : strcmp(measure, "baud") == 0   ? 1
                                                              : 0;
        if (tick == 0 || value % tick != 0) {
            (void)fprintf(stderr,
                          "%s: expected a setting in baud, got '%s', whose values are codes; "
                          "write `settings: { %s: … }` in the site file\n",
                          options->program, s->name, s->name);
            return CLI_USAGE;
        }
        value /= tick;
    }
    return firmware_wish(options, unit, s->name, value);
}

/** Where a wish would send it must be free. */
static void add_address(struct firmware_unit *unit, uint16_t address)
{
    for (size_t i = 0; i < unit->address_count; i++) {
        if (unit->addresses[i] == address) {
            return;
        }
    }
    if (unit->address_count < sizeof unit->addresses / sizeof *unit->addresses) {
        unit->addresses[unit->address_count++] = address;
    }
}

static void add_wished_addresses(struct firmware_unit *unit)
{
    for (size_t i = 0; i < unit->use_count; i++) {
        const struct chl_wants *wants = &unit->uses[i].wants;
        for (size_t j = 0; j < wants->wish_count; j++) {
            const struct chl_setting *s =
                chl_profile_setting(unit->profile, wants->wishes[j].setting);
            if (s != NULL && s->kind == CHL_SETTING_ADDRESS) {
                add_address(unit, (uint16_t)wants->wishes[j].value);
            }
        }
    }
}

/** The wishes of its gate behind those of the command line: the first of a name counts. */
static void join_wishes(struct firmware_unit *unit)
{
    struct chl_firmware_use *own = NULL;
    for (size_t i = 0; own == NULL && i < unit->use_count; i++) {
        own = unit->uses[i].own ? &unit->uses[i] : NULL;
    }
    for (size_t j = 0; own != NULL && j < own->wants.wish_count; j++) {
        unit->wishes[unit->wish_count++] = own->wants.wishes[j];
    }
    if (own != NULL) {
        own->wants.wishes = unit->wishes;
        own->wants.wish_count = unit->wish_count;
    }
}

int firmware_take_place(const struct firmware_options *options, struct firmware_unit *unit)
{
    int code = CLI_OK;
    if (options->at != 0) {
        code = want_place(options, unit, CHL_SETTING_ADDRESS, unit->unit);
        unit->unit = (uint16_t)options->at;
    }
    if (code == CLI_OK && options->at_baud != 0) {
        code = want_place(options, unit, CHL_SETTING_LINE, unit->line.baud);
        unit->line.baud = options->at_baud;
    }
    if (unit->wish_count > 0) {
        join_wishes(unit);
    }
    add_wished_addresses(unit);
    return code;
}

int firmware_find_bus(const struct firmware_options *options, struct firmware_units *out)
{
    char path[PATH_MAX];
    char data[PATH_MAX];
    out->units = calloc(1, sizeof *out->units);
    const bool named = strchr(options->profile, '/') == NULL;
    const bool found = named ? chl_locate_data(data, sizeof data) == CHL_OK &&
                                   chl_profile_path(data, options->profile, path, sizeof path)
                             : chl_copy(path, sizeof path, options->profile);
    if (out->units == NULL || !found ||
        !chl_copy(out->state, sizeof out->state, options->state != NULL ? options->state : "")) {
        (void)fprintf(stderr, "%s: expected the name or path of a profile, got '%.60s'\n",
                      options->program, options->profile);
        return CLI_FAILED;
    }
    struct firmware_unit *unit = &out->units[out->count++];
    *unit = (struct firmware_unit){.bus = -1,
                                   .unit = (uint16_t)options->unit,
                                   .path = path,
                                   .listed = 1,
                                   .line = {.address = options->address,
                                            .baud = options->baud > 0 ? options->baud : 9600,
                                            .parity = options->parity,
                                            .stop_bits = (int)options->stop_bits}};
    int code = firmware_load(options, unit);
    unit->path = unit->profile != NULL ? unit->profile->id : NULL; /* `path` ends here */
    for (size_t i = 0; code == CLI_OK && i < options->wish_count; i++) {
        code = firmware_wish(options, unit, options->wishes[i].setting, options->wishes[i].value);
    }
    if (code != CLI_OK) {
        return code;
    }
    const long last = options->scan > 0 ? options->scan : (long)unit->profile->units_max;
    for (uint16_t address = 1; address <= last; address++) {
        add_address(unit, address);
    }
    unit->use_count = 1;
    unit->uses[0] = (struct chl_firmware_use){
        .gate = "",
        .own = true,
        .any_loss = options->on_link_loss < 0,
        .outputs = options->rows != 0 ? options->rows : UINT64_MAX,
        .counts = options->rows != 0 ? options->rows : UINT64_MAX,
        .wants = {.pass_time_ms = options->pass_time_ms,
                  .on_link_loss = options->on_link_loss < 0 ? CHL_LINK_HOLD
                                                            : (chl_link_loss)options->on_link_loss,
                  .wish_count = unit->wish_count,
                  .wishes = unit->wishes}};
    add_wished_addresses(unit);
    return CLI_OK;
}

int firmware_find(const struct firmware_options *options, struct firmware_units *out)
{
    *out = (struct firmware_units){.config = NULL};
    return options->address != NULL ? firmware_find_bus(options, out)
                                    : firmware_find_site(options, out);
}

void firmware_units_free(struct firmware_units *units)
{
    for (size_t i = 0; i < units->count; i++) {
        chl_profile_free(units->units[i].profile);
    }
    free(units->units);
    config_free(units->config);
}
