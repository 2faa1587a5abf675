/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Proving what a server sent: form, place in the sequence, hash chain.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/stream/client_internal.h"

static bool topic_matches(const struct chl_stream_client *client,
                          const struct chl_stream_received *record)
{
    char prefix[CHL_WIRE_TOPIC_MAX];
    const char *class_name = chl_class_name(record->header.event_class);
    int length = snprintf(prefix, sizeof prefix, "v1/%s/%s/", client->site,
                          class_name == NULL ? "?" : class_name);
    return length > 0 && (size_t)length < sizeof prefix && record->topic_length > (size_t)length &&
           memcmp(record->topic, prefix, (size_t)length) == 0 &&
           record->topic[record->topic_length - 1] == '/';
}

bool client_read_record(const struct chl_stream_client *client,
                        const struct chl_stream_frame frames[3], struct chl_stream_received *out)
{
    *out = (struct chl_stream_received){.topic = (const char *)frames[0].bytes,
                                        .topic_length = frames[0].length,
                                        .raw_header = frames[1].bytes,
                                        .body = frames[2].bytes,
                                        .body_length = frames[2].length};
    return frames[0].length <= CHL_WIRE_TOPIC_MAX && frames[2].length <= CHL_WIRE_BODY_MAX &&
           chl_wire_decode(frames[1].bytes, frames[1].length, &out->header) == CHL_OK &&
           memcmp(out->header.epoch, client->position.epoch, sizeof out->header.epoch) == 0 &&
           topic_matches(client, out);
}

bool client_chain_holds(const struct chl_stream_position *before,
                        const struct chl_stream_received *record)
{
    uint8_t hash[CHL_WIRE_HASH];
    if (!before->hash_known || record->header.sequence != before->sequence + 1) {
        return true; /* what came before was not seen: nothing to compare with */
    }
    chl_wire_chain(before->hash, record->raw_header, record->topic, record->topic_length,
                   record->body, record->body_length, hash);
    return memcmp(hash, record->header.chain, CHL_WIRE_HASH) == 0;
}

void client_advance(struct chl_stream_position *position, const struct chl_stream_received *record)
{
    position->sequence = record->header.sequence;
    position->hash_known = true;
    memcpy(position->hash, record->header.chain, CHL_WIRE_HASH);
}

int client_check_records(struct chl_stream_client *client, const struct chl_stream_frame *frames,
                         size_t count, struct chl_stream_position *position,
                         char text[CLIENT_TEXT_SIZE])
{
    const bool strict = client->classes == CHL_STREAM_ALL_CLASSES;
    int fresh = 0;
    for (size_t i = 0; i < count; i++) {
        struct chl_stream_received *record = &client->batch[fresh];
        if (!client_read_record(client, frames + 3 * i, record)) {
            (void)snprintf(text, CLIENT_TEXT_SIZE, "record %zu of an answer is not well formed",
                           i + 1);
            return -1;
        }
        const uint64_t sequence = record->header.sequence;
        if (sequence <= position->sequence) {
            client->tally.duplicates++;
            continue;
        }
        if (strict && sequence != position->sequence + 1) {
            client->tally.missing += sequence - position->sequence - 1;
            (void)snprintf(text, CLIENT_TEXT_SIZE, "expected record %" PRIu64 ", came %" PRIu64,
                           position->sequence + 1, sequence);
            return -1;
        }
        if (!client_chain_holds(position, record)) {
            (void)snprintf(text, CLIENT_TEXT_SIZE,
                           "the chain hash of record %" PRIu64 " does not hold", sequence);
            return -1;
        }
        client_advance(position, record);
        fresh++;
    }
    return fresh;
}

bool client_cover(const struct chl_stream_client *client, const struct chl_stream_reply *reply,
                  struct chl_stream_position *position)
{
    if (reply->covered_through < position->sequence) {
        return true; /* live records were faster than this answer */
    }
    if (reply->covered_through == position->sequence) {
        return !reply->has_hash || !position->hash_known ||
               memcmp(reply->hash, position->hash, CHL_WIRE_HASH) == 0;
    }
    if (client->classes == CHL_STREAM_ALL_CLASSES) {
        return false;
    }
    position->sequence = reply->covered_through;
    position->hash_known = reply->has_hash;
    memcpy(position->hash, reply->hash, CHL_WIRE_HASH);
    return true;
}
