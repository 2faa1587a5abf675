/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief When two written names, or two written birth dates, are the same.
 *
 *  One name reaches a checkpoint composed or decomposed, in capitals, without its accents, with the
 *  tone mark where either school puts it. All functions are pure: any thread, never block, and no
 *  memory is taken from the heap.
 *
 *  Sources: Unicode 15 UAX #15 (normalisation) and UAX #44 (properties); ICAO Doc 9303-3 §4.6 and
 * §6 (hyphens, apostrophes, letters beyond ASCII).
 */
#ifndef CHL_NAMES_NAMES_H
#define CHL_NAMES_NAMES_H

#include <chilang/types.h>

enum {
    CHL_NAME_MAX = 191,       /**< bytes of the longest name that is looked at, as in chl_claims */
    CHL_NAME_NFC_SIZE = 640,  /**< room that is enough for the NFC of any such name, with its NUL */
    CHL_NAME_KEY_SIZE = 1024, /**< room that is enough for the key of any such name, with its NUL */
    CHL_BIRTH_SIZE = 12
};

/** The name in Unicode's normal form C, otherwise as it is.
 *  @param in UTF-8, at most CHL_NAME_MAX bytes.
 *  @param out the caller's; empty on failure. May be `in`.
 *  @return CHL_OK; CHL_E_LIMIT: `in` is longer, or `out` too small; CHL_E_CORRUPT: not UTF-8;
 *  CHL_E_INVAL: more marks on one letter than any script has.
 *  Thread: any. Blocks: never. */
chl_err chl_name_nfc(const char *in, char *out, size_t size);

/** What a name is compared by, accents kept: two names are the same when their keys are the same
 *  bytes. Composed or not, capitals, spaces, hyphens (as spaces), apostrophes (as nothing) and the
 *  place of the tone mark within its vowels (Hoà = Hòa, Thuỷ = Thủy) make no difference.
 *  @param name UTF-8, at most CHL_NAME_MAX bytes.
 *  @param out the caller's; empty on failure. Lower-case NFC text, words parted by one space.
 *  @return CHL_OK; CHL_E_NOTFOUND: nothing in it but spaces and marks; errors of chl_name_nfc,
 *  CHL_E_INVAL also for more tone marks on neighbouring vowels than any syllable has.
 *  Thread: any. Blocks: never. */
chl_err chl_name_key(const char *name, char *out, size_t size);

/** The same without accents, in ASCII: NGUYEN VAN A meets Nguyễn Văn A. Weaker than chl_name_key:
 *  Hòa, Hoà, Hoá and Hoa are one.
 *  @return as chl_name_key; CHL_E_NOTSUP: it has letters that ASCII cannot stand for (Chinese,
 *  Russian), so that it may not be compared this way.
 *  Thread: any. Blocks: never. */
chl_err chl_name_key_plain(const char *name, char *out, size_t size);

/** True when both have a key and it is the same. An empty name is nobody's. Thread: any. */
bool chl_name_equal(const char *a, const char *b);

/** True when a letter carries a mark, or is đ. False when it is too long; what is not UTF-8
 *  ends it. Thread: any. */
bool chl_name_has_accents(const char *name);

/** A birth date as the claims have it: YYYY, YYYY-MM or YYYY-MM-DD.
 *  @param text d/m/yyyy (also with - or .), DDMMYYYY, m/yyyy, MMYYYY, YYYY, YYYY-MM or YYYY-MM-DD;
 *  spaces around it are passed over. A day or month masked with `*` leaves the year alone.
 *  @param out empty on failure.
 *  @return CHL_OK; CHL_E_NOTFOUND: empty, or the year is masked; CHL_E_INVAL: another form, or no
 *  such day.
 *  Thread: any. Blocks: never. */
chl_err chl_birth_normalise(const char *text, char out[CHL_BIRTH_SIZE]);

#endif
