/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Live records and heartbeats on the XPUB.
 */
#include <stdio.h>
#include <zmq.h>

#include "lib/base/json.h"
#include "lib/base/text.h"
#include "plugins/stream_zmq/service.h"

enum {
    TURN_LIVE = 1024, /* live records sent before looking at anything else */
    TURN_SUBSCRIPTIONS = 64
};

void live_drain(struct chl_instance *instance)
{
    uint8_t bytes[CHL_WIRE_TOPIC_MAX];
    for (int i = 0; i < TURN_SUBSCRIPTIONS; i++) {
        if (zmq_recv(instance->publisher, bytes, sizeof bytes, ZMQ_DONTWAIT) < 0) {
            return;
        }
    }
}

static chl_err publish(void *user, const struct chl_record *record)
{
    struct chl_instance *instance = user;
    void *socket = instance->publisher;
    (void)socket_send_frame(socket, record->topic, record->topic_length, ZMQ_SNDMORE);
    (void)socket_send_frame(socket, record->header, CHL_WIRE_HEADER, ZMQ_SNDMORE);
    (void)socket_send_frame(socket, record->body, record->body_length, 0);
    instance->published = record->sequence;
    return CHL_OK;
}

void live_publish(struct chl_instance *instance)
{
    const uint64_t before = instance->published;
    const chl_err error =
        instance->host->journal_read(instance->ctx, before + 1, TURN_LIVE, publish, instance);
    if (error == CHL_E_NOTFOUND) {
        /* Trimmed before it was sent: live is a hint, begin again at the head. */
        struct chl_journal_info info = {.size = sizeof info};
        if (instance->host->journal_info(instance->ctx, &info) == CHL_OK) {
            instance->published = info.head;
        }
    }
    instance->behind = error == CHL_OK && instance->published - before >= TURN_LIVE;
}

void live_heartbeat(struct chl_instance *instance)
{
    char topic[CHL_WIRE_TOPIC_MAX];
    char text[128];
    char uuid[CHL_UUID_TEXT_SIZE];
    struct chl_json json;
    struct chl_journal_info info = {.size = sizeof info};
    if (instance->host->journal_info(instance->ctx, &info) != CHL_OK) {
        return; /* silence says it: readers make their connection anew and ask */
    }
    chl_uuid_text(info.epoch, uuid);
    chl_json_begin(&json, text, sizeof text);
    chl_json_object(&json, NULL);
    chl_json_string(&json, "epoch", uuid);
    chl_json_uint(&json, "head", info.head);
    chl_json_close_object(&json);
    const int length = snprintf(topic, sizeof topic, "v1/%s/hb/", info.site);
    if (chl_json_end(&json) == CHL_OK && length > 0 && (size_t)length < sizeof topic) {
        (void)socket_send_frame(instance->publisher, topic, (size_t)length, ZMQ_SNDMORE);
        (void)socket_send_frame(instance->publisher, text, json.length, 0);
    }
}
