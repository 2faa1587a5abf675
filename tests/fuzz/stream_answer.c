/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Fuzz: any frames as answers to a reader. What it stores has a chain that holds.
 *
 *  An input is frames, each led by its length in two bytes, big-endian; an empty one ends a
 * message.
 */
#include <stdlib.h>
#include <string.h>

#include "stream_fake.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { FRAMES_MAX = 32 };

static struct chl_stream_client client;
static struct chl_stream_position stored;

static void on_send(void *user, const char *json, size_t length)
{
    (void)user;
    if (json[length - 1] != '}') {
        abort();
    }
}

static void on_reconnect(void *user)
{
    (void)user;
}

static chl_err on_commit(void *user, const struct chl_stream_received *records, size_t count,
                         const struct chl_stream_position *position)
{
    uint8_t hash[CHL_WIRE_HASH];
    (void)user;
    for (size_t i = 0; i < count; i++) {
        const struct chl_stream_received *record = &records[i];
        if (stored.hash_known && record->header.sequence == stored.sequence + 1) {
            chl_wire_chain(stored.hash, record->raw_header, record->topic, record->topic_length,
                           record->body, record->body_length, hash);
            if (memcmp(hash, record->header.chain, sizeof hash) != 0) {
                abort();
            }
        }
        if (record->header.sequence <= stored.sequence) {
            abort();
        }
        stored.sequence = record->header.sequence;
        stored.hash_known = true;
        memcpy(stored.hash, record->header.chain, sizeof stored.hash);
    }
    stored = *position;
    return CHL_OK;
}

static void on_notice(void *user, chl_stream_notice notice, uint64_t number, const char *text)
{
    (void)user;
    (void)notice;
    (void)number;
    if (strlen(text) > 1000) {
        abort();
    }
}

/** Next frame of the input. @return false at its end. */
static bool next_frame(const uint8_t **data, size_t *size, struct chl_stream_frame *out)
{
    if (*size < 2) {
        return false;
    }
    const size_t asked = (size_t)((*data)[0] << 8 | (*data)[1]);
    const size_t length = asked < *size - 2 ? asked : *size - 2;
    *out = (struct chl_stream_frame){*data + 2, length};
    *data += 2 + length;
    *size -= 2 + length;
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct chl_stream_owner owner = {NULL, on_send, on_reconnect, on_commit, on_notice};
    const struct chl_stream_reading reading = {.wait_ms = 1000, .patience_ms = 1000};
    struct chl_stream_frame frames[FRAMES_MAX];
    size_t count = 0;
    stored = (struct chl_stream_position){.known = false};
    chl_stream_client_begin(&client, &owner, &reading, &stored, 0);
    while (next_frame(&data, &size, &frames[count])) {
        if (frames[count].length > 0 && ++count < FRAMES_MAX) {
            continue;
        }
        if (count == 3) {
            chl_stream_client_live(&client, frames, count);
        }
        chl_stream_client_answer(&client, frames, count, 0);
        count = 0;
    }
    chl_stream_client_answer(&client, frames, count, 0);
    return 0;
}
