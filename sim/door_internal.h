/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief One request at the simulator's door, for the files that answer it.
 */
#ifndef SIM_DOOR_INTERNAL_H
#define SIM_DOOR_INTERNAL_H

#include <jansson.h>

#include "lib/base/json.h"
#include "sim/door.h"

struct door_request {
    struct door *door;
    const json_t *json;
    int64_t now_ns;
    struct chl_json *out;
    const char *error; /**< what was expected, NULL = done */
};

/** The bus that `controller` names (from 1; 1 when it is left out). NULL: `error` is set. */
struct port *door_port(struct door_request *request);
/** The unit that `unit` names. NULL: `error` is set. */
struct controller_unit *door_unit(struct door_request *request);
/** A number from 0 to `max`; `dflt` when it is left out. */
int64_t door_number(struct door_request *request, const char *key, int64_t dflt, int64_t max);
/** A row of `role`, from 1 in the request, from 0 here; −1: `error` is set. */
int door_row(struct door_request *request, const struct board *board, chl_register_role role);

void door_op_delay(struct door_request *request);
void door_op_silent(struct door_request *request);
void door_op_off(struct door_request *request);
void door_op_reboot(struct door_request *request);
void door_op_fault(struct door_request *request);
void door_op_cable(struct door_request *request);
void door_op_unsolicited(struct door_request *request);
void door_op_heard(struct door_request *request);
void door_op_line(struct door_request *request);
void door_op_error(struct door_request *request);
void door_op_input(struct door_request *request);
void door_op_counter(struct door_request *request);
void door_op_setting(struct door_request *request);
void door_op_board(struct door_request *request);
void door_op_truth(struct door_request *request);
void door_op_scene(struct door_request *request);

#endif
