/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief What the parts of `chilang verify` share.
 */
#ifndef CHL_CLI_VERIFY_H
#define CHL_CLI_VERIFY_H

#include <chilang/credential.h>

#include "lib/declaration/declaration.h"
#include "lib/pluginhost/credentials.h"

enum {
    VERIFY_PATHS_MAX = 256,
    VERIFY_PLUGINS_MAX = 16,
    VERIFY_JSON_MAX = 65536,
    VERIFY_MISSING_BITS = 8,
    VERIFY_SYMPTOM_BITS = 16,
    VERIFY_VALUE_MAX = 2048 /* a field of a form as text */
};

/** The credential plugins, loaded and given the trust that the command line names. */
struct verify_plugins;

/** Load every credential plugin. On failure the reason is printed and nothing remains. */
chl_err verify_plugins_open(const char *const *trust, size_t count, struct verify_plugins **out);
void verify_plugins_close(struct verify_plugins *plugins);
/** Inspect one code; fills `out` in every case. */
void verify_plugins_inspect(struct verify_plugins *plugins, const uint8_t *bytes, size_t length,
                            int64_t now_ns, struct chl_inspection *out);

/** The whole form of a declaration that was found valid; claims hold what checkpoints ask of every
 *  format. @return false: it is none. */
bool verify_plugins_form(struct verify_plugins *plugins, const uint8_t *bytes, size_t length,
                         struct chl_declaration *out);

/** Names of the format and of the stage. */
const char *verify_format(const struct chl_inspection *inspection);
const char *verify_stage(const struct chl_inspection *inspection);
/** What bit `bit` of `missing` stands for, "" for none. */
const char *verify_missing(unsigned bit);
/** What bit `bit` of `symptoms` stands for, "" for none. */
const char *verify_symptom(unsigned bit);
/** Names of a test's kind and result, "" when not stated. */
const char *verify_test_kind(unsigned kind);
const char *verify_test_result(unsigned result);
/** The verdict's name: valid, invalid, claim, unknown, unreadable. */
const char *verify_verdict(const struct chl_inspection *inspection);
/** Print one inspection. @param form a valid declaration's own, NULL = none. @param source names
 * the picture it came from, NULL = none. */
void verify_print_json(const struct chl_inspection *inspection, const struct chl_declaration *form,
                       const char *source);
void verify_print_text(const struct chl_inspection *inspection, const struct chl_declaration *form,
                       const char *source);

#endif
