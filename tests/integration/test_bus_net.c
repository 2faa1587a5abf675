/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief A bus over the network: names that hang or fail, ports that do not answer, serial
 * servers.
 */
#include <dlfcn.h>
#include <netdb.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/time.h"
#include "trap_case.h"

#define HANGS   "hangs.invalid"
#define CHANGES "changes.invalid"

enum { ROUNDS = 150, SHORT_MS = 20 };

static const atomic_bool never;
static const atomic_bool at_once = true;

static pthread_mutex_t names = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t names_changed = PTHREAD_COND_INITIALIZER;
static unsigned asked, answered; /* look-ups of HANGS begun and ended */
static bool let_go;
static bool name_server_down; /* for CHANGES */

typedef int getaddrinfo_fn(const char *, const char *, const struct addrinfo *, struct addrinfo **);

static int resolve_for_real(const char *node, const char *service, const struct addrinfo *hints,
                            struct addrinfo **out)
{
    getaddrinfo_fn *real = NULL;
    *(void **)&real = dlsym(RTLD_NEXT, "getaddrinfo");
    return real(node, service, hints, out);
}

/** A resolver whose server hangs for one name, and comes and goes for another. Stands before the
 * C library's function. */
int resolve_here(const char *node, const char *service, const struct addrinfo *hints,
                 struct addrinfo **out) __asm__("getaddrinfo")
    __attribute__((visibility("default")));
int resolve_here(const char *node, const char *service, const struct addrinfo *hints,
                 struct addrinfo **out)
{
    if ((hints->ai_flags & AI_NUMERICHOST) != 0) {
        return resolve_for_real(node, service, hints, out);
    }
    int result = EAI_NONAME;
    (void)pthread_mutex_lock(&names);
    if (strcmp(node, HANGS) == 0) {
        asked++;
        (void)pthread_cond_broadcast(&names_changed);
        while (!let_go) {
            (void)pthread_cond_wait(&names_changed, &names);
        }
        result = EAI_AGAIN;
        answered++;
        (void)pthread_cond_broadcast(&names_changed);
    } else if (strcmp(node, CHANGES) == 0) {
        result = name_server_down ? EAI_FAIL : resolve_for_real("127.0.0.1", service, hints, out);
    }
    (void)pthread_mutex_unlock(&names);
    return result;
}

static struct chl_bus *make(const char *address)
{
    char why[256] = "";
    struct chl_bus *bus = NULL;
    const struct chl_bus_settings settings = {.address = address};
    assert_int_equal(chl_bus_new(&settings, &bus, why, sizeof why), CHL_OK);
    return bus;
}

/** One thread hangs in the resolver; the bus does not, also when it is freed meanwhile. */
static void test_name_that_hangs(void **state)
{
    (void)state;
    char why[CHL_MODBUS_TEXT] = "";
    struct chl_bus *bus = make("tcp://" HANGS);
    for (int i = 0; i < 5; i++) {
        assert_int_equal(chl_bus_open(bus, 30 * CHL_NS_PER_MS, &never, why, sizeof why), CHL_E_IO);
        assert_non_null(strstr(why, HANGS));
        assert_non_null(strstr(why, "no answer in time"));
    }
    /* An hour would do as well: the stop comes first. */
    assert_int_equal(chl_bus_open(bus, 3600 * CHL_NS_PER_S, &at_once, why, sizeof why), CHL_E_IO);
    (void)pthread_mutex_lock(&names);
    while (asked == 0) {
        (void)pthread_cond_wait(&names_changed, &names);
    }
    assert_int_equal(asked, 1);
    (void)pthread_mutex_unlock(&names);
    chl_bus_free(bus);
    (void)pthread_mutex_lock(&names);
    let_go = true;
    (void)pthread_cond_broadcast(&names_changed);
    while (answered == 0) {
        (void)pthread_cond_wait(&names_changed, &names);
    }
    (void)pthread_mutex_unlock(&names);
}

static void set_name_server(bool down)
{
    (void)pthread_mutex_lock(&names);
    name_server_down = down;
    (void)pthread_mutex_unlock(&names);
}

/** A name server that goes does not take the gates with it. */
static void test_last_addresses_serve_while_names_fail(void **state)
{
    struct trap_device *device = *state;
    char address[64];
    char why[CHL_MODBUS_TEXT] = "";
    (void)snprintf(address, sizeof address, "tcp://" CHANGES ":%d", device->port);
    struct chl_bus *bus = make(address);
    set_name_server(true);
    assert_int_equal(chl_bus_open(bus, DEVICE_PATIENCE_MS * CHL_NS_PER_MS, &never, why, sizeof why),
                     CHL_E_IO);
    assert_non_null(strstr(why, "expected an address"));
    for (int i = 0; i < 3; i++) {
        set_name_server(i > 0);
        assert_int_equal(
            chl_bus_open(bus, DEVICE_PATIENCE_MS * CHL_NS_PER_MS, &never, why, sizeof why), CHL_OK);
        assert_int_equal(trap_read(bus, 10), 1010);
    }
    set_name_server(false);
    chl_bus_free(bus);
}

static void test_refused_connection_is_explained(void **state)
{
    struct trap_device *device = *state;
    char address[64];
    char why[CHL_MODBUS_TEXT] = "";
    (void)snprintf(address, sizeof address, "tcp://127.0.0.1:%d", device->port);
    struct chl_bus *bus = make(address);
    device_unplug(device);
    assert_int_equal(chl_bus_open(bus, DEVICE_PATIENCE_MS * CHL_NS_PER_MS, &never, why, sizeof why),
                     CHL_E_IO);
    assert_non_null(strstr(why, "Connection refused"));
    assert_non_null(strstr(why, "connect to 127.0.0.1:"));
    chl_bus_free(bus);
}

/** It accepts and says nothing, or half of something, or goes in the middle. */
static void test_server_that_accepts_and_never_answers(void **state)
{
    struct trap_device *device = *state;
    static const struct {
        device_manner manner;
        chl_modbus_status status;
        int64_t wait_ms;
    } cases[] = {{DEVICE_SILENT, CHL_MODBUS_TIMEOUT, TRAP_ANSWER_MS},
                 {DEVICE_TORN, CHL_MODBUS_TIMEOUT, TRAP_ANSWER_MS},
                 {DEVICE_REFUSE, CHL_MODBUS_EXCEPTION, DEVICE_PATIENCE_MS},
                 {DEVICE_VANISH, CHL_MODBUS_LOST, DEVICE_PATIENCE_MS}};
    struct chl_modbus_answer answer;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct chl_bus *bus = trap_open_device(device);
        device_behave(device, cases[i].manner, 0);
        assert_int_equal(trap_ask(bus, 16, 0x40, 1, cases[i].wait_ms, &answer), cases[i].status);
        chl_bus_free(bus);
    }
}

/** Who speaks unasked is not asked to open a gate: its next word would be taken for the answer. */
static void test_unasked_words_spoil_a_connection(void **state)
{
    struct trap_device *device = *state;
    struct chl_modbus_answer answer;
    char why[CHL_MODBUS_TEXT] = "";
    struct chl_bus *bus = trap_open_device(device);
    assert_int_equal(trap_read(bus, 10), 1010);
    device_behave(device, DEVICE_BABBLE, 0);
    assert_int_equal(trap_read(bus, 11), 1011);
    trap_await_bytes(bus, 1);
    assert_false(chl_bus_still_good(bus, why, sizeof why));
    assert_non_null(strstr(why, "unasked"));
    assert_int_equal(trap_ask(bus, 6, 0x40, 1, DEVICE_PATIENCE_MS, &answer), CHL_MODBUS_UNSENT);
    assert_int_equal(device_writes(device, 0, 1, 0x40), 0);
    chl_bus_free(bus);
}

/** RTU frames through a serial server: nothing numbers them, so silence follows a lost answer. */
static void test_serial_server(void **state)
{
    (void)state;
    struct trap_device *device = device_new();
    struct chl_modbus_answer answer;
    char address[64];
    (void)snprintf(address, sizeof address, "rtu+tcp://127.0.0.1:%d", device_listen_rtu(device));
    struct chl_bus *bus = trap_open(address);
    assert_true(chl_bus_is_serial(bus));
    assert_int_equal(trap_read(bus, 10), 1010);
    assert_int_equal(device_request(device, 0).length, 8); /* unit to checksum, no header */
    assert_int_equal(trap_ask(bus, 5, 0x200, 7, DEVICE_PATIENCE_MS, &answer), CHL_MODBUS_OK);
    device_behave(device, DEVICE_HOLD, 0);
    assert_int_equal(trap_ask(bus, 3, 20, 0, TRAP_ANSWER_MS, &answer), CHL_MODBUS_TIMEOUT);
    device_release(device);
    assert_int_equal(trap_read(bus, 21), 1021);
    device_behave(device, DEVICE_BAD_CRC, 0);
    assert_int_equal(trap_ask(bus, 3, 20, 0, DEVICE_PATIENCE_MS, &answer), CHL_MODBUS_BAD);
    device_behave(device, DEVICE_WELL, 0);
    assert_int_equal(trap_read(bus, 22), 1022);
    device_behave(device, DEVICE_VANISH, 0);
    assert_int_equal(trap_ask(bus, 6, 0x40, 1, DEVICE_PATIENCE_MS, &answer), CHL_MODBUS_LOST);
    assert_non_null(strstr(answer.text, "closed the link"));
    chl_bus_free(bus);
    device_free(device);
}

/** Whatever comes: it is no acknowledgement, it does not hang, and the bus can be used again. */
static void test_random_answers_are_never_believed(void **state)
{
    struct trap_device *device = *state;
    static const uint8_t functions[] = {1, 2, 3, 4, 5, 6, 15, 16};
    char why[CHL_MODBUS_TEXT] = "";
    struct chl_bus *bus = trap_open_device(device);
    for (unsigned seed = 1; seed <= ROUNDS; seed++) {
        struct chl_modbus_answer answer;
        const uint8_t function = functions[seed % sizeof functions];
        device_noise(device, seed);
        const chl_modbus_status status = trap_ask(bus, function, 0x40, 1, SHORT_MS, &answer);
        if (status == CHL_MODBUS_OK) {
            print_error("seed %u, function %u\n", seed, function);
        }
        assert_true(status == CHL_MODBUS_BAD || status == CHL_MODBUS_TIMEOUT ||
                    status == CHL_MODBUS_EXCEPTION);
        device_behave(device, DEVICE_WELL, 0);
        assert_int_equal(
            chl_bus_open(bus, DEVICE_PATIENCE_MS * CHL_NS_PER_MS, &never, why, sizeof why), CHL_OK);
        assert_int_equal(trap_read(bus, 10), 1010);
    }
    chl_bus_free(bus);
}

#define OVER_TCP(test) cmocka_unit_test_setup_teardown(test, trap_setup_tcp, trap_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_name_that_hangs),
        OVER_TCP(test_last_addresses_serve_while_names_fail),
        OVER_TCP(test_refused_connection_is_explained),
        OVER_TCP(test_server_that_accepts_and_never_answers),
        OVER_TCP(test_unasked_words_spoil_a_connection),
        OVER_TCP(test_random_answers_are_never_believed),
        cmocka_unit_test(test_serial_server),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
