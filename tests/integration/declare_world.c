/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The folder and the runs of declare_world.h.
 */
#include "declare_world.h"

#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

extern char **environ;

char folder[64];
char output[OUTPUT_MAX];

char *in_folder(const char *name)
{
    static char paths[64][160];
    static unsigned next;
    char *path = paths[next++ % 64];
    (void)snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    return path;
}

void write_text(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

int run_from(const char *input, const char *const *arguments)
{
    static char program[] = CHL_STAGE_DIR "/bin/chilang";
    char *argv[ARGUMENTS_MAX] = {program};
    char *captured = in_folder("output");
    for (size_t i = 0; arguments[i] != NULL; i++) {
        assert_true(i + 2 < ARGUMENTS_MAX);
        argv[i + 1] = strdup(arguments[i]);
    }
    posix_spawn_file_actions_t actions;
    assert_int_equal(posix_spawn_file_actions_init(&actions), 0);
    assert_int_equal(posix_spawn_file_actions_addopen(&actions, 0, input, O_RDONLY, 0), 0);
    assert_int_equal(
        posix_spawn_file_actions_addopen(&actions, 1, captured, O_WRONLY | O_CREAT | O_TRUNC, 0600),
        0);
    assert_int_equal(posix_spawn_file_actions_adddup2(&actions, 1, 2), 0);
    pid_t pid = 0;
    int status = 0;
    assert_int_equal(posix_spawn(&pid, program, &actions, NULL, argv, environ), 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    (void)posix_spawn_file_actions_destroy(&actions);
    for (size_t i = 1; argv[i] != NULL; i++) {
        free(argv[i]);
    }
    FILE *file = fopen(captured, "r");
    assert_non_null(file);
    size_t length = fread(output, 1, sizeof output - 1, file);
    output[length] = '\0';
    (void)fclose(file);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

int set_up(void **state)
{
    (void)state;
    (void)snprintf(folder, sizeof folder, "/tmp/chl-declare-XXXXXX");
    if (mkdtemp(folder) == NULL) {
        return -1;
    }
    return RUN("keygen", "issuer", "--out", in_folder("keys/"));
}

static int remove_one(const char *path, const struct stat *about, int type, struct FTW *where)
{
    (void)about;
    (void)type;
    (void)where;
    return remove(path);
}

int tear_down(void **state)
{
    (void)state;
    return nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}
