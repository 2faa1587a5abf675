/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Commands on their way from any thread to the bus's thread: bounded, never lost.
 */
#include "inbox.h"

#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "lib/modbus/driver.h"

chl_err inbox_init(struct inbox *inbox, size_t count)
{
    *inbox = (struct inbox){.wake_fd = -1, .gate_count = count, .closed = true};
    inbox->capacity = count * (CHL_MODBUS_GATE_COMMANDS + CHL_MODBUS_GATE_URGENT);
    inbox->gates = calloc(count, sizeof *inbox->gates);
    inbox->ring = calloc(inbox->capacity, sizeof *inbox->ring);
    (void)pthread_mutex_init(&inbox->mutex, NULL);
    if (inbox->gates == NULL || inbox->ring == NULL) {
        return CHL_E_NOMEM;
    }
    inbox->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    return inbox->wake_fd < 0 ? CHL_E_IO : CHL_OK;
}

void inbox_free(struct inbox *inbox)
{
    if (inbox->wake_fd >= 0) {
        (void)close(inbox->wake_fd);
    }
    free(inbox->gates);
    free(inbox->ring);
    (void)pthread_mutex_destroy(&inbox->mutex);
}

static struct inbox_gate *gate_of(struct inbox *inbox, chl_gate_id gate)
{
    for (size_t i = 0; i < inbox->gate_count; i++) {
        if (inbox->gates[i].gate.index == gate.index) {
            return &inbox->gates[i];
        }
    }
    return NULL;
}

static chl_err put_locked(struct inbox *inbox, const struct chl_gate_command *command)
{
    struct inbox_gate *gate = gate_of(inbox, command->gate);
    const bool urgent = command->action == CHL_GATE_MODE && command->mode == CHL_MODE_EMERGENCY;
    const unsigned room = CHL_MODBUS_GATE_COMMANDS + (urgent ? CHL_MODBUS_GATE_URGENT : 0u);
    if (inbox->closed) {
        return CHL_E_STATE;
    }
    if (gate == NULL) {
        return CHL_E_NOTFOUND;
    }
    if (gate->open >= room || inbox->count >= inbox->capacity) {
        return CHL_E_BUSY;
    }
    gate->open++;
    inbox->ring[(inbox->first + inbox->count) % inbox->capacity] = *command;
    inbox->count++;
    return CHL_OK;
}

chl_err inbox_put(struct inbox *inbox, const struct chl_gate_command *command,
                  void (*accepted)(void *user, const struct chl_gate_command *command), void *user)
{
    (void)pthread_mutex_lock(&inbox->mutex);
    const chl_err err = put_locked(inbox, command);
    if (err == CHL_OK) {
        accepted(user, command);
    }
    (void)pthread_mutex_unlock(&inbox->mutex);
    if (err == CHL_OK) {
        inbox_wake(inbox);
    }
    return err;
}

bool inbox_take(struct inbox *inbox, struct chl_gate_command *out)
{
    (void)pthread_mutex_lock(&inbox->mutex);
    const bool any = inbox->count > 0;
    if (any) {
        *out = inbox->ring[inbox->first];
        inbox->first = (inbox->first + 1) % inbox->capacity;
        inbox->count--;
    }
    (void)pthread_mutex_unlock(&inbox->mutex);
    return any;
}

void inbox_completed(struct inbox *inbox, chl_gate_id gate)
{
    (void)pthread_mutex_lock(&inbox->mutex);
    struct inbox_gate *at = gate_of(inbox, gate);
    if (at != NULL && at->open > 0) {
        at->open--;
    }
    (void)pthread_mutex_unlock(&inbox->mutex);
}

static void set_closed(struct inbox *inbox, bool closed)
{
    (void)pthread_mutex_lock(&inbox->mutex);
    inbox->closed = closed;
    (void)pthread_mutex_unlock(&inbox->mutex);
}

void inbox_close(struct inbox *inbox)
{
    set_closed(inbox, true);
}

void inbox_reopen(struct inbox *inbox)
{
    set_closed(inbox, false);
}

void inbox_wake(struct inbox *inbox)
{
    const uint64_t one = 1;
    /* Fails only when the counter is full, and then the thread is awake already. */
    const ssize_t written = write(inbox->wake_fd, &one, sizeof one);
    (void)written;
}

void inbox_rearm(struct inbox *inbox)
{
    uint64_t count = 0;
    const ssize_t taken = read(inbox->wake_fd, &count, sizeof count);
    (void)taken;
}
