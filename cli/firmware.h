/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The parts of `chilang firmware`.
 */
#ifndef CHL_CLI_FIRMWARE_H
#define CHL_CLI_FIRMWARE_H

#include <limits.h>
#include <signal.h>

#include "core/config/config.h"
#include "lib/firmware/firmware.h"

enum {
    FIRMWARE_UNKNOWN = 3, /**< exit code: the device does not answer, so nobody knows */
    FIRMWARE_WISHES_MAX = 32,
    FIRMWARE_WHY = 512
};

typedef enum {
    FIRMWARE_LIST,
    FIRMWARE_SHOW,
    FIRMWARE_PLAN,
    FIRMWARE_APPLY,
    FIRMWARE_VERIFY
} firmware_act;

/** What the command line said. Strings are its own. */
struct firmware_options {
    firmware_act act;
    bool english, yes;
    const char *program;
    const char *site, *gate;         /**< the usual way; NULL: by --bus */
    const char *address, *profile;   /**< --bus */
    long unit, at, scan;             /**< 0 = not stated */
    long baud, at_baud, stop_bits;   /**< 0 = not stated */
    char parity;                     /**< N, E, O; 0 = not stated */
    uint64_t rows;                   /**< --row: bit n = row n, 0 = all */
    int64_t pass_time_ms, return_ns; /**< 0 = not stated */
    int on_link_loss;                /**< chl_link_loss, −1 = not stated */
    size_t wish_count;
    struct chl_gate_wish wishes[FIRMWARE_WISHES_MAX]; /**< --set */
    const char *who, *why, *capture, *state;
};

/** How a bus is reached. */
struct firmware_line {
    const char *address;
    int64_t baud;
    char parity;
    int stop_bits;
    int64_t response_ns; /**< 0 = the profile's */
};

/** One controller. */
struct firmware_unit {
    int bus; /**< index of its instance; −1 with --bus */
    uint16_t unit;
    const char *path; /**< of its profile */
    struct chl_profile *profile;
    struct firmware_line line;
    size_t use_count;
    struct chl_firmware_use uses[CHL_FIRMWARE_USES_MAX];
    size_t wish_count; /**< of the gate that it serves, with those of the command line */
    struct chl_gate_wish wishes[FIRMWARE_WISHES_MAX + CHL_SETTINGS_MAX];
    uint64_t lamps; /**< outputs that light a lamp: what holds for a release is wrong there */
    size_t listed, address_count;
    uint16_t addresses[256];
    char names[64]; /**< the gates that use it: "G1, G2" */
};

/** All controllers that the command line means. */
struct firmware_units {
    struct config *config; /**< NULL with --bus */
    size_t count;
    struct firmware_unit *units;
    char state[PATH_MAX]; /**< folder of the record; "" = none stated */
};

/** Read the command line; it ends the program on a mistake. */
void firmware_parse(int argc, char **argv, struct firmware_options *out);

int firmware_list(const struct firmware_options *options);

/** Find the controllers; what went wrong is printed. The caller's, freed in any case.
 *  @return an exit code of cli.h. */
int firmware_find(const struct firmware_options *options, struct firmware_units *out);
void firmware_units_free(struct firmware_units *units);
/** As firmware_find, from a site file, and without one. */
int firmware_find_site(const struct firmware_options *options, struct firmware_units *out);
int firmware_find_bus(const struct firmware_options *options, struct firmware_units *out);
/** Load the profile of a unit; a refusal is printed. @return an exit code of cli.h. */
int firmware_load(const struct firmware_options *options, struct firmware_unit *unit);
/** Make --at mean what it says: asked there, wanted where the site has it. */
int firmware_take_place(const struct firmware_options *options, struct firmware_unit *unit);
/** Add a wish after checking it against the profile; a refusal is printed. */
int firmware_wish(const struct firmware_options *options, struct firmware_unit *unit,
                  const char *setting, int64_t value);

/** An open run on a bus. */
struct firmware_link;

/** Make the run and its bus; nothing is sent yet. What went wrong is printed.
 *  @return an exit code of cli.h. */
int firmware_open(const struct firmware_options *options, const struct firmware_unit *unit,
                  struct firmware_link **out);
/** NULL is allowed. */
void firmware_close(struct firmware_link *link);
struct chl_firmware *firmware_run(struct firmware_link *link);
/** Carry out what the run wants until it is done. A signal to end lets it end in order.
 *  Blocks: as long as that takes. */
void firmware_drive(struct firmware_link *link);

/** Write what differs in one unit, with the questions and the record around it. The unit was read.
 *  @return an exit code. */
int firmware_apply(const struct firmware_options *options, const struct firmware_units *units,
                   const struct firmware_unit *unit, struct firmware_link *link);
/** Whether the daemon of this site runs; says so. */
bool firmware_daemon_runs(const struct firmware_options *options,
                          const struct firmware_units *units);

/* What is printed: to stdout, in 80 columns. */
void firmware_print_head(const struct firmware_options *options, const struct firmware_unit *unit);
void firmware_print_items(const struct firmware_options *options, const struct chl_firmware *run);
/** What differs, or that all fits. @return how many differ or cannot be judged. */
size_t firmware_print_differences(const struct firmware_options *options,
                                  const struct firmware_unit *unit, const struct chl_firmware *run);
/** What became of each write, and how it ended. */
void firmware_print_result(const struct firmware_options *options, const struct firmware_unit *unit,
                           const struct chl_firmware *run);
/** Why it ended, one paragraph. */
void firmware_print_why(const struct firmware_options *options, const struct firmware_unit *unit,
                        const struct chl_firmware *run);
/** A value with its unit: `7 s`, `500 ms`, `9600 baud`, `3`. */
void firmware_value(const struct chl_setting *setting, int64_t value, char *out, size_t size);
/** `name`, or `name 3` of a setting with rows. */
void firmware_name(const struct chl_firmware_item *item, char *out, size_t size);

#endif
