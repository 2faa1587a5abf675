/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Entry by hand as `chilang enter` and the lane's screen share it: asking, and the request.
 */
#ifndef CHL_CLI_ENTRY_H
#define CHL_CLI_ENTRY_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#include "lib/control/control.h"

/** What is asked and what was answered. */
struct entry {
    bool english;
    const json_t
        *desk;    /**< `desk` of docs/control.md, NULL or null: nobody was scanned; borrowed */
    bool scanned; /**< it is the person on the desk */
    json_t *form; /**< answers by the names of the declaration's fields; the caller's */
};

/** A text of an object of a peer's, "" when there is none. Borrowed. */
const char *entry_text(const json_t *object, const char *key);
/** True when the desk names somebody. */
bool entry_has_desk(const struct entry *entry);
/** Print who is on the desk, one or two lines, without what a terminal would obey. */
void entry_print_desk(FILE *out, const struct entry *entry);
/** Ask at the terminal for what neither the desk nor the form says; whether it is the person on the
 *  desk is asked first. @return CHL_OK, or CHL_E_CLOSED: they went away. */
chl_err entry_ask(FILE *in, FILE *out, struct entry *entry);
/** Make the request, without lane, who and why.
 *  @param why what was wrong. @return CHL_OK, CHL_E_LIMIT. */
chl_err entry_request(const struct entry *entry, struct control_request *out, char *why,
                      size_t why_size);

#endif
