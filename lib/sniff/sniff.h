/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Which format a code is in, by how it begins or by the shape of its fields.
 *
 *  Names a format whether or not anything here reads it. All functions are pure: any thread, never
 *  block, no memory but the caller's.
 *
 *  Sources: hcert-spec 1.0.8 §5; NZCP 1.0 §4.2; SMART Health Cards 1.4; ICAO VDS-NC 1.4;
 *  Thông tư 06/2021/TT-BCA (CCCD); QĐ 1405/QĐ-BTTTT of 2021 (PC-Covid).
 */
#ifndef CHL_SNIFF_SNIFF_H
#define CHL_SNIFF_SNIFF_H

#include <chilang/credential.h>

enum { CHL_FIELDS_MAX = 24 /**< no format has more; the others are counted */ };

/** One field of a code that is parted by `|`; lies in the code, no NUL. */
struct chl_field {
    const char *at;
    size_t length;
};

struct chl_fields {
    struct chl_field at[CHL_FIELDS_MAX];
    size_t count; /**< may be more than CHL_FIELDS_MAX */
};

/** Leave out what scanners put around a code: a UTF-8 byte order mark, white space and line ends
 *  before it, line ends behind it. (A space at the end may belong to a base45 code.) */
void chl_code_trim(const uint8_t **bytes, size_t *length);

/** The format; CHL_FORMAT_PLACE for the QR of a place, CHL_FORMAT_UNKNOWN when nothing fits.
 *  @param bytes may be NULL when `length` is 0. What chl_code_trim leaves out is passed over. */
chl_format chl_sniff(const uint8_t *bytes, size_t length);

/** The same for the three Vietnamese formats that have fields; `out` is filled in any case. */
chl_format chl_sniff_fields(const uint8_t *bytes, size_t length, struct chl_fields *out);

/** True when a field has this form: 0 stands for a digit, m for a digit or its mask `*`, A for a
 *  letter of ASCII, anything else for itself. */
bool chl_field_has_form(const struct chl_field *field, const char *form);
/** True for one or more bytes in hexadecimal digits of either case. */
bool chl_field_is_hex(const struct chl_field *field);

#endif
