/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief A growing file in memory that Cairo writes into, bounded.
 */
#include "lib/card/memory.h"

#include <stdlib.h>
#include <string.h>

cairo_status_t card_memory_append(void *closure, const unsigned char *bytes, unsigned length)
{
    struct card_memory *memory = closure;
    if (length > CARD_FILE_MAX - memory->length) {
        return CAIRO_STATUS_WRITE_ERROR;
    }
    if (memory->room - memory->length < length) {
        size_t room = 2 * (memory->length + length);
        uint8_t *more = realloc(memory->bytes, room);
        if (more == NULL) {
            return CAIRO_STATUS_NO_MEMORY;
        }
        memory->bytes = more;
        memory->room = room;
    }
    memcpy(memory->bytes + memory->length, bytes, length);
    memory->length += length;
    return CAIRO_STATUS_SUCCESS;
}
