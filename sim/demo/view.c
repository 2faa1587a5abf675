/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The live picture: turnstiles, screens, how full it is, and what the subscriber has.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "lib/base/time.h"
#include "sim/demo/festival.h"

enum {
    COLUMNS = 80,
    BAR = 44,
    QUEUE = 16,
    BEFORE_TEXT = 55 /* columns of a lane's line before what its screen says */
};

#define PLAIN_EVERY_NS (2 * CHL_NS_PER_S)

static const struct {
    const char *verdict, *colour;
} colours[] = {
    {"ADMIT", "\033[32m"}, {"WAIT", "\033[34m"}, {"CHECK", "\033[33m"}, {"DENY", "\033[31m"}};

static const char *colour(const struct festival *festival, const char *verdict)
{
    for (size_t i = 0; festival->colour && i < sizeof colours / sizeof colours[0]; i++) {
        if (strcmp(colours[i].verdict, verdict) == 0) {
            return colours[i].colour;
        }
    }
    return "";
}

static const char *plain(const struct festival *festival)
{
    return festival->colour ? "\033[0m" : "";
}

/** Lines of the picture that are drawn; the next one starts so many lines higher. */
static int drawn;

static void line(const char *format, ...) __attribute__((format(printf, 1, 2)));

static void line(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    /* NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized): started in the line above */
    vprintf(format, arguments);
    va_end(arguments);
    printf("\033[K\n");
    drawn++;
}

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text != NULL ? text : "";
}

/** `n` times a mark, at most `most`, padded with blanks to that width. */
static void marks(char *out, size_t size, const char *mark, int64_t n, int most)
{
    size_t used = 0;
    out[0] = '\0';
    for (int i = 0; i < most; i++) {
        const char *next = i < n ? mark : " ";
        used += (size_t)snprintf(out + used, size - used, "%s", next);
    }
}

static double seconds(const struct festival *festival)
{
    return festival->opened_ns == 0
               ? 0.0
               : (double)(chl_mono_ns() - festival->opened_ns) / (double)CHL_NS_PER_S;
}

static const char *phase_name(const struct festival *festival)
{
    static const char *const names[] = {"doors opening", "open",     "closing: way out only",
                                        "counting",      "stopping", "over"};
    return names[festival->phase];
}

static int columns_of(const char *text)
{
    int columns = 0;
    for (; *text != '\0'; text++) {
        columns += ((unsigned char)*text & 0xC0) != 0x80 ? 1 : 0;
    }
    return columns;
}

/** Bytes of the text's first `columns` characters. */
static int bytes_of(const char *text, int columns)
{
    int length = 0;
    while (text[length] != '\0') {
        columns -= ((unsigned char)text[length] & 0xC0) != 0x80 ? 1 : 0;
        if (columns < 0) {
            break;
        }
        length++;
    }
    return length;
}

/** Columns that are left for what a screen says. */
static int text_room(void)
{
    struct winsize window;
    int columns = ioctl(STDOUT_FILENO, TIOCGWINSZ, &window) == 0 && window.ws_col > 0
                      ? window.ws_col
                      : COLUMNS;
    return columns > BEFORE_TEXT + 1 ? columns - BEFORE_TEXT : 1;
}

static void draw_lane(const struct festival *festival, const json_t *lane)
{
    char queue[QUEUE * 4];
    const char *verdict = text_of(lane, "verdict");
    const char *text = text_of(lane, "text");
    int room = text_room();
    bool cut = columns_of(text) > room;
    int64_t waiting = festival_number(lane, "queue", NULL);
    bool entering = json_is_true(json_object_get(lane, "entering"));
    bool released = festival_number(lane, "released", NULL) > 0;
    marks(queue, sizeof queue, "●", waiting, QUEUE);
    line(" %-3s %s%s %4" PRId64 "  %s  %s  %s%-5s %.*s%s%s", text_of(lane, "id"), queue,
         waiting > QUEUE ? "…" : " ", waiting,
         entering   ? "→●→ passing "
         : released ? "→ → released"
                    : "─┤─ closed  ",
         json_is_true(json_object_get(lane, "exiting")) ? "←●←" : "   ", colour(festival, verdict),
         verdict, bytes_of(text, cut ? room - 1 : room), text, cut ? "…" : "", plain(festival));
}

static void draw_lanes(const struct festival *festival)
{
    const json_t *lanes = json_object_get(festival->scene, "lanes");
    for (int gate = 1; gate <= FESTIVAL_GATES; gate++) {
        const json_t *found = NULL;
        for (size_t i = 0; i < json_array_size(lanes); i++) {
            const json_t *lane = json_array_get(lanes, i);
            found = festival_number(lane, "unit", NULL) == gate ? lane : found;
        }
        if (found != NULL) {
            draw_lane(festival, found);
        } else {
            line(" G%d", gate);
        }
    }
}

static void draw_bar(const struct festival *festival, const json_t *zone)
{
    char full[(BAR + 1) * 4];
    int64_t limit = (int64_t)festival->options.limit;
    int64_t inside = festival_number(zone, "inside", NULL);
    const char *verdict = inside > limit ? "DENY" : inside == limit ? "WAIT" : "ADMIT";
    marks(full, sizeof full, "█", inside * BAR / limit, BAR);
    line(" inside %s%s%s│%4" PRId64 " of %" PRId64 "  %s", colour(festival, verdict), full,
         plain(festival), inside, limit, text_of(zone, "state"));
}

static void draw_verdicts(const struct festival *festival)
{
    const json_t *verdicts = json_object_get(festival->stats, "verdicts");
    printf(" ");
    for (size_t i = 0; i < sizeof colours / sizeof colours[0]; i++) {
        const char *name = colours[i].verdict;
        printf("%s%s %-5" PRId64 "%s ", colour(festival, name), name,
               festival_number(verdicts, name, NULL), plain(festival));
    }
    line(" scan→gate p50 %.1f p99 %.0f ms",
         (double)festival_number(festival->stats, "latency_us", "p50") / 1000.0,
         (double)festival_number(festival->stats, "latency_us", "p99") / 1000.0);
}

static void draw_counts(const struct festival *festival, const json_t *zone)
{
    line(" entered %-5" PRId64 "left %-5" PRId64 "really inside %-5" PRId64
         "told to wait %-5" PRId64 "to come %" PRId64,
         festival_number(zone, "entered", NULL), festival_number(zone, "left", NULL),
         festival_number(festival->scene, "inside", NULL),
         festival_number(festival->scene, "away", NULL),
         festival_number(festival->scene, "coming", NULL));
    draw_verdicts(festival);
    line(" records written %-7" PRId64 "received by the monitor %-7" PRIu64 "daemon killed %u",
         festival_number(festival->status, "head", NULL), festival->received, festival->kills);
}

static void draw(const struct festival *festival)
{
    const json_t *zone = json_array_get(json_object_get(festival->status, "zones"), 0);
    /* No wrapping: a line that is too long would shift all that is drawn after it. And from the
     * first column: the terminal may have echoed what was typed. */
    printf("\033[?7l\r");
    if (drawn > 0) {
        printf("\033[%dA", drawn);
    }
    drawn = 0;
    line("%s", "");
    line(" Hội Kỳ Cùng – Tả Phủ · %u declarations, %u people · 1 second = 1 minute",
         festival->declarations, festival->heads);
    line(" %5.1f s  %s", seconds(festival), phase_name(festival));
    line("%s", "");
    line(" gate queue                 entry         exit  screen");
    draw_lanes(festival);
    line("%s", "");
    draw_bar(festival, zone);
    line("%s", "");
    draw_counts(festival, zone);
    if (festival->options.stay) {
        line(" Ctrl-C closes the doors, counts and ends. Meanwhile look around:");
        line(" chilang status --control %s", festival->paths.control);
    } else {
        line("%s", "");
    }
    fflush(stdout);
}

static void tell(const struct festival *festival)
{
    const json_t *zone = json_array_get(json_object_get(festival->status, "zones"), 0);
    printf("%5.1f s  %-21.21s inside %3" PRId64 "/%u, in %4" PRId64 ", out %4" PRId64
           ", records %" PRId64 "/%" PRIu64 "\n",
           seconds(festival), phase_name(festival), festival_number(zone, "inside", NULL),
           festival->options.limit, festival_number(zone, "entered", NULL),
           festival_number(zone, "left", NULL), festival_number(festival->status, "head", NULL),
           festival->received);
    fflush(stdout);
}

void festival_view(struct festival *festival)
{
    static int64_t last_ns;
    if (festival->tty) {
        draw(festival);
        return;
    }
    int64_t now_ns = chl_mono_ns();
    if (last_ns == 0 || now_ns - last_ns >= PLAIN_EVERY_NS) {
        last_ns = now_ns;
        tell(festival);
    }
}

void festival_view_end(const struct festival *festival)
{
    if (festival->tty) {
        printf("\033[?7h\n");
    } else {
        tell(festival);
    }
    fflush(stdout);
}
