/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief What the files that write the status share.
 */
#ifndef CHL_CORE_STATUS_PUT_H
#define CHL_CORE_STATUS_PUT_H

#include "core/loop/status.h"
#include "lib/base/json.h"

/** Name of an enumerated value, "" when it has none. */
const char *status_name(engine_field_kind kind, uint8_t value);
/** Age of a time, ms; −1 = never. */
int64_t status_age_ms(int64_t now_ns, int64_t then_ns);
void status_put_time(struct chl_json *json, const char *key, int64_t ns);

/** Members of one gate. */
void status_put_gate(struct chl_json *json, const struct status_view *view, uint16_t gate);
/** `alarm`: what raised the emergency, since when, who said so; null when there is none. */
void status_put_emergency(struct chl_json *json, const struct status_view *view);
/** `at_alarm`: the count kept when an emergency was raised, until the recount; else null. */
void status_put_alarm_count(struct chl_json *json, const struct engine_zone *zone);

#endif
