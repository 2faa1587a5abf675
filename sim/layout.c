/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief What stands on a simulated bus, see layout.h.
 */
#include "sim/layout.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/locate.h"

enum { PATH_SIZE = 512, NAME_SIZE = 64 };

/** A bus being built. */
struct build {
    struct layout *layout;
    struct controller *controller;
    int64_t now_ns;
    char *why;
    size_t why_size;
};

static const struct chl_profile *profile_named(struct build *b, const char *name)
{
    struct layout *layout = b->layout;
    char data[PATH_SIZE];
    char path[PATH_SIZE];
    struct chl_yaml_error error;
    for (size_t i = 0; i < layout->loaded; i++) {
        if (strcmp(layout->names[i], name) == 0) {
            return layout->profiles[i];
        }
    }
    memset(&error, 0, sizeof error);
    if (layout->loaded == LAYOUT_PROFILES_MAX) {
        snprintf(b->why, b->why_size, "unit: expected at most %d profiles", LAYOUT_PROFILES_MAX);
        return NULL;
    }
    if (chl_locate_data(data, sizeof data) != CHL_OK ||
        !chl_profile_path(data, name, path, sizeof path)) {
        snprintf(b->why, b->why_size, "profile: expected a shorter name than %s", name);
        return NULL;
    }
    struct chl_profile **place = &layout->profiles[layout->loaded];
    if (chl_profile_load(path, place, &error) != CHL_OK) {
        snprintf(b->why, b->why_size, "%s", error.text);
        return NULL;
    }
    layout->names[layout->loaded++] = name;
    return *place;
}

static chl_err add_unit(struct build *b, unsigned address, const char *name)
{
    const struct chl_profile *profile = profile_named(b, name);
    if (profile == NULL) {
        return CHL_E_CONFIG;
    }
    chl_err rc = controller_add(b->controller, address, profile, b->now_ns);
    if (rc != CHL_OK) {
        snprintf(b->why, b->why_size,
                 "units: expected free addresses 1 to %u and at most %d units, got %u",
                 (unsigned)profile->units_max, CONTROLLER_UNITS_MAX, address);
        return rc;
    }
    b->controller->units[b->controller->count - 1]->delay_ms = b->layout->delay_ms;
    return CHL_OK;
}

/** `ADDRESS=PROFILE`. The profile's name is borrowed from the text. */
static chl_err add_unit_text(struct build *b, const char *text)
{
    char *end = NULL;
    unsigned long address = strtoul(text, &end, 10);
    if (end == text || *end != '=' || end[1] == '\0' || address > CONTROLLER_ADDRESS_MAX) {
        snprintf(b->why, b->why_size,
                 "unit: expected ADDRESS=PROFILE such as 7=moxa-iologik-e1214, got %s", text);
        return CHL_E_INVAL;
    }
    return add_unit(b, (unsigned)address, end + 1);
}

/** `UNIT.ROW`, rows from 1. @return false: not that, or not there. */
static bool end_of(const struct controller *controller, const char *text, chl_register_role role,
                   struct arm_end *out)
{
    char *end = NULL;
    unsigned long house = strtoul(text, &end, 10);
    if (end == text || *end != '.') {
        return false;
    }
    const char *digits = end + 1;
    unsigned long row = strtoul(digits, &end, 10);
    struct controller_unit *unit =
        house <= CONTROLLER_ADDRESS_MAX ? controller_unit(controller, (unsigned)house) : NULL;
    if (unit == NULL || end == digits || *end != '\0' || row == 0 ||
        row > board_rows(&unit->board, role)) {
        return false;
    }
    *out = (struct arm_end){.board = &unit->board, .row = (unsigned)row - 1};
    return true;
}

/** The unit whose own turnstile it is: `turnstile=UNIT`. */
static bool own_device(const struct controller *controller, const char *text, struct arm *arm)
{
    char *end = NULL;
    unsigned long house = strtoul(text, &end, 10);
    struct controller_unit *unit = end != text && *end == '\0' && house <= CONTROLLER_ADDRESS_MAX
                                       ? controller_unit(controller, (unsigned)house)
                                       : NULL;
    if (unit == NULL || !unit->board.has_device) {
        return false;
    }
    arm->unit = unit->house;
    arm->device = &unit->board.device;
    return true;
}

static bool arm_key(const struct controller *controller, const char *key, const char *value,
                    struct arm *arm)
{
    const struct {
        const char *key;
        struct arm_end *end;
        chl_register_role role;
    } ends[] = {{"release", &arm->release, CHL_REG_OUTPUT},
                {"close", &arm->close, CHL_REG_OUTPUT},
                {"entry", &arm->entry, CHL_REG_INPUT},
                {"exit", &arm->exit, CHL_REG_INPUT},
                {"object", &arm->object, CHL_REG_INPUT}};
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        if (strcmp(ends[i].key, key) == 0) {
            return end_of(controller, value, ends[i].role, ends[i].end);
        }
    }
    return strcmp(key, "turnstile") == 0 && own_device(controller, value, arm);
}

static unsigned house_of(const struct controller *controller, const struct board *board)
{
    for (size_t i = 0; i < controller->count; i++) {
        if (&controller->units[i]->board == board) {
            return controller->units[i]->house;
        }
    }
    return 0;
}

/** `release=1.1,close=1.2,entry=7.1,exit=7.2,object=7.3` or `turnstile=3,entry=7.1`. */
static chl_err add_arm_text(struct build *b, const char *text)
{
    char copy[256];
    char *rest = NULL;
    struct arm arm;
    memset(&arm, 0, sizeof arm);
    snprintf(copy, sizeof copy, "%s", text);
    bool right = strlen(text) < sizeof copy;
    for (char *part = strtok_r(copy, ",", &rest); part != NULL && right;
         part = strtok_r(NULL, ",", &rest)) {
        char *equals = strchr(part, '=');
        if (equals != NULL) {
            *equals = '\0';
        }
        right = equals != NULL && arm_key(b->controller, part, equals + 1, &arm);
    }
    if (!right || (arm.release.board == NULL) == (arm.device == NULL)) {
        snprintf(b->why, b->why_size,
                 "turnstile: expected release=UNIT.ROW or turnstile=UNIT, then entry, exit, object "
                 "and close as UNIT.ROW of units that are there, such as "
                 "release=1.1,entry=7.1,exit=7.2, got %s",
                 text);
        return CHL_E_INVAL;
    }
    arm.unit = arm.device != NULL ? arm.unit : house_of(b->controller, arm.release.board);
    return controller_wire(b->controller, &arm);
}

/** `ADDRESS:NAME=VALUE` */
static chl_err set_text(struct build *b, const char *text)
{
    char name[NAME_SIZE];
    char *end = NULL;
    unsigned long house = strtoul(text, &end, 10);
    const char *equals = strchr(text, '=');
    bool right = end != text && *end == ':' && equals != NULL && equals > end &&
                 (size_t)(equals - end) <= sizeof name && house <= CONTROLLER_ADDRESS_MAX;
    struct controller_unit *unit = right ? controller_unit(b->controller, (unsigned)house) : NULL;
    if (unit != NULL) {
        snprintf(name, sizeof name, "%.*s", (int)(equals - end - 1), end + 1);
        char *after = NULL;
        long long value = strtoll(equals + 1, &after, 0);
        if (after != equals + 1 && *after == '\0' && board_provide(&unit->board, name, value)) {
            return CHL_OK;
        }
    }
    snprintf(b->why, b->why_size,
             "set: expected UNIT:SETTING=VALUE with a setting of that unit's profile and a value "
             "in its range, got %s",
             text);
    return CHL_E_INVAL;
}

/** As `chilang firmware apply` would have left it. */
static void provision(struct build *b, struct board *board)
{
    const struct chl_wants wants = {.on_link_loss = (chl_link_loss)b->layout->provisioned};
    for (size_t i = 0; i < board->profile->setting_count; i++) {
        const struct chl_setting *setting = &board->profile->settings[i];
        int64_t value = 0;
        if (chl_setting_wanted(setting, &wants, &value)) {
            (void)board_provide(board, setting->name, value);
        }
    }
}

static chl_err each(struct build *b, const struct layout_texts *texts,
                    chl_err (*add)(struct build *b, const char *text))
{
    chl_err rc = CHL_OK;
    for (size_t i = 0; i < texts->count && rc == CHL_OK; i++) {
        rc = add(b, texts->texts[i]);
    }
    return rc;
}

chl_err layout_build(struct layout *layout, struct controller *controller, int64_t now_ns,
                     char *why, size_t why_size)
{
    struct build b = {layout, controller, now_ns, why, why_size};
    chl_err rc = each(&b, &layout->unit_texts, add_unit_text);
    if (layout->unit_texts.count == 0) {
        rc = layout->units == 0 ? add_unit(&b, 0, layout->profile) : CHL_OK;
        for (unsigned i = 1; i <= layout->units && rc == CHL_OK; i++) {
            rc = add_unit(&b, i, layout->profile);
        }
    }
    for (size_t i = 0; rc == CHL_OK && layout->provisioned >= 0 && i < controller->count; i++) {
        provision(&b, &controller->units[i]->board);
    }
    rc = rc == CHL_OK ? each(&b, &layout->set_texts, set_text) : rc;
    rc = rc == CHL_OK ? each(&b, &layout->arm_texts, add_arm_text) : rc;
    rc = rc == CHL_OK ? controller_wire_rest(controller) : rc;
    controller->baud = layout->baud;
    return rc;
}

void layout_free(struct layout *layout)
{
    for (size_t i = 0; i < layout->loaded; i++) {
        chl_profile_free(layout->profiles[i]);
    }
    layout->loaded = 0;
}
