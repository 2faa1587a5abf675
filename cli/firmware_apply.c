/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Applying: not under a running daemon, not without a yes, not without a record.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/firmware.h"
#include "cli/firmware_words.h"
#include "lib/base/text.h"
#include "lib/base/time.h"
#include "lib/control/control.h"
#include "lib/firmware/log.h"

bool firmware_daemon_runs(const struct firmware_options *o, const struct firmware_units *units)
{
    char why[FIRMWARE_WHY];
    struct control_client *client = NULL;
    if (units->config == NULL ||
        chl_control_connect(units->config->control_path, &client, why, sizeof why) != CHL_OK) {
        return false;
    }
    chl_control_close(client);
    firmware_tell(stderr, 0, o->english, WORD_DAEMON_RUNS, units->config->control_path, NULL, NULL);
    return true;
}

/** Yes or no; whatever is neither is no. Without a terminal nobody can be asked: --yes. */
static bool confirmed(const struct firmware_options *o, const struct firmware_unit *unit,
                      size_t count)
{
    static const char *const yes[] = {"c", "có", "y", "yes", NULL};
    char number[24];
    char question[FIRMWARE_WHY];
    char place[96];
    char answer[32] = "";
    if (o->yes) {
        return true;
    }
    if (isatty(STDIN_FILENO) == 0) {
        (void)fprintf(stderr, "%s: expected a terminal to ask, or --yes, got neither\n",
                      o->program);
        return false;
    }
    (void)snprintf(number, sizeof number, "%u", unit->unit);
    firmware_say(place, sizeof place, o->english, WORD_UNIT, number, NULL, NULL);
    (void)snprintf(number, sizeof number, "%zu", count);
    firmware_say(question, sizeof question, o->english, WORD_CONFIRM, number, place, NULL);
    (void)fputs(question, stdout);
    (void)fflush(stdout);
    if (fgets(answer, sizeof answer, stdin) == NULL) {
        return false;
    }
    answer[strcspn(answer, "\r\n")] = '\0';
    for (size_t i = 0; yes[i] != NULL; i++) {
        if (strcmp(answer, yes[i]) == 0) {
            return true;
        }
    }
    return false;
}

static void add_change(struct chl_firmware_entry *entry, const struct chl_firmware_item *item)
{
    static const char *const fates[] = {
        [CHL_FIRMWARE_KEPT] = "kept",         [CHL_FIRMWARE_LEFT] = "not-written",
        [CHL_FIRMWARE_VERIFIED] = "verified", [CHL_FIRMWARE_STORED] = "stored",
        [CHL_FIRMWARE_REFUSED] = "refused",   [CHL_FIRMWARE_CHANGED] = "differs",
        [CHL_FIRMWARE_UNSURE] = "unknown"};
    if (entry->change_count == CHL_FIRMWARE_CHANGES_MAX) {
        entry->left_out++;
        return;
    }
    struct chl_firmware_change *change = &entry->changes[entry->change_count++];
    (void)chl_copy(change->setting, sizeof change->setting, item->setting->name);
    change->row = item->setting->reg.rows > 1 ? item->row + 1 : 0;
    change->old = item->fate == CHL_FIRMWARE_KEPT ? item->value : item->old;
    change->value = item->wanted;
    (void)chl_copy(change->fate, sizeof change->fate, fates[item->fate]);
}

static void fill(struct chl_firmware_entry *entry, const struct firmware_options *o,
                 const struct firmware_unit *unit, const struct chl_firmware *run)
{
    static const char *const outcomes[] = {
        [CHL_FIRMWARE_RUNNING] = "unknown",       [CHL_FIRMWARE_READ_ALL] = "unknown",
        [CHL_FIRMWARE_NOBODY] = "unknown",        [CHL_FIRMWARE_APPLIED] = "applied",
        [CHL_FIRMWARE_RESTART] = "needs-restart", [CHL_FIRMWARE_STOPPED] = "stopped",
        [CHL_FIRMWARE_UNKNOWN] = "unknown"};
    const bool end = entry->end;
    uint16_t plan[CHL_FIRMWARE_ITEMS_MAX];
    size_t count = 0;
    const struct chl_firmware_item *items = chl_firmware_items(run, &count);
    *entry = (struct chl_firmware_entry){.end = end, .time_ns = chl_wall_ns(), .unit = unit->unit};
    (void)chl_copy(entry->who, sizeof entry->who, o->who);
    (void)chl_copy(entry->why, sizeof entry->why, o->why);
    for (size_t i = 0; i < unit->use_count && entry->gate[0] == '\0'; i++) {
        (void)chl_copy(entry->gate, sizeof entry->gate, unit->uses[i].gate);
    }
    (void)chl_copy(entry->bus, sizeof entry->bus, unit->line.address);
    (void)chl_copy(entry->profile, sizeof entry->profile, unit->profile->id);
    (void)chl_copy(entry->outcome, sizeof entry->outcome, outcomes[chl_firmware_result(run)->end]);
    const size_t planned = end ? 0 : chl_firmware_plan(run, plan);
    for (size_t i = 0; i < planned; i++) {
        add_change(entry, &items[plan[i]]);
    }
    const struct chl_firmware_item *item = NULL;
    for (size_t i = 1; end && (item = chl_firmware_turn(run, i)) != NULL; i++) {
        add_change(entry, item);
    }
}

static bool record(const struct firmware_options *o, const struct firmware_units *units,
                   const struct firmware_unit *unit, const struct chl_firmware *run, bool end)
{
    static struct chl_firmware_entry entry;
    char path[PATH_MAX + sizeof CHL_FIRMWARE_LOG + 1];
    char why[FIRMWARE_WHY];
    entry.end = end;
    fill(&entry, o, unit, run);
    (void)snprintf(path, sizeof path, "%s/%s", units->state, CHL_FIRMWARE_LOG);
    if (chl_firmware_log_add(path, &entry, why, sizeof why) == CHL_OK) {
        return true;
    }
    firmware_tell(stderr, 0, o->english, end ? WORD_RECORD_END : WORD_RECORD, why, NULL, NULL);
    return false;
}

int firmware_apply(const struct firmware_options *o, const struct firmware_units *units,
                   const struct firmware_unit *unit, struct firmware_link *link)
{
    struct chl_firmware *run = firmware_run(link);
    uint16_t plan[CHL_FIRMWARE_ITEMS_MAX];
    const size_t count = chl_firmware_plan(run, plan);
    /* What can be known before asking: then no question is put. */
    if (!chl_firmware_ready(run)) {
        firmware_print_why(o, unit, run);
        return CLI_FAILED;
    }
    if (count == 0) {
        return CLI_OK;
    }
    if (!confirmed(o, unit, count)) {
        firmware_tell(stdout, 2, o->english, WORD_NOT_CONFIRMED, NULL, NULL, NULL);
        return CLI_FAILED;
    }
    /* Somebody may have started it while the question stood there. */
    if (firmware_daemon_runs(o, units) || !record(o, units, unit, run, false)) {
        return CLI_FAILED;
    }
    chl_firmware_apply(run);
    firmware_drive(link);
    const bool recorded = record(o, units, unit, run, true);
    firmware_print_result(o, unit, run);
    const chl_firmware_end end = chl_firmware_result(run)->end;
    if (end == CHL_FIRMWARE_UNKNOWN) {
        return FIRMWARE_UNKNOWN;
    }
    return recorded && (end == CHL_FIRMWARE_APPLIED || end == CHL_FIRMWARE_RESTART) ? CLI_OK
                                                                                    : CLI_FAILED;
}
