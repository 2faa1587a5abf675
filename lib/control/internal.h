/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief What the files of lib/control share.
 */
#ifndef CHL_CONTROL_INTERNAL_H
#define CHL_CONTROL_INTERNAL_H

#include "lib/control/control.h"

/** Fill a refusal. @return CHL_E_INVAL. */
chl_err control_refuse(struct control_refusal *why, const char *error, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
bool control_has_control_character(const char *text);

#endif
