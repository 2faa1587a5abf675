/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The desk's places, one a lane, and when each is wiped.
 */
#include "core/host/desk.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "core/host/internal.h"
#include "lib/base/text.h"
#include "lib/base/time.h"

struct place {
    int64_t end_ns; /* monotonic; 0 = empty */
    struct host_desk seen;
};

struct desk {
    pthread_mutex_t lock; /* guards the places */
    size_t lanes, size;
    int64_t keep_ns;
    struct place *places; /* pages of their own */
};

chl_err desk_new(size_t lanes, int64_t keep_ms, struct desk **out)
{
    *out = NULL;
    if (keep_ms <= 0 || lanes == 0) {
        return CHL_OK;
    }
    struct desk *desk = calloc(1, sizeof *desk);
    if (desk == NULL) {
        return CHL_E_NOMEM;
    }
    desk->lanes = lanes;
    desk->keep_ns = keep_ms * CHL_NS_PER_MS;
    desk->size = lanes * sizeof *desk->places;
    void *pages =
        mmap(NULL, desk->size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (pages == MAP_FAILED) {
        free(desk);
        return CHL_E_NOMEM;
    }
    /* Best effort: a limit on locked memory is no reason to work without a desk. */
    (void)madvise(pages, desk->size, MADV_DONTDUMP);
    (void)mlock(pages, desk->size);
    desk->places = pages;
    (void)pthread_mutex_init(&desk->lock, NULL);
    *out = desk;
    return CHL_OK;
}

void desk_free(struct desk *desk)
{
    if (desk == NULL) {
        return;
    }
    explicit_bzero(desk->places, desk->size);
    (void)munmap(desk->places, desk->size);
    (void)pthread_mutex_destroy(&desk->lock);
    free(desk);
}

static bool says_who(const struct chl_inspection *found)
{
    const struct chl_claims *claims = &found->claims;
    return found->outcome != CHL_NOT_MINE &&
           (claims->name[0] != '\0' || claims->document[0] != '\0' || claims->document_count > 0);
}

void desk_put(struct desk *desk, uint16_t lane, const struct chl_inspection *found,
              const uint8_t code[HOST_PSEUDONYM])
{
    if (desk == NULL || lane >= desk->lanes) {
        return;
    }
    int64_t now_ns = chl_mono_ns();
    struct place *place = &desk->places[lane];
    (void)pthread_mutex_lock(&desk->lock);
    explicit_bzero(place, sizeof *place);
    if (found != NULL && says_who(found)) {
        place->end_ns = now_ns + desk->keep_ns;
        place->seen.outcome = found->outcome;
        place->seen.format = found->format;
        place->seen.is_signed = found->is_signed;
        place->seen.seen_ns = now_ns;
        place->seen.claims = found->claims;
        (void)chl_copy(place->seen.reason, sizeof place->seen.reason, found->reason);
        memcpy(place->seen.code, code, HOST_PSEUDONYM);
    }
    (void)pthread_mutex_unlock(&desk->lock);
}

chl_err desk_look(struct desk *desk, uint16_t lane, struct host_desk *out)
{
    if (desk == NULL) {
        return CHL_E_NOTSUP;
    }
    if (lane >= desk->lanes) {
        return CHL_E_NOTFOUND;
    }
    chl_err error = CHL_E_NOTFOUND;
    const struct place *place = &desk->places[lane];
    (void)pthread_mutex_lock(&desk->lock);
    if (place->end_ns > chl_mono_ns()) {
        *out = place->seen;
        error = CHL_OK;
    }
    (void)pthread_mutex_unlock(&desk->lock);
    return error;
}

void desk_end(struct desk *desk, uint16_t lane, const uint8_t code[HOST_PSEUDONYM], int64_t by_ns)
{
    if (desk == NULL || lane >= desk->lanes) {
        return;
    }
    struct place *place = &desk->places[lane];
    (void)pthread_mutex_lock(&desk->lock);
    /* The lane may have scanned the next person already. */
    if (place->end_ns != 0 && memcmp(place->seen.code, code, HOST_PSEUDONYM) == 0) {
        if (by_ns <= chl_mono_ns()) {
            explicit_bzero(place, sizeof *place);
        } else if (by_ns < place->end_ns) {
            place->end_ns = by_ns;
        }
    }
    (void)pthread_mutex_unlock(&desk->lock);
}

void desk_tick(struct desk *desk, int64_t now_ns)
{
    if (desk == NULL) {
        return;
    }
    (void)pthread_mutex_lock(&desk->lock);
    for (size_t i = 0; i < desk->lanes; i++) {
        if (desk->places[i].end_ns != 0 && desk->places[i].end_ns <= now_ns) {
            explicit_bzero(&desk->places[i], sizeof desk->places[i]);
        }
    }
    (void)pthread_mutex_unlock(&desk->lock);
}

chl_err host_desk_look(struct host *host, uint16_t lane, struct host_desk *out)
{
    return desk_look(host->desk, lane, out);
}

void host_desk_end(struct host *host, uint16_t lane, const uint8_t code[HOST_PSEUDONYM],
                   int64_t by_ns)
{
    desk_end(host->desk, lane, code, by_ns);
}

void host_desk_tick(struct host *host)
{
    desk_tick(host->desk, chl_mono_ns());
}
