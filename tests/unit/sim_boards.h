/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The shipped profiles, for tests of simulated boards.
 */
#ifndef TEST_SIM_BOARDS_H
#define TEST_SIM_BOARDS_H

#include <stdio.h>

#include "lib/profile/profile.h"

#define MS(n) ((int64_t)(n)*1000000)
#define S(n)  ((int64_t)(n)*1000000000)

enum { LOT, COIL, RELAY, MR6C, MOXA, BARRIER, PROFILES };

static struct chl_profile *profiles[PROFILES];

static int load_profiles(void **state)
{
    static const char *const names[PROFILES] = {"lot-turnstile",      "generic-coil-turnstile",
                                                "waveshare-relay",    "wirenboard-mr6c-v3",
                                                "moxa-iologik-e1214", "barrier-waveshare-io"};
    (void)state;
    for (int i = 0; i < PROFILES; i++) {
        char path[512];
        struct chl_yaml_error error;
        snprintf(path, sizeof path, "%s/firmware-config/%s.yaml", CHL_SOURCE_DIR, names[i]);
        if (chl_profile_load(path, &profiles[i], &error) != CHL_OK) {
            fprintf(stderr, "%s\n", error.text);
            return -1;
        }
    }
    return 0;
}

static int free_profiles(void **state)
{
    (void)state;
    for (int i = 0; i < PROFILES; i++) {
        chl_profile_free(profiles[i]);
    }
    return 0;
}

#endif
