/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Starting, asking and ending the processes of a site.
 */
#include "tests/integration/site_world.h"

#include "lib/base/time.h"
#include "lib/control/control.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ARGUMENTS = 32, STEP_MS = 20 };

static void must(bool good, const char *what)
{
    if (!good) {
        perror(what);
        abort();
    }
}

const char *world_path(const struct world *world, const char *name)
{
    static char paths[8][2 * WORLD_PATH];
    static unsigned next;
    char *path = paths[next++ % 8];
    snprintf(path, sizeof *paths, "%s/%s", world->dir, name);
    return path;
}

static void pause_ms(int ms)
{
    poll(NULL, 0, ms);
}

static pid_t spawn(const char *program, const char *const *arguments, int out, int err)
{
    char path[WORLD_PATH];
    char *argv[ARGUMENTS] = {NULL};
    snprintf(path, sizeof path, "%s/bin/%s", CHL_STAGE_DIR, program);
    argv[0] = path;
    for (size_t i = 0; arguments[i] != NULL; i++) {
        must(i + 2 < ARGUMENTS, "too many arguments");
        argv[i + 1] = strdup(arguments[i]);
    }
    pid_t parent = getpid();
    pid_t pid = fork();
    must(pid >= 0, "fork");
    if (pid == 0) {
        /* Nothing outlives the test, whatever happens to it. */
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != parent) {
            _exit(127);
        }
        dup2(out, STDOUT_FILENO);
        dup2(err, STDERR_FILENO);
        execv(path, argv);
        _exit(127);
    }
    for (size_t i = 1; argv[i] != NULL; i++) {
        free(argv[i]);
    }
    return pid;
}

int world_run(const struct world *world, char out[WORLD_OUT], const char *program,
              const char *const *arguments)
{
    (void)world;
    int pipes[2];
    must(pipe2(pipes, O_CLOEXEC) == 0, "pipe");
    pid_t pid = spawn(program, arguments, pipes[1], pipes[1]);
    close(pipes[1]);
    size_t length = 0;
    ssize_t got = 0;
    while ((got = read(pipes[0], out + length, WORLD_OUT - 1 - length)) > 0) {
        length += (size_t)got;
    }
    out[length] = '\0';
    close(pipes[0]);
    int status = 0;
    must(waitpid(pid, &status, 0) == pid, "waitpid");
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    must(file != NULL && fputs(text, file) >= 0 && fclose(file) == 0, path);
}

static const char usual_site[] =
    "site: { id: san-thu, name: Sân thử, kind: festival }\n"
    "zones:\n"
    "  san: { name: Sân, limit: { warn: 80%, hard: 5 } }\n"
    "gates:\n"
    "  G1: { name: Cổng 1, from: outside, to: san, pass_time: 1 s, on_link_loss: free-exit,\n"
    "        device: { plugin: bus, unit: 1, profile: lot-turnstile }, lane: { scanner: s1 } }\n"
    "  G2: { name: Cổng 2, from: outside, to: san, pass_time: 1 s, on_link_loss: free-exit,\n"
    "        device: { plugin: bus, unit: 2, profile: lot-turnstile }, lane: { scanner: s2 } }\n"
    "  H1: { name: Lối tay, from: outside, to: san, gate: hand, lane: { scanner: s3 } }\n"
    "plugins:\n"
    "  bus: { use: gate_modbus, address: \"@BUS@\" }\n"
    "  s1: { use: scan_file, path: G1 }\n"
    "  s2: { use: scan_file, path: G2 }\n"
    "  s3: { use: scan_file, path: H1 }\n"
    "credentials: { accept: [declaration], trust: trust }\n"
    "journal: { path: journal.db }\n";

static void write_site(const struct world *world, const char *site)
{
    const char *mark = strstr(site, "@BUS@");
    FILE *file = fopen(world_path(world, "site.yaml"), "w");
    must(file != NULL && mark != NULL, "site.yaml");
    must(fprintf(file, "%.*s%s%s", (int)(mark - site), site, world->address, mark + 5) > 0 &&
             fclose(file) == 0,
         "site.yaml");
}

void world_edit(const struct world *world, const char *after, const char *text)
{
    char before[8192];
    char edited[8192 + 1024];
    FILE *file = fopen(world_path(world, "site.yaml"), "r");
    must(file != NULL, "site.yaml");
    size_t length = fread(before, 1, sizeof before - 1, file);
    fclose(file);
    before[length] = '\0';
    const char *at = strstr(before, after);
    must(at != NULL && strlen(text) < 1024, after);
    at += strlen(after);
    snprintf(edited, sizeof edited, "%.*s%s%s", (int)(at - before), before, text, at);
    write_file(world_path(world, "site.yaml"), edited);
}

static void start_sim(struct world *world, const char *const *more)
{
    int pipes[2];
    must(pipe2(pipes, O_CLOEXEC) == 0, "pipe");
    const char *arguments[ARGUMENTS] = {"--control", world_path(world, "sim.sock")};
    for (size_t i = 0; more[i] != NULL; i++) {
        must(i + 3 < ARGUMENTS, "arguments");
        arguments[i + 2] = more[i];
    }
    world->sim = spawn("chilang-sim", arguments, pipes[1], STDERR_FILENO);
    close(pipes[1]);
    char line[128] = "";
    size_t length = 0;
    while (length + 1 < sizeof line && read(pipes[0], line + length, 1) == 1 &&
           line[length] != '\n') {
        length++;
    }
    close(pipes[0]);
    line[length] = '\0';
    must(strncmp(line, "listening ", 10) == 0, "chilang-sim says where it listens");
    const bool tcp = sscanf(line, "listening 127.0.0.1:%u", &world->port) == 1;
    snprintf(world->address, sizeof world->address, "%s%.80s", tcp ? "tcp://" : "", line + 10);
}

void world_open_as(struct world *world, const char *const *simulator, const char *site)
{
    memset(world, 0, sizeof *world);
    snprintf(world->dir, sizeof world->dir, "/tmp/chilang-site-XXXXXX");
    must(mkdtemp(world->dir) != NULL, "mkdtemp");
    static const char *const folders[] = {"G1", "G2", "H1", "trust"};
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        must(mkdir(world_path(world, folders[i]), 0700) == 0, "mkdir");
    }
    char out[WORLD_OUT];
    const char *const keygen[] = {"keygen", "issuer", "--out", world_path(world, "issuer"), NULL};
    must(world_run(world, out, "chilang", keygen) == 0, out);
    must(rename(world_path(world, "issuer.pub.pem"), world_path(world, "trust/issuer.pub.pem")) ==
             0,
         "issuer.pub.pem");
    start_sim(world, simulator);
    write_site(world, site);
}

void world_open_with(struct world *world, const char *const *units)
{
    world_open_as(world, units, usual_site);
}

void world_open(struct world *world)
{
    world_open_with(world, (const char *const[]){"--units", "2", NULL});
}

void world_start(struct world *world)
{
    int log =
        open(world_path(world, "daemon.log"), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    must(log >= 0, "daemon.log");
    const char *const arguments[] = {"--config", world_path(world, "site.yaml"), NULL};
    world->daemon = spawn("chilangd", arguments, log, log);
    close(log);
}

int world_end(struct world *world, int signal_number)
{
    int status = 0;
    if (world->daemon > 0) {
        kill(world->daemon, signal_number);
        waitpid(world->daemon, &status, 0);
        world->daemon = 0;
    }
    return status;
}

void world_close(struct world *world)
{
    world_end(world, SIGKILL);
    if (world->sim > 0) {
        kill(world->sim, SIGCONT);
        kill(world->sim, SIGKILL);
        waitpid(world->sim, NULL, 0);
    }
    const char *const argv[] = {"rm", "-rf", world->dir, NULL};
    pid_t pid = fork();
    if (pid == 0) {
        execv("/bin/rm", (char *const *)(uintptr_t)argv);
        _exit(127);
    }
    waitpid(pid, NULL, 0);
}

void world_code(const struct world *world, char out[WORLD_OUT], const char *const *extra)
{
    const char *arguments[ARGUMENTS] = {"declare",
                                        "--key",
                                        world_path(world, "issuer"),
                                        "--text",
                                        "--name",
                                        "Nguyễn Thị Thử",
                                        "--birth-year",
                                        "1990",
                                        "--phone",
                                        "0912345678",
                                        "--from",
                                        "05977",
                                        "--symptoms",
                                        "none",
                                        "--contact",
                                        "no"};
    size_t count = 16;
    for (size_t i = 0; extra != NULL && extra[i] != NULL; i++) {
        arguments[count++] = extra[i];
    }
    arguments[count] = NULL;
    int code = world_run(world, out, "chilang", arguments);
    if (code != 0) {
        fprintf(stderr, "%s\n", out);
    }
    must(code == 0, "chilang declare");
    out[strcspn(out, "\r\n")] = '\0';
}

void world_scan(struct world *world, const char *lane, const char *code)
{
    char name[64];
    snprintf(name, sizeof name, "%s/.%u", lane, world->scans);
    char hidden[2 * WORLD_PATH];
    snprintf(hidden, sizeof hidden, "%s", world_path(world, name));
    write_file(hidden, code);
    snprintf(name, sizeof name, "%s/%u.txt", lane, world->scans++);
    must(rename(hidden, world_path(world, name)) == 0, "rename");
}

static json_t *ask_socket(const char *path, const char *request)
{
    struct control_client *client = NULL;
    char why[256];
    const char *line = NULL;
    size_t length = 0;
    json_t *answer = NULL;
    if (chl_control_connect(path, &client, why, sizeof why) != CHL_OK) {
        return NULL;
    }
    if (chl_control_send(client, request, strlen(request), WORLD_WAIT_MS) == CHL_OK &&
        chl_control_read(client, &line, &length, WORLD_WAIT_MS) == CHL_OK) {
        answer = json_loadb(line, length, 0, NULL);
    }
    chl_control_close(client);
    return answer;
}

json_t *world_ask(const struct world *world, const char *request)
{
    return ask_socket(world_path(world, "control.sock"), request);
}

json_t *world_sim(const struct world *world, const char *request)
{
    return ask_socket(world_path(world, "sim.sock"), request);
}

static void member_text(const json_t *value, char out[128])
{
    if (json_is_string(value)) {
        snprintf(out, 128, "%s", json_string_value(value));
    } else if (json_is_integer(value)) {
        snprintf(out, 128, "%lld", (long long)json_integer_value(value));
    } else if (json_is_boolean(value)) {
        snprintf(out, 128, "%s", json_is_true(value) ? "true" : "false");
    } else {
        snprintf(out, 128, "%s", json_is_null(value) ? "null" : "-");
    }
}

void world_member(const struct world *world, const char *list, const char *id, const char *member,
                  char out[128])
{
    json_t *answer = world_ask(world, "{\"op\":\"status\"}");
    const json_t *status = json_object_get(answer, "status");
    size_t index = 0;
    const json_t *entry = NULL;
    snprintf(out, 128, "-");
    if (list == NULL) {
        member_text(json_object_get(status, member), out);
    }
    json_array_foreach(json_object_get(status, list != NULL ? list : ""), index, entry)
    {
        const json_t *key = json_object_get(entry, "id");
        const char *name = json_string_value(key != NULL ? key : json_object_get(entry, "name"));
        if (name != NULL && strcmp(name, id) == 0) {
            member_text(json_object_get(entry, member), out);
        }
    }
    json_decref(answer);
}

bool world_until(const struct world *world, const char *list, const char *id, const char *member,
                 const char *expected)
{
    char text[128];
    for (int waited = 0; waited < WORLD_WAIT_MS; waited += STEP_MS) {
        world_member(world, list, id, member, text);
        if (strcmp(text, expected) == 0) {
            return true;
        }
        pause_ms(STEP_MS);
    }
    fprintf(stderr, "%s %s %s: expected %s, got %s\n", list, id, member, expected, text);
    return false;
}

bool world_walk(const struct world *world, int unit, const char *way)
{
    char request[128];
    bool passed = false;
    (void)snprintf(request, sizeof request,
                   "{\"op\":\"person\",\"unit\":%d,\"way\":\"%s\",\"manner\":\"walk\"}", unit, way);
    for (int waited = 0; waited < WORLD_WAIT_MS && !passed; waited += 10) {
        json_t *answer = world_sim(world, request);
        passed = json_is_true(json_object_get(answer, "passed"));
        json_decref(answer);
        if (!passed) {
            (void)poll(NULL, 0, 10);
        }
    }
    return passed;
}
