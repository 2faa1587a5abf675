/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Checked writing of one field, the same for codes that are read and for forms that are
 *  filled.
 */
#ifndef CHL_DECLARATION_PUT_H
#define CHL_DECLARATION_PUT_H

#include "lib/declaration/declaration.h"

/** Put a number or text into its member. @return CHL_REFUSAL_NONE or a schema_… reason; the member
 *  is untouched then. */
chl_refusal put_number(struct chl_declaration *declaration,
                       const struct chl_declaration_field *field, int64_t value);
chl_refusal put_text(struct chl_declaration *declaration, const struct chl_declaration_field *field,
                     const char *text, size_t length);
/** Member of a field. */
const void *field_at(const struct chl_declaration *declaration,
                     const struct chl_declaration_field *field);
/** True when the field says more than its absence would. */
bool field_is_stated(const struct chl_declaration *declaration,
                     const struct chl_declaration_field *field);
size_t field_choices(const struct chl_declaration_field *field);

#endif
