/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Topics `v1/<site>/<class>/<type>/`, and which names they may hold.
 */
#include "lib/wire/wire.h"

#include <string.h>

bool chl_wire_name_allowed(const char *name, size_t length, size_t most)
{
    if (length == 0 || length > most) {
        return false;
    }
    for (size_t i = 0; i < length; i++) {
        char c = name[i];
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-')) {
            return false;
        }
    }
    return true;
}

size_t chl_wire_topic(char out[CHL_WIRE_TOPIC_MAX], const char *site, unsigned event_class,
                      const char *type)
{
    const char *name = chl_class_name(event_class);
    size_t site_length = strnlen(site, CHL_WIRE_SITE_MAX + 1);
    size_t type_length = strnlen(type, CHL_WIRE_TYPE_MAX + 1);
    if (name == NULL || !chl_wire_name_allowed(site, site_length, CHL_WIRE_SITE_MAX) ||
        !chl_wire_name_allowed(type, type_length, CHL_WIRE_TYPE_MAX)) {
        return 0;
    }
    const struct {
        const char *text;
        size_t length;
    } parts[] = {{"v1", 2}, {site, site_length}, {name, strlen(name)}, {type, type_length}};
    size_t at = 0;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        if (parts[i].length + 2 > CHL_WIRE_TOPIC_MAX - at) {
            return 0;
        }
        memcpy(out + at, parts[i].text, parts[i].length);
        at += parts[i].length;
        out[at++] = '/';
    }
    out[at] = '\0';
    return at;
}
