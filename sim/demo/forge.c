/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief A forger who takes a genuine declaration and changes what it says: the signature stays
 * another's.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/cose/base45.h"
#include "lib/cose/zip.h"
#include "lib/qr/symbol.h"
#include "sim/demo/festival.h"

enum { SCALE = 3 };

/* How names begin, as people.c writes them, and the name that the forger puts there. */
static const char genuine[] = "Khách";
static const char wanted[] = "Khánh";

struct forger {
    uint64_t memory[CHL_SCRATCH_MIN / sizeof(uint64_t)];
    uint8_t packed[CHL_CODE_MAX];
    uint8_t changed[CHL_CODE_MAX];
    char code[CHL_CODE_MAX];
    struct chl_qr_symbol symbol;
};

/** Unpack, change, pack again. */
static chl_err change(struct forger *forger, const char *code, size_t length)
{
    static const size_t prefix = sizeof "LS1:" - 1;
    struct chl_scratch scratch = {
        .size = sizeof scratch, .base = forger->memory, .capacity = sizeof forger->memory};
    struct chl_bytes message = {NULL, 0};
    size_t packed = sizeof forger->packed;
    size_t written = 0;
    if (length <= prefix || CHL_BASE45_DECODED_MAX(length) > sizeof forger->packed) {
        return CHL_E_LIMIT;
    }
    chl_err rc = chl_base45_decode(code + prefix, length - prefix, forger->packed, &packed);
    if (rc == CHL_OK) {
        struct chl_bytes in = {forger->packed, packed};
        rc = chl_inflate(&scratch, in, &message);
    }
    if (rc == CHL_OK && message.length <= sizeof forger->changed) {
        memcpy(forger->changed, message.data, message.length);
        char *at = memmem(forger->changed, message.length, genuine, sizeof genuine - 1);
        rc = at != NULL ? CHL_OK : CHL_E_NOTFOUND;
        if (at != NULL) {
            memcpy(at, wanted, sizeof wanted - 1);
        }
    }
    if (rc == CHL_OK) {
        struct chl_bytes in = {forger->changed, message.length};
        rc = chl_deflate(in, forger->packed, sizeof forger->packed, &packed);
    }
    memcpy(forger->code, code, prefix);
    return rc == CHL_OK ? chl_base45_encode(forger->packed, packed, forger->code + prefix,
                                            sizeof forger->code - prefix, &written)
                        : rc;
}

/** The codes stand in `codes`, one a line, in the order of the `file` column of `csv`. */
static chl_err forge_all(struct festival *festival, struct forger *forger, FILE *codes, FILE *csv)
{
    char row[1024];
    char path[FESTIVAL_PATH + 64];
    char code[CHL_CODE_MAX + 2];
    chl_err rc = fgets(row, sizeof row, csv) != NULL ? CHL_OK : CHL_E_IO; /* its header */
    while (rc == CHL_OK && fgets(row, sizeof row, csv) != NULL) {
        do { /* the tool's own words stand among them */
            if (fgets(code, sizeof code, codes) == NULL) {
                return CHL_E_NOTFOUND;
            }
        } while (strncmp(code, "LS1:", 4) != 0);
        rc = change(forger, code, strcspn(code, "\r\n"));
        if (rc == CHL_OK) {
            rc = chl_qr_encode(forger->code, strlen(forger->code), CHL_QR_M, &forger->symbol);
        }
        if (rc == CHL_OK) {
            snprintf(path, sizeof path, "%s/%.*s", festival->paths.codes, (int)strcspn(row, ","),
                     row);
            rc = chl_qr_write_png(&forger->symbol, SCALE, path);
        }
    }
    return rc;
}

chl_err festival_forge(struct festival *festival, const char *codes_path, const char *csv_path)
{
    struct forger *forger = calloc(1, sizeof *forger);
    FILE *codes = fopen(codes_path, "re");
    FILE *csv = fopen(csv_path, "re");
    chl_err rc = CHL_E_IO;
    if (forger != NULL && codes != NULL && csv != NULL) {
        rc = forge_all(festival, forger, codes, csv);
    }
    if (rc != CHL_OK) {
        festival_fail(festival, "%s: expected a code a row that can be changed, got: %s",
                      codes_path, chl_strerror(rc));
    }
    if (codes != NULL) {
        fclose(codes);
    }
    if (csv != NULL) {
        fclose(csv);
    }
    free(forger);
    return rc;
}
