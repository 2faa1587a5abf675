/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The document in memory: its nodes, its strings and the messages that point into it.
 */
#include "lib/base/text.h"
#include "lib/yaml/internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CHUNK_BYTES = 8192, CHUNK_ALIGN = 16 };

struct yaml_chunk {
    struct yaml_chunk *next;
    size_t used, size;
    _Alignas(CHUNK_ALIGN) unsigned char bytes[];
};

void *yaml_alloc(struct chl_yaml *yaml, size_t size)
{
    size_t need = (size + CHUNK_ALIGN - 1) / CHUNK_ALIGN * CHUNK_ALIGN;
    struct yaml_chunk *chunk = yaml->chunks;
    if (chunk == NULL || chunk->size - chunk->used < need) {
        size_t room = need > CHUNK_BYTES ? need : CHUNK_BYTES;
        chunk = malloc(sizeof *chunk + room);
        if (chunk == NULL) {
            return NULL;
        }
        *chunk = (struct yaml_chunk){.next = yaml->chunks, .size = room};
        yaml->chunks = chunk;
    }
    void *out = chunk->bytes + chunk->used;
    chunk->used += need;
    return out;
}

const char *yaml_keep_n(struct chl_yaml *yaml, const char *text, size_t length)
{
    char *copy = yaml_alloc(yaml, length + 1);
    if (copy != NULL) {
        memcpy(copy, text, length);
        copy[length] = '\0';
    }
    return copy;
}

const char *chl_yaml_keep(struct chl_yaml *yaml, const char *text)
{
    return yaml_keep_n(yaml, text, strlen(text));
}

/** The folder that the file lies in, absolute, without following links. */
static const char *folder_of(struct chl_yaml *yaml, const char *name)
{
    const char *slash = strrchr(name, '/');
    size_t length = slash == NULL ? 0 : (size_t)(slash - name);
    if (name[0] == '/') {
        return yaml_keep_n(yaml, name, length == 0 ? 1 : length);
    }
    char *here = getcwd(NULL, 0);
    if (here == NULL) {
        return NULL;
    }
    char *folder = yaml_alloc(yaml, strlen(here) + length + 2);
    if (folder != NULL) {
        int written = sprintf(folder, "%s", here);
        if (length > 0) {
            (void)sprintf(folder + written, "/%.*s", (int)length, name);
        }
    }
    free(here);
    return folder;
}

chl_err yaml_new(const char *name, struct chl_yaml **out)
{
    struct chl_yaml *yaml = calloc(1, sizeof *yaml);
    if (yaml == NULL) {
        return CHL_E_NOMEM;
    }
    yaml->name = chl_yaml_keep(yaml, name);
    yaml->folder = folder_of(yaml, name);
    (void)yaml_append(yaml); /* [0], the absent node */
    if (yaml->name == NULL || yaml->folder == NULL || yaml->nodes == NULL) {
        chl_yaml_free(yaml);
        return CHL_E_NOMEM;
    }
    *out = yaml;
    return CHL_OK;
}

void chl_yaml_free(struct chl_yaml *yaml)
{
    if (yaml == NULL) {
        return;
    }
    struct yaml_chunk *chunk = yaml->chunks;
    while (chunk != NULL) {
        struct yaml_chunk *next = chunk->next;
        free(chunk);
        chunk = next;
    }
    free(yaml->nodes);
    free(yaml);
}

int yaml_append(struct chl_yaml *yaml)
{
    if (yaml->node_count == yaml->node_room) {
        size_t room = yaml->node_room == 0 ? 64 : yaml->node_room * 2;
        struct yaml_node *grown = realloc(yaml->nodes, room * sizeof *grown);
        if (grown == NULL) {
            return 0;
        }
        yaml->nodes = grown;
        yaml->node_room = room;
    }
    yaml->nodes[yaml->node_count] = (struct yaml_node){.kind = CHL_YAML_NONE};
    return (int)yaml->node_count++;
}

static const struct yaml_node *node_at(const struct chl_yaml *yaml, struct chl_yaml_node node)
{
    bool inside = node.index > 0 && (size_t)node.index < yaml->node_count;
    return &yaml->nodes[inside ? node.index : 0];
}

struct chl_yaml_node chl_yaml_root(const struct chl_yaml *yaml)
{
    return (struct chl_yaml_node){yaml->root};
}

chl_yaml_kind chl_yaml_kind_of(const struct chl_yaml *yaml, struct chl_yaml_node node)
{
    return node_at(yaml, node)->kind;
}

struct chl_yaml_node chl_yaml_get(const struct chl_yaml *yaml, struct chl_yaml_node mapping,
                                  const char *key)
{
    const struct yaml_node *at = node_at(yaml, mapping);
    for (unsigned i = 0; at->kind == CHL_YAML_MAPPING && i < at->count; i++) {
        if (strcmp(yaml->nodes[at->items[i]].key, key) == 0) {
            return (struct chl_yaml_node){at->items[i]};
        }
    }
    return (struct chl_yaml_node){0};
}

size_t chl_yaml_count(const struct chl_yaml *yaml, struct chl_yaml_node node)
{
    return node_at(yaml, node)->count;
}

struct chl_yaml_node chl_yaml_item(const struct chl_yaml *yaml, struct chl_yaml_node node, size_t i,
                                   const char **key)
{
    const struct yaml_node *at = node_at(yaml, node);
    int index = i < at->count ? at->items[i] : 0;
    if (key != NULL) {
        *key = yaml->nodes[index].key;
    }
    return (struct chl_yaml_node){index};
}

const char *chl_yaml_text(const struct chl_yaml *yaml, struct chl_yaml_node node)
{
    return node_at(yaml, node)->text;
}

static chl_err fail_v(const struct chl_yaml *yaml, struct yaml_place at,
                      struct chl_yaml_error *error, const char *format, va_list arguments)
    __attribute__((format(printf, 4, 0)));

static chl_err fail_v(const struct chl_yaml *yaml, struct yaml_place at,
                      struct chl_yaml_error *error, const char *format, va_list arguments)
{
    if (error == NULL) {
        return CHL_E_CONFIG;
    }
    char place[32] = "";
    char message[512];
    char line[1024];
    if (at.line > 0) {
        (void)snprintf(place, sizeof place, ":%u:%u", at.line, at.column);
    }
    (void)vsnprintf(message, sizeof message, format, arguments);
    (void)snprintf(line, sizeof line, "%.400s%s: %s", yaml->name, place, message);
    error->line = at.line;
    error->column = at.column;
    (void)chl_copy(error->text, sizeof error->text, line);
    return CHL_E_CONFIG;
}

chl_err yaml_fail(const struct chl_yaml *yaml, struct yaml_place at, struct chl_yaml_error *error,
                  const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    chl_err result = fail_v(yaml, at, error, format, arguments);
    va_end(arguments);
    return result;
}

chl_err yaml_no_memory(const struct chl_yaml *yaml, struct chl_yaml_error *error)
{
    (void)yaml_fail(yaml, (struct yaml_place){0, 0}, error, "out of memory while reading");
    return CHL_E_NOMEM;
}

chl_err chl_yaml_refuse(const struct chl_yaml *yaml, struct chl_yaml_node node,
                        struct chl_yaml_error *error, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    chl_err result = fail_v(yaml, node_at(yaml, node)->at, error, format, arguments);
    va_end(arguments);
    return result;
}

chl_err chl_yaml_refuse_key(const struct chl_yaml *yaml, struct chl_yaml_node node,
                            struct chl_yaml_error *error, const char *format, ...)
{
    const struct yaml_node *at = node_at(yaml, node);
    va_list arguments;
    va_start(arguments, format);
    chl_err result = fail_v(yaml, at->key != NULL ? at->key_at : at->at, error, format, arguments);
    va_end(arguments);
    return result;
}

struct yaml_shown yaml_show(const char *text)
{
    struct yaml_shown shown;
    size_t length = strlen(text);
    bool whole = chl_copy_n(shown.text, 44, text, length);
    for (char *c = shown.text; *c != '\0'; c++) {
        if ((unsigned char)*c < 0x20 || *c == 0x7f) {
            *c = ' ';
        }
    }
    if (!whole) {
        memcpy(shown.text + strlen(shown.text), "…", sizeof "…");
    }
    return shown;
}
