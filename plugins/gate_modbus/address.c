/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Texts of the options that have a form of their own: the bus's address, the gap.
 */
#include "address.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/text.h"
#include "lib/base/time.h"

enum { PORT_DIGITS = 5, PORT_MAX = 65535, GAP_MAX_MS = 1000 };

static chl_err refuse(const char *text, char *why, size_t why_size)
{
    (void)snprintf(why, why_size,
                   "address: expected tcp://host:port (IPv6 as tcp://[::1]:502), got \"%.80s\"",
                   text);
    return CHL_E_CONFIG;
}

static bool port_valid(const char *port)
{
    const size_t digits = strspn(port, "0123456789");
    if (digits < 1 || digits > PORT_DIGITS || port[digits] != '\0') {
        return false;
    }
    const long value = strtol(port, NULL, 10);
    return value >= 1 && value <= PORT_MAX;
}

chl_err address_parse(const char *text, struct address *out, char *why, size_t why_size)
{
    static const char scheme[] = "tcp://";
    if (text == NULL || strncmp(text, scheme, sizeof scheme - 1) != 0) {
        return refuse(text != NULL ? text : "", why, why_size);
    }
    const char *host = text + sizeof scheme - 1;
    const char *end = NULL;
    const char *port = NULL;
    if (*host == '[') {
        host++;
        end = strchr(host, ']');
        port = end != NULL ? end + 1 : NULL;
    } else {
        end = host + strcspn(host, ":");
        port = end;
    }
    if (port == NULL || end == host || (*port != '\0' && *port != ':')) {
        return refuse(text, why, why_size);
    }
    port = *port == ':' ? port + 1 : "502";
    if (!port_valid(port) || !chl_copy_n(out->host, sizeof out->host, host, (size_t)(end - host)) ||
        !chl_copy(out->port, sizeof out->port, port)) {
        return refuse(text, why, why_size);
    }
    return CHL_OK;
}

chl_err gap_parse(const char *text, int64_t *gap_ns, char *why, size_t why_size)
{
    if (text == NULL || strcmp(text, "profile") == 0) {
        *gap_ns = -1;
        return CHL_OK;
    }
    const size_t digits = strspn(text, "0123456789");
    const char *unit = text + digits;
    unit += *unit == ' ' ? 1 : 0;
    const long value = digits > 0 && digits <= 4 ? strtol(text, NULL, 10) : -1;
    if (value < 0 || value > GAP_MAX_MS || (*unit != '\0' && strcmp(unit, "ms") != 0)) {
        (void)snprintf(why, why_size, "gap: expected `profile` or 0 ms to %d ms, got \"%.40s\"",
                       GAP_MAX_MS, text);
        return CHL_E_CONFIG;
    }
    *gap_ns = value * CHL_NS_PER_MS;
    return CHL_OK;
}
