/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Child processes of the festival: started, watched, ended by their own id.
 */
#ifndef SIM_DEMO_CHILD_H
#define SIM_DEMO_CHILD_H

#include <chilang/types.h>
#include <sys/types.h>
#include <uv.h>

struct child {
    const char *name;
    uv_process_t process;
    bool running, expected_to_end;
    int64_t exit_status;
    int term_signal;
    void (*ended)(struct child *child);
    void *user;
};

/** Path of a program that lies beside this one. */
chl_err child_path(const char *name, char *out, size_t size);

/** Start it; standard output and error go to `log` (appended), input is empty.
 *  @param pipe_out not NULL: standard output comes through this initialised pipe instead. */
chl_err child_start(struct child *child, uv_loop_t *loop, char **argv, const char *log,
                    uv_pipe_t *pipe_out);
/** Send it a signal; ignored when it has ended. */
void child_signal(struct child *child, int number);

/** Run a program to its end with standard output and error in `log` (truncated).
 *  @return its exit code, −1 when it could not be run or was killed. Blocks. */
int child_run(char **argv, const char *log);
/** Last lines of a log into `out`. */
void child_tail(const char *log, char *out, size_t size);

#endif
