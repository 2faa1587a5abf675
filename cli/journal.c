/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief `chilang journal`: proves, describes and shows a site's journal from its file alone, also
 *         while the daemon writes it.
 */
#include "cli/cli.h"

#include "lib/base/text.h"
#include "lib/base/time.h"
#include "lib/journal/journal.h"

#include <argp.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CURSORS_SHOWN = 256 };

struct arguments {
    const char *verb, *path;
    uint64_t from, count;
    bool from_given;
};

static const struct argp_option options[] = {
    {"from", 'f', "N", 0, "show: begin with record N (default: the first one kept)", 0},
    {"count", 'n', "N", 0, "show: at most N records (default: all)", 0},
    {0}};

static const char doc[] =
    "Look into the journal of a site.\v"
    "verify  prove the hash chain from the first kept record to the last; name the first bad one\n"
    "info    site, epoch, range, subscribers\n"
    "show    the records, one a line: sequence, time, topic, body\n\n"
    "Exit status: 0 whole, 1 a record is bad, 2 wrong usage or a file that cannot be read.";

static bool number(const char *text, uint64_t *out)
{
    char *end = NULL;
    errno = 0;
    unsigned long long value = strtoull(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0 || value == 0) {
        return false;
    }
    *out = value;
    return true;
}

/* NOLINTBEGIN(concurrency-mt-unsafe): argp ends the program itself; there is one thread */
static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct arguments *arguments = state->input;
    switch (key) {
    case 'f':
        arguments->from_given = true;
        if (!number(argument, &arguments->from)) {
            argp_error(state, "--from: expected a sequence from 1 on, came '%s'", argument);
        }
        return 0;
    case 'n':
        if (!number(argument, &arguments->count)) {
            argp_error(state, "--count: expected a number from 1 on, came '%s'", argument);
        }
        return 0;
    case ARGP_KEY_ARG:
        if (arguments->verb == NULL) {
            arguments->verb = argument;
        } else if (arguments->path == NULL) {
            arguments->path = argument;
        } else {
            argp_error(state, "expected one journal, came also '%s'", argument);
        }
        return 0;
    case ARGP_KEY_END:
        if (arguments->path == NULL) {
            argp_error(state, "expected verify, info or show, and the journal's path");
        }
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* NOLINTEND(concurrency-mt-unsafe) */

static const char *when(int64_t wall_ns, char text[CHL_RFC3339_SIZE])
{
    chl_time_format(wall_ns, text);
    return text;
}

static void print_end(const struct chl_journal_head *head)
{
    char uuid[CHL_UUID_TEXT_SIZE];
    char hash[2 * CHL_WIRE_HASH + 1];
    char time[CHL_RFC3339_SIZE];
    chl_uuid_text(head->epoch, uuid);
    chl_hex(head->hash, sizeof head->hash, hash);
    printf("epoch    %s\n", uuid);
    if (head->last < head->first) {
        printf("records  none\n");
    } else {
        printf("records  %" PRIu64 " to %" PRIu64 "\n", head->first, head->last);
        printf("written  %s\n", when(head->last_wall_ns, time));
    }
    printf("hash     %s\n", hash);
}

static int verify(const struct arguments *arguments)
{
    struct chl_journal_report report;
    chl_err error = chl_journal_verify(arguments->path, &report);
    if (error == CHL_OK) {
        print_end(&report.head);
        printf("whole    %" PRIu64 " records, every link holds\n", report.records);
        return CLI_OK;
    }
    if (error == CHL_E_CORRUPT && report.bad_sequence > 0) {
        print_end(&report.head);
        printf("bad      record %" PRIu64 ": %s\n", report.bad_sequence, report.reason);
        return CLI_FAILED;
    }
    fprintf(stderr, "chilang journal: %s\n", report.reason);
    return error == CHL_E_CORRUPT ? CLI_FAILED : CLI_USAGE;
}

static int fail(const char *path, chl_err error, const char *reason)
{
    fprintf(stderr, "chilang journal: %s: %s: %s\n", path, chl_strerror(error), reason);
    return error == CHL_E_CORRUPT ? CLI_FAILED : CLI_USAGE;
}

/* What stands in a file may be anything; a terminal gets no control characters from it. */
static void print_text(const uint8_t *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        putchar(text[i] < 0x20 || text[i] == 0x7f ? '?' : text[i]);
    }
}

static int info(const struct arguments *arguments, struct chl_journal_reader *reader)
{
    struct chl_journal_head head;
    struct chl_cursor cursors[CURSORS_SHOWN];
    size_t count = CURSORS_SHOWN;
    chl_err error = chl_journal_reader_head(reader, &head);
    if (error == CHL_OK) {
        error = chl_journal_list_cursors(reader, cursors, &count);
    }
    if (error != CHL_OK) {
        return fail(arguments->path, error, chl_journal_reader_error(reader));
    }
    printf("site     %s\n", chl_journal_reader_site(reader));
    print_end(&head);
    for (size_t i = 0; i < count && i < CURSORS_SHOWN; i++) {
        printf("cursor   %s/%s has %" PRIu64 ", %" PRIu64 " behind\n", cursors[i].owner,
               cursors[i].name, cursors[i].acknowledged,
               head.last > cursors[i].acknowledged ? head.last - cursors[i].acknowledged : 0);
    }
    return CLI_OK;
}

struct shown {
    uint64_t next, left;
};

static chl_err show_one(void *user, const struct chl_record *record)
{
    struct shown *shown = user;
    struct chl_wire_header header;
    char time[CHL_RFC3339_SIZE] = "?";
    if (chl_wire_decode(record->header, CHL_WIRE_HEADER, &header) == CHL_OK) {
        chl_time_format(header.wall_ns, time);
    }
    printf("%" PRIu64 " %s ", record->sequence, time);
    print_text((const uint8_t *)record->topic, record->topic_length);
    putchar(' ');
    print_text(record->body, record->body_length);
    putchar('\n');
    shown->next = record->sequence + 1;
    shown->left--;
    return CHL_OK;
}

static int show(const struct arguments *arguments, struct chl_journal_reader *reader)
{
    struct chl_journal_head head;
    struct shown shown = {.next = arguments->from, .left = arguments->count};
    chl_err error = chl_journal_reader_head(reader, &head);
    if (error == CHL_OK && !arguments->from_given) {
        shown.next = head.first;
    }
    uint64_t before = 0;
    while (error == CHL_OK && shown.left > 0 && before != shown.next) {
        before = shown.next;
        error = chl_journal_read(reader, shown.next, shown.left < 1024 ? shown.left : 1024,
                                 show_one, &shown);
    }
    if (error == CHL_E_NOTFOUND) {
        fprintf(stderr,
                "chilang journal: record %" PRIu64 " was trimmed, the first kept is %" PRIu64 "\n",
                shown.next, head.first);
        return CLI_USAGE;
    }
    return error == CHL_OK ? CLI_OK
                           : fail(arguments->path, error, chl_journal_reader_error(reader));
}

static int with_reader(const struct arguments *arguments,
                       int (*act)(const struct arguments *arguments,
                                  struct chl_journal_reader *reader))
{
    struct chl_journal_reader *reader = NULL;
    char why[300];
    chl_err error = chl_journal_reader_open(arguments->path, &reader, why, sizeof why);
    if (error != CHL_OK) {
        fprintf(stderr, "chilang journal: %s\n", why);
        return error == CHL_E_CORRUPT ? CLI_FAILED : CLI_USAGE;
    }
    int result = act(arguments, reader);
    chl_journal_reader_close(reader);
    return result;
}

int cli_journal(int argc, char **argv)
{
    static const struct argp argp = {
        .options = options, .parser = parse, .args_doc = "verify|info|show PATH", .doc = doc};
    struct arguments arguments = {.count = UINT64_MAX};
    argp_err_exit_status = CLI_USAGE;
    /* NOLINTNEXTLINE(concurrency-mt-unsafe): as above */
    if (argp_parse(&argp, argc, argv, 0, NULL, &arguments) != 0) {
        return CLI_USAGE;
    }
    if (strcmp(arguments.verb, "verify") == 0) {
        return verify(&arguments);
    }
    if (strcmp(arguments.verb, "info") == 0) {
        return with_reader(&arguments, info);
    }
    if (strcmp(arguments.verb, "show") == 0) {
        return with_reader(&arguments, show);
    }
    fprintf(stderr, "chilang journal: expected verify, info or show, came '%s'\n", arguments.verb);
    return CLI_USAGE;
}
