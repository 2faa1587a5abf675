/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief What the parts of credential_vietnam share: readers of the three formats, and what puts
 *  a field into the claims.
 *
 *  Everything is pure, bounded by the claims' own fields, and takes nothing from the heap.
 */
#ifndef CHL_CREDENTIAL_VIETNAM_H
#define CHL_CREDENTIAL_VIETNAM_H

#include <chilang/credential.h>

#include "lib/cose/refusals.h"
#include "lib/sniff/sniff.h"

/** Formats to read, a bit each: 1 << CHL_FORMAT_…. */
typedef uint32_t vietnam_formats;
#define VIETNAM_ALL                                                                                \
    ((vietnam_formats)(1U << CHL_FORMAT_CCCD | 1U << CHL_FORMAT_BHYT | 1U << CHL_FORMAT_PCCOVID))

/** Read a code; `out` is zeroed by the caller, its sizes set. CHL_NOT_MINE for formats that are not
 *  asked for. Thread: any. Blocks: never. */
void vietnam_inspect(vietnam_formats formats, const uint8_t *bytes, size_t length,
                     struct chl_inspection *out);

/* One reader a format. `fields` have its shape (chl_sniff_fields). */
chl_refusal vietnam_read_cccd(const struct chl_fields *fields, struct chl_claims *claims);
chl_refusal vietnam_read_bhyt(const struct chl_fields *fields, struct chl_claims *claims);
chl_refusal vietnam_read_pccovid(const struct chl_fields *fields, struct chl_claims *claims);

/* ---- text.c: text of a field ---- */

enum { VIETNAM_TEXT_MAX = 192 };

/** Without the white space around it. */
struct chl_field vietnam_trim(struct chl_field field);
bool vietnam_is_masked(const struct chl_field *field);
/** Control characters steer a screen, and a NUL hides what follows it. */
bool vietnam_has_controls(const struct chl_field *field);
/** True when only letters of the Latin script are in it, with what stands between names. A scanner
 *  or reader that guessed the wrong character set shows itself here. `field` is UTF-8. */
bool vietnam_is_latin(const struct chl_field *field);
/** Bytes of a field in hexadecimal digits, in `out` of `size`; `-` and nothing are no text.
 *  @return CHL_REFUSAL_text_mangled for other digits: the cards have none. */
chl_refusal vietnam_unhex(struct chl_field field, char *out, size_t size, struct chl_field *text);

/* ---- put.c: a field into the claims ---- */

/** The name, in NFC. */
chl_refusal vietnam_put_name(struct chl_claims *claims, struct chl_field field);
/** The residence, in NFC; a longer one is cut. */
chl_refusal vietnam_put_address(struct chl_claims *claims, struct chl_field field);
/** The birth date; masked day and month leave the year and are noted as missing. */
chl_refusal vietnam_put_birth(struct chl_claims *claims, struct chl_field field);
/** A birth that is still to come says nothing, and is asked. It refuses nobody: it may be our clock
 *  that is wrong. */
void vietnam_drop_birth_ahead(struct chl_claims *claims, int64_t now_ns);
/** Nam, Nữ in any form, also without its accents; 1, 2. Anything else states nothing. */
void vietnam_put_sex(struct chl_claims *claims, struct chl_field field);
/** One more number of this person, if it has the length of its kind; the first is `document`. */
bool vietnam_put_document(struct chl_claims *claims, chl_document_kind kind,
                          struct chl_field field);
/** Number of a citizen: 12 digits or 9. */
bool vietnam_put_citizen(struct chl_claims *claims, struct chl_field field);
/** Number of an insurance card, and the ten digits that old and new cards have in common. */
bool vietnam_put_insurance(struct chl_claims *claims, struct chl_field field);
void vietnam_put_phone(struct chl_claims *claims, struct chl_field field);
/** Midnight in Vietnam of a whole date, 0 for anything else. */
int64_t vietnam_day(struct chl_field field);
/** What these formats never say, and what this code did not; `accents_kept`: something else in it
 *  proves that the scanner lets accents through. */
void vietnam_note_missing(struct chl_claims *claims, bool accents_kept);
/** `format:number`, the same whichever scanner read it. */
void vietnam_put_id(struct chl_claims *claims, const char *format, const char *number);

#endif
