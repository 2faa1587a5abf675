/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief One file of the public DCC test data, read.
 */
#ifndef CHL_TESTS_DGC_CASE_H
#define CHL_TESTS_DGC_CASE_H

#include <jansson.h>

#include "lib/cose/bytes.h"

enum { DGC_DER_MAX = 16 * 1024, DGC_PICTURE_MAX = 512 * 1024 };

struct dgc_case {
    char path[512];
    json_t *root;           /* owns what the rest borrows */
    const char *code;       /* PREFIX; "" when null */
    const json_t *expected; /* EXPECTEDRESULTS */
    const json_t *dcc;      /* JSON, NULL when null */
    int64_t clock_ns;       /* VALIDATIONCLOCK */
    uint8_t certificate[DGC_DER_MAX];
    size_t certificate_length;
    uint8_t picture[DGC_PICTURE_MAX];
    size_t picture_length; /* 0 = no picture */
};

/** Read a file. @return false when it is not such a case. Free with dgc_case_free(). */
bool dgc_case_read(const char *path, struct dgc_case *out);
void dgc_case_free(struct dgc_case *item);
/** A hexadecimal member as bytes. @return its length, 0 = absent, null or not hexadecimal. */
size_t dgc_case_hex(const struct dgc_case *item, const char *key, uint8_t *out, size_t size);
/** Call for every file below a folder whose name has this end, in order. @return how many. */
size_t dgc_case_each(const char *folder, const char *end, void (*visit)(const char *path));

#endif
