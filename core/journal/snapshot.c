/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The snapshot's thread: when enough is new, fold it, write the sum.
 */
#include "core/journal/snapshot.h"

#include "core/journal/restore.h"
#include "core/journal/snapshot_file.h"
#include "lib/base/log.h"
#include "lib/base/time.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum { NICE = 10, RETRY_S = 10, EVERY_RECORDS = 10000, EVERY_S = 60, FIRST_SIZE = 64 * 1024 };

struct snapshot {
    char path[4096]; /**< of the snapshot */
    uint64_t every_records;
    int64_t every_ns;
    pthread_t thread;

    pthread_mutex_t folding; /**< guards the state, its reader and its mark */
    struct snapshot_fold fold;
    struct chl_journal_reader *reader;
    struct snapshot_mark mark;
    bool begun;

    pthread_mutex_t lock; /**< guards what follows; never held while the disk is waited for */
    pthread_cond_t work;
    uint64_t durable, written;
    int64_t written_ns; /**< when the last one was written, or the thread began */
    int64_t not_before_ns;
    bool stopping;
};

/* The state up to the newest committed record. Under `folding`. */
static chl_err catch_up(struct snapshot *s)
{
    chl_err error = CHL_OK;
    char why[300];
    if (!s->begun) {
        error = restore_begin(s->reader, s->path, &s->fold, &s->mark);
        s->begun = error == CHL_OK;
    }
    if (error == CHL_OK) {
        error = restore_tail(s->reader, &s->fold, &s->mark, why, sizeof why);
        if (error != CHL_OK) {
            chl_log(CHL_LOG_ERROR, "snapshot", "fold stopped reason=\"%s\"", why);
        }
    }
    return error;
}

/* Encode into a buffer that grows once to what is needed. Under `folding`. */
static chl_err encode(struct snapshot *s, char **bytes, size_t *length)
{
    size_t room = FIRST_SIZE;
    for (int attempt = 0; attempt < 2; attempt++) {
        free(*bytes);
        *bytes = malloc(room);
        if (*bytes == NULL) {
            return CHL_E_NOMEM;
        }
        *length = s->fold.encode(s->fold.state, *bytes, room);
        if (*length == 0 || *length > SNAPSHOT_MAX) {
            return CHL_E_LIMIT;
        }
        if (*length <= room) {
            return CHL_OK;
        }
        room = *length;
    }
    return CHL_E_LIMIT;
}

/* Fold and write; `*sequence` is what the file then holds. */
static chl_err make(struct snapshot *s, uint64_t *sequence)
{
    char *bytes = NULL;
    size_t length = 0;
    pthread_mutex_lock(&s->folding);
    chl_err error = catch_up(s);
    if (error == CHL_OK && s->mark.sequence > *sequence) {
        error = encode(s, &bytes, &length);
    }
    const struct snapshot_mark mark = s->mark;
    pthread_mutex_unlock(&s->folding);
    if (error == CHL_OK && bytes != NULL) {
        error = snapshot_file_write(s->path, &mark, bytes, length);
    }
    if (error == CHL_OK) {
        *sequence = mark.sequence;
    } else {
        chl_log(CHL_LOG_WARNING, "snapshot",
                "not written path=%s error=\"%s\": nothing is lost, but a start takes longer; see "
                "the folder's rights and room",
                s->path, chl_strerror(error));
    }
    free(bytes);
    return error;
}

/* When the next one is due, ns; 0: now; INT64_MAX: nothing is new. Under `lock`. */
static int64_t due(const struct snapshot *s)
{
    if (s->durable <= s->written) {
        return INT64_MAX;
    }
    int64_t when = s->durable - s->written >= s->every_records ? 0 : s->written_ns + s->every_ns;
    return when > s->not_before_ns ? when : s->not_before_ns;
}

/* Sleep until one is due. False: stop, with nothing new. */
static bool wait(struct snapshot *s)
{
    for (;;) {
        int64_t when = due(s);
        if (s->stopping) {
            return when != INT64_MAX;
        }
        if (when <= chl_mono_ns()) {
            return true;
        }
        if (when == INT64_MAX) {
            pthread_cond_wait(&s->work, &s->lock);
        } else {
            const struct timespec until = {.tv_sec = (time_t)(when / CHL_NS_PER_S),
                                           .tv_nsec = (long)(when % CHL_NS_PER_S)};
            pthread_cond_timedwait(&s->work, &s->lock, &until);
        }
    }
}

static void *run(void *user)
{
    struct snapshot *s = user;
    /* On Linux a nice value is a thread's own. */
    (void)setpriority(PRIO_PROCESS, (id_t)gettid(), NICE);
    pthread_mutex_lock(&s->lock);
    s->written_ns = chl_mono_ns();
    while (wait(s)) {
        uint64_t sequence = s->written;
        bool last = s->stopping;
        pthread_mutex_unlock(&s->lock);
        chl_err error = make(s, &sequence);
        pthread_mutex_lock(&s->lock);
        s->written = sequence;
        s->written_ns = chl_mono_ns();
        s->not_before_ns = error == CHL_OK ? 0 : s->written_ns + RETRY_S * CHL_NS_PER_S;
        if (last) {
            break;
        }
    }
    pthread_mutex_unlock(&s->lock);
    return NULL;
}

static void destroy(struct snapshot *s)
{
    chl_journal_reader_close(s->reader);
    pthread_cond_destroy(&s->work);
    pthread_mutex_destroy(&s->lock);
    pthread_mutex_destroy(&s->folding);
    free(s);
}

static void init_locks(struct snapshot *s)
{
    pthread_condattr_t monotonic;
    pthread_mutex_init(&s->folding, NULL);
    pthread_mutex_init(&s->lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&s->work, &monotonic);
    pthread_condattr_destroy(&monotonic);
}

static chl_err start_thread(struct snapshot *s)
{
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int result = pthread_create(&s->thread, NULL, run, s);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (result != 0) {
        return CHL_E_NOMEM;
    }
    pthread_setname_np(s->thread, "chl-snapshot");
    return CHL_OK;
}

chl_err snapshot_start(const struct snapshot_options *options, const struct snapshot_fold *fold,
                       struct snapshot **out)
{
    char why[300];
    struct snapshot *s = calloc(1, sizeof *s);
    if (s == NULL) {
        return CHL_E_NOMEM;
    }
    init_locks(s);
    s->fold = *fold;
    s->every_records = options->every_records > 0 ? options->every_records : EVERY_RECORDS;
    s->every_ns = (options->every_s > 0 ? options->every_s : EVERY_S) * CHL_NS_PER_S;
    chl_err error =
        restore_path(options->journal_path, s->path, sizeof s->path) ? CHL_OK : CHL_E_INVAL;
    if (error == CHL_OK) {
        error = chl_journal_reader_open(options->journal_path, &s->reader, why, sizeof why);
        if (error != CHL_OK) {
            chl_log(CHL_LOG_ERROR, "snapshot", "not started reason=\"%s\"", why);
        }
    }
    if (error == CHL_OK) {
        error = start_thread(s);
    }
    if (error != CHL_OK) {
        destroy(s);
        return error;
    }
    *out = s;
    return CHL_OK;
}

void snapshot_wake(struct snapshot *snapshot, uint64_t durable)
{
    struct snapshot *s = snapshot;
    pthread_mutex_lock(&s->lock);
    bool slept = s->durable <= s->written;
    bool enough = s->durable - s->written < s->every_records;
    s->durable = durable;
    /* only when that changes what the thread waits for */
    enough = enough && durable - s->written >= s->every_records;
    pthread_mutex_unlock(&s->lock);
    if (slept || enough) {
        pthread_cond_signal(&s->work);
    }
}

chl_err snapshot_copy(struct snapshot *snapshot, char *out, size_t *length, uint64_t *sequence,
                      uint8_t hash[32])
{
    struct snapshot *s = snapshot;
    pthread_mutex_lock(&s->folding);
    chl_err error = catch_up(s);
    if (error == CHL_OK) {
        size_t room = *length;
        *length = s->fold.encode(s->fold.state, out, room);
        if (*length == 0) {
            error = CHL_E_STATE;
        } else if (*length > room) {
            error = CHL_E_LIMIT;
        }
        *sequence = s->mark.sequence;
        memcpy(hash, s->mark.hash, sizeof s->mark.hash);
    }
    pthread_mutex_unlock(&s->folding);
    return error;
}

void snapshot_stop(struct snapshot *snapshot)
{
    if (snapshot == NULL) {
        return;
    }
    pthread_mutex_lock(&snapshot->lock);
    snapshot->stopping = true;
    pthread_mutex_unlock(&snapshot->lock);
    pthread_cond_signal(&snapshot->work);
    pthread_join(snapshot->thread, NULL);
    destroy(snapshot);
}
