/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Fuzz: any bytes as a line of the record of changed settings; what is taken is bounded and
 *  fits a record of the journal.
 */
#include "lib/firmware/log.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct chl_firmware_entry entry;
    char why[160];
    char summary[CHL_FIRMWARE_WHY];
    if (chl_firmware_log_parse((const char *)data, size, &entry, why, sizeof why) != CHL_OK) {
        if (memchr(why, '\0', sizeof why) == NULL || why[0] == '\0') {
            abort();
        }
        return 0;
    }
    chl_firmware_log_summary(&entry, summary, sizeof summary);
    if (entry.who[0] == '\0' || entry.why[0] == '\0' || entry.unit < 1 || entry.unit > 247 ||
        entry.change_count > CHL_FIRMWARE_CHANGES_MAX ||
        memchr(summary, '\0', sizeof summary) == NULL ||
        !chl_utf8_valid(summary, strlen(summary))) {
        abort();
    }
    return 0;
}
