/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief What a status says of an emergency, a dispersal, and of gates that need somebody.
 */
#ifndef CHL_CLI_STATUS_ALARM_H
#define CHL_CLI_STATUS_ALARM_H

#include <jansson.h>
#include <stddef.h>
#include <stdio.h>

/** Print the emergency, who raised it, the counts kept then, dispersals, and gates with a
 *  condition, in the language of the environment. Nothing when all is quiet.
 *  @param red starts a colour, "" for none; `plain` ends it. Thread: main. */
void status_emergency(FILE *out, const json_t *status, const char *red, const char *plain,
                      size_t columns);

#endif
