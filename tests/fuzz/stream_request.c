/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Fuzz: any bytes as requests to the event stream. Each gets exactly one answer, which is
 * JSON.
 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "stream_fake.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct fake_journal *journal;
static struct fake_transport sent;
static struct chl_stream_server *server;

/** A journal of epoch 11111111-…, kept over all inputs; waits end with each input. */
static void make_world(void)
{
    journal = fake_journal_new(0x11);
    for (unsigned i = 0; i < 40; i++) {
        fake_append(journal, 1 + i % 8, 100);
    }
    journal->snapshot = "{\"zones\":[]}";
    const struct chl_stream_store store = fake_store(journal);
    const struct chl_stream_transport transport = fake_transport(&sent);
    if (chl_stream_server_new(&store, &transport, &server) != CHL_OK) {
        abort();
    }
}

static void check_answer(void)
{
    if (sent.count != 1) {
        abort();
    }
    json_t *root = json_loads(sent.answers[0].head, 0, NULL);
    if (!json_is_string(json_object_get(root, "op")) ||
        sent.answers[0].bytes > CHL_STREAM_ANSWER_MAX) {
        abort();
    }
    json_decref(root);
    fake_clear(&sent);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct chl_stream_principal limited = {"traffic", 1u << CHL_CLASS_FLOW};
    static const struct chl_stream_principal all = {"monitor", CHL_STREAM_ALL_CLASSES};
    const struct chl_stream_peer peer = {.length = 1, .id = {1}};
    if (server == NULL) {
        make_world();
    }
    const struct chl_stream_principal *who = size % 3 == 0 ? &limited : &all;
    chl_stream_server_request(server, &peer, who, data, size, 0);
    chl_stream_server_tick(server, INT64_MAX);
    check_answer();
    return 0;
}
