/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief chilangd: reads the command line and the site, then runs the loop.
 */
#include "core/loop/loop.h"
#include "lib/base/locate.h"
#include "lib/base/log.h"

#include <argp.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

struct arguments {
    const char *config;
    bool check;
};

enum { KEY_CHECK = 256, USAGE = 2 /* exit status, as of `chilang` */ };

static const struct argp_option options[] = {
    {"config", 'c', "FILE", 0, "Run the site that FILE describes", 0},
    {"check-config", KEY_CHECK, "FILE", 0, "Check FILE and everything it names, then exit", 0},
    {"debug", 'd', NULL, 0, "Log more", 0},
    {"foreground", 'f', NULL, 0, "Stay in the foreground (it always does; for service files)", 0},
    {0}};

/* No thread runs yet when arguments are read. NOLINTBEGIN(concurrency-mt-unsafe) */
static error_t parse(int key, char *value, struct argp_state *state)
{
    struct arguments *arguments = state->input;
    switch (key) {
    case 'c':
    case KEY_CHECK:
        if (arguments->config != NULL) {
            argp_error(state, "expected one --config or --check-config, got a second one");
        }
        arguments->config = value;
        arguments->check = key == KEY_CHECK;
        return 0;
    case 'd':
        chl_log_set_level(CHL_LOG_DEBUG);
        return 0;
    case 'f':
        return 0;
    case ARGP_KEY_END:
        if (arguments->config == NULL) {
            argp_error(state, "expected --config FILE or --check-config FILE, got neither");
        }
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const char *checked; /* the file that is being checked */

static void refused(const char *instance, const char *why)
{
    fprintf(stderr, "%s: plugin '%s': %s\n", checked, instance, why);
}

/* Nothing listens while a file is checked. */
static void unheard(void *user, int instance, bool ok, const char *text)
{
    (void)user;
    (void)instance;
    (void)ok;
    (void)text;
}

static const char *plural(size_t count)
{
    return count == 1 ? "" : "s";
}

static int check(const struct config *config, const char *data_dir)
{
    char why[HOST_WHY_MAX] = "";
    struct host *host = NULL;
    struct host_options host_options = {
        .config = config, .data_dir = data_dir, .sink = {.health = unheard}};
    chl_err error = host_new(&host_options, &host, why, sizeof why);
    if (error != CHL_OK) {
        fprintf(stderr, "%s\n", why);
        return EXIT_FAILURE;
    }
    checked = config->path;
    size_t wrong = host_check(host, refused);
    host_free(host);
    if (wrong > 0) {
        return EXIT_FAILURE;
    }
    printf("%s: ok: site %s, %zu zone%s, %zu gate%s, %zu lane%s, %zu plugin%s\n", config->path,
           config->site_id, config->zone_count, plural(config->zone_count), config->gate_count,
           plural(config->gate_count), config->lane_count, plural(config->lane_count),
           config->instance_count, plural(config->instance_count));
    return EXIT_SUCCESS;
}

static int run(const struct config *config, const char *data_dir)
{
    char why[HOST_WHY_MAX] = "";
    struct loop *loop = NULL;
    /* Hours that people read are those of the site, wherever the machine's clock was set up. No
     * thread runs yet. */
    if (setenv("TZ", config->timezone, 1) == 0) { /* NOLINT(concurrency-mt-unsafe) */
        tzset();
    }
    chl_err error = loop_new(config, data_dir, &loop, why, sizeof why);
    if (error == CHL_OK) {
        error = loop_run(loop, why, sizeof why);
        loop_free(loop);
    }
    if (error != CHL_OK) {
        fprintf(stderr, "chilangd: %s\n", why[0] != '\0' ? why : chl_strerror(error));
        return EXIT_FAILURE;
    }
    return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
    static const struct argp argp = {
        options, parse, NULL, "chilangd: scan, decide, open, count, publish.", NULL, NULL, NULL};
    struct arguments arguments = {0};
    argp_program_version = "chilangd " CHL_VERSION;
    argp_err_exit_status = USAGE;
    argp_parse(&argp, argc, argv, 0, NULL, &arguments);
    /* NOLINTEND(concurrency-mt-unsafe) */
    /* A closed pipe and a full quota are errors of a call, not the end of a gate. */
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
    char data_dir[PATH_MAX];
    if (chl_locate_data(data_dir, sizeof data_dir) != CHL_OK) {
        fprintf(stderr, "chilangd: cannot find its own folder through /proc/self/exe\n");
        return EXIT_FAILURE;
    }
    /* Journal and snapshots tell who was where when: not for every account of the machine. */
    (void)umask(S_IWGRP | S_IRWXO);
    struct config *config = NULL;
    struct chl_yaml_error error = {0};
    if (config_load(arguments.config, data_dir, &config, &error) != CHL_OK) {
        fprintf(stderr, "%s\n", error.text);
        return EXIT_FAILURE;
    }
    int code = arguments.check ? check(config, data_dir) : run(config, data_dir);
    config_free(config);
    return code;
}
