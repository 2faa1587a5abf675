/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The journal as the host lends it, in the shape that the protocol's state machine wants.
 */
#include <string.h>

#include "lib/base/text.h"
#include "plugins/stream_zmq/service.h"

static chl_err store_info(void *user, struct chl_stream_info *out)
{
    const struct chl_instance *instance = user;
    struct chl_journal_info info = {.size = sizeof info};
    const chl_err error = instance->host->journal_info(instance->ctx, &info);
    if (error != CHL_OK) {
        return error;
    }
    *out = (struct chl_stream_info){.first = info.first, .head = info.head};
    (void)chl_copy(out->site, sizeof out->site, info.site);
    memcpy(out->epoch, info.epoch, sizeof out->epoch);
    /* Before record 1 the hash is zero; what came before a later first record the host does not
     * say. */
    out->anchor_known = info.first <= 1;
    return CHL_OK;
}

static chl_err store_read(void *user, uint64_t from, size_t max,
                          chl_err (*visit)(void *user, const struct chl_record *record),
                          void *visit_user)
{
    const struct chl_instance *instance = user;
    return instance->host->journal_read(instance->ctx, from, max, visit, visit_user);
}

static chl_err store_acknowledge(void *user, const char *owner, const char *name, uint64_t sequence)
{
    const struct chl_instance *instance = user;
    struct chl_cursor cursor = {.size = sizeof cursor, .acknowledged = sequence};
    if (!CHL_HAS(instance->host, cursor_set)) {
        return CHL_E_NOTSUP;
    }
    (void)chl_copy(cursor.owner, sizeof cursor.owner, owner);
    (void)chl_copy(cursor.name, sizeof cursor.name, name);
    return instance->host->cursor_set(instance->ctx, &cursor);
}

static chl_err store_snapshot(void *user, char *out, size_t *length, uint64_t *sequence,
                              uint8_t hash[CHL_WIRE_HASH])
{
    const struct chl_instance *instance = user;
    if (!CHL_HAS(instance->host, snapshot)) {
        return CHL_E_NOTSUP;
    }
    return instance->host->snapshot(instance->ctx, out, length, sequence, hash);
}

struct chl_stream_store service_store(struct chl_instance *instance)
{
    return (struct chl_stream_store){.user = instance,
                                     .info = store_info,
                                     .read = store_read,
                                     .acknowledge = store_acknowledge,
                                     .snapshot = store_snapshot};
}
