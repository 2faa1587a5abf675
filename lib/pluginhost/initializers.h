/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief What a shared object would run while being loaded, read from the file without loading it.
 */
#ifndef CHL_PLUGINHOST_INITIALIZERS_H
#define CHL_PLUGINHOST_INITIALIZERS_H

#include <chilang/types.h>

/** Refuse a shared object with initialisers beyond the one that the compiler's start files put into
 *  every object (`frame_dummy`, and `_init` in its own small section).
 *  @param why on CHL_E_ABI: file, expected, got, what to do; on CHL_E_IO: file and system error.
 *  @return CHL_OK, CHL_E_ABI (has a constructor, or is no shared object of this machine), CHL_E_IO.
 *  Thread: any. Blocks: disk. Source: System V gABI, chapter 5. */
chl_err chl_initializers_check(const char *file, char *why, size_t why_size);

#endif
