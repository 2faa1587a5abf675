/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief What the parts of `chilang declare` share.
 */
#ifndef CHL_CLI_DECLARE_H
#define CHL_CLI_DECLARE_H

#include <stdio.h>

#include "lib/areas/areas.h"
#include "lib/declaration/declaration.h"
#include "lib/qr/symbol.h"

enum { DECLARE_WHY = 1024, CHL_AREA_TEXT = 160 };

/** What the command line asked for. */
struct declare {
    const char *key, *issuer_name;
    const char *json, *batch, *out, *group;
    const char *png, *svg, *card, *cards;
    bool text, any_field, any_level;
    unsigned scale;
    chl_qr_level level;
    int64_t life_s, life_max_s;
    int64_t issued_at, expires_at; /**< s since 1970 UTC; 0 = now, and issue + life */
    struct chl_declaration form;   /**< as far as the options filled it */
    struct chl_issuer *issuer;
};

/** Set a member by its name in JSON and CSV: a field of the form, one of the three questions on
 *  contact, `issued_at` or `expires_at`.
 *  @return CHL_OK; CHL_E_NOTFOUND no such name; CHL_E_INVAL; both with `why`. */
chl_err declare_set(struct chl_declaration *form, const char *name, const char *value,
                    char why[DECLARE_WHY]);
/** Set a field; an area by its code or, where that means one, its name. @return CHL_OK,
 * CHL_E_INVAL.
 */
chl_err declare_put(struct chl_declaration *form, const struct chl_declaration_field *field,
                    const char *value, char why[DECLARE_WHY]);
/** The code of an area that a text names. @return CHL_OK, CHL_E_INVAL, CHL_E_IO (no tables). */
chl_err declare_area(const struct chl_declaration_field *field, const char *text, char code[8],
                     char why[DECLARE_WHY]);
/** A question by its name, NULL when there is none. */
const struct chl_declaration_question *declare_question(const char *name);
/** The tables of areas, loaded when they are first asked for; NULL with `why`. */
const struct chl_areas *declare_areas(char why[DECLARE_WHY]);
/** Free them. */
void declare_areas_free(void);
/** Which of them a field is of. */
chl_areas_level declare_level(const struct chl_declaration_field *field);

/** Give issuer and times that are not stated yet, then sign. */
chl_err declare_sign(const struct declare *declare, struct chl_declaration *form,
                     char code[CHL_ISSUE_CODE_MAX], char why[DECLARE_WHY]);
/** Error correction of what is printed: Q unless the command line says another. */
chl_qr_level declare_paper_level(const struct declare *declare);
/** What people call a code of an area; the code itself when the tables have it not. */
void declare_area_name(chl_areas_level level, const char *code, char out[CHL_AREA_TEXT]);

/** Fill the form from a JSON object in a file, `-` = standard input. */
chl_err declare_read_json(const char *path, struct chl_declaration *form, char why[DECLARE_WHY]);
/** Ask a person at the terminal, in Vietnamese. @param now_s s since 1970 UTC; what must have
 *  happened is asked again when it is later. CHL_E_CLOSED: they went away. */
chl_err declare_ask(FILE *in, FILE *out, int64_t now_s, struct chl_declaration *form);
/** One declaration a row of a CSV file, or a family of rows. @return an exit code; messages are
 *  printed. */
int declare_batch(const struct declare *declare);
/** Join a row to the first of its family: a companion, with symptoms and contacts of all.
 *  @return CHL_OK or CHL_E_INVAL with `why`. */
chl_err declare_join(struct chl_declaration *head, const struct chl_declaration *row,
                     const struct chl_declaration *common, char why[DECLARE_WHY]);
/** Draw a card of a signed form into a .pdf, .png or .svg. */
chl_err declare_card(const struct declare *declare, const struct chl_declaration *form,
                     const char *code, const char *path, char why[DECLARE_WHY]);
/** `chilang declare revoke`; argv[0] is the name for messages. @return an exit code. */
int cli_declare_revoke(int argc, char **argv);

#endif
