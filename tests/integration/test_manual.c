/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Who has no code is entered by hand: the same verdict, the same record, and nobody named.
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

#include <cmocka.h>

#define CARD                                                                                       \
    DOCUMENT "|012345678|" NAME "|03021993|Nữ|Thôn M'gar, xã Ea Tu, Buôn Ma Thuột|01012021\r\n"
#define NAME     "Đặng Thị Ngọc Ánh"
#define DOCUMENT "001093029317"
#define FORM                                                                                       \
    "\"form\":{\"name\":\"" NAME "\",\"birth\":\"1993\",\"document\":\"001 093 029 317\","         \
    "\"phone\":\"0987654321\",\"from\":\"05977\",\"symptoms\":false,\"contact\":\"không\"}"
#define ENTER(lane, rest) "{\"op\":\"enter\",\"lane\":\"" lane "\",\"who\":\"chị Lan\"," rest "}"

/* What may stand nowhere but on the lane's desk. */
static const char *const secrets[] = {
    NAME, "Ngọc", "001 093 029 317", DOCUMENT, "0987654321", "012345678", "M'gar"};

static bool holds(const char *path, const char *secret)
{
    enum { FILE_MAX = 8 << 20 };
    FILE *file = fopen(path, "rb");
    char *bytes = malloc(FILE_MAX);
    assert_non_null(bytes);
    size_t length = file != NULL ? fread(bytes, 1, FILE_MAX, file) : 0;
    assert_true(length < FILE_MAX);
    bool found = memmem(bytes, length, secret, strlen(secret)) != NULL;
    free(bytes);
    if (file != NULL) {
        fclose(file);
    }
    return found;
}

/** Cards are read, and say who somebody is; by themselves they are never enough. */
static void accept_cards(const struct world *world)
{
    static const char was[] = "accept: [declaration]";
    static char site[WORLD_OUT];
    FILE *file = fopen(world_path(world, "site.yaml"), "r");
    assert_non_null(file);
    site[fread(site, 1, sizeof site - 1, file)] = '\0';
    fclose(file);
    const char *at = strstr(site, was);
    assert_non_null(at);
    file = fopen(world_path(world, "site.yaml"), "w");
    assert_non_null(file);
    fprintf(file, "%.*saccept: [declaration, cccd, bhyt, pccovid]%s", (int)(at - site), site,
            at + strlen(was));
    fclose(file);
}

static int open_site(void **state)
{
    static struct world world;
    world_open(&world);
    accept_cards(&world);
    world_start(&world);
    *state = &world;
    bool up = world_until(&world, "gates", "G1", "state", "OK") &&
              world_until(&world, "gates", "G2", "state", "OK");
    if (!up) {
        world_close(&world);
    }
    return up ? 0 : -1;
}

/** What stands in no file of the site: journal, its log, snapshot, keys, the daemon's log. */
static bool nobody_is_named(const struct world *world)
{
    bool good = true;
    DIR *folder = opendir(world->dir);
    assert_non_null(folder);
    for (const struct dirent *entry = NULL; (entry = readdir(folder)) != NULL;) {
        for (size_t s = 0; s < sizeof secrets / sizeof *secrets; s++) {
            if (holds(world_path(world, entry->d_name), secrets[s])) {
                fprintf(stderr, "%s holds `%s`\n", entry->d_name, secrets[s]);
                good = false;
            }
        }
    }
    closedir(folder);
    return good;
}

/* Invariant 8: every story ends with a look at all that was written. */
static int close_site(void **state)
{
    struct world *world = *state;
    bool good = nobody_is_named(world);
    int status = world_end(world, SIGTERM);
    good = nobody_is_named(world) && good && WIFEXITED(status) && WEXITSTATUS(status) == 0;
    char out[WORLD_OUT];
    const char *const verify[] = {"journal", "verify", world_path(world, "journal.db"), NULL};
    good = good && world_run(world, out, "chilang", verify) == 0;
    world_close(world);
    return good ? 0 : -1;
}

/** Ask; the answer is the caller's and says ok. */
static json_t *accepted(const struct world *world, const char *request)
{
    json_t *answer = world_ask(world, request);
    if (!json_is_true(json_object_get(answer, "ok"))) {
        char *text = json_dumps(answer, 0);
        print_error("%s\n", text != NULL ? text : "no answer");
        free(text);
    }
    assert_true(json_is_true(json_object_get(answer, "ok")));
    return answer;
}

static void refused(const struct world *world, const char *request, const char *error,
                    const char *says)
{
    json_t *answer = world_ask(world, request);
    const char *text = json_string_value(json_object_get(answer, "text"));
    assert_true(json_is_false(json_object_get(answer, "ok")));
    assert_string_equal(json_string_value(json_object_get(answer, "error")), error);
    if (text == NULL || strstr(text, says) == NULL) {
        fail_msg("expected `%s`, got `%s`", says, text == NULL ? "" : text);
    }
    json_decref(answer);
}

static void entered(const struct world *world, const char *request, const char *verdict,
                    const char *reason)
{
    json_t *answer = accepted(world, request);
    const json_t *decision = json_object_get(answer, "decision");
    assert_string_equal(json_string_value(json_object_get(decision, "verdict")), verdict);
    assert_string_equal(json_string_value(json_object_get(decision, "reason")), reason);
    json_decref(answer);
}

/** The newest decision in the journal; the caller's. */
static json_t *last_decision(const struct world *world)
{
    static char out[WORLD_OUT];
    char head[128];
    char from[24];
    world_member(world, NULL, NULL, "head", head);
    long long start = strtoll(head, NULL, 10) - 8;
    snprintf(from, sizeof from, "%lld", start > 1 ? start : 1);
    const char *const show[] = {"journal", "show", world_path(world, "journal.db"),
                                "--from",  from,   NULL};
    assert_int_equal(world_run(world, out, "chilang", show), 0);
    const char *found = NULL;
    for (const char *at = out; (at = strstr(at, "flow/decision")) != NULL; at++) {
        found = at;
    }
    assert_non_null(found);
    const char *body = strchr(found, '{');
    assert_non_null(body);
    json_t *record = json_loadb(body, strcspn(body, "\n"), 0, NULL);
    assert_non_null(record);
    json_t *data = json_incref(json_object_get(record, "data"));
    json_decref(record);
    return data;
}

static const char *text(const json_t *object, const char *key)
{
    const char *value = json_string_value(json_object_get(object, key));
    return value != NULL ? value : "";
}

static void walk(const struct world *world, int unit)
{
    assert_true(world_walk(world, unit, "entry"));
}

/* Invariant 9. */
static void test_nobody_is_turned_away_for_having_no_code(void **state)
{
    const struct world *world = *state;
    entered(world, ENTER("G1", "\"why\":\"không có điện thoại\"," FORM), "ADMIT", "ok");
    walk(world, 1);
    assert_true(world_until(world, "zones", "san", "inside", "1"));
    json_t *made = last_decision(world);
    assert_string_equal(text(made, "format"), "manual");
    assert_string_equal(text(made, "who"), "chị Lan");
    assert_string_equal(text(made, "why"), "không có điện thoại");
    json_decref(made);
    /* The same document again, at another lane and written otherwise. */
    entered(world,
            ENTER("G2", "\"form\":{\"document\":\"" DOCUMENT "\",\"from\":\"05977\","
                        "\"symptoms\":\"no\",\"contact\":\"no\"}"),
            "CHECK", "already_used");
}

static void test_answers_are_judged(void **state)
{
    const struct world *world = *state;
    entered(world,
            ENTER("G1", "\"form\":{\"name\":\"" NAME "\",\"birth\":\"1993\",\"from\":\"05977\","
                        "\"symptoms\":\"sốt, ho\",\"contact\":false}"),
            "CHECK", "health_check");
    entered(world,
            ENTER("G1", "\"form\":{\"name\":\"" NAME "\",\"birth\":\"1993\",\"from\":\"05977\","
                        "\"symptoms\":false,\"contact\":true}"),
            "CHECK", "health_check");
    entered(world,
            ENTER("G1", "\"form\":{\"name\":\"" NAME "\",\"birth\":\"1993\",\"from\":\"05977\","
                        "\"symptoms\":false,\"contact\":false,\"test\":\"rapid\","
                        "\"test_result\":\"positive\"}"),
            "DENY", "test_positive");
    entered(world,
            ENTER("G1", "\"form\":{\"name\":\"" NAME "\",\"birth\":\"1993\",\"from\":\"05977\","
                        "\"symptoms\":false,\"contact\":false,\"party\":9}"),
            "WAIT", "zone_full");
}

static void test_what_lacks_is_named(void **state)
{
    const struct world *world = *state;
    refused(world, ENTER("G1", "\"form\":{}"), "field_missing",
            "symptoms; contact; from; document, or name and birth");
    refused(world,
            ENTER("G1", "\"form\":{\"name\":\"" NAME "\",\"from\":\"05977\","
                        "\"symptoms\":false,\"contact\":false}"),
            "field_missing", "document, or name and birth");
    refused(world, ENTER("G9", FORM), "not_found", "no such lane");
    refused(world, ENTER("G1", "\"form\":{\"birth\":\"ngày xưa\"}"), "field_invalid",
            "expected YYYY");
    refused(world, ENTER("G1", "\"check\":1," FORM), "wrong_state", "another code");
    refused(world, ENTER("G1", "\"code\":\"00000000000000000000000000000000\"," FORM),
            "wrong_state", "no longer on this lane's desk");
    refused(world, "{\"op\":\"desk\",\"lane\":\"G9\"}", "not_found", "no such lane");
    assert_true(world_until(world, "gates", "G1", "grant", "null"));
}

/** A declaration of somebody who coughs, with a document. */
static void scan_unwell(struct world *world, const char *lane)
{
    char code[WORLD_OUT];
    const char *const extra[] = {"--name",     NAME,    "--document", DOCUMENT,
                                 "--symptoms", "cough", NULL};
    world_code(world, code, extra);
    world_scan(world, lane, code);
    assert_true(world_until(world, "lanes", lane, "reason", "health_check"));
}

static void test_desk_names_whom_the_lane_scanned(void **state)
{
    struct world *world = *state;
    json_t *answer = accepted(world, "{\"op\":\"desk\",\"lane\":\"G1\"}");
    assert_true(json_is_null(json_object_get(answer, "desk")));
    json_decref(answer);
    scan_unwell(world, "G1");
    answer = accepted(world, "{\"op\":\"desk\",\"lane\":\"G1\"}");
    const json_t *desk = json_object_get(answer, "desk");
    assert_string_equal(text(desk, "name"), NAME);
    assert_string_equal(text(desk, "document"), DOCUMENT);
    assert_string_equal(text(desk, "format"), "declaration");
    assert_true(json_is_true(json_object_get(desk, "signed")));
    char request[512];
    /* Who it is comes from the code; how they are is asked by whoever enters it. */
    snprintf(request, sizeof request, ENTER("G1", "\"code\":\"%s\",\"form\":{}"),
             text(desk, "code"));
    refused(world, request, "field_missing", "symptoms; contact; from; got none");
    char check[128];
    world_member(world, "lanes", "G1", "check_sequence", check);
    snprintf(request, sizeof request,
             ENTER("G1", "\"code\":\"%s\",\"check\":%s,\"form\":{\"symptoms\":false,"
                         "\"contact\":false,\"from\":\"05977\"}"),
             text(desk, "code"), check);
    entered(world, request, "ADMIT", "ok");
    json_t *made = last_decision(world);
    assert_string_equal(text(made, "format"), "manual");
    assert_int_equal(json_integer_value(json_object_get(made, "resolves")), atoll(check));
    json_decref(made);
    json_decref(answer);
    /* Decided: the desk knows nobody. */
    answer = accepted(world, "{\"op\":\"desk\",\"lane\":\"G1\"}");
    assert_true(json_is_null(json_object_get(answer, "desk")));
    json_decref(answer);
    walk(world, 1);
    assert_true(world_until(world, "zones", "san", "inside", "1"));
    /* The same document, without the code. */
    entered(world, ENTER("G2", FORM), "CHECK", "already_used");
}

static void test_desk_forgets_at_the_next_scan(void **state)
{
    struct world *world = *state;
    scan_unwell(world, "G1");
    json_t *answer = accepted(world, "{\"op\":\"desk\",\"lane\":\"G1\"}");
    assert_string_equal(text(json_object_get(answer, "desk"), "name"), NAME);
    json_decref(answer);
    world_scan(world, "G1", "says nothing of anybody");
    assert_true(world_until(world, "lanes", "G1", "reason", "format_unknown"));
    answer = accepted(world, "{\"op\":\"desk\",\"lane\":\"G1\"}");
    assert_true(json_is_null(json_object_get(answer, "desk")));
    json_decref(answer);
    scan_unwell(world, "G2");
    json_decref(accepted(world, "{\"op\":\"resolve\",\"lane\":\"G2\",\"admit\":false,"
                                "\"who\":\"chị Lan\"}"));
    answer = accepted(world, "{\"op\":\"desk\",\"lane\":\"G2\"}");
    assert_true(json_is_null(json_object_get(answer, "desk")));
    json_decref(answer);
}

/** What screens are sent while it happens. */
static struct control_client *watch(const struct world *world)
{
    static const char request[] = "{\"op\":\"watch\"}";
    struct control_client *client = NULL;
    char why[256];
    const char *line = NULL;
    size_t length = 0;
    assert_int_equal(
        chl_control_connect(world_path(world, "control.sock"), &client, why, sizeof why), CHL_OK);
    assert_int_equal(chl_control_send(client, request, strlen(request), WORLD_WAIT_MS), CHL_OK);
    assert_int_equal(chl_control_read(client, &line, &length, WORLD_WAIT_MS), CHL_OK);
    return client;
}

/** Read events until that verdict; none of them may name anybody. */
static void names_nobody_until(struct control_client *client, const char *verdict)
{
    const char *line = NULL;
    size_t length = 0;
    bool seen = false;
    while (!seen) {
        assert_int_equal(chl_control_read(client, &line, &length, WORLD_WAIT_MS), CHL_OK);
        for (size_t s = 0; s < sizeof secrets / sizeof *secrets; s++) {
            assert_null(strstr(line, secrets[s]));
        }
        seen = strstr(line, verdict) != NULL;
    }
}

static void test_card_prefills_the_form(void **state)
{
    struct world *world = *state;
    char out[WORLD_OUT];
    struct control_client *screen = watch(world);
    world_scan(world, "G1", CARD);
    assert_true(world_until(world, "lanes", "G1", "reason", "declaration_missing"));
    json_t *carded = last_decision(world);
    json_t *answer = accepted(world, "{\"op\":\"desk\",\"lane\":\"G1\"}");
    const json_t *desk = json_object_get(answer, "desk");
    assert_string_equal(text(desk, "name"), NAME);
    assert_string_equal(text(desk, "birth"), "1993-02-03");
    assert_string_equal(text(desk, "sex"), "female");
    assert_string_equal(text(desk, "document"), DOCUMENT);
    assert_string_equal(text(desk, "format"), "cccd");
    assert_int_equal(json_array_size(json_object_get(desk, "documents")), 2);
    assert_true(json_is_false(json_object_get(desk, "signed")));
    char *missing = json_dumps(json_object_get(desk, "missing"), JSON_COMPACT);
    assert_non_null(strstr(missing, "\"symptoms\",\"contact\",\"origin\""));
    free(missing);
    char check[128];
    world_member(world, "lanes", "G1", "check_sequence", check);
    const char *const too_little[] = {
        "enter", "G1",      "--config",  world_path(world, "site.yaml"),
        "--who", "chị Lan", "--scanned", "--from",
        "05977", NULL};
    assert_int_equal(world_run(world, out, "chilang", too_little), 1);
    assert_non_null(strstr(out, "symptoms; contact"));
    const char *const whole[] = {"enter", "G1",         "--config",  world_path(world, "site.yaml"),
                                 "--who", "chị Lan",    "--scanned", "--from",
                                 "05977", "--symptoms", "no",        "--contact",
                                 "no",    "--json",     NULL};
    int code = world_run(world, out, "chilang", whole);
    if (code != 0) {
        fail_msg("%d: %s", code, out);
    }
    assert_non_null(strstr(out, "\"verdict\":\"ADMIT\""));
    json_t *made = last_decision(world);
    assert_string_equal(text(made, "format"), "manual");
    assert_string_equal(text(made, "who"), "chị Lan");
    assert_int_equal(json_integer_value(json_object_get(made, "resolves")), atoll(check));
    assert_true(json_array_size(json_object_get(made, "aliases")) == 2);
    assert_true(json_equal(json_object_get(made, "aliases"), json_object_get(carded, "aliases")));
    json_decref(made);
    json_decref(carded);
    json_decref(answer);
    walk(world, 1);
    assert_true(world_until(world, "zones", "san", "inside", "1"));
    world_scan(world, "G2", CARD);
    assert_true(world_until(world, "lanes", "G2", "reason", "already_used"));
    names_nobody_until(screen, "already_used");
    chl_control_close(screen);
    /* The old card's number is the same person's. */
    entered(world,
            ENTER("H1", "\"form\":{\"document\":\"012 345 678\",\"from\":\"05977\","
                        "\"symptoms\":\"no\",\"contact\":\"no\"}"),
            "CHECK", "already_used");
}

static void test_enter_says_what_it_expects(void **state)
{
    const struct world *world = *state;
    char out[WORLD_OUT];
    const char *const nobody[] = {"enter", "G1",      "--config",  world_path(world, "site.yaml"),
                                  "--who", "chị Lan", "--scanned", NULL};
    assert_int_equal(world_run(world, out, "chilang", nobody), 1);
    assert_non_null(strstr(out, "expected somebody just scanned"));
    const char *const anonymous[] = {"enter",  "G1",    "--config", world_path(world, "site.yaml"),
                                     "--from", "05977", NULL};
    assert_int_equal(world_run(world, out, "chilang", anonymous), 2);
    assert_non_null(strstr(out, "--who"));
    const char *const unwell[] = {
        "enter",      "G1",    "--config",  world_path(world, "site.yaml"),
        "--who",      "Lan",   "--name",    NAME,
        "--birth",    "1993",  "--from",    "05977",
        "--symptoms", "fever", "--contact", "no",
        NULL};
    assert_int_equal(world_run(world, out, "chilang", unwell), 1);
    assert_non_null(strstr(out, "CHECK: "));
    assert_non_null(strstr(out, "(Y1)"));
}

#define SITE(name) cmocka_unit_test_setup_teardown(name, open_site, close_site)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SITE(test_nobody_is_turned_away_for_having_no_code),
        SITE(test_answers_are_judged),
        SITE(test_what_lacks_is_named),
        SITE(test_desk_names_whom_the_lane_scanned),
        SITE(test_desk_forgets_at_the_next_scan),
        SITE(test_card_prefills_the_form),
        SITE(test_enter_says_what_it_expects),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
