/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief How current what the site believes is: read when it is loaded, recorded when it changes,
 * judged again as time passes.
 *
 *  Each signed code carries the age of what vouches for it and is judged by that; what is told here
 * is the oldest of all, for the people who must renew it.
 */
#include "core/loop/internal.h"

#include "lib/base/log.h"
#include "lib/base/text.h"
#include "lib/base/time.h"
#include "lib/cose/trust.h"

#include <string.h>

/* A list from tomorrow was made by a clock that is wrong, or is read by one. */
enum { TOMORROW_S = 86400 };

void loop_read_trust(const struct config *config, struct trust_status *out)
{
    struct chl_trust *trust = NULL;
    *out = (struct trust_status){0};
    chl_err error = chl_trust_new(&trust);
    for (size_t i = 0; error == CHL_OK && i < config->trust_count; i++) {
        error = chl_trust_add_path(trust, config->trust_paths[i], out->text, sizeof out->text);
    }
    out->refused = error != CHL_OK;
    if (error == CHL_OK) {
        out->loaded = true;
        out->keys = chl_trust_count(trust);
        out->skipped = chl_trust_skipped(trust);
        out->updated_s = chl_trust_updated(trust);
        out->text[0] = '\0';
    }
    chl_trust_free(trust);
}

bool loop_trust_is_old(const struct loop *loop, int64_t now_ns)
{
    int64_t max_age_s = loop->config->trust_max_age_ms / 1000;
    int64_t age_s = now_ns / CHL_NS_PER_S - loop->trust.updated_s;
    return loop->trust.updated_s != 0 && max_age_s != 0 &&
           (age_s > max_age_s || age_s < -TOMORROW_S);
}

static void record_trust(struct loop *loop, bool old)
{
    struct engine_input input = {.kind = INPUT_TRUST};
    input.as.trust.keys = (uint32_t)loop->trust.keys;
    input.as.trust.skipped = (uint32_t)loop->trust.skipped;
    input.as.trust.updated = loop->trust.updated_s;
    input.as.trust.old = old;
    loop_decide(loop, &input);
}

void loop_take_trust(struct loop *loop, const struct trust_status *read)
{
    if (read->refused) {
        /* The plugins kept what they had: so does its age. */
        loop->trust.refused = true;
        chl_copy(loop->trust.text, sizeof loop->trust.text, read->text);
        chl_log(CHL_LOG_ERROR, "loop", "event=trust result=refused text=\"%s\"", read->text);
        return;
    }
    loop->trust = *read;
    chl_log(CHL_LOG_INFO, "loop", "event=trust result=ok keys=%zu skipped=%zu updated=%lld",
            read->keys, read->skipped, (long long)read->updated_s);
    record_trust(loop, loop_trust_is_old(loop, loop_now_ns(loop)));
}

void loop_check_trust(struct loop *loop, int64_t now_ns)
{
    bool old = loop_trust_is_old(loop, now_ns);
    if (loop->trust.loaded && old != loop->engine.state.trust_old && !loop_is_stuck(loop)) {
        record_trust(loop, old);
    }
}
