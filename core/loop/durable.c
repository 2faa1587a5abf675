/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Status while the journal is stuck: of what is on the disk, not of what waits for it.
 *
 *  The newest state may never become durable, so it is not shown. The committed one is read on a
 * thread of the pool, because the loop does not wait for a disk.
 */
#include "core/loop/internal.h"

#include "lib/base/text.h"

#include <stdlib.h>
#include <string.h>

struct job {
    uv_work_t work; /**< first: a job is found from its work */
    struct loop *loop;
    control_token token;
    struct status_view view;
    struct engine engine;
    int64_t *heard_ns;
    /* Handed over by our own hands too: what libuv's queue orders, the thread sanitizer cannot see.
     */
    _Atomic int step;
    char journal[LOOP_TEXT];
    char *json;
    size_t length;
};

static char *read_state(const struct loop *loop, size_t *length)
{
    uint64_t sequence = 0;
    uint8_t hash[32];
    char *state = NULL;
    *length = (size_t)64 * 1024;
    for (int i = 0; i < 4; i++) {
        size_t room = *length;
        free(state);
        state = malloc(room);
        chl_err error = state == NULL
                            ? CHL_E_NOMEM
                            : snapshot_copy(loop->snapshot, state, length, &sequence, hash);
        if (error == CHL_OK) {
            return state;
        }
        if (error != CHL_E_LIMIT) {
            break;
        }
        *length += *length / 8;
    }
    free(state);
    return NULL;
}

static void read_status(uv_work_t *work)
{
    struct job *job = (struct job *)(void *)work;
    size_t length = 0;
    (void)atomic_load(&job->step);
    char *state = read_state(job->loop, &length);
    size_t room = loop_status_room(job->loop);
    if (state != NULL && engine_init(&job->engine, &job->loop->site.engine) == CHL_OK &&
        engine_state_decode(&job->engine, state, length) == CHL_OK) {
        job->json = malloc(room);
        job->length = job->json != NULL ? status_json(&job->view, job->json, room) : 0;
    }
    engine_free(&job->engine);
    free(state);
    atomic_store(&job->step, 2);
}

static void answer(uv_work_t *work, int status)
{
    struct job *job = (struct job *)(void *)work;
    (void)atomic_load(&job->step);
    struct loop *loop = job->loop;
    if (loop->control == NULL) {
        goto out;
    }
    if (status == 0 && job->length > 0) {
        control_reply_ok(loop->control, job->token, "status", job->json, job->length);
    } else {
        control_reply_error(loop->control, job->token, "journal_full",
                            "the journal cannot be read or written: look at the daemon's log");
    }
out:
    loop->jobs--;
    free(job->json);
    free(job->heard_ns);
    free(job);
}

void loop_status_durable(struct loop *loop, control_token token)
{
    size_t gates = loop->site.engine.gate_count + 1U;
    struct job *job = calloc(1, sizeof *job);
    int64_t *heard = calloc(gates, sizeof *heard);
    if (job == NULL || heard == NULL) {
        free(job);
        free(heard);
        control_reply_error(loop->control, token, "failed", "out of memory; try again");
        return;
    }
    memcpy(heard, loop->heard_ns, gates * sizeof *heard);
    job->loop = loop;
    job->token = token;
    job->heard_ns = heard;
    loop_view(loop, &job->view);
    chl_copy(job->journal, sizeof job->journal, job->view.journal);
    job->view.journal = job->journal;
    job->view.heard_ns = heard;
    job->view.engine = &job->engine;
    loop->jobs++;
    atomic_store(&job->step, 1);
    if (uv_queue_work(&loop->uv, &job->work, read_status, answer) != 0) {
        answer(&job->work, -1);
    }
}
