/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief libyaml's events turned into a bounded tree in which every key and value knows its place.
 */
#include "lib/yaml/internal.h"

#include <string.h>
#include <yaml.h>

/** One open container, innermost last. */
struct level {
    int node;
    const char *key; /**< read, its value is awaited */
    struct yaml_place key_at;
};

struct reading {
    struct chl_yaml *yaml;
    struct chl_yaml_error *error;
    struct level open[CHL_YAML_DEPTH_MAX];
    size_t depth;
    bool seen_document, ended;
};

static struct yaml_place place_of(yaml_mark_t mark)
{
    return (struct yaml_place){(unsigned)mark.line + 1, (unsigned)mark.column + 1};
}

/** libyaml says only the byte of an encoding error. */
static struct yaml_place place_of_byte(const char *text, size_t length, size_t byte)
{
    struct yaml_place at = {1, 1};
    for (size_t i = 0; i < byte && i < length; i++) {
        bool continued = ((unsigned char)text[i] & 0xC0) == 0x80;
        at.column += continued ? 0 : 1;
        if (text[i] == '\n') {
            at = (struct yaml_place){at.line + 1, 1};
        }
    }
    return at;
}

static chl_err refuse_syntax(struct reading *r, const yaml_parser_t *parser, const char *text,
                             size_t length)
{
    if (parser->error == YAML_MEMORY_ERROR) {
        return yaml_no_memory(r->yaml, r->error);
    }
    const char *problem = parser->problem == NULL ? "a syntax error" : parser->problem;
    if (parser->error == YAML_READER_ERROR) {
        return yaml_fail(r->yaml, place_of_byte(text, length, parser->problem_offset), r->error,
                         "expected UTF-8 text, got: %s; save the file as UTF-8", problem);
    }
    return yaml_fail(r->yaml, place_of(parser->problem_mark), r->error,
                     "expected well-formed YAML, got: %s%s%s; look at indentation, quotes and "
                     "brackets here and just above",
                     problem, parser->context == NULL ? "" : " ",
                     parser->context == NULL ? "" : parser->context);
}

static chl_err refuse_at(struct reading *r, const yaml_event_t *event, const char *message)
{
    return yaml_fail(r->yaml, place_of(event->start_mark), r->error, "%s", message);
}

static bool is_null(const yaml_event_t *event)
{
    const char *text = (const char *)event->data.scalar.value;
    return event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
           (text[0] == '\0' || strcmp(text, "~") == 0 || strcmp(text, "null") == 0);
}

static chl_err check_duplicate(struct reading *r, const struct level *in, const yaml_event_t *event,
                               const char *key)
{
    const struct yaml_node *nodes = r->yaml->nodes;
    for (int child = nodes[in->node].first; child != 0; child = nodes[child].next) {
        if (strcmp(nodes[child].key, key) == 0) {
            return yaml_fail(r->yaml, place_of(event->start_mark), r->error,
                             "expected each key once, got '%s' again (first on line %u); take one "
                             "of the two out",
                             yaml_show(key).text, nodes[child].key_at.line);
        }
    }
    return CHL_OK;
}

static chl_err take_key(struct reading *r, struct level *in, const yaml_event_t *event)
{
    if (event->type != YAML_SCALAR_EVENT) {
        return refuse_at(r, event,
                         "expected a name as key, got a list or a mapping; put the key "
                         "in quotes if it starts with [ or {");
    }
    const char *text = (const char *)event->data.scalar.value;
    if (text[0] == '\0') {
        return refuse_at(r, event, "expected a name as key, got nothing; write one before the ':'");
    }
    chl_err result = check_duplicate(r, in, event, text);
    if (result != CHL_OK) {
        return result;
    }
    in->key = chl_yaml_keep(r->yaml, text);
    in->key_at = place_of(event->start_mark);
    return in->key == NULL ? yaml_no_memory(r->yaml, r->error) : CHL_OK;
}

/** Append a node to the innermost open container, or make it the root. */
static chl_err add_node(struct reading *r, const yaml_event_t *event, chl_yaml_kind kind,
                        int *index)
{
    struct level *in = r->depth == 0 ? NULL : &r->open[r->depth - 1];
    if (in != NULL && r->yaml->nodes[in->node].count >= YAML_ITEMS_MAX) {
        return yaml_fail(r->yaml, place_of(event->start_mark), r->error,
                         "expected at most %d entries in one place, got more; split them up",
                         YAML_ITEMS_MAX);
    }
    *index = yaml_append(r->yaml);
    if (*index == 0) {
        return yaml_no_memory(r->yaml, r->error);
    }
    struct yaml_node *node = &r->yaml->nodes[*index];
    node->kind = kind;
    node->at = place_of(event->start_mark);
    if (in == NULL) {
        r->yaml->root = *index;
        return CHL_OK;
    }
    node->key = in->key;
    node->key_at = in->key_at;
    in->key = NULL;
    struct yaml_node *container = &r->yaml->nodes[in->node];
    if (container->last == 0) {
        container->first = *index;
    } else {
        r->yaml->nodes[container->last].next = *index;
    }
    container->last = *index;
    container->count++;
    return CHL_OK;
}

static chl_err take_scalar(struct reading *r, const yaml_event_t *event)
{
    const char *text = (const char *)event->data.scalar.value;
    size_t length = event->data.scalar.length;
    if (memchr(text, '\0', length) != NULL) {
        return refuse_at(r, event, "expected text, got a NUL character; take the \\0 out");
    }
    bool null = is_null(event);
    int index = 0;
    chl_err result = add_node(r, event, null ? CHL_YAML_NONE : CHL_YAML_SCALAR, &index);
    if (result != CHL_OK || null) {
        return result;
    }
    const char *kept = yaml_keep_n(r->yaml, text, length);
    r->yaml->nodes[index].text = kept;
    return kept == NULL ? yaml_no_memory(r->yaml, r->error) : CHL_OK;
}

static chl_err open_container(struct reading *r, const yaml_event_t *event, chl_yaml_kind kind)
{
    if (r->depth == CHL_YAML_DEPTH_MAX) {
        return yaml_fail(r->yaml, place_of(event->start_mark), r->error,
                         "expected at most %d levels, got one more; flatten this part",
                         CHL_YAML_DEPTH_MAX);
    }
    int index = 0;
    chl_err result = add_node(r, event, kind, &index);
    if (result == CHL_OK) {
        r->open[r->depth++] = (struct level){.node = index};
    }
    return result;
}

/** Children become an array, so that entry i is found at once. */
static chl_err close_container(struct reading *r)
{
    struct yaml_node *nodes = r->yaml->nodes;
    struct yaml_node *node = &nodes[r->open[--r->depth].node];
    int *items = yaml_alloc(r->yaml, (node->count + 1) * sizeof *items);
    if (items == NULL) {
        return yaml_no_memory(r->yaml, r->error);
    }
    size_t i = 0;
    for (int child = node->first; child != 0; child = nodes[child].next) {
        items[i++] = child;
    }
    node->items = items;
    return CHL_OK;
}

static chl_err check_plain(struct reading *r, const yaml_event_t *event)
{
    const yaml_char_t *anchor = NULL;
    const yaml_char_t *tag = NULL;
    if (event->type == YAML_SCALAR_EVENT) {
        anchor = event->data.scalar.anchor;
        tag = event->data.scalar.tag;
    } else if (event->type == YAML_SEQUENCE_START_EVENT) {
        anchor = event->data.sequence_start.anchor;
        tag = event->data.sequence_start.tag;
    } else if (event->type == YAML_MAPPING_START_EVENT) {
        anchor = event->data.mapping_start.anchor;
        tag = event->data.mapping_start.tag;
    }
    if (event->type == YAML_ALIAS_EVENT || anchor != NULL) {
        return refuse_at(r, event,
                         "expected the value itself, got an anchor or alias (& or *); "
                         "write it out, or put the text in quotes");
    }
    if (tag != NULL) {
        return refuse_at(r, event,
                         "expected a value without tag, got one (!); take the tag out, "
                         "or put the text in quotes");
    }
    return CHL_OK;
}

static chl_err take_value(struct reading *r, const yaml_event_t *event)
{
    chl_err result = check_plain(r, event);
    if (result != CHL_OK) {
        return result;
    }
    struct level *in = r->depth == 0 ? NULL : &r->open[r->depth - 1];
    bool mapping = in != NULL && r->yaml->nodes[in->node].kind == CHL_YAML_MAPPING;
    if (mapping && in->key == NULL) {
        return take_key(r, in, event);
    }
    if (event->type == YAML_SCALAR_EVENT) {
        return take_scalar(r, event);
    }
    return open_container(
        r, event, event->type == YAML_MAPPING_START_EVENT ? CHL_YAML_MAPPING : CHL_YAML_SEQUENCE);
}

static chl_err take_event(struct reading *r, const yaml_event_t *event)
{
    switch (event->type) {
    case YAML_DOCUMENT_START_EVENT:
        if (r->seen_document) {
            return refuse_at(r, event,
                             "expected one document, got a second one (---); put it in "
                             "a file of its own");
        }
        r->seen_document = true;
        return CHL_OK;
    case YAML_ALIAS_EVENT:
    case YAML_SCALAR_EVENT:
    case YAML_SEQUENCE_START_EVENT:
    case YAML_MAPPING_START_EVENT:
        return take_value(r, event);
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        return close_container(r);
    case YAML_STREAM_END_EVENT:
        r->ended = true;
        return CHL_OK;
    case YAML_NO_EVENT:
    case YAML_STREAM_START_EVENT:
    case YAML_DOCUMENT_END_EVENT:
        break;
    }
    return CHL_OK;
}

static chl_err read_events(struct reading *r, const char *text, size_t length)
{
    yaml_parser_t parser;
    if (yaml_parser_initialize(&parser) == 0) {
        return yaml_no_memory(r->yaml, r->error);
    }
    yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&parser, (const unsigned char *)text, length);
    chl_err result = CHL_OK;
    while (result == CHL_OK && !r->ended) {
        yaml_event_t event;
        if (yaml_parser_parse(&parser, &event) == 0) {
            result = refuse_syntax(r, &parser, text, length);
            break;
        }
        result = take_event(r, &event);
        yaml_event_delete(&event);
    }
    yaml_parser_delete(&parser);
    return result;
}

chl_err chl_yaml_parse(const char *name, const char *text, size_t length, struct chl_yaml **out,
                       struct chl_yaml_error *error)
{
    *out = NULL;
    if (error != NULL) {
        *error = (struct chl_yaml_error){.line = 0};
    }
    struct chl_yaml *yaml = NULL;
    chl_err result = yaml_new(name, &yaml);
    if (result != CHL_OK) {
        return result;
    }
    if (length > CHL_YAML_FILE_MAX) {
        result = yaml_fail(yaml, (struct yaml_place){0, 0}, error,
                           "expected at most %d bytes, got more; this is not a configuration file",
                           CHL_YAML_FILE_MAX);
    } else {
        struct reading r = {.yaml = yaml, .error = error};
        result = read_events(&r, text, length);
    }
    if (result != CHL_OK) {
        chl_yaml_free(yaml);
        return result;
    }
    *out = yaml;
    return CHL_OK;
}
