/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief One simulated bus and how it is reached, see port.h.
 */
#include "sim/port.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static chl_err refuse(const char *text, char *why, size_t why_size)
{
    snprintf(
        why, why_size,
        "listen: expected ADDRESS:PORT such as 127.0.0.1:1502, rtu+tcp://ADDRESS:PORT, rtu: or "
        "rtu://PATH, got %s",
        text);
    return CHL_E_INVAL;
}

static const char *behind(const char *text, const char *prefix)
{
    size_t length = strlen(prefix);
    return strncmp(text, prefix, length) == 0 ? text + length : NULL;
}

chl_err port_parse(const char *text, struct port_address *out, char *why, size_t why_size)
{
    memset(out, 0, sizeof *out);
    const char *rest = behind(text, "rtu+tcp://");
    const char *line = behind(text, "rtu:");
    out->framing = rest != NULL || line != NULL ? ADU_RTU : ADU_TCP;
    if (line != NULL) {
        out->is_serial = true;
        const char *path = behind(line, "//");
        if ((path == NULL && *line != '\0') || (path != NULL && *path == '\0') ||
            (path != NULL && strlen(path) >= sizeof out->link)) {
            return refuse(text, why, why_size);
        }
        snprintf(out->link, sizeof out->link, "%s", path != NULL ? path : "");
        return CHL_OK;
    }
    rest = rest != NULL ? rest : behind(text, "tcp://");
    rest = rest != NULL ? rest : text;
    const char *colon = strrchr(rest, ':');
    char *end = NULL;
    long port = colon != NULL ? strtol(colon + 1, &end, 10) : -1;
    if (colon == NULL || end == colon + 1 || *end != '\0' || port < 0 || port > 65535 ||
        (size_t)(colon - rest) >= sizeof out->host) {
        return refuse(text, why, why_size);
    }
    snprintf(out->host, sizeof out->host, "%.*s", (int)(colon - rest), rest);
    out->port = (int)port;
    return CHL_OK;
}

void port_nth(const struct port_address *first, unsigned nth, struct port_address *out)
{
    *out = *first;
    out->port += first->port != 0 ? (int)nth : 0;
    if (nth > 0 && first->link[0] != '\0') {
        snprintf(out->link, sizeof out->link, "%.240s%u", first->link, nth + 1);
    }
}

chl_err port_start(struct port *port, uv_loop_t *loop, struct later *later,
                   const struct port_address *address, char *why, size_t why_size)
{
    port->is_serial = address->is_serial;
    chl_err rc = address->is_serial
                     ? serial_start(&port->serial, loop, later, &port->controller,
                                    address->link[0] != '\0' ? address->link : NULL, why, why_size)
                     : server_start(&port->server, loop, later, &port->controller, address->host,
                                    address->port, why, why_size);
    port->started = rc == CHL_OK;
    return rc;
}

void port_text(const struct port *port, char out[PORT_TEXT])
{
    if (port->is_serial) {
        snprintf(out, PORT_TEXT, "rtu://%s", port->serial.path);
    } else {
        snprintf(out, PORT_TEXT, "%s%s:%d", port->controller.framing == ADU_RTU ? "rtu+tcp://" : "",
                 port->server.host, port->server.port);
    }
}

void port_tick(struct port *port, int64_t now_ns)
{
    controller_tick(&port->controller, now_ns);
    if (port->is_serial) {
        serial_tick(&port->serial, now_ns);
    } else {
        server_tick(&port->server, now_ns);
    }
}

bool port_set_cable(struct port *port, wire_cable cable)
{
    return port->is_serial ? serial_set_cable(&port->serial, cable)
                           : server_set_cable(&port->server, cable);
}

void port_say(struct port *port, const struct fault_reply *reply)
{
    if (port->is_serial) {
        serial_say(&port->serial, reply);
    } else {
        server_say(&port->server, reply);
    }
}

void port_stop(struct port *port)
{
    if (port->started && port->is_serial) {
        serial_stop(&port->serial);
    } else if (port->started) {
        server_stop(&port->server);
    }
    port->started = false;
}
