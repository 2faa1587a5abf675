/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The guarded openings: without a ZAP handler nobody gets in; endpoints; the folder of
 * keys.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zmq.h>

#include "lib/base/time.h"
#include "plugins/stream_zmq/sockets.h"
#include "plugins/stream_zmq/zap.h"
#include "stream_world.h"

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

/** Whether a message of `who` arrives at a ROUTER that we open, answering keys meanwhile. */
static bool arrives(void *context, void *zap, const struct keyring *keyring, const char *who,
                    int64_t now_ns)
{
    char actual[ENDPOINT_SIZE];
    char why[256];
    void *router = NULL;
    bool came = false;
    assert_int_equal(server_socket_open(context, SOCKET_PULL, "tcp://127.0.0.1:*",
                                        keyring->secret_key, &router, actual, why, sizeof why),
                     CHL_OK);
    void *dealer = world_connect(&world, ZMQ_DEALER, actual, who);
    assert_true(zmq_send(dealer, "{}", 2, 0) >= 0);
    const int64_t until = world_now_ms() + 1000;
    while (!came && world_now_ms() < until) {
        zmq_pollitem_t items[] = {{.socket = router, .events = ZMQ_POLLIN},
                                  {.socket = zap, .events = zap == NULL ? 0 : ZMQ_POLLIN}};
        bool refused = false;
        (void)zmq_poll(items, zap == NULL ? 1 : 2, 50);
        came = items[0].revents != 0;
        if (zap != NULL && items[1].revents != 0) {
            (void)zap_answer(zap, keyring, now_ns, &refused);
        }
    }
    world_drop(&world, dealer);
    (void)zmq_close(router);
    return came;
}

static void test_without_a_handler_nobody_gets_in(void **state)
{
    (void)state;
    char why[256];
    struct keyring keyring;
    void *zap = NULL;
    assert_int_equal(keyring_load(world.keys, &keyring, why, sizeof why), CHL_OK);
    assert_int_equal(keyring.count, 2);
    void *context = zmq_ctx_new();
    assert_false(arrives(context, NULL, &keyring, "monitor", chl_wall_ns()));
    (void)zmq_ctx_term(context);
    context = zmq_ctx_new();
    assert_int_equal(zap_open(context, &zap, why, sizeof why), CHL_OK);
    assert_true(arrives(context, zap, &keyring, "monitor", chl_wall_ns()));
    assert_false(arrives(context, zap, &keyring, "stranger", chl_wall_ns()));
    /* Past its validity a key is as good as none. */
    for (size_t i = 0; i < keyring.count; i++) {
        keyring.clients[i].valid_until = 1000;
    }
    assert_false(arrives(context, zap, &keyring, "monitor", 1001));
    (void)zmq_close(zap);
    (void)zmq_ctx_term(context);
    keyring_free(&keyring);
}

static void test_second_handler_of_a_context_is_refused(void **state)
{
    (void)state;
    char why[256];
    void *first = NULL;
    void *second = NULL;
    assert_int_equal(zap_open(world.context, &first, why, sizeof why), CHL_OK);
    assert_int_equal(zap_open(world.context, &second, why, sizeof why), CHL_E_IO);
    assert_null(second);
    (void)zmq_close(first);
}

static void test_endpoints(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool tcp, loopback;
    } cases[] = {
        {"tcp://127.0.0.1:5562", true, true},
        {"tcp://127.9.8.7:*", true, true},
        {"tcp://[::1]:0", true, true},
        {"tcp://*:5562", true, false},
        {"tcp://0.0.0.0:5562", true, false},
        {"tcp://localhost:5562", true, false},
        {"tcp://10.0.0.1:5562", true, false},
        {"tcp://127.0.0.1.example.org:1", true, false},
        {"tcp://[::]:1", true, false},
        {"tcp://127.0.0.1", false, false},
        {"tcp://:1", false, false},
        {"ipc:///tmp/x", false, false},
        {"inproc://x", false, false},
        {"udp://127.0.0.1:1", false, false},
        {"", false, false},
        {"tcp://127.0.0.1:123456", false, false},
        {"tcp://127.0.0.1:12x", false, false},
        {"tcp://127.0.0.300:1", true, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        if (endpoint_is_tcp(cases[i].text) != cases[i].tcp ||
            endpoint_is_loopback(cases[i].text) != cases[i].loopback) {
            fail_msg("wrongly judged: %s", cases[i].text);
        }
    }
}

static void copy_file(const char *from, const char *to)
{
    char bytes[2048];
    char source[WORLD_PATH];
    char target[WORLD_PATH];
    FILE *in = fopen(world_path(&world, from, source), "r");
    FILE *out = fopen(world_path(&world, to, target), "w");
    assert_non_null(in);
    assert_non_null(out);
    const size_t length = fread(bytes, 1, sizeof bytes, in);
    assert_int_equal(fwrite(bytes, 1, length, out), length);
    (void)fclose(in);
    (void)fclose(out);
}

static void test_bad_key_folders_are_refused(void **state)
{
    (void)state;
    char path[WORLD_PATH];
    char why[512];
    struct keyring keyring;
    copy_file("monitor.pub", "keys/clients/double.pub");
    assert_int_equal(keyring_load(world.keys, &keyring, why, sizeof why), CHL_E_CONFIG);
    assert_non_null(strstr(why, "same key"));
    (void)unlink(world_path(&world, "keys/clients/double.pub", path));
    copy_file("stranger.pub", "keys/clients/a b.pub");
    assert_int_equal(keyring_load(world.keys, &keyring, why, sizeof why), CHL_E_CONFIG);
    (void)unlink(world_path(&world, "keys/clients/a b.pub", path));
    assert_int_equal(chmod(world_path(&world, "keys/server.key", path), 0644), 0);
    assert_int_equal(keyring_load(world.keys, &keyring, why, sizeof why), CHL_E_DENIED);
    assert_int_equal(chmod(path, 0600), 0);
    assert_int_equal(keyring_load(world.keys, &keyring, why, sizeof why), CHL_OK);
    keyring_free(&keyring);
    assert_int_equal(keyring_load("/nonexistent", &keyring, why, sizeof why), CHL_E_NOTFOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_without_a_handler_nobody_gets_in, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_second_handler_of_a_context_is_refused, set_up,
                                        tear_down),
        cmocka_unit_test(test_endpoints),
        cmocka_unit_test_setup_teardown(test_bad_key_folders_are_refused, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
