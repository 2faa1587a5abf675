/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Before the festival: a folder, keys from the real tools, a site file, free ports.
 */
#include <arpa/inet.h>
#include <ftw.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/text.h"
#include "sim/demo/festival.h"

void festival_fail(struct festival *festival, const char *format, ...)
{
    if (festival->why[0] != '\0') {
        return;
    }
    va_list arguments;
    va_start(arguments, format);
    /* NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized): started in the line above */
    vsnprintf(festival->why, sizeof festival->why, format, arguments);
    va_end(arguments);
}

uint64_t festival_draw(struct festival *festival)
{
    festival->random += UINT64_C(0x9E3779B97F4A7C15);
    uint64_t z = festival->random;
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

chl_err festival_tool(struct festival *festival, char **argv)
{
    int code = child_run(argv, festival->paths.log_tool);
    if (code == 0) {
        return CHL_OK;
    }
    char tail[600];
    child_tail(festival->paths.log_tool, tail, sizeof tail);
    festival_fail(festival, "%s %s: expected exit 0, got %d: %s", argv[0],
                  argv[1] != NULL ? argv[1] : "", code, tail);
    return CHL_E_IO;
}

static bool make_dir(struct festival *festival, const char *path)
{
    if (mkdir(path, 0700) != 0) {
        festival_fail(festival, "%s: expected a folder that can be made, got an error", path);
        return false;
    }
    return true;
}

static chl_err lay_out(struct festival *festival)
{
    struct festival_paths *paths = &festival->paths;
    const struct {
        char *path;
        const char *name;
        bool folder;
    } parts[] = {
        {paths->codes, "codes", true},
        {paths->scan, "scan", true},
        {paths->keys, "keys", true},
        {paths->trust, "trust", true},
        {paths->manifest, "codes/people.csv", false},
        {paths->site, "site.yaml", false},
        {paths->journal, "journal.db", false},
        {paths->control, "control.sock", false},
        {paths->sim_control, "sim.sock", false},
        {paths->store, "monitor.db", false},
        {paths->log_daemon, "chilangd.log", false},
        {paths->log_sim, "chilang-sim.log", false},
        {paths->log_monitor, "monitor.log", false},
        {paths->log_tool, "tool.log", false},
    };
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        int length = snprintf(parts[i].path, FESTIVAL_PATH, "%s/%s", paths->dir, parts[i].name);
        if (length < 0 || length >= FESTIVAL_PATH) {
            festival_fail(festival, "expected a shorter folder than %s", paths->dir);
            return CHL_E_LIMIT;
        }
        if (parts[i].folder && !make_dir(festival, parts[i].path)) {
            return CHL_E_IO;
        }
    }
    for (int i = 1; i <= FESTIVAL_GATES; i++) {
        char lane[FESTIVAL_PATH + 16];
        snprintf(lane, sizeof lane, "%s/G%d", paths->scan, i);
        if (!make_dir(festival, lane)) {
            return CHL_E_IO;
        }
    }
    return CHL_OK;
}

static chl_err make_folder(struct festival *festival)
{
    struct festival_paths *paths = &festival->paths;
    if (festival->options.dir != NULL) {
        chl_copy(paths->dir, sizeof paths->dir, festival->options.dir);
        if (!make_dir(festival, paths->dir)) {
            return CHL_E_IO;
        }
    } else {
        const char *base = getenv("TMPDIR");
        snprintf(paths->dir, sizeof paths->dir, "%s/chilang-demo-XXXXXX",
                 base != NULL ? base : "/tmp");
        if (mkdtemp(paths->dir) == NULL) {
            festival_fail(festival, "%s: expected a folder that can be made, got an error",
                          paths->dir);
            paths->dir[0] = '\0';
            return CHL_E_IO;
        }
    }
    return lay_out(festival);
}

static bool is_free(int port)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return false;
    }
    bool ok = bind(fd, (const struct sockaddr *)(const void *)&address, sizeof address) == 0;
    close(fd);
    return ok;
}

/** Below the range that the system gives to outgoing connections: a restarted daemon needs the same
 *  port again, and nobody may take it in between. */
static int free_port(unsigned salt)
{
    enum { FIRST = 20000, SPAN = 10000, TRIES = 1000 };
    for (unsigned i = 0; i < TRIES; i++) {
        int port = FIRST + (int)(((unsigned)getpid() * 7U + salt * 4999U + i * 13U) % SPAN);
        if (is_free(port)) {
            return port;
        }
    }
    return 0;
}

static chl_err find_programs(struct festival *festival)
{
    static const char *const names[] = {"chilang", "chilangd", "chilang-sim"};
    char *const paths[] = {festival->chilang, festival->chilangd, festival->self};
    for (size_t i = 0; i < 3; i++) {
        if (child_path(names[i], paths[i], FESTIVAL_PATH) != CHL_OK ||
            access(paths[i], X_OK) != 0) {
            festival_fail(festival, "expected the program %s beside chilang-sim, got none",
                          names[i]);
            return CHL_E_NOTFOUND;
        }
    }
    return CHL_OK;
}

chl_err festival_prepare(struct festival *festival)
{
    chl_err rc = find_programs(festival);
    rc = rc == CHL_OK ? make_folder(festival) : rc;
    rc = rc == CHL_OK ? festival_people(festival) : rc;
    festival->pull_port = free_port(1);
    festival->live_port = free_port(2);
    if (rc == CHL_OK && (festival->pull_port == 0 || festival->live_port == 0 ||
                         festival->pull_port == festival->live_port)) {
        festival_fail(festival, "expected two free ports from 20000 to 29999, got none");
        rc = CHL_E_IO;
    }
    return rc;
}

static int remove_entry(const char *path, const struct stat *status, int kind, struct FTW *at)
{
    (void)status;
    (void)kind;
    (void)at;
    return remove(path);
}

void festival_clean(const struct festival *festival)
{
    enum { DESCRIPTORS = 16 };
    if (festival->paths.dir[0] != '\0' && !festival->options.keep) {
        nftw(festival->paths.dir, remove_entry, DESCRIPTORS, FTW_DEPTH | FTW_PHYS);
    }
}
