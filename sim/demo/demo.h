/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The festival: every real part on one machine, watched, and judged at the end.
 */
#ifndef SIM_DEMO_DEMO_H
#define SIM_DEMO_DEMO_H

/** `chilang-sim demo …`. @return the process's exit code: 0 when every invariant held. */
int demo_main(int argc, char **argv);

#endif
