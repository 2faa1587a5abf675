/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Gives a declaration its identifier and signs it.
 */
#include "lib/declaration/declaration.h"

#include "lib/base/text.h"

#include <stdio.h>
#include <sys/random.h>

chl_err chl_declaration_issue(const struct chl_issuer *issuer, struct chl_declaration *declaration,
                              char *out, size_t size, char *why, size_t why_size)
{
    chl_err err = chl_declaration_check(declaration, why, why_size);
    if (err != CHL_OK) {
        return err;
    }
    (void)chl_declaration_complete(declaration); /* the check saw that the party is large enough */
    uint8_t id[CHL_DECLARATION_ID_SIZE];
    if (getrandom(id, sizeof id, 0) != (ssize_t)sizeof id) {
        (void)snprintf(why, why_size, "the system gave no random bytes; try again");
        return CHL_E_IO;
    }
    chl_hex(id, sizeof id, declaration->claims.id);
    uint8_t payload[CHL_ISSUE_PAYLOAD_MAX];
    size_t length = 0;
    err = chl_declaration_encode(declaration, payload, sizeof payload, &length);
    if (err == CHL_OK) {
        err = chl_issue(issuer, NULL, CHL_DECLARATION_PREFIX, (struct chl_bytes){payload, length},
                        out, size);
    }
    if (err != CHL_OK) {
        (void)snprintf(why, why_size, "the code cannot be made: %s", chl_strerror(err));
    }
    return err;
}
