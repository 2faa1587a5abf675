/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Numbers of identity documents as people write them, brought to one form.
 *
 *  Sources: Thông tư 06/2021/TT-BCA (12 digits), the old CMND (9 digits), QĐ 1666/QĐ-BHXH (two
 *  letters and 13 digits, or the 10 digits of the social insurance code), ICAO 9303 (passports).
 */
#ifndef CHL_DOCUMENT_DOCUMENT_H
#define CHL_DOCUMENT_DOCUMENT_H

#include <chilang/credential.h>

enum { CHL_DOCUMENT_NUMBER_MIN = 6 /**< characters; shorter ones tell too few people apart */ };

/** Bring a number to capitals and digits: blanks, - . / _ go, small letters become capitals.
 *  @param out kind by its shape: 12 digits CCCD, 9 CMND, 10 digits or two letters and 13 digits
 *  BHYT, a letter or two and 6 to 8 digits passport, else other.
 *  @return false, `out` zeroed: masked, of other characters, too short or too long.
 *  Thread: any. Blocks: never. */
bool chl_document_read(const char *text, struct chl_document *out);
/** Add a number to a person's, once. @return false when it is none, or there is no room.
 *  Thread: any. Blocks: never. */
bool chl_document_add(struct chl_claims *claims, const struct chl_document *document);

#endif
