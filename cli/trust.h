/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The parts of `chilang trust`.
 */
#ifndef CHL_CLI_TRUST_H
#define CHL_CLI_TRUST_H

#include "lib/cose/trust.h"

int cli_trust_list(int argc, char **argv);
/** `add` keeps what is there, `import` puts a new list in its place. */
int cli_trust_add(int argc, char **argv);
int cli_trust_import(int argc, char **argv);

/** Print the keys as a table of 80 columns, or as JSON. */
void trust_print(const struct chl_trust *trust, bool json);

/** What was passed over, told on stderr as it is found: the first ones. */
struct trust_skips {
    const char *command; /**< for messages */
    size_t count;
};
void trust_show_skips(struct chl_trust *trust, struct trust_skips *skips, const char *command);
/** Say how many more there were. */
void trust_end_skips(const struct trust_skips *skips);

/** Add what a site file names as its trust.
 *  @param why as that of chl_trust_add_path(). */
chl_err trust_add_site(struct chl_trust *trust, const char *site, char *why, size_t why_size);

#endif
