/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Where a site's control socket is, for the daemon and the tools alike.
 */
#include "lib/control/control.h"

#include <stdio.h>
#include <string.h>

/** `control.sock` in the folder of the journal, NULL when no journal is named. */
static const char *beside_journal(struct chl_yaml *site)
{
    struct chl_yaml_node journal = chl_yaml_get(site, chl_yaml_root(site), "journal");
    const char *text = chl_yaml_text(site, chl_yaml_get(site, journal, "path"));
    const char *path = text == NULL ? NULL : chl_yaml_path(site, text);
    const char *slash = path == NULL ? NULL : strrchr(path, '/');
    if (slash == NULL) {
        return NULL;
    }
    char beside[CHL_CONTROL_PATH_MAX + 64];
    int written = snprintf(beside, sizeof beside, "%.*s/control.sock", (int)(slash - path), path);
    if (written < 0 || (size_t)written >= sizeof beside) {
        return path; /* refused below as too long */
    }
    return chl_yaml_keep(site, beside);
}

chl_err chl_control_find(struct chl_yaml *site, const char **path, struct chl_yaml_error *error)
{
    struct chl_yaml_node root = chl_yaml_root(site);
    struct chl_yaml_node node = chl_yaml_get(site, root, "control");
    const char *text = chl_yaml_text(site, node);
    if (node.index != 0 && (text == NULL || text[0] == '\0')) {
        return chl_yaml_refuse(site, node, error,
                               "expected the path of a socket for 'control', got %s; write it or "
                               "take the line out",
                               text == NULL ? chl_yaml_kind_name(site, node) : "an empty text");
    }
    const char *found = text == NULL ? beside_journal(site) : chl_yaml_path(site, text);
    if (found == NULL) {
        return chl_yaml_refuse(site, root, error,
                               "expected 'control: PATH' or a journal to put the socket beside, "
                               "got neither; add one");
    }
    if (strlen(found) > CHL_CONTROL_PATH_MAX) {
        return chl_yaml_refuse(site, node.index != 0 ? node : root, error,
                               "expected a socket path of at most %d bytes, got %zu; write a "
                               "shorter 'control: PATH'",
                               CHL_CONTROL_PATH_MAX, strlen(found));
    }
    *path = found;
    return CHL_OK;
}
