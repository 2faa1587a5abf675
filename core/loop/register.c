/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The register of persons is state too: its hashed content is kept once, and a refused one
 * is told as a fault.
 */
#include "core/loop/internal.h"

#include "lib/base/log.h"
#include "lib/base/text.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

_Static_assert((int)HOST_ALIASES <= (int)ENGINE_ALIASES && (int)HOST_PSEUDONYM == (int)ENGINE_CODE,
               "what the host finds fits the engine");
_Static_assert((int)REGISTER_NONE == 0 && (int)REGISTER_POSSIBLE == 1 && (int)REGISTER_MATCH == 2,
               "the host's answers are the engine's");

/** What the host said once. */
struct told_register {
    struct told_register *next;
    bool refused;
    size_t length, count;
    char why[HOST_WHY_MAX];
    uint8_t content[];
};

void loop_take_identity(const struct host_identity *identity, struct engine_scan *scan)
{
    scan->register_hit = identity->register_hit;
    scan->aliases.count = identity->alias_count;
    memcpy(scan->aliases.keys, identity->aliases, sizeof identity->aliases);
}

void loop_sink_register(void *user, const struct host_register *told)
{
    struct loop *loop = user;
    struct told_register *kept = calloc(1, sizeof *kept + told->length);
    if (kept == NULL) {
        chl_log(CHL_LOG_ERROR, "loop", "event=loaded what=register text=out of memory");
        return;
    }
    kept->refused = told->why != NULL;
    kept->length = told->length;
    kept->count = told->count;
    chl_copy(kept->why, sizeof kept->why, told->why != NULL ? told->why : "");
    if (told->length > 0) {
        memcpy(kept->content, told->content, told->length);
    }
    pthread_mutex_lock(&loop->text_lock);
    struct told_register **last = &loop->registers;
    while (*last != NULL) {
        last = &(*last)->next;
    }
    *last = kept;
    pthread_mutex_unlock(&loop->text_lock);
    atomic_store(&loop->register_due, true);
    uv_async_send(&loop->wake);
}

static struct told_register *take_told(struct loop *loop)
{
    pthread_mutex_lock(&loop->text_lock);
    struct told_register *told = loop->registers;
    loop->registers = NULL;
    pthread_mutex_unlock(&loop->text_lock);
    return told;
}

static void record_health(struct loop *loop, bool ok, const char *text)
{
    struct engine_input input = {.kind = INPUT_PLUGIN};
    input.as.plugin.ok = ok;
    chl_copy(input.as.plugin.name, sizeof input.as.plugin.name, "register");
    chl_copy(input.as.plugin.text, sizeof input.as.plugin.text, text);
    loop_decide(loop, &input);
}

static void record_content(struct loop *loop, const struct told_register *told)
{
    uint8_t digest[32];
    struct engine_input input = {.kind = INPUT_LOADED};
    if (EVP_Digest(told->content, told->length, digest, NULL, EVP_sha256(), NULL) != 1) {
        return;
    }
    chl_err error = writer_put_content(loop->writer, digest, told->content, told->length);
    if (error != CHL_OK) {
        chl_log(CHL_LOG_WARNING, "loop", "event=loaded what=register content=%s",
                chl_strerror(error));
    }
    chl_copy(input.as.loaded.what, sizeof input.as.loaded.what, "register");
    chl_hex(digest, sizeof digest, input.as.loaded.digest);
    loop_decide(loop, &input);
}

static void record_told(struct loop *loop, const struct told_register *told)
{
    struct register_status *status = &loop->persons;
    if (told->refused) {
        status->refused = true;
        chl_copy(status->text, sizeof status->text, told->why);
        record_health(loop, false, told->why);
        return;
    }
    bool again = status->refused;
    *status = (struct register_status){.loaded = true, .count = told->count};
    record_content(loop, told);
    if (again) {
        record_health(loop, true, "read again");
    }
}

void loop_tell_register(struct loop *loop)
{
    if (!atomic_load(&loop->register_due) || loop_is_stuck(loop)) {
        return;
    }
    atomic_store(&loop->register_due, false);
    struct told_register *told = take_told(loop);
    while (told != NULL) {
        struct told_register *next = told->next;
        record_told(loop, told);
        free(told);
        told = next;
    }
}

void loop_drop_register(struct loop *loop)
{
    struct told_register *told = take_told(loop);
    while (told != NULL) {
        struct told_register *next = told->next;
        free(told);
        told = next;
    }
}
