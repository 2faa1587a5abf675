/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief `chilang monitor`: a subscriber of its own that pulls a site's records and misses none.
 */
#include "cli/cli.h"

#include <argp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "cli/monitor_link.h"
#include "cli/monitor_print.h"
#include "cli/monitor_store.h"
#include "lib/base/text.h"
#include "lib/base/time.h"

enum {
    WAIT_MS = 1000,     /* long-poll */
    PATIENCE_MS = 1500, /* three missed half-seconds beyond it: make the connection anew */
    LIVE_SILENCE_MS = 3 * CHL_STREAM_HEARTBEAT_MS,
    TURN_MESSAGES = 64,
    HINT_EVERY = 4 /* reconnects between hints at what may be wrong */
};

enum {
    KEY_LIVE = 'l',
    KEY_CONNECT = 'c',
    KEY_KEY = 'k',
    KEY_SERVER = 's',
    KEY_STORE = 'S',
    KEY_JSON = 'j',
    KEY_IDLE = 'i',
    KEY_COUNT = 'n',
    KEY_DURABLE = 'd',
    KEY_START = 'b',
    KEY_QUIET = 'q',
    KEY_EPOCH = 0x100
};

static const struct argp_option argp_options[] = {
    {"connect", KEY_CONNECT, "ENDPOINT", 0, "where to pull, e.g. tcp://site:5562", 0},
    {"live", KEY_LIVE, "ENDPOINT", 0, "where new records are sent at once (optional)", 0},
    {"key", KEY_KEY, "FILE", 0, "own key file with the secret, from `chilang keygen curve`", 0},
    {"server-key", KEY_SERVER, "FILE", 0, "the site's public key file; without both keys: plain",
     0},
    {"store", KEY_STORE, "FILE", 0,
     "keep records and cursor in this SQLite file, and resume from it", 0},
    {"durable", KEY_DURABLE, "NAME", 0,
     "have the site keep records until this reader has stored them", 0},
    {"from-start", KEY_START, NULL, 0,
     "without a store: begin at the first record, not at the newest", 0},
    {"accept-epoch", KEY_EPOCH, NULL, 0,
     "go over to another epoch (a restored journal) from its first record", 0},
    {"json", KEY_JSON, NULL, 0, "one JSON object a line", 0},
    {"quiet", KEY_QUIET, NULL, 0, "print the summary only", 0},
    {"until-idle", KEY_IDLE, "SECONDS", 0, "end when no record came for so long", 0},
    {"count", KEY_COUNT, "N", 0, "end after N records", 0},
    {0},
};

struct monitor {
    struct monitor_link link;
    struct monitor_store *store;
    struct chl_stream_client client;
    struct chl_stream_reading reading;
    const char *key_path, *server_key_path, *store_path;
    bool json, quiet, from_start, broken_pipe;
    int64_t idle_ms; /**< 0 = never */
    int64_t last_record_ms, last_live_ms;
    const char *program;
};

static int64_t now_ms(void)
{
    return chl_mono_ns() / CHL_NS_PER_MS;
}

static uint64_t parse_number(const char *text, uint64_t max)
{
    char *end = NULL;
    const unsigned long long value = strtoull(text, &end, 10);
    return text[0] >= '0' && text[0] <= '9' && *end == '\0' && value <= max ? value : 0;
}

static error_t parse_flag(int key, struct monitor *monitor)
{
    switch (key) {
    case KEY_JSON:
        monitor->json = true;
        return 0;
    case KEY_QUIET:
        monitor->quiet = true;
        return 0;
    case KEY_START:
        monitor->from_start = true;
        return 0;
    case KEY_EPOCH:
        monitor->reading.accept_epoch = true;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static void check_arguments(const struct monitor *monitor, struct argp_state *state)
{
    if (monitor->link.pull == NULL) {
        argp_error(state, "expected --connect ENDPOINT");
    }
    if ((monitor->key_path == NULL) != (monitor->server_key_path == NULL)) {
        argp_error(state, "expected --key and --server-key together");
    }
}

static error_t parse(int key, char *text, struct argp_state *state)
{
    struct monitor *monitor = state->input;
    switch (key) {
    case KEY_CONNECT:
        monitor->link.pull = text;
        return 0;
    case KEY_LIVE:
        monitor->link.live = text;
        return 0;
    case KEY_KEY:
        monitor->key_path = text;
        return 0;
    case KEY_SERVER:
        monitor->server_key_path = text;
        return 0;
    case KEY_STORE:
        monitor->store_path = text;
        return 0;
    case KEY_DURABLE:
        monitor->reading.durable = text;
        if (!chl_certificate_name_ok(text)) {
            argp_error(state,
                       "--durable: expected 1 to 63 letters, digits, dots, dashes, underscores");
        }
        return 0;
    case KEY_IDLE:
        monitor->idle_ms = (int64_t)parse_number(text, 86400) * 1000;
        if (monitor->idle_ms == 0) {
            argp_error(state, "--until-idle: expected seconds from 1 to 86400, got `%s`", text);
        }
        return 0;
    case KEY_COUNT:
        monitor->reading.limit = parse_number(text, CHL_STREAM_SEQUENCE_MAX);
        if (monitor->reading.limit == 0) {
            argp_error(state, "--count: expected a number from 1, got `%s`", text);
        }
        return 0;
    case ARGP_KEY_ARG:
        argp_error(state, "expected options only, got `%s`", text);
        return 0;
    case ARGP_KEY_END:
        check_arguments(monitor, state);
        return 0;
    default:
        return parse_flag(key, monitor);
    }
}

static void send_request(void *user, const char *json, size_t length)
{
    struct monitor *monitor = user;
    if (monitor->link.puller != NULL) {
        (void)zmq_send(monitor->link.puller, json, length, ZMQ_DONTWAIT);
    }
}

static void reconnect(void *user)
{
    struct monitor *monitor = user;
    (void)monitor_link_pull(&monitor->link);
}

static chl_err commit(void *user, const struct chl_stream_received *records, size_t count,
                      const struct chl_stream_position *position)
{
    struct monitor *monitor = user;
    char why[256];
    if (monitor->store != NULL &&
        monitor_store_commit(monitor->store, records, count, position, why, sizeof why) != CHL_OK) {
        fprintf(stderr, "%s: --store: %s\n", monitor->program, why);
        return CHL_E_IO;
    }
    for (size_t i = 0; i < count && !monitor->quiet; i++) {
        if (monitor->json) {
            monitor_print_json(stdout, &records[i]);
        } else {
            monitor_print_line(stdout, &records[i]);
        }
    }
    if (count > 0) {
        monitor->last_record_ms = now_ms();
        monitor->broken_pipe = fflush(stdout) != 0;
    }
    return CHL_OK;
}

static void notice(void *user, chl_stream_notice kind, uint64_t number, const char *text)
{
    const struct monitor *monitor = user;
    if (kind == CHL_NOTICE_CONNECTED) {
        return;
    }
    if (kind == CHL_NOTICE_SILENT) {
        if (number % HINT_EVERY == 1) {
            fprintf(stderr,
                    "%s: no answer from %s; going on trying. If it never comes: is it running, is "
                    "this key granted there, is --server-key its key?\n",
                    monitor->program, monitor->link.pull);
        }
        return;
    }
    fprintf(stderr, "%s: %s\n", monitor->program, text);
}

static bool load_keys(struct monitor *monitor)
{
    char why[512];
    struct chl_certificate server;
    if (monitor->key_path == NULL) {
        return true;
    }
    if (chl_certificate_read(monitor->key_path, true, &monitor->link.key, why, sizeof why) !=
            CHL_OK ||
        chl_certificate_read(monitor->server_key_path, false, &server, why, sizeof why) != CHL_OK) {
        fprintf(stderr, "%s: %s\n", monitor->program, why);
        return false;
    }
    memcpy(monitor->link.server_key, server.public_key, sizeof monitor->link.server_key);
    monitor->link.curve = true;
    return true;
}

static bool open_all(struct monitor *monitor, struct chl_stream_position *position)
{
    char why[512];
    if (!load_keys(monitor)) {
        return false;
    }
    if (monitor->store_path != NULL && monitor_store_open(monitor->store_path, &monitor->store,
                                                          position, why, sizeof why) != CHL_OK) {
        fprintf(stderr, "%s: --store: %s\n", monitor->program, why);
        return false;
    }
    monitor->link.context = zmq_ctx_new();
    if (monitor->link.context == NULL || monitor_link_pull(&monitor->link) != CHL_OK) {
        fprintf(stderr, "%s: --connect: expected an endpoint like tcp://site:5562, got `%s`\n",
                monitor->program, monitor->link.pull);
        return false;
    }
    if (monitor->link.live != NULL && monitor_link_live(&monitor->link) != CHL_OK) {
        fprintf(stderr, "%s: --live: expected an endpoint like tcp://site:5561, got `%s`\n",
                monitor->program, monitor->link.live);
        return false;
    }
    return true;
}

static void receive_answers(struct monitor *monitor)
{
    for (int i = 0; i < TURN_MESSAGES && monitor->link.puller != NULL; i++) {
        const chl_err error = monitor_link_receive(&monitor->link, monitor->link.puller);
        if (error == CHL_E_PENDING) {
            return;
        }
        /* More frames than allowed are left out: the state machine sees that they do not match. */
        chl_stream_client_answer(&monitor->client, monitor->link.frames, monitor->link.count,
                                 now_ms());
    }
}

static void receive_live(struct monitor *monitor)
{
    for (int i = 0; i < TURN_MESSAGES && monitor->link.subscriber != NULL; i++) {
        if (monitor_link_receive(&monitor->link, monitor->link.subscriber) == CHL_E_PENDING) {
            return;
        }
        monitor->last_live_ms = now_ms();
        chl_stream_client_live(&monitor->client, monitor->link.frames, monitor->link.count);
    }
}

/** @return true when it is time to end. */
static bool check_time(struct monitor *monitor)
{
    const int64_t now = now_ms();
    chl_stream_client_tick(&monitor->client, now);
    if (monitor->link.live != NULL && now - monitor->last_live_ms > LIVE_SILENCE_MS) {
        monitor->last_live_ms = now;
        (void)monitor_link_live(&monitor->link);
    }
    return chl_stream_client_done(&monitor->client) || monitor->broken_pipe ||
           (monitor->idle_ms > 0 && now - monitor->last_record_ms >= monitor->idle_ms);
}

static long next_wait(const struct monitor *monitor)
{
    const int64_t now = now_ms();
    int64_t until = monitor->client.deadline_ms;
    if (monitor->idle_ms > 0 && monitor->last_record_ms + monitor->idle_ms < until) {
        until = monitor->last_record_ms + monitor->idle_ms;
    }
    if (until - now > WAIT_MS) {
        until = now + WAIT_MS;
    }
    return until > now ? (long)(until - now) : 0;
}

static void follow(struct monitor *monitor, int signal_fd)
{
    bool ended = false;
    while (!ended) {
        zmq_pollitem_t items[] = {
            {.fd = signal_fd, .events = ZMQ_POLLIN},
            {.socket = monitor->link.puller,
             .fd = signal_fd,
             .events = monitor->link.puller != NULL ? ZMQ_POLLIN : 0},
            {.socket = monitor->link.subscriber,
             .fd = signal_fd,
             .events = monitor->link.subscriber != NULL ? ZMQ_POLLIN : 0},
        };
        (void)zmq_poll(items, 3, next_wait(monitor));
        if (items[0].revents != 0) {
            return;
        }
        receive_live(monitor);
        receive_answers(monitor);
        ended = check_time(monitor);
    }
}

/** A descriptor for SIGINT and SIGTERM; every signal is blocked before libzmq makes its threads. */
static int block_signals(void)
{
    sigset_t signals;
    (void)sigemptyset(&signals);
    (void)sigaddset(&signals, SIGINT);
    (void)sigaddset(&signals, SIGTERM);
    (void)sigaddset(&signals, SIGPIPE);
    (void)sigprocmask(SIG_BLOCK, &signals, NULL);
    (void)sigdelset(&signals, SIGPIPE);
    return signalfd(-1, &signals, SFD_CLOEXEC);
}

static int finish(const struct monitor *monitor)
{
    const struct chl_stream_client *client = &monitor->client;
    monitor_print_summary(monitor->json ? stdout : stderr, monitor->json, client);
    if (!client->ever_greeted && client->stop == CHL_STOP_NONE) {
        fprintf(stderr, "%s: never got an answer from %s\n", monitor->program, monitor->link.pull);
    }
    const bool good = client->ever_greeted && client->stop == CHL_STOP_NONE &&
                      client->tally.missing == 0 && client->tally.forks == 0;
    return fflush(stdout) == 0 && good ? CLI_OK : CLI_FAILED;
}

int cli_monitor(int argc, char **argv)
{
    static const struct argp argp = {
        .options = argp_options,
        .parser = parse,
        .doc =
            "Follow a site's events: pull every record, prove the hash chain, store each exactly "
            "once. Ends on SIGINT or SIGTERM with a summary; exit 1 when something was missing, "
            "forked, refused or never answered."};
    int result = CLI_FAILED;
    struct chl_stream_position position = {.known = false};
    struct monitor *monitor = calloc(1, sizeof *monitor);
    if (monitor == NULL) {
        return CLI_FAILED;
    }
    monitor->program = argv[0];
    monitor->reading.wait_ms = WAIT_MS;
    monitor->reading.patience_ms = PATIENCE_MS;
    argp_err_exit_status = CLI_USAGE;
    if (argp_parse(&argp, argc, argv, 0, NULL, monitor) != 0) {
        result = CLI_USAGE;
        goto out;
    }
    monitor->reading.only_new = monitor->store_path == NULL && !monitor->from_start;
    const int signal_fd = block_signals();
    if (signal_fd >= 0 && open_all(monitor, &position)) {
        const struct chl_stream_owner owner = {.user = monitor,
                                               .send = send_request,
                                               .reconnect = reconnect,
                                               .commit = commit,
                                               .notice = notice};
        monitor->last_record_ms = now_ms();
        monitor->last_live_ms = monitor->last_record_ms;
        chl_stream_client_begin(&monitor->client, &owner, &monitor->reading, &position, now_ms());
        follow(monitor, signal_fd);
        result = finish(monitor);
    }
    if (signal_fd >= 0) {
        (void)close(signal_fd);
    }
out:
    monitor_link_close(&monitor->link);
    monitor_store_close(monitor->store);
    free(monitor);
    return result;
}
