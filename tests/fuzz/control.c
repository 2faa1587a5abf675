/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Fuzz: any bytes as an operator's request; what is accepted reads the same once written.
 */
#include "lib/control/control.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct control_request first;
    struct control_request second;
    struct control_refusal why;
    char line[8192];
    if (chl_control_parse((const char *)data, size, &first, &why) != CHL_OK) {
        return 0;
    }
    if (chl_control_write(&first, line, sizeof line) != CHL_OK ||
        chl_control_parse(line, strlen(line), &second, &why) != CHL_OK || first.op != second.op ||
        strcmp(first.who, second.who) != 0 || first.n != second.n ||
        strcmp(first.form, second.form) != 0 || strcmp(first.code, second.code) != 0) {
        abort();
    }
    return 0;
}
