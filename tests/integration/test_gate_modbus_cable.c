/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief gate_modbus while cables are pulled and controllers stop: a release whose answer is lost
 *  is UNKNOWN and never repeated, and what the controller holds is read before it is written to.
 */
#include "gate_fixture.h"

#include <errno.h>
#include <modbus.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "trap_device.h"

enum { ENTRY = 0x40, EXIT = 0x41 };

static bool is_unknown(const struct chl_gate_report *report, uint64_t id)
{
    return is_done(report, id) && report->status == CHL_COMMAND_UNKNOWN;
}

/** Have the gate read some more times: what would be repeated has been by then. */
static void let_polls_pass(struct fixture *f, uint16_t gate, int polls)
{
    for (int i = 0; i < polls; i++) {
        const uint64_t id = 1000 + mark(f);
        assert_int_equal(perform(f, gate, CHL_GATE_READ, 0, id, 1).status, CHL_COMMAND_DONE);
    }
}

/** A first release: when it was written, the controller's settings were compared and found right. A
 *  later one goes out at once. @return how often the grant's register was written by then. */
static long settle(struct fixture *f)
{
    peer_wait(f, 1, EXIT, 0xFFFF);
    assert_int_equal(perform(f, 0, CHL_GATE_RELEASE, 1, 6, 1).status, CHL_COMMAND_DONE);
    return tell(f, "wrote 1 0x40");
}

static void wait_for(struct fixture *f, const char *question, long value)
{
    const struct timespec pause = {.tv_nsec = CHL_NS_PER_MS};
    const int64_t until = chl_mono_ns() + PATIENCE_MS * CHL_NS_PER_MS;
    while (tell(f, question) != value) {
        assert_true(chl_mono_ns() < until);
        (void)nanosleep(&pause, NULL);
    }
}

/* Trap 3: requests without an answer are carried out later. */
static void test_trap_3_unanswered_writes_are_carried_out_later(void **state)
{
    struct fixture *f = *state;
    modbus_t *naive = modbus_new_tcp("127.0.0.1", f->port);
    const uint16_t open[] = {1};
    assert_int_equal(modbus_set_slave(naive, 5), 0);
    assert_int_equal(modbus_connect(naive), 0);
    assert_int_equal(modbus_set_response_timeout(naive, 0, 100000), 0);
    assert_int_equal(kill(f->peer, SIGSTOP), 0);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(modbus_write_registers(naive, ENTRY, 1, open), -1);
        assert_int_equal(errno, ETIMEDOUT);
    }
    assert_int_equal(kill(f->peer, SIGCONT), 0);
    wait_for(f, "wrote 5 0x40", 3);
    modbus_close(naive);
    modbus_free(naive);

    start_at(f, 1, "127.0.0.1");
    const long before = settle(f);
    assert_int_equal(kill(f->peer, SIGSTOP), 0);
    const struct chl_gate_command release = command(0, CHL_GATE_RELEASE, 1, 7, 1);
    assert_int_equal(f->ops->submit(f->instance, &release), CHL_OK);
    const struct chl_gate_report done = await(f, 0, is_done, 7);
    assert_true(done.status == CHL_COMMAND_UNKNOWN || done.status == CHL_COMMAND_FAILED ||
                done.status == CHL_COMMAND_ABORTED);
    /* It stays stopped while the driver connects again and again: the kernel takes connections. */
    const size_t down = mark(f);
    assert_int_equal(kill(f->peer, SIGCONT), 0);
    (void)await(f, down, is_up, 0);
    let_polls_pass(f, 0, 5);
    const long wrote = tell(f, "wrote 1 0x40") - before;
    assert_in_range(wrote, 0, done.status == CHL_COMMAND_UNKNOWN ? 1 : 0);
    assert_int_equal(count_of(f, is_done, 7), 1);
}

/* A controller that loses its power in the middle of a release. */
static void test_killed_controller_gets_no_second_release(void **state)
{
    struct fixture *f = *state;
    start_at(f, 1, "127.0.0.1");
    const long before = settle(f);
    (void)tell(f, "manner 1 deaf"); /* acts, the answer is lost */
    const struct chl_gate_command release = command(0, CHL_GATE_RELEASE, 2, 7, 1);
    assert_int_equal(f->ops->submit(f->instance, &release), CHL_OK);
    const struct chl_gate_report done = await(f, 0, is_done, 7);
    const long wrote = tell(f, "wrote 1 0x40") - before;
    peer_kill(f);
    (void)await(f, 0, is_down, 0);
    const size_t down = mark(f);
    peer_again(f);
    (void)await(f, down, is_up, 0);
    peer_wait(f, 1, EXIT, 0xFFFF); /* its memory was empty: the way out is held free again */
    let_polls_pass(f, 0, 5);
    assert_int_equal(tell(f, "wrote 1 0x40"), 0);
    assert_int_equal(done.status, wrote == 1 ? CHL_COMMAND_UNKNOWN : done.status);
    assert_int_equal(count_of(f, is_done, 7), 1);
}

/** Pull the cable under a release of gate 0, put it back, and look at what was said after that. */
static void pull_and_put_back(struct fixture *f, struct trap_device *device, const char *address)
{
    for (unsigned unit = 1; unit <= 2; unit++) {
        device_set(device, unit, 0x3000, 0);
        device_set(device, unit, ENTRY, 0);
    }
    assert_int_equal(create(f, 2, address, "profile", NULL), CHL_OK);
    assert_int_equal(f->ops->start(f->instance), CHL_OK);
    (void)await(f, 0, is_reading, 0);
    (void)await(f, 0, is_reading, 1);
    assert_int_equal(perform(f, 0, CHL_GATE_RELEASE, 1, 6, 1).status, CHL_COMMAND_DONE);
    device_behave_on_write(device, DEVICE_VANISH, 1, ENTRY);
    const struct chl_gate_command release = command(0, CHL_GATE_RELEASE, 1, 7, 1);
    assert_int_equal(f->ops->submit(f->instance, &release), CHL_OK);
    (void)await(f, 0, is_unknown, 7);
    (void)await(f, 0, is_down, 0);
    (void)await(f, 0, is_down, 1);

    const size_t down = mark(f);
    const size_t from = device_count(device);
    device_plug(device);
    (void)await(f, down, is_up, 0);
    (void)await(f, down, is_up, 1);
    let_polls_pass(f, 0, 5);
    assert_int_equal(device_writes(device, from, 1, ENTRY), 0);
    assert_int_equal(count_of(f, is_done, 7), 1);
    bool was_read[3] = {false};
    for (size_t i = from; i < device_count(device); i++) {
        const struct device_request request = device_request(device, i);
        assert_in_range(request.unit, 1, 2);
        was_read[request.unit] = was_read[request.unit] || request.function <= 4;
        assert_true(was_read[request.unit]); /* before anything is written to it */
    }
    /* And it works on. */
    assert_int_equal(perform(f, 0, CHL_GATE_RELEASE, 3, 8, 1).status, CHL_COMMAND_DONE);
    assert_int_equal(device_word(device, 1, ENTRY), 3);
}

static void test_pulled_network_cable(void **state)
{
    struct fixture *f = *state;
    struct trap_device *device = device_new();
    char address[64];
    (void)snprintf(address, sizeof address, "tcp://127.0.0.1:%d", device_listen(device, AF_INET));
    pull_and_put_back(f, device, address);
    f->ops->stop(f->instance);
    device_free(device);
}

static void on_line(struct fixture *f,
                    void (*test)(struct fixture *, struct trap_device *, const char *))
{
    char dir[] = "/tmp/chl-line-XXXXXX";
    char link[64];
    char address[80];
    struct trap_device *device = device_new();
    assert_non_null(mkdtemp(dir));
    (void)snprintf(link, sizeof link, "%s/tty", dir);
    (void)snprintf(address, sizeof address, "rtu://%s", device_line(device, link));
    test(f, device, address);
    f->ops->stop(f->instance);
    device_free(device);
    (void)rmdir(dir);
}

/** As an adapter that is pulled out of its socket and put back: the line is a new one. */
static void test_pulled_serial_adapter(void **state)
{
    on_line(*state, pull_and_put_back);
}

/** One unit of two says nothing: the other one's line is not closed for it. */
static void lose_one(struct fixture *f, struct trap_device *device, const char *address)
{
    device_behave(device, DEVICE_SILENT, 2);
    assert_int_equal(create(f, 2, address, "profile", NULL), CHL_OK);
    assert_int_equal(f->ops->start(f->instance), CHL_OK);
    (void)await(f, 0, is_reading, 0);
    (void)await(f, 0, is_down, 1);
    let_polls_pass(f, 0, 5);
    const struct chl_gate_report done = perform(f, 0, CHL_GATE_RELEASE, 1, 7, 1);
    assert_int_equal(done.status, CHL_COMMAND_DONE);
    assert_int_equal(count_of(f, is_down, 0), 0);
    await_health(f, false, "1 of 2 gates answer; silent: G (unit 2) since 20");
    const size_t down = mark(f);
    device_behave(device, DEVICE_WELL, 0);
    (void)await(f, down, is_up, 1);
    await_health(f, true, "2 of 2 gates answer");
}

static void test_silent_unit_on_a_line_leaves_the_other_up(void **state)
{
    on_line(*state, lose_one);
}

/** One answer that noise takes away: the gate is back after the line's silence (1 s), not after the
 * share of time that probes of a dead unit have (5 s). */
static void lose_one_answer(struct fixture *f, struct trap_device *device, const char *address)
{
    assert_int_equal(create(f, 2, address, "profile", NULL), CHL_OK);
    assert_int_equal(f->ops->start(f->instance), CHL_OK);
    (void)await(f, 0, is_up, 0);
    (void)await(f, 0, is_up, 1);
    const size_t up = mark(f);
    device_behave(device, DEVICE_SILENT, 1);
    (void)await(f, up, is_down, 0);
    device_behave(device, DEVICE_WELL, 0);
    const int64_t from = chl_mono_ns();
    (void)await(f, up, is_up, 0);
    assert_true(chl_mono_ns() - from < 4 * CHL_NS_PER_S);
}

static void test_one_lost_answer_on_a_line_is_soon_forgotten(void **state)
{
    on_line(*state, lose_one_answer);
}

#define WITH_PEER(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
#define ALONE(test)     cmocka_unit_test_setup_teardown(test, setup_alone, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_PEER(test_trap_3_unanswered_writes_are_carried_out_later),
        WITH_PEER(test_killed_controller_gets_no_second_release),
        ALONE(test_pulled_network_cable),
        ALONE(test_pulled_serial_adapter),
        ALONE(test_silent_unit_on_a_line_leaves_the_other_up),
        ALONE(test_one_lost_answer_on_a_line_is_soon_forgotten),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
