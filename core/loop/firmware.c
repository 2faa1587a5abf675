/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Who changed a controller's settings while the daemon was away: taken from the tool's
 *  record into the journal, each line exactly once.
 *
 *  The engine counts the lines that became records, so the count is as durable as they are: after a
 *  crash the rest is taken, and nothing twice. A line that cannot be read becomes a record too:
 * that somebody spoilt the file is a fact, and the count goes on.
 */
#include "core/loop/internal.h"

#include "lib/base/log.h"
#include "lib/base/text.h"
#include "lib/base/time.h"
#include "lib/firmware/log.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

enum { LINES_AT_ONCE = 64, MINUTE_CHARACTERS = 16 };

/** One line as it becomes a record. */
struct told {
    char gate[CHL_FIRMWARE_NAME], who[ENGINE_WHO], why[ENGINE_WHY];
};

struct firmware_job {
    uv_work_t work; /**< first: a job is found from its work */
    struct loop *loop;
    _Atomic int step; /**< hands the job over where a thread sanitizer can see it */
    char path[PATH_MAX];
    uint64_t from, lines;
    size_t count;
    struct told told[LINES_AT_ONCE];
    chl_err error;
    char why[LOOP_TEXT];
};

static bool take_line(void *user, uint64_t line, const struct chl_firmware_entry *entry,
                      const char *why)
{
    struct firmware_job *job = user;
    struct told *told = &job->told[job->count++];
    if (entry != NULL) {
        char time[CHL_RFC3339_SIZE];
        char summary[ENGINE_WHY];
        chl_time_format(entry->time_ns, time);
        chl_firmware_log_summary(entry, summary, sizeof summary);
        time[MINUTE_CHARACTERS] = '\0';
        char whole[ENGINE_WHY + CHL_RFC3339_SIZE + 2];
        (void)snprintf(whole, sizeof whole, "%sZ %s", time, summary);
        (void)chl_copy(told->why, sizeof told->why, whole);
        (void)chl_copy(told->who, sizeof told->who, entry->who);
        (void)chl_copy(told->gate, sizeof told->gate, entry->gate);
    } else {
        char whole[2 * ENGINE_WHY];
        (void)snprintf(whole, sizeof whole, "line %llu of " CHL_FIRMWARE_LOG ": %s",
                       (unsigned long long)line + 1, why);
        (void)chl_copy(told->why, sizeof told->why, whole);
        (void)chl_copy(told->who, sizeof told->who, "?");
        told->gate[0] = '\0';
    }
    return job->count < LINES_AT_ONCE;
}

static struct firmware_job *make_job(struct loop *loop)
{
    struct firmware_job *job = calloc(1, sizeof *job);
    if (job == NULL) {
        return NULL;
    }
    job->loop = loop;
    job->from = loop->engine.state.firmware_lines;
    const int length =
        snprintf(job->path, sizeof job->path, "%s/%s", loop->config->state_dir, CHL_FIRMWARE_LOG);
    if (length < 0 || (size_t)length >= sizeof job->path) {
        free(job);
        return NULL;
    }
    return job;
}

static void read_lines(struct firmware_job *job)
{
    job->error = chl_firmware_log_read(job->path, job->from, take_line, job, &job->lines, job->why,
                                       sizeof job->why);
}

/** @return whether there may be more lines. */
static bool record_lines(struct loop *loop, const struct firmware_job *job)
{
    if (job->error != CHL_OK) {
        chl_log(CHL_LOG_WARNING, "loop", "event=firmware result=refused text=\"%s\"", job->why);
        return false;
    }
    if (job->lines < job->from && job->lines > 0) {
        chl_log(CHL_LOG_WARNING, "loop",
                "event=firmware text=\"%s: expected at least %llu lines, as taken before, got "
                "%llu; lines are only ever added to it\"",
                job->path, (unsigned long long)job->from, (unsigned long long)job->lines);
    }
    for (size_t i = 0; i < job->count && !loop_is_stuck(loop); i++) {
        struct engine_input input = {.kind = INPUT_OPERATOR};
        struct engine_operator *act = &input.as.operator_act;
        act->kind = OPERATOR_FIRMWARE;
        act->gate = job->told[i].gate[0] != '\0' ? site_gate(&loop->site, job->told[i].gate)
                                                 : (uint16_t)ENGINE_NONE;
        (void)chl_copy(act->who, sizeof act->who, job->told[i].who);
        (void)chl_copy(act->why, sizeof act->why, job->told[i].why);
        loop_decide(loop, &input);
    }
    return job->count == LINES_AT_ONCE && !loop_is_stuck(loop);
}

void loop_record_firmware(struct loop *loop)
{
    bool more = true;
    while (more) {
        struct firmware_job *job = make_job(loop);
        if (job == NULL) {
            return;
        }
        read_lines(job);
        more = record_lines(loop, job);
        free(job);
    }
}

static void work(uv_work_t *handle)
{
    struct firmware_job *job = (struct firmware_job *)(void *)handle;
    (void)atomic_load(&job->step);
    read_lines(job);
    atomic_store(&job->step, 2);
}

static void done(uv_work_t *handle, int status)
{
    struct firmware_job *job = (struct firmware_job *)(void *)handle;
    struct loop *loop = job->loop;
    (void)atomic_load(&job->step);
    loop->jobs--;
    loop->firmware_reading = false;
    bool more = loop->firmware_again;
    if (status == 0 && !loop->stopping && !loop_is_stuck(loop)) {
        more = record_lines(loop, job) || more;
    }
    free(job);
    if (more && !loop->stopping) {
        loop_read_firmware(loop);
    }
}

void loop_read_firmware(struct loop *loop)
{
    /* One at a time, so that the count it begins at is the count it ends with. */
    loop->firmware_again = loop->firmware_reading;
    struct firmware_job *job = loop->firmware_reading ? NULL : make_job(loop);
    if (job == NULL) {
        return;
    }
    loop->jobs++;
    loop->firmware_reading = true;
    atomic_store(&job->step, 1);
    if (uv_queue_work(&loop->uv, &job->work, work, done) != 0) {
        loop->jobs--;
        loop->firmware_reading = false;
        free(job);
    }
}
