/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief gate_modbus: gates on one Modbus bus; descriptor, options and lifecycle.
 */
#include <chilang/plugin.h>

#include <signal.h>
#include <string.h>

#include "instance.h"

enum { POLL_MIN_MS = 10, POLL_MAX_MS = 10000, RESPONSE_MAX_MS = 10000, BACKOFF_MAX_MS = 60000 };

#define AT(field) offsetof(struct gate_config, field)

static const char *const parities[] = {"none", "even", "odd", NULL};

static const struct chl_opt options[] = {
    {.name = "address",
     .type = CHL_OPT_STR,
     .required = true,
     .max = 300,
     .offset = AT(address),
     .help_vi = "Đường Modbus: tcp://máy:cổng, rtu:///dev/ttyUSB0 hoặc rtu+tcp://máy:cổng",
     .help_en = "The bus: tcp://host:port, rtu:///dev/ttyUSB0 or rtu+tcp://host:port"},
    {.name = "baud",
     .type = CHL_OPT_INT,
     .dflt = "9600",
     .min = 1200,
     .max = 4000000,
     .offset = AT(baud),
     .help_vi = "Tốc độ đường nối tiếp (rtu, rtu+tcp)",
     .help_en = "Speed of the serial line (rtu, rtu+tcp)"},
    {.name = "parity",
     .type = CHL_OPT_ENUM,
     .dflt = "none",
     .choices = parities,
     .offset = AT(parity),
     .help_vi = "Bit chẵn lẻ của đường nối tiếp",
     .help_en = "Parity bit of the serial line"},
    {.name = "stop-bits",
     .type = CHL_OPT_INT,
     .dflt = "1",
     .min = 1,
     .max = 2,
     .offset = AT(stop_bits),
     .help_vi = "Số bit dừng: 1 hoặc 2",
     .help_en = "Stop bits: 1 or 2"},
    {.name = "poll",
     .type = CHL_OPT_DURATION_MS,
     .dflt = "250 ms",
     .min = POLL_MIN_MS,
     .max = POLL_MAX_MS,
     .offset = AT(poll_ms),
     .help_vi = "Khoảng cách giữa hai lần đọc một cổng đang đóng",
     .help_en = "Time between two polls of a gate without an open grant"},
    {.name = "gap",
     .type = CHL_OPT_STR,
     .dflt = "profile",
     .max = 16,
     .offset = AT(gap),
     .help_vi = "Khoảng nghỉ tối thiểu giữa hai yêu cầu: profile hoặc 0 ms đến 1000 ms",
     .help_en = "Least pause between two requests: `profile`, or 0 ms to 1000 ms"},
    {.name = "response-timeout",
     .type = CHL_OPT_DURATION_MS,
     .dflt = "0 ms",
     .min = 0,
     .max = RESPONSE_MAX_MS,
     .offset = AT(response_ms),
     .help_vi = "Thời gian chờ trả lời; 0 = theo hồ sơ thiết bị",
     .help_en = "Longest wait for an answer; 0 = as the profile says"},
    {.name = "delay-max",
     .type = CHL_OPT_DURATION_MS,
     .dflt = "0 ms",
     .min = 0,
     .max = RESPONSE_MAX_MS,
     .offset = AT(delay_max_ms),
     .help_vi = "RS-485: sau thời gian này không thiết bị nào còn trả lời muộn; 0 = theo hồ sơ",
     .help_en = "Serial: after this no device answers late any more; 0 = as the profiles say"},
    {.name = "reconnect-min",
     .type = CHL_OPT_DURATION_MS,
     .dflt = "200 ms",
     .min = 10,
     .max = BACKOFF_MAX_MS,
     .offset = AT(reconnect_min_ms),
     .help_vi = "Lần chờ đầu tiên trước khi nối lại hoặc thử lại",
     .help_en = "First wait before a reconnect or a probe of a silent device"},
    {.name = "reconnect-max",
     .type = CHL_OPT_DURATION_MS,
     .dflt = "10 s",
     .min = 10,
     .max = BACKOFF_MAX_MS,
     .offset = AT(reconnect_max_ms),
     .help_vi = "Lần chờ dài nhất",
     .help_en = "Longest such wait"},
    {.name = "capture",
     .type = CHL_OPT_PATH,
     .offset = AT(capture),
     .help_vi = "Ghi mọi khung Modbus vào tệp này (để gỡ lỗi)",
     .help_en = "Write every Modbus frame to this file (for debugging)"},
    {.name = NULL},
};

static chl_err start(struct chl_instance *instance)
{
    if (instance->running) {
        return CHL_E_STATE;
    }
    atomic_store(&instance->stopping, false);
    inbox_reopen(&instance->inbox);
    /* Signals belong to the daemon's loop. */
    sigset_t all;
    sigset_t before;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_BLOCK, &all, &before);
    const int failed = pthread_create(&instance->thread, NULL, worker_run, instance);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    instance->running = failed == 0;
    return failed == 0 ? CHL_OK : CHL_E_NOMEM;
}

static void quiesce(struct chl_instance *instance)
{
    inbox_close(&instance->inbox);
}

static void stop(struct chl_instance *instance)
{
    if (!instance->running) {
        return;
    }
    inbox_close(&instance->inbox);
    atomic_store(&instance->stopping, true);
    inbox_wake(&instance->inbox);
    (void)pthread_join(instance->thread, NULL);
    instance->running = false;
}

static void accepted(void *user, const struct chl_gate_command *command)
{
    struct chl_instance *instance = user;
    chl_modbus_raise_generation(instance->driver, command->gate, command->generation);
}

static chl_err submit(struct chl_instance *instance, const struct chl_gate_command *command)
{
    struct chl_gate_command order = {.action = 0};
    memcpy(&order, command, command->size < sizeof order ? command->size : sizeof order);
    const bool mode = order.action == CHL_GATE_MODE;
    const bool signal = order.action == CHL_GATE_SIGNAL;
    if (order.action < CHL_GATE_RELEASE || order.action > CHL_GATE_SIGNAL ||
        (mode && order.mode >= CHL_MODE_COUNT) ||
        (signal && (order.signal >= CHL_SIGNAL_COUNT || order.sound >= CHL_SOUND_COUNT))) {
        return CHL_E_INVAL;
    }
    return inbox_put(&instance->inbox, &order, accepted, instance);
}

static const struct chl_ops ops = {.size = (uint32_t)sizeof ops,
                                   .create = instance_create,
                                   .destroy = instance_destroy,
                                   .start = start,
                                   .quiesce = quiesce,
                                   .stop = stop,
                                   .submit = submit};

CHL_PLUGIN_DEFINE(.kind = CHL_KIND_GATE, .config_size = (uint32_t)sizeof(struct gate_config),
                  .name = "gate_modbus", .version = CHL_VERSION,
                  .summary_vi = "Cổng trên một đường Modbus: TCP hoặc nối tiếp",
                  .summary_en = "Gates on one Modbus bus: TCP or serial", .options = options,
                  .ops = &ops);
