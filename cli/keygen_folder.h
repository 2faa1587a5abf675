/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Where `--out` of every kind of key leads: a folder, made when it is missing, or a file.
 */
#ifndef CHL_CLI_KEYGEN_FOLDER_H
#define CHL_CLI_KEYGEN_FOLDER_H

#include <stdbool.h>

/** Make the folders above the last part of `path`; with a slash at its end, all of it. Modes 0700.
 *  Failures show when the file is made. */
void keygen_make_folders(const char *path);
/** True when `out` ends in a slash or is a folder already. */
bool keygen_is_folder(const char *out);

#endif
