/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief What the staff entered on its way to the engine: stripped of the person, like a scan.
 */
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "core/host/internal.h"
#include "lib/base/text.h"
#include "lib/base/time.h"

/* Who has a document is the same code whenever it is entered. Without one every entry is a code of
 * its own: many people share a name and a year of birth. */
static chl_err name_it(struct chl_claims *claims, uint8_t nonce[HOST_PSEUDONYM])
{
    claims->issuer[0] = '\0';
    claims->id[0] = '\0';
    if (claims->document_count > 0) {
        const struct chl_document *first = &claims->documents[0];
        (void)snprintf(claims->id, sizeof claims->id, "%u:%.26s", first->kind, first->number);
        return CHL_OK;
    }
    return getrandom(nonce, HOST_PSEUDONYM, 0) == HOST_PSEUDONYM ? CHL_OK : CHL_E_IO;
}

chl_err host_enter(struct host *host, uint16_t lane, const struct chl_claims *claims,
                   struct host_scan *out)
{
    int64_t now_ns = chl_mono_ns();
    uint8_t nonce[HOST_PSEUDONYM] = {0};
    struct chl_inspection entered = {.size = sizeof entered,
                                     .outcome = CHL_CLAIMED,
                                     .format = CHL_FORMAT_MANUAL,
                                     .stage = CHL_STAGE_DONE,
                                     .claims = *claims};
    *out = (struct host_scan){
        .lane = {lane}, .instance = -1, .captured_ns = now_ns, .inspected_ns = now_ns};
    chl_err error = lane < host->config->lane_count ? CHL_OK : CHL_E_NOTFOUND;
    if (error == CHL_OK) {
        error = name_it(&entered.claims, nonce);
    }
    if (error == CHL_OK) {
        error = scan_strip(host, &entered, nonce, sizeof nonce, out);
    }
    explicit_bzero(&entered, sizeof entered);
    return error;
}
