/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Requests read from and written as JSON; what each op needs is one table.
 */
#include "lib/base/json.h"
#include "lib/base/text.h"
#include "lib/control/internal.h"

#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum {
    NEEDS_LANE = 1,
    NEEDS_GATE = 2,
    NEEDS_ZONE = 4,
    NEEDS_WHO = 8,
    NEEDS_WHY = 16,
    NEEDS_MODE = 32,
    NEEDS_ADMIT = 64,
    NEEDS_DIRECTION = 128,
    NEEDS_N = 256,
    NEEDS_INSIDE = 512,
    NEEDS_FORM = 1024,
    MAY_CHECK = 2048,
    MAY_END = 4096,
    NEEDS_HOW = 8192,
    NEEDS_AUDIT = 16384
};

static const struct {
    const char *name;
    unsigned needs;
} ops[CONTROL_OP_COUNT] = {
    [CONTROL_STATUS] = {"status", 0},
    [CONTROL_WATCH] = {"watch", 0},
    [CONTROL_RESOLVE] = {"resolve", NEEDS_LANE | NEEDS_ADMIT | NEEDS_WHO | MAY_CHECK},
    [CONTROL_PASS] = {"pass", NEEDS_GATE | NEEDS_DIRECTION | NEEDS_N | NEEDS_WHO},
    [CONTROL_GATE] = {"gate", NEEDS_GATE | NEEDS_MODE | NEEDS_WHO | NEEDS_WHY},
    [CONTROL_EMERGENCY] = {"emergency", 0}, /* who and why are asked afterwards */
    [CONTROL_RESET] = {"reset", NEEDS_WHO | NEEDS_WHY},
    [CONTROL_RECOUNT] = {"recount", NEEDS_ZONE | NEEDS_INSIDE | NEEDS_HOW | NEEDS_WHO | NEEDS_WHY},
    [CONTROL_STATS] = {"stats", 0},
    [CONTROL_ENTER] = {"enter", NEEDS_LANE | NEEDS_WHO | NEEDS_FORM | MAY_CHECK},
    [CONTROL_DESK] = {"desk", NEEDS_LANE},
    [CONTROL_AUDIT] = {"audit", NEEDS_GATE | NEEDS_AUDIT | NEEDS_WHO},
    [CONTROL_DISPERSE] = {"disperse", NEEDS_WHO | NEEDS_WHY | MAY_END},
};

/** Modes an operator may order; an emergency is an op of its own. */
static const struct {
    const char *name;
    chl_gate_mode mode;
} modes[] = {{"normal", CHL_MODE_NORMAL},
             {"blocked", CHL_MODE_BLOCKED},
             {"free", CHL_MODE_FREE},
             {"free-exit", CHL_MODE_FREE_EXIT}};

/** In place of a mode: the site's own. */
static const char by_schedule[] = "schedule";

#define INSIDE_MAX INT64_C(10000000)
#define CHECK_MAX  INT64_C(9007199254740991) /* what JSON numbers carry exactly */

const char *chl_control_op_name(control_op op)
{
    return (size_t)op < CONTROL_OP_COUNT ? ops[op].name : "";
}

chl_err control_refuse(struct control_refusal *why, const char *error, const char *format, ...)
{
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    /* NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized): started in the line above */
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    (void)chl_copy(why->error, sizeof why->error, error);
    (void)chl_copy(why->text, sizeof why->text, text);
    return CHL_E_INVAL;
}

bool control_has_control_character(const char *text)
{
    for (; *text != '\0'; text++) {
        if ((unsigned char)*text < 0x20 || *text == 0x7f) {
            return true;
        }
    }
    return false;
}

/** A text member of at most `size` − 1 bytes; absent or null is "" unless needed. */
chl_err control_read_text(const json_t *object, const char *key, bool needed, char *out,
                          size_t size, struct control_refusal *why)
{
    const json_t *member = json_object_get(object, key);
    out[0] = '\0';
    if ((member == NULL || json_is_null(member)) && !needed) {
        return CHL_OK;
    }
    if (member == NULL || json_is_null(member)) {
        return control_refuse(why, "field_missing", "expected \"%s\", got none; add it", key);
    }
    if (!json_is_string(member)) {
        return control_refuse(why, "field_invalid", "expected text in \"%s\", got another type",
                              key);
    }
    size_t length = json_string_length(member);
    if (length == 0 && needed) {
        return control_refuse(why, "field_missing",
                              "expected text in \"%s\", got an empty one; fill it in", key);
    }
    if (length >= size) {
        return control_refuse(why, "field_invalid", "expected at most %zu bytes in \"%s\", got %zu",
                              size - 1, key, length);
    }
    if (control_has_control_character(json_string_value(member))) {
        return control_refuse(why, "field_invalid",
                              "expected plain text in \"%s\", got a control character", key);
    }
    memcpy(out, json_string_value(member), length + 1);
    return CHL_OK;
}

chl_err control_read_int(const json_t *object, const char *key, int64_t min, int64_t max,
                         int64_t *out, struct control_refusal *why)
{
    const json_t *member = json_object_get(object, key);
    if (member == NULL) {
        return control_refuse(why, "field_missing", "expected \"%s\", got none; add it", key);
    }
    if (!json_is_integer(member) || json_integer_value(member) < min ||
        json_integer_value(member) > max) {
        return control_refuse(why, "field_invalid",
                              "expected a whole number %lld to %lld in \"%s\"", (long long)min,
                              (long long)max, key);
    }
    *out = json_integer_value(member);
    return CHL_OK;
}

static chl_err read_mode(const json_t *object, struct control_request *out,
                         struct control_refusal *why)
{
    char name[16];
    chl_err result = control_read_text(object, "mode", true, name, sizeof name, why);
    if (result != CHL_OK) {
        return result;
    }
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        if (strcmp(name, modes[i].name) == 0) {
            out->mode = modes[i].mode;
            return CHL_OK;
        }
    }
    out->schedule = strcmp(name, by_schedule) == 0;
    if (out->schedule) {
        return CHL_OK;
    }
    return control_refuse(
        why, "field_invalid",
        "expected normal, blocked, free, free-exit or schedule in \"mode\", got \"%s\"; an "
        "emergency is {\"op\":\"emergency\"}",
        name);
}

static chl_err read_direction(const json_t *object, struct control_request *out,
                              struct control_refusal *why)
{
    char name[16];
    chl_err result = control_read_text(object, "direction", true, name, sizeof name, why);
    if (result != CHL_OK) {
        return result;
    }
    out->direction = strcmp(name, "exit") == 0 ? CONTROL_EXIT : CONTROL_ENTRY;
    if (out->direction == CONTROL_ENTRY && strcmp(name, "entry") != 0) {
        return control_refuse(why, "field_invalid",
                              "expected entry or exit in \"direction\", got \"%s\"; choose one",
                              name);
    }
    return CHL_OK;
}

/** The answers, and whose scan they complete. */
static chl_err read_form(const json_t *object, struct control_request *out,
                         struct control_refusal *why)
{
    const json_t *form = json_object_get(object, "form");
    uint8_t code[(CHL_CONTROL_CODE_MAX - 1) / 2];
    chl_err result = control_read_text(object, "code", false, out->code, sizeof out->code, why);
    if (result != CHL_OK) {
        return result;
    }
    if (out->code[0] != '\0' &&
        chl_unhex(out->code, strlen(out->code), code, sizeof code) != CHL_OK) {
        return control_refuse(why, "field_invalid",
                              "expected %zu hexadecimal digits in \"code\", as `desk` gives them",
                              2 * sizeof code);
    }
    if (form == NULL) {
        return control_refuse(why, "field_missing", "expected \"form\" with the answers, got none");
    }
    if (!json_is_object(form)) {
        return control_refuse(why, "field_invalid",
                              "expected an object of answers in \"form\", got another type");
    }
    size_t length = json_dumpb(form, out->form, sizeof out->form - 1, JSON_COMPACT);
    if (length >= sizeof out->form) {
        explicit_bzero(out->form, sizeof out->form);
        return control_refuse(why, "field_invalid",
                              "expected at most %zu bytes in \"form\", got %zu; shorten the texts",
                              sizeof out->form - 1, length);
    }
    out->form[length] = '\0';
    struct chl_declaration tried;
    chl_declaration_init(&tried);
    result = chl_control_form(out->form, &tried, why);
    explicit_bzero(&tried, sizeof tried);
    return result;
}

static chl_err read_texts(const json_t *object, unsigned needs, struct control_request *out,
                          struct control_refusal *why)
{
    const struct {
        const char *key;
        unsigned need;
        char *out;
        size_t size;
    } texts[] = {{"lane", NEEDS_LANE, out->lane, sizeof out->lane},
                 {"gate", NEEDS_GATE, out->gate, sizeof out->gate},
                 {"zone", NEEDS_ZONE, out->zone, sizeof out->zone},
                 {"who", NEEDS_WHO, out->who, sizeof out->who},
                 {"why", NEEDS_WHY, out->why, sizeof out->why}};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        chl_err result = control_read_text(object, texts[i].key, (needs & texts[i].need) != 0,
                                           texts[i].out, texts[i].size, why);
        if (result != CHL_OK) {
            return result;
        }
    }
    return CHL_OK;
}

static chl_err read_values(const json_t *object, unsigned needs, struct control_request *out,
                           struct control_refusal *why)
{
    chl_err result = read_texts(object, needs, out, why);
    if (result == CHL_OK && (needs & NEEDS_MODE) != 0) {
        result = read_mode(object, out, why);
    }
    if (result == CHL_OK && (needs & NEEDS_DIRECTION) != 0) {
        result = read_direction(object, out, why);
    }
    if (result == CHL_OK && (needs & NEEDS_N) != 0) {
        int64_t n = 0;
        result = control_read_int(object, "n", 1, CHL_CONTROL_PLACES_MAX, &n, why);
        out->n = (uint16_t)n;
    }
    if (result == CHL_OK && (needs & NEEDS_INSIDE) != 0) {
        result = control_read_int(object, "inside", 0, INSIDE_MAX, &out->inside, why);
    }
    if (result == CHL_OK && (needs & NEEDS_HOW) != 0) {
        result = control_read_how(object, out, why);
    }
    if (result == CHL_OK && (needs & NEEDS_AUDIT) != 0) {
        result = control_read_audit(object, &out->audit, why);
    }
    if (result == CHL_OK && (needs & NEEDS_ADMIT) != 0) {
        const json_t *admit = json_object_get(object, "admit");
        out->admit = json_is_true(admit);
        if (!json_is_boolean(admit)) {
            result = control_refuse(why, admit == NULL ? "field_missing" : "field_invalid",
                                    "expected true or false in \"admit\"; say which");
        }
    }
    if (result == CHL_OK && (needs & MAY_END) != 0) {
        const json_t *end = json_object_get(object, "end");
        out->end = json_is_true(end);
        if (end != NULL && !json_is_boolean(end)) {
            result = control_refuse(why, "field_invalid", "expected true or false in \"end\"");
        }
    }
    if (result == CHL_OK && (needs & NEEDS_FORM) != 0) {
        result = read_form(object, out, why);
    }
    if (result == CHL_OK && (needs & MAY_CHECK) != 0 && json_object_get(object, "check") != NULL) {
        int64_t check = 0;
        result = control_read_int(object, "check", 0, CHECK_MAX, &check, why);
        out->check = (uint64_t)check;
    }
    return result;
}

static chl_err read_request(const json_t *object, struct control_request *out,
                            struct control_refusal *why)
{
    char name[32];
    chl_err result = control_read_text(object, "id", false, out->id, sizeof out->id, why);
    if (result == CHL_OK) {
        result = control_read_text(object, "op", true, name, sizeof name, why);
    }
    if (result != CHL_OK) {
        return result;
    }
    for (size_t i = 0; i < CONTROL_OP_COUNT; i++) {
        if (strcmp(name, ops[i].name) == 0) {
            out->op = (control_op)i;
            return read_values(object, ops[i].needs, out, why);
        }
    }
    return control_refuse(why, "op_unknown", "expected an op of docs/control.md, got \"%s\"", name);
}

chl_err chl_control_parse(const char *line, size_t length, struct control_request *out,
                          struct control_refusal *why)
{
    *out = (struct control_request){.op = CONTROL_OP_COUNT};
    *why = (struct control_refusal){.error = ""};
    if (length > CHL_CONTROL_LINE_MAX) {
        return control_refuse(why, "too_long", "expected at most %d bytes a line, got more",
                              CHL_CONTROL_LINE_MAX);
    }
    json_error_t error;
    json_t *object = json_loadb(line, length, JSON_REJECT_DUPLICATES, &error);
    if (object == NULL || !json_is_object(object)) {
        json_decref(object);
        return control_refuse(why, "malformed", "expected one JSON object a line, got: %s",
                              object == NULL ? error.text : "another JSON value");
    }
    chl_err result = read_request(object, out, why);
    json_decref(object);
    return result;
}

static const char *mode_name(chl_gate_mode mode)
{
    const char *name = "";
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        name = modes[i].mode == mode ? modes[i].name : name;
    }
    return name;
}

static void write_values(struct chl_json *json, const struct control_request *request)
{
    unsigned needs = ops[request->op].needs;
    const struct {
        const char *key, *value;
    } texts[] = {{"id", request->id},     {"lane", request->lane}, {"gate", request->gate},
                 {"zone", request->zone}, {"who", request->who},   {"why", request->why},
                 {"code", request->code}};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        if (texts[i].value[0] != '\0') {
            chl_json_string(json, texts[i].key, texts[i].value);
        }
    }
    if ((needs & NEEDS_MODE) != 0) {
        chl_json_string(json, "mode", request->schedule ? by_schedule : mode_name(request->mode));
    }
    if ((needs & MAY_END) != 0) {
        chl_json_bool(json, "end", request->end);
    }
    if ((needs & NEEDS_ADMIT) != 0) {
        chl_json_bool(json, "admit", request->admit);
    }
    if ((needs & MAY_CHECK) != 0 && request->check != 0) {
        chl_json_uint(json, "check", request->check);
    }
    if ((needs & NEEDS_FORM) != 0) {
        chl_json_raw(json, "form", request->form, strlen(request->form));
    }
    if ((needs & NEEDS_DIRECTION) != 0) {
        chl_json_string(json, "direction", request->direction == CONTROL_EXIT ? "exit" : "entry");
    }
    if ((needs & NEEDS_N) != 0) {
        chl_json_uint(json, "n", request->n);
    }
    if ((needs & NEEDS_INSIDE) != 0) {
        chl_json_int(json, "inside", request->inside);
    }
    if ((needs & NEEDS_HOW) != 0) {
        chl_json_string(json, "how", chl_recount_name(request->how));
    }
    if ((needs & NEEDS_AUDIT) != 0) {
        control_write_audit(json, &request->audit);
    }
}

chl_err chl_control_write(const struct control_request *request, char *out, size_t size)
{
    if ((size_t)request->op >= CONTROL_OP_COUNT) {
        return CHL_E_INVAL;
    }
    struct chl_json json;
    chl_json_begin(&json, out, size);
    chl_json_object(&json, NULL);
    chl_json_string(&json, "op", ops[request->op].name);
    write_values(&json, request);
    chl_json_close_object(&json);
    return chl_json_end(&json);
}
