/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief `chilang keygen issuer`.
 */
#ifndef CHL_CLI_KEYGEN_ISSUER_H
#define CHL_CLI_KEYGEN_ISSUER_H

int cli_keygen_issuer(int argc, char **argv);

#endif
