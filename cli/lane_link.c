/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Connecting, sending, receiving for the lane's screen.
 */
#include "cli/lane_link.h"

#include <string.h>

#include "lib/base/time.h"

#define RETRY_NS    CHL_NS_PER_S
#define PATIENCE_NS (5 * CHL_NS_PER_S)

enum { SEND_MS = 2000 };

bool lane_link_open(struct lane_link *link, char *why, size_t why_size)
{
    int64_t now_ns = chl_mono_ns();
    struct control_request watch = {.op = CONTROL_WATCH};
    if (link->client != NULL) {
        return true;
    }
    if (link->tried_ns != 0 && now_ns - link->tried_ns < RETRY_NS) {
        return false;
    }
    link->tried_ns = now_ns;
    link->unanswered = false;
    return chl_control_connect(link->path, &link->client, why, why_size) == CHL_OK &&
           lane_link_send(link, &watch);
}

void lane_link_close(struct lane_link *link)
{
    chl_control_close(link->client);
    link->client = NULL;
    link->unanswered = false;
}

bool lane_link_send(struct lane_link *link, const struct control_request *request)
{
    char line[2 * CHL_CONTROL_FORM_MAX];
    if (link->client == NULL) {
        return false;
    }
    chl_err result = chl_control_write(request, line, sizeof line);
    if (result == CHL_OK) {
        result = chl_control_send(link->client, line, strlen(line), SEND_MS);
    }
    explicit_bzero(line, sizeof line);
    if (result != CHL_OK && result != CHL_E_LIMIT) {
        lane_link_close(link);
    } else if (result == CHL_OK && !link->unanswered) {
        link->unanswered = true;
        link->asked_ns = chl_mono_ns();
    }
    return result == CHL_OK;
}

json_t *lane_link_take(struct lane_link *link)
{
    const char *line = NULL;
    size_t length = 0;
    if (link->client == NULL) {
        return NULL;
    }
    chl_err result = chl_control_read(link->client, &line, &length, 0);
    if (result == CHL_OK) {
        json_t *object = json_loadb(line, length, JSON_REJECT_DUPLICATES, NULL);
        link->heard_ns = chl_mono_ns();
        /* Events also come from a daemon's buffer; only an answer shows that it works. */
        link->unanswered = link->unanswered && json_object_get(object, "ok") == NULL;
        return object != NULL ? object : json_object();
    }
    bool silent = link->unanswered && chl_mono_ns() - link->asked_ns > PATIENCE_NS;
    if (result != CHL_E_TIMEOUT || silent) {
        lane_link_close(link);
    }
    return NULL;
}
