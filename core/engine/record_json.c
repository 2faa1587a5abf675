/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Records to and from the JSON of an event's `data`, driven by the field tables.
 */
#include "core/engine/engine.h"
#include "lib/base/json.h"
#include "lib/base/text.h"

#include <jansson.h>
#include <string.h>

static const char *place_name(const struct engine_config *config, engine_field_kind kind,
                              uint16_t index)
{
    if (kind == FIELD_GATE && index < config->gate_count) {
        return config->gates[index].id;
    }
    if (kind == FIELD_LANE && index < config->lane_count) {
        return config->lanes[index].id;
    }
    if (kind == FIELD_ZONE && index < config->zone_count) {
        return config->zones[index].id;
    }
    return NULL;
}

static uint16_t place_index(const struct engine_config *config, engine_field_kind kind,
                            const char *name)
{
    uint16_t count = kind == FIELD_GATE   ? config->gate_count
                     : kind == FIELD_LANE ? config->lane_count
                                          : config->zone_count;
    for (uint16_t i = 0; i < count; i++) {
        if (strcmp(place_name(config, kind, i), name) == 0) {
            return i;
        }
    }
    return ENGINE_NONE;
}

static bool code_is_zero(const uint8_t *code)
{
    static const uint8_t zero[ENGINE_CODE];
    return memcmp(code, zero, ENGINE_CODE) == 0;
}

static void encode_name(struct chl_json *json, const struct engine_field *field, uint8_t value)
{
    if (field->kind == FIELD_REASON) {
        if (value != CHL_REASON_NONE) {
            chl_json_string(json, field->name, chl_reason_get((chl_reason)value)->id);
        }
        return;
    }
    size_t count = 0;
    const char *const *names = engine_field_names(field->kind, &count);
    if (value < count && names[value][0] != '\0') {
        chl_json_string(json, field->name, names[value]);
    }
}

static void encode_text(struct chl_json *json, const char *name, const char *text)
{
    if (text[0] != '\0') {
        chl_json_string(json, name, text);
    }
}

static void encode_codes(struct chl_json *json, const char *name,
                         const struct engine_aliases *codes)
{
    if (codes->count == 0) {
        return;
    }
    chl_json_array(json, name);
    for (size_t i = 0; i < codes->count; i++) {
        char hex[2 * ENGINE_CODE + 1];
        chl_hex(codes->keys[i], ENGINE_CODE, hex);
        chl_json_string(json, NULL, hex);
    }
    chl_json_close_array(json);
}

static void encode_field(struct chl_json *json, const struct engine_config *config,
                         const struct engine_field *field, const char *base)
{
    const void *at = base + field->offset;
    switch (field->kind) {
    case FIELD_U16:
        chl_json_uint(json, field->name, *(const uint16_t *)at);
        return;
    case FIELD_U32:
        chl_json_uint(json, field->name, *(const uint32_t *)at);
        return;
    case FIELD_U64:
        chl_json_uint(json, field->name, *(const uint64_t *)at);
        return;
    case FIELD_I64:
        chl_json_int(json, field->name, *(const int64_t *)at);
        return;
    case FIELD_BOOL:
        chl_json_bool(json, field->name, *(const bool *)at);
        return;
    case FIELD_WHO:
    case FIELD_WHY:
    case FIELD_HASH:
        encode_text(json, field->name, at);
        return;
    case FIELD_CODE: {
        char hex[2 * ENGINE_CODE + 1] = "";
        if (!code_is_zero(at)) {
            chl_hex(at, ENGINE_CODE, hex);
        }
        encode_text(json, field->name, hex);
        return;
    }
    case FIELD_CODES:
        encode_codes(json, field->name, at);
        return;
    case FIELD_GATE:
    case FIELD_LANE:
    case FIELD_ZONE: {
        const char *name = place_name(config, field->kind, *(const uint16_t *)at);
        if (name != NULL) {
            chl_json_string(json, field->name, name);
        }
        return;
    }
    default:
        encode_name(json, field, *(const uint8_t *)at);
        return;
    }
}

size_t engine_record_encode(const struct engine_config *config, const struct engine_record *record,
                            char *out, size_t size)
{
    const struct engine_record_info *info = engine_record_info(record->type);
    struct chl_json json;
    chl_json_begin(&json, out, size);
    chl_json_object(&json, NULL);
    for (size_t i = 0; i < info->field_count; i++) {
        encode_field(&json, config, &info->fields[i], (const char *)&record->as);
    }
    chl_json_close_object(&json);
    return chl_json_end(&json) == CHL_OK ? json.length : 0;
}

static chl_err decode_integer(const struct engine_field *field, json_t *value, void *at)
{
    json_int_t number = json_integer_value(value);
    if (!json_is_integer(value) || (field->kind != FIELD_I64 && number < 0)) {
        return CHL_E_CORRUPT;
    }
    switch (field->kind) {
    case FIELD_U16:
        *(uint16_t *)at = (uint16_t)number;
        return number <= UINT16_MAX ? CHL_OK : CHL_E_CORRUPT;
    case FIELD_U32:
        *(uint32_t *)at = (uint32_t)number;
        return number <= UINT32_MAX ? CHL_OK : CHL_E_CORRUPT;
    case FIELD_U64:
        *(uint64_t *)at = (uint64_t)number;
        return CHL_OK;
    default:
        *(int64_t *)at = number;
        return CHL_OK;
    }
}

static chl_err decode_name(const struct engine_field *field, const char *text, uint8_t *at)
{
    if (field->kind == FIELD_REASON) {
        *at = (uint8_t)chl_reason_by_id(text);
        return *at != 0 ? CHL_OK : CHL_E_NOTSUP;
    }
    size_t count = 0;
    const char *const *names = engine_field_names(field->kind, &count);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(names[i], text) == 0) {
            *at = (uint8_t)i;
            return CHL_OK;
        }
    }
    return CHL_E_NOTSUP;
}

static chl_err decode_codes(json_t *value, struct engine_aliases *out)
{
    if (!json_is_array(value) || json_array_size(value) > ENGINE_ALIASES) {
        return CHL_E_CORRUPT;
    }
    for (size_t i = 0; i < json_array_size(value); i++) {
        const char *text = json_string_value(json_array_get(value, i));
        if (text == NULL || chl_unhex(text, strlen(text), out->keys[i], ENGINE_CODE) != CHL_OK) {
            return CHL_E_CORRUPT;
        }
    }
    out->count = (uint8_t)json_array_size(value);
    return CHL_OK;
}

static chl_err decode_field(const struct engine_config *config, const struct engine_field *field,
                            json_t *value, char *base)
{
    static const size_t room[FIELD_KIND_COUNT] = {
        [FIELD_WHO] = ENGINE_WHO, [FIELD_WHY] = ENGINE_WHY, [FIELD_HASH] = ENGINE_HASH};
    void *at = base + field->offset;
    if (field->kind <= FIELD_I64) {
        return decode_integer(field, value, at);
    }
    if (field->kind == FIELD_BOOL) {
        *(bool *)at = json_is_true(value);
        return json_is_boolean(value) ? CHL_OK : CHL_E_CORRUPT;
    }
    if (field->kind == FIELD_CODES) {
        return decode_codes(value, at);
    }
    const char *text = json_string_value(value);
    if (text == NULL) {
        return CHL_E_CORRUPT;
    }
    switch (field->kind) {
    case FIELD_WHO:
    case FIELD_WHY:
    case FIELD_HASH:
        return chl_copy(at, room[field->kind], text) ? CHL_OK : CHL_E_CORRUPT;
    case FIELD_CODE:
        return chl_unhex(text, strlen(text), at, ENGINE_CODE) == CHL_OK ? CHL_OK : CHL_E_CORRUPT;
    case FIELD_GATE:
    case FIELD_LANE:
    case FIELD_ZONE:
        *(uint16_t *)at = place_index(config, field->kind, text);
        return CHL_OK;
    default:
        return decode_name(field, text, at);
    }
}

static bool find_type(uint8_t event_class, const char *type, size_t length, engine_record_type *out)
{
    for (int i = 0; i < (int)RECORD_TYPE_COUNT; i++) {
        const struct engine_record_info *info = engine_record_info((engine_record_type)i);
        if (info->event_class == event_class && strlen(info->type) == length &&
            memcmp(info->type, type, length) == 0) {
            *out = (engine_record_type)i;
            return true;
        }
    }
    return false;
}

chl_err engine_record_decode(const struct engine_config *config, uint8_t event_class,
                             const char *type, size_t type_length, const char *data, size_t length,
                             struct engine_record *out)
{
    if (!find_type(event_class, type, type_length, &out->type)) {
        return CHL_E_NOTSUP;
    }
    json_t *object = json_loadb(data, length, JSON_REJECT_DUPLICATES, NULL);
    if (!json_is_object(object)) {
        json_decref(object);
        return CHL_E_CORRUPT;
    }
    const struct engine_record_info *info = engine_record_info(out->type);
    memset(&out->as, 0, sizeof out->as);
    chl_err error = CHL_OK;
    for (size_t i = 0; i < info->field_count && error == CHL_OK; i++) {
        const struct engine_field *field = &info->fields[i];
        json_t *value = json_object_get(object, field->name);
        if (value != NULL) {
            error = decode_field(config, field, value, (char *)&out->as);
        } else if (field->kind == FIELD_GATE || field->kind == FIELD_LANE ||
                   field->kind == FIELD_ZONE) {
            *(uint16_t *)(void *)((char *)&out->as + field->offset) = ENGINE_NONE;
        }
    }
    json_decref(object);
    return error;
}
