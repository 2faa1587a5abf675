/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Gates of a running site: a broken device, a pressed button, an emergency by one press, a
 * lane that runs outward, everybody's leaving.
 */
#include "tests/integration/site_world.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static bool is_up(const struct world *world)
{
    return world_until(world, "gates", "G1", "state", "OK") &&
           world_until(world, "gates", "G2", "state", "OK") &&
           world_until(world, "gates", "G1", "mode_confirmed", "true") &&
           world_until(world, "gates", "G2", "mode_confirmed", "true");
}

static int open_site(void **state)
{
    static struct world world;
    world_open(&world);
    /* G2 runs outward all day. */
    world_edit(&world, "  G2: {",
               " way: reversible, schedule: [{ from: \"00:00\", to: \"24:00\" }],");
    world_start(&world);
    *state = &world;
    if (!is_up(&world)) {
        world_close(&world);
        return -1;
    }
    return 0;
}

static int close_site(void **state)
{
    struct world *world = *state;
    int status = world_end(world, SIGTERM);
    char out[WORLD_OUT];
    const char *const verify[] = {"journal", "verify", world_path(world, "journal.db"), NULL};
    int code = world_run(world, out, "chilang", verify);
    world_close(world);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0 && code == 0 ? 0 : -1;
}

/** Run `chilang` with these words and the site's control socket. */
#define TELL(world, out, ...)                                                                      \
    world_run(                                                                                     \
        world, out, "chilang",                                                                     \
        (const char *const[]){__VA_ARGS__, "--control", world_path(world, "control.sock"), NULL})

static void accepted(json_t *answer)
{
    assert_true(json_is_true(json_object_get(answer, "ok")));
    json_decref(answer);
}

static void expect_lane(struct world *world, const char *lane, const char *verdict,
                        const char *reason)
{
    assert_true(world_until(world, "lanes", lane, "reason", reason));
    assert_true(world_until(world, "lanes", lane, "verdict", verdict));
}

static void test_broken_device_gets_no_grants(void **state)
{
    struct world *world = *state;
    char code[WORLD_OUT];
    accepted(world_sim(world, "{\"op\":\"error\",\"unit\":1,\"value\":3}"));
    assert_true(world_until(world, "gates", "G1", "phase", "STUCK"));
    world_code(world, code, NULL);
    world_scan(world, "G1", code);
    expect_lane(world, "G1", "WAIT", "gate_not_ready");
    accepted(world_sim(world, "{\"op\":\"error\",\"unit\":1,\"value\":0}"));
    assert_true(world_until(world, "gates", "G1", "phase", "LOCKED"));
    world_scan(world, "G1", code);
    expect_lane(world, "G1", "ADMIT", "ok");
    assert_true(world_walk(world, 1, "entry"));
    assert_true(world_until(world, "zones", "san", "inside", "1"));
}

/** The emergency button of a unit, as its own electronics would see it. */
static void press_button(const struct world *world, uint8_t unit)
{
    const uint8_t frame[] = {0, 1, 0, 0, 0, 9, unit, 16, 0x30, 0x00, 0, 1, 2, 0, 2};
    uint8_t answer[12];
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)world->port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct timeval patience = {.tv_sec = WORLD_WAIT_MS / 1000};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience), 0);
    assert_int_equal(connect(fd, (const struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(send(fd, frame, sizeof frame, MSG_NOSIGNAL), sizeof frame);
    assert_int_equal(recv(fd, answer, sizeof answer, MSG_WAITALL), sizeof answer);
    assert_int_equal(answer[7], 16);
    (void)close(fd);
}

static void expect_source(const struct world *world, const char *source, const char *who)
{
    json_t *answer = world_ask(world, "{\"op\":\"status\"}");
    const json_t *alarm = json_object_get(json_object_get(answer, "status"), "alarm");
    assert_string_equal(json_string_value(json_object_get(alarm, "source")), source);
    assert_string_equal(json_string_value(json_object_get(alarm, "who")), who);
    json_decref(answer);
}

static void test_button_at_one_gate_opens_the_site(void **state)
{
    struct world *world = *state;
    char out[WORLD_OUT];
    press_button(world, 1);
    assert_true(world_until(world, NULL, NULL, "emergency", "true"));
    expect_source(world, "device of G1", "");
    assert_true(world_until(world, "gates", "G2", "phase", "OPEN"));
    assert_true(world_walk(world, 2, "entry"));
    assert_true(world_until(world, "zones", "san", "inside", "1"));
    assert_int_equal(TELL(world, out, "emergency", "--who", "Lan", "--why", "khói"), 0);
    expect_source(world, "device of G1", "Lan");
    assert_int_equal(TELL(world, out, "gate", "reset", "--who", "Lan", "--why", "xong"), 0);
    assert_true(is_up(world));
    assert_true(world_until(world, NULL, NULL, "emergency", "false"));
    /* The lane that ran outward does so again. */
    assert_true(world_until(world, "gates", "G2", "mode", "free-exit"));
    assert_true(world_until(world, "zones", "san", "recount_due", "true"));
}

/* Opening waits for no disk, whoever asks for it. */
static void test_button_opens_though_nothing_can_be_written(void **state)
{
    struct world *world = *state;
    char journal[128] = "ok";
    char out[WORLD_OUT];
    struct rlimit before;
    assert_int_equal(prlimit(world->daemon, RLIMIT_FSIZE, NULL, &before), 0);
    struct rlimit none = {.rlim_cur = 1, .rlim_max = before.rlim_max};
    assert_int_equal(prlimit(world->daemon, RLIMIT_FSIZE, &none, NULL), 0);
    world_scan(world, "G1", "nothing we know");
    for (int i = 0; i < 500 && strcmp(journal, "ok") == 0; i++) {
        world_member(world, NULL, NULL, "journal", journal);
    }
    assert_string_not_equal(journal, "ok");
    press_button(world, 1);
    assert_true(world_walk(world, 2, "entry"));
    assert_int_equal(prlimit(world->daemon, RLIMIT_FSIZE, &before, NULL), 0);
    assert_true(world_until(world, NULL, NULL, "journal", "ok"));
    assert_true(world_until(world, NULL, NULL, "emergency", "true"));
    assert_true(world_until(world, "zones", "san", "inside", "1"));
    assert_int_equal(TELL(world, out, "gate", "reset", "--who", "Lan", "--why", "xong"), 0);
    assert_true(is_up(world));
}

static void test_count_at_the_alarm_is_shown_as_what_it_is(void **state)
{
    struct world *world = *state;
    char out[WORLD_OUT];
    char code[WORLD_OUT];
    world_code(world, code, NULL);
    world_scan(world, "G1", code);
    expect_lane(world, "G1", "ADMIT", "ok");
    assert_true(world_walk(world, 1, "entry"));
    assert_true(world_until(world, "zones", "san", "inside", "1"));
    assert_true(world_until(world, "zones", "san", "reserved", "0"));
    assert_int_equal(TELL(world, out, "emergency"), 0);
    assert_true(world_until(world, NULL, NULL, "emergency", "true"));
    assert_true(world_walk(world, 1, "exit"));
    assert_true(world_until(world, "zones", "san", "inside", "0"));
    assert_int_equal(TELL(world, out, "status"), 0);
    if (strstr(out, "AT ALARM san: số đếm lúc báo động 1 ± 0, không phải điểm danh") == NULL ||
        strstr(out, "ai đã bấm") == NULL) {
        fail_msg("%s", out);
    }
    assert_int_equal(TELL(world, out, "emergency", "--who", "Lan", "--why", "khói"), 0);
    expect_source(world, "operator", "Lan");
    assert_int_equal(TELL(world, out, "gate", "reset", "--who", "Lan", "--why", "xong"), 0);
    assert_int_equal(TELL(world, out, "status"), 0);
    assert_non_null(strstr(out, "điểm danh"));
    assert_true(is_up(world));
}

static void test_lane_runs_by_its_hours_until_a_person_says_otherwise(void **state)
{
    struct world *world = *state;
    char out[WORLD_OUT];
    char code[WORLD_OUT];
    world_code(world, code, NULL);
    assert_true(world_until(world, "gates", "G2", "runs", "out"));
    world_scan(world, "G2", code);
    expect_lane(world, "G2", "WAIT", "lane_runs_out");
    assert_int_equal(TELL(world, out, "gate", "G2", "normal", "--who", "Lan", "--why", "đông"), 0);
    assert_true(is_up(world));
    world_scan(world, "G2", code);
    expect_lane(world, "G2", "ADMIT", "ok");
    assert_true(world_walk(world, 2, "entry"));
    assert_true(world_until(world, "zones", "san", "inside", "1"));
    assert_true(world_until(world, "gates", "G2", "held", "true"));
    assert_int_equal(TELL(world, out, "gate", "G2", "schedule", "--who", "Lan", "--why", "vãn"), 0);
    assert_true(is_up(world));
    assert_true(world_until(world, "gates", "G2", "mode", "free-exit"));
    /* Nobody is kept from leaving, here or anywhere. */
    assert_true(world_walk(world, 2, "exit"));
    assert_true(world_until(world, "zones", "san", "inside", "0"));
}

static void test_dispersal_outlives_a_kill(void **state)
{
    struct world *world = *state;
    char out[WORLD_OUT];
    char code[WORLD_OUT];
    world_code(world, code, NULL);
    assert_int_equal(TELL(world, out, "disperse", "nowhere", "--who", "Lan", "--why", "tan hội"),
                     1);
    assert_non_null(strstr(out, "no such zone"));
    assert_true(world_until(world, NULL, NULL, "disperses", "false"));
    assert_int_equal(TELL(world, out, "disperse", "--who", "Lan", "--why", "tan hội"), 0);
    assert_true(world_until(world, "gates", "G1", "mode", "blocked"));
    assert_true(is_up(world));
    world_scan(world, "G1", code);
    expect_lane(world, "G1", "DENY", "entry_stopped");
    (void)world_end(world, SIGKILL);
    world_start(world);
    assert_true(is_up(world));
    assert_true(world_until(world, "gates", "G1", "mode", "blocked"));
    world_scan(world, "G1", code);
    expect_lane(world, "G1", "DENY", "entry_stopped");
    assert_int_equal(TELL(world, out, "gate", "G1", "free", "--who", "Lan", "--why", "x"), 1);
    assert_int_equal(TELL(world, out, "disperse", "--end", "--who", "Lan", "--why", "mở lại"), 0);
    assert_true(world_until(world, "gates", "G1", "mode", "normal"));
    assert_true(is_up(world));
    world_scan(world, "G1", code);
    expect_lane(world, "G1", "ADMIT", "ok");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define SITE(test) cmocka_unit_test_setup_teardown(test, open_site, close_site)
        SITE(test_broken_device_gets_no_grants),
        SITE(test_button_at_one_gate_opens_the_site),
        SITE(test_button_opens_though_nothing_can_be_written),
        SITE(test_count_at_the_alarm_is_shown_as_what_it_is),
        SITE(test_lane_runs_by_its_hours_until_a_person_says_otherwise),
        SITE(test_dispersal_outlives_a_kill),
    };
    if (setenv("LC_ALL", "vi_VN.UTF-8", 1) != 0) { /* NOLINT(concurrency-mt-unsafe) */
        return 1;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
