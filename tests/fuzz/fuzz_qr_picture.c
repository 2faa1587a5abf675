/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Fuzzes the reading of pictures: headers, bounds and what is found in them.
 */
#include "lib/qr/reader.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct chl_qr_reader *reader; /* kept, as a scanner keeps it */
    static struct chl_qr_code code;
    if (reader == NULL && chl_qr_reader_new(&reader) != CHL_OK) {
        abort();
    }
    chl_err err = chl_qr_read_memory(reader, data, size, &code);
    if ((err == CHL_OK) != (code.count > 0) || code.length > sizeof code.bytes) {
        abort();
    }
    return 0;
}
