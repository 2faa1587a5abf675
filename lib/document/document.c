/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Normalising of document numbers, and their kind by shape.
 */
#include "lib/document/document.h"

#include <string.h>

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_capital(char c)
{
    return c >= 'A' && c <= 'Z';
}

/** Letters first, then digits: the shape of every kind that we know. */
static uint8_t kind_of(const char *number)
{
    static const struct {
        size_t letters, least, most; /* digits after the letters */
        uint8_t kind;
    } shapes[] = {{0, 12, 12, CHL_DOCUMENT_CCCD},   {0, 9, 9, CHL_DOCUMENT_CMND},
                  {0, 10, 10, CHL_DOCUMENT_BHYT},   {2, 13, 13, CHL_DOCUMENT_BHYT},
                  {1, 6, 8, CHL_DOCUMENT_PASSPORT}, {2, 6, 8, CHL_DOCUMENT_PASSPORT}};
    size_t letters = 0;
    while (is_capital(number[letters])) {
        letters++;
    }
    size_t digits = strspn(number + letters, "0123456789");
    if (number[letters + digits] != '\0') {
        return CHL_DOCUMENT_OTHER;
    }
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        if (letters == shapes[i].letters && digits >= shapes[i].least && digits <= shapes[i].most) {
            return shapes[i].kind;
        }
    }
    return CHL_DOCUMENT_OTHER;
}

static const char small_letters[] = "abcdefghijklmnopqrstuvwxyz";
static const char capitals[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

bool chl_document_read(const char *text, struct chl_document *out)
{
    size_t length = 0;
    bool good = true;
    memset(out, 0, sizeof *out);
    for (; *text != '\0' && good; text++) {
        const char *small = strchr(small_letters, *text);
        char c = *text;
        if (small != NULL) {
            c = capitals[small - small_letters];
        }
        if (strchr(" -./_", c) != NULL) {
            continue;
        }
        good = (is_digit(c) || is_capital(c)) && length + 1 < sizeof out->number;
        if (good) {
            out->number[length++] = c;
        }
    }
    if (!good || length < CHL_DOCUMENT_NUMBER_MIN) {
        memset(out, 0, sizeof *out);
        return false;
    }
    out->kind = kind_of(out->number);
    return true;
}

bool chl_document_add(struct chl_claims *claims, const struct chl_document *document)
{
    for (size_t i = 0; i < claims->document_count; i++) {
        if (claims->documents[i].kind == document->kind &&
            strcmp(claims->documents[i].number, document->number) == 0) {
            return true;
        }
    }
    if (document->number[0] == '\0' || claims->document_count >= CHL_CLAIM_DOCUMENTS_MAX) {
        return false;
    }
    claims->documents[claims->document_count++] = *document;
    return true;
}
