/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief A card with what it is drawn from.
 */
#ifndef CHL_CLI_DECLARE_CARD_H
#define CHL_CLI_DECLARE_CARD_H

#include "cli/declare.h"
#include "lib/card/card.h"

/** `card` points into the rest: not to be moved. */
struct declare_card {
    struct chl_qr_symbol symbol;
    char from[CHL_AREA_TEXT], to[CHL_AREA_TEXT];
    struct chl_card card;
};

/** Draw the code and name the places. @return CHL_OK, or an error of chl_qr_encode with `why`. */
chl_err declare_card_prepare(const struct declare *declare, const struct chl_declaration *form,
                             const char *code, struct declare_card *out, char why[DECLARE_WHY]);

#endif
