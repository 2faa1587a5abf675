/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The language from the environment or an option.
 */
#include "lib/text/lang.h"

#include <stdlib.h>
#include <string.h>

bool lang_is_english(void)
{
    static const char *const names[] = {"LC_ALL", "LC_MESSAGES", "LANG"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *value = getenv(names[i]); /* NOLINT(concurrency-mt-unsafe): one thread */
        if (value != NULL && value[0] != '\0') {
            return strncmp(value, "en", 2) == 0;
        }
    }
    return false;
}

bool lang_parse(const char *text, bool *english)
{
    *english = strcmp(text, "en") == 0;
    return *english || strcmp(text, "vi") == 0;
}
