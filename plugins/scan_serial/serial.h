/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief What the parts of this plugin share: its options, how a port is set, and the instance.
 */
#ifndef SCAN_SERIAL_SERIAL_H
#define SCAN_SERIAL_SERIAL_H

#include "lib/scanline/scanline.h"
#include "lib/scanner/scanner.h"

/* Members follow the choices of the options, which begin with "model". */
enum serial_parity { PARITY_MODEL = 0, PARITY_NONE, PARITY_EVEN, PARITY_ODD };
enum serial_flow { FLOW_MODEL = 0, FLOW_NONE, FLOW_RTS_CTS, FLOW_XON_XOFF };
enum serial_suffix {
    SUFFIX_MODEL = 0,
    SUFFIX_AUTO,
    SUFFIX_CR,
    SUFFIX_LF,
    SUFFIX_CRLF,
    SUFFIX_TAB,
    SUFFIX_ETX,
    SUFFIX_EOT,
    SUFFIX_NONE
};

struct scan_serial_config {
    const char *device;
    const char *prefix;                                  /**< "model", "none" or text */
    int model, baud, data_bits, parity, stop_bits, flow; /**< indices of choices */
    int suffix;
    int64_t idle_gap_ms;
};

/** How the line is set; enum values are never those of MODEL. */
struct port_settings {
    int baud, data_bits, stop_bits;
    enum serial_parity parity;
    enum serial_flow flow;
};

struct serial_model {
    const char *name;
    struct port_settings port;
    const char *prefix;
    enum serial_suffix suffix;
    const char *source; /**< of these values */
};

enum { PORT_WHY_MAX = 200, PREFIX_TEXT_MAX = 40 };

/** Names for the option `model`, NULL-ended. */
extern const char *const serial_model_names[];
/** Speeds for the option `baud`; the first is "model". */
extern const char *const serial_baud_names[];
size_t serial_model_count(void);
const struct serial_model *serial_model_at(size_t index);
/** What the options say, and the model where they say nothing. */
void serial_settle(const struct scan_serial_config *config, struct port_settings *port);
/** Prefix and suffix likewise. @return CHL_OK, CHL_E_CONFIG and `why`. */
chl_err serial_format(const struct scan_serial_config *config, struct chl_scanline_format *out,
                      char *why, size_t why_size);
/** Text with control characters written as `<STX>` or `<0x1D>`, to bytes; `<<` is `<`.
 *  @return CHL_OK, CHL_E_CONFIG: no such name, or longer than a prefix may be. */
chl_err serial_unescape(const char *text, uint8_t out[CHL_SCANLINE_AFFIX_MAX], uint8_t *length);

struct sp_port;

/** An open port; zeroed with `fd` −1 when closed. */
struct port {
    int fd;
    struct sp_port *serial; /**< NULL: a terminal that libserialport does not serve */
};

/** Open and set a port for reading. Blocks: as long as the driver takes.
 *  @param path a device, or a link to one.
 *  @param why PORT_WHY_MAX bytes; on failure what happened and what to do. */
bool port_open(struct port *port, const char *path, const struct port_settings *settings,
               char *why);
void port_close(struct port *port);

/** terminal.c: the same by termios alone. @return the descriptor, −1 and errno. */
int terminal_open(const char *path, const struct port_settings *settings);

struct chl_instance {
    struct scan_serial_config config;
    struct chl_scanner scanner;
    struct port_settings settings;
    struct port port;
    struct chl_scanline line;
    int64_t captured_ns; /**< when the last byte came */
    unsigned strange;    /**< codes in a row that were no text */
};

/** worker.c: the thread. `user` is the instance. */
void serial_run(void *user);

#endif
