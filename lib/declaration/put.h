/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Checked writing of one field, the same for codes that are read and for forms that are
 *  filled.
 */
#ifndef CHL_DECLARATION_PUT_H
#define CHL_DECLARATION_PUT_H

#include "lib/declaration/declaration.h"

/** A companion's year of birth and citizen's number go as integers, as the declarer's do. */
enum { COMPANION_BIRTH_DIGITS = 4, COMPANION_DOCUMENT_DIGITS = 12 };

/** Put a number or text into its member. @return CHL_REFUSAL_NONE or a schema_… reason; the member
 *  is untouched then. */
chl_refusal put_number(struct chl_declaration *declaration,
                       const struct chl_declaration_field *field, int64_t value);
chl_refusal put_text(struct chl_declaration *declaration, const struct chl_declaration_field *field,
                     const char *text, size_t length);
/** Add one person; `birth` and `document` may be empty only for the document. */
chl_refusal put_companion(struct chl_declaration *declaration, struct chl_bytes name,
                          struct chl_bytes birth, struct chl_bytes document);
/** YYYY, YYYY-MM or YYYY-MM-DD of the calendar, from 1900 to 2100. */
bool is_birth(const char *text, size_t length);
/** Printable: no control characters, none that turn the direction of writing. */
bool is_printable(const char *text, size_t length);
/** Text of people as a name or note is kept: Unicode's composed form. False: too long, not UTF-8.
 */
bool compose(const char *text, size_t length, char *out, size_t size);
/** A country's code of two capital letters, ISO 3166-1 alpha-2. */
bool is_country(const char *text);
/** A country other than Viet Nam; what is no country's code says nothing. */
bool is_foreign(const char *nationality);
/** Member of a field. */
const void *field_at(const struct chl_declaration *declaration,
                     const struct chl_declaration_field *field);
/** True when the field says more than its absence would. */
bool field_is_stated(const struct chl_declaration *declaration,
                     const struct chl_declaration_field *field);
size_t field_choices(const struct chl_declaration_field *field);

#endif
