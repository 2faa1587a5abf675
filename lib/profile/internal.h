/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief What the two halves of the profile reader share.
 */
#ifndef CHL_PROFILE_INTERNAL_H
#define CHL_PROFILE_INTERNAL_H

#include "lib/profile/profile.h"

/** Fill everything but the registers from the document's sections. */
chl_err profile_read_sections(struct chl_profile *profile, struct chl_yaml_error *error);
/** Read a whole number, decimal or 0x…; absent: `dflt`, or a refusal when `dflt` is negative. */
chl_err profile_number(const struct chl_yaml *yaml, struct chl_yaml_node mapping, const char *key,
                       int64_t dflt, int64_t max, int64_t *out, struct chl_yaml_error *error);

#endif
