/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Device profiles of firmware-config/: which register means what, read by driver and
 * simulator.
 */
#ifndef CHL_PROFILE_PROFILE_H
#define CHL_PROFILE_PROFILE_H

#include <chilang/types.h>

#include "lib/yaml/yaml.h"

/** What a register is for. One table: identifier, name in profiles, required, explanation. */
#define CHL_REGISTERS(X)                                                                           \
    X(CHL_REG_ENTRY_GRANT, "entry-grant", true)                                                    \
    X(CHL_REG_EXIT_GRANT, "exit-grant", true)                                                      \
    X(CHL_REG_ENTRY_OBJECT, "entry-object", false)                                                 \
    X(CHL_REG_EXIT_OBJECT, "exit-object", false)                                                   \
    X(CHL_REG_ENTRY_COUNT, "entry-count", true)                                                    \
    X(CHL_REG_EXIT_COUNT, "exit-count", true)                                                      \
    X(CHL_REG_ERROR, "error", false)                                                               \
    X(CHL_REG_MODE, "mode", false)                                                                 \
    X(CHL_REG_ACCUMULATE, "accumulate", false)                                                     \
    X(CHL_REG_START_TIME, "start-time", false)                                                     \
    X(CHL_REG_FINISH_TIME, "finish-time", false)

typedef enum {
#define CHL_REG_ENUM(id, name, required) id,
    CHL_REGISTERS(CHL_REG_ENUM)
#undef CHL_REG_ENUM
        CHL_REG_ROLE_COUNT
} chl_register_role;

struct chl_register {
    bool present, writable, persistent, needs_reboot;
    uint16_t address; /**< 0-based PDU address, holding register */
    uint8_t words;    /**< 1 or 2 */
    bool low_word_first;
    uint32_t dflt, min, max; /**< value after a factory reset, and the writable range */
    const char *unit;        /**< "", "s", "100 ms" */
};

struct chl_profile {
    struct chl_yaml *document;               /**< owns all strings */
    const char *id, *name, *vendor, *source; /**< source: the document the facts come from */
    struct chl_register registers[CHL_REG_ROLE_COUNT];
    uint16_t read_block_start,
        read_block_count; /**< one FC03 that reads all a poll needs, atomically */
    uint16_t grant_free, grant_cancel, grant_max; /**< values of the grant registers */
    uint16_t mode_normal, mode_blocked, mode_emergency;
    int64_t gap_ms;             /**< least time between two requests */
    int64_t response_ms;        /**< longest time until an answer */
    int64_t released_poll_ms;   /**< polling while a grant is open */
    uint16_t units_max;         /**< units on one bus */
    bool watchdog;              /**< false: `watchdog: none` */
    const char *exit_direction; /**< "exit": the register pair that leads out */
    uint32_t functions;         /**< Modbus function codes the device answers, bit n = code n */
    const char *serial;         /**< line settings of its serial port, text; NULL = not stated */
};

/** Load and check a profile; mistakes are refused with file:line:column in `error->text`.
 *  @param path file. @param out the caller's, freed with chl_profile_free.
 *  @return CHL_OK, CHL_E_CONFIG, CHL_E_NOMEM. Thread: any. Blocks: reads a file. */
chl_err chl_profile_load(const char *path, struct chl_profile **out, struct chl_yaml_error *error);
/** The same from memory; `name` stands for the file in messages. */
chl_err chl_profile_parse(const char *name, const char *text, size_t length,
                          struct chl_profile **out, struct chl_yaml_error *error);
void chl_profile_free(struct chl_profile *profile);
/** Path of a profile given as a name (`lot-turnstile`) or a path. A name has no '/' and is looked
 * up in `<data_dir>/firmware-config/<name>.yaml`. @return false when it does not fit. */
bool chl_profile_path(const char *data_dir, const char *name, char *out, size_t size);
/** Name of a role as profiles write it, static. */
const char *chl_register_role_name(chl_register_role role);

#endif
