/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief `chilang firmware list`: the device profiles that lie in the data folder.
 */
#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/firmware.h"
#include "cli/firmware_words.h"
#include "cli/plain.h"
#include "lib/base/locate.h"

enum { ID_COLUMNS = 23, RELEASE_COLUMNS = 9, WATCHDOG_COLUMNS = 13, TEXT = 512 };

static int is_profile(const struct dirent *entry)
{
    const size_t length = strlen(entry->d_name);
    static const char ending[] = ".yaml";
    return length > sizeof ending - 1 && entry->d_name[0] != '.' &&
           strcmp(entry->d_name + length - (sizeof ending - 1), ending) == 0;
}

static void cell(const char *text, int columns)
{
    char shown[TEXT];
    plain_copy(shown, sizeof shown, text, (size_t)columns - 1);
    (void)printf("%s%*s", shown, columns - (int)plain_columns(shown), "");
}

static void print_profile(const struct firmware_options *o, const struct chl_profile *p)
{
    char alone[32];
    char line[TEXT];
    char none[32];
    chl_profile_alone_text(p, alone);
    firmware_say(none, sizeof none, o->english, WORD_NO_WATCHDOG, NULL, NULL, NULL);
    cell(p->id, ID_COLUMNS);
    cell(chl_release_name(p->release), RELEASE_COLUMNS);
    cell(p->watchdog ? "poll-timeout" : none, WATCHDOG_COLUMNS);
    (void)puts(alone);
    (void)snprintf(line, sizeof line, "%s, %s", p->vendor, p->name);
    firmware_wrap(stdout, 2, line);
}

int firmware_list(const struct firmware_options *o)
{
    char data[PATH_MAX];
    char folder[PATH_MAX + 32];
    struct dirent **entries = NULL;
    int code = CLI_OK;
    if (chl_locate_data(data, sizeof data) != CHL_OK) {
        (void)fprintf(stderr, "%s: cannot find the folder of shared data\n", o->program);
        return CLI_FAILED;
    }
    (void)snprintf(folder, sizeof folder, "%s/firmware-config", data);
    const int count = scandir(folder, &entries, is_profile, alphasort);
    if (count < 0) {
        (void)fprintf(stderr, "%s: %s: expected a folder of profiles, got none\n", o->program,
                      folder);
        return CLI_FAILED;
    }
    cell(o->english ? "Profile" : "Hồ sơ", ID_COLUMNS);
    cell(o->english ? "Release" : "Mở bằng", RELEASE_COLUMNS);
    cell(o->english ? "Watchdog" : "Canh chừng", WATCHDOG_COLUMNS);
    (void)puts(o->english ? "Does alone when the link is lost" : "Tự làm khi mất liên lạc");
    for (int i = 0; i < count; i++) {
        char path[2 * PATH_MAX];
        struct chl_profile *profile = NULL;
        struct chl_yaml_error error = {.line = 0};
        (void)snprintf(path, sizeof path, "%s/%s", folder, entries[i]->d_name);
        if (chl_profile_load(path, &profile, &error) == CHL_OK) {
            print_profile(o, profile);
        } else {
            (void)fprintf(stderr, "%s: %s\n", o->program, error.text);
            code = CLI_FAILED;
        }
        chl_profile_free(profile);
        free(entries[i]);
    }
    free(entries);
    return code;
}
