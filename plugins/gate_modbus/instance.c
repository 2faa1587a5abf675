/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Make one bus from its options and devices, and unmake it.
 */
#include "instance.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gap.h"
#include "lib/base/text.h"
#include "lib/base/time.h"

enum { PARTS_MAX = 7 /**< profiles that one gate can name */ };

static chl_err post(void *user, const struct chl_gate_report *report)
{
    struct chl_instance *instance = user;
    const chl_err err = instance->host->post_gate(instance->ctx, report);
    if (err != CHL_E_BUSY) {
        health_take(&instance->health, report, instance->host->now_wall_ns(instance->ctx));
        if (report->kind == CHL_REPORT_DONE) {
            inbox_completed(&instance->inbox, report->gate);
        }
    }
    return err;
}

static void log_line(void *user, chl_log_level level, const char *text)
{
    struct chl_instance *instance = user;
    instance->host->log(instance->ctx, level, "%s", text);
}

/** A device as this version knows it: what an older host does not say is absent. */
static struct chl_gate_device device_at(const struct chl_create *args, size_t i)
{
    const char *first = (const char *)args->devices;
    const size_t size = args->devices[0].size;
    struct chl_gate_device device = {.release_row = -1, .close_row = -1};
    memcpy(&device, first + i * size, size < sizeof device ? size : sizeof device);
    return device;
}

/** A profile by its path, read once however many parts name it. */
static chl_err load_profile(struct chl_instance *instance, const char *gate, const char *path,
                            const struct chl_profile **out, char *why, size_t why_size)
{
    for (size_t i = 0; i < instance->profile_count; i++) {
        if (strcmp(instance->paths[i], path) == 0) {
            *out = instance->profiles[i];
            return CHL_OK;
        }
    }
    struct chl_yaml_error error = {0};
    struct chl_profile *profile = NULL;
    const chl_err err = chl_profile_load(path, &profile, &error);
    if (err != CHL_OK) {
        (void)snprintf(why, why_size, "gate %s: %s", gate,
                       error.text[0] != '\0' ? error.text : chl_strerror(err));
        return err;
    }
    const int64_t ns = profile->response_ms * CHL_NS_PER_MS;
    if (ns > instance->connect_ns) {
        instance->connect_ns = ns;
    }
    const int64_t delay_ns = profile->delay_max_ms * CHL_NS_PER_MS;
    if (delay_ns > instance->delay_max_ns) {
        instance->delay_max_ns = delay_ns;
    }
    instance->paths[instance->profile_count] = path;
    instance->profiles[instance->profile_count++] = profile;
    *out = profile;
    return CHL_OK;
}

struct part_of {
    uint16_t unit;
    const char *profile;
    struct chl_modbus_part *out;
};

static chl_err load_parts(struct chl_instance *instance, const struct chl_gate_device *from,
                          struct chl_modbus_device *to, char *why, size_t why_size)
{
    const struct part_of parts[] = {
        {from->count.unit, from->count.profile, &to->count},
        {from->check.unit, from->check.profile, &to->check},
        {from->object.unit, from->object.profile, &to->object},
        {from->fire.unit, from->fire.profile, &to->fire},
        {from->tamper.unit, from->tamper.profile, &to->tamper},
        {from->lamps.unit, from->lamps.profile, &to->lamps},
    };
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        if (parts[i].unit == 0) {
            continue;
        }
        parts[i].out->unit = parts[i].unit;
        const chl_err err = load_profile(
            instance, from->gate_name, parts[i].profile != NULL ? parts[i].profile : from->profile,
            &parts[i].out->profile, why, why_size);
        if (err != CHL_OK) {
            return err;
        }
    }
    return CHL_OK;
}

static void take_rows(const struct chl_gate_device *from, struct chl_modbus_device *to)
{
    const int16_t lamps[] = {from->lamps.green, from->lamps.blue, from->lamps.amber,
                             from->lamps.red, from->lamps.sounder};
    to->count.rows[0] = from->count.entry;
    to->count.rows[1] = from->count.exit;
    to->check.rows[0] = from->check.entry;
    to->check.rows[1] = from->check.exit;
    to->object.rows[0] = from->object.row;
    to->object.active_open = from->object.active_open;
    to->fire.rows[0] = from->fire.row;
    to->fire.active_open = from->fire.active_open;
    to->tamper.rows[0] = from->tamper.row;
    to->tamper.active_open = from->tamper.active_open;
    memcpy(to->lamps.rows, lamps, sizeof lamps);
}

static chl_err load_devices(struct chl_instance *instance, const struct chl_create *args,
                            struct chl_modbus_device *devices, char *why, size_t why_size)
{
    for (size_t i = 0; i < args->device_count; i++) {
        const struct chl_gate_device from = device_at(args, i);
        devices[i] = (struct chl_modbus_device){.gate = from.gate,
                                                .unit = from.unit,
                                                .name = from.gate_name,
                                                .pass_time_ms = from.pass_time_ms,
                                                .on_link_loss = (chl_link_loss)from.on_link_loss,
                                                .release_row = from.release_row,
                                                .close_row = from.close_row,
                                                .wish_count = from.wish_count,
                                                .wishes = from.wishes};
        chl_err err = load_profile(instance, from.gate_name, from.profile, &devices[i].profile, why,
                                   why_size);
        if (err == CHL_OK) {
            err = load_parts(instance, &from, &devices[i], why, why_size);
        }
        if (err != CHL_OK) {
            return err;
        }
        take_rows(&from, &devices[i]);
        instance->inbox.gates[i].gate = from.gate;
        instance->health.gates[i] = (struct gate_health){.gate = from.gate, .unit = from.unit};
        (void)chl_copy(instance->health.gates[i].name, sizeof instance->health.gates[i].name,
                       from.gate_name);
    }
    return CHL_OK;
}

static chl_err make_bus(struct chl_instance *instance, const struct gate_config *config, char *why,
                        size_t why_size)
{
    const struct chl_bus_settings settings = {
        .address = config->address,
        .baud = config->baud,
        .parity = "NEO"[config->parity],
        .stop_bits = (int)config->stop_bits,
        .delay_max_ns = config->delay_max_ms > 0 ? config->delay_max_ms * CHL_NS_PER_MS
                                                 : instance->delay_max_ns,
        .capture = config->capture};
    return chl_bus_new(&settings, &instance->bus, why, why_size);
}

static chl_err make_driver(struct chl_instance *instance, const struct chl_create *args, char *why,
                           size_t why_size)
{
    const struct gate_config *config = args->config;
    struct chl_modbus_settings settings = {
        .poll_ns = config->poll_ms * CHL_NS_PER_MS,
        .response_ns = config->response_ms * CHL_NS_PER_MS,
        .delay_max_ns = config->delay_max_ms * CHL_NS_PER_MS,
        .backoff_min_ns = config->reconnect_min_ms * CHL_NS_PER_MS,
        .backoff_max_ns = config->reconnect_max_ms * CHL_NS_PER_MS,
        .seed = (uint64_t)chl_mono_ns() ^ (uint64_t)chl_wall_ns(),
        .user = instance,
        .post = post,
        .log = log_line,
    };
    if (settings.backoff_max_ns < settings.backoff_min_ns) {
        (void)snprintf(why, why_size,
                       "expected reconnect-max of at least reconnect-min, got %lld ms < %lld ms",
                       (long long)config->reconnect_max_ms, (long long)config->reconnect_min_ms);
        return CHL_E_CONFIG;
    }
    chl_err err = gap_parse(config->gap, &settings.gap_ns, why, why_size);
    if (err != CHL_OK) {
        return err;
    }
    struct chl_modbus_device *devices = calloc(args->device_count, sizeof *devices);
    if (devices == NULL) {
        return CHL_E_NOMEM;
    }
    err = load_devices(instance, args, devices, why, why_size);
    if (err == CHL_OK) {
        err = make_bus(instance, config, why, why_size);
    }
    if (err == CHL_OK) {
        settings.serial = chl_bus_is_serial(instance->bus);
        err = chl_modbus_new(&settings, devices, args->device_count, &instance->driver, why,
                             why_size);
    }
    if (settings.response_ns > 0) {
        instance->connect_ns = settings.response_ns;
    }
    free(devices);
    return err;
}

chl_err instance_create(const struct chl_create *args, struct chl_instance **out, char *why,
                        size_t why_size)
{
    if (args->devices == NULL || args->device_count < 1) {
        (void)snprintf(why, why_size,
                       "expected at least one gate with `plugin: %s`, got none; add one under "
                       "`gates` or remove this plugin",
                       args->name);
        return CHL_E_CONFIG;
    }
    struct chl_instance *instance = calloc(1, sizeof *instance);
    if (instance == NULL) {
        return CHL_E_NOMEM;
    }
    instance->host = args->host;
    instance->ctx = args->ctx;
    instance->device_count = args->device_count;
    chl_err err = inbox_init(&instance->inbox, args->device_count);
    if (err == CHL_OK) {
        err = health_init(&instance->health, args->device_count);
    }
    if (err != CHL_OK) {
        goto out;
    }
    instance->profiles = calloc(args->device_count * PARTS_MAX, sizeof(struct chl_profile *));
    instance->paths = calloc(args->device_count * PARTS_MAX, sizeof *instance->paths);
    if (instance->profiles == NULL || instance->paths == NULL) {
        err = CHL_E_NOMEM;
        goto out;
    }
    err = make_driver(instance, args, why, why_size);
out:
    if (err != CHL_OK) {
        instance_destroy(instance);
    } else {
        *out = instance;
    }
    return err;
}

void instance_destroy(struct chl_instance *instance)
{
    if (instance == NULL) {
        return;
    }
    chl_bus_free(instance->bus);
    chl_modbus_free(instance->driver);
    for (size_t i = 0; i < instance->profile_count; i++) {
        chl_profile_free(instance->profiles[i]);
    }
    free(instance->profiles);
    free(instance->paths);
    inbox_free(&instance->inbox);
    health_free(&instance->health);
    free(instance);
}
