/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The wire of one Modbus bus: made, opened, watched while idle, flushed, closed.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "lib/base/time.h"
#include "lib/bus/connect.h"
#include "lib/bus/internal.h"

enum { FLUSH_MAX_MS = 250, SCRAP = 256 };

#define DELAY_MAX_USUAL_NS (1 * CHL_NS_PER_S)

/** A context that only receives: it is handed our own descriptor, and never connects. */
static modbus_t *make_context(const struct chl_bus *bus)
{
    modbus_t *context = bus->address.kind == BUS_TCP ? modbus_new_tcp("127.0.0.1", 502)
                                                     : modbus_new_rtu("/dev/null", 9600, 'N', 8, 1);
    if (context != NULL) {
        (void)modbus_set_error_recovery(context, MODBUS_ERROR_RECOVERY_NONE);
        /* Off, so that the response timeout bounds the whole answer. */
        (void)modbus_set_byte_timeout(context, 0, 0);
    }
    return context;
}

static chl_err make_parts(struct chl_bus *bus, const char *capture, char *why, size_t why_size)
{
    if (capture != NULL && capture[0] != '\0') {
        const chl_err err = bus_capture_open(capture, &bus->capture);
        if (err != CHL_OK) {
            (void)snprintf(why, why_size, "capture: cannot append to %.200s: %s", capture,
                           chl_strerror(err));
            return err;
        }
    }
    bus->context = make_context(bus);
    if (bus->context == NULL) {
        return CHL_E_NOMEM;
    }
    return bus->address.kind == BUS_RTU
               ? CHL_OK
               : bus_resolver_new(bus->address.host, bus->address.port, &bus->resolver);
}

chl_err chl_bus_new(const struct chl_bus_settings *settings, struct chl_bus **out, char *why,
                    size_t why_size)
{
    struct chl_bus *bus = calloc(1, sizeof *bus);
    if (bus == NULL) {
        return CHL_E_NOMEM;
    }
    bus->fd = -1;
    atomic_flag_clear(&bus->taken);
    bus->line = (struct bus_line){settings->baud, settings->parity, settings->stop_bits};
    bus->delay_max_ns = settings->delay_max_ns > 0 ? settings->delay_max_ns : DELAY_MAX_USUAL_NS;
    chl_err err = bus_address_parse(settings->address, &bus->address, why, why_size);
    if (err == CHL_OK) {
        err = bus_line_check(&bus->line, why, why_size);
    }
    if (err == CHL_OK) {
        err = make_parts(bus, settings->capture, why, why_size);
    }
    if (err != CHL_OK) {
        chl_bus_free(bus);
    } else {
        *out = bus;
    }
    return err;
}

void chl_bus_free(struct chl_bus *bus)
{
    if (bus == NULL) {
        return;
    }
    if (bus->context != NULL) {
        chl_bus_close(bus);
        modbus_free(bus->context);
    }
    bus_resolver_free(bus->resolver);
    bus_capture_close(bus->capture);
    free(bus);
}

chl_err chl_bus_open(struct chl_bus *bus, int64_t timeout_ns, const atomic_bool *stopping,
                     char *why, size_t why_size)
{
    chl_bus_close(bus);
    int fd = -1;
    chl_err err = CHL_E_IO;
    if (bus->address.kind == BUS_RTU) {
        err = bus_serial_open(bus->address.host, &bus->line, &fd, why, why_size);
    } else {
        fd = bus_connect(&bus->address, bus->resolver, timeout_ns, stopping, why, why_size);
        err = fd >= 0 ? CHL_OK : CHL_E_IO;
    }
    if (err != CHL_OK) {
        bus_capture_note(bus->capture, why);
        return err;
    }
    bus->fd = fd;
    (void)modbus_set_socket(bus->context, fd);
    bus->spoilt = false;
    /* Whoever had the line before us may have left a question open; it costs one pause. */
    bus->last_byte_ns = chl_mono_ns();
    bus_capture_note(bus->capture, "connected");
    return CHL_OK;
}

void chl_bus_close(struct chl_bus *bus)
{
    if (bus->fd < 0) {
        return;
    }
    /* Not modbus_close(): for TCP its shutdown() would first let queued bytes go out. */
    if (bus->address.kind == BUS_RTU) {
        (void)tcflush(bus->fd, TCIOFLUSH);
        (void)ioctl(bus->fd, TIOCNXCL); /* it would stay while another program has the line open */
    }
    (void)close(bus->fd);
    bus->fd = -1;
    (void)modbus_set_socket(bus->context, -1);
    bus_capture_note(bus->capture, "closed");
}

int chl_bus_descriptor(const struct chl_bus *bus)
{
    return bus->fd;
}

bool chl_bus_is_serial(const struct chl_bus *bus)
{
    return bus->address.kind != BUS_TCP;
}

int64_t chl_bus_frame_ns(const struct chl_bus *bus, size_t bytes)
{
    return chl_bus_is_serial(bus) ? (int64_t)bytes * bus_line_character_ns(&bus->line) : 0;
}

bool bus_discard(struct chl_bus *bus, size_t *count)
{
    uint8_t scrap[SCRAP];
    size_t all = 0;
    ssize_t got = 0;
    do {
        got = read(bus->fd, scrap, sizeof scrap);
        if (got > 0) {
            all += (size_t)got;
            bus_capture_frame(bus->capture, '?', scrap, (size_t)got);
        }
        /* Bounded, in case it comes faster than we read. */
    } while ((got > 0 && all < 64 * (size_t)SCRAP) || (got < 0 && errno == EINTR));
    if (all > 0) {
        bus->last_byte_ns = chl_mono_ns();
    }
    if (count != NULL) {
        *count = all;
    }
    return got > 0 || (got < 0 && errno == EAGAIN);
}

void chl_bus_flush(struct chl_bus *bus)
{
    if (bus->fd < 0) {
        return;
    }
    const int64_t until_ns = chl_mono_ns() + FLUSH_MAX_MS * CHL_NS_PER_MS;
    const int64_t gap_ns = bus_line_gap_ns(&bus->line);
    const struct timespec gap = {.tv_nsec = (long)gap_ns};
    struct pollfd line = {.fd = bus->fd, .events = POLLIN};
    if (bus->address.kind == BUS_RTU) {
        (void)tcflush(bus->fd, TCIOFLUSH);
    }
    /* Until nothing came for as long as the pause that ends a frame. */
    while (bus_discard(bus, NULL) && ppoll(&line, 1, &gap, NULL) > 0 && chl_mono_ns() < until_ns) {
    }
    bus->settled_ns = 0;
}

bool chl_bus_still_good(struct chl_bus *bus, char *why, size_t why_size)
{
    if (bus->fd < 0) {
        (void)snprintf(why, why_size, "not connected");
        return false;
    }
    if (!chl_bus_is_serial(bus)) {
        (void)snprintf(why, why_size, "the device closed the link or spoke unasked");
        return false;
    }
    struct pollfd line = {.fd = bus->fd, .events = POLLIN};
    (void)poll(&line, 1, 0);
    /* A broken line may have nothing to read and yet wake whoever waits on it, for ever. */
    if ((line.revents & (POLLERR | POLLHUP | POLLNVAL)) != 0 || !bus_discard(bus, NULL)) {
        (void)snprintf(why, why_size, "%s",
                       bus->address.kind == BUS_RTU ? "the serial line is gone"
                                                    : "the serial server closed the link");
        return false;
    }
    return true;
}
