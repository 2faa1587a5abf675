/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief A chain of credential plugins asked in order; the first that knows a code answers.
 *
 *  The members can be swapped (new trust) while scanners' threads are inspecting.
 */
#ifndef CHL_PLUGINHOST_CREDENTIALS_H
#define CHL_PLUGINHOST_CREDENTIALS_H

#include <chilang/plugin.h>

/** Longest time one code may take; a longer one is answered all the same, and reported. */
#define CHL_INSPECT_DEADLINE_NS INT64_C(10000000)

enum { CHL_CREDENTIALS_MAX = 32 };

/** One member, borrowed until a later chl_credentials_set() or the chain's end. */
struct chl_credential {
    const char *name; /**< of the instance, for logs */
    const struct chl_plugin *plugin;
    const struct chl_instance *instance;
};

struct chl_credentials;

/** An empty chain, the caller's. Thread: any. */
chl_err chl_credentials_new(struct chl_credentials **out);
/** No inspection may be running. NULL is allowed. */
void chl_credentials_free(struct chl_credentials *chain);

/** Replace all members. When this returns CHL_OK no inspection uses the former ones any more, so
 *  that they can be destroyed. On CHL_E_LIMIT (too many), CHL_E_INVAL (not a credential plugin) or
 *  CHL_E_NOMEM the former ones stay.
 *  Thread: one at a time, never one that is inspecting. Blocks: until running inspections end. */
chl_err chl_credentials_set(struct chl_credentials *chain, const struct chl_credential *members,
                            size_t count);

/** How an inspection went. */
struct chl_inspect_note {
    int64_t elapsed_ns;
    bool late;    /**< it took longer than CHL_INSPECT_DEADLINE_NS */
    bool faulted; /**< a plugin returned an error or nonsense and was passed over */
    char by[64];  /**< instance that faulted, else the one that answered, "" = none knew it */
};

/** Inspect one code, without what scanners put around it (chl_code_trim). `out` is filled in every
 *  case. When no plugin knew the code: CHL_REFUSED at stage prefix, with the format, for
 *  `format_unsupported` or, for the QR of a place, `place_code`; CHL_NOT_MINE of CHL_FORMAT_UNKNOWN
 *  for `unknown-format` when nobody has heard of it. When a plugin failed and none answered:
 *  CHL_REFUSED at stage picture for `plugin-error`. What a plugin writes is bounded here: enums in
 *  range, texts ended.
 *  @param scratch at least CHL_SCRATCH_MIN bytes, not shared between threads.
 *  @param now_ns wall time to judge validity by.
 *  @param note may be NULL.
 *  Thread: any, concurrently. Blocks: no. */
void chl_credentials_inspect(struct chl_credentials *chain, struct chl_scratch *scratch,
                             const uint8_t *bytes, size_t length, int64_t now_ns,
                             struct chl_inspection *out, struct chl_inspect_note *note);

#endif
