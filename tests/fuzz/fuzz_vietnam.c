/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Fuzz: any bytes as a Vietnamese code; what is claimed is whole text and real numbers, and
 *  the same again when it is read again.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/base/text.h"
#include "plugins/credential_vietnam/vietnam.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool kept)
{
    if (!kept) {
        abort();
    }
}

static void look(const uint8_t *data, size_t size, struct chl_inspection *out)
{
    memset(out, 0, sizeof *out);
    out->size = (uint32_t)sizeof *out;
    out->claims.size = (uint32_t)sizeof out->claims;
    vietnam_inspect(VIETNAM_ALL, data, size, out);
}

static bool is_text(const char *text, size_t size)
{
    size_t length = strnlen(text, size);
    for (size_t i = 0; i < length; i++) {
        if ((unsigned char)text[i] < 0x20 || text[i] == 0x7F) {
            return false;
        }
    }
    return length < size && chl_utf8_valid(text, length);
}

static void check_claims(const struct chl_claims *claims)
{
    demand(is_text(claims->name, sizeof claims->name));
    demand(is_text(claims->address, sizeof claims->address));
    demand(is_text(claims->id, sizeof claims->id));
    demand(is_text(claims->phone, sizeof claims->phone));
    demand(strlen(claims->birth) == strspn(claims->birth, "0123456789-"));
    demand(claims->document_count <= CHL_CLAIM_DOCUMENTS_MAX);
    for (size_t i = 0; i < claims->document_count; i++) {
        const char *number = claims->documents[i].number;
        size_t length = strspn(number, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ");
        demand(length >= 5 && number[length] == '\0');
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct chl_inspection first, second;
    if (size > CHL_CODE_MAX) {
        return 0;
    }
    look(data, size, &first);
    look(data, size, &second);
    /* Both were zeroed whole, so that the padding is the same too. */
    demand(memcmp((const uint8_t *)&first, (const uint8_t *)&second, sizeof first) == 0);
    demand(!first.is_signed && first.outcome <= CHL_REFUSED);
    demand((first.outcome == CHL_REFUSED) == (first.reason[0] != '\0'));
    demand((first.outcome == CHL_CLAIMED) == (first.stage == CHL_STAGE_DONE));
    if (first.outcome == CHL_CLAIMED) {
        check_claims(&first.claims);
    }
    return 0;
}
