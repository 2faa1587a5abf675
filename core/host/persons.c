/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief What is known of a person beside the code itself: the pseudonyms of their numbers, and
 * whether the register of persons holds them.
 */
#include <stdio.h>
#include <string.h>

#include "core/host/internal.h"
#include "lib/base/log.h"

_Static_assert((int)HOST_ALIASES >= (int)CHL_CLAIM_DOCUMENTS_MAX &&
                   (int)HOST_ALIASES <= (int)IDENTITY_NUMBERS_MAX &&
                   (int)HOST_PSEUDONYM == (int)PSEUDONYM_SIZE,
               "every number of a code becomes an alias");

static chl_err read_register(struct host *host, struct person_register **out, char *why,
                             size_t why_size)
{
    *out = NULL;
    const char *path = host->config->register_path;
    return path == NULL ? CHL_OK : register_open(&host->key, path, out, why, why_size);
}

/* Before it is in use, so that what was loaded is recorded before what was decided with it. */
static void tell(struct host *host, const struct person_register *persons, const char *why)
{
    const struct host_sink *sink = &host->options.sink;
    struct host_register told = {.why = why};
    if (persons != NULL) {
        told.count = register_count(persons);
        told.content = register_content(persons, &told.length);
    }
    if (sink->person_register != NULL) {
        sink->person_register(sink->user, &told);
    }
}

chl_err persons_load(struct host *host, char *why, size_t why_size)
{
    chl_err error = read_register(host, &host->persons, why, why_size);
    if (error == CHL_OK && host->persons != NULL) {
        tell(host, host->persons, NULL);
    }
    return error;
}

chl_err persons_check(const struct host *host, char *why, size_t why_size)
{
    static const struct pseudonym_key no_key;
    struct person_register *persons = NULL;
    const char *path = host->config->register_path;
    chl_err error = path == NULL ? CHL_OK : register_open(&no_key, path, &persons, why, why_size);
    register_free(persons);
    return error;
}

void persons_reload(struct host *host)
{
    char why[HOST_WHY_MAX] = "";
    struct person_register *fresh = NULL;
    if (host->config->register_path == NULL) {
        return;
    }
    if (read_register(host, &fresh, why, sizeof why) != CHL_OK) {
        chl_log(CHL_LOG_ERROR, "host", "event=reload what=register result=refused text=\"%s\"",
                why);
        tell(host, NULL, why);
        return;
    }
    tell(host, fresh, NULL);
    chl_log(CHL_LOG_INFO, "host", "event=reload what=register result=ok rows=%zu",
            register_count(fresh));
    (void)pthread_rwlock_wrlock(&host->persons_lock);
    struct person_register *former = host->persons;
    host->persons = fresh;
    (void)pthread_rwlock_unlock(&host->persons_lock);
    register_free(former);
}

/* Numbers as the plugin gives them; from the printed one only when it gives none. */
static void read_numbers(const struct host *host, const struct chl_claims *claims,
                         struct identity *who)
{
    for (size_t i = 0; i < claims->document_count; i++) {
        const struct chl_document *document = &claims->documents[i];
        (void)identity_add_number(who, &host->key, document->kind, document->number);
    }
    if (claims->document_count == 0) {
        (void)identity_add_number(who, &host->key, CHL_DOCUMENT_OTHER, claims->document);
    }
}

static register_answer look_up_companions(struct host *host, const struct chl_claims *claims)
{
    register_answer found = REGISTER_SAYS_NOTHING;
    for (size_t i = 0; i < claims->companion_count; i++) {
        const struct chl_companion *companion = &claims->companions[i];
        struct identity who = {0};
        (void)identity_add_number(&who, &host->key, companion->document.kind,
                                  companion->document.number);
        (void)identity_set_name(&who, &host->key, companion->name, companion->birth);
        register_answer answer = register_look(host->persons, &who);
        found = answer > found ? answer : found;
    }
    return found;
}

/* Whoever of a party is found, the party is asked. */
static register_answer look_up(struct host *host, const struct chl_claims *claims,
                               struct identity *who)
{
    register_answer found = REGISTER_SAYS_NOTHING;
    (void)pthread_rwlock_rdlock(&host->persons_lock);
    if (host->persons != NULL && register_count(host->persons) > 0) {
        const char *name = claims->name[0] != '\0' ? claims->name : claims->name_ascii;
        (void)identity_set_name(who, &host->key, name, claims->birth);
        found = register_look(host->persons, who);
        if (found != REGISTER_SAYS_MATCH) {
            register_answer others = look_up_companions(host, claims);
            found = others > found ? others : found;
        }
    }
    (void)pthread_rwlock_unlock(&host->persons_lock);
    return found;
}

void host_identify(struct host *host, const struct chl_claims *claims, bool believed,
                   struct host_identity *out)
{
    struct identity who = {0};
    memset(out, 0, sizeof *out);
    read_numbers(host, claims, &who);
    out->register_hit = (uint8_t)look_up(host, claims, &who);
    for (size_t i = 0; believed && i < who.number_count; i++) {
        memcpy(out->aliases[out->alias_count++], who.numbers[i].key, HOST_PSEUDONYM);
    }
}
