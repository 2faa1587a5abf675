/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief An instance of the EU DCC plugin that trusts given issuers, for tests.
 */
#ifndef CHL_TESTS_HCERT_HELP_H
#define CHL_TESTS_HCERT_HELP_H

#include <chilang/plugin.h>

#include "tests/issuing/issuing.h"

#define HCERT_NOW_S INT64_C(1643700000) /* 2022-02-01T07:20:00Z */

/** Make an instance that trusts `count` issuers. NULL on failure. Free with destroy of the plugin.
 */
struct chl_instance *hcert_instance(const struct issuing *issuers, size_t count, int64_t skew_ms);

/** Inspect with memory of the test's own. */
void hcert_inspect(const struct chl_instance *instance, const uint8_t *bytes, size_t length,
                   int64_t now_s, struct chl_inspection *out);

#endif
