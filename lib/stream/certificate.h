/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief CURVE key files in the ZPL certificate form that ZeroMQ's tools share.
 *
 *  Source: RFC 4/ZPL (ZeroMQ property language), 32/Z85 (text of keys).
 */
#ifndef CHL_STREAM_CERTIFICATE_H
#define CHL_STREAM_CERTIFICATE_H

#include "lib/stream/request.h"

enum { CHL_CURVE_TEXT_SIZE = 41 /**< 40 characters of Z85 and a NUL */ };

/** A key file. The secret is empty in a public one. */
struct chl_certificate {
    char name[CHL_STREAM_NAME_SIZE];
    uint16_t classes;    /**< what its owner may read; all when not stated */
    int64_t valid_until; /**< ns since 1970 UTC; INT64_MAX when not stated */
    char public_key[CHL_CURVE_TEXT_SIZE];
    char secret_key[CHL_CURVE_TEXT_SIZE];
};

/** Read a key file.
 *  @param need_secret the file must hold a secret key and be readable by its owner only.
 *  @param why expected, came, what to do; names the file, never a key.
 *  Errors: CHL_E_NOTFOUND, CHL_E_IO, CHL_E_DENIED (permissions), CHL_E_CORRUPT.
 *  Thread: any. Blocks: short disk read. */
chl_err chl_certificate_read(const char *path, bool need_secret, struct chl_certificate *out,
                             char *why, size_t why_size);

/** Write a new key file: mode 0600 with the secret, or 0644 without. Never replaces a file.
 *  Errors: CHL_E_STATE (exists), CHL_E_IO. Thread: any. Blocks: disk. */
chl_err chl_certificate_write(const char *path, bool with_secret,
                              const struct chl_certificate *certificate, char *why,
                              size_t why_size);

/** Overwrite secrets in memory. */
void chl_certificate_wipe(struct chl_certificate *certificate);

/** Classes from a comma-separated list. @return 0 when one is unknown or the list is empty. */
uint16_t chl_certificate_classes(const char *text);

/** True for 1 to 63 letters, digits, dots, dashes or underscores: what may name a principal. */
bool chl_certificate_name_ok(const char *name);

#endif
