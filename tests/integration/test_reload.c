/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Whom a running site believes changes under it: no scan is lost, a broken list changes
 * nothing, an old one makes people look.
 */
#include "tests/integration/site_world.h"

#include "lib/base/time.h"
#include "lib/control/control.h"
#include "lib/declaration/declaration.h"
#include "tests/issuing/issuing.h"

#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { BATCHES = 12, BATCH = 50, SCANS = BATCHES * BATCH, CODE_HEX = 33, STEP_MS = 20 };
#define DAY_S INT64_C(86400)

/* Two issuers of declarations, and one of certificates. */
static struct issuing first, second, health;

static int64_t now_s(void)
{
    return chl_wall_ns() / CHL_NS_PER_S;
}

/* A key that vouches for declarations is bare, and known by its own hash. */
static bool make_own(struct issuing *out)
{
    bool good = issuing_make("P-256", NULL, out);
    chl_issuer_free(out->issuer);
    out->issuer = NULL;
    return good && chl_issuer_from_key(out->key, NULL, &out->issuer) == CHL_OK;
}

static void write_text(const char *path, const char *text)
{
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void replace_in_site(const struct world *world, const char *was, const char *is)
{
    static char site[WORLD_OUT];
    FILE *file = fopen(world_path(world, "site.yaml"), "re");
    assert_non_null(file);
    site[fread(site, 1, sizeof site - 1, file)] = '\0';
    assert_int_equal(fclose(file), 0);
    char *at = strstr(site, was);
    assert_non_null(at);
    file = fopen(world_path(world, "site.yaml"), "we");
    assert_non_null(file);
    assert_true(fprintf(file, "%.*s%s%s", (int)(at - site), site, is, at + strlen(was)) > 0);
    assert_int_equal(fclose(file), 0);
}

/* Lane G1 reads lines from a FIFO, as fast as they come. */
static int open_site(void **state)
{
    static struct world world;
    world_open(&world);
    replace_in_site(&world, "path: G1", "path: g1.fifo");
    replace_in_site(&world, "accept: [declaration]", "accept: [declaration, hcert]");
    bool up = mkfifo(world_path(&world, "g1.fifo"), 0600) == 0 && make_own(&first) &&
              make_own(&second) && issuing_make("P-256", NULL, &health) &&
              issuing_write_public_key(&first, world_path(&world, "trust/first.pub.pem"));
    world_start(&world);
    up = up && world_until(&world, "gates", "G1", "state", "OK") &&
         world_until(&world, "gates", "G2", "state", "OK");
    *state = &world;
    if (!up) {
        world_close(&world);
    }
    return up ? 0 : -1;
}

static void show_log(const struct world *world)
{
    FILE *log = fopen(world_path(world, "daemon.log"), "re");
    char line[512];
    while (log != NULL && fgets(line, sizeof line, log) != NULL) {
        fprintf(stderr, "daemon: %s", line);
    }
    if (log != NULL) {
        (void)fclose(log);
    }
}

static int close_site(void **state)
{
    struct world *world = *state;
    char out[WORLD_OUT];
    const char *const verify[] = {"journal", "verify", world_path(world, "journal.db"), NULL};
    int status = world_end(world, SIGTERM);
    bool good = WIFEXITED(status) && WEXITSTATUS(status) == 0 &&
                world_run(world, out, "chilang", verify) == 0;
    if (!good) {
        fprintf(stderr, "the daemon ended with %d\n", status);
        show_log(world);
    }
    world_close(world);
    issuing_free(&first);
    issuing_free(&second);
    issuing_free(&health);
    return good ? 0 : -1;
}

/* Each differs from all others by its own identifier. */
static void make_declaration(const struct issuing *by, char out[CHL_ISSUE_CODE_MAX])
{
    static const char *const answers[][2] = {{"name", "Nguyễn Thị Thử"}, {"birth", "1990"},
                                             {"phone", "0912345678"},    {"from", "05977"},
                                             {"symptoms", "no"},         {"contact", "no"}};
    struct chl_declaration form;
    char why[512];
    chl_declaration_init(&form);
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        const struct chl_declaration_field *field =
            chl_declaration_field(answers[i][0], strlen(answers[i][0]));
        assert_non_null(field);
        assert_int_equal(chl_declaration_set(&form, field, answers[i][1], why, sizeof why), CHL_OK);
    }
    (void)snprintf(form.claims.issuer, sizeof form.claims.issuer, "test");
    form.claims.issued_at = now_s() - 60;
    form.claims.not_before = form.claims.issued_at;
    form.claims.expires_at = now_s() + DAY_S;
    assert_int_equal(
        chl_declaration_issue(by->issuer, &form, out, CHL_ISSUE_CODE_MAX, why, sizeof why), CHL_OK);
}

static void reload(const struct world *world)
{
    assert_int_equal(kill(world->daemon, SIGHUP), 0);
}

/* One change of the trust folder; a broken list comes and goes, and so does a second key. */
static void change_trust(const struct world *world, int turn)
{
    switch (turn % 4) {
    case 0:
        assert_true(issuing_write_public_key(&second, world_path(world, "trust/.new")));
        assert_int_equal(
            rename(world_path(world, "trust/.new"), world_path(world, "trust/second.pub.pem")), 0);
        return;
    case 1:
        write_text(world_path(world, "trust/list.json"), "{\"certificates\":[{\"rawData\":\"MI");
        return;
    case 2:
        assert_int_equal(unlink(world_path(world, "trust/list.json")), 0);
        return;
    default:
        assert_int_equal(unlink(world_path(world, "trust/second.pub.pem")), 0);
        return;
    }
}

/** Verdicts as they are shown. */
struct shown {
    struct control_client *watch;
    char codes[SCANS][CODE_HEX];
    size_t count;
};

static void take_verdict(struct shown *shown, json_t *event)
{
    static const char *const never[] = {"issuer_unknown", "verify_data_stale",
                                        "format_unknown", "signature_invalid",
                                        "busy",           "code_unreadable"};
    const char *reason = json_string_value(json_object_get(event, "reason"));
    const char *code = json_string_value(json_object_get(event, "code"));
    assert_non_null(reason);
    assert_non_null(code);
    for (size_t i = 0; i < sizeof never / sizeof *never; i++) {
        assert_string_not_equal(reason, never[i]);
    }
    assert_true(shown->count < SCANS);
    for (size_t i = 0; i < shown->count; i++) {
        assert_string_not_equal(shown->codes[i], code);
    }
    (void)snprintf(shown->codes[shown->count++], CODE_HEX, "%s", code);
}

/* @return false when nothing came in time. */
static bool read_event(struct shown *shown, int64_t timeout_ms)
{
    const char *line = NULL;
    size_t length = 0;
    if (chl_control_read(shown->watch, &line, &length, timeout_ms) != CHL_OK) {
        return false;
    }
    json_t *event = json_loadb(line, length, 0, NULL);
    const char *kind = json_string_value(json_object_get(event, "event"));
    const char *lane = json_string_value(json_object_get(event, "lane"));
    if (kind != NULL && lane != NULL && strcmp(kind, "verdict") == 0 && strcmp(lane, "G1") == 0) {
        take_verdict(shown, event);
    }
    json_decref(event);
    return true;
}

static void start_watching(const struct world *world, struct shown *shown)
{
    static const char request[] = "{\"op\":\"watch\"}";
    char why[256];
    assert_int_equal(
        chl_control_connect(world_path(world, "control.sock"), &shown->watch, why, sizeof why),
        CHL_OK);
    assert_int_equal(chl_control_send(shown->watch, request, sizeof request - 1, WORLD_WAIT_MS),
                     CHL_OK);
    assert_true(read_event(shown, WORLD_WAIT_MS)); /* from its answer on nothing is missed */
}

static int64_t counted(const struct world *world, const char *what)
{
    json_t *answer = world_ask(world, "{\"op\":\"stats\"}");
    int64_t value = json_integer_value(json_object_get(json_object_get(answer, "stats"), what));
    json_decref(answer);
    return value;
}

/* Codes of a key that is believed all the while, shown as fast as the lane answers, with a SIGHUP
 * at every fifth: each gets its verdict, once, and never one that a reload made. */
static void test_no_scan_is_lost_while_trust_changes(void **state)
{
    const struct world *world = *state;
    static struct shown shown;
    memset(&shown, 0, sizeof shown);
    start_watching(world, &shown);
    int lane = open(world_path(world, "g1.fifo"), O_WRONLY | O_CLOEXEC);
    assert_true(lane >= 0);
    for (int batch = 0; batch < BATCHES; batch++) {
        change_trust(world, batch);
        for (int i = 0; i < BATCH; i++) {
            char code[CHL_ISSUE_CODE_MAX + 1];
            make_declaration(&first, code);
            size_t length = strlen(code);
            code[length++] = '\n';
            assert_int_equal(write(lane, code, length), length);
            if (i % 5 == 0) {
                reload(world);
            }
        }
        while (shown.count < (size_t)(batch + 1) * BATCH) {
            assert_true(read_event(&shown, WORLD_WAIT_MS));
        }
    }
    reload(world);
    while (read_event(&shown, 300)) { /* nothing comes twice: take_verdict sees it */
    }
    assert_int_equal(shown.count, SCANS);
    assert_int_equal(counted(world, "scans"), SCANS);
    assert_int_equal(counted(world, "busy"), 0);
    (void)close(lane);
    chl_control_close(shown.watch);
}

/* Told to end while people scan: what was granted and comes too late for its gate, what plugins say
 * as they stop, whatever is still under way: it ends in order, and its journal is whole. */
static void test_a_stop_amid_scans_ends_in_order(void **state)
{
    enum { ROUNDS = 10, QUEUE = 12 };
    struct world *world = *state;
    char out[WORLD_OUT];
    for (int round = 0; round < ROUNDS; round++) {
        int lane = open(world_path(world, "g1.fifo"), O_WRONLY | O_CLOEXEC);
        assert_true(lane >= 0);
        for (int i = 0; i < QUEUE; i++) {
            char code[CHL_ISSUE_CODE_MAX + 1];
            make_declaration(&first, code);
            size_t length = strlen(code);
            code[length++] = '\n';
            assert_int_equal(write(lane, code, length), length);
        }
        (void)poll(NULL, 0, round); /* not always the same moment */
        int status = world_end(world, SIGTERM);
        (void)close(lane);
        if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
            fail_msg("round %d: expected exit 0, got wait status %d", round, status);
        }
        const char *const verify[] = {"journal", "verify", world_path(world, "journal.db"), NULL};
        if (world_run(world, out, "chilang", verify) != 0) {
            fail_msg("round %d: %s", round, out);
        }
        world_start(world);
        assert_true(world_until(world, "gates", "G1", "state", "OK"));
    }
}

/* Member of the status' `trust`, as text. */
static void trust_member(const struct world *world, const char *member, char out[256])
{
    json_t *answer = world_ask(world, "{\"op\":\"status\"}");
    const json_t *trust = json_object_get(json_object_get(answer, "status"), "trust");
    const json_t *value = json_object_get(trust, member);
    char *text = json_dumps(value, JSON_ENCODE_ANY);
    (void)snprintf(out, 256, "%s", text != NULL ? text : "-");
    free(text);
    json_decref(answer);
}

static void expect_trust(const struct world *world, const char *member, const char *expected)
{
    char text[256] = "";
    for (int waited = 0; waited < WORLD_WAIT_MS; waited += STEP_MS) {
        trust_member(world, member, text);
        if (strcmp(text, expected) == 0) {
            return;
        }
        (void)poll(NULL, 0, STEP_MS);
    }
    fail_msg("trust.%s: expected %s, got %s", member, expected, text);
}

static void expect_lane(const struct world *world, const char *lane, const char *verdict,
                        const char *reason)
{
    assert_true(world_until(world, "lanes", lane, "reason", reason));
    assert_true(world_until(world, "lanes", lane, "verdict", verdict));
}

static void test_a_new_key_is_believed_and_a_removed_one_is_not(void **state)
{
    struct world *world = *state;
    char code[CHL_ISSUE_CODE_MAX];
    expect_trust(world, "keys", "2"); /* the site's own, and the first */
    make_declaration(&second, code);
    world_scan(world, "G2", code);
    expect_lane(world, "G2", "CHECK", "issuer_unknown");
    change_trust(world, 0);
    reload(world);
    expect_trust(world, "keys", "3");
    world_scan(world, "G2", code);
    expect_lane(world, "G2", "ADMIT", "ok");
    change_trust(world, 3);
    reload(world);
    expect_trust(world, "keys", "2");
    make_declaration(&second, code);
    world_scan(world, "G2", code);
    expect_lane(world, "G2", "CHECK", "issuer_unknown");
}

static bool log_says(const struct world *world, const char *text)
{
    char line[1024];
    bool found = false;
    FILE *log = fopen(world_path(world, "daemon.log"), "re");
    assert_non_null(log);
    while (!found && fgets(line, sizeof line, log) != NULL) {
        found = strstr(line, text) != NULL;
    }
    (void)fclose(log);
    return found;
}

static void test_a_broken_list_changes_nothing_and_is_told(void **state)
{
    struct world *world = *state;
    char code[CHL_ISSUE_CODE_MAX], text[256], out[WORLD_OUT];
    expect_trust(world, "ok", "true");
    change_trust(world, 0); /* would be one key more */
    change_trust(world, 1);
    reload(world);
    expect_trust(world, "ok", "false");
    trust_member(world, "text", text);
    assert_non_null(strstr(text, "list.json: expected"));
    expect_trust(world, "keys", "2");
    assert_true(world_until(world, "plugins", "credential_hcert", "ok", "false"));
    assert_true(log_says(world, "event=reload result=refused"));
    const char *const status[] = {"status", "--control", world_path(world, "control.sock"), NULL};
    assert_int_equal(world_run(world, out, "chilang", status), 0);
    assert_non_null(strstr(out, "TRUST REFUSED"));
    make_declaration(&first, code);
    world_scan(world, "H1", code);
    expect_lane(world, "H1", "ADMIT", "ok");
    make_declaration(&second, code);
    world_scan(world, "G2", code);
    expect_lane(world, "G2", "CHECK", "issuer_unknown");
    change_trust(world, 2);
    reload(world);
    expect_trust(world, "ok", "true");
    expect_trust(world, "keys", "3");
    assert_true(world_until(world, "plugins", "credential_hcert", "ok", "true"));
}

static void import(const struct world *world, int64_t published_s)
{
    char time[CHL_RFC3339_SIZE], out[WORLD_OUT];
    chl_time_format(published_s * CHL_NS_PER_S, time);
    assert_true(issuing_write_certificate(&health, world_path(world, "health.der")));
    const char *const arguments[] = {"trust",
                                     "import",
                                     world_path(world, "health.der"),
                                     "--to",
                                     world_path(world, "trust"),
                                     "--published",
                                     time,
                                     NULL};
    if (world_run(world, out, "chilang", arguments) != 0) {
        fail_msg("%s", out);
    }
    reload(world);
}

static void make_certificate(char out[CHL_ISSUE_CODE_MAX], char kind)
{
    const struct issuing_dcc dcc = {
        .kind = kind, .issued_at = now_s() - DAY_S, .expires_at = now_s() + DAY_S};
    assert_true(issuing_dcc_code(&health, NULL, &dcc, out, CHL_ISSUE_CODE_MAX));
}

/* A page at a time: world_run() takes no more at once. */
static size_t records_of(const struct world *world, const char *type)
{
    enum { PAGE = 20 };
    char out[WORLD_OUT], from[16], page[16];
    size_t count = 0, shown = 0;
    unsigned next = 1;
    (void)snprintf(page, sizeof page, "%d", PAGE);
    do {
        (void)snprintf(from, sizeof from, "%u", next);
        const char *const show[] = {
            "journal", "show", "--from", from, "--count", page, world_path(world, "journal.db"),
            NULL};
        assert_int_equal(world_run(world, out, "chilang", show), 0);
        shown = 0;
        for (const char *at = out; (at = strchr(at, '\n')) != NULL; at++) {
            shown++;
        }
        for (const char *at = out; (at = strstr(at, type)) != NULL; at++) {
            count++;
        }
        next += PAGE;
    } while (shown == PAGE);
    return count;
}

/* Who was vouched for by an old list is looked at; who was not, is not. */
static void test_an_old_list_makes_people_look(void **state)
{
    struct world *world = *state;
    char code[CHL_ISSUE_CODE_MAX], out[WORLD_OUT];
    expect_trust(world, "state", "\"ok\"");
    expect_trust(world, "age_s", "null"); /* keys that the site itself pins */
    import(world, now_s() - 20 * DAY_S);
    expect_trust(world, "state", "\"old\"");
    const char *const status[] = {"status", "--control", world_path(world, "control.sock"), NULL};
    assert_int_equal(world_run(world, out, "chilang", status), 0);
    assert_non_null(strstr(out, "TRUST OLD"));
    assert_non_null(strstr(out, "trust: 3 keys, 20 days old"));
    make_certificate(code, 'v');
    world_scan(world, "H1", code);
    expect_lane(world, "H1", "CHECK", "verify_data_stale");
    make_declaration(&first, code);
    world_scan(world, "G2", code);
    expect_lane(world, "G2", "ADMIT", "ok");
    /* Over a restart too. */
    assert_int_equal(WEXITSTATUS(world_end(world, SIGTERM)), 0);
    world_start(world);
    assert_true(world_until(world, "gates", "G1", "state", "OK"));
    expect_trust(world, "state", "\"old\"");
    import(world, now_s() - DAY_S);
    expect_trust(world, "state", "\"ok\"");
    make_certificate(code, 'r');
    world_scan(world, "H1", code);
    expect_lane(world, "H1", "ADMIT", "ok");
    assert_int_equal(records_of(world, "\"trust-old\""), 2); /* raised, and cleared */
    assert_true(records_of(world, "health/trust") >= 4);
}

#define SITE(name) cmocka_unit_test_setup_teardown(name, open_site, close_site)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SITE(test_no_scan_is_lost_while_trust_changes),
        SITE(test_a_stop_amid_scans_ends_in_order),
        SITE(test_a_new_key_is_believed_and_a_removed_one_is_not),
        SITE(test_a_broken_list_changes_nothing_and_is_told),
        SITE(test_an_old_list_makes_people_look),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
