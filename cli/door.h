/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Asking a running daemon: what the subcommands that use its control socket share.
 */
#ifndef CHL_CLI_DOOR_H
#define CHL_CLI_DOOR_H

#include <argp.h>
#include <jansson.h>

#include "lib/control/control.h"

/** Where the daemon is; both may be NULL. */
struct door {
    const char *control; /**< --control PATH */
    const char *config;  /**< --config FILE: the site file says where */
};

/** Socket of the packaged service, used when neither option is given. */
#define DOOR_DEFAULT "/run/chilang/control.sock"

/** Rows and parser of the two options, to be taken in as an argp child; its input is a struct door.
 */
extern const struct argp door_argp;

/** Path of the socket. What went wrong is printed to stderr. @return an exit code of cli.h. */
int door_find(const struct door *door, const char *program, char *out, size_t size);

/** Ask and wait for the answer. What went wrong is printed to stderr under `program`'s name.
 *  @param answer on success the answer, `"ok": true`, the caller's: json_decref().
 *  @return an exit code of cli.h. Blocks: at most 10 s. */
int door_ask(const struct door *door, const char *program, const struct control_request *request,
             json_t **answer);

#endif
