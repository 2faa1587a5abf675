/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The simulator's process, and the loop around driver and wire.
 */
#include "tests/bench/gates_world.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/time.h"

enum { ARGUMENTS_MAX = 24, READY_MS = 20000 };

static bool read_line(int fd, char *line, size_t size)
{
    size_t length = 0;
    struct pollfd ready = {.fd = fd, .events = POLLIN};
    while (length + 1 < size && poll(&ready, 1, READY_MS) > 0 && read(fd, line + length, 1) == 1) {
        if (line[length] == '\n') {
            line[length] = '\0';
            return true;
        }
        length++;
    }
    return false;
}

bool world_sim_start(struct world_sim *sim, char *const *arguments)
{
    int in[2], out[2];
    char *command[ARGUMENTS_MAX] = {(char *)(uintptr_t)CHL_BENCH_SIM};
    for (size_t i = 0; arguments[i] != NULL && i + 2 < ARGUMENTS_MAX; i++) {
        command[i + 1] = arguments[i];
    }
    if (pipe(in) != 0 || pipe(out) != 0) {
        return false;
    }
    sim->pid = fork();
    if (sim->pid == 0) {
        (void)dup2(in[0], STDIN_FILENO);
        (void)dup2(out[1], STDOUT_FILENO);
        (void)close(in[1]);
        (void)close(out[0]);
        (void)execv(command[0], command);
        perror(command[0]);
        _exit(127);
    }
    (void)close(in[0]);
    (void)close(out[1]);
    sim->input = in[1];
    sim->output = out[0];
    char line[WORLD_PATH];
    const char *address = NULL;
    if (sim->pid > 0 && read_line(sim->output, line, sizeof line)) {
        address = strchr(line, ' ');
    }
    if (address == NULL) {
        fprintf(stderr, "gates: expected '%s' to say where it listens\n", command[0]);
        return false;
    }
    (void)snprintf(sim->address, sizeof sim->address, "%s", address + 1);
    return true;
}

void world_sim_tell(struct world_sim *sim, const char *line)
{
    char answer[WORLD_PATH * 16];
    if (dprintf(sim->input, "%s\n", line) < 0 || !read_line(sim->output, answer, sizeof answer)) {
        fprintf(stderr, "gates: the simulator did not answer '%s'\n", line);
    }
}

void world_sim_stop(struct world_sim *sim)
{
    if (sim->pid > 0) {
        (void)close(sim->input);
        (void)close(sim->output);
        (void)kill(sim->pid, SIGTERM);
        (void)waitpid(sim->pid, NULL, 0);
        sim->pid = 0;
    }
}

static chl_err on_report(void *user, const struct chl_gate_report *report)
{
    struct world_bus *world = user;
    if (report->kind == CHL_REPORT_LINK) {
        world->up += report->link_up ? 1U : 0U;
    } else if (report->kind == CHL_REPORT_DONE) {
        world->done = report->command_id;
        world->done_status = report->status;
        world->done_ns = chl_mono_ns();
    }
    return CHL_OK;
}

bool world_bus_make(struct world_bus *world, const struct chl_bus_settings *wire, size_t units,
                    int64_t poll_ns, int64_t gap_ns, int64_t response_ns)
{
    char why[256] = "";
    char path[WORLD_PATH];
    struct chl_yaml_error error = {0};
    struct chl_modbus_device devices[WORLD_UNITS];
    memset(world, 0, sizeof *world);
    memset(devices, 0, sizeof devices);
    (void)chl_profile_path(CHL_SOURCE_DIR, "lot-turnstile", path, sizeof path);
    if (chl_profile_load(path, &world->profile, &error) != CHL_OK) {
        fprintf(stderr, "gates: %s\n", error.text);
        return false;
    }
    for (size_t i = 0; i < units; i++) {
        (void)snprintf(world->names[i], sizeof world->names[i], "G%zu", i + 1);
        devices[i].gate.index = (uint16_t)i;
        devices[i].unit = (uint16_t)(i + 1);
        devices[i].name = world->names[i];
        devices[i].profile = world->profile;
        devices[i].release_row = -1;
        devices[i].close_row = -1;
    }
    const struct chl_modbus_settings settings = {.poll_ns = poll_ns,
                                                 .gap_ns = gap_ns,
                                                 .response_ns = response_ns,
                                                 .delay_max_ns = response_ns,
                                                 .backoff_min_ns = 200 * CHL_NS_PER_MS,
                                                 .backoff_max_ns = 10 * CHL_NS_PER_S,
                                                 .serial = strncmp(wire->address, "rtu", 3) == 0,
                                                 .user = world,
                                                 .post = on_report};
    world->connect_ns = CHL_NS_PER_S;
    if (chl_modbus_new(&settings, devices, units, &world->driver, why, sizeof why) != CHL_OK ||
        chl_bus_new(wire, &world->bus, why, sizeof why) != CHL_OK) {
        fprintf(stderr, "gates: %s\n", why);
        return false;
    }
    return true;
}

void world_bus_free(struct world_bus *world)
{
    chl_bus_free(world->bus);
    chl_modbus_free(world->driver);
    chl_profile_free(world->profile);
}

static void transact(struct world_bus *world, const struct chl_modbus_request *request)
{
    struct chl_modbus_answer answer;
    chl_bus_transact(world->bus, request, &answer);
    chl_modbus_answered(world->driver, chl_mono_ns(), &answer);
    world->polls += answer.status == CHL_MODBUS_OK && request->function == 3 &&
                    request->count == world->profile->read_block_count;
}

static void wait_until(const struct world_bus *world, int64_t wake_ns)
{
    struct pollfd line = {.fd = chl_bus_descriptor(world->bus), .events = POLLIN};
    const int64_t left_ns = wake_ns - chl_mono_ns();
    if (left_ns > 0) {
        const struct timespec timeout = {.tv_sec = (time_t)(left_ns / CHL_NS_PER_S),
                                         .tv_nsec = (long)(left_ns % CHL_NS_PER_S)};
        (void)ppoll(&line, 1, &timeout, NULL);
    }
}

void world_bus_step(struct world_bus *world, int64_t until_ns)
{
    struct chl_modbus_step step;
    char why[CHL_MODBUS_TEXT] = "";
    static const atomic_bool stopping;
    chl_modbus_next(world->driver, chl_mono_ns(), &step);
    switch (step.action) {
    case CHL_MODBUS_CONNECT: {
        const chl_err err = chl_bus_open(world->bus, world->connect_ns, &stopping, why, sizeof why);
        chl_modbus_connected(world->driver, chl_mono_ns(), err == CHL_OK, why);
        break;
    }
    case CHL_MODBUS_CLOSE:
        chl_bus_close(world->bus);
        break;
    case CHL_MODBUS_TRANSACT:
        transact(world, &step.request);
        break;
    case CHL_MODBUS_FLUSH:
        chl_bus_flush(world->bus);
        break;
    case CHL_MODBUS_WAIT:
        wait_until(world, step.wake_ns < until_ns ? step.wake_ns : until_ns);
        break;
    }
}
