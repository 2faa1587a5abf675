/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Whole reasons under a status table: what a column of 80 cuts off is what helps.
 */
#ifndef CHL_CLI_STATUS_WHY_H
#define CHL_CLI_STATUS_WHY_H

#include <jansson.h>
#include <stddef.h>
#include <stdio.h>

/** Print a stranger's text behind `first`, broken between words, at most `columns` wide, the lines
 *  after the first set in by two. Nothing for an empty text. Thread: main. */
void status_why(FILE *out, const char *first, const char *text, size_t columns);
/** Of each plugin that failed, its name and all it says. */
void status_failed(FILE *out, const json_t *plugins, size_t columns);
/** How many persons the register holds; NULL and null print nothing. */
void status_register(FILE *out, const json_t *persons);
/** That a new register was refused, and why. @param red starts a colour, "" for none. */
void status_register_duty(FILE *out, const json_t *persons, const char *red, const char *plain,
                          size_t columns);

#endif
