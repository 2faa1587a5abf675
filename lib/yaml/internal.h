/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The loaded document as the files of lib/yaml share it.
 */
#ifndef CHL_YAML_INTERNAL_H
#define CHL_YAML_INTERNAL_H

#include "lib/yaml/yaml.h"

/** Entries of one mapping or sequence, so that checking for duplicates stays cheap. */
enum { YAML_ITEMS_MAX = 2048 };

struct yaml_place {
    unsigned line, column;
};

struct yaml_node {
    chl_yaml_kind kind;
    struct yaml_place at, key_at;
    const char *text;      /**< of a scalar */
    const char *key;       /**< NULL in a sequence */
    int first, last, next; /**< children while parsing, 0 = none */
    unsigned count;
    const int *items; /**< children, once the container is closed */
};

struct yaml_chunk;

struct chl_yaml {
    const char *name;        /**< for messages */
    const char *folder;      /**< absolute; relative paths start here */
    struct yaml_node *nodes; /**< [0] is the absent node */
    size_t node_count, node_room;
    int root;
    struct yaml_chunk *chunks;
};

/** Memory that lives as long as the document, aligned for any type. NULL when out of memory. */
void *yaml_alloc(struct chl_yaml *yaml, size_t size);
const char *yaml_keep_n(struct chl_yaml *yaml, const char *text, size_t length);
/** A new document; `name` also says which folder relative paths start from. */
chl_err yaml_new(const char *name, struct chl_yaml **out);
/** Append a node and return its index, 0 when out of memory. */
int yaml_append(struct chl_yaml *yaml);

/** Fill an error at a place (line 0 = the whole file). @return CHL_E_CONFIG. */
chl_err yaml_fail(const struct chl_yaml *yaml, struct yaml_place at, struct chl_yaml_error *error,
                  const char *format, ...) __attribute__((format(printf, 4, 5)));
/** @return CHL_E_NOMEM, said in the error. */
chl_err yaml_no_memory(const struct chl_yaml *yaml, struct chl_yaml_error *error);

/** A value as it may stand in a message: short, one line. */
struct yaml_shown {
    char text[64];
};
struct yaml_shown yaml_show(const char *text);

/** Numbers as YAML options write them: CHL_E_INVAL when it is none, CHL_E_LIMIT when too large. */
chl_err yaml_int(const char *text, int64_t *out);
chl_err yaml_duration(const char *text, int64_t *out_ms);
/** A duration as one would write it. */
struct yaml_shown yaml_show_duration(int64_t ms);
/** Least number of inserted, deleted, changed or swapped characters between two short texts. */
size_t yaml_distance(const char *a, const char *b);

#endif
