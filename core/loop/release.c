/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The queue between a decision and its act.
 */
#include "core/loop/release.h"

#include "lib/base/time.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

struct release {
    struct release_sink sink;
    pthread_mutex_t lock; /**< also keeps the order in which the gate plugin sees commands */
    struct release_item *items;
    size_t head, count, gates;
    _Atomic uint64_t durable;
    uint32_t *generations;
};

chl_err release_new(const struct release_sink *sink, size_t gates, struct release **out)
{
    struct release *release = calloc(1, sizeof *release);
    if (release == NULL) {
        return CHL_E_NOMEM;
    }
    release->sink = *sink;
    release->gates = gates;
    pthread_mutex_init(&release->lock, NULL);
    release->items = calloc(RELEASE_MAX, sizeof *release->items);
    release->generations = calloc(gates + 1, sizeof *release->generations);
    if (release->items == NULL || release->generations == NULL) {
        release_free(release);
        return CHL_E_NOMEM;
    }
    *out = release;
    return CHL_OK;
}

void release_free(struct release *release)
{
    if (release == NULL) {
        return;
    }
    pthread_mutex_destroy(&release->lock);
    free(release->items);
    free(release->generations);
    free(release);
}

/* Called with the lock held. */
static void give(struct release *release, const struct release_item *item)
{
    const struct chl_gate_command *command = &item->command;
    if (command->generation < release->generations[command->gate.index]) {
        release->sink.dropped(release->sink.user, command, "superseded");
    } else if (command->deadline_ns < chl_mono_ns()) {
        release->sink.dropped(release->sink.user, command, "too late");
    } else if (release->sink.submit(release->sink.user, item->instance, command) != CHL_OK) {
        release->sink.dropped(release->sink.user, command, "the gate plugin takes no command");
    }
}

void release_push(struct release *release, const struct release_item *item, bool urgent)
{
    pthread_mutex_lock(&release->lock);
    bool durable = release->count == 0 && item->after <= atomic_load(&release->durable);
    if (urgent || durable) {
        give(release, item);
    } else if (release->count == RELEASE_MAX) {
        release->sink.dropped(release->sink.user, &item->command, "too many commands wait");
    } else {
        release->items[(release->head + release->count) % RELEASE_MAX] = *item;
        release->count++;
    }
    pthread_mutex_unlock(&release->lock);
}

void release_durable(struct release *release, uint64_t last)
{
    pthread_mutex_lock(&release->lock);
    atomic_store(&release->durable, last);
    while (release->count > 0 && release->items[release->head].after <= last) {
        give(release, &release->items[release->head]);
        release->head = (release->head + 1) % RELEASE_MAX;
        release->count--;
    }
    pthread_mutex_unlock(&release->lock);
}

void release_generation(struct release *release, chl_gate_id gate, uint32_t generation)
{
    pthread_mutex_lock(&release->lock);
    release->generations[gate.index] = generation;
    pthread_mutex_unlock(&release->lock);
}

uint64_t release_head(const struct release *release)
{
    return atomic_load(&release->durable);
}
