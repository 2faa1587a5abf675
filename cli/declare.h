/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief What the parts of `chilang declare` share.
 */
#ifndef CHL_CLI_DECLARE_H
#define CHL_CLI_DECLARE_H

#include <stdio.h>

#include "lib/declaration/declaration.h"
#include "lib/qr/symbol.h"

enum { DECLARE_WHY = 512 };

/** What the command line asked for. */
struct declare {
    const char *key, *issuer_name;
    const char *json, *batch, *out;
    const char *png, *svg;
    bool text, any_field;
    unsigned scale;
    chl_qr_level level;
    int64_t life_s;
    int64_t issued_at, expires_at; /**< s since 1970 UTC; 0 = now, and issue + life */
    struct chl_declaration form;   /**< as far as the options filled it */
    struct chl_issuer *issuer;
};

/** Set a member by its name in JSON and CSV: a field of the form, `issued_at` or `expires_at`.
 *  @return CHL_OK; CHL_E_NOTFOUND no such name; CHL_E_INVAL; both with `why`. */
chl_err declare_set(struct chl_declaration *form, const char *name, const char *value,
                    char why[DECLARE_WHY]);
/** Give issuer and times that are not stated yet, then sign. */
chl_err declare_sign(const struct declare *declare, struct chl_declaration *form,
                     char code[CHL_ISSUE_CODE_MAX], char why[DECLARE_WHY]);

/** Fill the form from a JSON object in a file, `-` = standard input. */
chl_err declare_read_json(const char *path, struct chl_declaration *form, char why[DECLARE_WHY]);
/** Ask a person at the terminal, in Vietnamese. CHL_E_CLOSED: they went away. */
chl_err declare_ask(FILE *in, FILE *out, struct chl_declaration *form);
/** One declaration a row of a CSV file. @return an exit code; messages are printed. */
int declare_batch(const struct declare *declare);
/** `chilang declare revoke`; argv[0] is the name for messages. @return an exit code. */
int cli_declare_revoke(int argc, char **argv);

#endif
