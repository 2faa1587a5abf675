/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief `chilang-sim rehearse`.
 */
#ifndef SIM_REHEARSE_REHEARSE_H
#define SIM_REHEARSE_REHEARSE_H

/** `argv[0]` is the subcommand. @return 0; 1 when something failed; 2 for a wrong call or file. */
int rehearse_main(int argc, char **argv);

#endif
