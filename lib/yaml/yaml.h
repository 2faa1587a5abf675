/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief YAML read against option tables; every refusal says file:line:column, expected, got.
 *
 *  The tables are those of chilang/option.h, so a plugin's options, the site's sections and a
 * device profile are described in one way.
 */
#ifndef CHL_YAML_YAML_H
#define CHL_YAML_YAML_H

#include <chilang/option.h>
#include <chilang/types.h>

struct chl_yaml; /**< a loaded document; owns every string it hands out */

/** A node of it. `index` 0 = absent. */
struct chl_yaml_node {
    int index;
};

/** Where and why reading was refused; `text` is the whole line to print, UTF-8. */
struct chl_yaml_error {
    unsigned line, column; /**< from 1; 0 = whole file */
    char text[512];
};

typedef enum {
    CHL_YAML_NONE = 0,
    CHL_YAML_SCALAR,
    CHL_YAML_SEQUENCE,
    CHL_YAML_MAPPING
} chl_yaml_kind;

enum { CHL_YAML_FILE_MAX = 1024 * 1024, CHL_YAML_DEPTH_MAX = 16 };

/** Load a file (bounded; no aliases, no tags, one document, duplicate keys refused). */
chl_err chl_yaml_load(const char *path, struct chl_yaml **out, struct chl_yaml_error *error);
/** The same from memory; `name` stands for the file in messages. */
chl_err chl_yaml_parse(const char *name, const char *text, size_t length, struct chl_yaml **out,
                       struct chl_yaml_error *error);
void chl_yaml_free(struct chl_yaml *yaml);

struct chl_yaml_node chl_yaml_root(const struct chl_yaml *yaml);
chl_yaml_kind chl_yaml_kind_of(const struct chl_yaml *yaml, struct chl_yaml_node node);
/** Value of a key of a mapping, absent when it has none. */
struct chl_yaml_node chl_yaml_get(const struct chl_yaml *yaml, struct chl_yaml_node mapping,
                                  const char *key);
/** Number of entries of a mapping or sequence; entry i, its key (NULL in a sequence). */
size_t chl_yaml_count(const struct chl_yaml *yaml, struct chl_yaml_node node);
struct chl_yaml_node chl_yaml_item(const struct chl_yaml *yaml, struct chl_yaml_node node, size_t i,
                                   const char **key);
/** Text of a scalar, NULL otherwise; `key:` with nothing, `~` and `null` are no scalar but NONE. */
const char *chl_yaml_text(const struct chl_yaml *yaml, struct chl_yaml_node node);

/** Fill `config` from a mapping as `table` says, defaults included. Keys listed in `also`
 * (NULL-ended, may be NULL) are allowed and left alone. Unknown keys (with the nearest known one),
 * wrong types, out-of-range values and missing required ones are refused. An absent node counts as
 * empty. Strings and lists belong to the document. */
chl_err chl_yaml_read(struct chl_yaml *yaml, struct chl_yaml_node mapping,
                      const struct chl_opt *table, const char *const *also, void *config,
                      struct chl_yaml_error *error);
/** Fill an error at a node: file:line:column: expected …, got …. Returns CHL_E_CONFIG. */
chl_err chl_yaml_refuse(const struct chl_yaml *yaml, struct chl_yaml_node node,
                        struct chl_yaml_error *error, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/** The same, at the key of an entry rather than at its value. */
chl_err chl_yaml_refuse_key(const struct chl_yaml *yaml, struct chl_yaml_node node,
                            struct chl_yaml_error *error, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/** What a node is, for messages: "nothing", "a single value", "a list", "keys and values". */
const char *chl_yaml_kind_name(const struct chl_yaml *yaml, struct chl_yaml_node node);
/** A path as options read it: absolute, relative ones from the file's folder; owned by the
 * document. NULL when out of memory. */
const char *chl_yaml_path(struct chl_yaml *yaml, const char *text);
/** Search for what a misspelt word meant: true when `candidate` is near enough to it, and nearer
 * than any before. @param best distance so far; SIZE_MAX to begin with. Thread: any. */
bool chl_yaml_nearer(const char *word, const char *candidate, size_t *best);
/** A string copied into the document's memory; NULL when out of memory. */
const char *chl_yaml_keep(struct chl_yaml *yaml, const char *text);

#endif
