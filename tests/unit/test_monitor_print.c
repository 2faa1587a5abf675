/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief What a line of the monitor says first is seen on a narrow terminal; a pipe gets it all.
 */
#include "cli/monitor_print.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum { LEAD = 16 /* sequence and time */ };

static void print(FILE *out, unsigned event_class, const char *type, const char *data)
{
    char topic[64];
    char body[1024];
    const int topic_length =
        snprintf(topic, sizeof topic, "v1/lang-son/%s/%s/", chl_class_name(event_class), type);
    const int body_length = snprintf(body, sizeof body, "{\"data\":{%s}}", data);
    const struct chl_stream_received record = {
        .header = {.event_class = (uint8_t)event_class, .sequence = 12},
        .topic = topic,
        .topic_length = (size_t)topic_length,
        .body = (const uint8_t *)body,
        .body_length = (size_t)body_length};
    monitor_print_line(out, &record);
    assert_int_equal(fflush(out), 0);
}

static void expect(unsigned event_class, const char *type, const char *data, const char *line)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    print(out, event_class, type, data);
    (void)fclose(out);
    assert_true(size > LEAD);
    assert_string_equal(text + LEAD, line);
    free(text);
}

static const char decision[] =
    "\"lane\":\"G1\",\"gate\":\"G1\",\"zone\":\"khu-hoi\",\"verdict\":\"DENY\",\"reason\":"
    "\"signature-invalid\",\"refusal\":\"cose-signature\",\"format\":\"declaration\",\"code\":"
    "\"0123456789abcdef0123456789abcdef\",\"party\":4,\"places\":0,\"inside\":87,\"limit\":90";

static void test_the_point_comes_first(void **state)
{
    (void)state;
    expect(CHL_CLASS_FLOW, "decision", decision,
           " DENY signature-invalid lane=G1 places=0 refusal=cose-signature inside=87/90 "
           "format=declaration code=0123456789abcdef0123456789abcdef party=4\n");
    expect(CHL_CLASS_FLOW, "passage",
           "\"gate\":\"G2\",\"direction\":\"entry\",\"kind\":\"granted\",\"n\":1,\"grant\":7",
           " flow/passage G2 entry granted n=1 grant=7\n");
    expect(CHL_CLASS_LIMIT, "state",
           "\"zone\":\"san-den\",\"state\":\"FULL\",\"before\":\"APPROACHING\",\"inside\":90,"
           "\"reserved\":0,\"limit\":90",
           " limit/state san-den FULL inside=90/90 before=APPROACHING reserved=0\n");
    expect(CHL_CLASS_GATE, "state", "\"why\":\"silent\",\"gate\":\"G1\",\"state\":\"down\"",
           " gate/state G1 down why=silent\n");
    expect(CHL_CLASS_ALARM, "raised", "\"n\":2,\"gate\":\"G1\",\"alarm\":\"tailgate\"",
           " alarm/raised tailgate G1 n=2\n");
    expect(CHL_CLASS_AUDIT, "unknown-to-us", "\"b\":true,\"a\":\"x\\u001by\"",
           " audit/unknown-to-us b=yes a=x?y\n");
}

/** A terminal as wide as told. @return the slave; `*master` reads what it shows. */
static FILE *terminal(unsigned short columns, int *master)
{
    const struct winsize size = {.ws_row = 24, .ws_col = columns};
    *master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    assert_true(*master >= 0);
    assert_int_equal(grantpt(*master), 0);
    assert_int_equal(unlockpt(*master), 0);
    char name[64];
    assert_int_equal(ptsname_r(*master, name, sizeof name), 0);
    const int slave = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
    assert_true(slave >= 0);
    assert_int_equal(ioctl(slave, TIOCSWINSZ, &size), 0);
    FILE *out = fdopen(slave, "w");
    assert_non_null(out);
    return out;
}

/** Columns that the decision takes on a terminal. */
static size_t shown_on(unsigned short columns, char text[512])
{
    int master = -1;
    FILE *out = terminal(columns, &master);
    print(out, CHL_CLASS_FLOW, "decision", decision);
    const ssize_t length = read(master, text, 511);
    assert_true(length > 0);
    text[length] = '\0';
    text[strcspn(text, "\r\n")] = '\0';
    (void)fclose(out);
    (void)close(master);
    return strlen(text);
}

static void test_a_terminal_cuts_at_its_width(void **state)
{
    (void)state;
    char text[512];
    assert_int_equal(shown_on(80, text), 80);
    assert_non_null(strstr(text, " DENY signature-invalid lane=G1 places=0 "));
    assert_int_equal(shown_on(50, text), 50);
    assert_non_null(strstr(text, " DENY signature-invalid lane=G1"));
    assert_true(shown_on(250, text) > 120);
    assert_int_equal(setenv("COLUMNS", "61", 1), 0);
    assert_int_equal(shown_on(0, text), 61); /* it does not know how wide it is */
    assert_int_equal(unsetenv("COLUMNS"), 0);
    assert_int_equal(shown_on(0, text), 80);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_point_comes_first),
        cmocka_unit_test(test_a_terminal_cuts_at_its_width),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
