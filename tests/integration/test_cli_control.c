/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief `chilang status` and `chilang gate` as processes, against the real control server.
 */
#include "core/control/server.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { OUTPUT_MAX = 16384, WORDS_MAX = 16 };

static const char status_json[] =
    "{\"site\":\"hoi\",\"name\":\"Hội Kỳ Cùng\",\"version\":\"9.9\",\"epoch\":\"e\",\"head\":42,"
    "\"time\":\"2022-02-16T01:15:03Z\",\"journal\":\"ok\",\"emergency\":true,\"alarm\":{"
    "\"source\":\"operator\",\"who\":\"\",\"since\":\"2022-02-16T01:14:03Z\"},\"zones\":[{\"id\":"
    "\"san-den\",\"disperses\":true,\"at_alarm\":{\"inside\":312,\"uncertain\":7},\"name\":"
    "\"Sân\\u001b[2J\",\"state\":\"AT_LIMIT\",\"inside\":500,\"uncertain\":12,\"recounted\":"
    "{\"time\":\"2022-02-16T00:05:00Z\",\"who\":\"Lan\",\"how\":\"sweep\"},\"reserved\":0,\"warn\":"
    "400,\"soft\":"
    "450,\"hard\":500,\"entered\":1234567,\"left\":1234067},{\"id\":"
    "\"mot-khu-co-ten-that-la-dai-ở-đây\",\"state\":\"NORMAL\",\"inside\":0,\"recount_due\":true},"
    "{\"id\":\"cho\",\"state\":\"UNKNOWN\",\"inside\":123456,\"uncertain\":123456,\"since\":"
    "\"2022-02-16T01:10:00Z\",\"at_alarm\":{\"inside\":9,\"uncertain\":1,\"state\":\"UNKNOWN\"}}],"
    "\"gates\":[{\"id\":"
    "\"G1\",\"state\":\"OK\",\"phase\":\"PASSING\",\"conditions\":[\"TAMPER\",\"FORCED\","
    "\"LAMPS_SILENT\"],\"silent\":[{\"part\":\"lamps\",\"since\":\"2022-02-16T01:10:00Z\"}],"
    "\"mode\":"
    "\"normal\",\"age_ms\":250,\"entries\":12,\"exits\":3,\"bias\":40,\"disagreement\":"
    "{\"entries\":-2,\"exits\":1},"
    "\"grant\":{\"id\":1,\"places\":4,\"passed\":1,\"state\":\"open\"}},{\"id\":\"G2\",\"state\":"
    "\"UNKNOWN\",\"conditions\":[\"UNKNOWN\"],\"mode\":\"normal\",\"age_ms\":7200000,\"grant\":"
    "null}],\"lanes\":[{\"id\":\"G1\","
    "\"verdict\":\"WAIT\",\"reason\":\"zone_full\",\"age_ms\":61000}],\"plugins\":[{\"name\":"
    "\"bus\",\"use\":\"gate_modbus\",\"ok\":false,\"text\":\"a\\u001b]0;x\\u0007 long text that "
    "does not fit into the column at all\"}]}";

struct fixture {
    uv_loop_t loop;
    struct control_server *server;
    char folder[64], path[96];
    struct control_request last;
    size_t requests;
    const char *status;
    char out[OUTPUT_MAX];
    size_t length;
    int64_t code;
    bool exited;
};

static void on_request(void *user, control_token token, const struct control_request *request)
{
    struct fixture *f = user;
    f->last = *request;
    f->requests++;
    if (request->op == CONTROL_STATUS) {
        control_reply_ok(f->server, token, "status", f->status, strlen(f->status));
    } else if (strcmp(request->gate, "G9") == 0) {
        control_reply_error(f->server, token, "gate_unknown", "expected a gate, got `G9`");
    } else {
        control_reply_ok(f->server, token, NULL, NULL, 0);
    }
}

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    assert_non_null(f);
    char why[256] = "";
    struct control_door door = {.user = f, .on_request = on_request};
    f->status = status_json;
    (void)snprintf(f->folder, sizeof f->folder, "/tmp/chl-cli-XXXXXX");
    assert_non_null(mkdtemp(f->folder));
    (void)snprintf(f->path, sizeof f->path, "%s/c.sock", f->folder);
    assert_int_equal(uv_loop_init(&f->loop), 0);
    if (control_server_start(&f->loop, f->path, &door, &f->server, why, sizeof why) != CHL_OK) {
        fail_msg("%s", why);
    }
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    control_server_stop(f->server);
    (void)uv_run(&f->loop, UV_RUN_DEFAULT);
    int busy = uv_loop_close(&f->loop);
    int left = rmdir(f->folder);
    free(f);
    return busy == 0 && left == 0 ? 0 : -1;
}

static void on_exit_of(uv_process_t *process, int64_t code, int signal)
{
    struct fixture *f = process->data;
    f->code = signal != 0 ? -signal : code;
    f->exited = true;
    uv_close((uv_handle_t *)process, NULL);
}

static void on_room(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer)
{
    (void)suggested;
    struct fixture *f = handle->data;
    *buffer = uv_buf_init(f->out + f->length, (unsigned)(OUTPUT_MAX - 1 - f->length));
}

static void on_read(uv_stream_t *stream, ssize_t got, const uv_buf_t *buffer)
{
    (void)buffer;
    struct fixture *f = stream->data;
    if (got < 0) {
        uv_close((uv_handle_t *)stream, NULL);
        return;
    }
    f->length += (size_t)got;
}

/** Run `chilang` with words ended by NULL, stdout and stderr together, while the server answers. */
static int64_t run(struct fixture *f, const char *const *words)
{
    char program[] = CHL_STAGE_DIR "/bin/chilang";
    char copies[WORDS_MAX][128];
    char *argv[WORDS_MAX + 2] = {program};
    size_t count = 0;
    for (; words[count] != NULL && count < WORDS_MAX; count++) {
        (void)snprintf(copies[count], sizeof copies[count], "%s", words[count]);
        argv[count + 1] = copies[count];
    }
    uv_pipe_t pipe;
    uv_process_t process;
    assert_int_equal(uv_pipe_init(&f->loop, &pipe, 0), 0);
    pipe.data = f;
    process.data = f;
    int ends[2];
    assert_int_equal(uv_pipe(ends, UV_NONBLOCK_PIPE, 0), 0);
    assert_int_equal(uv_pipe_open(&pipe, ends[0]), 0);
    uv_stdio_container_t stdio[3] = {{.flags = UV_IGNORE},
                                     {.flags = UV_INHERIT_FD, .data.fd = ends[1]},
                                     {.flags = UV_INHERIT_FD, .data.fd = ends[1]}};
    uv_process_options_t options = {
        .file = program, .args = argv, .exit_cb = on_exit_of, .stdio = stdio, .stdio_count = 3};
    f->length = 0;
    f->exited = false;
    assert_int_equal(uv_spawn(&f->loop, &process, &options), 0);
    (void)close(ends[1]);
    assert_int_equal(uv_read_start((uv_stream_t *)&pipe, on_room, on_read), 0);
    while (!f->exited || !uv_is_closing((const uv_handle_t *)&pipe)) {
        (void)uv_run(&f->loop, UV_RUN_ONCE);
    }
    for (int i = 0; i < 4; i++) {
        (void)uv_run(&f->loop, UV_RUN_NOWAIT);
    }
    f->out[f->length] = '\0';
    return f->code;
}

#define RUN(f, ...) run(f, (const char *const[]){__VA_ARGS__, NULL})

static size_t columns(const char *line, size_t length)
{
    size_t count = 0;
    for (size_t i = 0; i < length; i++) {
        count += ((unsigned char)line[i] & 0xC0) != 0x80 ? 1 : 0;
    }
    return count;
}

static void expect_no_wider(const char *text, size_t most)
{
    for (const char *line = text; *line != '\0';) {
        size_t length = strcspn(line, "\n");
        if (columns(line, length) > most) {
            fail_msg("wider than %zu columns: %.*s", most, (int)length, line);
        }
        line += length + 1;
    }
}

static void test_status_leaves_out_columns_of_a_narrow_screen(void **state)
{
    struct fixture *f = *state;
    (void)setenv("COLUMNS", "60", 1);
    int64_t code = RUN(f, "status", "--control", f->path);
    (void)unsetenv("COLUMNS");
    assert_int_equal(code, 0);
    const char *tables = strstr(f->out, "\nZONE ");
    assert_non_null(tables);
    expect_no_wider(tables, 60);
    assert_non_null(
        strstr(tables, "san-den        AT_LIMIT      500 ± 12    500 1234567 1234067\n"));
    assert_null(strstr(tables, "HELD"));
}

static void test_status_says_what_to_do(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(RUN(f, "status", "--control", f->path), 0);
    assert_non_null(strstr(f->out, "2022-02-16 01:15:03 UTC, chilangd 9.9\n"));
    assert_non_null(
        strstr(f->out, "EMERGENCY every gate is open (operator); `chilang gate reset` ends it\n"));
    assert_non_null(strstr(f->out, "EMERGENCY who pressed it, and why? `chilang emergency --who"));
    assert_non_null(
        strstr(f->out, "AT ALARM san-den: count at the alarm 312 ± 7, not a roll-call\n"));
    assert_non_null(
        strstr(f->out, "AT ALARM cho: count at the alarm 9 ± 1, while a gate was silent, "));
    assert_non_null(
        strstr(f->out, "DISPERSAL san-den: entry is closed, lanes run outward; `chilang disperse"));
    assert_non_null(strstr(f->out, "GATE G1: TAMPER, FORCED\n"));
    assert_null(strstr(f->out, "GATE G2"));
    assert_non_null(strstr(f->out, "COUNT AGAIN mot-khu-co-ten-that-la-dai-ở-đây: `chilang gate "));
    assert_non_null(strstr(f->out, "--how HOW --who NAME --why TEXT`\n"));
}

static void test_status_says_what_its_counts_are(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(setenv("TZ", "Asia/Ho_Chi_Minh", 1), 0);
    int64_t code = RUN(f, "status", "--control", f->path);
    assert_int_equal(unsetenv("TZ"), 0);
    assert_int_equal(code, 0);
    assert_non_null(strstr(f->out, "UNKNOWN cho: since 08:10 a gate that counts it does not"));
    assert_non_null(strstr(f->out, "123456±123456\n"));
    assert_non_null(strstr(f->out, "san-den recounted 07:05 by Lan, by walking through\n"));
    assert_non_null(strstr(f->out, "SILENT G1: its lamps and sounder do not answer since 08:10\n"));
    assert_non_null(strstr(f->out, "G1 and its second count differ: in -2, out +1\n"));
    assert_non_null(strstr(f->out, "G1 is off by 40 in 1000 by its last audit\n"));
    assert_non_null(strstr(f->out, "counted at the gates, not a roll-call; ± is the error bar\n"));
}

/* Who relies on open gates must not be told of one that nobody has heard of. */
static void test_emergency_names_gates_not_known_to_be_open(void **state)
{
    struct fixture *f = *state;
    f->status = "{\"site\":\"s\",\"emergency\":true,\"alarm\":{\"source\":\"device of G2\",\"who\":"
                "\"\"},\"gates\":[{\"id\":\"G1\",\"state\":\"UNKNOWN\",\"mode\":\"emergency\","
                "\"mode_confirmed\":false},{\"id\":\"G2\",\"mode_confirmed\":true},{\"id\":\"G3\","
                "\"mode_confirmed\":false}]}";
    assert_int_equal(RUN(f, "status", "--control", f->path), 0);
    assert_non_null(
        strstr(f->out, "EMERGENCY device of G2: not known to be open, open by hand: G1, G3;"));
    assert_null(strstr(f->out, "every gate is open"));
    expect_no_wider(f->out, 80);
}

static void test_status_speaks_vietnamese(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(setenv("LC_ALL", "vi_VN.UTF-8", 1), 0);
    int64_t code = RUN(f, "status", "--control", f->path);
    assert_int_equal(setenv("LC_ALL", "en_GB.UTF-8", 1), 0);
    assert_int_equal(code, 0);
    assert_non_null(
        strstr(f->out, "AT ALARM san-den: số đếm lúc báo động 312 ± 7, không phải điểm danh\n"));
    assert_non_null(strstr(f->out, " SỐ --how CÁCH --who TÊN --why LÝ-DO`\n"));
    assert_non_null(strstr(f->out, "SILENT G1: đèn và còi không trả lời từ "));
    expect_no_wider(f->out, 80);
}

static void test_status_fits_the_screen(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(RUN(f, "status", "--control", f->path), 0);
    expect_no_wider(f->out, 80);
    assert_null(strchr(f->out, '\033')); /* no colour, and nothing of the peer's */
    assert_null(strchr(f->out, '\007'));
    assert_non_null(strstr(f->out, "Hội Kỳ Cùng (hoi)\n"));
    assert_non_null(strstr(f->out, "journal: ok, head 42\n"));
    assert_non_null(strstr(f->out, "san-den        AT_LIMIT      500 ± 12    0    400    450    "
                                   "500 1234567 1234067\n"));
    assert_non_null(strstr(f->out, "mot-khu-co-te… NORMAL"));
    assert_non_null(strstr(f->out,
                           "G1                 OK       PASSING  normal      0.2 s     12      3 "
                           "1/4 open\n"));
    assert_non_null(strstr(f->out, "G2                 UNKNOWN  -        normal        2 h"));
    assert_non_null(strstr(f->out, "cho            UNKNOWN              ? "));
    assert_non_null(strstr(f->out, "zone_full                  1 min\n"));
    assert_non_null(strstr(f->out, "failed"));
}

static void test_status_as_json(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(RUN(f, "status", "--json", "--control", f->path), 0);
    assert_non_null(strstr(f->out, "\"head\":42"));
    assert_int_equal(f->out[0], '{');
    assert_string_equal(f->out + f->length - 2, "}\n");
}

static void test_status_finds_the_socket_by_the_site(void **state)
{
    struct fixture *f = *state;
    char site[96];
    (void)snprintf(site, sizeof site, "%s/site.yaml", f->folder);
    FILE *file = fopen(site, "we");
    assert_non_null(file);
    (void)fputs("control: c.sock\n", file);
    (void)fclose(file);
    int64_t code = RUN(f, "status", "--config", site);
    (void)unlink(site);
    assert_int_equal(code, 0);
    assert_int_equal(RUN(f, "status", "--config", site), 1);
    assert_non_null(strstr(f->out, "chilang status: "));
    assert_non_null(strstr(f->out, "expected a readable file"));
}

static void test_nobody_listens(void **state)
{
    struct fixture *f = *state;
    char path[96];
    (void)snprintf(path, sizeof path, "%s/none", f->folder);
    assert_int_equal(RUN(f, "status", "--control", path), 1);
    assert_non_null(strstr(f->out, "expected a running chilangd, got: No such file"));
    assert_non_null(strstr(f->out, "start chilangd"));
}

static void test_gate_orders_arrive(void **state)
{
    struct fixture *f = *state;
    const char *path = f->path;
    assert_int_equal(
        RUN(f, "gate", "G1", "blocked", "--who", "Lan", "--why", "sửa cổng", "--control", path), 0);
    assert_string_equal(f->out, "gate: done and recorded\n");
    assert_int_equal(f->last.op, CONTROL_GATE);
    assert_string_equal(f->last.gate, "G1");
    assert_int_equal(f->last.mode, CHL_MODE_BLOCKED);
    assert_string_equal(f->last.why, "sửa cổng");
    assert_int_equal(RUN(f, "gate", "emergency", "--control", path), 0);
    assert_int_equal(f->last.op, CONTROL_EMERGENCY);
    assert_non_null(strstr(f->out, "`chilang emergency --who NAME --why TEXT`"));
    assert_int_equal(RUN(f, "emergency", "--who=Lan", "--why=khói", "--control", path), 0);
    assert_int_equal(f->last.op, CONTROL_EMERGENCY);
    assert_string_equal(f->last.who, "Lan");
    assert_string_equal(f->out, "emergency: done and recorded\n");
    assert_int_equal(RUN(f, "disperse", "san", "--who=Lan", "--why=x", "--control", path), 0);
    assert_int_equal(f->last.op, CONTROL_DISPERSE);
    assert_string_equal(f->last.zone, "san");
    assert_false(f->last.end);
    assert_int_equal(RUN(f, "disperse", "--end", "--who=Lan", "--why=x", "--control", path), 0);
    assert_string_equal(f->last.zone, "");
    assert_true(f->last.end);
    assert_int_equal(RUN(f, "gate", "G1", "schedule", "--who=Lan", "--why=x", "--control", path),
                     0);
    assert_int_equal(f->last.op, CONTROL_GATE);
    assert_true(f->last.schedule);
    assert_int_equal(RUN(f, "gate", "reset", "--who=Lan", "--why=x", "--control", path), 0);
    assert_int_equal(f->last.op, CONTROL_RESET);
    assert_int_equal(RUN(f, "gate", "resolve", "G1", "--admit", "--who=Lan", "--control", path), 0);
    assert_int_equal(f->last.op, CONTROL_RESOLVE);
    assert_true(f->last.admit);
    assert_int_equal(RUN(f, "gate", "resolve", "G1", "--refuse", "--who=Lan", "--control", path),
                     0);
    assert_false(f->last.admit);
    assert_int_equal(RUN(f, "gate", "pass", "H1", "exit", "2", "--who=Lan", "--control", path), 0);
    assert_int_equal(f->last.op, CONTROL_PASS);
    assert_int_equal(f->last.direction, CONTROL_EXIT);
    assert_int_equal(f->last.n, 2);
    assert_int_equal(RUN(f, "gate", "pass", "H1", "entry", "--who=Lan", "--control", path), 0);
    assert_int_equal(f->last.n, 1);
    assert_int_equal(RUN(f, "gate", "recount", "san", "12", "--how=sweep", "--who=Lan", "--why=x",
                         "--control", path),
                     0);
    assert_int_equal(f->last.op, CONTROL_RECOUNT);
    assert_string_equal(f->last.zone, "san");
    assert_int_equal(f->last.inside, 12);
    assert_int_equal(f->last.how, CHL_RECOUNT_SWEEP);
}

static void test_refusal_of_the_daemon_is_shown(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(RUN(f, "gate", "G9", "free", "--who=Lan", "--why=x", "--control", f->path), 1);
    assert_string_equal(f->out,
                        "chilang gate: refused (gate_unknown): expected a gate, got `G9`\n");
}

static void test_bad_orders_are_not_sent(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *words[8];
        const char *says;
    } bad[] = {
        {{"gate"}, "expected a gate and its mode, or an order, got none"},
        {{"gate", "G1"}, "another number of words"},
        {{"gate", "G1", "open", "--who=L", "--why=x"}, "free-exit or schedule, got `open`"},
        {{"disperse", "--who=L"}, "expected \"why\", got none"},
        {{"disperse", "a", "b", "--who=L", "--why=x"}, "another number of words"},
        {{"emergency", "now"}, "another number of words"},
        {{"gate", "G1", "free", "--why=x"}, "expected \"who\", got none"},
        {{"gate", "G1", "free", "--who=L"}, "expected \"why\", got none"},
        {{"gate", "reset", "--who=L"}, "expected \"why\", got none"},
        {{"gate", "resolve", "G1", "--who=L"}, "one of --admit and --refuse, got none"},
        {{"gate", "resolve", "G1", "--admit", "--refuse", "--who=L"}, "got both"},
        {{"gate", "pass", "H1", "in", "--who=L"}, "entry or exit, got `in`"},
        {{"gate", "pass", "H1", "entry", "0", "--who=L"}, "1 to 1000"},
        {{"gate", "pass", "H1", "entry", "-1", "--who=L"}, ""},
        {{"gate", "recount", "san", "many", "--who=L", "--why=x"}, "a number of people"},
        {{"gate", "recount", "san", "12", "--who=L", "--why=x"}, "--how clicker"},
        {{"gate", "recount", "san", "12", "--how=guess", "--who=L", "--why=x"}, "--how clicker"},
        {{"gate", "--nonsense"}, ""},
        {{"status", "now"}, "expected options only, got `now`"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        int64_t code = run(f, bad[i].words);
        if (code != 2 || strstr(f->out, bad[i].says) == NULL) {
            fail_msg("case %zu: %d %s", i, (int)code, f->out);
        }
    }
    assert_int_equal(f->requests, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define WITH_SERVER(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
        WITH_SERVER(test_status_fits_the_screen),
        WITH_SERVER(test_status_leaves_out_columns_of_a_narrow_screen),
        WITH_SERVER(test_status_says_what_to_do),
        WITH_SERVER(test_status_says_what_its_counts_are),
        WITH_SERVER(test_emergency_names_gates_not_known_to_be_open),
        WITH_SERVER(test_status_speaks_vietnamese),
        WITH_SERVER(test_status_as_json),
        WITH_SERVER(test_status_finds_the_socket_by_the_site),
        WITH_SERVER(test_nobody_listens),
        WITH_SERVER(test_gate_orders_arrive),
        WITH_SERVER(test_refusal_of_the_daemon_is_shown),
        WITH_SERVER(test_bad_orders_are_not_sent),
    };
    if (setenv("LC_ALL", "en_GB.UTF-8", 1) != 0) {
        return 1;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
