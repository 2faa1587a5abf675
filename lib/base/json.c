/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The JSON writer for records and answers.
 */
#include "lib/base/json.h"

#include <string.h>

static void put(struct chl_json *json, const char *text, size_t length)
{
    if (json->overflow || length >= json->size - json->length) {
        json->overflow = true;
        return;
    }
    memcpy(json->out + json->length, text, length);
    json->length += length;
}

static void put_escaped(struct chl_json *json, const char *text, size_t length)
{
    static const char digits[] = "0123456789abcdef";
    put(json, "\"", 1);
    size_t from = 0;
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c >= 0x20 && c != '"' && c != '\\') {
            continue;
        }
        put(json, text + from, i - from);
        from = i + 1;
        if (c == '"' || c == '\\') {
            put(json, (const char[]){'\\', (char)c}, 2);
        } else {
            put(json, (const char[]){'\\', 'u', '0', '0', digits[c >> 4], digits[c & 15]}, 6);
        }
    }
    put(json, text + from, length - from);
    put(json, "\"", 1);
}

static void lead(struct chl_json *json, const char *key)
{
    if (json->comma[json->depth]) {
        put(json, ",", 1);
    }
    json->comma[json->depth] = true;
    if (key != NULL) {
        put_escaped(json, key, strlen(key));
        put(json, ":", 1);
    }
}

void chl_json_begin(struct chl_json *json, char *out, size_t size)
{
    *json = (struct chl_json){.out = out, .size = size, .overflow = size == 0};
}

chl_err chl_json_end(struct chl_json *json)
{
    if (json->overflow || json->depth != 0) {
        if (json->size > 0) {
            json->out[0] = '\0';
        }
        return CHL_E_LIMIT;
    }
    json->out[json->length] = '\0';
    return CHL_OK;
}

static void open_container(struct chl_json *json, const char *key, const char *bracket)
{
    lead(json, key);
    put(json, bracket, 1);
    if (json->depth + 1 >= CHL_JSON_DEPTH) {
        json->overflow = true;
        return;
    }
    json->depth++;
    json->comma[json->depth] = false;
}

static void close_container(struct chl_json *json, const char *bracket)
{
    if (json->depth == 0) {
        json->overflow = true;
        return;
    }
    json->depth--;
    put(json, bracket, 1);
}

void chl_json_object(struct chl_json *json, const char *key)
{
    open_container(json, key, "{");
}

void chl_json_array(struct chl_json *json, const char *key)
{
    open_container(json, key, "[");
}

void chl_json_close_object(struct chl_json *json)
{
    close_container(json, "}");
}

void chl_json_close_array(struct chl_json *json)
{
    close_container(json, "]");
}

void chl_json_string_n(struct chl_json *json, const char *key, const char *value, size_t length)
{
    lead(json, key);
    put_escaped(json, value, length);
}

void chl_json_string(struct chl_json *json, const char *key, const char *value)
{
    chl_json_string_n(json, key, value, strlen(value));
}

void chl_json_uint(struct chl_json *json, const char *key, uint64_t value)
{
    char digits[20];
    size_t at = sizeof digits;
    do {
        digits[--at] = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    lead(json, key);
    put(json, digits + at, sizeof digits - at);
}

void chl_json_int(struct chl_json *json, const char *key, int64_t value)
{
    if (value >= 0) {
        chl_json_uint(json, key, (uint64_t)value);
        return;
    }
    lead(json, key);
    put(json, "-", 1);
    bool comma = json->comma[json->depth];
    json->comma[json->depth] = false;
    chl_json_uint(json, NULL, (uint64_t)0 - (uint64_t)value);
    json->comma[json->depth] = comma;
}

void chl_json_bool(struct chl_json *json, const char *key, bool value)
{
    lead(json, key);
    put(json, value ? "true" : "false", value ? 4 : 5);
}

void chl_json_null(struct chl_json *json, const char *key)
{
    lead(json, key);
    put(json, "null", 4);
}

void chl_json_raw(struct chl_json *json, const char *key, const char *value, size_t length)
{
    lead(json, key);
    put(json, value, length);
}
