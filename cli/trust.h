/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The parts of `chilang trust`.
 */
#ifndef CHL_CLI_TRUST_H
#define CHL_CLI_TRUST_H

#include "lib/cose/trust.h"

int cli_trust_list(int argc, char **argv);
/** `add` keeps what is there, `import` puts a new list in its place. */
int cli_trust_add(int argc, char **argv);
int cli_trust_import(int argc, char **argv);

/** Print the keys as a table of 80 columns, or as JSON. */
void trust_print(const struct chl_trust *trust, bool json);

#endif
