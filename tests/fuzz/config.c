/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Fuzz: any bytes as a site file.
 */
#include "core/config/config.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct config *config = NULL;
    struct chl_yaml_error error;
    chl_err result = config_parse("/srv/site.yaml", (const char *)data, size,
                                  CHL_STAGE_DIR "/share/chilang", &config, &error);
    if (result != CHL_OK) {
        return 0;
    }
    for (size_t i = 0; i < config->gate_count; i++) {
        const struct config_gate *gate = &config->gates[i];
        if (gate->from == gate->to || gate->instance >= (int)config->instance_count ||
            gate->lane >= (int)config->lane_count) {
            abort();
        }
    }
    config_free(config);
    return 0;
}
