/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The crowd's view of the real daemon, see screen.h and docs/control.md.
 */
#include "sim/screen.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/time.h"

enum { RETRY_MS = 25, PATH_SIZE = 512 };

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text != NULL ? text : "";
}

static chl_verdict verdict_by_name(const char *name)
{
    static const char *const names[] = {"", "ADMIT", "WAIT", "CHECK", "DENY"};
    for (int i = CHL_ADMIT; i <= CHL_DENY; i++) {
        if (strcmp(names[i], name) == 0) {
            return (chl_verdict)i;
        }
    }
    return CHL_VERDICT_NONE;
}

static void watch_line(struct lines *lines, const char *text, size_t length)
{
    struct screen *screen = lines->user;
    json_t *json = json_loadb(text, length, 0, NULL);
    if (json == NULL) {
        return;
    }
    if (json_is_true(json_object_get(json, "ok"))) {
        crowd_on_screen(screen->crowd, true, chl_mono_ns());
    } else if (strcmp(text_of(json, "event"), "verdict") == 0) {
        struct crowd_verdict verdict = {
            .verdict = verdict_by_name(text_of(json, "verdict")),
            .reason = text_of(json, "reason"),
            .code = text_of(json, "code"),
            .text = text_of(json, "en"),
            .journaled = json_integer_value(json_object_get(json, "sequence")) > 0,
        };
        crowd_on_verdict(screen->crowd, text_of(json, "lane"), &verdict, chl_mono_ns());
    }
    json_decref(json);
}

static void watch_up(struct lines *lines)
{
    lines_sendf(lines, "{\"op\":\"watch\",\"id\":\"screen\"}");
}

static void watch_down(struct lines *lines, bool was_up)
{
    struct screen *screen = lines->user;
    if (was_up) {
        crowd_on_screen(screen->crowd, false, chl_mono_ns());
    }
}

static void taps_line(struct lines *lines, const char *text, size_t length)
{
    (void)lines; /* the answer shows on the lane's screen */
    (void)text;
    (void)length;
}

static const struct lines_events watch_events = {
    .up = watch_up, .line = watch_line, .down = watch_down};
static const struct lines_events taps_events = {.line = taps_line};

static bool shown_path(const struct screen *screen, const struct crowd_lane *lane,
                       const struct crowd_person *person, uint32_t n, bool hidden, char *out)
{
    int length = hidden ? snprintf(out, PATH_SIZE, "%s/.%s-%s-%u.png", screen->scan_dir, lane->id,
                                   person->id, n)
                        : snprintf(out, PATH_SIZE, "%s/%s/%s-%u.png", screen->scan_dir, lane->id,
                                   person->id, n);
    return length > 0 && length < PATH_SIZE;
}

/** A link under another name, then a rename: the scanner never sees half a picture. */
static void show(void *user, const struct crowd_lane *lane, const struct crowd_person *person,
                 uint32_t n)
{
    struct screen *screen = user;
    char from[PATH_SIZE];
    char hidden[PATH_SIZE];
    char to[PATH_SIZE];
    int length = person->picture[0] == '/'
                     ? snprintf(from, sizeof from, "%s", person->picture)
                     : snprintf(from, sizeof from, "%s/%s", screen->picture_dir, person->picture);
    if (length < 0 || length >= PATH_SIZE || !shown_path(screen, lane, person, n, true, hidden) ||
        !shown_path(screen, lane, person, n, false, to) || link(from, hidden) != 0 ||
        rename(hidden, to) != 0) {
        screen->failed_shows++;
    }
}

static void hide(void *user, const struct crowd_lane *lane, const struct crowd_person *person,
                 uint32_t n)
{
    char path[PATH_SIZE];
    if (shown_path(user, lane, person, n, false, path)) {
        unlink(path); /* mostly the scanner has taken it already */
    }
}

static void resolve(void *user, const struct crowd_lane *lane, bool admit)
{
    struct screen *screen = user;
    lines_sendf(&screen->taps,
                "{\"op\":\"resolve\",\"lane\":\"%s\",\"admit\":%s,\"who\":\"steward-%s\","
                "\"why\":\"%s\"}",
                lane->id, admit ? "true" : "false", lane->id,
                admit ? "papers compared with the person" : "sent to the help desk");
}

chl_err screen_start(struct screen *screen, uv_loop_t *loop, const char *socket_path)
{
    screen->crowd->io =
        (struct crowd_io){.user = screen, .show = show, .hide = hide, .resolve = resolve};
    chl_err rc = lines_connect(&screen->taps, loop, socket_path, RETRY_MS, &taps_events, screen);
    if (rc == CHL_OK) {
        rc = lines_connect(&screen->watch, loop, socket_path, RETRY_MS, &watch_events, screen);
    }
    return rc;
}

void screen_stop(struct screen *screen)
{
    lines_close(&screen->watch);
    lines_close(&screen->taps);
}
