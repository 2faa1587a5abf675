/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief A mapping read into a struct as an option table says.
 */
#include "lib/yaml/internal.h"

#include <stdio.h>
#include <string.h>

/** One option being read: from the file, or from its default (`node` absent). */
struct option {
    struct chl_yaml *yaml;
    const struct chl_opt *opt;
    struct chl_yaml_node node;
    unsigned char *field;
    struct chl_yaml_error *error;
};

static void store(const struct option *o, const void *value, size_t size)
{
    memcpy(o->field, value, size);
}

static chl_err read_int(const struct option *o, const char *text)
{
    int64_t value = 0;
    chl_err result = yaml_int(text, &value);
    if (result == CHL_E_INVAL) {
        return chl_yaml_refuse(o->yaml, o->node, o->error,
                               "expected a whole number for '%s', got '%s'; write it like 12",
                               o->opt->name, yaml_show(text).text);
    }
    bool bounded = o->opt->min != 0 || o->opt->max != 0;
    if (result == CHL_E_LIMIT || (bounded && (value < o->opt->min || value > o->opt->max))) {
        return chl_yaml_refuse(
            o->yaml, o->node, o->error, "expected %lld to %lld for '%s', got %s; choose one within",
            (long long)(bounded ? o->opt->min : INT64_MIN),
            (long long)(bounded ? o->opt->max : INT64_MAX), o->opt->name, yaml_show(text).text);
    }
    store(o, &value, sizeof value);
    return CHL_OK;
}

static chl_err read_duration(const struct option *o, const char *text)
{
    int64_t value = 0;
    chl_err result = yaml_duration(text, &value);
    if (result == CHL_E_INVAL) {
        return chl_yaml_refuse(o->yaml, o->node, o->error,
                               "expected a duration for '%s', got '%s'; write a whole number and "
                               "its unit: 250 ms, 7 s, 5 min, 2 h, 28 d",
                               o->opt->name, yaml_show(text).text);
    }
    bool bounded = o->opt->min != 0 || o->opt->max != 0;
    if (result == CHL_E_LIMIT || (bounded && (value < o->opt->min || value > o->opt->max))) {
        return chl_yaml_refuse(o->yaml, o->node, o->error,
                               "expected %s to %s for '%s', got %s; choose one within",
                               yaml_show_duration(bounded ? o->opt->min : 0).text,
                               yaml_show_duration(bounded ? o->opt->max : INT64_MAX).text,
                               o->opt->name, yaml_show(text).text);
    }
    store(o, &value, sizeof value);
    return CHL_OK;
}

static chl_err read_bool(const struct option *o, const char *text)
{
    bool value = strcmp(text, "true") == 0;
    if (!value && strcmp(text, "false") != 0) {
        return chl_yaml_refuse(o->yaml, o->node, o->error,
                               "expected true or false for '%s', got '%s'; write one of the two",
                               o->opt->name, yaml_show(text).text);
    }
    store(o, &value, sizeof value);
    return CHL_OK;
}

static chl_err read_enum(const struct option *o, const char *text)
{
    char list[200] = "";
    size_t used = 0;
    const char *nearest = NULL;
    size_t best = SIZE_MAX;
    for (int i = 0; o->opt->choices[i] != NULL; i++) {
        const char *choice = o->opt->choices[i];
        if (strcmp(text, choice) == 0) {
            store(o, &i, sizeof i);
            return CHL_OK;
        }
        if (chl_yaml_nearer(text, choice, &best)) {
            nearest = choice;
        }
        int written = snprintf(list + used, sizeof list - used, "%s%s", i == 0 ? "" : ", ", choice);
        used = written < 0 || (size_t)written >= sizeof list - used ? sizeof list - 1
                                                                    : used + (size_t)written;
    }
    return chl_yaml_refuse(o->yaml, o->node, o->error,
                           "expected one of %s for '%s', got '%s'; %s%s%s", list, o->opt->name,
                           yaml_show(text).text, nearest != NULL ? "did you mean '" : "choose one",
                           nearest != NULL ? nearest : "", nearest != NULL ? "'?" : "");
}

static chl_err check_length(const struct option *o, const char *text)
{
    if (text[0] == '\0' && (o->opt->required || o->opt->type == CHL_OPT_PATH)) {
        return chl_yaml_refuse(o->yaml, o->node, o->error,
                               "expected text for '%s', got an empty one; fill it in",
                               o->opt->name);
    }
    if (o->opt->max > 0 && strlen(text) > (uint64_t)o->opt->max) {
        return chl_yaml_refuse(o->yaml, o->node, o->error,
                               "expected at most %lld bytes for '%s', got %zu; shorten it",
                               (long long)o->opt->max, o->opt->name, strlen(text));
    }
    return CHL_OK;
}

static chl_err read_string(const struct option *o, const char *text)
{
    chl_err result = check_length(o, text);
    if (result == CHL_OK) {
        store(o, &text, sizeof text);
    }
    return result;
}

static chl_err read_path(const struct option *o, const char *text)
{
    chl_err result = check_length(o, text);
    if (result != CHL_OK) {
        return result;
    }
    const char *path = chl_yaml_path(o->yaml, text);
    if (path == NULL) {
        return yaml_no_memory(o->yaml, o->error);
    }
    store(o, &path, sizeof path);
    return CHL_OK;
}

static chl_err check_list_count(const struct option *o, size_t count)
{
    if (o->opt->max > 0 && count > (uint64_t)o->opt->max) {
        return chl_yaml_refuse(o->yaml, o->node, o->error,
                               "expected at most %lld entries for '%s', got %zu; take some out",
                               (long long)o->opt->max, o->opt->name, count);
    }
    if (count == 0 && o->opt->required) {
        return chl_yaml_refuse(o->yaml, o->node, o->error,
                               "expected at least one entry for '%s', got none; name one",
                               o->opt->name);
    }
    return CHL_OK;
}

static chl_err store_list(const struct option *o, const char *const *items, size_t count)
{
    chl_err result = check_list_count(o, count);
    if (result == CHL_OK) {
        struct chl_list list = {.count = count, .items = items};
        store(o, &list, sizeof list);
    }
    return result;
}

static chl_err read_sequence(const struct option *o)
{
    size_t count = chl_yaml_count(o->yaml, o->node);
    const char **items = yaml_alloc(o->yaml, (count + 1) * sizeof *items);
    if (items == NULL) {
        return yaml_no_memory(o->yaml, o->error);
    }
    for (size_t i = 0; i < count; i++) {
        struct chl_yaml_node item = chl_yaml_item(o->yaml, o->node, i, NULL);
        items[i] = chl_yaml_text(o->yaml, item);
        if (items[i] == NULL) {
            return chl_yaml_refuse(o->yaml, item, o->error,
                                   "expected a plain text in the list '%s', got %s; write one "
                                   "word or a text in quotes",
                                   o->opt->name, chl_yaml_kind_name(o->yaml, item));
        }
    }
    return store_list(o, items, count);
}

/** A default of a list: `[a, b]`, or `a, b`. A value from the file: one entry as it stands. */
static chl_err read_list_text(const struct option *o, const char *text)
{
    if (o->node.index != 0) {
        const char **one = yaml_alloc(o->yaml, sizeof *one);
        if (one == NULL) {
            return yaml_no_memory(o->yaml, o->error);
        }
        *one = text;
        return store_list(o, one, 1);
    }
    const char **items = yaml_alloc(o->yaml, (strlen(text) + 1) * sizeof *items);
    if (items == NULL) {
        return yaml_no_memory(o->yaml, o->error);
    }
    size_t count = 0;
    const char *at = text + strspn(text, "[ ");
    while (*at != '\0') {
        size_t length = strcspn(at, ",] ");
        items[count] = yaml_keep_n(o->yaml, at, length);
        if (items[count++] == NULL) {
            return yaml_no_memory(o->yaml, o->error);
        }
        at += length;
        at += strspn(at, ",] ");
    }
    return store_list(o, items, count);
}

static chl_err read_text(const struct option *o, const char *text)
{
    switch (o->opt->type) {
    case CHL_OPT_STR:
        return read_string(o, text);
    case CHL_OPT_INT:
        return read_int(o, text);
    case CHL_OPT_BOOL:
        return read_bool(o, text);
    case CHL_OPT_DURATION_MS:
        return read_duration(o, text);
    case CHL_OPT_ENUM:
        return read_enum(o, text);
    case CHL_OPT_PATH:
        return read_path(o, text);
    case CHL_OPT_LIST:
        return read_list_text(o, text);
    }
    return chl_yaml_refuse(o->yaml, o->node, o->error,
                           "expected a known type for option '%s', got %d; the option table is "
                           "newer than this program",
                           o->opt->name, (int)o->opt->type);
}

static const char *type_name(chl_opt_type type)
{
    static const char *const names[] = {
        [CHL_OPT_STR] = "a text",         [CHL_OPT_INT] = "a whole number",
        [CHL_OPT_BOOL] = "true or false", [CHL_OPT_DURATION_MS] = "a duration such as 250 ms",
        [CHL_OPT_ENUM] = "a word",        [CHL_OPT_PATH] = "a path",
        [CHL_OPT_LIST] = "a list"};
    size_t index = (size_t)type;
    bool known = index > 0 && index < sizeof names / sizeof *names;
    return known ? names[index] : "another value";
}

static chl_err read_one(const struct option *o)
{
    const char *text = chl_yaml_text(o->yaml, o->node);
    chl_yaml_kind kind = chl_yaml_kind_of(o->yaml, o->node);
    if (text != NULL) {
        return read_text(o, text);
    }
    if (kind == CHL_YAML_SEQUENCE && o->opt->type == CHL_OPT_LIST) {
        return read_sequence(o);
    }
    return chl_yaml_refuse(o->yaml, o->node, o->error, "expected %s for '%s', got %s; %s",
                           type_name(o->opt->type), o->opt->name,
                           chl_yaml_kind_name(o->yaml, o->node),
                           kind == CHL_YAML_NONE ? "give a value or take the line out"
                                                 : "write the value on the same line");
}

static bool is_known(const char *key, const struct chl_opt *table, const char *const *also)
{
    for (size_t i = 0; table[i].name != NULL; i++) {
        if (strcmp(table[i].name, key) == 0) {
            return true;
        }
    }
    for (size_t i = 0; also != NULL && also[i] != NULL; i++) {
        if (strcmp(also[i], key) == 0) {
            return true;
        }
    }
    return false;
}

static const char *nearest_key(const char *key, const struct chl_opt *table,
                               const char *const *also)
{
    const char *nearest = NULL;
    size_t best = SIZE_MAX;
    for (size_t i = 0; table[i].name != NULL; i++) {
        nearest = chl_yaml_nearer(key, table[i].name, &best) ? table[i].name : nearest;
    }
    for (size_t i = 0; also != NULL && also[i] != NULL; i++) {
        nearest = chl_yaml_nearer(key, also[i], &best) ? also[i] : nearest;
    }
    return nearest;
}

/** All known keys in one line, for a key that resembles none of them. */
static void list_keys(const struct chl_opt *table, const char *const *also, char *out, size_t size)
{
    size_t used = 0;
    size_t options = 0;
    while (table[options].name != NULL) {
        options++;
    }
    out[0] = '\0';
    for (size_t i = 0; used < size; i++) {
        const char *name = i < options ? table[i].name : also == NULL ? NULL : also[i - options];
        if (name == NULL) {
            break;
        }
        int written = snprintf(out + used, size - used, "%s%s", i == 0 ? "" : ", ", name);
        used += written < 0 ? size : (size_t)written;
    }
}

static chl_err check_keys(const struct chl_yaml *yaml, struct chl_yaml_node mapping,
                          const struct chl_opt *table, const char *const *also,
                          struct chl_yaml_error *error)
{
    for (size_t i = 0; i < chl_yaml_count(yaml, mapping); i++) {
        const char *key = NULL;
        struct chl_yaml_node item = chl_yaml_item(yaml, mapping, i, &key);
        if (is_known(key, table, also)) {
            continue;
        }
        const char *nearest = nearest_key(key, table, also);
        if (nearest != NULL) {
            return chl_yaml_refuse_key(yaml, item, error,
                                       "expected a known key, got '%s'; did you mean '%s'?",
                                       yaml_show(key).text, nearest);
        }
        char keys[256];
        list_keys(table, also, keys, sizeof keys);
        return chl_yaml_refuse_key(yaml, item, error,
                                   "expected a known key, got '%s'; known here: %s",
                                   yaml_show(key).text, keys[0] == '\0' ? "none" : keys);
    }
    return CHL_OK;
}

static chl_err read_option(struct option *o, struct chl_yaml_node mapping)
{
    static const size_t sizes[] = {[CHL_OPT_STR] = sizeof(const char *),
                                   [CHL_OPT_INT] = sizeof(int64_t),
                                   [CHL_OPT_BOOL] = sizeof(bool),
                                   [CHL_OPT_DURATION_MS] = sizeof(int64_t),
                                   [CHL_OPT_ENUM] = sizeof(int),
                                   [CHL_OPT_PATH] = sizeof(const char *),
                                   [CHL_OPT_LIST] = sizeof(struct chl_list)};
    if (o->node.index != 0) {
        return read_one(o);
    }
    if (o->opt->required) {
        return chl_yaml_refuse(o->yaml, mapping, o->error,
                               "expected the key '%s' (%s), got none; add it here", o->opt->name,
                               type_name(o->opt->type));
    }
    if (o->opt->dflt != NULL) {
        return read_text(o, o->opt->dflt);
    }
    size_t type = (size_t)o->opt->type;
    memset(o->field, 0, type < sizeof sizes / sizeof *sizes ? sizes[type] : 0);
    return CHL_OK;
}

chl_err chl_yaml_read(struct chl_yaml *yaml, struct chl_yaml_node mapping,
                      const struct chl_opt *table, const char *const *also, void *config,
                      struct chl_yaml_error *error)
{
    chl_yaml_kind kind = chl_yaml_kind_of(yaml, mapping);
    if (kind != CHL_YAML_MAPPING && kind != CHL_YAML_NONE) {
        return chl_yaml_refuse(yaml, mapping, error,
                               "expected keys and values, got %s; write one 'key: value' a line",
                               chl_yaml_kind_name(yaml, mapping));
    }
    chl_err result = check_keys(yaml, mapping, table, also, error);
    for (size_t i = 0; result == CHL_OK && table[i].name != NULL; i++) {
        struct option o = {.yaml = yaml,
                           .opt = &table[i],
                           .node = chl_yaml_get(yaml, mapping, table[i].name),
                           .field = (unsigned char *)config + table[i].offset,
                           .error = error};
        result = read_option(&o, mapping);
    }
    return result;
}

const char *chl_yaml_path(struct chl_yaml *yaml, const char *text)
{
    if (text[0] == '/') {
        return chl_yaml_keep(yaml, text);
    }
    while (text[0] == '.' && text[1] == '/') {
        text += 2;
    }
    char *path = yaml_alloc(yaml, strlen(yaml->folder) + strlen(text) + 2);
    if (path != NULL) {
        const char *slash = strcmp(yaml->folder, "/") == 0 ? "" : "/";
        (void)sprintf(path, "%s%s%s", yaml->folder, slash, text);
    }
    return path;
}

const char *chl_yaml_kind_name(const struct chl_yaml *yaml, struct chl_yaml_node node)
{
    switch (chl_yaml_kind_of(yaml, node)) {
    case CHL_YAML_SCALAR:
        return "a single value";
    case CHL_YAML_SEQUENCE:
        return "a list";
    case CHL_YAML_MAPPING:
        return "keys and values";
    case CHL_YAML_NONE:
        break;
    }
    return "nothing";
}
