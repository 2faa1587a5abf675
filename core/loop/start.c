/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief From files to state: the snapshot, then the records after it.
 */
#include "core/loop/fold.h"
#include "core/loop/internal.h"

#include "lib/base/log.h"
#include "lib/base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static chl_err fold_apply(void *state, const struct chl_record *record)
{
    return fold_record(state, record);
}

static size_t fold_encode(void *state, char *out, size_t size)
{
    size_t room = engine_state_bound(state);
    return size < room ? room : engine_state_encode(state, out, size);
}

static chl_err fold_load(void *state, const char *json, size_t length)
{
    struct engine *engine = state;
    const struct engine_config *config = engine->config;
    engine_free(engine);
    chl_err error = engine_init(engine, config);
    error = error == CHL_OK ? engine_state_decode(engine, json, length) : error;
    if (error != CHL_OK) {
        /* The whole journal is folded then, into a state without anything half loaded. */
        engine_free(engine);
        (void)engine_init(engine, config);
    }
    return error;
}

void loop_fold_interface(struct engine *engine, struct snapshot_fold *fold)
{
    *fold = (struct snapshot_fold){
        .state = engine, .apply = fold_apply, .encode = fold_encode, .load = fold_load};
}

chl_err loop_open_journal(struct loop *loop, char *why, size_t why_size)
{
    const char *path = loop->config->journal_path;
    struct chl_journal *journal = NULL;
    struct snapshot_fold fold;
    struct snapshot_mark mark;
    chl_err error = chl_journal_open(path, loop->config->site_id, &journal, why, why_size);
    if (error != CHL_OK) {
        return error;
    }
    chl_journal_head(journal, &loop->head);
    chl_uuid_text(loop->head.epoch, loop->epoch);
    loop_fold_interface(&loop->engine, &fold);
    if (loop->head.last > 0) {
        error = snapshot_restore(path, &fold, &mark, why, why_size);
    }
    if (error == CHL_OK && loop->engine.state.sequence != loop->head.last) {
        snprintf(why, why_size, "%s: expected to fold up to record %llu, got to %llu", path,
                 (unsigned long long)loop->head.last,
                 (unsigned long long)loop->engine.state.sequence);
        error = CHL_E_CORRUPT;
    }
    struct writer_hooks hooks = {
        .user = loop, .on_durable = loop_on_durable, .on_state = loop_on_journal_state};
    if (error == CHL_OK) {
        error = writer_start(journal, &hooks, &loop->writer);
    }
    if (error != CHL_OK) {
        chl_journal_close(journal);
    }
    return error;
}
