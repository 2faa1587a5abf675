/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Descriptor, options and life of the stream plugin.
 */
#include <chilang/plugin.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/base/text.h"
#include "plugins/stream_zmq/service.h"

static const char *const securities[] = {"curve", "plain", NULL};

static const struct chl_opt options[] = {
    {.name = "pull",
     .type = CHL_OPT_STR,
     .required = true,
     .max = ENDPOINT_SIZE - 1,
     .offset = offsetof(struct stream_config, pull),
     .help_vi = "Địa chỉ phục vụ kéo sự kiện, tcp://<địa chỉ>:<cổng>",
     .help_en = "Where readers pull records: tcp://<address or *>:<port, 0 or * for any free one>"},
    {.name = "live",
     .type = CHL_OPT_STR,
     .max = ENDPOINT_SIZE - 1,
     .offset = offsetof(struct stream_config, live),
     .help_vi = "Địa chỉ phát sự kiện trực tiếp (không bắt buộc)",
     .help_en = "Where each new record is sent at once; without it there is no live socket"},
    {.name = "keys",
     .type = CHL_OPT_PATH,
     .offset = offsetof(struct stream_config, keys),
     .help_vi = "Thư mục khóa: server.key và clients/<tên>.pub",
     .help_en = "Folder of keys: server.key (mode 0600) and clients/<name>.pub, one a principal"},
    {.name = "security",
     .type = CHL_OPT_ENUM,
     .dflt = "curve",
     .choices = securities,
     .offset = offsetof(struct stream_config, security),
     .help_vi = "curve (mặc định), hoặc plain chỉ khi địa chỉ là loopback",
     .help_en = "curve, or plain: allowed only when every endpoint is on loopback"},
    {.name = NULL},
};

static chl_err refuse(char *why, size_t why_size, const char *text)
{
    (void)snprintf(why, why_size, "%s", text);
    return CHL_E_CONFIG;
}

static chl_err check_endpoint(const char *name, const char *endpoint, bool plain, char *why,
                              size_t why_size)
{
    if (!endpoint_is_tcp(endpoint)) {
        (void)snprintf(why, why_size, "%s: expected tcp://<address or *>:<port or *>, came %s",
                       name, endpoint);
        return CHL_E_CONFIG;
    }
    if (plain && !endpoint_is_loopback(endpoint)) {
        (void)snprintf(why, why_size,
                       "%s: security plain is allowed on 127.0.0.1 or [::1] only, came %s: use "
                       "security curve",
                       name, endpoint);
        return CHL_E_CONFIG;
    }
    return CHL_OK;
}

static chl_err check(const struct stream_config *config, char *why, size_t why_size)
{
    const bool plain = config->security == SECURITY_PLAIN;
    if (config->pull == NULL) {
        return refuse(why, why_size, "pull: expected an endpoint, came none");
    }
    chl_err error = check_endpoint("pull", config->pull, plain, why, why_size);
    if (error == CHL_OK && config->live != NULL && config->live[0] != '\0') {
        error = check_endpoint("live", config->live, plain, why, why_size);
    }
    if (error == CHL_OK && !plain && config->keys == NULL) {
        error = refuse(why, why_size,
                       "keys: expected a folder with server.key and clients/; make them with "
                       "`chilang keygen curve`");
    }
    return error;
}

static void destroy(struct chl_instance *instance)
{
    if (instance != NULL) {
        chl_stream_server_free(instance->server);
        keyring_free(&instance->keyring);
        free(instance);
    }
}

static bool host_is_enough(const struct chl_host *host)
{
    bool enough = CHL_HAS(host, log);
    enough = enough && CHL_HAS(host, now_wall_ns);
    enough = enough && CHL_HAS(host, now_mono_ns);
    enough = enough && CHL_HAS(host, journal_info);
    enough = enough && CHL_HAS(host, journal_read);
    return enough && CHL_HAS(host, set_health);
}

static chl_err create(const struct chl_create *args, struct chl_instance **out, char *why,
                      size_t why_size)
{
    const struct stream_config *config = args->config;
    *out = NULL;
    if (!host_is_enough(args->host)) {
        (void)snprintf(why, why_size, "the host lends no journal: expected ABI 1.0 services");
        return CHL_E_ABI;
    }
    chl_err error = check(config, why, why_size);
    if (error != CHL_OK) {
        return error;
    }
    struct chl_instance *instance = calloc(1, sizeof *instance);
    if (instance == NULL) {
        (void)snprintf(why, why_size, "out of memory");
        return CHL_E_NOMEM;
    }
    instance->host = args->host;
    instance->ctx = args->ctx;
    instance->wake_fd = -1;
    instance->journal_fd = -1;
    instance->curve = config->security == SECURITY_CURVE;
    (void)chl_copy(instance->pull, sizeof instance->pull, config->pull);
    (void)chl_copy(instance->live, sizeof instance->live, config->live != NULL ? config->live : "");
    if (instance->curve) {
        error = keyring_load(config->keys, &instance->keyring, why, why_size);
    }
    if (error == CHL_OK) {
        error = service_prepare(instance);
    }
    if (error != CHL_OK) {
        destroy(instance);
        return error;
    }
    *out = instance;
    return CHL_OK;
}

static const struct chl_ops ops = {
    .size = sizeof ops,
    .create = create,
    .destroy = destroy,
    .start = service_start,
    .quiesce = service_quiesce,
    .stop = service_stop,
};

CHL_PLUGIN_DEFINE(.kind = CHL_KIND_SERVICE, .config_size = sizeof(struct stream_config),
                  .name = "stream_zmq", .version = CHL_VERSION,
                  .summary_vi = "Luồng sự kiện qua ZeroMQ: kéo và trực tiếp, mã hóa CURVE",
                  .summary_en = "Event stream over ZeroMQ: pull and live, CURVE by default",
                  .options = options, .ops = &ops);
