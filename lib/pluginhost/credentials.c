/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The chain of credential plugins, with members that can be swapped under its readers.
 */
#include "lib/pluginhost/credentials.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/text.h"
#include "lib/base/time.h"
#include "lib/sniff/sniff.h"

/* One set of members. `users` counts the inspections that run on it; guarded by the chain's lock.
 */
struct member_set {
    size_t users, count;
    struct chl_credential members[];
};

struct chl_credentials {
    pthread_mutex_t lock;
    pthread_cond_t unused; /* a set's last user left */
    struct member_set *current;
};

static struct member_set *set_new(const struct chl_credential *members, size_t count)
{
    struct member_set *set = calloc(1, sizeof *set + count * sizeof *members);
    if (set != NULL && count > 0) {
        memcpy(set->members, members, count * sizeof *members);
        set->count = count;
    }
    return set;
}

chl_err chl_credentials_new(struct chl_credentials **out)
{
    struct chl_credentials *chain = calloc(1, sizeof *chain);
    struct member_set *empty = set_new(NULL, 0);
    if (chain == NULL || empty == NULL) {
        free(chain);
        free(empty);
        return CHL_E_NOMEM;
    }
    (void)pthread_mutex_init(&chain->lock, NULL);
    (void)pthread_cond_init(&chain->unused, NULL);
    chain->current = empty;
    *out = chain;
    return CHL_OK;
}

void chl_credentials_free(struct chl_credentials *chain)
{
    if (chain == NULL) {
        return;
    }
    free(chain->current);
    (void)pthread_cond_destroy(&chain->unused);
    (void)pthread_mutex_destroy(&chain->lock);
    free(chain);
}

chl_err chl_credentials_set(struct chl_credentials *chain, const struct chl_credential *members,
                            size_t count)
{
    if (count > CHL_CREDENTIALS_MAX) {
        return CHL_E_LIMIT;
    }
    for (size_t i = 0; i < count; i++) {
        if (members[i].plugin == NULL || members[i].plugin->kind != CHL_KIND_CREDENTIAL ||
            !CHL_HAS(members[i].plugin->ops, inspect)) {
            return CHL_E_INVAL;
        }
    }
    struct member_set *set = set_new(members, count);
    if (set == NULL) {
        return CHL_E_NOMEM;
    }
    (void)pthread_mutex_lock(&chain->lock);
    struct member_set *former = chain->current;
    chain->current = set;
    while (former->users > 0) {
        (void)pthread_cond_wait(&chain->unused, &chain->lock);
    }
    (void)pthread_mutex_unlock(&chain->lock);
    free(former);
    return CHL_OK;
}

static struct member_set *enter(struct chl_credentials *chain)
{
    (void)pthread_mutex_lock(&chain->lock);
    struct member_set *set = chain->current;
    set->users++;
    (void)pthread_mutex_unlock(&chain->lock);
    return set;
}

static void leave(struct chl_credentials *chain, struct member_set *set)
{
    (void)pthread_mutex_lock(&chain->lock);
    set->users--;
    if (set->users == 0 && set != chain->current) {
        (void)pthread_cond_broadcast(&chain->unused);
    }
    (void)pthread_mutex_unlock(&chain->lock);
}

static void reset(struct chl_inspection *out)
{
    memset(out, 0, sizeof *out);
    out->size = (uint32_t)sizeof *out;
    out->claims.size = (uint32_t)sizeof out->claims;
}

static void answer(struct chl_inspection *out, chl_outcome outcome, chl_stage stage,
                   const char *reason)
{
    reset(out);
    out->outcome = (uint8_t)outcome;
    out->format = CHL_FORMAT_UNKNOWN;
    out->stage = (uint8_t)stage;
    (void)chl_copy(out->reason, sizeof out->reason, reason);
}

#define END_TEXT(field) (field)[sizeof(field) - 1] = '\0'

static void end_texts(struct chl_inspection *out)
{
    struct chl_claims *claims = &out->claims;
    END_TEXT(out->reason);
    END_TEXT(claims->issuer);
    END_TEXT(claims->id);
    END_TEXT(claims->name);
    END_TEXT(claims->name_ascii);
    END_TEXT(claims->birth);
    END_TEXT(claims->document);
    END_TEXT(claims->phone);
    END_TEXT(claims->nationality);
    END_TEXT(claims->from_area);
    END_TEXT(claims->to_area);
    END_TEXT(claims->vehicle);
    END_TEXT(claims->seat);
    END_TEXT(claims->dose_product);
    END_TEXT(claims->dose_date);
    END_TEXT(claims->address);
    for (size_t i = 0; i < CHL_CLAIM_DOCUMENTS_MAX; i++) {
        END_TEXT(claims->documents[i].number);
    }
    for (size_t i = 0; i < CHL_CLAIM_COMPANIONS_MAX; i++) {
        END_TEXT(claims->companions[i].name);
        END_TEXT(claims->companions[i].birth);
        END_TEXT(claims->companions[i].document.number);
    }
}

/* Nothing that a plugin wrote may make the engine believe more than was proven. */
static bool is_sound(const struct chl_inspection *out)
{
    if (out->outcome == CHL_NOT_MINE) {
        return true;
    }
    if (out->outcome > CHL_REFUSED || out->format == CHL_FORMAT_UNKNOWN ||
        out->format >= CHL_FORMAT_COUNT || out->stage >= CHL_STAGE_COUNT ||
        out->claims.document_count > CHL_CLAIM_DOCUMENTS_MAX ||
        out->claims.companion_count > CHL_CLAIM_COMPANIONS_MAX) {
        return false;
    }
    return (out->outcome == CHL_CLAIMED) == (out->stage == CHL_STAGE_DONE);
}

/* True when the member answered. One that fails is passed over: others may still know the code. */
static bool ask(const struct chl_credential *member, struct chl_scratch *scratch,
                const uint8_t *bytes, size_t length, int64_t now_ns, struct chl_inspection *out,
                const char **faulted)
{
    reset(out);
    scratch->used = 0;
    chl_err error =
        member->plugin->ops->inspect(member->instance, scratch, bytes, length, now_ns, out);
    if (error != CHL_OK || !is_sound(out)) {
        *faulted = member->name;
        return false;
    }
    out->size = (uint32_t)sizeof *out;
    end_texts(out);
    return out->outcome != CHL_NOT_MINE;
}

/* No member knew it. Staff learn at least what they were shown: a format that is not read here is
 * not the same as one that nobody has heard of, and a place's code is not the visitor's. */
static void answer_by_sniffing(struct chl_inspection *out, const uint8_t *bytes, size_t length)
{
    chl_format format = chl_sniff(bytes, length);
    if (format == CHL_FORMAT_UNKNOWN) {
        answer(out, CHL_NOT_MINE, CHL_STAGE_PREFIX, "format_unknown");
        return;
    }
    answer(out, CHL_REFUSED, CHL_STAGE_PREFIX,
           format == CHL_FORMAT_PLACE ? "place_code" : "format_unsupported");
    out->format = (uint8_t)format;
}

void chl_credentials_inspect(struct chl_credentials *chain, struct chl_scratch *scratch,
                             const uint8_t *bytes, size_t length, int64_t now_ns,
                             struct chl_inspection *out, struct chl_inspect_note *note)
{
    int64_t began_ns = chl_mono_ns();
    const char *faulted = NULL, *by = NULL;
    struct member_set *set = enter(chain);
    chl_code_trim(&bytes, &length);
    for (size_t i = 0; i < set->count && by == NULL; i++) {
        if (ask(&set->members[i], scratch, bytes, length, now_ns, out, &faulted)) {
            by = set->members[i].name;
        }
    }
    if (by == NULL && faulted != NULL) {
        answer(out, CHL_REFUSED, CHL_STAGE_PICTURE, "plugin-error");
    } else if (by == NULL) {
        answer_by_sniffing(out, bytes, length);
    }
    if (note != NULL) {
        const char *named = faulted != NULL ? faulted : by;
        note->elapsed_ns = chl_mono_ns() - began_ns;
        note->late = note->elapsed_ns > CHL_INSPECT_DEADLINE_NS;
        note->faulted = faulted != NULL;
        (void)chl_copy(note->by, sizeof note->by, named != NULL ? named : "");
    }
    leave(chain, set);
}
