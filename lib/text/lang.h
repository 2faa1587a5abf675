/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Which language the staff's commands speak.
 */
#ifndef CHL_TEXT_LANG_H
#define CHL_TEXT_LANG_H

#include <stdbool.h>

/** Language of the environment: English where LC_ALL, LC_MESSAGES or LANG says so, else Vietnamese,
 *  which is what those who stand at a lane speak. */
bool lang_is_english(void);
/** Read `vi` or `en`. @return false: neither. */
bool lang_parse(const char *text, bool *english);

#endif
