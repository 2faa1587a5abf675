/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief What people counted, in requests: how a zone was counted anew, and a counter audit.
 */
#include "lib/control/internal.h"

#include <stddef.h>

/* A day; and more people than pass any gate in one. */
#define SECONDS_MAX INT64_C(86400)
#define PASSERS_MAX INT64_C(1000000)

static const struct {
    const char *key;
    size_t offset;
    int64_t min, max;
} numbers[] = {
    {"seconds", offsetof(struct control_audit, seconds), 1, SECONDS_MAX},
    {"tapped_in", offsetof(struct control_audit, tapped_in), 0, PASSERS_MAX},
    {"tapped_out", offsetof(struct control_audit, tapped_out), 0, PASSERS_MAX},
    {"counted_in", offsetof(struct control_audit, counted_in), 0, PASSERS_MAX},
    {"counted_out", offsetof(struct control_audit, counted_out), 0, PASSERS_MAX},
};

chl_err control_read_how(const json_t *object, struct control_request *out,
                         struct control_refusal *why)
{
    char name[16];
    chl_err result = control_read_text(object, "how", true, name, sizeof name, why);
    if (result != CHL_OK) {
        return result;
    }
    out->how = chl_recount_by_name(name);
    if (out->how == CHL_RECOUNT_NONE) {
        return control_refuse(why, "field_invalid",
                              "expected clicker, sweep, tickets, cameras or other in \"how\", got "
                              "\"%s\"; say how it was counted",
                              name);
    }
    return CHL_OK;
}

chl_err control_read_audit(const json_t *object, struct control_audit *out,
                           struct control_refusal *why)
{
    const json_t *few = json_object_get(object, "few");
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        int64_t value = 0;
        chl_err result =
            control_read_int(object, numbers[i].key, numbers[i].min, numbers[i].max, &value, why);
        if (result != CHL_OK) {
            return result;
        }
        *(uint32_t *)(void *)((char *)out + numbers[i].offset) = (uint32_t)value;
    }
    if (few != NULL && !json_is_boolean(few)) {
        return control_refuse(why, "field_invalid",
                              "expected true or false in \"few\", got another type");
    }
    out->few = json_is_true(few);
    return CHL_OK;
}

void control_write_audit(struct chl_json *json, const struct control_audit *audit)
{
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        chl_json_uint(json, numbers[i].key,
                      *(const uint32_t *)(const void *)((const char *)audit + numbers[i].offset));
    }
    if (audit->few) {
        chl_json_bool(json, "few", true);
    }
}
