/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief A store around the real one that fails where a test wants it, or waits there.
 */
#ifndef CHL_TESTS_FAILING_STORE_H
#define CHL_TESTS_FAILING_STORE_H

#include "lib/journal/store.h"

#include <stdatomic.h>

struct failing {
    void *inner;              /**< of chl_store_sqlite */
    int steps_left;           /**< the step that makes it 0 fails; negative: none does */
    chl_err error;            /**< with this */
    bool do_it_anyway;        /**< the step is done, but the answer is lost: as a failed sync */
    _Atomic int commit_error; /**< each commit fails with it until it is CHL_OK again */
    _Atomic int open_error;   /**< and each reopening with this */
    atomic_bool hold;         /**< commits wait while it is true */
    atomic_int commits;       /**< that were tried */
};

extern const struct chl_store_ops failing_ops;

#endif
