/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief What the files of lib/control share.
 */
#ifndef CHL_CONTROL_INTERNAL_H
#define CHL_CONTROL_INTERNAL_H

#include "lib/base/json.h"
#include "lib/control/control.h"

#include <jansson.h>

/** Fill a refusal. @return CHL_E_INVAL. */
chl_err control_refuse(struct control_refusal *why, const char *error, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
bool control_has_control_character(const char *text);
/** A text member of at most `size` − 1 bytes; absent or null is "" unless needed. */
chl_err control_read_text(const json_t *object, const char *key, bool needed, char *out,
                          size_t size, struct control_refusal *why);
chl_err control_read_int(const json_t *object, const char *key, int64_t min, int64_t max,
                         int64_t *out, struct control_refusal *why);

/** `how` of a recount. */
chl_err control_read_how(const json_t *object, struct control_request *out,
                         struct control_refusal *why);
/** Numbers of a counter audit. */
chl_err control_read_audit(const json_t *object, struct control_audit *out,
                           struct control_refusal *why);
void control_write_audit(struct chl_json *json, const struct control_audit *audit);

#endif
