/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Child processes of the festival, see child.h.
 */
#include "sim/demo/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/locate.h"

extern char **environ;

chl_err child_path(const char *name, char *out, size_t size)
{
    return chl_locate_program(name, out, size);
}

static void closed(uv_handle_t *handle)
{
    struct child *child = handle->data;
    child->running = false;
    if (child->ended != NULL) {
        child->ended(child);
    }
}

static void exited(uv_process_t *process, int64_t status, int signal_number)
{
    struct child *child = process->data;
    child->exit_status = status;
    child->term_signal = signal_number;
    uv_close((uv_handle_t *)process, closed);
}

chl_err child_start(struct child *child, uv_loop_t *loop, char **argv, const char *log,
                    uv_pipe_t *pipe_out)
{
    int fd = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    uv_stdio_container_t stdio[3];
    uv_process_options_t options;
    if (fd < 0) {
        return CHL_E_IO;
    }
    memset(&options, 0, sizeof options);
    memset(stdio, 0, sizeof stdio);
    stdio[0].flags = UV_IGNORE;
    stdio[1].flags = UV_INHERIT_FD;
    stdio[1].data.fd = fd;
    if (pipe_out != NULL) {
        stdio[1].flags = (uv_stdio_flags)(UV_CREATE_PIPE | UV_WRITABLE_PIPE);
        stdio[1].data.stream = (uv_stream_t *)pipe_out;
    }
    stdio[2].flags = UV_INHERIT_FD;
    stdio[2].data.fd = fd;
    options.file = argv[0];
    options.args = argv;
    options.exit_cb = exited;
    options.stdio = stdio;
    options.stdio_count = 3;
    /* Out of the terminal's group: Ctrl-C is for the festival, which ends them in order. */
    options.flags = UV_PROCESS_DETACHED;
    child->expected_to_end = false;
    child->process.data = child;
    int rc = uv_spawn(loop, &child->process, &options);
    close(fd);
    if (rc != 0) {
        uv_close((uv_handle_t *)&child->process, NULL);
        return CHL_E_IO;
    }
    child->running = true;
    return CHL_OK;
}

void child_signal(struct child *child, int number)
{
    if (child->running && uv_is_closing((uv_handle_t *)&child->process) == 0) {
        uv_process_kill(&child->process, number);
    }
}

int child_run(char **argv, const char *log)
{
    posix_spawn_file_actions_t actions;
    pid_t pid = -1;
    int status = -1;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, log, O_WRONLY | O_CREAT | O_TRUNC,
                                     0600);
    posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
    if (posix_spawn(&pid, argv[0], &actions, NULL, argv, environ) == 0) {
        while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
        }
    }
    posix_spawn_file_actions_destroy(&actions);
    return pid > 0 && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

void child_tail(const char *log, char *out, size_t size)
{
    FILE *file = fopen(log, "re");
    out[0] = '\0';
    if (file == NULL) {
        return;
    }
    if (fseek(file, -(long)(size - 1), SEEK_END) != 0) {
        rewind(file);
    }
    size_t length = fread(out, 1, size - 1, file);
    out[length] = '\0';
    fclose(file);
}
