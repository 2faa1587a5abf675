/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief One simulated bus and how it is reached: TCP, RTU frames over TCP, or a serial line.
 */
#ifndef SIM_PORT_H
#define SIM_PORT_H

#include "sim/serial.h"
#include "sim/server.h"

enum { PORT_TEXT = 320 };

struct port {
    struct controller controller;
    bool is_serial, started;
    struct server server;
    struct serial serial;
};

/** Where to listen, from text: `ADDRESS:PORT`, `tcp://ADDRESS:PORT`, `rtu+tcp://ADDRESS:PORT`,
 *  `rtu:` or `rtu://LINK`. */
struct port_address {
    adu_framing framing;
    bool is_serial;
    char host[SERVER_HOST];
    int port;
    char link[SERIAL_PATH]; /**< "" = none */
};

/** @param why gets expected and came. @return CHL_OK or CHL_E_INVAL. */
chl_err port_parse(const char *text, struct port_address *out, char *why, size_t why_size);
/** The address of the `nth` (from 0) of several: the next port, another link. */
void port_nth(const struct port_address *first, unsigned nth, struct port_address *out);
/** Listen. `port->controller` is ready. */
chl_err port_start(struct port *port, uv_loop_t *loop, struct later *later,
                   const struct port_address *address, char *why, size_t why_size);
/** How it can be reached, as `listening` says it. */
void port_text(const struct port *port, char out[PORT_TEXT]);
void port_tick(struct port *port, int64_t now_ns);
bool port_set_cable(struct port *port, wire_cable cable);
void port_say(struct port *port, const struct fault_reply *reply);
void port_stop(struct port *port);

#endif
