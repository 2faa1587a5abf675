/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Gate traffic: commands to the right instance, reports from it, on the caller's thread.
 */
#include <string.h>

#include "core/host/internal.h"

/* The state is looked at after the entry is counted, and the supervisor counts after it has changed
 * the state: either the caller sees that it is too late, or the supervisor waits for it. */
static bool gate_enter(struct chl_ctx *ctx)
{
    (void)atomic_fetch_add(&ctx->users, 1);
    if (atomic_load(&ctx->state) == INSTANCE_RUNNING) {
        return true;
    }
    (void)atomic_fetch_sub(&ctx->users, 1);
    return false;
}

chl_err host_gate_submit(struct host *host, int instance, const struct chl_gate_command *command)
{
    if (instance < 0 || (size_t)instance >= host->count || command == NULL ||
        command->size < COMMAND_SIZE_1_0) {
        return CHL_E_INVAL;
    }
    struct chl_ctx *ctx = &host->instances[instance];
    if (!CHL_HAS(ctx->plugin->ops, submit)) {
        return CHL_E_NOTSUP;
    }
    if (!gate_enter(ctx)) {
        return CHL_E_STATE;
    }
    chl_err error = ctx->plugin->ops->submit(ctx->instance, command);
    (void)atomic_fetch_sub(&ctx->users, 1);
    return error;
}

static bool is_on_bus(const struct chl_ctx *ctx, chl_gate_id gate)
{
    for (size_t i = 0; i < ctx->device_count; i++) {
        if (ctx->devices[i].gate.index == gate.index) {
            return true;
        }
    }
    return false;
}

static bool is_sound(const struct chl_gate_report *report)
{
    switch (report->kind) {
    case CHL_REPORT_READING:
    case CHL_REPORT_LINK:
        return true;
    case CHL_REPORT_DONE:
        return report->status >= CHL_COMMAND_DONE && report->status <= CHL_COMMAND_ABORTED;
    default:
        return false;
    }
}

chl_err gate_post(struct chl_ctx *ctx, const struct chl_gate_report *report)
{
    const struct host_sink *sink = &ctx->host->options.sink;
    if (report == NULL || report->size < REPORT_SIZE_1_0 || !is_sound(report) ||
        !is_on_bus(ctx, report->gate)) {
        services_log(
            ctx, CHL_LOG_ERROR,
            "event=report result=refused expected=a report of this bus got=kind %u gate %u",
            report != NULL ? report->kind : 0U, report != NULL ? report->gate.index : 0U);
        return CHL_E_INVAL;
    }
    struct chl_gate_report copy;
    size_t size = report->size < sizeof copy ? report->size : sizeof copy;
    memset(&copy, 0, sizeof copy);
    memcpy(&copy, report, size);
    copy.size = (uint32_t)sizeof copy;
    copy.text[sizeof copy.text - 1] = '\0';
    return sink->gate(sink->user, ctx->index, &copy);
}
