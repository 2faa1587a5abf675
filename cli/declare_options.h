/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The command line of `chilang declare`.
 */
#ifndef CHL_CLI_DECLARE_OPTIONS_H
#define CHL_CLI_DECLARE_OPTIONS_H

#include "cli/declare.h"

/** Read it; on a wrong one print why and exit with CLI_USAGE. */
void declare_parse(int argc, char **argv, struct declare *out);

#endif
