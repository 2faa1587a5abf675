/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The loop of one stream instance: poll sockets, journal and wake-up; never block on a
 * peer.
 */
#include "plugins/stream_zmq/service.h"

#include <signal.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include <zmq.h>

#include "lib/base/time.h"
#include "plugins/stream_zmq/zap.h"

enum {
    TURN_REQUESTS = 64, /* requests handled before looking at anything else */
    TURN_KEYS = 64,
    JOURNAL_POLL_MS = 200, /* only where the host has no event for a grown journal */
    REPORT_MS = 10000
};

int64_t service_now_ms(const struct chl_instance *instance)
{
    return instance->host->now_mono_ns(instance->ctx) / CHL_NS_PER_MS;
}

static void answer_keys(struct chl_instance *instance)
{
    const int64_t wall = instance->host->now_wall_ns(instance->ctx);
    for (int i = 0; i < TURN_KEYS; i++) {
        bool refused = false;
        if (!zap_answer(instance->zap, &instance->keyring, wall, &refused)) {
            break;
        }
        instance->refused += refused ? 1 : 0;
    }
    const int64_t now = service_now_ms(instance);
    if (instance->refused > 0 && now >= instance->report_ms) {
        instance->report_ms = now + REPORT_MS;
        instance->host->log(instance->ctx, CHL_LOG_WARNING,
                            "refused=%llu reason=key-not-granted text=\"a reader's key is not in "
                            "clients/, has expired, or may not read live\"",
                            (unsigned long long)instance->refused);
        instance->refused = 0;
    }
}

static void clear_event(int fd)
{
    uint64_t value = 0;
    if (read(fd, &value, sizeof value) < 0) {
        return; /* nothing was there: poll tells again */
    }
}

/** Time until something is due by itself. */
static long next_due(const struct chl_instance *instance)
{
    const int64_t now = service_now_ms(instance);
    int64_t due = JOURNAL_POLL_MS;
    if (instance->journal_fd >= 0) {
        due = CHL_STREAM_HEARTBEAT_MS;
    }
    const int64_t wait = chl_stream_server_next(instance->server, now);
    due = wait >= 0 && wait < due ? wait : due;
    if (instance->publisher != NULL) {
        const int64_t beat = instance->heartbeat_ms > now ? instance->heartbeat_ms - now : 0;
        due = beat < due ? beat : due;
    }
    return instance->behind ? 0 : (long)due;
}

static void on_journal(struct chl_instance *instance)
{
    if (instance->publisher != NULL) {
        live_publish(instance);
    }
    chl_stream_server_grown(instance->server);
}

static void on_time(struct chl_instance *instance)
{
    const int64_t now = service_now_ms(instance);
    const bool ending = atomic_load(&instance->quiescing);
    chl_stream_server_tick(instance->server, ending ? INT64_MAX : now);
    if (instance->publisher != NULL && now >= instance->heartbeat_ms) {
        instance->heartbeat_ms = now + CHL_STREAM_HEARTBEAT_MS;
        live_heartbeat(instance);
    }
}

/** What is polled, in this order; absent sockets are left out. */
enum { POLL_WAKE, POLL_JOURNAL, POLL_PULL, POLL_LIVE, POLL_ZAP, POLL_COUNT };

static void turn(struct chl_instance *instance, const zmq_pollitem_t items[POLL_COUNT])
{
    if (items[POLL_WAKE].revents != 0) {
        clear_event(instance->wake_fd);
    }
    if (items[POLL_ZAP].revents != 0) {
        answer_keys(instance);
    }
    if (items[POLL_JOURNAL].revents != 0) {
        clear_event(instance->journal_fd);
    }
    if (items[POLL_JOURNAL].revents != 0 || instance->journal_fd < 0 || instance->behind) {
        on_journal(instance);
    }
    if (items[POLL_LIVE].revents != 0) {
        live_drain(instance);
    }
    for (int i = 0; items[POLL_PULL].revents != 0 && i < TURN_REQUESTS; i++) {
        if (!pull_receive(instance)) {
            break;
        }
    }
    on_time(instance);
}

static void *run(void *user)
{
    struct chl_instance *instance = user;
    const int none = instance->wake_fd; /* an absent socket polls this with no events */
    while (!atomic_load(&instance->stopping)) {
        zmq_pollitem_t items[POLL_COUNT] = {
            [POLL_WAKE] = {.fd = instance->wake_fd, .events = ZMQ_POLLIN},
            [POLL_JOURNAL] = {.fd = instance->journal_fd >= 0 ? instance->journal_fd : none,
                              .events = instance->journal_fd >= 0 ? ZMQ_POLLIN : 0},
            [POLL_PULL] = {.socket = instance->puller, .events = ZMQ_POLLIN},
            [POLL_LIVE] = {.socket = instance->publisher,
                           .fd = none,
                           .events = instance->publisher != NULL ? ZMQ_POLLIN : 0},
            [POLL_ZAP] = {.socket = instance->zap,
                          .fd = none,
                          .events = instance->zap != NULL ? ZMQ_POLLIN : 0},
        };
        if (zmq_poll(items, POLL_COUNT, next_due(instance)) < 0 && zmq_errno() == ETERM) {
            break;
        }
        turn(instance, items);
    }
    return NULL;
}

static void close_sockets(struct chl_instance *instance)
{
    void **sockets[] = {&instance->puller, &instance->publisher, &instance->zap};
    for (size_t i = 0; i < sizeof sockets / sizeof *sockets; i++) {
        if (*sockets[i] != NULL) {
            (void)zmq_close(*sockets[i]);
            *sockets[i] = NULL;
        }
    }
    if (instance->context != NULL) {
        (void)zmq_ctx_term(instance->context);
        instance->context = NULL;
    }
    if (instance->wake_fd >= 0) {
        (void)close(instance->wake_fd);
        instance->wake_fd = -1;
    }
}

static chl_err open_one(struct chl_instance *instance, socket_role role, const char *name,
                        const char *endpoint, void **out, char *why, size_t why_size)
{
    char actual[ENDPOINT_SIZE] = "";
    const char *secret = instance->curve ? instance->keyring.secret_key : NULL;
    const chl_err error =
        server_socket_open(instance->context, role, endpoint, secret, out, actual, why, why_size);
    if (error == CHL_OK) {
        instance->host->log(instance->ctx, CHL_LOG_INFO, "listen=%s endpoint=%s security=%s", name,
                            actual, instance->curve ? "curve" : "plain");
    }
    return error;
}

static chl_err open_sockets(struct chl_instance *instance, char *why, size_t why_size)
{
    chl_err error = CHL_OK;
    instance->context = zmq_ctx_new();
    instance->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (instance->context == NULL || instance->wake_fd < 0) {
        (void)snprintf(why, why_size, "no ZeroMQ context or eventfd: too many open files?");
        return CHL_E_IO;
    }
    if (instance->curve) {
        error = zap_open(instance->context, &instance->zap, why, why_size);
    }
    if (error == CHL_OK) {
        error = open_one(instance, SOCKET_PULL, "pull", instance->pull, &instance->puller, why,
                         why_size);
    }
    if (error == CHL_OK && instance->live[0] != '\0') {
        error = open_one(instance, SOCKET_LIVE, "live", instance->live, &instance->publisher, why,
                         why_size);
    }
    return error;
}

/** Start the thread with every signal blocked: signals are the daemon's. */
static chl_err start_thread(struct chl_instance *instance)
{
    sigset_t all;
    sigset_t before;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    const int result = pthread_create(&instance->thread, NULL, run, instance);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return result == 0 ? CHL_OK : CHL_E_NOMEM;
}

chl_err service_prepare(struct chl_instance *instance)
{
    const struct chl_stream_store store = service_store(instance);
    const struct chl_stream_transport transport = {.user = instance, .send = pull_send_answer};
    return chl_stream_server_new(&store, &transport, &instance->server);
}

chl_err service_start(struct chl_instance *instance)
{
    char why[256] = "the journal cannot be read";
    struct chl_journal_info info = {.size = sizeof info};
    chl_err error = instance->host->journal_info(instance->ctx, &info);
    if (error == CHL_OK) {
        instance->published = info.head;
        instance->heartbeat_ms = service_now_ms(instance);
        instance->journal_fd = -1;
        if (CHL_HAS(instance->host, journal_fd)) {
            instance->journal_fd = instance->host->journal_fd(instance->ctx);
        }
        error = open_sockets(instance, why, sizeof why);
    }
    if (error == CHL_OK) {
        (void)snprintf(why, sizeof why, "no thread could be started");
        error = start_thread(instance);
    }
    if (error != CHL_OK) {
        close_sockets(instance);
        instance->host->log(instance->ctx, CHL_LOG_ERROR, "start=failed text=\"%s\"", why);
        instance->host->set_health(instance->ctx, false, why);
        return error;
    }
    instance->running = true;
    instance->host->set_health(instance->ctx, true, "listening");
    return CHL_OK;
}

static void wake(const struct chl_instance *instance)
{
    const uint64_t one = 1;
    if (instance->wake_fd >= 0 && write(instance->wake_fd, &one, sizeof one) < 0) {
        return; /* full: it is awake already */
    }
}

void service_quiesce(struct chl_instance *instance)
{
    atomic_store(&instance->quiescing, true);
    wake(instance);
}

void service_stop(struct chl_instance *instance)
{
    if (!instance->running) {
        return;
    }
    atomic_store(&instance->quiescing, true);
    atomic_store(&instance->stopping, true);
    wake(instance);
    (void)pthread_join(instance->thread, NULL);
    instance->running = false;
    chl_stream_server_tick(instance->server, INT64_MAX); /* nobody is left waiting in silence */
    close_sockets(instance);
    atomic_store(&instance->quiescing, false);
    atomic_store(&instance->stopping, false);
}
