/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief What a person at a terminal is told of an answer that does not fit, in Vietnamese.
 */
#ifndef CHL_CLI_ASK_WORDS_H
#define CHL_CLI_ASK_WORDS_H

#include <stdio.h>

#include "lib/declaration/declaration.h"

/** What the field expects, in the words of the form; its hint stands above it. Thread: main. */
void ask_explain(FILE *out, const struct chl_declaration_field *field);

#endif
