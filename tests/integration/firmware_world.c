/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Starting and asking the processes of the provisioning tests.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/text/reasons.h"
#include "tests/integration/firmware_world.h"

enum { ARGUMENTS = 48, COLUMNS = 80, COMMAND = 2048, WAIT_MS = 60000 };

const char *fw_path(const struct fw_world *world, const char *name)
{
    static char paths[8][2 * FW_PATH];
    static unsigned next;
    char *path = paths[next++ % 8];
    (void)snprintf(path, sizeof *paths, "%s/%s", world->dir, name);
    return path;
}

void fw_write(const struct fw_world *world, const char *name, const char *text)
{
    FILE *file = fopen(fw_path(world, name), "we");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

/** Split at spaces; what stands in quotes is one argument. */
static size_t split(char *text, char **out, size_t at)
{
    while (*text != '\0') {
        while (*text == ' ') {
            *text++ = '\0';
        }
        if (*text == '\0') {
            break;
        }
        const char end = *text == '\'' ? '\'' : ' ';
        text += end == '\'' ? 1 : 0;
        assert_true(at + 1 < ARGUMENTS);
        out[at++] = text;
        while (*text != '\0' && *text != end) {
            text++;
        }
        if (*text == '\'') {
            *text++ = '\0';
        }
    }
    out[at] = NULL;
    return at;
}

static void become(const struct fw_world *world, const char *program, char **argv, pid_t parent)
{
    char path[FW_PATH];
    (void)snprintf(path, sizeof path, "%s/bin/%s", CHL_STAGE_DIR, program);
    argv[0] = path;
    /* Nothing outlives the test, whatever happens to it. */
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent || chdir(world->dir) != 0) {
        _exit(127);
    }
    (void)setenv("LC_ALL", "en_US.UTF-8", 1); /* NOLINT(concurrency-mt-unsafe): a child's only */
    (void)execv(path, argv);
    _exit(127);
}

void fw_open(struct fw_world *world, const char *listen, const char *options)
{
    char line[FW_PATH];
    char text[COMMAND];
    char *argv[ARGUMENTS + 1] = {NULL};
    int in[2];
    int out[2];
    *world = (struct fw_world){.sim = 0};
    (void)snprintf(world->dir, sizeof world->dir, "/tmp/chl-firmware-XXXXXX");
    assert_non_null(mkdtemp(world->dir));
    assert_int_equal(pipe2(in, O_CLOEXEC), 0);
    assert_int_equal(pipe2(out, O_CLOEXEC), 0);
    (void)snprintf(text, sizeof text, "%s --listen %s --stdin", options, listen);
    (void)split(text, argv, 1);
    const pid_t parent = getpid();
    world->sim = fork();
    assert_true(world->sim >= 0);
    if (world->sim == 0) {
        (void)dup2(in[0], STDIN_FILENO);
        (void)dup2(out[1], STDOUT_FILENO);
        become(world, "chilang-sim", argv, parent);
    }
    (void)close(in[0]);
    (void)close(out[1]);
    world->to_sim = in[1];
    world->from_sim = fdopen(out[0], "r");
    assert_non_null(world->from_sim);
    assert_non_null(fgets(line, sizeof line, world->from_sim));
    line[strcspn(line, "\n")] = '\0';
    assert_memory_equal(line, "listening ", 10);
    (void)snprintf(world->address, sizeof world->address, "%s%s",
                   strstr(line, "://") == NULL ? "tcp://" : "", line + 10);
}

static void end(pid_t *child)
{
    if (*child > 0) {
        (void)kill(*child, SIGKILL);
        (void)waitpid(*child, NULL, 0);
        *child = 0;
    }
}

void fw_close(struct fw_world *world)
{
    char command[2 * FW_PATH];
    end(&world->daemon);
    end(&world->sim);
    (void)close(world->to_sim);
    (void)fclose(world->from_sim);
    (void)snprintf(command, sizeof command, "rm -rf %s", world->dir);
    assert_int_equal(system(command), 0); /* NOLINT(cert-env33-c): a folder of our own */
}

json_t *fw_sim(const struct fw_world *world, const char *request)
{
    char line[16384];
    assert_int_equal(write(world->to_sim, request, strlen(request)), (ssize_t)strlen(request));
    assert_int_equal(write(world->to_sim, "\n", 1), 1);
    assert_non_null(fgets(line, sizeof line, world->from_sim));
    json_t *answer = json_loads(line, 0, NULL);
    assert_non_null(answer);
    return answer;
}

void fw_do(const struct fw_world *world, const char *request)
{
    json_t *answer = fw_sim(world, request);
    if (!json_is_true(json_object_get(answer, "ok"))) {
        fail_msg("%s: refused", request);
    }
    json_decref(answer);
}

long fw_truth(const struct fw_world *world, int unit, const char *member)
{
    size_t i = 0;
    long value = -1;
    const json_t *one = NULL;
    json_t *truth = fw_sim(world, "{\"op\":\"truth\"}");
    json_array_foreach(json_object_get(truth, "units"), i, one)
    {
        if (json_integer_value(json_object_get(one, "unit")) == unit) {
            assert_non_null(json_object_get(one, member));
            value = (long)json_integer_value(json_object_get(one, member));
        }
    }
    json_decref(truth);
    assert_true(value >= 0);
    return value;
}

/** Read until the end, type once something stands there, wait for the end. */
static void follow(pid_t child, int fd, const char *typed, struct fw_answer *out)
{
    size_t length = 0;
    ssize_t got = 1;
    bool done = typed == NULL;
    struct pollfd ready = {.fd = fd, .events = POLLIN};
    while (got > 0 && length + 1 < sizeof out->text) {
        if (poll(&ready, 1, WAIT_MS) == 0) {
            (void)kill(child, SIGKILL);
            fail_msg("it says nothing any more: %s", out->text);
        }
        got = read(fd, out->text + length, sizeof out->text - 1 - length);
        length += got > 0 ? (size_t)got : 0;
        out->text[length] = '\0';
        if (!done && strstr(out->text, "(y/n): ") != NULL) {
            assert_int_equal(write(fd, typed, strlen(typed)), (ssize_t)strlen(typed));
            done = true;
        }
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    out->code = WEXITSTATUS(status);
}

__attribute__((format(printf, 3, 0))) static struct fw_answer
start(const struct fw_world *world, const char *typed, const char *format, va_list list)
{
    static struct fw_answer answer;
    char text[COMMAND] = "firmware ";
    char *argv[ARGUMENTS + 1] = {NULL};
    int out[2] = {-1, -1};
    const bool terminal = typed != NULL;
    const size_t used = strlen(text);
    (void)vsnprintf(text + used, sizeof text - used, format, list);
    (void)split(text, argv, 1);
    memset(&answer, 0, sizeof answer);
    if (terminal) {
        out[0] = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
        assert_true(out[0] >= 0 && grantpt(out[0]) == 0 && unlockpt(out[0]) == 0);
        out[1] = open(ptsname(out[0]), O_RDWR | O_NOCTTY | O_CLOEXEC); /* NOLINT: one thread */
        assert_true(out[1] >= 0);
    } else {
        assert_int_equal(pipe2(out, O_CLOEXEC), 0);
    }
    const pid_t parent = getpid();
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        const int in = terminal ? out[1] : open("/dev/null", O_RDONLY | O_CLOEXEC);
        (void)dup2(in, STDIN_FILENO);
        (void)dup2(out[1], STDOUT_FILENO);
        (void)dup2(out[1], STDERR_FILENO);
        become(world, "chilang", argv, parent);
    }
    (void)close(out[1]);
    follow(child, out[0], typed, &answer);
    (void)close(out[0]);
    return answer;
}

struct fw_answer fw_run(const struct fw_world *world, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    const struct fw_answer answer = start(world, NULL, format, list);
    va_end(list);
    return answer;
}

struct fw_answer fw_type(const struct fw_world *world, const char *typed, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    const struct fw_answer answer = start(world, typed, format, list);
    va_end(list);
    return answer;
}

struct taking {
    size_t count;
    struct chl_firmware_entry *out;
};

static bool take(void *user, uint64_t line, const struct chl_firmware_entry *entry, const char *why)
{
    struct taking *taking = user;
    if (entry == NULL || line >= FW_ENTRIES) {
        fail_msg("line %llu of the record: %s", (unsigned long long)line, why);
    } else {
        taking->out[taking->count++] = *entry;
    }
    return true;
}

size_t fw_record(const struct fw_world *world, struct chl_firmware_entry out[FW_ENTRIES])
{
    char why[256];
    struct taking taking = {.out = out};
    assert_int_equal(chl_firmware_log_read(fw_path(world, CHL_FIRMWARE_LOG), 0, take, &taking, NULL,
                                           why, sizeof why),
                     CHL_OK);
    return taking.count;
}

void fw_assert_narrow(const struct fw_answer *answer)
{
    char line[1024];
    const char *at = answer->text;
    while (*at != '\0') {
        const size_t length = strcspn(at, "\r\n");
        assert_true(length < sizeof line);
        memcpy(line, at, length);
        line[length] = '\0';
        if (chl_reason_characters(line) > COLUMNS) {
            fail_msg("wider than %d: %s", COLUMNS, line);
        }
        at += length;
        at += strspn(at, "\r\n");
    }
}

/** Lines are wrapped: a run of spaces and line ends counts as one space. */
void fw_assert_says(const struct fw_answer *answer, const char *part)
{
    static char flat[FW_OUT];
    size_t length = 0;
    for (const char *at = answer->text; *at != '\0'; at++) {
        const bool space = *at == ' ' || *at == '\n' || *at == '\r';
        if (!space || length == 0 || flat[length - 1] != ' ') {
            flat[length++] = space ? ' ' : *at;
        }
    }
    flat[length] = '\0';
    if (strstr(flat, part) == NULL) {
        fail_msg("expected `%s` in:\n%s", part, answer->text);
    }
}
