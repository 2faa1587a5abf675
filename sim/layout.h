/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief What stands on a simulated bus, from the command line: units, mechanisms, settings.
 */
#ifndef SIM_LAYOUT_H
#define SIM_LAYOUT_H

#include "sim/controller.h"

enum { LAYOUT_PROFILES_MAX = 16, LAYOUT_TEXTS_MAX = 64 };

/** Texts of the command line, borrowed. */
struct layout_texts {
    size_t count;
    const char *texts[LAYOUT_TEXTS_MAX];
};

struct layout {
    const char *profile;            /**< of all units, when `unit_texts` names none */
    unsigned units;                 /**< how many then, at addresses 1, 2 … */
    struct layout_texts unit_texts; /**< `ADDRESS=PROFILE` */
    struct layout_texts arm_texts;  /**< `release=U.R,entry=U.R,…` */
    struct layout_texts set_texts;  /**< `ADDRESS:NAME=VALUE` */
    int provisioned;                /**< chl_link_loss; −1 = as delivered by the factory */
    int64_t delay_ms, baud;
    size_t loaded;
    struct chl_profile *profiles[LAYOUT_PROFILES_MAX]; /**< owned, each loaded once */
    const char *names[LAYOUT_PROFILES_MAX];
};

/** Put all of it on a bus that controller_init has made.
 *  @param why gets expected, came. @return CHL_OK or why not. Blocks: reads profiles. */
chl_err layout_build(struct layout *layout, struct controller *controller, int64_t now_ns,
                     char *why, size_t why_size);
void layout_free(struct layout *layout);

#endif
