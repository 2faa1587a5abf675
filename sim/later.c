/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Bytes that go out at their time, see later.h.
 */
#include "sim/later.h"

#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "lib/base/time.h"

struct later_entry {
    struct later_entry *next;
    struct later_target *target;
    int64_t due_ns;
    size_t length;
    uint8_t bytes[];
};

static void arm_timer(const struct later *later)
{
    struct itimerspec when;
    memset(&when, 0, sizeof when);
    if (later->first != NULL) {
        int64_t due_ns = later->first->due_ns > 0 ? later->first->due_ns : 1;
        when.it_value.tv_sec = (time_t)(due_ns / CHL_NS_PER_S);
        when.it_value.tv_nsec = (long)(due_ns % CHL_NS_PER_S);
    }
    (void)timerfd_settime(later->fd, TFD_TIMER_ABSTIME, &when, NULL);
}

static void due(uv_poll_t *poll, int status, int events)
{
    struct later *later = poll->data;
    uint64_t fired = 0;
    (void)status;
    (void)events;
    (void)!read(later->fd, &fired, sizeof fired);
    int64_t now_ns = chl_mono_ns();
    while (later->first != NULL && later->first->due_ns <= now_ns) {
        struct later_entry *entry = later->first;
        later->first = entry->next;
        later->count--;
        entry->target->send(entry->target, entry->bytes, entry->length);
        free(entry);
    }
    arm_timer(later);
}

chl_err later_start(struct later *later, uv_loop_t *loop)
{
    memset(later, 0, sizeof *later);
    later->fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    if (later->fd < 0) {
        return CHL_E_IO;
    }
    if (uv_poll_init(loop, &later->poll, later->fd) != 0) {
        close(later->fd);
        later->fd = -1;
        return CHL_E_IO;
    }
    later->poll.data = later;
    uv_poll_start(&later->poll, UV_READABLE, due);
    return CHL_OK;
}

void later_send(struct later *later, struct later_target *target, int64_t due_ns,
                const uint8_t *bytes, size_t length)
{
    if (due_ns <= chl_mono_ns()) {
        target->send(target, bytes, length);
        return;
    }
    struct later_entry *entry = later->count < LATER_MAX ? malloc(sizeof *entry + length) : NULL;
    if (entry == NULL) {
        return;
    }
    entry->target = target;
    entry->due_ns = due_ns;
    entry->length = length;
    memcpy(entry->bytes, bytes, length);
    struct later_entry **place = &later->first;
    while (*place != NULL && (*place)->due_ns <= due_ns) {
        place = &(*place)->next;
    }
    entry->next = *place;
    *place = entry;
    later->count++;
    if (later->first == entry) {
        arm_timer(later);
    }
}

void later_forget(struct later *later, const struct later_target *target)
{
    struct later_entry **place = &later->first;
    while (*place != NULL) {
        struct later_entry *entry = *place;
        if (entry->target == target) {
            *place = entry->next;
            later->count--;
            free(entry);
        } else {
            place = &entry->next;
        }
    }
}

static void closed(uv_handle_t *handle)
{
    struct later *later = handle->data;
    close(later->fd);
    later->fd = -1;
}

void later_stop(struct later *later)
{
    while (later->first != NULL) {
        struct later_entry *entry = later->first;
        later->first = entry->next;
        free(entry);
    }
    later->count = 0;
    if (later->fd >= 0 && uv_is_closing((uv_handle_t *)&later->poll) == 0) {
        uv_close((uv_handle_t *)&later->poll, closed);
    }
}
