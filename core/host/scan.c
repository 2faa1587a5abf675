/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief A scan on its way to the loop: inspected in the scanner's thread, stripped of the person.
 */
#include <stdlib.h>
#include <string.h>

#include "core/host/desk.h"
#include "core/host/internal.h"
#include "lib/base/text.h"
#include "lib/base/time.h"

/* Each thread that inspects has one scratch, made on first use and freed with the thread. */
static pthread_key_t scratch_key;
static pthread_once_t scratch_once = PTHREAD_ONCE_INIT;
static bool scratch_works;

static void make_scratch_key(void)
{
    scratch_works = pthread_key_create(&scratch_key, free) == 0;
}

static chl_err borrow_scratch(struct chl_scratch *out)
{
    (void)pthread_once(&scratch_once, make_scratch_key);
    if (!scratch_works) {
        return CHL_E_NOMEM;
    }
    void *base = pthread_getspecific(scratch_key);
    if (base == NULL) {
        base = malloc(CHL_SCRATCH_MIN);
        if (base == NULL || pthread_setspecific(scratch_key, base) != 0) {
            free(base);
            return CHL_E_NOMEM;
        }
    }
    *out = (struct chl_scratch){
        .size = (uint32_t)sizeof *out, .base = base, .capacity = CHL_SCRATCH_MIN};
    return CHL_OK;
}

/* Personal data passed through it; the next code must not find it there. */
static void clean_scratch(const struct chl_scratch *scratch)
{
    size_t used = scratch->used < scratch->capacity ? scratch->used : scratch->capacity;
    explicit_bzero(scratch->base, used);
}

static chl_err inspect(struct chl_ctx *ctx, const uint8_t *bytes, size_t length,
                       struct chl_inspection *out)
{
    struct chl_scratch scratch;
    struct chl_inspect_note note;
    chl_err error = borrow_scratch(&scratch);
    if (error != CHL_OK) {
        return error;
    }
    chl_credentials_inspect(ctx->host->credentials, &scratch, bytes, length, chl_wall_ns(), out,
                            &note);
    clean_scratch(&scratch);
    if (note.faulted) {
        services_log(ctx, CHL_LOG_ERROR, "event=inspect result=plugin-error by=%s", note.by);
    } else if (note.late) {
        services_log(ctx, CHL_LOG_WARNING, "event=inspect result=late by=%s took_us=%lld", note.by,
                     (long long)(note.elapsed_ns / 1000));
    }
    return CHL_OK;
}

chl_err scan_inspect(struct chl_ctx *ctx, const uint8_t *bytes, size_t length,
                     struct chl_inspection *out)
{
    if (out == NULL || out->size < INSPECTION_SIZE_1_0 || bytes == NULL) {
        return CHL_E_INVAL;
    }
    if (length > CHL_CODE_MAX) {
        return CHL_E_LIMIT;
    }
    struct chl_inspection whole;
    chl_err error = inspect(ctx, bytes, length, &whole);
    if (error == CHL_OK) {
        size_t size = out->size < sizeof whole ? out->size : sizeof whole;
        memcpy(out, &whole, size);
        out->size = (uint32_t)size;
    }
    explicit_bzero(&whole, sizeof whole);
    return error;
}

/* Only what decides, and names nobody. */
static void keep_claims(struct host_scan *to, const struct chl_claims *claims)
{
    to->party = claims->party > 0 ? claims->party : 1;
    to->symptoms = claims->symptoms;
    to->symptomatic = claims->symptomatic;
    to->contact = claims->contact;
    to->test_kind = claims->test_kind;
    to->test_result = claims->test_result;
    to->test_sampled_at = claims->test_sampled_at;
    to->doses = claims->doses;
    to->doses_of = claims->doses_of;
    to->recovered = claims->recovered;
    to->recovered_from = claims->recovered_from;
    to->recovered_until = claims->recovered_until;
    to->certificate_kind = claims->certificate_kind;
    to->issued_at = claims->issued_at;
    to->not_before = claims->not_before;
    to->expires_at = claims->expires_at;
    to->trusted_at = claims->trusted_at;
    (void)chl_copy(to->from_area, sizeof to->from_area, claims->from_area);
    (void)chl_copy(to->to_area, sizeof to->to_area, claims->to_area);
}

static void refuse(struct host_scan *to, const char *reason)
{
    to->outcome = CHL_REFUSED;
    to->format = CHL_FORMAT_UNKNOWN;
    to->stage = CHL_STAGE_PICTURE;
    to->unreadable = true;
    to->is_signed = false;
    to->party = 1;
    (void)chl_copy(to->reason, sizeof to->reason, reason);
}

/* The scanner knows by itself that this is not what the code says: that is no fault of the code's,
 * and the lane's text must not say so. */
static void refuse_as(struct host_scan *to, const char *refusal)
{
    refuse(to, "");
    to->stage = CHL_STAGE_PREFIX;
    to->unreadable = false;
    (void)chl_copy_n(to->reason, sizeof to->reason, refusal,
                     strnlen(refusal, sizeof to->reason - 1));
}

chl_err scan_strip(struct host *host, const struct chl_inspection *found, const uint8_t *bytes,
                   size_t length, struct host_scan *to)
{
    to->outcome = found->outcome;
    to->format = found->format;
    to->stage = found->stage;
    to->is_signed = found->is_signed;
    to->unreadable = found->outcome == CHL_REFUSED && found->stage == CHL_STAGE_PICTURE;
    (void)chl_copy(to->reason, sizeof to->reason, found->reason);
    keep_claims(to, &found->claims);
    host_identify(host, &found->claims, found->is_signed || found->outcome == CHL_CLAIMED,
                  &to->identity);
    return pseudonym_make(&host->key, found, bytes, length, to->pseudonym);
}

static void fill(struct chl_ctx *ctx, const struct chl_scan *scan, struct host_scan *to)
{
    if (CHL_HAS(scan, refusal)) {
        refuse_as(to, scan->refusal);
        return;
    }
    if (scan->unreadable || scan->bytes == NULL || scan->length > CHL_CODE_MAX) {
        refuse(to, "picture_unreadable");
        return;
    }
    struct chl_inspection found;
    if (inspect(ctx, scan->bytes, scan->length, &found) != CHL_OK) {
        refuse(to, "plugin-error");
        return;
    }
    if (scan_strip(ctx->host, &found, scan->bytes, scan->length, to) == CHL_OK) {
        desk_put(ctx->host->desk, scan->lane.index, &found, to->pseudonym);
    } else {
        refuse(to, "plugin-error"); /* without a pseudonym reuse could not be seen */
    }
    explicit_bzero(&found, sizeof found);
}

chl_err scan_post(struct chl_ctx *ctx, const struct chl_scan *scan)
{
    const struct host_sink *sink = &ctx->host->options.sink;
    if (scan == NULL || scan->size < SCAN_SIZE_1_0 ||
        scan->lane.index >= ctx->host->config->lane_count) {
        services_log(ctx, CHL_LOG_ERROR, "event=scan result=refused expected=lane<%zu got=%u",
                     ctx->host->config->lane_count, scan != NULL ? scan->lane.index : 0U);
        return CHL_E_INVAL;
    }
    int64_t now_ns = chl_mono_ns();
    bool plausible = scan->captured_ns > 0 && scan->captured_ns <= now_ns;
    struct host_scan to = {.lane = scan->lane,
                           .instance = ctx->index,
                           .captured_ns = plausible ? scan->captured_ns : now_ns};
    desk_put(ctx->host->desk, scan->lane.index, NULL, NULL); /* whoever it was before */
    fill(ctx, scan, &to);
    to.inspected_ns = chl_mono_ns();
    return sink->scan(sink->user, &to);
}
