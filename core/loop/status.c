/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The state as JSON for people's tools.
 */
#include "core/loop/status_put.h"

#include "lib/base/json.h"
#include "lib/base/text.h"
#include "lib/base/time.h"
#include "lib/text/reasons.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

const char *status_name(engine_field_kind kind, uint8_t value)
{
    size_t count = 0;
    const char *const *names = engine_field_names(kind, &count);
    return value < count ? names[value] : "";
}

int64_t status_age_ms(int64_t now_ns, int64_t then_ns)
{
    return then_ns == 0 ? -1 : (now_ns - then_ns) / CHL_NS_PER_MS;
}

/* Who counted it last, and how; null when nobody did. */
static void put_recounted(struct chl_json *json, const struct engine_zone *zone)
{
    if (zone->recounted_ns == 0) {
        chl_json_null(json, "recounted");
        return;
    }
    chl_json_object(json, "recounted");
    status_put_time(json, "time", zone->recounted_ns);
    chl_json_string(json, "who", zone->recounted_by);
    chl_json_string(json, "how", status_name(FIELD_HOW, zone->recounted_how));
    chl_json_close_object(json);
}

static void put_zone(struct chl_json *json, const struct status_view *view, uint16_t z)
{
    const struct engine_zone *zone = &view->engine->state.zones[z];
    const struct config_zone *config = &view->config->zones[z];
    chl_json_string(json, "id", config->id);
    chl_json_string(json, "name", config->name);
    chl_json_string(json, "state", status_name(FIELD_ZONE_STATE, zone->announced));
    chl_json_int(json, "inside", zone->inside);
    chl_json_int(json, "reserved", zone->reserved);
    chl_json_int(json, "uncertain", engine_zone_error(view->engine, z));
    if (zone->announced_ns != 0) {
        status_put_time(json, "since", zone->announced_ns);
    } else {
        chl_json_null(json, "since");
    }
    put_recounted(json, zone);
    chl_json_int(json, "warn", config->warn);
    chl_json_int(json, "soft", config->soft);
    chl_json_int(json, "hard", config->hard);
    chl_json_uint(json, "entered", zone->entered);
    chl_json_uint(json, "left", zone->left);
    chl_json_bool(json, "recount_due", zone->recount_due);
    chl_json_bool(json, "disperses", zone->disperses || view->engine->state.disperses);
    status_put_alarm_count(json, zone);
}

static void put_lane(struct chl_json *json, const struct status_view *view, uint16_t l)
{
    const struct engine_lane *lane = &view->engine->state.lanes[l];
    chl_json_string(json, "id", view->config->lanes[l].id);
    if (lane->verdict != CHL_VERDICT_NONE) {
        chl_json_string(json, "verdict", status_name(FIELD_VERDICT, lane->verdict));
        chl_json_string(json, "reason", chl_reason_get((chl_reason)lane->reason)->id);
    }
    chl_json_int(json, "age_ms", status_age_ms(view->now_ns, lane->decided_ns));
    chl_json_bool(json, "check", lane->check != 0);
    chl_json_uint(json, "check_sequence", lane->check);
}

static void put_plugins(struct chl_json *json, struct host *host)
{
    chl_json_array(json, "plugins");
    for (size_t i = 0; i < host_count(host); i++) {
        struct host_status plugin;
        host_status(host, i, &plugin);
        chl_json_object(json, NULL);
        chl_json_string(json, "name", plugin.name);
        chl_json_string(json, "use", plugin.use);
        chl_json_bool(json, "ok", plugin.running && plugin.ok);
        chl_json_string(json, "text", plugin.text);
        chl_json_close_object(json);
    }
    chl_json_close_array(json);
}

static void put_register(struct chl_json *json, const struct register_status *persons)
{
    if (!persons->loaded) {
        chl_json_null(json, "register");
        return;
    }
    chl_json_object(json, "register");
    chl_json_uint(json, "count", persons->count);
    chl_json_bool(json, "ok", !persons->refused);
    chl_json_string(json, "text", persons->text);
    chl_json_close_object(json);
}

void status_put_time(struct chl_json *json, const char *key, int64_t ns)
{
    char text[CHL_RFC3339_SIZE];
    chl_time_format(ns, text);
    chl_json_string(json, key, text);
}

/* The state is a durable fact; number and age are those of what was read last. */
static void put_trust(struct chl_json *json, const struct status_view *view)
{
    const struct trust_status *trust = &view->trust;
    chl_json_object(json, "trust");
    chl_json_string(json, "state",
                    !trust->loaded                  ? "none"
                    : view->engine->state.trust_old ? "old"
                                                    : "ok");
    chl_json_uint(json, "keys", trust->keys);
    chl_json_uint(json, "skipped", trust->skipped);
    if (trust->updated_s != 0) {
        status_put_time(json, "updated", trust->updated_s * CHL_NS_PER_S);
        chl_json_int(json, "age_s", view->now_ns / CHL_NS_PER_S - trust->updated_s);
    } else {
        chl_json_null(json, "updated");
        chl_json_null(json, "age_s");
    }
    chl_json_int(json, "max_age_s", view->config->trust_max_age_ms / 1000);
    chl_json_bool(json, "ok", trust->loaded && !trust->refused);
    chl_json_string(json, "text", trust->text);
    chl_json_close_object(json);
}

typedef void (*put_place)(struct chl_json *, const struct status_view *, uint16_t);

static void put_all(struct chl_json *json, const struct status_view *view, const char *key,
                    size_t count, put_place put)
{
    chl_json_array(json, key);
    for (size_t i = 0; i < count; i++) {
        chl_json_object(json, NULL);
        put(json, view, (uint16_t)i);
        chl_json_close_object(json);
    }
    chl_json_close_array(json);
}

size_t status_json(const struct status_view *view, char *out, size_t size)
{
    struct chl_json json;
    chl_json_begin(&json, out, size);
    chl_json_object(&json, NULL);
    chl_json_string(&json, "site", view->config->site_id);
    chl_json_string(&json, "name", view->config->site_name);
    chl_json_string(&json, "version", CHL_VERSION);
    chl_json_string(&json, "epoch", view->epoch);
    chl_json_uint(&json, "head", view->engine->state.sequence);
    status_put_time(&json, "time", view->now_ns);
    chl_json_string(&json, "journal", view->journal);
    chl_json_bool(&json, "emergency", view->engine->state.emergency);
    status_put_emergency(&json, view);
    chl_json_bool(&json, "disperses", view->engine->state.disperses);
    chl_json_bool(&json, "clock_doubt", view->engine->state.clock_doubt);
    put_all(&json, view, "zones", view->config->zone_count, put_zone);
    put_all(&json, view, "gates", view->config->gate_count, status_put_gate);
    put_all(&json, view, "lanes", view->config->lane_count, put_lane);
    put_trust(&json, view);
    put_register(&json, &view->persons);
    put_plugins(&json, view->host);
    chl_json_close_object(&json);
    return chl_json_end(&json) == CHL_OK ? json.length : 0;
}

static void put_line(struct chl_json *json, const char *key, const char *line,
                     const struct chl_reason_values *values)
{
    char text[256];
    chl_reason_fill(line, values, text, sizeof text);
    chl_json_string(json, key, text);
}

/* Time of day as staff read it. */
static void local_time(int64_t ns, char out[8])
{
    time_t seconds = (time_t)(ns / CHL_NS_PER_S);
    struct tm parts = {0};
    localtime_r(&seconds, &parts);
    snprintf(out, 8, "%02u:%02u", (unsigned)parts.tm_hour % 24U, (unsigned)parts.tm_min % 60U);
}

size_t status_verdict(const struct status_view *view, const struct engine_effect *effect, char *out,
                      size_t size)
{
    const struct chl_reason_text *reason = chl_reason_get((chl_reason)effect->reason);
    char used[8] = "";
    if (effect->used_at_ns != 0) {
        local_time(effect->used_at_ns, used);
    }
    struct chl_reason_values values = {
        .n = effect->party,
        .k = effect->party,
        .time = used,
        .gate = effect->used_gate < view->config->gate_count
                    ? view->config->gates[effect->used_gate].name
                    : NULL,
    };
    char code[2 * ENGINE_CODE + 1];
    chl_hex(effect->code, ENGINE_CODE, code);
    struct chl_json json;
    chl_json_begin(&json, out, size);
    chl_json_object(&json, NULL);
    chl_json_string(&json, "event", "verdict");
    chl_json_string(&json, "lane", view->config->lanes[effect->lane].id);
    if (effect->gate < view->config->gate_count) {
        chl_json_string(&json, "gate", view->config->gates[effect->gate].id);
    }
    chl_json_string(&json, "verdict", status_name(FIELD_VERDICT, effect->verdict));
    chl_json_string(&json, "reason", reason->id);
    chl_json_uint(&json, "n", effect->party);
    put_line(&json, "vi", reason->vi, &values);
    put_line(&json, "vi_next", reason->vi_next, &values);
    put_line(&json, "en", reason->en, &values);
    put_line(&json, "en_next", reason->en_next, &values);
    chl_json_string(&json, "code", code);
    chl_json_uint(&json, "grant", effect->grant);
    chl_json_uint(&json, "check", view->engine->state.lanes[effect->lane].check);
    chl_json_uint(&json, "sequence", effect->after);
    status_put_time(&json, "time", view->now_ns);
    chl_json_close_object(&json);
    return chl_json_end(&json) == CHL_OK ? json.length : 0;
}

static size_t place_event(const struct status_view *view, const char *event, uint16_t index,
                          put_place put, char *out, size_t size)
{
    struct chl_json json;
    chl_json_begin(&json, out, size);
    chl_json_object(&json, NULL);
    chl_json_string(&json, "event", event);
    put(&json, view, index);
    chl_json_uint(&json, "sequence", view->engine->state.sequence);
    status_put_time(&json, "time", view->now_ns);
    chl_json_close_object(&json);
    return chl_json_end(&json) == CHL_OK ? json.length : 0;
}

size_t status_zone(const struct status_view *view, uint16_t zone, char *out, size_t size)
{
    return place_event(view, "zone", zone, put_zone, out, size);
}

size_t status_gate(const struct status_view *view, uint16_t gate, char *out, size_t size)
{
    return place_event(view, "gate", gate, status_put_gate, out, size);
}
