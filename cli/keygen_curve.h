/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The curve kind of `chilang keygen`.
 */
#ifndef CHL_CLI_KEYGEN_CURVE_H
#define CHL_CLI_KEYGEN_CURVE_H

/** argv[0] is the name for messages. @return exit code: 0, 1 failed, 2 usage. */
int cli_keygen_curve(int argc, char **argv);

#endif
