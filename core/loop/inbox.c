/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Four rings under one mutex.
 */
#include "core/loop/inbox.h"

#include <pthread.h>
#include <stdlib.h>

enum { RINGS = 4 };

struct ring {
    struct inbox_message *slots;
    size_t capacity, head, count;
};

struct inbox {
    pthread_mutex_t lock;
    struct ring rings[RINGS]; /**< emergencies, drops, events, scans */
    void (*wake)(void *user);
    void *user;
};

static size_t ring_of(inbox_kind kind)
{
    /* Nobody repeats a drop: its ring is its own, so that a flood of events cannot fill it. */
    return kind == INBOX_EMERGENCY ? 0 : kind == INBOX_DROP ? 1 : kind == INBOX_SCAN ? 3 : 2;
}

chl_err inbox_new(void (*wake)(void *user), void *user, struct inbox **out)
{
    static const size_t capacity[RINGS] = {INBOX_URGENT, INBOX_DROPPED, INBOX_EVENTS, INBOX_SCANS};
    struct inbox *inbox = calloc(1, sizeof *inbox);
    if (inbox == NULL) {
        return CHL_E_NOMEM;
    }
    pthread_mutex_init(&inbox->lock, NULL);
    inbox->wake = wake;
    inbox->user = user;
    for (size_t i = 0; i < RINGS; i++) {
        inbox->rings[i].capacity = capacity[i];
        inbox->rings[i].slots = calloc(capacity[i], sizeof *inbox->rings[i].slots);
        if (inbox->rings[i].slots == NULL) {
            inbox_free(inbox);
            return CHL_E_NOMEM;
        }
    }
    *out = inbox;
    return CHL_OK;
}

void inbox_free(struct inbox *inbox)
{
    if (inbox == NULL) {
        return;
    }
    struct inbox_message message;
    while (inbox->rings[RINGS - 1].slots != NULL && inbox_take(inbox, &message)) {
        if (message.kind == INBOX_OPERATOR) {
            free(message.as.act.json);
        }
    }
    for (size_t i = 0; i < RINGS; i++) {
        free(inbox->rings[i].slots);
    }
    pthread_mutex_destroy(&inbox->lock);
    free(inbox);
}

chl_err inbox_push(struct inbox *inbox, const struct inbox_message *message)
{
    struct ring *ring = &inbox->rings[ring_of(message->kind)];
    pthread_mutex_lock(&inbox->lock);
    bool room = ring->count < ring->capacity;
    if (room) {
        ring->slots[(ring->head + ring->count) % ring->capacity] = *message;
        ring->count++;
    }
    pthread_mutex_unlock(&inbox->lock);
    if (!room) {
        return CHL_E_BUSY;
    }
    inbox->wake(inbox->user);
    return CHL_OK;
}

bool inbox_take(struct inbox *inbox, struct inbox_message *out)
{
    bool found = false;
    pthread_mutex_lock(&inbox->lock);
    for (size_t i = 0; i < RINGS && !found; i++) {
        struct ring *ring = &inbox->rings[i];
        if (ring->count > 0) {
            *out = ring->slots[ring->head];
            ring->head = (ring->head + 1) % ring->capacity;
            ring->count--;
            found = true;
        }
    }
    pthread_mutex_unlock(&inbox->lock);
    return found;
}
