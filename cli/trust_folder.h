/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Certificates and keys put into a trust folder, a file each.
 */
#ifndef CHL_CLI_TRUST_FOLDER_H
#define CHL_CLI_TRUST_FOLDER_H

#include "lib/cose/trust.h"

/** Write every key of `trust` as `<key id>.pem` (`.pub.pem` for bare keys); those that are there
 *  already are left alone. Says on stdout what was done. @return CHL_OK, CHL_E_IO with `why`. */
chl_err trust_write_folder(const struct chl_trust *trust, const char *folder, char *why,
                           size_t why_size);

#endif
