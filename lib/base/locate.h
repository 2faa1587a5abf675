/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Where the running program's plugins and shared data lie: relative to the program itself.
 */
#ifndef CHL_BASE_LOCATE_H
#define CHL_BASE_LOCATE_H

#include <chilang/types.h>

/** Folder of the plugins: `<program's folder>/../lib/chilang/plugins`. Thread: any. Blocks: short.
 */
chl_err chl_locate_plugins(char *out, size_t size);
/** Folder of shared data: `<program's folder>/../share/chilang`. */
chl_err chl_locate_data(char *out, size_t size);
/** `<folder of the running program>/<name>`. */
chl_err chl_locate_program(const char *name, char *out, size_t size);

#endif
