/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Opens a serial port by libserialport, and says what a technician has to do where it
 * fails.
 */
#include "serial.h"

#include <errno.h>
#include <libserialport.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const enum sp_parity parities[] = {[PARITY_MODEL] = SP_PARITY_NONE,
                                          [PARITY_NONE] = SP_PARITY_NONE,
                                          [PARITY_EVEN] = SP_PARITY_EVEN,
                                          [PARITY_ODD] = SP_PARITY_ODD};
static const enum sp_flowcontrol flows[] = {[FLOW_MODEL] = SP_FLOWCONTROL_NONE,
                                            [FLOW_NONE] = SP_FLOWCONTROL_NONE,
                                            [FLOW_RTS_CTS] = SP_FLOWCONTROL_RTSCTS,
                                            [FLOW_XON_XOFF] = SP_FLOWCONTROL_XONXOFF};

static enum sp_return set_up(struct sp_port *serial, const struct port_settings *settings)
{
    struct sp_port_config *config = NULL;
    enum sp_return result = sp_new_config(&config);
    if (result != SP_OK) {
        return result;
    }
    (void)sp_set_config_baudrate(config, settings->baud);
    (void)sp_set_config_bits(config, settings->data_bits);
    (void)sp_set_config_parity(config, parities[settings->parity]);
    (void)sp_set_config_stopbits(config, settings->stop_bits);
    (void)sp_set_config_flowcontrol(config, flows[settings->flow]);
    /* Many scanners send only to a host that says it is there. */
    (void)sp_set_config_dtr(config, SP_DTR_ON);
    result = sp_set_config(serial, config);
    int why = errno;
    sp_free_config(config);
    errno = why;
    return result;
}

/** @return CHL_OK; CHL_E_NOTSUP: nothing that libserialport serves; else errno says why. */
static chl_err open_serial(struct port *port, const char *path,
                           const struct port_settings *settings)
{
    struct sp_port *serial = NULL;
    int fd = -1;
    enum sp_return result = sp_get_port_by_name(path, &serial);
    if (result != SP_OK) {
        return result == SP_ERR_MEM ? CHL_E_NOMEM : CHL_E_NOTSUP;
    }
    result = sp_open(serial, SP_MODE_READ);
    int why = errno;
    if (result == SP_OK) {
        result = set_up(serial, settings);
        why = errno;
        if (result == SP_OK) {
            result = sp_get_port_handle(serial, &fd);
        }
        if (result == SP_OK) {
            /* What came before is of nobody who stands here now. */
            (void)sp_flush(serial, SP_BUF_INPUT);
            *port = (struct port){.fd = fd, .serial = serial};
            return CHL_OK;
        }
        (void)sp_close(serial);
    }
    sp_free_port(serial);
    errno = why;
    /* A terminal without modem lines is opened by its descriptor alone. */
    return why == ENOTTY || why == EINVAL ? CHL_E_NOTSUP : CHL_E_IO;
}

static void explain(const char *path, int error, char *why)
{
    const char *advice = "look at the cable and the device";
    if (error == EACCES || error == EPERM) {
        advice = "add this user to the group that owns it (dialout on Debian), or write the udev "
                 "rule of the README";
    } else if (error == ENOENT || error == ENODEV || error == ENXIO) {
        advice = "plug the scanner in, or name its link in /dev/serial/by-id";
    } else if (error == EBUSY) {
        advice = "another program has it open; end that one";
    }
    (void)snprintf(why, PORT_WHY_MAX, "%.60s: %s; %s", path, strerrordesc_np(error), advice);
}

bool port_open(struct port *port, const char *path, const struct port_settings *settings, char *why)
{
    char real[PATH_MAX];
    struct stat about;
    *port = (struct port){.fd = -1};
    if (stat(path, &about) != 0 || realpath(path, real) == NULL) {
        explain(path, errno, why);
        return false;
    }
    if (!S_ISCHR(about.st_mode)) {
        (void)snprintf(why, PORT_WHY_MAX,
                       "%.60s: expected a serial device, got another kind of file; name one such "
                       "as /dev/serial/by-id/…",
                       path);
        return false;
    }
    /* libserialport knows a port by its own name, not by that of a link to it. */
    chl_err result = open_serial(port, path, settings);
    if (result == CHL_E_NOTSUP) {
        result = open_serial(port, real, settings);
    }
    if (result == CHL_E_NOTSUP) {
        port->fd = terminal_open(real, settings);
        result = port->fd >= 0 ? CHL_OK : CHL_E_IO;
    }
    if (result != CHL_OK) {
        explain(path, result == CHL_E_NOMEM ? ENOMEM : errno, why);
    }
    return result == CHL_OK;
}

void port_close(struct port *port)
{
    if (port->serial != NULL) {
        (void)sp_close(port->serial);
        sp_free_port(port->serial);
    } else if (port->fd >= 0) {
        (void)close(port->fd);
    }
    *port = (struct port){.fd = -1};
}
