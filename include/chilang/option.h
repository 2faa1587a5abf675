/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Option tables: what a plugin can be told, checked by the host before the plugin runs.
 */
#ifndef CHL_OPTION_H
#define CHL_OPTION_H

#include <chilang/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Type of an option and of the field at `offset` in the plugin's config struct. */
typedef enum {
    CHL_OPT_STR = 1,  /**< `const char *` */
    CHL_OPT_INT = 2,  /**< `int64_t`, min and max inclusive */
    CHL_OPT_BOOL = 3, /**< `bool`; YAML true or false */
    CHL_OPT_DURATION_MS =
        4, /**< `int64_t` milliseconds; written `250 ms`, `7 s`, `5 min`, `2 h`, `28 d` */
    CHL_OPT_ENUM = 5, /**< `int`: index into `choices` */
    CHL_OPT_PATH = 6, /**< `const char *`, made absolute against the configuration file's folder */
    CHL_OPT_LIST = 7  /**< `struct chl_list` of strings */
} chl_opt_type;

/** A list of strings, borrowed from the host for the life of the instance. */
struct chl_list {
    size_t count;
    const char *const *items;
};

/** One option. A table of these ends with `name == NULL`. All pointers are static. */
struct chl_opt {
    const char *name;
    chl_opt_type type;
    bool required;
    const char *dflt; /**< default as it would be written in YAML; NULL = zero / NULL / empty */
    int64_t min, max; /**< INT and DURATION_MS: inclusive bounds; STR and PATH: max length if not 0;
                         LIST: max count if not 0 */
    const char *const *choices; /**< ENUM: NULL-terminated */
    size_t offset;              /**< of the field in the config struct */
    const char *help_vi, *help_en;
};

#ifdef __cplusplus
}
#endif
#endif
