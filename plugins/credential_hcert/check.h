/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The kinds of values that the DCC schema knows.
 */
#ifndef CHL_CREDENTIAL_HCERT_CHECK_H
#define CHL_CREDENTIAL_HCERT_CHECK_H

#include "plugins/credential_hcert/hcert.h"

/** A check of one present value. @return CHL_REFUSAL_NONE or a schema_… reason. */
typedef chl_refusal hcert_check_fn(const struct hcert *hcert, const struct chl_cbor_node *node);

hcert_check_fn hcert_is_text, hcert_is_text_80, hcert_is_person_name, hcert_is_ascii_name,
    hcert_is_dose, hcert_is_date, hcert_is_date_time, hcert_is_country, hcert_is_vaccine_holder,
    hcert_is_test_device, hcert_is_version;

/** A date of birth, also a partial or empty one. `latest_s`: nobody is born after it. */
chl_refusal hcert_check_birth(const struct hcert *hcert, const struct chl_cbor_node *node,
                              int64_t latest_s);

#endif
