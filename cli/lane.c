/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief `chilang lane`: what one lane shows, and the taps of who stands there.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/declare.h"
#include "cli/entry.h"
#include "cli/lane_link.h"
#include "cli/lane_term.h"
#include "cli/lane_view.h"
#include "cli/plain.h"
#include "lib/base/text.h"
#include "lib/base/time.h"
#include "lib/text/lang.h"

enum { KEY_WHO = 'w', KEY_LANG = 'l', TURN_MS = 500, ASK_EVERY_MS = 2000, MESSAGE_COLUMNS = 160 };

struct lane {
    struct door door;
    const char *name, *who;
    struct lane_link link;
    struct lane_view view;
    json_t *event, *desk, *zones;
    int64_t asked_ns; /* the desk, monotonic */
    bool unknown_lane;
    bool left; /* the last form was left: "recorded" now would speak of an act before it */
};

static const struct argp_option rows[] = {
    {"who", KEY_WHO, "NAME", 0, "who stands at the lane (asked when it is not given)", 0},
    {"lang", KEY_LANG, "vi|en", 0, "language (default: that of the environment)", 0},
    {0},
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct lane *lane = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &lane->door;
        return 0;
    case KEY_WHO:
        lane->who = argument;
        return 0;
    case KEY_LANG:
        if (!lang_parse(argument, &lane->view.english)) {
            argp_error(state, "--lang: expected vi or en, got `%s`", argument);
        }
        return 0;
    case ARGP_KEY_ARG:
        if (lane->name != NULL) {
            argp_error(state, "expected one lane, got `%s` as well", argument);
        }
        lane->name = argument;
        return 0;
    case ARGP_KEY_END:
        if (lane->name == NULL) {
            argp_error(state, "expected a lane; `chilang status` lists them");
        }
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static int64_t wall_ms(void)
{
    return chl_wall_ns() / CHL_NS_PER_MS;
}

static void message(struct lane *lane, const char *text)
{
    plain_copy(lane->view.message, sizeof lane->view.message, text, MESSAGE_COLUMNS);
}

static const char *say(const struct lane *lane, const char *vi, const char *en)
{
    return lane->view.english ? en : vi;
}

static bool send_op(struct lane *lane, control_op op, const char *id)
{
    struct control_request request = {.op = op};
    (void)chl_copy(request.lane, sizeof request.lane, lane->name);
    (void)chl_copy(request.id, sizeof request.id, id);
    return lane_link_send(&lane->link, &request);
}

static void keep(json_t **slot, const json_t *value)
{
    json_decref(*slot);
    *slot = json_deep_copy(value);
}

/** Everything that came before is not known to hold any more. */
static void forget(struct lane *lane)
{
    json_decref(lane->event);
    json_decref(lane->desk);
    lane->event = lane->desk = NULL;
    lane->view.check = 0;
}

static void take_verdict(struct lane *lane, const json_t *event)
{
    if (strcmp(entry_text(event, "lane"), lane->name) != 0) {
        return;
    }
    keep(&lane->event, event);
    lane->view.event_ms = wall_ms();
    lane->view.check = (uint64_t)json_integer_value(json_object_get(event, "check"));
    lane->view.message[0] = '\0';
    (void)send_op(lane, CONTROL_DESK, "desk");
}

static void take_zone(struct lane *lane, json_t *event)
{
    size_t index = 0;
    json_t *zone = NULL;
    json_array_foreach(lane->zones, index, zone)
    {
        if (strcmp(entry_text(zone, "id"), entry_text(event, "id")) == 0) {
            (void)json_object_update_existing(zone, event);
        }
    }
}

/** The state when the screen begins: which CHECK stands, how full it is. */
static void take_status(struct lane *lane, const json_t *status)
{
    size_t index = 0;
    const json_t *entry = NULL;
    bool found = false;
    keep(&lane->zones, json_object_get(status, "zones"));
    (void)chl_copy(lane->view.site, sizeof lane->view.site, entry_text(status, "name"));
    json_array_foreach(json_object_get(status, "lanes"), index, entry)
    {
        if (strcmp(entry_text(entry, "id"), lane->name) == 0) {
            found = true;
            lane->view.check =
                (uint64_t)json_integer_value(json_object_get(entry, "check_sequence"));
        }
    }
    lane->unknown_lane = !found;
    lane->view.online = true; /* it answers: being connected says nothing of a daemon that hangs */
}

/** Why an act was refused, as the staff say it; what is rarer stays in the daemon's words. */
static const char *refusal(const struct lane *lane, const json_t *answer)
{
    static const char *const words[][2] = {
        {"entry_needed", "Mã này không cho biết là ai: bấm n để nhập tay."},
        {"wrong_state", "Làn này đã có mã khác hoặc đã quyết định xong; xem lại màn hình."},
        {"field_missing", "Còn thiếu câu trả lời; bấm n nhập lại."},
        {"field_invalid", "Có câu trả lời chưa đúng; bấm n nhập lại."},
        {"journal_full", "Máy chưa ghi được, chưa có gì được ghi; báo kỹ thuật ngay."},
        {"denied", "Không được phép; báo trưởng ca."}};
    const char *error = entry_text(answer, "error");
    for (size_t i = 0; !lane->view.english && i < sizeof words / sizeof *words; i++) {
        if (strcmp(words[i][0], error) == 0) {
            return words[i][1];
        }
    }
    return entry_text(answer, "text");
}

static void take_answer(struct lane *lane, const json_t *answer)
{
    const char *id = entry_text(answer, "id");
    bool good = json_is_true(json_object_get(answer, "ok"));
    if (strcmp(id, "status") == 0 && good) {
        take_status(lane, json_object_get(answer, "status"));
    } else if (strcmp(id, "desk") == 0) {
        keep(&lane->desk, good ? json_object_get(answer, "desk") : NULL);
    } else if (strcmp(id, "act") == 0 && !(good && lane->left)) {
        message(lane, good ? say(lane, "Đã ghi.", "Recorded.") : refusal(lane, answer));
    }
}

static void take_lines(struct lane *lane)
{
    json_t *object = NULL;
    while ((object = lane_link_take(&lane->link)) != NULL) {
        const char *event = entry_text(object, "event");
        if (strcmp(event, "verdict") == 0) {
            take_verdict(lane, object);
        } else if (strcmp(event, "zone") == 0) {
            take_zone(lane, object);
        } else if (event[0] == '\0') {
            take_answer(lane, object);
        }
        json_decref(object);
    }
}

/** Keep the connection, or show that there is none. */
static void keep_link(struct lane *lane)
{
    char why[512] = "";
    bool was = lane->view.online;
    if (lane->link.client == NULL && was) {
        lane->view.online = false;
        lane->view.lost_ms = wall_ms() - (chl_mono_ns() - lane->link.heard_ns) / CHL_NS_PER_MS;
        forget(lane);
    }
    if (lane->link.client == NULL && lane_link_open(&lane->link, why, sizeof why)) {
        (void)send_op(lane, CONTROL_STATUS, "status");
        message(lane, "");
    } else if (why[0] != '\0') {
        message(lane, why);
    }
    int64_t now_ns = chl_mono_ns();
    if (lane->view.online && now_ns - lane->asked_ns > ASK_EVERY_MS * CHL_NS_PER_MS) {
        lane->asked_ns = now_ns; /* also shows that the daemon still answers */
        (void)send_op(lane, CONTROL_DESK, "desk");
    }
}

static void tap(struct lane *lane, bool admit)
{
    struct control_request request = {
        .op = CONTROL_RESOLVE, .admit = admit, .check = lane->view.check, .id = "act"};
    if (lane->view.check == 0) {
        message(lane, say(lane, "Không có gì chờ quyết định ở làn này.",
                          "Nothing at this lane awaits a decision."));
        return;
    }
    (void)chl_copy(request.lane, sizeof request.lane, lane->name);
    (void)chl_copy(request.who, sizeof request.who, lane->view.who);
    lane->left = false;
    (void)lane_link_send(&lane->link, &request);
}

/** Ask in whole lines on the ordinary screen, then send. */
static void enter(struct lane *lane)
{
    char why[256] = "";
    struct control_request request = {.id = "act"};
    struct entry entry = {.english = lane->view.english, .desk = lane->desk, .form = json_object()};
    bool here = lane->event != NULL &&
                strcmp(entry_text(lane->desk, "code"), entry_text(lane->event, "code")) == 0;
    FILE *in = term_lines();
    entry.desk = here ? lane->desk : NULL;
    term_pause();
    chl_err result = in != NULL ? entry_ask(in, stdout, &entry) : CHL_E_NOMEM;
    lane->link.unanswered = false; /* nobody listened while it was asked */
    if (term_was_interrupted() || result != CHL_OK) {
        message(lane, say(lane, "Đã bỏ, chưa gửi gì.", "Left; nothing was sent."));
        lane->left = true;
    } else if (entry_request(&entry, &request, why, sizeof why) != CHL_OK) {
        message(lane, why);
    } else {
        (void)chl_copy(request.lane, sizeof request.lane, lane->name);
        (void)chl_copy(request.who, sizeof request.who, lane->view.who);
        request.check = entry.scanned ? lane->view.check : 0;
        lane->left = false;
        (void)lane_link_send(&lane->link, &request);
    }
    term_resume();
    if (in != NULL) {
        (void)fclose(in);
    }
    explicit_bzero(&request, sizeof request);
    json_decref(entry.form);
}

static bool take_key(struct lane *lane)
{
    char key = 0;
    ssize_t got = read(STDIN_FILENO, &key, 1);
    if (got <= 0) {
        return false; /* the terminal has gone */
    }
    switch (key) {
    case 'd':
    case 'D':
        tap(lane, true);
        return true;
    case 't':
    case 'T':
        tap(lane, false);
        return true;
    case 'n':
    case 'N':
        if (lane->view.online) {
            enter(lane);
        }
        return true;
    case 'q':
    case 'Q':
        return false;
    default:
        return true;
    }
}

/** The whole frame in one write, so that nothing flickers. */
static void draw(struct lane *lane)
{
    size_t rows_now = 0, columns = 0, length = 0;
    char *frame = NULL;
    FILE *out = open_memstream(&frame, &length);
    if (out == NULL) {
        return;
    }
    lane->view.now_ms = wall_ms();
    lane->view.event = lane->event;
    lane->view.desk = lane->desk;
    lane->view.zones = lane->zones;
    term_size(&rows_now, &columns);
    lane_draw(out, &lane->view, rows_now, columns);
    if (fclose(out) == 0) {
        (void)fwrite(frame, 1, length, stdout);
        (void)fflush(stdout);
    }
    if (frame != NULL) {
        explicit_bzero(frame, length);
    }
    free(frame);
}

static int follow(struct lane *lane)
{
    bool going = true;
    while (going && !term_is_ending() && !lane->unknown_lane) {
        keep_link(lane);
        take_lines(lane);
        draw(lane);
        struct pollfd fds[2] = {{.fd = STDIN_FILENO, .events = POLLIN}, {.fd = -1}};
        if (lane->link.client != NULL) {
            fds[1] = (struct pollfd){.fd = chl_control_fd(lane->link.client), .events = POLLIN};
        }
        if (term_wait(fds, 2, TURN_MS) < 0) {
            break;
        }
        if ((fds[0].revents & (POLLIN | POLLHUP | POLLERR)) != 0) {
            going = take_key(lane);
        }
    }
    return lane->unknown_lane ? CLI_FAILED : CLI_OK;
}

static bool find_who(struct lane *lane)
{
    char *who = lane->view.who;
    bool whole = true;
    if (lane->who != NULL) {
        whole = chl_copy(who, sizeof lane->view.who, lane->who);
    } else if (isatty(STDIN_FILENO)) {
        (void)fputs(say(lane, "Tên người trực làn: ", "Name of who stands at the lane: "), stdout);
        (void)fflush(stdout);
        whole = fgets(who, (int)sizeof lane->view.who, stdin) != NULL;
        who[strcspn(who, "\r\n")] = '\0';
    }
    return whole && who[0] != '\0';
}

int cli_lane(int argc, char **argv)
{
    static const struct argp_child children[] = {{&door_argp, 0, NULL, 0}, {0}};
    static const struct argp argp = {
        .options = rows,
        .parser = parse,
        .args_doc = "LANE",
        .doc = "Show a lane's verdicts on the whole terminal, and take the taps of who stands "
               "there: d checked, t refuse, n enter by hand, q quit. NO_COLOR is obeyed.",
        .children = children};
    struct lane lane = {.view = {.english = lang_is_english()}};
    const char *no_colour = getenv("NO_COLOR"); /* NOLINT(concurrency-mt-unsafe): one thread */
    argp_err_exit_status = CLI_USAGE;
    if (argp_parse(&argp, argc, argv, 0, NULL, &lane) != 0) {
        return CLI_USAGE;
    }
    lane.view.colour = no_colour == NULL || no_colour[0] == '\0';
    if (!chl_copy(lane.view.lane, sizeof lane.view.lane, lane.name)) {
        (void)fprintf(stderr, "%s: expected the name of a lane, got `%.60s`\n", argv[0], lane.name);
        return CLI_USAGE;
    }
    int code = door_find(&lane.door, argv[0], lane.link.path, sizeof lane.link.path);
    if (code != CLI_OK) {
        return code;
    }
    if (!find_who(&lane)) {
        (void)fprintf(stderr, "%s: expected --who NAME of at most %d bytes\n", argv[0],
                      CHL_CONTROL_WHO_MAX - 1);
        return CLI_USAGE;
    }
    if (!term_take()) {
        (void)fprintf(stderr,
                      "%s: expected a terminal, got something else; `chilang status` prints the "
                      "state\n",
                      argv[0]);
        return CLI_USAGE;
    }
    code = follow(&lane);
    term_give();
    if (lane.unknown_lane) {
        (void)fprintf(stderr,
                      "%s: expected a lane of this site, got `%s`; `chilang status` lists "
                      "them\n",
                      argv[0], lane.name);
    }
    lane_link_close(&lane.link);
    forget(&lane);
    json_decref(lane.zones);
    declare_areas_free();
    return code;
}
