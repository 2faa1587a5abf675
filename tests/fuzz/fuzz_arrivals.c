/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Fuzz: any bytes as a file of arrivals; what is taken stays within its bounds, what is
 *  refused says why.
 */
#include "sim/rehearse/arrivals.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct arrivals *arrivals)
{
    uint64_t people = 0;
    for (size_t i = 0; i < arrivals->count; i++) {
        const struct arrivals_row *row = &arrivals->rows[i];
        people += (uint64_t)row->people * (uint64_t)(row->end - row->first);
        bool good =
            row->first < row->end && row->end <= ARRIVALS_MINUTES &&
            row->people <= ARRIVALS_MINUTE_MAX && row->to.index == 0 && row->dwell_ms >= -1 &&
            (row->people == 0 || (row->first >= arrivals->first && row->end <= arrivals->end));
        if (!good) {
            abort();
        }
    }
    if (people != arrivals->people || people == 0 || people > ARRIVALS_PEOPLE_MAX ||
        arrivals->count > ARRIVALS_ROWS_MAX) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct config_zone zone = {.id = "khu"};
    static struct config_gate gate = {.id = "G1", .lane = 0};
    static const struct config config = {
        .zones = &zone, .gates = &gate, .zone_count = 1, .gate_count = 1};
    struct arrivals arrivals;
    char why[REHEARSE_WHY] = "";
    uint8_t *copy = size > 0 ? malloc(size) : NULL; /* fmemopen wants bytes that may be written */
    if (copy == NULL) {
        return 0;
    }
    memcpy(copy, data, size);
    FILE *file = fmemopen(copy, size, "r");
    if (file == NULL) {
        abort();
    }
    chl_err error = arrivals_read(file, "fuzz", &config, &arrivals, why);
    (void)fclose(file);
    free(copy);
    if (error == CHL_OK) {
        check(&arrivals);
    } else if (strncmp(why, "fuzz:", 5) != 0 && error != CHL_E_NOMEM) {
        abort();
    }
    arrivals_free(&arrivals);
    return 0;
}
