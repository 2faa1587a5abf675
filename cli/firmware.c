/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief `chilang firmware`: the settings that gate controllers keep.
 */
#include "cli/firmware.h"

#include <stdio.h>

#include "cli/cli.h"

/** What is done once a unit was read. */
static int act_on(const struct firmware_options *options, const struct firmware_units *units,
                  const struct firmware_unit *unit, struct firmware_link *link)
{
    struct chl_firmware *run = firmware_run(link);
    if (chl_firmware_result(run)->end != CHL_FIRMWARE_READ_ALL) {
        firmware_print_why(options, unit, run);
        return FIRMWARE_UNKNOWN;
    }
    if (options->act == FIRMWARE_SHOW) {
        firmware_print_items(options, run);
        return CLI_OK;
    }
    const size_t differ = firmware_print_differences(options, unit, run);
    if (options->act == FIRMWARE_APPLY) {
        return firmware_apply(options, units, unit, link);
    }
    if (options->act == FIRMWARE_PLAN && !chl_firmware_ready(run)) {
        firmware_print_why(options, unit, run);
    }
    return options->act == FIRMWARE_VERIFY && differ > 0 ? CLI_FAILED : CLI_OK;
}

static int on_unit(const struct firmware_options *options, const struct firmware_units *units,
                   const struct firmware_unit *unit)
{
    struct firmware_link *link = NULL;
    firmware_print_head(options, unit);
    int code = firmware_open(options, unit, &link);
    if (code == CLI_OK) {
        chl_firmware_read(firmware_run(link));
        firmware_drive(link);
        code = act_on(options, units, unit, link);
    }
    firmware_close(link);
    return code;
}

int cli_firmware(int argc, char **argv)
{
    struct firmware_options options;
    struct firmware_units units;
    firmware_parse(argc, argv, &options);
    if (options.act == FIRMWARE_LIST) {
        return firmware_list(&options);
    }
    int worst = firmware_find(&options, &units);
    if (worst == CLI_OK && options.act == FIRMWARE_APPLY &&
        firmware_daemon_runs(&options, &units)) {
        worst = CLI_FAILED;
    }
    const bool found = worst == CLI_OK;
    for (size_t i = 0; found && i < units.count; i++) {
        if (i > 0) {
            (void)fputc('\n', stdout);
        }
        const int code = on_unit(&options, &units, &units.units[i]);
        worst = code > worst ? code : worst;
        /* Nothing is changed at another unit while one is in doubt; looking goes on. */
        if (code != CLI_OK && options.act == FIRMWARE_APPLY) {
            break;
        }
    }
    firmware_units_free(&units);
    return fflush(stdout) == 0 ? worst : CLI_FAILED;
}
