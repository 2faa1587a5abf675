/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The shipped LOT profile, for the simulator's tests.
 */
#ifndef TEST_SIM_PROFILE_H
#define TEST_SIM_PROFILE_H

#include "lib/profile/profile.h"

#define MS(n) ((int64_t)(n)*1000000)
#define S(n)  ((int64_t)(n)*1000000000)

static struct chl_profile *lot;

static int load_lot(void **state)
{
    (void)state;
    struct chl_yaml_error error;
    return chl_profile_load(CHL_SOURCE_DIR "/firmware-config/lot-turnstile.yaml", &lot, &error);
}

static int free_lot(void **state)
{
    (void)state;
    chl_profile_free(lot);
    return 0;
}

#endif
