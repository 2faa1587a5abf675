/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The writer's thread: take what has gathered, commit it, tell, and again.
 */
#include "core/journal/writer.h"

#include "core/journal/writer_queue.h"
#include "lib/base/log.h"
#include "lib/base/time.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct writer {
    struct chl_journal *journal; /**< the thread's alone */
    struct writer_hooks hooks;
    pthread_t thread;

    pthread_mutex_t lock;
    pthread_cond_t work;
    struct writer_queue in; /**< under the lock */
    uint64_t next;          /**< under the lock: sequence that must come next */
    int64_t cursor_due_ns;  /**< under the lock: when cursors alone are committed; 0: none wait */
    bool waiting;           /**< under the lock: the thread sleeps */
    bool stopping, dead;    /**< under the lock */
    _Atomic uint64_t queued, durable;

    struct writer_queue out; /**< the thread's alone: what is being committed */
    struct chl_journal_entry *entries;
    size_t entries_room;
    enum writer_state state;
    int64_t backoff_ms;
    bool last_try; /**< the one more attempt of writer_stop is being made */
    bool gave_up;
};

static struct timespec at_time(int64_t mono_ns)
{
    return (struct timespec){.tv_sec = (time_t)(mono_ns / CHL_NS_PER_S),
                             .tv_nsec = (long)(mono_ns % CHL_NS_PER_S)};
}

static void tell(struct writer *w, enum writer_state state, const char *text)
{
    static const char *const names[] = {"ok", "full", "failed"};
    if (state == w->state) {
        return;
    }
    w->state = state;
    chl_log(state == WRITER_OK ? CHL_LOG_INFO : CHL_LOG_ERROR, "journal", "writer=%s text=\"%s\"",
            names[state], text);
    if (w->hooks.on_state != NULL) {
        w->hooks.on_state(w->hooks.user, state, text);
    }
}

/* Wait before the next attempt; when the writer is to stop there is one more, at once. False: no
 * more. */
static bool back_off(struct writer *w)
{
    const int64_t until = chl_mono_ns() + w->backoff_ms * CHL_NS_PER_MS;
    const struct timespec deadline = at_time(until);
    w->backoff_ms *= 2;
    if (w->backoff_ms > WRITER_BACKOFF_MAX_MS) {
        w->backoff_ms = WRITER_BACKOFF_MAX_MS;
    }
    pthread_mutex_lock(&w->lock);
    while (!w->stopping && chl_mono_ns() < until) {
        pthread_cond_timedwait(&w->work, &w->lock, &deadline);
    }
    bool go_on = !w->stopping || !w->last_try;
    w->last_try = w->stopping;
    pthread_mutex_unlock(&w->lock);
    return go_on;
}

static bool give_up(struct writer *w, const char *why)
{
    char text[336];
    snprintf(text, sizeof text, "stopped: %s", why);
    w->state = WRITER_OK; /* say it, also when it had failed before */
    tell(w, WRITER_FAILED, text);
    pthread_mutex_lock(&w->lock);
    w->dead = true;
    pthread_mutex_unlock(&w->lock);
    return false;
}

/* What to do after a failed step; true: try the same again. */
static bool recover(struct writer *w, chl_err error)
{
    char why[320] = "";
    snprintf(why, sizeof why, "%s", chl_journal_error(w->journal));
    if (error == CHL_E_IO) {
        bool first = w->backoff_ms == WRITER_BACKOFF_MIN_MS;
        error = chl_journal_reopen(w->journal, why, sizeof why);
        if (error == CHL_OK && first) {
            w->backoff_ms *= 2; /* once at once, as a passing fault deserves */
            return true;
        }
        error = error == CHL_OK ? CHL_E_IO : error;
    }
    switch (error) {
    case CHL_E_FULL:
        tell(w, WRITER_FULL, why);
        /* what the log holds may be moved and its space used again */
        (void)chl_journal_checkpoint(w->journal, 1);
        return back_off(w);
    case CHL_E_IO:
    case CHL_E_BUSY:
    case CHL_E_NOMEM:
        tell(w, WRITER_FAILED, why);
        return back_off(w);
    default:
        return give_up(w, why);
    }
}

typedef chl_err (*step)(struct writer *w, const void *what);

/* Do a step until it succeeds. False: the writer is to stop, or cannot go on. */
static bool insist(struct writer *w, step act, const void *what)
{
    w->backoff_ms = WRITER_BACKOFF_MIN_MS;
    for (;;) {
        chl_err error = act(w, what);
        if (error == CHL_OK) {
            tell(w, WRITER_OK, "commits again");
            return true;
        }
        if (!recover(w, error)) {
            w->gave_up = true;
            return false;
        }
    }
}

static chl_err put_content(struct writer *w, const void *what)
{
    const struct queued_content *content = what;
    chl_err error =
        chl_journal_put_content(w->journal, content->digest, content->bytes, content->length);
    if (error == CHL_E_INVAL || error == CHL_E_LIMIT) {
        chl_log(CHL_LOG_ERROR, "journal", "content dropped error=\"%s\"", chl_strerror(error));
        return CHL_OK;
    }
    return error;
}

static chl_err drop_cursor(struct writer *w, const void *what)
{
    const struct chl_cursor *cursor = what;
    chl_err error = chl_journal_drop_cursor(w->journal, cursor->owner, cursor->name);
    return error == CHL_E_NOTFOUND ? CHL_OK : error;
}

static chl_err commit(struct writer *w, const void *what)
{
    return chl_journal_commit(w->journal, what);
}

static bool fill_entries(struct writer *w, size_t from, size_t count)
{
    if (count > w->entries_room) {
        struct chl_journal_entry *larger = realloc(w->entries, count * sizeof *larger);
        if (larger == NULL) {
            return false;
        }
        w->entries = larger;
        w->entries_room = count;
    }
    for (size_t i = 0; i < count; i++) {
        w->entries[i] = writer_queue_entry(&w->out, from + i);
    }
    return true;
}

/* One transaction of at most WRITER_COMMIT_MAX records; the last one takes the cursors along. */
static bool commit_piece(struct writer *w, size_t from, size_t count)
{
    bool last = from + count == w->out.count;
    while (!fill_entries(w, from, count)) {
        w->backoff_ms = WRITER_BACKOFF_MAX_MS;
        tell(w, WRITER_FAILED, "out of memory");
        if (!back_off(w)) {
            w->gave_up = true;
            return false;
        }
    }
    const struct chl_journal_batch batch = {.entries = w->entries,
                                            .count = count,
                                            .cursors = w->out.cursors,
                                            .cursor_count = last ? w->out.cursor_count : 0};
    if (!insist(w, commit, &batch)) {
        return false;
    }
    if (count > 0) {
        uint64_t sequence = w->entries[count - 1].sequence;
        atomic_store(&w->durable, sequence);
        w->hooks.on_durable(w->hooks.user, sequence);
    }
    return true;
}

static bool commit_all(struct writer *w)
{
    for (const struct queued_content *c = w->out.contents; c != NULL; c = c->next) {
        if (!insist(w, put_content, c)) {
            return false;
        }
    }
    for (size_t i = 0; i < w->out.drop_count; i++) {
        if (!insist(w, drop_cursor, &w->out.drops[i])) {
            return false;
        }
    }
    size_t from = 0;
    do {
        size_t count = w->out.count - from;
        if (count > WRITER_COMMIT_MAX) {
            count = WRITER_COMMIT_MAX;
        }
        if (!commit_piece(w, from, count)) {
            return false;
        }
        from += count;
    } while (from < w->out.count);
    return true;
}

static bool has_work(const struct writer *w)
{
    return w->in.count > 0 || w->in.contents != NULL || w->in.drop_count > 0 || w->stopping ||
           (w->cursor_due_ns != 0 && chl_mono_ns() >= w->cursor_due_ns);
}

static void swap_queues(struct writer *w)
{
    struct writer_queue taken = w->in;
    w->in = w->out;
    w->out = taken;
    /* an empty list's end lies in the struct that moved */
    if (w->in.contents == NULL) {
        w->in.contents_end = &w->in.contents;
    }
    if (w->out.contents == NULL) {
        w->out.contents_end = &w->out.contents;
    }
    w->cursor_due_ns = 0;
}

/* Sleep until there is work and take it. False: nothing is left and the writer is to stop. */
static bool take(struct writer *w)
{
    pthread_mutex_lock(&w->lock);
    w->waiting = true;
    while (!has_work(w)) {
        if (w->cursor_due_ns != 0) {
            const struct timespec deadline = at_time(w->cursor_due_ns);
            pthread_cond_timedwait(&w->work, &w->lock, &deadline);
        } else {
            pthread_cond_wait(&w->work, &w->lock);
        }
    }
    w->waiting = false;
    swap_queues(w);
    bool last = w->stopping && w->out.count == 0 && w->out.contents == NULL &&
                w->out.drop_count == 0 && w->out.cursor_count == 0;
    pthread_mutex_unlock(&w->lock);
    return !last;
}

static bool is_idle(struct writer *w)
{
    pthread_mutex_lock(&w->lock);
    bool idle = w->in.count == 0;
    pthread_mutex_unlock(&w->lock);
    return idle;
}

static void *run(void *user)
{
    struct writer *w = user;
    while (take(w)) {
        bool done = commit_all(w);
        writer_queue_reset(&w->out);
        if (!done) {
            break;
        }
        /* An error here shows again at the next commit, where it is dealt with. */
        (void)chl_journal_checkpoint(w->journal, is_idle(w) ? WRITER_CHECKPOINT_IDLE_PAGES
                                                            : WRITER_CHECKPOINT_BUSY_PAGES);
    }
    return NULL;
}

static chl_err start_thread(struct writer *w)
{
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    /* also SIGXFSZ: a file at its size limit is then an error of the write, not the end */
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int result = pthread_create(&w->thread, NULL, run, w);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (result != 0) {
        return CHL_E_NOMEM;
    }
    pthread_setname_np(w->thread, "chl-journal");
    return CHL_OK;
}

chl_err writer_start(struct chl_journal *journal, const struct writer_hooks *hooks,
                     struct writer **out)
{
    struct chl_journal_head head;
    pthread_condattr_t monotonic;
    struct writer *w = calloc(1, sizeof *w);
    if (w == NULL) {
        return CHL_E_NOMEM;
    }
    chl_journal_head(journal, &head);
    w->journal = journal;
    w->hooks = *hooks;
    w->next = head.last + 1;
    w->state = WRITER_OK;
    atomic_init(&w->queued, head.last);
    atomic_init(&w->durable, head.last);
    writer_queue_init(&w->in);
    writer_queue_init(&w->out);
    pthread_mutex_init(&w->lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&w->work, &monotonic);
    pthread_condattr_destroy(&monotonic);
    chl_err error = start_thread(w);
    if (error != CHL_OK) {
        pthread_cond_destroy(&w->work);
        pthread_mutex_destroy(&w->lock);
        free(w);
        return error;
    }
    *out = w;
    return CHL_OK;
}

/* Leave the lock and wake the thread when it sleeps. */
static void release(struct writer *w, bool wake)
{
    bool signal_it = wake && w->waiting;
    pthread_mutex_unlock(&w->lock);
    if (signal_it) {
        pthread_cond_signal(&w->work);
    }
}

chl_err writer_push(struct writer *writer, const struct chl_journal_entry *entries, size_t count)
{
    struct writer *w = writer;
    chl_err error = CHL_OK;
    pthread_mutex_lock(&w->lock);
    if (w->stopping || w->dead) {
        error = CHL_E_STATE;
    }
    for (size_t i = 0; i < count && error == CHL_OK; i++) {
        error = entries[i].sequence == w->next + i ? CHL_OK : CHL_E_STATE;
    }
    if (error == CHL_OK) {
        error = writer_queue_records(&w->in, entries, count);
    }
    if (error == CHL_OK) {
        w->next += count;
        atomic_store(&w->queued, w->next - 1);
    }
    release(w, error == CHL_OK);
    return error;
}

chl_err writer_put_content(struct writer *writer, const uint8_t digest[32], const void *bytes,
                           size_t length)
{
    pthread_mutex_lock(&writer->lock);
    chl_err error = writer->stopping || writer->dead
                        ? CHL_E_STATE
                        : writer_queue_content(&writer->in, digest, bytes, length);
    release(writer, error == CHL_OK);
    return error;
}

chl_err writer_set_cursor(struct writer *writer, const struct chl_cursor *cursor)
{
    struct writer *w = writer;
    pthread_mutex_lock(&w->lock);
    chl_err error = w->stopping || w->dead ? CHL_E_STATE : writer_queue_cursor(&w->in, cursor);
    bool first = error == CHL_OK && w->cursor_due_ns == 0;
    if (first) {
        w->cursor_due_ns = chl_mono_ns() + WRITER_CURSOR_DELAY_MS * CHL_NS_PER_MS;
    }
    release(w, first); /* it sleeps without an end and must learn when to wake */
    return error;
}

chl_err writer_drop_cursor(struct writer *writer, const char *owner, const char *name)
{
    pthread_mutex_lock(&writer->lock);
    chl_err error = writer->stopping || writer->dead ? CHL_E_STATE
                                                     : writer_queue_drop(&writer->in, owner, name);
    release(writer, error == CHL_OK);
    return error;
}

size_t writer_backlog(const struct writer *writer)
{
    uint64_t durable = atomic_load(&writer->durable);
    uint64_t queued = atomic_load(&writer->queued);
    return queued > durable ? (size_t)(queued - durable) : 0;
}

chl_err writer_stop(struct writer *writer)
{
    if (writer == NULL) {
        return CHL_OK;
    }
    pthread_mutex_lock(&writer->lock);
    writer->stopping = true;
    pthread_mutex_unlock(&writer->lock);
    pthread_cond_broadcast(&writer->work);
    pthread_join(writer->thread, NULL);
    bool lost = writer->gave_up || writer_backlog(writer) > 0;
    chl_journal_close(writer->journal);
    writer_queue_clear(&writer->in);
    writer_queue_clear(&writer->out);
    free(writer->entries);
    pthread_cond_destroy(&writer->work);
    pthread_mutex_destroy(&writer->lock);
    free(writer);
    return lost ? CHL_E_IO : CHL_OK;
}
