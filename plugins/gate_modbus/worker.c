/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The bus's thread: asks the driver what to do, does it on the link, sleeps otherwise.
 */
#include <poll.h>
#include <time.h>

#include "instance.h"
#include "lib/base/time.h"

enum { STOP_POST_MS = 2000, STOP_RETRY_MS = 2 };

static int64_t now(const struct chl_instance *instance)
{
    return instance->host->now_mono_ns(instance->ctx);
}

static void take_commands(struct chl_instance *instance)
{
    struct chl_gate_command command;
    while (inbox_take(&instance->inbox, &command)) {
        const chl_err err = chl_modbus_accept(instance->driver, &command, now(instance));
        if (err != CHL_OK) {
            /* The inbox admits no more than the driver holds; a mismatch is a fault of ours, and
             * still ends the command. */
            const struct chl_gate_report report = {.size = (uint32_t)sizeof report,
                                                   .kind = CHL_REPORT_DONE,
                                                   .status = CHL_COMMAND_ABORTED,
                                                   .gate = command.gate,
                                                   .generation = command.generation,
                                                   .command_id = command.id};
            instance->host->log(instance->ctx, CHL_LOG_ERROR, "command=refused why=\"%s\"",
                                chl_strerror(err));
            (void)instance->host->post_gate(instance->ctx, &report);
            inbox_completed(&instance->inbox, command.gate);
        }
    }
}

static void show_health(struct chl_instance *instance)
{
    if (instance->health.changed) {
        char text[HEALTH_TEXT];
        const bool ok = health_text(&instance->health, text);
        instance->health.changed = false;
        instance->host->set_health(instance->ctx, ok, text);
    }
}

static void wait_until(struct chl_instance *instance, int64_t wake_ns)
{
    struct pollfd waiting[2] = {{.fd = instance->inbox.wake_fd, .events = POLLIN},
                                {.fd = chl_bus_descriptor(instance->bus), .events = POLLIN}};
    int64_t left_ns = wake_ns - now(instance);
    if (left_ns < 0) {
        left_ns = 0;
    }
    const struct timespec timeout = {.tv_sec = (time_t)(left_ns / CHL_NS_PER_S),
                                     .tv_nsec = (long)(left_ns % CHL_NS_PER_S)};
    if (ppoll(waiting, 2, &timeout, NULL) <= 0) {
        return;
    }
    if (waiting[0].revents != 0) {
        inbox_rearm(&instance->inbox);
    }
    char why[CHL_MODBUS_TEXT] = "";
    if (waiting[1].revents != 0 && !chl_bus_still_good(instance->bus, why, sizeof why)) {
        chl_modbus_lost(instance->driver, now(instance), why);
    }
}

static void open_link(struct chl_instance *instance)
{
    char why[CHL_MODBUS_TEXT] = "";
    const chl_err err =
        chl_bus_open(instance->bus, instance->connect_ns, &instance->stopping, why, sizeof why);
    chl_modbus_connected(instance->driver, now(instance), err == CHL_OK, why);
}

static void step_once(struct chl_instance *instance)
{
    struct chl_modbus_step step;
    struct chl_modbus_answer answer;
    take_commands(instance);
    chl_modbus_next(instance->driver, now(instance), &step);
    switch (step.action) {
    case CHL_MODBUS_CONNECT:
        open_link(instance);
        break;
    case CHL_MODBUS_CLOSE:
        chl_bus_close(instance->bus);
        break;
    case CHL_MODBUS_TRANSACT:
        chl_bus_transact(instance->bus, &step.request, &answer);
        chl_modbus_answered(instance->driver, now(instance), &answer);
        break;
    case CHL_MODBUS_WAIT:
        wait_until(instance, step.wake_ns);
        break;
    case CHL_MODBUS_FLUSH:
        chl_bus_flush(instance->bus);
        break;
    }
    show_health(instance);
}

/** Complete what is open. A host that stays busy for seconds while it stops us is told by the log
 *  what it did not take. */
static void finish(struct chl_instance *instance)
{
    const struct timespec pause = {.tv_nsec = STOP_RETRY_MS * CHL_NS_PER_MS};
    take_commands(instance);
    size_t left = chl_modbus_abort(instance->driver, now(instance));
    for (int waited = 0; left > 0 && waited < STOP_POST_MS; waited += STOP_RETRY_MS) {
        (void)nanosleep(&pause, NULL);
        left = chl_modbus_abort(instance->driver, now(instance));
    }
    if (left > 0) {
        instance->host->log(instance->ctx, CHL_LOG_ERROR, "completions=%zu why=\"host busy\"",
                            left);
    }
    chl_bus_close(instance->bus);
    chl_modbus_lost(instance->driver, now(instance), "stopped");
}

void *worker_run(void *argument)
{
    struct chl_instance *instance = argument;
    while (!atomic_load(&instance->stopping)) {
        step_once(instance);
    }
    finish(instance);
    return NULL;
}
