/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Where a bus is: `tcp://host:port`, `rtu:///dev/…` or `rtu+tcp://host:port`.
 */
#include "lib/bus/address.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/text.h"

enum { PORT_DIGITS = 5, PORT_MAX = 65535 };

/** 4196 is the port that Waveshare's PoE relays and serial servers come with. */
static const struct {
    bus_kind kind;
    const char *scheme, *port;
} schemes[] = {
    {BUS_TCP, "tcp://", "502"}, {BUS_RTU, "rtu://", NULL}, {BUS_RTU_TCP, "rtu+tcp://", "4196"}};

static chl_err refuse(const char *text, char *why, size_t why_size)
{
    (void)snprintf(why, why_size,
                   "address: expected tcp://host:port (IPv6 as tcp://[::1]:502), "
                   "rtu:///dev/ttyUSB0 or rtu+tcp://host:port, got \"%.80s\"",
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

/** `host`, `host:port`, `[v6]`, `[v6]:port`. */
static bool read_host(const char *host, const char *usual_port, struct bus_address *out)
{
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
        return false;
    }
    port = *port == ':' ? port + 1 : usual_port;
    return port_valid(port) &&
           chl_copy_n(out->host, sizeof out->host, host, (size_t)(end - host)) &&
           chl_copy(out->port, sizeof out->port, port);
}

chl_err bus_address_parse(const char *text, struct bus_address *out, char *why, size_t why_size)
{
    for (size_t i = 0; text != NULL && i < sizeof schemes / sizeof *schemes; i++) {
        const size_t length = strlen(schemes[i].scheme);
        if (strncmp(text, schemes[i].scheme, length) != 0) {
            continue;
        }
        *out = (struct bus_address){.kind = schemes[i].kind};
        const char *rest = text + length;
        const bool good = out->kind == BUS_RTU
                              ? rest[0] == '/' && chl_copy(out->host, sizeof out->host, rest)
                              : read_host(rest, schemes[i].port, out);
        return good ? CHL_OK : refuse(text, why, why_size);
    }
    return refuse(text != NULL ? text : "", why, why_size);
}
