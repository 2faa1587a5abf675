/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Processes, keys and raw sockets for the stream's integration tests.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zmq.h>

#include "cli/keygen_curve.h"
#include "lib/base/text.h"
#include "lib/base/time.h"
#include "lib/stream/certificate.h"
#include "stream_world.h"

int64_t world_now_ms(void)
{
    return chl_mono_ns() / CHL_NS_PER_MS;
}

const char *world_path(const struct world *world, const char *name, char room[WORLD_PATH])
{
    (void)snprintf(room, WORLD_PATH, "%s/%s", world->folder, name);
    return room;
}

/** Keys are made by the tool's own code, its list of files kept off the test's output. */
static void make_key(const char *out, const char *grant, const char *classes)
{
    char out_option[WORLD_PATH + 16];
    char grant_option[WORLD_PATH + 16];
    char classes_option[64];
    char program[] = "keygen curve";
    char quiet[] = "--quiet";
    char *argv[6] = {program, quiet, out_option};
    int argc = 3;
    (void)snprintf(out_option, sizeof out_option, "--out=%s", out);
    if (grant != NULL) {
        (void)snprintf(grant_option, sizeof grant_option, "--grant=%s", grant);
        argv[argc++] = grant_option;
    }
    if (classes != NULL) {
        (void)snprintf(classes_option, sizeof classes_option, "--classes=%s", classes);
        argv[argc++] = classes_option;
    }
    argv[argc] = NULL;
    assert_int_equal(cli_keygen_curve(argc, argv), 0);
}

void world_open(struct world *world)
{
    char path[WORLD_PATH];
    memset(world, 0, sizeof *world);
    (void)snprintf(world->folder, sizeof world->folder, "/tmp/chl-stream-XXXXXX");
    assert_non_null(mkdtemp(world->folder));
    (void)world_path(world, "keys", world->keys);
    (void)world_path(world, "journal.db", world->journal);
    (void)snprintf(path, sizeof path, "%s/keys/server", world->folder);
    make_key(path, NULL, NULL);
    make_key(world_path(world, "monitor", path), world->keys, NULL);
    make_key(world_path(world, "traffic", path), world->keys, "flow");
    make_key(world_path(world, "stranger", path), NULL, NULL);
    world->context = zmq_ctx_new();
    assert_non_null(world->context);
}

static void remove_folder(const char *path)
{
    char child[512];
    DIR *listing = opendir(path);
    for (const struct dirent *entry = listing == NULL ? NULL : readdir(listing); entry != NULL;
         entry = readdir(listing)) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) {
            continue;
        }
        (void)snprintf(child, sizeof child, "%s/%s", path, entry->d_name);
        if (unlink(child) != 0) {
            remove_folder(child);
        }
    }
    if (listing != NULL) {
        (void)closedir(listing);
    }
    (void)rmdir(path);
}

void world_drop(struct world *world, void *socket)
{
    for (size_t i = 0; i < sizeof world->sockets / sizeof world->sockets[0]; i++) {
        if (world->sockets[i] == socket) {
            world->sockets[i] = NULL;
        }
    }
    (void)zmq_close(socket);
}

void world_close(struct world *world)
{
    world_kill(world);
    /* A test that failed leaves some behind. */
    for (size_t i = 0; i < sizeof world->sockets / sizeof world->sockets[0]; i++) {
        if (world->sockets[i] != NULL) {
            (void)zmq_close(world->sockets[i]);
        }
    }
    (void)zmq_ctx_term(world->context);
    remove_folder(world->folder);
}

static void child_setup(const char *output)
{
    const int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    const int out =
        output == NULL ? null : open(output, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    (void)dup2(null, STDIN_FILENO);
    (void)dup2(out, STDOUT_FILENO);
    if (getenv("CHL_TEST_VERBOSE") == NULL) {
        (void)dup2(output == NULL ? null : out, STDERR_FILENO);
    }
}

pid_t world_spawn(char *const argv[], const char *output)
{
    const pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        child_setup(output);
        (void)execv(argv[0], argv);
        _exit(127);
    }
    return pid;
}

int world_wait(pid_t pid, int timeout_ms)
{
    const int64_t until = world_now_ms() + timeout_ms;
    int status = 0;
    pid_t ended = 0;
    while ((ended = waitpid(pid, &status, WNOHANG)) == 0 && world_now_ms() < until) {
        (void)poll(NULL, 0, 5);
    }
    if (ended == 0) {
        (void)kill(pid, SIGKILL);
        (void)waitpid(pid, &status, 0);
        return -1;
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void spawn_host(struct world *world, char *const argv[])
{
    int input[2];
    int output[2];
    assert_int_equal(pipe2(input, O_CLOEXEC), 0);
    assert_int_equal(pipe2(output, O_CLOEXEC), 0);
    world->host = fork();
    assert_true(world->host >= 0);
    if (world->host == 0) {
        (void)dup2(input[0], STDIN_FILENO);
        (void)dup2(output[1], STDOUT_FILENO);
        if (getenv("CHL_TEST_VERBOSE") == NULL) {
            (void)dup2(open("/dev/null", O_WRONLY | O_CLOEXEC), STDERR_FILENO);
        }
        (void)execv(argv[0], argv);
        _exit(127);
    }
    (void)close(input[0]);
    (void)close(output[1]);
    world->commands = fdopen(input[1], "w");
    world->answers = fdopen(output[0], "r");
    assert_non_null(world->commands);
    assert_non_null(world->answers);
}

const char *world_line(struct world *world, char *room, size_t size)
{
    if (fgets(room, (int)size, world->answers) == NULL) {
        room[0] = '\0';
    }
    room[strcspn(room, "\n")] = '\0';
    return room;
}

bool world_start(struct world *world, const char *security, const char *pull, const char *live)
{
    char program[] = CHL_BINARY_DIR "/tests/stream_host";
    char pull_option[WORLD_PATH + 16];
    char live_option[WORLD_PATH + 16];
    char keys_option[WORLD_PATH + 16];
    char security_option[32];
    char line[512];
    const char *before_pull = world->pull[0] != '\0' ? world->pull : "tcp://127.0.0.1:*";
    const char *before_live = world->live[0] != '\0' ? world->live : "tcp://127.0.0.1:*";
    (void)snprintf(pull_option, sizeof pull_option, "pull=%s", pull != NULL ? pull : before_pull);
    (void)snprintf(live_option, sizeof live_option, "live=%s", live != NULL ? live : before_live);
    (void)snprintf(keys_option, sizeof keys_option, "keys=%s", world->keys);
    (void)snprintf(security_option, sizeof security_option, "security=%s", security);
    char *argv[] = {program,     world->journal,  pull_option, live_option,
                    keys_option, security_option, NULL};
    world->security = security;
    spawn_host(world, argv);
    while (world_line(world, line, sizeof line)[0] != '\0') {
        char role[16];
        char endpoint[WORLD_PATH];
        if (sscanf(line, "listen %15s %255s", role, endpoint) == 2) {
            (void)snprintf(strcmp(role, "pull") == 0 ? world->pull : world->live, WORLD_PATH, "%s",
                           endpoint);
        } else if (strncmp(line, "ready ", 6) == 0) {
            return true;
        } else {
            (void)snprintf(world->refusal, sizeof world->refusal, "%s", line);
        }
    }
    world_kill(world);
    return false;
}

static void close_pipes(struct world *world)
{
    if (world->commands != NULL) {
        (void)fclose(world->commands);
        (void)fclose(world->answers);
    }
    world->commands = NULL;
    world->answers = NULL;
}

void world_quit(struct world *world)
{
    world_command(world, "quit");
    assert_int_equal(world_wait(world->host, 10000), 0);
    world->host = 0;
    close_pipes(world);
}

void world_kill(struct world *world)
{
    int status = 0;
    if (world->host > 0) {
        (void)kill(world->host, SIGKILL);
        (void)waitpid(world->host, &status, 0);
    }
    world->host = 0;
    close_pipes(world);
}

void world_command(struct world *world, const char *line)
{
    (void)fprintf(world->commands, "%s\n", line);
    (void)fflush(world->commands);
}

uint64_t world_append(struct world *world, unsigned count, unsigned size)
{
    char line[64];
    unsigned long long head = 0;
    (void)snprintf(line, sizeof line, "append %u %u", count, size);
    world_command(world, line);
    (void)world_line(world, line, sizeof line);
    assert_int_equal(sscanf(line, "appended %llu", &head), 1);
    return head;
}

long world_rss_kib(const struct world *world)
{
    char path[64];
    char line[128];
    long kib = -1;
    (void)snprintf(path, sizeof path, "/proc/%d/status", (int)world->host);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    while (kib < 0 && fgets(line, sizeof line, file) != NULL) {
        (void)sscanf(line, "VmRSS: %ld", &kib);
    }
    (void)fclose(file);
    return kib;
}

void *world_connect(struct world *world, int type, const char *endpoint, const char *who)
{
    char path[WORLD_PATH];
    char why[256];
    const int zero = 0;
    void *socket = zmq_socket(world->context, type);
    assert_non_null(socket);
    size_t slot = 0;
    while (world->sockets[slot] != NULL) {
        slot++;
        assert_true(slot < sizeof world->sockets / sizeof world->sockets[0]);
    }
    world->sockets[slot] = socket;
    assert_int_equal(zmq_setsockopt(socket, ZMQ_LINGER, &zero, sizeof zero), 0);
    if (who != NULL) {
        struct chl_certificate own;
        struct chl_certificate server;
        char name[64];
        (void)snprintf(name, sizeof name, "%s.key", who);
        assert_int_equal(
            chl_certificate_read(world_path(world, name, path), true, &own, why, sizeof why),
            CHL_OK);
        assert_int_equal(chl_certificate_read(world_path(world, "keys/server.pub", path), false,
                                              &server, why, sizeof why),
                         CHL_OK);
        assert_int_equal(zmq_setsockopt(socket, ZMQ_CURVE_SERVERKEY, server.public_key, 41), 0);
        assert_int_equal(zmq_setsockopt(socket, ZMQ_CURVE_PUBLICKEY, own.public_key, 41), 0);
        assert_int_equal(zmq_setsockopt(socket, ZMQ_CURVE_SECRETKEY, own.secret_key, 41), 0);
    }
    if (type == ZMQ_SUB) {
        assert_int_equal(zmq_setsockopt(socket, ZMQ_SUBSCRIBE, "v1/", 3), 0);
    }
    if (endpoint != NULL) {
        assert_int_equal(zmq_connect(socket, endpoint), 0);
    }
    return socket;
}

json_t *world_answer(void *socket, int timeout_ms, size_t *frames)
{
    zmq_pollitem_t item = {.socket = socket, .events = ZMQ_POLLIN};
    zmq_msg_t message;
    json_t *answer = NULL;
    size_t count = 0;
    bool more = zmq_poll(&item, 1, timeout_ms) == 1;
    while (more) {
        (void)zmq_msg_init(&message);
        assert_true(zmq_msg_recv(&message, socket, 0) >= 0);
        if (count++ == 0) {
            answer = json_loadb(zmq_msg_data(&message), zmq_msg_size(&message), 0, NULL);
            assert_non_null(answer);
        }
        more = zmq_msg_more(&message) != 0;
        (void)zmq_msg_close(&message);
    }
    if (frames != NULL) {
        *frames = count > 0 ? count - 1 : 0;
    }
    return answer;
}

json_t *world_ask(void *socket, const char *request, int timeout_ms, size_t *frames)
{
    assert_true(zmq_send(socket, request, strlen(request), 0) >= 0);
    return world_answer(socket, timeout_ms, frames);
}

const char *world_op(json_t *answer)
{
    static char op[32];
    const char *text = json_string_value(json_object_get(answer, "op"));
    (void)snprintf(op, sizeof op, "%s", text == NULL ? "" : text);
    json_decref(answer);
    return op;
}
