/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief One person with a declaration and a card at a real site: used is used, whichever is
 * shown; and the register of persons finds both.
 */
#include "tests/integration/site_world.h"

#include "lib/control/control.h"

#include <dirent.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

#include <cmocka.h>

#define NUMBER "001093029317"
#define CARD   NUMBER "|012345678|Nguyễn Thị Thử|03021990|Nữ|Số 1, M'gar, Đắk Lắk|01012021\r\n"
#define OLD    "012345678"

static struct world world;

static void write_file(const char *name, const char *text)
{
    FILE *file = fopen(world_path(&world, name), "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void read_file(const char *name, char out[WORLD_OUT])
{
    FILE *file = fopen(world_path(&world, name), "r");
    assert_non_null(file);
    out[fread(out, 1, WORLD_OUT - 1, file)] = '\0';
    (void)fclose(file);
}

/* The site of the other tests, with cards that are enough and, when `more` says so, a register. */
static void write_credentials(const char *name, const char *more)
{
    char site[WORLD_OUT];
    char text[WORLD_OUT];
    read_file("site.yaml", site);
    const char *from = strstr(site, "credentials:");
    const char *to = strstr(site, "journal:");
    assert_true(from != NULL && to != NULL && from < to);
    (void)snprintf(text, sizeof text,
                   "%.*scredentials:\n  accept: [declaration, cccd, bhyt]\n  trust: trust\n%s"
                   "  documents: { cccd: { enough_up_to: 4 } }\n%s",
                   (int)(from - site), site, more, to);
    write_file(name, text);
}

static int open_with(const char *more, const char *persons)
{
    world_open(&world);
    write_credentials("site.yaml", more);
    if (persons != NULL) {
        write_file("f0.csv", persons);
    }
    world_start(&world);
    bool up = world_until(&world, "gates", "G1", "state", "OK") &&
              world_until(&world, "gates", "G2", "state", "OK");
    if (!up) {
        world_close(&world);
    }
    return up ? 0 : -1;
}

static int open_site(void **state)
{
    (void)state;
    return open_with("", NULL);
}

#define BY_NUMBER "document,name,birth\n" NUMBER ",Ai Đó,\n"

static int open_with_register(void **state)
{
    (void)state;
    return open_with("  register: f0.csv\n", BY_NUMBER);
}

/* What no file of the site may hold. */
static bool nobody_is_named(void)
{
    static const char *const secrets[] = {NUMBER, OLD, "Thị Thử", "Ai Đó", "M'gar"};
    bool good = true;
    DIR *folder = opendir(world.dir);
    assert_non_null(folder);
    for (const struct dirent *entry = NULL; (entry = readdir(folder)) != NULL;) {
        static char bytes[8 * 1024 * 1024];
        FILE *file = fopen(world_path(&world, entry->d_name), "rb");
        size_t length = file != NULL ? fread(bytes, 1, sizeof bytes, file) : 0;
        if (file != NULL) {
            (void)fclose(file);
        }
        bool input = strcmp(entry->d_name, "f0.csv") == 0;
        for (size_t s = 0; !input && s < sizeof secrets / sizeof *secrets; s++) {
            if (memmem(bytes, length, secrets[s], strlen(secrets[s])) != NULL) {
                print_error("%s holds `%s`\n", entry->d_name, secrets[s]);
                good = false;
            }
        }
    }
    (void)closedir(folder);
    return good;
}

static int close_site(void **state)
{
    (void)state;
    int status = world_end(&world, SIGTERM);
    char out[WORLD_OUT];
    const char *const verify[] = {"journal", "verify", world_path(&world, "journal.db"), NULL};
    bool good = WIFEXITED(status) && WEXITSTATUS(status) == 0 &&
                world_run(&world, out, "chilang", verify) == 0 && nobody_is_named();
    if (!good) {
        print_error("daemon ended with %d; %s\n", status, out);
        read_file("daemon.log", out);
        (void)fprintf(stderr, "%s\n", out);
    }
    world_close(&world);
    return good ? 0 : -1;
}

static void expect_lane(const char *lane, const char *verdict, const char *reason)
{
    assert_true(world_until(&world, "lanes", lane, "reason", reason));
    assert_true(world_until(&world, "lanes", lane, "verdict", verdict));
}

static void ask(const char *request, bool expected)
{
    json_t *answer = world_ask(&world, request);
    assert_non_null(answer);
    if (json_is_true(json_object_get(answer, "ok")) != expected) {
        char *text = json_dumps(answer, 0);
        print_error("%s\n", text);
        free(text);
        fail();
    }
    json_decref(answer);
}

static void tap(const char *lane)
{
    char request[128];
    (void)snprintf(request, sizeof request,
                   "{\"op\":\"resolve\",\"lane\":\"%s\",\"admit\":true,\"who\":\"trưởng ca\"}",
                   lane);
    ask(request, true);
}

static void walk_in(int unit, const char *inside)
{
    assert_true(world_walk(&world, unit, "entry"));
    assert_true(world_until(&world, "zones", "san", "inside", inside));
    assert_true(world_until(&world, "zones", "san", "reserved", "0"));
}

static struct control_client *watch(void)
{
    static const char request[] = "{\"op\":\"watch\"}";
    struct control_client *client = NULL;
    char why[256];
    const char *line = NULL;
    size_t length = 0;
    assert_int_equal(
        chl_control_connect(world_path(&world, "control.sock"), &client, why, sizeof why), CHL_OK);
    assert_int_equal(chl_control_send(client, request, sizeof request - 1, WORLD_WAIT_MS), CHL_OK);
    assert_int_equal(chl_control_read(client, &line, &length, WORLD_WAIT_MS), CHL_OK);
    return client;
}

/* The next verdict's short line in Vietnamese. */
static void read_verdict(struct control_client *client, char out[256])
{
    out[0] = '\0';
    while (out[0] == '\0') {
        const char *line = NULL;
        size_t length = 0;
        assert_int_equal(chl_control_read(client, &line, &length, WORLD_WAIT_MS), CHL_OK);
        json_t *event = json_loadb(line, length, 0, NULL);
        const char *kind = json_string_value(json_object_get(event, "event"));
        if (kind != NULL && strcmp(kind, "verdict") == 0) {
            (void)snprintf(out, 256, "%s", json_string_value(json_object_get(event, "vi")));
        }
        json_decref(event);
    }
}

/* When and where the declaration was used, as the screen shows it. */
static void expected_line(char out[256], time_t used)
{
    struct tm parts;
    assert_int_equal(setenv("TZ", "Asia/Ho_Chi_Minh", 1), 0);
    tzset();
    assert_non_null(localtime_r(&used, &parts));
    (void)snprintf(out, 256, "Mã đã dùng lúc %02d:%02d tại Cổng 1", parts.tm_hour, parts.tm_min);
}

/* Invariant 8. */
static void test_card_says_where_the_declaration_was_used(void **state)
{
    (void)state;
    char code[WORLD_OUT];
    char line[256];
    char expected[256];
    const char *const document[] = {"--document", "001 093 029 317", NULL};
    world_code(&world, code, document);
    time_t before = time(NULL);
    world_scan(&world, "G1", code);
    expect_lane("G1", "ADMIT", "ok");
    time_t after = time(NULL);
    walk_in(1, "1");
    struct control_client *client = watch();
    world_scan(&world, "G2", CARD);
    read_verdict(client, line);
    chl_control_close(client);
    expected_line(expected, before);
    if (strcmp(line, expected) != 0) {
        expected_line(expected, after);
    }
    assert_string_equal(line, expected);
    expect_lane("G2", "CHECK", "already_used");
    tap("G2");
    expect_lane("G2", "ADMIT", "checked_by_staff");
    walk_in(2, "2");
    /* And it is remembered over a crash, though the insurance card states none of the numbers. */
    assert_true(WIFSIGNALED(world_end(&world, SIGKILL)));
    world_start(&world);
    assert_true(world_until(&world, "gates", "G2", "state", "OK"));
    world_scan(&world, "G2", CARD);
    expect_lane("G2", "CHECK", "already_used");
    world_scan(&world, "G1",
               "HS4010120878821|4e677579e1bb856e205468e1bb8b205468e1bbad|03/02/1990|2|"
               "-|79 - 012|01/01/2022|-|01/01/2022|79|-|4|-|0123456789abcdef-0123|$");
    expect_lane("G1", "CHECK", "declaration_missing");
}

/* One who declares again after the use has a new ticket. */
static void test_newer_declaration_is_a_new_ticket(void **state)
{
    (void)state;
    char old[WORLD_OUT];
    char fresh[WORLD_OUT];
    const char *const document[] = {"--document", NUMBER, NULL};
    world_code(&world, old, document);
    world_scan(&world, "G1", CARD);
    expect_lane("G1", "ADMIT", "ok");
    time_t used = time(NULL);
    walk_in(1, "1");
    world_scan(&world, "G2", old);
    expect_lane("G2", "CHECK", "already_used");
    while (time(NULL) <= used) {
        (void)poll(NULL, 0, 20);
    }
    world_code(&world, fresh, document);
    world_scan(&world, "G1", fresh);
    expect_lane("G1", "ADMIT", "ok");
    walk_in(1, "2");
}

/* Anybody can print a card with another's number. Its owner is asked, never refused: a tap admits,
 * and whoever declares after that use is not even asked. */
static void test_made_up_card_never_refuses_its_owner(void **state)
{
    (void)state;
    char former[WORLD_OUT];
    char fresh[WORLD_OUT];
    const char *const document[] = {"--document", NUMBER, NULL};
    world_code(&world, former, document);
    world_scan(&world, "G1", NUMBER "||Ai Khác|01011980|Nam|A|01012021");
    expect_lane("G1", "ADMIT", "ok");
    walk_in(1, "1");
    world_scan(&world, "G2", former);
    expect_lane("G2", "CHECK", "already_used");
    tap("G2");
    expect_lane("G2", "ADMIT", "checked_by_staff");
    time_t used = time(NULL);
    walk_in(2, "2");
    while (time(NULL) <= used) {
        (void)poll(NULL, 0, 20);
    }
    world_code(&world, fresh, document);
    world_scan(&world, "G1", fresh);
    expect_lane("G1", "ADMIT", "ok");
    walk_in(1, "3");
}

static void test_register_refuses_by_number_and_asks_by_name(void **state)
{
    (void)state;
    char code[WORLD_OUT];
    const char *const document[] = {"--document", NUMBER, NULL};
    assert_true(world_until(&world, "lanes", "G1", "check", "false"));
    world_code(&world, code, document);
    world_scan(&world, "G1", code);
    expect_lane("G1", "DENY", "register_match");
    world_scan(&world, "G2", CARD);
    expect_lane("G2", "DENY", "register_match");
    ask("{\"op\":\"resolve\",\"lane\":\"G2\",\"admit\":true,\"who\":\"trưởng ca\"}", false);
    /* Whatever country somebody names, the number is the same. */
    const char *const abroad[] = {"--document", NUMBER, "--nationality", "LA", NULL};
    world_code(&world, code, abroad);
    world_scan(&world, "H1", code);
    expect_lane("H1", "DENY", "register_match");
    /* Whoever of a family is looked for, the family is asked. */
    const char *const family[] = {"--companion", "Ai Đó; 1993; " NUMBER, NULL};
    world_code(&world, code, family);
    world_scan(&world, "H1", code);
    expect_lane("H1", "DENY", "register_match");
    /* From here on only a name is known; the declaration states the year alone. */
    write_file("f0.csv", "document,name,birth\n,NGUYEN THI THU,03/02/1990\n"
                         "001093029999,Nguyễn Thị Thử,1990\n");
    kill(world.daemon, SIGHUP);
    json_t *count = NULL;
    for (int i = 0; i < 500 && json_integer_value(count) != 2; i++) {
        json_t *answer = world_ask(&world, "{\"op\":\"status\"}");
        json_t *told = json_object_get(json_object_get(answer, "status"), "register");
        json_decref(count);
        count = json_incref(json_object_get(told, "count"));
        json_decref(answer);
        (void)poll(NULL, 0, 10);
    }
    assert_int_equal(json_integer_value(count), 2);
    json_decref(count);
    world_code(&world, code, NULL);
    world_scan(&world, "G1", code);
    expect_lane("G1", "CHECK", "register_possible");
    tap("G1");
    expect_lane("G1", "ADMIT", "checked_by_staff");
    walk_in(1, "1");
}

static bool until_register(bool ok, char text[256])
{
    for (int i = 0; i < 500; i++) {
        json_t *answer = world_ask(&world, "{\"op\":\"status\"}");
        json_t *told = json_object_get(json_object_get(answer, "status"), "register");
        bool is_ok = json_is_true(json_object_get(told, "ok"));
        const char *says = json_string_value(json_object_get(told, "text"));
        (void)snprintf(text, 256, "%s", says != NULL ? says : "");
        json_decref(answer);
        if (is_ok == ok) {
            return true;
        }
        (void)poll(NULL, 0, 10);
    }
    return false;
}

static size_t records(const char *topic)
{
    static char out[WORLD_OUT];
    const char *const show[] = {"journal", "show", world_path(&world, "journal.db"), NULL};
    size_t count = 0;
    assert_int_equal(world_run(&world, out, "chilang", show), 0);
    for (const char *at = out; (at = strstr(at, topic)) != NULL; at++) {
        count++;
    }
    return count;
}

static void test_refused_register_leaves_the_former_one(void **state)
{
    (void)state;
    char text[256];
    char code[WORLD_OUT];
    assert_true(until_register(true, text));
    assert_int_equal(records("audit/loaded"), 3); /* configuration, trust, register */
    write_file("f0.csv", BY_NUMBER "******029317,Ai Đó,1990\n");
    kill(world.daemon, SIGHUP);
    assert_true(until_register(false, text));
    assert_non_null(strstr(text, "f0.csv:3: expected a document number"));
    static char out[WORLD_OUT];
    const char *const status[] = {"status", "--control", world_path(&world, "control.sock"), NULL};
    assert_int_equal(world_run(&world, out, "chilang", status), 0);
    assert_non_null(strstr(out, "register: 1 person\n"));
    assert_non_null(strstr(out, "REGISTER REFUSED the former one stays\n"));
    assert_non_null(strstr(out, "f0.csv:3:"));
    const char *const document[] = {"--document", NUMBER, NULL};
    world_code(&world, code, document);
    world_scan(&world, "G1", code);
    expect_lane("G1", "DENY", "register_match");
    write_file("f0.csv", "document,name,birth\n");
    kill(world.daemon, SIGHUP);
    assert_true(until_register(true, text));
    world_scan(&world, "G1", code);
    expect_lane("G1", "ADMIT", "ok");
    walk_in(1, "1");
}

static void test_start_without_the_register_is_refused(void **state)
{
    (void)state;
    char out[WORLD_OUT];
    write_credentials("bad.yaml", "  register: no-such.csv\n");
    const char *const check[] = {"--check-config", world_path(&world, "bad.yaml"), NULL};
    assert_int_equal(world_run(&world, out, "chilangd", check), 1);
    assert_non_null(strstr(out, "no-such.csv: expected a CSV file"));
    assert_int_equal(WEXITSTATUS(world_end(&world, SIGTERM)), 0);
    write_file("no-such.csv", BY_NUMBER NUMBER ",Ai Đó\n");
    const char *const start[] = {"--config", world_path(&world, "bad.yaml"), NULL};
    assert_int_equal(world_run(&world, out, "chilangd", start), 1);
    assert_non_null(strstr(out, "no-such.csv:3: expected three columns, got 2"));
    assert_null(strstr(out, "Ai Đó"));
    assert_int_equal(remove(world_path(&world, "no-such.csv")), 0);
    world_start(&world);
    assert_true(world_until(&world, "gates", "G1", "state", "OK"));
}

#define SITE(name, open) cmocka_unit_test_setup_teardown(name, open, close_site)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SITE(test_card_says_where_the_declaration_was_used, open_site),
        SITE(test_newer_declaration_is_a_new_ticket, open_site),
        SITE(test_made_up_card_never_refuses_its_owner, open_site),
        SITE(test_register_refuses_by_number_and_asks_by_name, open_with_register),
        SITE(test_refused_register_leaves_the_former_one, open_with_register),
        SITE(test_start_without_the_register_is_refused, open_site),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
