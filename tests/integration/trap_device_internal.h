/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief What the two halves of the test's device share.
 */
#ifndef TRAP_DEVICE_INTERNAL_H
#define TRAP_DEVICE_INTERNAL_H

#include "trap_device.h"

/** The device's thread. */
void *device_run(void *argument);
/** Close all ends; with the mutex held. */
void device_cut(struct trap_device *device);

#endif
