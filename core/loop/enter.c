/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief What the staff enter at a lane: completed from the desk, then judged like a scan.
 */
#include "core/loop/internal.h"

#include "lib/base/text.h"
#include "lib/base/time.h"
#include "lib/document/document.h"

#include <stdio.h>
#include <string.h>

/* Who it is may come from the code just shown; how they are is asked. Bad news is kept all the
 * same. */
static void take_identity(struct chl_claims *to, const struct chl_claims *seen)
{
    struct chl_document number;
    to->party = seen->party > 0 ? seen->party : 1;
    to->sex = seen->sex;
    to->document_count = seen->document_count;
    to->companion_count = seen->companion_count;
    memcpy(to->name, seen->name, sizeof to->name);
    memcpy(to->name_ascii, seen->name_ascii, sizeof to->name_ascii);
    memcpy(to->birth, seen->birth, sizeof to->birth);
    memcpy(to->document, seen->document, sizeof to->document);
    memcpy(to->documents, seen->documents, sizeof to->documents);
    memcpy(to->companions, seen->companions, sizeof to->companions);
    memcpy(to->phone, seen->phone, sizeof to->phone);
    memcpy(to->nationality, seen->nationality, sizeof to->nationality);
    if (seen->test_result == CHL_RESULT_POSITIVE) {
        to->test_kind = seen->test_kind;
        to->test_result = seen->test_result;
        to->test_sampled_at = seen->test_sampled_at;
    }
    if (to->document_count == 0 && chl_document_read(to->document, &number)) {
        (void)chl_document_add(to, &number);
    }
    explicit_bzero(&number, sizeof number);
}

/** Begin the form with the person whose code the request names. False: refused. */
static bool begin_form(struct loop *loop, control_token token,
                       const struct control_request *request, uint16_t lane,
                       struct chl_declaration *form)
{
    uint8_t code[HOST_PSEUDONYM];
    struct host_desk seen;
    chl_declaration_init(form);
    if (request->code[0] == '\0') {
        return true;
    }
    chl_err error = host_desk_look(loop->host, lane, &seen);
    bool same = error == CHL_OK &&
                chl_unhex(request->code, strlen(request->code), code, sizeof code) == CHL_OK &&
                memcmp(code, seen.code, sizeof code) == 0;
    if (same) {
        take_identity(&form->claims, &seen.claims);
    } else {
        loop_refuse(loop, token, error == CHL_E_NOTSUP ? CHL_E_DENIED : CHL_E_STATE,
                    error == CHL_E_NOTSUP
                        ? "this site keeps no desk: enter who it is without \"code\""
                        : "that code is no longer on this lane's desk: scan it again, or enter who "
                          "it is without \"code\"");
    }
    explicit_bzero(&seen, sizeof seen);
    return same;
}

/** Refuse what cannot be judged, by the names of the fields that lack. */
static bool is_complete(struct loop *loop, control_token token, const struct chl_claims *claims)
{
    static const struct {
        uint16_t missing;
        const char *text;
    } asked[] = {{CHL_MISSING_SYMPTOMS, "symptoms"},
                 {CHL_MISSING_CONTACT, "contact"},
                 {CHL_MISSING_ORIGIN, "from"},
                 {CHL_MISSING_NAME | CHL_MISSING_BIRTH, "document, or name and birth"}};
    uint16_t missing = chl_control_missing(claims);
    char text[256] = "expected an answer for each of: ";
    const char *between = "";
    for (size_t i = 0; i < sizeof asked / sizeof *asked; i++) {
        if ((missing & asked[i].missing) != 0) {
            size_t length = strlen(text);
            (void)snprintf(text + length, sizeof text - length, "%s%s", between, asked[i].text);
            between = "; ";
        }
    }
    if (missing != 0) {
        size_t length = strlen(text);
        (void)snprintf(text + length, sizeof text - length, "; got none; ask the visitor");
        control_reply_error(loop->control, token, "field_missing", text);
    }
    return missing == 0;
}

/** Give it to the engine. @return the verdict, CHL_VERDICT_NONE when there is none. */
static chl_verdict judge(struct loop *loop, control_token token,
                         const struct control_request *request, uint16_t lane,
                         const struct chl_claims *claims)
{
    struct host_scan scan;
    if (host_enter(loop->host, lane, claims, &scan) != CHL_OK) {
        loop_refuse(loop, token, CHL_E_IO, "the entry could not be made anonymous; try again");
        return CHL_VERDICT_NONE;
    }
    struct engine_input input = {.kind = INPUT_OPERATOR, .token = token};
    struct engine_operator *act = &input.as.operator_act;
    act->kind = OPERATOR_ENTER;
    act->lane = lane;
    act->gate = act->zone = ENGINE_NONE;
    act->check = request->check;
    chl_copy(act->who, sizeof act->who, request->who);
    chl_copy(act->why, sizeof act->why, request->why);
    loop_scan(&scan, &act->entered);
    loop_decide(loop, &input);
    for (size_t i = 0; i < loop->out.record_count; i++) {
        if (loop->out.records[i].type == RECORD_DECISION) {
            return (chl_verdict)loop->out.records[i].as.DECISION.verdict;
        }
    }
    return CHL_VERDICT_NONE;
}

void loop_enter(struct loop *loop, control_token token, const struct control_request *request)
{
    uint16_t lane = site_lane(&loop->site, request->lane);
    struct chl_declaration form;
    struct control_refusal why;
    if (lane == ENGINE_NONE) {
        loop_refuse(loop, token, CHL_E_NOTFOUND, "no such lane: `chilang status` lists them");
        return;
    }
    bool good = begin_form(loop, token, request, lane, &form);
    if (good && chl_control_form(request->form, &form, &why) != CHL_OK) {
        control_reply_error(loop->control, token, why.error, why.text);
        good = false;
    }
    if (good && is_complete(loop, token, &form.claims)) {
        form.claims.issued_at = loop_now_ns(loop) / CHL_NS_PER_S; /* said now */
        chl_verdict verdict = judge(loop, token, request, lane, &form.claims);
        uint8_t code[HOST_PSEUDONYM];
        bool over = verdict == CHL_ADMIT || verdict == CHL_DENY;
        if (over && chl_unhex(request->code, strlen(request->code), code, sizeof code) == CHL_OK) {
            host_desk_end(loop->host, lane, code, 0);
        }
    }
    explicit_bzero(&form, sizeof form);
}
