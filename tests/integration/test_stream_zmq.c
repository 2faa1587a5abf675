/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The plugin over real sockets: keys, plain, malformed frames, floods, a reader that stops.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zmq.h>

#include "stream_world.h"

#ifndef ZMQ_EVENT_HANDSHAKE_FAILED_AUTH
#define ZMQ_EVENT_HANDSHAKE_FAILED_AUTH 0x4000
#endif

enum { SOON_MS = 5000 };

static const char hello[] = "{\"op\":\"hello\",\"id\":1}";
static struct world world;

static int set_up(void **state)
{
    (void)state;
    world_open(&world);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    world_close(&world);
    return 0;
}

static void pull_request(char *out, size_t size, json_t *greeting, unsigned from, const char *more)
{
    (void)snprintf(out, size, "{\"op\":\"pull\",\"id\":2,\"epoch\":\"%s\",\"from\":%u%s}",
                   json_string_value(json_object_get(greeting, "epoch")), from, more);
}

static json_t *greet(void *socket)
{
    json_t *greeting = world_ask(socket, hello, SOON_MS, NULL);
    assert_non_null(greeting);
    return greeting;
}

static void test_curve_serves_whom_it_knows(void **state)
{
    (void)state;
    char request[512];
    size_t frames = 0;
    assert_true(world_start(&world, "curve", NULL, NULL));
    assert_int_equal(world_append(&world, 10, 20), 10);
    void *socket = world_connect(&world, ZMQ_DEALER, world.pull, "monitor");
    json_t *greeting = greet(socket);
    assert_int_equal(json_array_size(json_object_get(greeting, "classes")), 8);
    pull_request(request, sizeof request, greeting, 1, ",\"durable\":\"d1\"");
    json_t *answer = world_ask(socket, request, SOON_MS, &frames);
    assert_int_equal(json_integer_value(json_object_get(answer, "count")), 10);
    assert_int_equal(frames, 30);
    json_decref(answer);
    pull_request(request, sizeof request, greeting, 11, ",\"durable\":\"d1\"");
    assert_string_equal(world_op(world_ask(socket, request, SOON_MS, &frames)), "events");
    world_command(&world, "cursors");
    char line[256];
    assert_string_equal(world_line(&world, line, sizeof line), "cursor monitor d1 10");
    assert_string_equal(world_line(&world, line, sizeof line), "done");
    assert_string_equal(
        world_op(world_ask(socket, "{\"op\":\"snapshot\",\"id\":3}", SOON_MS, &frames)),
        "snapshot");
    json_decref(greeting);
    world_drop(&world, socket);
    world_quit(&world);
}

static void test_classes_are_kept_apart_by_key(void **state)
{
    (void)state;
    char request[512];
    size_t frames = 0;
    assert_true(world_start(&world, "curve", NULL, NULL));
    assert_int_equal(world_append(&world, 10, 20), 10); /* every fifth is of class gate */
    void *socket = world_connect(&world, ZMQ_DEALER, world.pull, "traffic");
    json_t *greeting = greet(socket);
    assert_int_equal(json_array_size(json_object_get(greeting, "classes")), 1);
    pull_request(request, sizeof request, greeting, 1, "");
    json_t *answer = world_ask(socket, request, SOON_MS, &frames);
    assert_int_equal(json_integer_value(json_object_get(answer, "count")), 8);
    assert_int_equal(json_integer_value(json_object_get(answer, "covered_through")), 10);
    json_decref(answer);
    pull_request(request, sizeof request, greeting, 1, ",\"classes\":[\"gate\"]");
    assert_string_equal(world_op(world_ask(socket, request, SOON_MS, &frames)), "denied");
    json_decref(greeting);
    world_drop(&world, socket);
    world_quit(&world);
}

/** True when the server refuses this key at its ZAP handler. */
static bool is_refused(const char *endpoint, int type, const char *who)
{
    static int number;
    char monitor[64];
    zmq_msg_t message;
    uint16_t event = 0;
    (void)snprintf(monitor, sizeof monitor, "inproc://events-%d", ++number);
    /* Watched before it connects, so that nothing is missed. */
    void *socket = world_connect(&world, type, NULL, who);
    assert_int_equal(zmq_socket_monitor(socket, monitor, ZMQ_EVENT_ALL), 0);
    void *events = zmq_socket(world.context, ZMQ_PAIR);
    assert_int_equal(zmq_connect(events, monitor), 0);
    assert_int_equal(zmq_connect(socket, endpoint), 0);
    while (event != ZMQ_EVENT_HANDSHAKE_FAILED_AUTH && event != ZMQ_EVENT_HANDSHAKE_SUCCEEDED) {
        zmq_pollitem_t item = {.socket = events, .events = ZMQ_POLLIN};
        assert_int_equal(zmq_poll(&item, 1, SOON_MS), 1);
        (void)zmq_msg_init(&message);
        assert_true(zmq_msg_recv(&message, events, 0) >= 6);
        memcpy(&event, zmq_msg_data(&message), sizeof event);
        (void)zmq_msg_close(&message);
        (void)zmq_msg_init(&message);
        (void)zmq_msg_recv(&message, events, 0);
        (void)zmq_msg_close(&message);
    }
    (void)zmq_socket_monitor(socket, NULL, 0);
    (void)zmq_close(events);
    world_drop(&world, socket);
    return event == ZMQ_EVENT_HANDSHAKE_FAILED_AUTH;
}

static void test_strangers_are_refused_and_live_is_for_all_classes(void **state)
{
    (void)state;
    assert_true(world_start(&world, "curve", NULL, NULL));
    assert_true(is_refused(world.pull, ZMQ_DEALER, "stranger"));
    assert_true(is_refused(world.live, ZMQ_SUB, "stranger"));
    assert_false(is_refused(world.pull, ZMQ_DEALER, "traffic"));
    assert_true(is_refused(world.live, ZMQ_SUB, "traffic"));
    assert_false(is_refused(world.pull, ZMQ_DEALER, "monitor"));
    assert_false(is_refused(world.live, ZMQ_SUB, "monitor"));
    world_quit(&world);
}

static void test_a_client_without_curve_gets_no_answer(void **state)
{
    (void)state;
    assert_true(world_start(&world, "curve", NULL, NULL));
    void *plain = world_connect(&world, ZMQ_DEALER, world.pull, NULL);
    void *good = world_connect(&world, ZMQ_DEALER, world.pull, "monitor");
    assert_null(world_ask(plain, hello, 500, NULL));
    assert_string_equal(world_op(world_ask(good, hello, SOON_MS, NULL)), "hello");
    world_drop(&world, plain);
    world_drop(&world, good);
    world_quit(&world);
}

static void test_plain_only_on_loopback(void **state)
{
    (void)state;
    assert_false(world_start(&world, "plain", "tcp://*:*", NULL));
    assert_non_null(strstr(world.refusal, "security plain is allowed on 127.0.0.1"));
    assert_false(world_start(&world, "plain", NULL, "tcp://0.0.0.0:*"));
    assert_non_null(strstr(world.refusal, "live"));
    assert_false(world_start(&world, "none", NULL, NULL));
    assert_false(world_start(&world, "curve", "ipc:///tmp/x", NULL));
    assert_non_null(strstr(world.refusal, "expected tcp://"));
    assert_true(world_start(&world, "plain", NULL, NULL));
    void *socket = world_connect(&world, ZMQ_DEALER, world.pull, NULL);
    assert_string_equal(world_op(world_ask(socket, hello, SOON_MS, NULL)), "hello");
    world_drop(&world, socket);
    world_quit(&world);
}

static void test_taken_port_is_refused(void **state)
{
    (void)state;
    void *taken = zmq_socket(world.context, ZMQ_PULL);
    char endpoint[WORLD_PATH];
    size_t size = sizeof endpoint;
    assert_int_equal(zmq_bind(taken, "tcp://127.0.0.1:*"), 0);
    assert_int_equal(zmq_getsockopt(taken, ZMQ_LAST_ENDPOINT, endpoint, &size), 0);
    assert_false(world_start(&world, "curve", endpoint, NULL));
    (void)zmq_close(taken);
}

static void test_malformed_frames_are_answered(void **state)
{
    (void)state;
    static char large[8192];
    size_t frames = 0;
    assert_true(world_start(&world, "curve", NULL, NULL));
    void *socket = world_connect(&world, ZMQ_DEALER, world.pull, "monitor");
    assert_string_equal(world_op(world_ask(socket, "", SOON_MS, &frames)), "error");
    assert_string_equal(world_op(world_ask(socket, "\xff\xfe", SOON_MS, &frames)), "error");
    assert_string_equal(
        world_op(world_ask(socket, "{\"op\":\"dance\",\"id\":1}", SOON_MS, &frames)), "error");
    (void)zmq_send(socket, "{\"op\":\"hello\",\"id\":1}", 21, ZMQ_SNDMORE);
    (void)zmq_send(socket, "and more", 8, ZMQ_SNDMORE);
    assert_string_equal(world_op(world_ask(socket, "and more", SOON_MS, &frames)), "error");
    memset(large, ' ', 4097);
    assert_string_equal(world_op(world_ask(socket, large, SOON_MS, &frames)), "error");
    memset(large, ' ', sizeof large - 1); /* closes the connection; the client makes another */
    assert_true(zmq_send(socket, large, sizeof large - 1, 0) >= 0);
    void *other = world_connect(&world, ZMQ_DEALER, world.pull, "monitor");
    assert_string_equal(world_op(world_ask(other, hello, SOON_MS, NULL)), "hello");
    world_drop(&world, socket);
    world_drop(&world, other);
    world_quit(&world);
}

static void test_flood_is_busy_and_others_are_served(void **state)
{
    (void)state;
    enum { FLOOD = 200 };
    char request[512];
    unsigned busy = 0;
    assert_true(world_start(&world, "curve", NULL, NULL));
    void *flooder = world_connect(&world, ZMQ_DEALER, world.pull, "monitor");
    void *other = world_connect(&world, ZMQ_DEALER, world.pull, "traffic");
    json_t *greeting = greet(flooder);
    pull_request(request, sizeof request, greeting, 1, ",\"wait_ms\":30000");
    assert_true(zmq_send(flooder, request, strlen(request), 0) >= 0);
    for (int i = 0; i < FLOOD; i++) {
        assert_true(zmq_send(flooder, hello, sizeof hello - 1, 0) >= 0);
    }
    assert_string_equal(world_op(world_ask(other, hello, SOON_MS, NULL)), "hello");
    assert_string_equal(world_op(world_answer(flooder, SOON_MS, NULL)), "busy");
    busy++;
    assert_int_equal(world_append(&world, 1, 10), 1); /* ends the wait */
    const char *op = world_op(world_answer(flooder, SOON_MS, NULL));
    /* What a slow host reads after the wait has ended is answered in earnest. */
    while (strcmp(op, "busy") == 0 || strcmp(op, "hello") == 0) {
        busy += strcmp(op, "busy") == 0 ? 1 : 0;
        op = world_op(world_answer(flooder, SOON_MS, NULL));
    }
    /* Answers that found the reader's queue full were dropped, maybe this one too: ask again. */
    if (op[0] == '\0') {
        pull_request(request, sizeof request, greeting, 1, "");
        op = world_op(world_ask(flooder, request, SOON_MS, NULL));
    }
    assert_string_equal(op, "events");
    assert_in_range(busy, 1, FLOOD);
    (void)world_op(world_answer(flooder, 100, NULL));
    json_decref(greeting);
    world_drop(&world, flooder);
    world_drop(&world, other);
    world_quit(&world);
}

static void test_reader_that_stops_reading_costs_little(void **state)
{
    (void)state;
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    enum { SHADOWS = 8 }; /* a sanitizer keeps several bytes for each of ours */
#else
    enum { SHADOWS = 1 };
#endif
    enum { REQUESTS = 400, GROWTH_KIB = SHADOWS * 48 * 1024 };
    char request[512];
    int one = 1;
    assert_true(world_start(&world, "curve", NULL, NULL));
    assert_int_equal(world_append(&world, 100, 15000), 100);
    void *paused = world_connect(&world, ZMQ_DEALER, NULL, "monitor");
    assert_int_equal(zmq_setsockopt(paused, ZMQ_RCVHWM, &one, sizeof one), 0);
    assert_int_equal(zmq_connect(paused, world.pull), 0);
    void *other = world_connect(&world, ZMQ_DEALER, world.pull, "traffic");
    json_t *greeting = greet(other);
    const long before = world_rss_kib(&world);
    pull_request(request, sizeof request, greeting, 1, "");
    for (int i = 0; i < REQUESTS; i++) {
        (void)zmq_send(paused, request, strlen(request), ZMQ_DONTWAIT);
    }
    for (int i = 0; i < 20; i++) {
        assert_string_equal(world_op(world_ask(other, hello, SOON_MS, NULL)), "hello");
    }
    const long after = world_rss_kib(&world);
    if (after - before > GROWTH_KIB) {
        fail_msg("a paused reader cost %ld KiB", after - before);
    }
    json_decref(greeting);
    world_drop(&world, paused);
    world_drop(&world, other);
    world_quit(&world);
}

static size_t receive_frames(void *socket, char frames[3][256], int timeout_ms)
{
    zmq_pollitem_t item = {.socket = socket, .events = ZMQ_POLLIN};
    int more = zmq_poll(&item, 1, timeout_ms) == 1;
    size_t size = sizeof more;
    size_t count = 0;
    while (more != 0) {
        char spare[256];
        char *room = count < 3 ? frames[count] : spare;
        const int length = zmq_recv(socket, room, 255, 0);
        assert_true(length >= 0);
        room[length < 255 ? length : 255] = '\0';
        count++;
        assert_int_equal(zmq_getsockopt(socket, ZMQ_RCVMORE, &more, &size), 0);
    }
    return count;
}

static void test_live_beats_and_carries_records(void **state)
{
    (void)state;
    char frames[3][256];
    bool beat = false;
    bool record = false;
    assert_true(world_start(&world, "curve", NULL, NULL));
    void *socket = world_connect(&world, ZMQ_SUB, world.live, "monitor");
    const int64_t until = world_now_ms() + 10000;
    while (!(beat && record) && world_now_ms() < until) {
        const size_t count = receive_frames(socket, frames, 500);
        if (count == 2 && strcmp(frames[0], "v1/hoi-thu/hb/") == 0) {
            json_t *json = json_loads(frames[1], 0, NULL);
            assert_true(json_is_string(json_object_get(json, "epoch")));
            assert_true(json_is_integer(json_object_get(json, "head")));
            json_decref(json);
            beat = true;
            (void)world_append(&world, 1, 10);
        } else if (count == 3) {
            assert_string_equal(frames[0], "v1/hoi-thu/flow/passage/");
            assert_memory_equal(frames[1], "CHL1", 4);
            record = true;
        }
    }
    assert_true(beat);
    assert_true(record);
    world_drop(&world, socket);
    world_quit(&world);
}

static void test_quit_answers_who_waits(void **state)
{
    (void)state;
    char request[512];
    assert_true(world_start(&world, "plain", NULL, NULL));
    void *socket = world_connect(&world, ZMQ_DEALER, world.pull, NULL);
    json_t *greeting = greet(socket);
    pull_request(request, sizeof request, greeting, 1, ",\"wait_ms\":30000");
    assert_true(zmq_send(socket, request, strlen(request), 0) >= 0);
    /* A second request is refused as busy: so the first one waits by now. */
    assert_string_equal(world_op(world_ask(socket, hello, SOON_MS, NULL)), "busy");
    world_command(&world, "quit");
    assert_string_equal(world_op(world_answer(socket, SOON_MS, NULL)), "events");
    json_decref(greeting);
    world_drop(&world, socket);
    assert_int_equal(world_wait(world.host, 10000), 0);
    world.host = 0;
}

#define CASE(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_curve_serves_whom_it_knows),
        CASE(test_classes_are_kept_apart_by_key),
        CASE(test_strangers_are_refused_and_live_is_for_all_classes),
        CASE(test_a_client_without_curve_gets_no_answer),
        CASE(test_plain_only_on_loopback),
        CASE(test_taken_port_is_refused),
        CASE(test_malformed_frames_are_answered),
        CASE(test_flood_is_busy_and_others_are_served),
        CASE(test_reader_that_stops_reading_costs_little),
        CASE(test_live_beats_and_carries_records),
        CASE(test_quit_answers_who_waits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
