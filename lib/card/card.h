/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief A declaration on paper: an A6 card with the name in print and its code, as PNG, SVG or
 * PDF.
 *
 *  On it stands what helps to hand it to the right person and to find the right coach: names, years
 *  of birth, plate, seat, from and to, until when it is valid, the code's identifier. Health
 * answers, telephone and document numbers are in the code alone: a card lies about. Sources: ISO
 * 216 (A6, A4), ISO/IEC 18004 (quiet zone of four modules).
 */
#ifndef CHL_CARD_CARD_H
#define CHL_CARD_CARD_H

#include "lib/declaration/declaration.h"
#include "lib/qr/symbol.h"

enum {
    CHL_CARD_WIDTH_MM = 105,
    CHL_CARD_HEIGHT_MM = 148,
    CHL_CARD_DPI = 300,          /**< of the PNG; a module is a whole number of its pixels */
    CHL_CARD_MODULE_MIN_UM = 500 /**< smallest module that is printed; cheap scanners read 330 */
};

/** One card. Everything is borrowed. */
struct chl_card {
    const struct chl_declaration *form; /**< issued: its id and times are set */
    const struct chl_qr_symbol *symbol; /**< of its code */
    const char *from, *to;              /**< as people call them; "" = not stated */
};

/** Kinds of file. */
typedef enum { CHL_CARD_PNG = 1, CHL_CARD_SVG, CHL_CARD_PDF } chl_card_file;

/** Side of a module when the symbol is as large as the card allows, in micrometres. Thread: any. */
unsigned chl_card_module_um(const struct chl_qr_symbol *symbol);

/** One card into a new file, all at once.
 *  @param why capacity `why_size`.
 *  @return CHL_OK; CHL_E_LIMIT: the symbol's modules would be too small; CHL_E_NOTSUP: no font here
 *  has the letters; CHL_E_NOMEM; CHL_E_IO. Thread: one at a time. Blocks: disk. */
chl_err chl_card_write(const struct chl_card *card, chl_card_file file, const char *path, char *why,
                       size_t why_size);

/** A PDF of A4 sheets with four cards each and lines to cut along. */
struct chl_card_sheets;

/** Begin it; nothing is on disk before chl_card_sheets_end. The caller ends or drops it.
 *  @return CHL_OK or CHL_E_NOMEM. */
chl_err chl_card_sheets_new(struct chl_card_sheets **out);
/** Add a card. @return as chl_card_write, but for CHL_E_IO; the sheets stay usable. */
chl_err chl_card_sheets_add(struct chl_card_sheets *sheets, const struct chl_card *card, char *why,
                            size_t why_size);
/** Write the file, if any card was added. @return CHL_OK, CHL_E_STATE (no card), CHL_E_NOMEM,
 *  CHL_E_IO (errno). Frees the sheets. Blocks: disk. */
chl_err chl_card_sheets_end(struct chl_card_sheets *sheets, const char *path);
/** Free without writing; NULL is allowed. */
void chl_card_sheets_drop(struct chl_card_sheets *sheets);

#endif
