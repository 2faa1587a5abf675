/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief chilang-sim as a child process, see sim_process.h.
 */
#include "tests/integration/sim_process.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ARGUMENTS_MAX = 64, PATIENCE_S = 5 };

static void become(int in, int out, const char *const *arguments)
{
    char *argv[ARGUMENTS_MAX] = {(char[]){"chilang-sim"}, (char[]){"--stdin"}};
    size_t count = 2;
    for (; *arguments != NULL && count + 1 < ARGUMENTS_MAX; arguments++) {
        argv[count++] = strdup(*arguments);
    }
    dup2(in, STDIN_FILENO);
    dup2(out, STDOUT_FILENO);
    execv(CHL_STAGE_DIR "/bin/chilang-sim", argv);
    _exit(127);
}

void sim_start(struct sim_process *sim, size_t listeners, const char *const *arguments)
{
    static const char expected[] = "listening ";
    int in[2];
    int out[2];
    memset(sim, 0, sizeof *sim);
    assert_true(listeners <= SIM_LISTENERS_MAX);
    assert_int_equal(pipe2(in, O_CLOEXEC), 0);
    assert_int_equal(pipe2(out, O_CLOEXEC), 0);
    sim->child = fork();
    assert_true(sim->child >= 0);
    if (sim->child == 0) {
        become(in[0], out[1], arguments);
    }
    close(in[0]);
    close(out[1]);
    sim->to = fdopen(in[1], "w");
    sim->from = fdopen(out[0], "r");
    sim->listeners = listeners;
    for (size_t i = 0; i < listeners; i++) {
        char line[SIM_WHERE + sizeof expected];
        assert_non_null(fgets(line, sizeof line, sim->from));
        line[strcspn(line, "\n")] = '\0';
        assert_memory_equal(line, expected, sizeof expected - 1);
        snprintf(sim->where[i], sizeof sim->where[i], "%.300s", line + sizeof expected - 1);
    }
}

void sim_stop(struct sim_process *sim)
{
    int status = 0;
    if (sim->child <= 0) {
        return;
    }
    kill(sim->child, SIGTERM);
    assert_int_equal(waitpid(sim->child, &status, 0), sim->child);
    sim->child = 0;
    fclose(sim->to);
    fclose(sim->from);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

json_t *sim_tell(struct sim_process *sim, const char *request)
{
    static char line[65536];
    fprintf(sim->to, "%s\n", request);
    fflush(sim->to);
    assert_non_null(fgets(line, sizeof line, sim->from));
    json_t *answer = json_loads(line, 0, NULL);
    assert_non_null(answer);
    return answer;
}

void sim_done(struct sim_process *sim, const char *request)
{
    json_t *answer = sim_tell(sim, request);
    if (!json_is_true(json_object_get(answer, "ok"))) {
        fail_msg("%s: %s", request, json_string_value(json_object_get(answer, "text")));
    }
    json_decref(answer);
}

int sim_port(const struct sim_process *sim, size_t listener)
{
    const char *colon = strrchr(sim->where[listener], ':');
    assert_non_null(colon);
    return (int)strtol(colon + 1, NULL, 10);
}

const char *sim_path(const struct sim_process *sim, size_t listener)
{
    static const char scheme[] = "rtu://";
    assert_memory_equal(sim->where[listener], scheme, sizeof scheme - 1);
    return sim->where[listener] + sizeof scheme - 1;
}

modbus_t *sim_connect(const struct sim_process *sim, size_t listener, int baud)
{
    modbus_t *bus = strncmp(sim->where[listener], "rtu://", 6) == 0
                        ? modbus_new_rtu(sim_path(sim, listener), baud, 'N', 8, 1)
                        : modbus_new_tcp("127.0.0.1", sim_port(sim, listener));
    assert_non_null(bus);
    modbus_set_response_timeout(bus, PATIENCE_S, 0);
    modbus_set_slave(bus, 1);
    assert_int_equal(modbus_connect(bus), 0);
    return bus;
}

void sim_hang_up(modbus_t *bus)
{
    modbus_close(bus);
    modbus_free(bus);
}
