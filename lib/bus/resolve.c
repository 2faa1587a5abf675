/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Resolve a host's name without waiting longer for it than the caller can.
 */
#include "lib/bus/resolve.h"

#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/base/text.h"
#include "lib/base/time.h"

enum { LOOK_MS = 20 /**< how often a stop is looked for */ };

/** One question to the system's resolver: owned by the bus and by the thread that asks, freed by
 *  the last of them. */
struct question {
    pthread_mutex_t mutex;
    pthread_cond_t answered;
    char host[256];
    char port[6];
    unsigned owners;
    bool done;
    int failed; /**< of getaddrinfo() */
    struct bus_hosts hosts;
};

struct bus_resolver {
    char host[256];
    char port[6];
    struct question *pending; /**< whose thread may still hang */
    struct bus_hosts last;    /**< that were found before */
};

chl_err bus_resolver_new(const char *host, const char *port, struct bus_resolver **out)
{
    struct bus_resolver *resolver = calloc(1, sizeof *resolver);
    if (resolver == NULL) {
        return CHL_E_NOMEM;
    }
    (void)chl_copy(resolver->host, sizeof resolver->host, host);
    (void)chl_copy(resolver->port, sizeof resolver->port, port);
    *out = resolver;
    return CHL_OK;
}

static void disown(struct question *question)
{
    (void)pthread_mutex_lock(&question->mutex);
    const bool last = --question->owners == 0;
    (void)pthread_mutex_unlock(&question->mutex);
    if (last) {
        (void)pthread_cond_destroy(&question->answered);
        (void)pthread_mutex_destroy(&question->mutex);
        free(question);
    }
}

void bus_resolver_free(struct bus_resolver *resolver)
{
    if (resolver != NULL) {
        if (resolver->pending != NULL) {
            disown(resolver->pending);
        }
        free(resolver);
    }
}

static int look_up(const char *host, const char *port, int flags, struct bus_hosts *out)
{
    const struct addrinfo hints = {
        .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV | flags};
    struct addrinfo *found = NULL;
    const int failed = getaddrinfo(host, port, &hints, &found);
    if (failed != 0) {
        return failed;
    }
    out->count = 0;
    for (const struct addrinfo *at = found; at != NULL && out->count < BUS_HOSTS_MAX;
         at = at->ai_next) {
        memcpy(&out->at[out->count].address, at->ai_addr, at->ai_addrlen);
        out->at[out->count++].size = at->ai_addrlen;
    }
    freeaddrinfo(found);
    return 0;
}

static void *ask(void *argument)
{
    struct question *question = argument;
    struct bus_hosts hosts = {0};
    const int failed = look_up(question->host, question->port, 0, &hosts);
    (void)pthread_mutex_lock(&question->mutex);
    question->failed = failed;
    question->hosts = hosts;
    question->done = true;
    (void)pthread_cond_broadcast(&question->answered);
    (void)pthread_mutex_unlock(&question->mutex);
    disown(question);
    return NULL;
}

static bool start_asking(struct question *question)
{
    /* Signals belong to the program's loop. */
    sigset_t all;
    sigset_t before;
    pthread_t thread;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_BLOCK, &all, &before);
    const int failed = pthread_create(&thread, NULL, ask, question);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (failed == 0) {
        (void)pthread_detach(thread);
    }
    return failed == 0;
}

static struct question *question_new(const struct bus_resolver *resolver)
{
    struct question *question = calloc(1, sizeof *question);
    if (question == NULL) {
        return NULL;
    }
    pthread_condattr_t monotonic;
    (void)pthread_condattr_init(&monotonic);
    (void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    (void)pthread_mutex_init(&question->mutex, NULL);
    (void)pthread_cond_init(&question->answered, &monotonic);
    (void)pthread_condattr_destroy(&monotonic);
    memcpy(question->host, resolver->host, sizeof question->host);
    memcpy(question->port, resolver->port, sizeof question->port);
    question->owners = 2;
    if (!start_asking(question)) {
        question->owners = 1;
        disown(question);
        return NULL;
    }
    return question;
}

/** @return 0 and the hosts, or an error of getaddrinfo(); EAI_AGAIN when it still hangs. */
static int await_answer(struct question *question, int64_t deadline_ns, const atomic_bool *stopping,
                        struct bus_hosts *out)
{
    (void)pthread_mutex_lock(&question->mutex);
    while (!question->done && !atomic_load(stopping)) {
        const int64_t now = chl_mono_ns();
        if (now >= deadline_ns) {
            break;
        }
        const int64_t look = now + LOOK_MS * CHL_NS_PER_MS;
        const int64_t until = look < deadline_ns ? look : deadline_ns;
        const struct timespec time = {.tv_sec = (time_t)(until / CHL_NS_PER_S),
                                      .tv_nsec = (long)(until % CHL_NS_PER_S)};
        (void)pthread_cond_timedwait(&question->answered, &question->mutex, &time);
    }
    const int failed = question->done ? question->failed : EAI_AGAIN;
    if (failed == 0) {
        *out = question->hosts;
    }
    (void)pthread_mutex_unlock(&question->mutex);
    return failed;
}

static bool is_done(struct question *question)
{
    (void)pthread_mutex_lock(&question->mutex);
    const bool done = question->done;
    (void)pthread_mutex_unlock(&question->mutex);
    return done;
}

chl_err bus_resolve(struct bus_resolver *resolver, int64_t deadline_ns, const atomic_bool *stopping,
                    struct bus_hosts *out, char *why, size_t why_size)
{
    int failed = look_up(resolver->host, resolver->port, AI_NUMERICHOST, out);
    if (failed == 0) {
        return CHL_OK;
    }
    if (resolver->pending == NULL) {
        resolver->pending = question_new(resolver);
        if (resolver->pending == NULL) {
            (void)snprintf(why, why_size, "%.40s: no thread to resolve the name", resolver->host);
            return CHL_E_NOMEM;
        }
    }
    failed = await_answer(resolver->pending, deadline_ns, stopping, out);
    if (is_done(resolver->pending)) {
        disown(resolver->pending);
        resolver->pending = NULL;
    }
    if (failed == 0) {
        resolver->last = *out;
        return CHL_OK;
    }
    if (resolver->last.count > 0 && !atomic_load(stopping)) {
        *out = resolver->last;
        return CHL_OK;
    }
    (void)snprintf(why, why_size, "%.40s: expected an address from the resolver, got: %s",
                   resolver->host,
                   failed == EAI_AGAIN ? "no answer in time" : gai_strerror(failed));
    return CHL_E_IO;
}
