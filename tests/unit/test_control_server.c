/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The control socket with real clients: answers, events, and peers that misbehave.
 *
 *  The server's loop runs in the test's thread, turned until the client has what it waits for.
 */
#include "core/control/server.h"

#include <grp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

struct fixture {
    uv_loop_t loop;
    struct control_server *server;
    char folder[64], path[96];
    control_token held[32]; /**< requests `stats` are answered only later */
    size_t held_count, requests;
    struct control_request last;
};

static void on_request(void *user, control_token token, const struct control_request *request)
{
    struct fixture *f = user;
    f->requests++;
    f->last = *request;
    if (request->op == CONTROL_STATS && f->held_count < 32) {
        f->held[f->held_count++] = token;
    } else if (request->op == CONTROL_STATUS) {
        control_reply_ok(f->server, token, "status", "{\"head\":1}", 10);
    } else {
        control_reply_error(f->server, token, "gate_unknown", "expected a gate of the site");
    }
}

static void start(struct fixture *f)
{
    char why[256] = "";
    struct control_door door = {.user = f, .on_request = on_request};
    chl_err result = control_server_start(&f->loop, f->path, &door, &f->server, why, sizeof why);
    if (result != CHL_OK) {
        fail_msg("%s", why);
    }
}

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    assert_non_null(f);
    (void)snprintf(f->folder, sizeof f->folder, "/tmp/chl-control-XXXXXX");
    assert_non_null(mkdtemp(f->folder));
    (void)snprintf(f->path, sizeof f->path, "%s/c.sock", f->folder);
    assert_int_equal(uv_loop_init(&f->loop), 0);
    start(f);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    control_server_stop(f->server);
    (void)uv_run(&f->loop, UV_RUN_DEFAULT);
    int busy = uv_loop_close(&f->loop);
    int left = access(f->path, F_OK);
    (void)unlink(f->path);
    (void)rmdir(f->folder);
    free(f);
    return busy == 0 && left != 0 ? 0 : -1;
}

static struct control_client *client_of(struct fixture *f)
{
    char why[256] = "";
    struct control_client *client = NULL;
    if (chl_control_connect(f->path, &client, why, sizeof why) != CHL_OK) {
        fail_msg("%s", why);
    }
    return client;
}

static void turn(struct fixture *f)
{
    for (int i = 0; i < 8; i++) {
        (void)uv_run(&f->loop, UV_RUN_NOWAIT);
    }
}

/** Turn the loop until the client has a line or has been closed. */
static chl_err next_line(struct fixture *f, struct control_client *client, const char **line,
                         size_t *length)
{
    chl_err result = CHL_E_TIMEOUT;
    for (int i = 0; i < 1000 && result == CHL_E_TIMEOUT; i++) {
        turn(f);
        result = chl_control_read(client, line, length, 1);
    }
    return result;
}

static void send_text(struct control_client *client, const char *text)
{
    assert_int_equal(chl_control_send(client, text, strlen(text), 1000), CHL_OK);
}

static void expect_line(struct fixture *f, struct control_client *client, const char *expected)
{
    const char *line = NULL;
    size_t length = 0;
    assert_int_equal(next_line(f, client, &line, &length), CHL_OK);
    assert_string_equal(line, expected);
}

static void test_answers_echo_the_id(void **state)
{
    struct fixture *f = *state;
    struct control_client *client = client_of(f);
    send_text(client, "{\"op\":\"status\",\"id\":\"a\"}\n{\"op\":\"nothing\",\"id\":\"b\"}");
    expect_line(f, client, "{\"ok\":true,\"id\":\"a\",\"status\":{\"head\":1}}");
    expect_line(f, client,
                "{\"ok\":false,\"id\":\"b\",\"error\":\"op_unknown\",\"text\":\"expected an op of "
                "docs/control.md, got \\\"nothing\\\"\"}");
    send_text(client, "{\"op\":\"gate\",\"gate\":\"X\",\"mode\":\"free\",\"who\":\"L\","
                      "\"why\":\"w\"}");
    expect_line(f, client,
                "{\"ok\":false,\"error\":\"gate_unknown\",\"text\":\"expected a gate of the "
                "site\"}");
    assert_string_equal(f->last.gate, "X");
    assert_int_equal(f->last.mode, CHL_MODE_FREE);
    chl_control_close(client);
}

static void test_socket_is_for_the_group_only(void **state)
{
    struct fixture *f = *state;
    struct stat about;
    assert_int_equal(stat(f->path, &about), 0);
    assert_int_equal(about.st_mode & 0777, 0660);
}

static void test_late_answers_find_their_request(void **state)
{
    struct fixture *f = *state;
    struct control_client *first = client_of(f);
    struct control_client *second = client_of(f);
    send_text(first, "{\"op\":\"stats\",\"id\":\"1\"}\n{\"op\":\"stats\",\"id\":\"2\"}");
    while (f->held_count < 2) {
        turn(f);
    }
    send_text(second, "{\"op\":\"stats\",\"id\":\"3\"}");
    while (f->held_count < 3) {
        turn(f);
    }
    control_reply_ok(f->server, f->held[2], NULL, NULL, 0);
    control_reply_ok(f->server, f->held[1], NULL, NULL, 0);
    control_reply_ok(f->server, f->held[1], NULL, NULL, 0); /* used up */
    control_reply_ok(f->server, f->held[0], NULL, NULL, 0);
    expect_line(f, first, "{\"ok\":true,\"id\":\"2\"}");
    expect_line(f, first, "{\"ok\":true,\"id\":\"1\"}");
    expect_line(f, second, "{\"ok\":true,\"id\":\"3\"}");
    send_text(second, "{\"op\":\"stats\"}");
    while (f->held_count < 4) {
        turn(f);
    }
    chl_control_close(second);
    turn(f);
    control_reply_ok(f->server, f->held[3], NULL, NULL, 0); /* nobody is there: harmless */
    chl_control_close(first);
}

static void test_too_many_requests_are_busy(void **state)
{
    struct fixture *f = *state;
    struct control_client *client = client_of(f);
    for (int i = 0; i < CONTROL_WAITING_MAX; i++) {
        send_text(client, "{\"op\":\"stats\"}");
    }
    send_text(client, "{\"op\":\"status\",\"id\":\"x\"}");
    const char *line = NULL;
    size_t length = 0;
    assert_int_equal(next_line(f, client, &line, &length), CHL_OK);
    assert_non_null(strstr(line, "\"error\":\"busy\""));
    assert_int_equal(f->requests, CONTROL_WAITING_MAX);
    chl_control_close(client);
}

static void test_half_closed_peer_gets_its_answer(void **state)
{
    struct fixture *f = *state;
    struct control_client *client = client_of(f);
    send_text(client, "{\"op\":\"stats\",\"id\":\"1\"}");
    assert_int_equal(shutdown(chl_control_fd(client), SHUT_WR), 0);
    while (f->held_count < 1) {
        turn(f);
    }
    turn(f);
    control_reply_ok(f->server, f->held[0], NULL, NULL, 0);
    expect_line(f, client, "{\"ok\":true,\"id\":\"1\"}");
    const char *line = NULL;
    size_t length = 0;
    assert_int_equal(next_line(f, client, &line, &length), CHL_E_CLOSED);
    chl_control_close(client);
}

static void test_endless_line_is_cut_off(void **state)
{
    struct fixture *f = *state;
    struct control_client *client = client_of(f);
    char block[4096];
    memset(block, 'x', sizeof block);
    for (size_t sent = 0; sent <= CHL_CONTROL_LINE_MAX; sent += sizeof block) {
        assert_int_equal(send(chl_control_fd(client), block, sizeof block, MSG_NOSIGNAL),
                         sizeof block);
        turn(f);
    }
    const char *line = NULL;
    size_t length = 0;
    assert_int_equal(next_line(f, client, &line, &length), CHL_OK);
    assert_non_null(strstr(line, "\"error\":\"too_long\""));
    assert_int_not_equal(next_line(f, client, &line, &length), CHL_OK);
    chl_control_close(client);
}

static void test_watchers_get_events_and_slow_ones_are_dropped(void **state)
{
    struct fixture *f = *state;
    struct control_client *quick = client_of(f);
    struct control_client *slow = client_of(f);
    send_text(quick, "{\"op\":\"watch\"}");
    expect_line(f, quick, "{\"ok\":true}");
    send_text(slow, "{\"op\":\"watch\",\"id\":\"w\"}");
    expect_line(f, slow, "{\"ok\":true,\"id\":\"w\"}");
    assert_int_equal(control_watchers(f->server), 2);
    char event[16384];
    (void)snprintf(event, sizeof event, "{\"event\":\"%016000d\"}", 0);
    const char *line = NULL;
    size_t length = 0;
    size_t rounds = 0;
    while (control_watchers(f->server) == 2 && rounds++ < 1000) {
        control_broadcast(f->server, event, strlen(event));
        assert_int_equal(next_line(f, quick, &line, &length), CHL_OK);
        assert_int_equal(length, strlen(event));
    }
    assert_int_equal(control_watchers(f->server), 1);
    assert_true(rounds < 1000);
    control_broadcast(f->server, "{\"event\":1}", 11);
    expect_line(f, quick, "{\"event\":1}");
    chl_control_close(quick);
    chl_control_close(slow);
    for (int i = 0; i < 1000 && control_watchers(f->server) > 0; i++) {
        turn(f);
    }
    assert_int_equal(control_watchers(f->server), 0);
}

static void test_connections_are_bounded(void **state)
{
    struct fixture *f = *state;
    struct control_client *clients[CONTROL_CONNECTIONS_MAX + 1];
    for (size_t i = 0; i <= CONTROL_CONNECTIONS_MAX; i++) {
        clients[i] = client_of(f);
        turn(f);
    }
    const char *line = NULL;
    size_t length = 0;
    assert_int_equal(next_line(f, clients[CONTROL_CONNECTIONS_MAX], &line, &length), CHL_OK);
    assert_non_null(strstr(line, "\"error\":\"busy\""));
    send_text(clients[0], "{\"op\":\"status\"}");
    expect_line(f, clients[0], "{\"ok\":true,\"status\":{\"head\":1}}");
    for (size_t i = 0; i <= CONTROL_CONNECTIONS_MAX; i++) {
        chl_control_close(clients[i]);
    }
}

enum { NOBODY = 65534 };

/** In a process of its own: become a stranger, with `group` as only supplementary group if not 0,
 *  and ask. @return 0 served, 1 denied, 2 anything else. */
static int ask_as_stranger(const char *path, gid_t group)
{
    char why[256];
    const char *line = NULL;
    size_t length = 0;
    struct control_client *client = NULL;
    struct control_request request = {.op = CONTROL_STATUS};
    if (setgroups(group == NOBODY ? 0 : 1, &group) != 0 || setgid(NOBODY) != 0 ||
        setuid(NOBODY) != 0 || chl_control_connect(path, &client, why, sizeof why) != CHL_OK) {
        return 2;
    }
    chl_err result = chl_control_ask(client, &request, &line, &length, 5000);
    bool denied = result == CHL_OK && strstr(line, "\"error\":\"denied\"") != NULL;
    bool served = result == CHL_OK && strstr(line, "\"ok\":true") != NULL;
    chl_control_close(client);
    return served ? 0 : denied ? 1 : 2;
}

static int outcome_for_stranger(struct fixture *f, gid_t group)
{
    pid_t child = fork();
    if (child == 0) {
        _exit(ask_as_stranger(f->path, group));
    }
    assert_true(child > 0);
    int status = 0;
    while (waitpid(child, &status, WNOHANG) == 0) {
        turn(f);
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void test_strangers_are_turned_away(void **state)
{
    struct fixture *f = *state;
    if (geteuid() != 0) {
        print_message("SKIPPED: only root can become a stranger\n");
        skip();
    }
    /* Open the file to all, so that only the check of the peer is left. */
    assert_int_equal(chmod(f->folder, 0755), 0);
    assert_int_equal(chmod(f->path, 0666), 0);
    assert_int_equal(outcome_for_stranger(f, NOBODY), 1);
    assert_int_equal(f->requests, 0);
    assert_int_equal(outcome_for_stranger(f, getegid()), 0); /* a member of the daemon's group */
    assert_int_equal(f->requests, 1);
}

static void test_path_in_use_is_refused(void **state)
{
    struct fixture *f = *state;
    char why[256] = "";
    struct control_server *second = NULL;
    struct control_door door = {.user = f, .on_request = on_request};
    assert_int_equal(control_server_start(&f->loop, f->path, &door, &second, why, sizeof why),
                     CHL_E_BUSY);
    assert_non_null(strstr(why, "another daemon listens"));
    assert_null(second);
    char other[96];
    (void)snprintf(other, sizeof other, "%s/file", f->folder);
    FILE *file = fopen(other, "we");
    assert_non_null(file);
    (void)fclose(file);
    assert_int_equal(control_server_start(&f->loop, other, &door, &second, why, sizeof why),
                     CHL_E_INVAL);
    assert_int_equal(unlink(other), 0);
    (void)snprintf(other, sizeof other, "%s/none/c", f->folder);
    assert_int_equal(control_server_start(&f->loop, other, &door, &second, why, sizeof why),
                     CHL_E_IO);
}

static void test_dead_daemons_socket_is_replaced(void **state)
{
    struct fixture *f = *state;
    control_server_stop(f->server);
    (void)uv_run(&f->loop, UV_RUN_DEFAULT);
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    (void)snprintf(address.sun_path, sizeof address.sun_path, "%s", f->path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof address), 0);
    (void)close(fd); /* the file stays, as after kill -9 */
    char why[256];
    struct control_client *client = NULL;
    assert_int_equal(chl_control_connect(f->path, &client, why, sizeof why), CHL_E_CLOSED);
    assert_non_null(strstr(why, "start chilangd"));
    start(f);
    client = client_of(f);
    send_text(client, "{\"op\":\"status\"}");
    expect_line(f, client, "{\"ok\":true,\"status\":{\"head\":1}}");
    chl_control_close(client);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define WITH_SERVER(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
        WITH_SERVER(test_answers_echo_the_id),
        WITH_SERVER(test_socket_is_for_the_group_only),
        WITH_SERVER(test_late_answers_find_their_request),
        WITH_SERVER(test_too_many_requests_are_busy),
        WITH_SERVER(test_half_closed_peer_gets_its_answer),
        WITH_SERVER(test_endless_line_is_cut_off),
        WITH_SERVER(test_watchers_get_events_and_slow_ones_are_dropped),
        WITH_SERVER(test_connections_are_bounded),
        WITH_SERVER(test_strangers_are_turned_away),
        WITH_SERVER(test_path_in_use_is_refused),
        WITH_SERVER(test_dead_daemons_socket_is_replaced),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
