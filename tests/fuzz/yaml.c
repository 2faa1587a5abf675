/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Fuzz: any bytes as a YAML file, read against a table with every type of option.
 */
#include "lib/yaml/yaml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct options {
    const char *name;
    int64_t count;
    bool on;
    int64_t poll_ms;
    int kind;
    const char *keys;
    struct chl_list accept;
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const kinds[] = {"festival", "checkpoint", NULL};
    static const char *const also[] = {"use", NULL};
#define ROW(name, type, field, choices)                                                            \
    {                                                                                              \
        name, type, false, NULL, 0, 0, choices, offsetof(struct options, field), "", ""            \
    }
    static const struct chl_opt table[] = {
        ROW("name", CHL_OPT_STR, name, NULL),
        ROW("count", CHL_OPT_INT, count, NULL),
        ROW("on", CHL_OPT_BOOL, on, NULL),
        ROW("poll", CHL_OPT_DURATION_MS, poll_ms, NULL),
        ROW("kind", CHL_OPT_ENUM, kind, kinds),
        ROW("keys", CHL_OPT_PATH, keys, NULL),
        ROW("accept", CHL_OPT_LIST, accept, NULL),
        {NULL, CHL_OPT_STR, false, NULL, 0, 0, NULL, 0, NULL, NULL}};
    struct chl_yaml *yaml = NULL;
    struct chl_yaml_error error;
    if (chl_yaml_parse("fuzz.yaml", (const char *)data, size, &yaml, &error) != CHL_OK) {
        return 0;
    }
    struct options got;
    struct chl_yaml_node root = chl_yaml_root(yaml);
    (void)chl_yaml_read(yaml, root, table, also, &got, &error);
    for (size_t i = 0; i < chl_yaml_count(yaml, root); i++) {
        const char *key = NULL;
        struct chl_yaml_node item = chl_yaml_item(yaml, root, i, &key);
        (void)chl_yaml_read(yaml, item, table, also, &got, &error);
        (void)chl_yaml_text(yaml, item);
    }
    chl_yaml_free(yaml);
    return 0;
}
