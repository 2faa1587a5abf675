/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The CloudEvents envelope writer.
 */
#include "lib/wire/body.h"

#include "lib/base/json.h"
#include "lib/base/text.h"
#include "lib/base/time.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

size_t chl_wire_body(char *out, size_t size, const char *site, const uint8_t epoch[16],
                     uint64_t sequence, unsigned event_class, const char *type, int64_t wall_ns,
                     const char *data_json, size_t data_length)
{
    char topic[CHL_WIRE_TOPIC_MAX];
    char uuid[CHL_UUID_TEXT_SIZE];
    char id[CHL_UUID_TEXT_SIZE + 21];
    char source[sizeof "/sites/" + CHL_WIRE_SITE_MAX];
    char name[sizeof "vn.chilang.directive." + CHL_WIRE_TYPE_MAX];
    char time[CHL_RFC3339_SIZE];
    char padded[21];
    struct chl_json json;
    chl_time_format(wall_ns, time);
    if (chl_wire_topic(topic, site, event_class, type) == 0 || time[0] == '\0') {
        return 0;
    }
    chl_uuid_text(epoch, uuid);
    snprintf(id, sizeof id, "%s:%" PRIu64, uuid, sequence);
    snprintf(source, sizeof source, "/sites/%s", site);
    snprintf(name, sizeof name, "vn.chilang.%s.%s", chl_class_name(event_class), type);
    snprintf(padded, sizeof padded, "%020" PRIu64, sequence);
    chl_json_begin(&json, out, size);
    chl_json_object(&json, NULL);
    chl_json_string(&json, "specversion", "1.0");
    chl_json_string(&json, "id", id);
    chl_json_string(&json, "source", source);
    chl_json_string(&json, "type", name);
    chl_json_string(&json, "time", time);
    chl_json_string(&json, "sequence", padded);
    chl_json_string(&json, "datacontenttype", "application/json");
    if (data_json != NULL && data_length > 0) {
        chl_json_raw(&json, "data", data_json, data_length);
    } else {
        chl_json_raw(&json, "data", "{}", 2);
    }
    chl_json_close_object(&json);
    if (chl_json_end(&json) != CHL_OK || json.length > CHL_WIRE_BODY_MAX) {
        return 0;
    }
    return json.length;
}
