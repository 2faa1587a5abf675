/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Loads the credential plugins of this build and lines them up.
 */
#include "tests/chain/chain.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/time.h"
#include "lib/pluginhost/credentials.h"
#include "lib/pluginhost/pluginhost.h"

enum { MEMBERS_MAX = 8 };

struct member {
    struct chl_plugin_handle *handle;
    struct chl_yaml *document;
    void *config;
    struct chl_instance *instance;
};

struct chain {
    struct member members[MEMBERS_MAX];
    size_t count;
    struct chl_credentials *credentials;
    struct chl_scratch scratch;
};

__attribute__((format(printf, 3, 4))) static void host_log(struct chl_ctx *ctx, chl_log_level level,
                                                           const char *format, ...)
{
    (void)ctx;
    (void)level;
    va_list arguments;
    va_start(arguments, format);
    (void)vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
}

static int64_t host_wall(struct chl_ctx *ctx)
{
    (void)ctx;
    return chl_wall_ns();
}

static int64_t host_mono(struct chl_ctx *ctx)
{
    (void)ctx;
    return chl_mono_ns();
}

static const struct chl_host host = {
    .size = sizeof host, .log = host_log, .now_wall_ns = host_wall, .now_mono_ns = host_mono};

static chl_err load(struct member *member, const char *name, const char *const *trust, size_t count,
                    char *why, size_t why_size)
{
    struct chl_yaml_error where;
    chl_err error = chl_plugin_load(CHL_PLUGIN_DIR, name, &member->handle, why, why_size);
    if (error != CHL_OK) {
        return error;
    }
    const struct chl_plugin_setting setting = {"trust", trust, count};
    error = chl_plugin_configure_with(member->handle, "test", &setting, count > 0 ? 1 : 0,
                                      &member->document, &member->config, &where);
    if (error != CHL_OK) {
        (void)snprintf(why, why_size, "%s", where.text);
        return error;
    }
    const struct chl_ops *ops = chl_plugin_of(member->handle)->ops;
    const struct chl_create args = {.size = sizeof args,
                                    .name = name,
                                    .config = member->config,
                                    .host = &host,
                                    .data_dir = CHL_SHARE_DIR};
    error = ops->create(&args, &member->instance, why, why_size);
    return error == CHL_OK && CHL_HAS(ops, start) ? ops->start(member->instance) : error;
}

static chl_err line_up(struct chain *chain)
{
    struct chl_credential members[MEMBERS_MAX];
    for (size_t i = 0; i < chain->count; i++) {
        const struct chl_plugin *plugin = chl_plugin_of(chain->members[i].handle);
        members[i] = (struct chl_credential){plugin->name, plugin, chain->members[i].instance};
    }
    chl_err error = chl_credentials_new(&chain->credentials);
    return error == CHL_OK ? chl_credentials_set(chain->credentials, members, chain->count) : error;
}

struct chain *chain_open(const char *const *trust, size_t count)
{
    char names[MEMBERS_MAX][CHL_PLUGIN_NAME_MAX], why[CHL_PLUGIN_WHY_MAX] = "";
    size_t found = MEMBERS_MAX;
    struct chain *chain = calloc(1, sizeof *chain);
    void *memory = malloc(CHL_SCRATCH_MIN);
    chl_err error = chain == NULL || memory == NULL
                        ? CHL_E_NOMEM
                        : chl_plugin_find(CHL_PLUGIN_DIR, "credential_", names, &found);
    if (chain == NULL) {
        free(memory);
        return NULL;
    }
    chain->scratch = (struct chl_scratch){
        .size = sizeof chain->scratch, .base = memory, .capacity = CHL_SCRATCH_MIN};
    if (error == CHL_OK && found > MEMBERS_MAX) {
        error = CHL_E_LIMIT;
    }
    for (size_t i = 0; error == CHL_OK && i < found; i++) {
        error = load(&chain->members[chain->count++], names[i], trust, count, why, sizeof why);
    }
    if (error == CHL_OK) {
        error = line_up(chain);
    }
    if (error != CHL_OK) {
        fprintf(stderr, "chain: %s (%s)\n", chl_strerror(error), why);
        chain_close(chain);
        return NULL;
    }
    return chain;
}

static void unload(struct member *member)
{
    if (member->instance != NULL) {
        const struct chl_ops *ops = chl_plugin_of(member->handle)->ops;
        if (CHL_HAS(ops, stop)) {
            ops->stop(member->instance);
        }
        ops->destroy(member->instance);
    }
    free(member->config);
    chl_yaml_free(member->document);
    chl_plugin_unload(member->handle);
}

void chain_close(struct chain *chain)
{
    if (chain == NULL) {
        return;
    }
    chl_credentials_free(chain->credentials);
    for (size_t i = chain->count; i > 0; i--) {
        unload(&chain->members[i - 1]);
    }
    free(chain->scratch.base);
    free(chain);
}

size_t chain_members(const struct chain *chain)
{
    return chain->count;
}

void chain_inspect(struct chain *chain, const void *bytes, size_t length, int64_t now_ns,
                   struct chl_inspection *out, char *by)
{
    struct chl_inspect_note note;
    chl_credentials_inspect(chain->credentials, &chain->scratch, bytes, length, now_ns, out, &note);
    if (by != NULL) {
        memcpy(by, note.by, sizeof note.by);
    }
}

bool chain_write_trust(const void *bytes, size_t length, char path[64])
{
    (void)snprintf(path, 64, "/tmp/chl-chain-XXXXXX");
    int descriptor = mkstemp(path);
    if (descriptor < 0) {
        return false;
    }
    bool good = write(descriptor, bytes, length) == (ssize_t)length;
    return close(descriptor) == 0 && good;
}
