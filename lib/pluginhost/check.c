/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The checks of a plugin's descriptor, made before any of its functions is called.
 */
#include "lib/pluginhost/pluginhost.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Where a refusal is written: the first one counts. */
struct refusal {
    const char *file;
    char *why;
    size_t size;
};

__attribute__((format(printf, 2, 3))) static chl_err refuse(const struct refusal *to,
                                                            const char *format, ...)
{
    char text[CHL_PLUGIN_WHY_MAX];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    (void)snprintf(to->why, to->size, "%s: %s", to->file, text);
    return CHL_E_ABI;
}

static bool is_name(const char *text, size_t max, bool allow_dash)
{
    size_t length = text == NULL ? 0 : strnlen(text, max + 1);
    if (length == 0 || length > max || text[0] < 'a' || text[0] > 'z') {
        return false;
    }
    for (size_t i = 0; i < length; i++) {
        bool lower = text[i] >= 'a' && text[i] <= 'z';
        bool digit = text[i] >= '0' && text[i] <= '9';
        if (!lower && !digit && text[i] != '_' && !(allow_dash && text[i] == '-')) {
            return false;
        }
    }
    return true;
}

/* Size and alignment of the field that an option type fills. */
static const struct {
    const char *name;
    size_t size, align;
} types[] = {
    [CHL_OPT_STR] = {"string", sizeof(char *), _Alignof(char *)},
    [CHL_OPT_INT] = {"int", sizeof(int64_t), _Alignof(int64_t)},
    [CHL_OPT_BOOL] = {"bool", sizeof(bool), _Alignof(bool)},
    [CHL_OPT_DURATION_MS] = {"duration", sizeof(int64_t), _Alignof(int64_t)},
    [CHL_OPT_ENUM] = {"enum", sizeof(int), _Alignof(int)},
    [CHL_OPT_PATH] = {"path", sizeof(char *), _Alignof(char *)},
    [CHL_OPT_LIST] = {"list", sizeof(struct chl_list), _Alignof(struct chl_list)},
};
enum { TYPE_END = sizeof types / sizeof *types };

static chl_err check_field(const struct chl_plugin *plugin, const struct chl_opt *option,
                           const struct refusal *to)
{
    unsigned type = (unsigned)option->type;
    if (type == 0 || type >= TYPE_END) {
        return refuse(to, "option `%s`: expected a type from 1 to %d, got %u", option->name,
                      TYPE_END - 1, type);
    }
    if (option->offset > plugin->config_size ||
        plugin->config_size - option->offset < types[type].size) {
        return refuse(to,
                      "option `%s`: expected a %s field inside the config struct of %u bytes, got "
                      "offset %zu",
                      option->name, types[type].name, plugin->config_size, option->offset);
    }
    if (option->offset % types[type].align != 0) {
        return refuse(to, "option `%s`: expected an offset aligned to %zu, got %zu", option->name,
                      types[type].align, option->offset);
    }
    return CHL_OK;
}

static chl_err check_option(const struct chl_plugin *plugin, size_t index, const struct refusal *to)
{
    const struct chl_opt *option = &plugin->options[index];
    if (!is_name(option->name, 40, true)) {
        return refuse(to, "option %zu: expected a name of a-z, 0-9, `-`, `_`, got another",
                      index + 1);
    }
    for (size_t i = 0; i < index; i++) {
        if (strcmp(plugin->options[i].name, option->name) == 0) {
            return refuse(to, "option `%s`: expected once, got twice", option->name);
        }
    }
    chl_err error = check_field(plugin, option, to);
    if (error != CHL_OK) {
        return error;
    }
    if (option->min > option->max && option->max != 0) {
        return refuse(to, "option `%s`: expected min <= max, got %lld > %lld", option->name,
                      (long long)option->min, (long long)option->max);
    }
    if (option->type == CHL_OPT_ENUM && (option->choices == NULL || option->choices[0] == NULL)) {
        return refuse(to, "option `%s`: expected a list of choices, got none", option->name);
    }
    return CHL_OK;
}

static chl_err check_options(const struct chl_plugin *plugin, const struct refusal *to)
{
    if (plugin->config_size > CHL_PLUGIN_CONFIG_MAX) {
        return refuse(to, "expected a config struct of at most %d bytes, got %u",
                      CHL_PLUGIN_CONFIG_MAX, plugin->config_size);
    }
    if (plugin->options == NULL) {
        return CHL_OK;
    }
    size_t index = 0;
    for (; plugin->options[index].name != NULL; index++) {
        if (index >= CHL_PLUGIN_OPTIONS_MAX) {
            return refuse(to, "expected at most %d options ended by one without name, got more",
                          CHL_PLUGIN_OPTIONS_MAX);
        }
        chl_err error = check_option(plugin, index, to);
        if (error != CHL_OK) {
            return error;
        }
    }
    return CHL_OK;
}

/* Operations a kind can't do without, beside create and destroy. */
static const char *missing_operation(const struct chl_plugin *plugin)
{
    const struct chl_ops *ops = plugin->ops;
    bool credential = plugin->kind == CHL_KIND_CREDENTIAL;
    const struct {
        const char *name;
        bool needed, present;
    } wanted[] = {
        {"create", true, CHL_HAS(ops, create)},
        {"destroy", true, CHL_HAS(ops, destroy)},
        {"start", !credential, CHL_HAS(ops, start)},
        {"quiesce", !credential, CHL_HAS(ops, quiesce)},
        {"stop", !credential, CHL_HAS(ops, stop)},
        {"inspect", credential, CHL_HAS(ops, inspect)},
        {"submit", plugin->kind == CHL_KIND_GATE, CHL_HAS(ops, submit)},
    };
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        if (wanted[i].needed && !wanted[i].present) {
            return wanted[i].name;
        }
    }
    return NULL;
}

static chl_err check_operations(const struct chl_plugin *plugin, const struct refusal *to)
{
    if (plugin->ops == NULL) {
        return refuse(to, "expected a table of operations, got none");
    }
    if (plugin->ops->size < CHL_OPS_SIZE_1_0) {
        return refuse(to,
                      "expected a table of operations of at least %zu bytes, got %u; rebuild it",
                      (size_t)CHL_OPS_SIZE_1_0, plugin->ops->size);
    }
    const char *missing = missing_operation(plugin);
    if (missing != NULL) {
        return refuse(to, "expected operation `%s`, got none", missing);
    }
    return CHL_OK;
}

chl_err chl_plugin_check(const struct chl_plugin *plugin, size_t symbol_size, const char *file,
                         char *why, size_t why_size)
{
    const struct refusal to = {.file = file, .why = why, .size = why_size};
    if (symbol_size < sizeof plugin->abi + sizeof plugin->size) {
        return refuse(&to, "expected `chl_plugin` of at least %zu bytes, got %zu",
                      (size_t)CHL_PLUGIN_SIZE_1_0, symbol_size);
    }
    if (plugin->abi >> 16 != CHL_ABI_MAJOR) {
        return refuse(
            &to, "expected plugin ABI %u.x, got %u.%u; rebuild it against this chilang's headers",
            CHL_ABI_MAJOR, plugin->abi >> 16, plugin->abi & 0xFFFFU);
    }
    if (plugin->size < CHL_PLUGIN_SIZE_1_0 || symbol_size < plugin->size) {
        return refuse(&to, "expected a descriptor of at least %zu bytes, got %u in a symbol of %zu",
                      (size_t)CHL_PLUGIN_SIZE_1_0, plugin->size, symbol_size);
    }
    if (plugin->kind < CHL_KIND_SCAN || plugin->kind > CHL_KIND_SERVICE) {
        return refuse(&to,
                      "expected kind 1 (scan), 2 (credential), 3 (gate) or 4 (service), got %u",
                      plugin->kind);
    }
    if (!is_name(plugin->name, CHL_PLUGIN_NAME_MAX - 1, false) || plugin->version == NULL) {
        return refuse(&to, "expected a name of a-z, 0-9, `_` and a version, got none");
    }
    chl_err error = check_operations(plugin, &to);
    return error != CHL_OK ? error : check_options(plugin, &to);
}
