/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Fuzz: any events of an input device; what is passed on is whole, bounded, plain text.
 */
#include <stdlib.h>

#include "plugins/scan_hid/typed.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void visit(void *user, enum typed_state state, const uint8_t *bytes, size_t length)
{
    (void)user;
    if ((state == TYPED_WHOLE) != (bytes != NULL) || length > CHL_CODE_MAX) {
        abort();
    }
    for (size_t i = 0; bytes != NULL && i < length; i++) {
        if (bytes[i] == 0 || bytes[i] >= 0x7F || bytes[i] == '\n' || bytes[i] == '\r') {
            abort();
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct typed typed;
    typed_init(&typed);
    /* Four bytes an event: type, code in two, value. */
    for (size_t i = 0; i + 4 <= size; i += 4) {
        const struct input_event event = {.type =
                                              (uint16_t)(data[i] % 8 == 7 ? data[i] : data[i] % 2),
                                          .code = (uint16_t)(data[i + 1] | (data[i + 2] & 3) << 8),
                                          .value = data[i + 3] % 8 == 7 ? -1 : data[i + 3] % 3};
        typed_take(&typed, &event, visit, NULL);
    }
    typed_end(&typed, visit, NULL);
    if (typed_is_open(&typed)) {
        abort();
    }
    return 0;
}
