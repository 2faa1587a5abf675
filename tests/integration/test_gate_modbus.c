/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The gate_modbus plugin as the daemon loads it, against a controller over loopback.
 */
#include "gate_fixture.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

static void test_start_holds_the_way_out_free(void **state)
{
    struct fixture *f = *state;
    (void)tell(f, "set 2 0x44 0xFFFE");
    (void)tell(f, "set 2 0x45 1");
    (void)tell(f, "set 2 0x3000 2");
    start_at(f, 2, "127.0.0.1");
    peer_wait(f, 1, 0x41, 0xFFFF);
    peer_wait(f, 2, 0x41, 0xFFFF);
    const struct chl_gate_report reading = await(f, 0, is_reading, 1);
    assert_int_equal(reading.reading.entry_count, 131070);
    assert_int_equal(reading.reading.mode, CHL_MODE_EMERGENCY);
    assert_int_equal(peer_get(f, 2, 0x3000), 2);
    (void)tell(f, "set 1 0x41 0");
    peer_wait(f, 1, 0x41, 0xFFFF);
}

static void test_release_cancel_and_modes(void **state)
{
    struct fixture *f = *state;
    start_at(f, 1, "localhost"); /* a name, and its first address may be ::1 */
    assert_int_equal(perform(f, 0, CHL_GATE_RELEASE, 4, 1, 1).status, CHL_COMMAND_DONE);
    assert_int_equal(peer_get(f, 1, 0x40), 4);
    const struct chl_gate_report cancelled = perform(f, 0, CHL_GATE_CANCEL, 0, 2, 1);
    assert_int_equal(cancelled.status, CHL_COMMAND_DONE);
    assert_true(cancelled.has_reading);
    assert_int_equal(cancelled.reading.entry_left, 0);
    assert_int_equal(peer_get(f, 1, 0x40), 0);
    assert_int_equal(perform(f, 0, CHL_GATE_MODE, CHL_MODE_FREE, 3, 1).status, CHL_COMMAND_DONE);
    assert_int_equal(peer_get(f, 1, 0x40), 0xFFFF);
    assert_int_equal(perform(f, 0, CHL_GATE_MODE, CHL_MODE_EMERGENCY, 4, 2).reading.mode,
                     CHL_MODE_EMERGENCY);
    assert_int_equal(perform(f, 0, CHL_GATE_MODE, CHL_MODE_BLOCKED, 5, 3).status, CHL_COMMAND_DONE);
    assert_int_equal(peer_get(f, 1, 0x3000), 0);
    assert_int_equal(peer_get(f, 1, 0x40), 0);
    assert_int_equal(peer_get(f, 1, 0x41), 0xFFFF);
    assert_int_equal(perform(f, 0, CHL_GATE_RELEASE, 1, 6, 2).status, CHL_COMMAND_ABORTED);
    assert_int_equal(peer_get(f, 1, 0x40), 0);
}

/** After each misbehaviour: UNKNOWN, the device read back, exactly one write carried out. */
static void release_into(struct fixture *f, const char *manner, long acted)
{
    char line[64];
    const long before = tell(f, "writes 1");
    (void)snprintf(line, sizeof line, "manner 1 %s", manner);
    static uint64_t id = 1000;
    (void)tell(f, "set 1 0x40 0");
    (void)tell(f, line);
    const size_t from = mark(f);
    const struct chl_gate_report report = perform(f, 0, CHL_GATE_RELEASE, 1, ++id, 1);
    /* A poll may have met the misbehaviour first; then the release waits for the device, or is
     * carried out once it is well again. */
    (void)tell(f, "manner 1 well");
    if (report.status == CHL_COMMAND_UNKNOWN) {
        (void)await(f, from, is_reading, 0);
        assert_in_range(tell(f, "writes 1") - before, 0, acted);
    } else {
        assert_int_equal(report.status, CHL_COMMAND_DONE);
    }
    assert_int_equal(count_of(f, is_done, id), 1);
}

static void test_lost_acknowledgement_is_unknown(void **state)
{
    struct fixture *f = *state;
    start_at(f, 1, "127.0.0.1");
    peer_wait(f, 1, 0x41, 0xFFFF);
    assert_int_equal(perform(f, 0, CHL_GATE_READ, 0, 1, 1).status, CHL_COMMAND_DONE);
    struct chl_gate_command c = command(0, CHL_GATE_RELEASE, 1, 2, 1);
    c.deadline_ns = chl_mono_ns() + 3 * CHL_NS_PER_S;
    const long before = tell(f, "writes 1");
    size_t from = mark(f);
    (void)tell(f, "manner 1 deaf");
    assert_int_equal(f->ops->submit(f->instance, &c), CHL_OK);
    (void)await(f, from, is_down, 0);
    from = mark(f);
    (void)tell(f, "manner 1 well");
    (void)await(f, from, is_up, 0);
    const struct chl_gate_report report = await(f, 0, is_done, 2);
    /* Either the release met the silence, or a poll did and the release came after it. */
    assert_true(report.status == CHL_COMMAND_UNKNOWN || report.status == CHL_COMMAND_DONE);
    assert_int_equal(tell(f, "writes 1") - before, 1);
    assert_int_equal(peer_get(f, 1, 0x40), 1);
}

static void test_wrong_echo_is_not_an_acknowledgement(void **state)
{
    struct fixture *f = *state;
    start_at(f, 1, "127.0.0.1");
    peer_wait(f, 1, 0x41, 0xFFFF);
    (void)perform(f, 0, CHL_GATE_READ, 0, 1, 1);
    const size_t from = mark(f);
    (void)tell(f, "manner 1 echo"); /* polls stay well: the release is what meets it */
    const struct chl_gate_report report = perform(f, 0, CHL_GATE_RELEASE, 1, 2, 1);
    assert_int_equal(report.status, CHL_COMMAND_UNKNOWN);
    assert_non_null(strstr(report.text, "address"));
    (void)tell(f, "manner 1 well");
    (void)await(f, from, is_up, 0);
    assert_int_equal(perform(f, 0, CHL_GATE_CANCEL, 0, 3, 1).status, CHL_COMMAND_DONE);
}

static void test_slow_device_is_waited_for(void **state)
{
    struct fixture *f = *state;
    start_at(f, 1, "127.0.0.1");
    (void)tell(f, "manner 1 slow 40");
    for (uint64_t id = 1; id <= 3; id++) {
        assert_int_equal(perform(f, 0, CHL_GATE_RELEASE, 1, id, 1).status, CHL_COMMAND_DONE);
    }
    assert_int_equal(count_of(f, is_down, 0), 0);
}

static void test_recovers_from_every_misbehaviour(void **state)
{
    struct fixture *f = *state;
    start_at(f, 1, "127.0.0.1");
    peer_wait(f, 1, 0x41, 0xFFFF);
    (void)perform(f, 0, CHL_GATE_READ, 0, 1, 1);
    release_into(f, "slow 30", 1);
    release_into(f, "babble", 1);
    size_t from = mark(f);
    (void)tell(f, "manner 1 tid");
    (void)await(f, from, is_down, 0);
    (void)tell(f, "manner 1 well");
    (void)await(f, from, is_up, 0);
    from = mark(f);
    (void)tell(f, "manner 1 close");
    (void)await(f, from, is_down, 0);
    (void)tell(f, "manner 1 slow 450"); /* the answers come after the timeout */
    (void)tell(f, "manner 1 well");
    (void)await(f, from, is_up, 0);
    from = mark(f);
    (void)tell(f, "drop");
    (void)await(f, from, is_reading, 0);
    assert_int_equal(perform(f, 0, CHL_GATE_RELEASE, 2, 9, 1).status, CHL_COMMAND_DONE);
    assert_int_equal(peer_get(f, 1, 0x40), 2);
}

static void test_dead_unit_leaves_the_others_up(void **state)
{
    struct fixture *f = *state;
    start_at(f, 3, "127.0.0.1");
    size_t from = mark(f);
    (void)tell(f, "manner 2 silent");
    (void)await(f, from, is_down, 1);
    for (uint64_t id = 1; id <= 20; id++) {
        const uint16_t gate = id % 2 == 0 ? 0 : 2;
        assert_int_equal(perform(f, gate, CHL_GATE_RELEASE, 1, id, 1).status, CHL_COMMAND_DONE);
    }
    assert_int_equal(count_of(f, is_down, 0), 0);
    assert_int_equal(count_of(f, is_down, 2), 0);
    from = mark(f);
    (void)tell(f, "manner 2 well");
    (void)await(f, from, is_up, 1);
}

static void test_refused_connection_then_up(void **state)
{
    struct fixture *f = *state;
    char address[64];
    (void)tell(f, "listen off");
    (void)snprintf(address, sizeof address, "tcp://127.0.0.1:%d", f->port);
    assert_int_equal(create(f, 1, address, "0 ms", NULL), CHL_OK);
    assert_int_equal(f->ops->start(f->instance), CHL_OK);
    assert_non_null(strstr(await(f, 0, is_down, 0).text, "refused"));
    (void)tell(f, "listen on");
    (void)await(f, 0, is_up, 0);
}

static void test_stop_completes_all_and_is_quick(void **state)
{
    struct fixture *f = *state;
    start_at(f, 2, "127.0.0.1");
    (void)tell(f, "manner 1 silent");
    for (uint64_t id = 1; id <= 8; id++) {
        const struct chl_gate_command c = command(0, CHL_GATE_RELEASE, 1, id, 1);
        assert_int_equal(f->ops->submit(f->instance, &c), CHL_OK);
    }
    const struct chl_gate_command more = command(0, CHL_GATE_RELEASE, 1, 9, 1);
    assert_int_equal(f->ops->submit(f->instance, &more), CHL_E_BUSY);
    const struct chl_gate_command strange = command(77, CHL_GATE_RELEASE, 1, 9, 1);
    assert_int_equal(f->ops->submit(f->instance, &strange), CHL_E_NOTFOUND);
    const int64_t began = chl_mono_ns();
    f->ops->quiesce(f->instance);
    assert_int_equal(f->ops->submit(f->instance, &more), CHL_E_STATE);
    f->ops->stop(f->instance);
    /* At most the transaction under way; the rest is slack for a loaded machine. */
    assert_true(chl_mono_ns() - began < (RESPONSE_MS + 1500) * CHL_NS_PER_MS);
    for (uint64_t id = 1; id <= 8; id++) {
        assert_int_equal(count_of(f, is_done, id), 1);
        const uint8_t status = await(f, 0, is_done, id).status;
        assert_true(status == CHL_COMMAND_ABORTED || status == CHL_COMMAND_UNKNOWN);
    }
    const size_t after = mark(f);
    (void)tell(f, "manner 1 well");
    assert_int_equal(f->ops->start(f->instance), CHL_OK); /* and it can be started again */
    (void)await(f, after, is_reading, 1);
}

static void test_emergency_voids_waiting_releases(void **state)
{
    struct fixture *f = *state;
    start_at(f, 2, "127.0.0.1");
    peer_wait(f, 1, 0x41, 0xFFFF);
    peer_wait(f, 2, 0x41, 0xFFFF);
    (void)tell(f, "manner 2 slow 100"); /* keeps the bus taken while the orders arrive */
    const struct chl_gate_command hold = command(1, CHL_GATE_RELEASE, 1, 1, 1);
    assert_int_equal(f->ops->submit(f->instance, &hold), CHL_OK);
    const struct chl_gate_command old = command(0, CHL_GATE_RELEASE, 9, 2, 1);
    const struct chl_gate_command open = command(0, CHL_GATE_MODE, CHL_MODE_EMERGENCY, 3, 2);
    assert_int_equal(f->ops->submit(f->instance, &old), CHL_OK);
    assert_int_equal(f->ops->submit(f->instance, &open), CHL_OK);
    assert_int_equal(await(f, 0, is_done, 3).status, CHL_COMMAND_DONE);
    const uint8_t status = await(f, 0, is_done, 2).status;
    assert_true(status == CHL_COMMAND_ABORTED || status == CHL_COMMAND_DONE);
    assert_int_equal(peer_get(f, 1, 0x40), status == CHL_COMMAND_DONE ? 9 : 0);
    assert_int_equal(peer_get(f, 1, 0x3000), 2);
}

struct submitter {
    struct fixture *f;
    uint16_t gate;
    unsigned accepted;
};

enum { EACH = 100 };

static void *submit_many(void *argument)
{
    struct submitter *s = argument;
    const struct timespec pause = {.tv_nsec = CHL_NS_PER_MS / 2};
    while (s->accepted < EACH) {
        const uint64_t id = (uint64_t)s->gate * 1000 + s->accepted;
        const struct chl_gate_command c = command(s->gate, CHL_GATE_RELEASE, 1, id, 1);
        if (s->f->ops->submit(s->f->instance, &c) == CHL_OK) {
            s->accepted++;
        } else {
            (void)nanosleep(&pause, NULL);
        }
    }
    return NULL;
}

static void test_every_thread_gets_each_completion_once(void **state)
{
    struct fixture *f = *state;
    char address[64];
    pthread_t threads[4];
    struct submitter submitters[4];
    (void)snprintf(address, sizeof address, "tcp://127.0.0.1:%d", f->port);
    assert_int_equal(create(f, 4, address, "0 ms", NULL), CHL_OK);
    assert_int_equal(f->ops->start(f->instance), CHL_OK);
    for (uint16_t i = 0; i < 4; i++) {
        submitters[i] = (struct submitter){.f = f, .gate = i};
        assert_int_equal(pthread_create(&threads[i], NULL, submit_many, &submitters[i]), 0);
    }
    for (size_t i = 0; i < 4; i++) {
        (void)pthread_join(threads[i], NULL);
    }
    for (uint64_t gate = 0; gate < 4; gate++) {
        for (uint64_t id = gate * 1000; id < gate * 1000 + EACH; id++) {
            assert_int_equal(await(f, 0, is_done, id).status, CHL_COMMAND_DONE);
            assert_int_equal(count_of(f, is_done, id), 1);
        }
    }
}

static void test_capture_shows_the_frames(void **state)
{
    struct fixture *f = *state;
    char dir[] = "/tmp/chl-capture-XXXXXX";
    char path[64];
    char address[64];
    char line[1024];
    assert_non_null(mkdtemp(dir));
    (void)snprintf(path, sizeof path, "%s/bus.txt", dir);
    (void)snprintf(address, sizeof address, "tcp://127.0.0.1:%d", f->port);
    assert_int_equal(create(f, 1, address, "profile", path), CHL_OK);
    assert_int_equal(f->ops->start(f->instance), CHL_OK);
    (void)await(f, 0, is_up, 0);
    assert_int_equal(perform(f, 0, CHL_GATE_RELEASE, 3, 1, 1).status, CHL_COMMAND_DONE);
    f->ops->stop(f->instance);
    FILE *file = fopen(path, "re");
    assert_non_null(file);
    bool asked = false;
    bool acknowledged = false;
    while (fgets(line, sizeof line, file) != NULL) {
        asked =
            asked || (strstr(line, " > ") != NULL && strstr(line, "011000400001020003") != NULL);
        acknowledged =
            acknowledged || (strstr(line, " < ") != NULL && strstr(line, "011000400001\n") != NULL);
    }
    (void)fclose(file);
    (void)unlink(path);
    (void)rmdir(dir);
    assert_true(asked);
    assert_true(acknowledged);
}

static void test_bad_options_are_explained(void **state)
{
    struct fixture *f = *state;
    static const char *const addresses[] = {"127.0.0.1:502",     "tcp://",         "tcp://:502",
                                            "tcp://h:0",         "tcp://h:70000",  "tcp://h:5x",
                                            "tcp://[::1",        "tcp://[::1]502", "rtu://dev/x",
                                            "tcp://h:123456789", "udp://h:502"};
    for (size_t i = 0; i < sizeof addresses / sizeof *addresses; i++) {
        assert_int_equal(create(f, 1, addresses[i], "profile", NULL), CHL_E_CONFIG);
        assert_non_null(strstr(f->why, "expected tcp://"));
        free(f->config);
        chl_yaml_free(f->document);
    }
    assert_int_equal(create(f, 1, "tcp://h", "5 s", NULL), CHL_E_CONFIG);
    assert_non_null(strstr(f->why, "gap"));
    free(f->config);
    chl_yaml_free(f->document);
    f->baud = "128000";
    assert_int_equal(create(f, 1, "rtu:///dev/ttyUSB0", "profile", NULL), CHL_E_CONFIG);
    assert_non_null(strstr(f->why, "baud: got 128000, expected one of 1200,"));
}

/** A descriptor that libmodbus cannot wait for is refused, not the end of the process. */
static void test_high_descriptor_is_refused(void **state)
{
    struct fixture *f = *state;
    struct rlimit limit;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    const struct rlimit old = limit;
    if (limit.rlim_max < 2048) {
        print_message("SKIPPED: expected a hard limit of 2048 descriptors, it is %llu\n",
                      (unsigned long long)limit.rlim_max);
        skip();
    }
    limit.rlim_cur = 2048;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    char address[64];
    (void)snprintf(address, sizeof address, "tcp://127.0.0.1:%d", f->port);
    assert_int_equal(create(f, 1, address, "profile", NULL), CHL_OK);
    static int taken[1024];
    size_t count = 0;
    for (int fd = 0; fd < 1023 && count < 1024; count++) {
        fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
        taken[count] = fd;
    }
    assert_int_equal(f->ops->start(f->instance), CHL_OK);
    assert_non_null(strstr(await(f, 0, is_down, 0).text, "too many open files"));
    for (size_t i = 0; i < count; i++) {
        (void)close(taken[i]);
    }
    (void)await(f, 0, is_up, 0);
    f->ops->stop(f->instance);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
}

#define WITH_PEER(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_PEER(test_start_holds_the_way_out_free),
        WITH_PEER(test_release_cancel_and_modes),
        WITH_PEER(test_lost_acknowledgement_is_unknown),
        WITH_PEER(test_wrong_echo_is_not_an_acknowledgement),
        WITH_PEER(test_slow_device_is_waited_for),
        WITH_PEER(test_recovers_from_every_misbehaviour),
        WITH_PEER(test_dead_unit_leaves_the_others_up),
        WITH_PEER(test_refused_connection_then_up),
        WITH_PEER(test_stop_completes_all_and_is_quick),
        WITH_PEER(test_emergency_voids_waiting_releases),
        WITH_PEER(test_every_thread_gets_each_completion_once),
        WITH_PEER(test_capture_shows_the_frames),
        WITH_PEER(test_bad_options_are_explained),
        WITH_PEER(test_high_descriptor_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
