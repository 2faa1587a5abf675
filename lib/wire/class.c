/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Event classes between their number on the wire and their name in topics.
 */
#include "lib/wire/wire.h"

#include <string.h>

static const struct {
    unsigned value;
    const char *name;
} classes[] = {
#define CLASS_ROW(id, value, name) {(value), (name)},
    CHL_CLASSES(CLASS_ROW)
#undef CLASS_ROW
};

enum { CLASS_COUNT = sizeof classes / sizeof *classes };

const char *chl_class_name(unsigned event_class)
{
    for (size_t i = 0; i < CLASS_COUNT; i++) {
        if (classes[i].value == event_class) {
            return classes[i].name;
        }
    }
    return NULL;
}

unsigned chl_class_by_name(const char *name, size_t length)
{
    for (size_t i = 0; i < CLASS_COUNT; i++) {
        if (strlen(classes[i].name) == length && memcmp(classes[i].name, name, length) == 0) {
            return classes[i].value;
        }
    }
    return 0;
}
