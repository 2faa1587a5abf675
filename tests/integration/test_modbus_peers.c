/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Modbus with programs that nobody here wrote: our bus and our gates against a server of
 *  python3-pymodbus, mbpoll against our simulator; over TCP and over a serial line.
 */
#include "gate_fixture.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/bus/bus.h"

enum { ANSWER_MS = 8000 };

static const atomic_bool never;

static int setup_pymodbus(void **state, const char *kind)
{
    char python[] = "/usr/bin/python3";
    char script[] = CHL_SOURCE_DIR "/tests/peers/modbus_pymodbus.py";
    char what[8];
    (void)snprintf(what, sizeof what, "%s", kind);
    if (access(python, X_OK) != 0) {
        print_message("SKIPPED: expected %s, it is not there\n", python);
        *state = NULL;
        return 0;
    }
    return setup_with(state, (char *const[]){python, script, what, NULL});
}

static int setup_pymodbus_tcp(void **state)
{
    return setup_pymodbus(state, "tcp");
}

static int setup_pymodbus_rtu(void **state)
{
    return setup_pymodbus(state, "rtu");
}

static int teardown_if(void **state)
{
    return *state != NULL ? teardown(state) : 0;
}

static struct fixture *present(void **state)
{
    struct fixture *f = *state;
    if (f == NULL || f->absent) {
        skip();
    }
    return f;
}

static void place_of(const struct fixture *f, char *out, size_t size)
{
    if (f->line[0] != '\0') {
        (void)snprintf(out, size, "rtu://%s", f->line);
    } else {
        (void)snprintf(out, size, "tcp://127.0.0.1:%d", f->port);
    }
}

/* ---- pymodbus is the server ---- */

static chl_modbus_status transact(struct chl_bus *bus, struct chl_modbus_request request,
                                  struct chl_modbus_answer *answer)
{
    request.response_ns = request.response_ns > 0 ? request.response_ns : ANSWER_MS * CHL_NS_PER_MS;
    chl_bus_transact(bus, &request, answer);
    return answer->status;
}

static struct chl_bus *open_bus(const struct fixture *f)
{
    char address[160];
    char why[256] = "";
    struct chl_bus *bus = NULL;
    place_of(f, address, sizeof address);
    const struct chl_bus_settings settings = {
        .address = address, .baud = 115200, .delay_max_ns = 200 * CHL_NS_PER_MS};
    assert_int_equal(chl_bus_new(&settings, &bus, why, sizeof why), CHL_OK);
    assert_int_equal(chl_bus_open(bus, ANSWER_MS * CHL_NS_PER_MS, &never, why, sizeof why), CHL_OK);
    return bus;
}

/** Every function, a refusal, a broadcast, and a unit that is not there. */
static void test_bus_speaks_every_function_with_pymodbus(void **state)
{
    struct fixture *f = present(state);
    struct chl_modbus_answer answer;
    struct chl_bus *bus = open_bus(f);
    const struct chl_modbus_request writes[] = {
        {.function = 6, .unit = 1, .address = 10, .count = 1, .values = {4711}},
        {.function = 16, .unit = 1, .address = 11, .count = 3, .values = {1, 2, 0xFFFF}},
        {.function = 5, .unit = 1, .address = 3, .count = 1, .values = {0xFF00}},
        {.function = 15, .unit = 1, .address = 4, .count = 5, .values = {1, 0, 1, 1, 0}}};
    for (size_t i = 0; i < sizeof writes / sizeof *writes; i++) {
        assert_int_equal(transact(bus, writes[i], &answer), CHL_MODBUS_OK);
    }
    assert_int_equal(tell(f, "get 1 10"), 4711);
    assert_int_equal(tell(f, "get 1 13"), 0xFFFF);
    const struct chl_modbus_request words = {.function = 3, .unit = 1, .address = 10, .count = 4};
    assert_int_equal(transact(bus, words, &answer), CHL_MODBUS_OK);
    assert_memory_equal(answer.words, ((uint16_t[]){4711, 1, 2, 0xFFFF}), 8);
    const struct chl_modbus_request inputs = {
        .function = 4, .unit = 1, .address = 20, .count = 125};
    assert_int_equal(transact(bus, inputs, &answer), CHL_MODBUS_OK);
    assert_int_equal(answer.words[0], 60);
    assert_int_equal(answer.words[124], 3 * 144);
    const struct chl_modbus_request coils = {.function = 1, .unit = 1, .address = 2, .count = 8};
    assert_int_equal(transact(bus, coils, &answer), CHL_MODBUS_OK);
    assert_memory_equal(answer.words, ((uint16_t[]){0, 1, 1, 0, 1, 1, 0, 0}), 16);
    const struct chl_modbus_request contacts = {.function = 2, .unit = 1, .address = 0, .count = 9};
    assert_int_equal(transact(bus, contacts, &answer), CHL_MODBUS_OK);
    assert_int_equal(answer.words[8], 0);

    const struct chl_modbus_request beyond = {
        .function = 3, .unit = 1, .address = 0xFFF0, .count = 4};
    assert_int_equal(transact(bus, beyond, &answer), CHL_MODBUS_EXCEPTION);
    assert_int_equal(answer.exception, 2);
    const struct chl_modbus_request shout = {.function = 6,
                                             .unit = 0,
                                             .address = 30,
                                             .count = 1,
                                             .values = {9},
                                             .response_ns = 50 * CHL_NS_PER_MS};
    assert_int_equal(transact(bus, shout, &answer), CHL_MODBUS_OK);
    peer_wait(f, 1, 30, 9);
    peer_wait(f, 3, 30, 9);
    const struct chl_modbus_request nobody = {
        .function = 3, .unit = 9, .address = 0, .count = 1, .response_ns = 300 * CHL_NS_PER_MS};
    assert_int_equal(transact(bus, nobody, &answer), CHL_MODBUS_TIMEOUT);
    char why[CHL_MODBUS_TEXT] = "";
    if (!chl_bus_is_serial(bus)) {
        assert_int_equal(chl_bus_open(bus, ANSWER_MS * CHL_NS_PER_MS, &never, why, sizeof why),
                         CHL_OK);
    }
    assert_int_equal(transact(bus, words, &answer), CHL_MODBUS_OK);
    chl_bus_free(bus);
}

/** A pulse of a relay board is one write with a length; pymodbus knows on and off only, and says
 * 0 where 7 was asked: that is no acknowledgement. */
static void test_flash_that_pymodbus_misunderstands_is_not_believed(void **state)
{
    struct fixture *f = present(state);
    struct chl_modbus_answer answer;
    struct chl_bus *bus = open_bus(f);
    const struct chl_modbus_request flash = {
        .function = 5, .unit = 1, .address = 3, .count = 1, .values = {7}};
    assert_int_equal(transact(bus, flash, &answer), CHL_MODBUS_BAD);
    assert_non_null(strstr(answer.text, "value: expected 7, got 0"));
    chl_bus_free(bus);
}

static void test_gates_on_pymodbus(void **state)
{
    struct fixture *f = present(state);
    char address[160];
    place_of(f, address, sizeof address);
    (void)tell(f, "set 2 0x44 0xFFFE");
    (void)tell(f, "set 2 0x45 1");
    assert_int_equal(create(f, 3, address, "profile", NULL), CHL_OK);
    assert_int_equal(f->ops->start(f->instance), CHL_OK);
    for (uint16_t gate = 0; gate < 3; gate++) {
        (void)await(f, 0, is_reading, gate);
        assert_int_equal(
            perform(f, gate, CHL_GATE_RELEASE, (uint16_t)(gate + 1), gate + 1u, 1).status,
            CHL_COMMAND_DONE);
        assert_int_equal(peer_get(f, gate + 1u, 0x40), gate + 1);
        peer_wait(f, gate + 1u, 0x41, 0xFFFF);
    }
    assert_int_equal(await(f, 0, is_reading, 1).reading.entry_count, 131070);
    assert_int_equal(perform(f, 0, CHL_GATE_MODE, CHL_MODE_EMERGENCY, 9, 2).status,
                     CHL_COMMAND_DONE);
    assert_int_equal(peer_get(f, 1, 0x3000), 2);
}

/* ---- socat is a serial server ---- */

struct serial_server {
    pid_t pid;
    FILE *says;
    int port;
};

/** Hand the peer's line out over TCP. @return false when socat is not installed. */
static bool serve_line(struct serial_server *server, const char *line)
{
    int out[2];
    char device[160];
    char text[512];
    assert_int_equal(pipe2(out, O_CLOEXEC), 0);
    (void)snprintf(device, sizeof device, "OPEN:%s,raw,echo=0", line);
    server->pid = fork();
    assert_true(server->pid >= 0);
    if (server->pid == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL); /* it would listen on after a failed test */
        (void)dup2(out[1], STDERR_FILENO);
        (void)execlp("socat", "socat", "-d", "-d", "TCP-LISTEN:0,bind=127.0.0.1,nodelay", device,
                     (char *)NULL);
        _exit(127);
    }
    (void)close(out[1]);
    server->says = fdopen(out[0], "r");
    assert_non_null(server->says);
    while (fgets(text, sizeof text, server->says) != NULL) {
        const char *port = strstr(text, "listening on") != NULL ? strrchr(text, ':') : NULL;
        if (port != NULL) {
            server->port = (int)strtol(port + 1, NULL, 10);
            assert_in_range(server->port, 1, 65535);
            return true;
        }
    }
    return false;
}

static void end_server(const struct serial_server *server)
{
    int status = 0;
    (void)kill(server->pid, SIGTERM);
    assert_int_equal(waitpid(server->pid, &status, 0), server->pid);
    (void)fclose(server->says);
}

/** Our bus, RTU frames over TCP, socat, a pseudo-terminal, pymodbus. */
static void test_serial_server_of_socat_before_pymodbus(void **state)
{
    struct fixture *f = present(state);
    struct serial_server server = {0};
    struct chl_modbus_answer answer;
    char address[64];
    char why[256] = "";
    struct chl_bus *bus = NULL;
    if (!serve_line(&server, f->line)) {
        end_server(&server);
        print_message("SKIPPED: expected socat, it is not installed\n");
        skip();
    }
    (void)snprintf(address, sizeof address, "rtu+tcp://127.0.0.1:%d", server.port);
    const struct chl_bus_settings settings = {
        .address = address, .baud = 115200, .delay_max_ns = 200 * CHL_NS_PER_MS};
    assert_int_equal(chl_bus_new(&settings, &bus, why, sizeof why), CHL_OK);
    assert_int_equal(chl_bus_open(bus, ANSWER_MS * CHL_NS_PER_MS, &never, why, sizeof why), CHL_OK);
    const struct chl_modbus_request write = {
        .function = 16, .unit = 2, .address = 11, .count = 2, .values = {1, 0xFFFF}};
    const struct chl_modbus_request read = {.function = 3, .unit = 2, .address = 11, .count = 2};
    assert_int_equal(transact(bus, write, &answer), CHL_MODBUS_OK);
    assert_int_equal(transact(bus, read, &answer), CHL_MODBUS_OK);
    assert_int_equal(answer.words[1], 0xFFFF);
    assert_int_equal(tell(f, "get 2 12"), 0xFFFF);
    /* The server's end is the link's end. */
    end_server(&server);
    const chl_modbus_status status = transact(bus, write, &answer);
    assert_true(status == CHL_MODBUS_LOST || status == CHL_MODBUS_UNSENT);
    chl_bus_free(bus);
}

/* ---- mbpoll is the client ---- */

/** Run mbpoll with `arguments`. @return its exit status, 127 = it is not installed. */
static int mbpoll(const char *arguments, char *out, size_t size)
{
    char line[320];
    (void)snprintf(line, sizeof line, "exec mbpoll %s 2>&1", arguments);
    FILE *pipe = popen(line, "r"); // NOLINT(cert-env33-c): arguments are this file's
    assert_non_null(pipe);
    const size_t got = fread(out, 1, size - 1, pipe);
    out[got] = '\0';
    const int status = pclose(pipe);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int setup_sim(void **state, const char *where)
{
    char place[32];
    (void)snprintf(place, sizeof place, "%s", where);
    return setup_with(state, (char *const[]){CHL_STAGE_DIR "/bin/chilang-sim", "--profile",
                                             CHL_SOURCE_DIR "/firmware-config/lot-turnstile.yaml",
                                             "--listen", place, "--units", "2", "--stdin", NULL});
}

static int setup_sim_tcp(void **state)
{
    return setup_sim(state, "127.0.0.1:0");
}

static int setup_sim_rtu(void **state)
{
    return setup_sim(state, "rtu:");
}

/** Run mbpoll on unit 2 of the simulator, with PDU addresses. */
static int mbpoll_unit_2(const struct fixture *f, const char *what, const char *values, char *out,
                         size_t size)
{
    char arguments[256];
    if (f->line[0] != '\0') {
        (void)snprintf(arguments, sizeof arguments, "-m rtu -b 115200 -P none -a 2 -0 %s -q %s %s",
                       what, f->line, values);
    } else {
        (void)snprintf(arguments, sizeof arguments, "-m tcp -p %d -a 2 -0 %s -q 127.0.0.1 %s",
                       f->port, what, values);
    }
    return mbpoll(arguments, out, size);
}

static void test_mbpoll_reads_and_writes_the_simulator(void **state)
{
    struct fixture *f = *state;
    char out[4096];
    const int status = mbpoll_unit_2(f, "-r 0x3011 -c 2 -1", "", out, sizeof out);
    if (status == 127) {
        print_message("SKIPPED: expected mbpoll, it is not installed\n");
        skip();
    }
    assert_int_equal(status, 0);
    assert_non_null(strstr(out, "[12305]: \t7"));
    assert_non_null(strstr(out, "[12306]: \t7"));
    /* The simulator takes FC16 only, so two words at once. */
    assert_int_equal(mbpoll_unit_2(f, "-r 0x40", "3 65535", out, sizeof out), 0);
    assert_int_equal(mbpoll_unit_2(f, "-r 0x40 -c 2 -1", "", out, sizeof out), 0);
    assert_non_null(strstr(out, "[64]: \t3"));
    assert_non_null(strstr(out, "[65]: \t65535"));
    assert_int_equal(mbpoll_unit_2(f, "-r 0x2FFF -1", "", out, sizeof out), 1); /* an exception */
    assert_non_null(strstr(out, "Illegal data address"));
}

static int teardown_sim(void **state)
{
    struct fixture *f = *state;
    assert_true(fputs("{\"op\":\"quit\"}\n", f->to_peer) >= 0);
    return teardown(state);
}

#define NAMED(test, on, way)                                                                       \
    {                                                                                              \
#test " over " way, test, on, teardown_if, NULL                                            \
    }

int main(void)
{
    const struct CMUnitTest tests[] = {
        NAMED(test_bus_speaks_every_function_with_pymodbus, setup_pymodbus_tcp, "TCP"),
        NAMED(test_bus_speaks_every_function_with_pymodbus, setup_pymodbus_rtu, "RTU"),
        NAMED(test_flash_that_pymodbus_misunderstands_is_not_believed, setup_pymodbus_tcp, "TCP"),
        NAMED(test_flash_that_pymodbus_misunderstands_is_not_believed, setup_pymodbus_rtu, "RTU"),
        NAMED(test_gates_on_pymodbus, setup_pymodbus_tcp, "TCP"),
        NAMED(test_gates_on_pymodbus, setup_pymodbus_rtu, "RTU"),
        NAMED(test_serial_server_of_socat_before_pymodbus, setup_pymodbus_rtu, "RTU and TCP"),
        {"test_mbpoll_reads_and_writes_the_simulator over TCP",
         test_mbpoll_reads_and_writes_the_simulator, setup_sim_tcp, teardown_sim, NULL},
        {"test_mbpoll_reads_and_writes_the_simulator over RTU",
         test_mbpoll_reads_and_writes_the_simulator, setup_sim_rtu, teardown_sim, NULL},
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
