/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The QR that hangs at a place's door, which visitors scan with their telephones.
 */
#include "lib/sniff/internal.h"

#include <string.h>
#include <strings.h>

/* The two services under which places were registered in 2021. */
static const char *const hosts[] = {"qr.tokhaiyte.vn", "qr.pccovid.gov.vn"};
static const char *const schemes[] = {"https://", "http://", "//"};

static bool ends_part(char c, const char *marks)
{
    return c != '\0' && strchr(marks, c) != NULL;
}

static size_t skip_scheme(const char *text, size_t length)
{
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
        size_t need = strlen(schemes[i]);
        if (length >= need && strncasecmp(text, schemes[i], need) == 0) {
            return need;
        }
    }
    return 0;
}

bool sniff_is_place(const uint8_t *bytes, size_t length)
{
    const char *text = (const char *)bytes;
    size_t scheme = skip_scheme(text, length);
    text += scheme;
    length -= scheme;
    /* Up to here it is the host; `user@host` is another's and matches none below. */
    size_t host = 0;
    while (host < length && !ends_part(text[host], "/?#:")) {
        host++;
    }
    for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++) {
        if (host == strlen(hosts[i]) && strncasecmp(text, hosts[i], host) == 0) {
            /* `host:x@other` is another's too. */
            size_t rest = host;
            while (rest < length && !ends_part(text[rest], "/?#")) {
                if (text[rest++] == '@') {
                    return false;
                }
            }
            return true;
        }
    }
    return false;
}
