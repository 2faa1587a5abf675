/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The controller in memory of the provisioning tests.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/time.h"
#include "tests/unit/firmware_bench.h"

enum { STEPS_MAX = 20000, TRANSACTION_MS = 5 };

int bench_at(const struct bench *bench, const char *setting, unsigned row)
{
    const struct chl_setting *s = chl_profile_setting(bench->profile, setting);
    assert_non_null(s);
    /* Folded so that high addresses fit; no two settings of the profiles used here collide. */
    return chl_register_at(&s->reg, row) % BENCH_REGISTERS;
}

void bench_open(struct bench *bench, const char *profile)
{
    char path[512];
    struct chl_yaml_error error = {0};
    memset(bench, 0, sizeof *bench);
    (void)snprintf(path, sizeof path, CHL_SOURCE_DIR "/%s", profile);
    if (chl_profile_load(path, &bench->profile, &error) != CHL_OK) {
        fail_msg("%s", error.text);
    }
    const int none[] = {-1};
    bench->deny_read = bench->deny_write = bench->forget = bench->mute_write = none[0];
    bench->lose_write = bench->torn = bench->deaf_after = none[0];
    bench->moves_unit = bench->moves_line = bench->on_restart_unit = bench->reboot = none[0];
    bench->unit = 1;
    bench->use = (struct chl_firmware_use){
        .gate = "G1", .own = true, .outputs = 1, .wants = {.wishes = bench->wishes}};
    bench->target = (struct chl_firmware_target){.unit = 1,
                                                 .profile = bench->profile,
                                                 .use_count = 1,
                                                 .uses = &bench->use,
                                                 .listed = 1,
                                                 .address_count = 1,
                                                 .addresses = bench->addresses};
    bench->addresses[0] = 1;
    for (size_t i = 0; i < bench->profile->setting_count; i++) {
        const struct chl_setting *s = &bench->profile->settings[i];
        for (unsigned row = 0; row < s->reg.rows; row++) {
            bench_set(bench, s->name, row, (uint16_t)s->reg.dflt);
        }
    }
    memcpy(bench->stored, bench->words, sizeof bench->stored);
}

void bench_close(struct bench *bench)
{
    chl_firmware_free(bench->run);
    chl_profile_free(bench->profile);
}

void bench_set(struct bench *bench, const char *setting, unsigned row, uint16_t value)
{
    const int at = bench_at(bench, setting, row);
    bench->words[at] = value;
    if (chl_profile_setting(bench->profile, setting)->has_complement) {
        bench->words[at + 1] = (uint16_t)~value;
    }
}

uint16_t bench_get(const struct bench *bench, const char *setting, unsigned row)
{
    return bench->words[bench_at(bench, setting, row)];
}

void bench_wish(struct bench *bench, const char *setting, int64_t value)
{
    bench->wishes[bench->use.wants.wish_count++] =
        (struct chl_gate_wish){.setting = setting, .value = value};
}

static void restart(struct bench *bench)
{
    bench->off_until_ns = bench->restart_fails ? INT64_MAX : bench->now_ns + 3 * CHL_NS_PER_S;
    if (bench->volatile_lost) {
        memcpy(bench->words, bench->stored, sizeof bench->words);
    }
    if (bench->on_restart_unit >= 0) {
        bench->unit = bench->words[bench->on_restart_unit];
    }
}

/** @return false when no answer comes. */
static bool obey(struct bench *bench, const struct chl_modbus_request *request,
                 struct chl_modbus_answer *answer)
{
    const int at = request->address % BENCH_REGISTERS;
    bench->log[bench->written] = request->address;
    bench->functions[bench->written++] = request->function;
    if (at == bench->deny_write) {
        *answer = (struct chl_modbus_answer){.status = CHL_MODBUS_EXCEPTION, .exception = 3};
        return true;
    }
    if (at == bench->lose_write) {
        return false;
    }
    for (unsigned i = 0; at != bench->forget && i < request->count; i++) {
        bench->words[at + (int)i] = request->values[i];
    }
    if (at == bench->torn) {
        bench->words[at + 1] = 7;
    }
    if (at == bench->moves_unit) {
        bench->unit = request->values[0];
    }
    if (at == bench->moves_line) {
        bench->baud = request->values[0] * 100;
    }
    if (request->address == bench->reboot) {
        restart(bench);
        return false;
    }
    return at != bench->mute_write;
}

static void transact(struct bench *bench, const struct chl_modbus_request *request,
                     struct chl_modbus_answer *answer)
{
    memset(answer, 0, sizeof *answer);
    answer->status = CHL_MODBUS_OK;
    bench->asked++;
    bench->now_ns += TRANSACTION_MS * CHL_NS_PER_MS;
    assert_true(bench->asked < BENCH_LOG);
    if (bench->unsent > 0) {
        bench->unsent--;
        answer->status = CHL_MODBUS_UNSENT;
        return;
    }
    const bool here = request->unit == bench->unit && bench->baud == bench->line &&
                      bench->now_ns >= bench->off_until_ns;
    const bool deaf = bench->deaf_after >= 0 && bench->written >= (size_t)bench->deaf_after;
    bool answers = here && !deaf;
    if (answers && chl_modbus_writes(request)) {
        answers = obey(bench, request, answer);
    } else if (answers && request->address % BENCH_REGISTERS == bench->deny_read) {
        *answer = (struct chl_modbus_answer){.status = CHL_MODBUS_EXCEPTION, .exception = 2};
    } else if (answers) {
        const int at = request->address % BENCH_REGISTERS;
        memcpy(answer->words, bench->words + at, request->count * sizeof(uint16_t));
    } else if (request->unit == bench->other) {
        assert_false(chl_modbus_writes(request));
        answers = true;
    }
    if (!answers) {
        answer->status = CHL_MODBUS_TIMEOUT;
        bench->now_ns += request->response_ns;
    }
}

static void go(struct bench *bench)
{
    struct chl_firmware_step step;
    struct chl_modbus_answer answer;
    for (unsigned i = 0; i < STEPS_MAX; i++) {
        chl_firmware_next(bench->run, bench->now_ns, &step);
        switch (step.action) {
        case CHL_FIRMWARE_DONE:
            return;
        case CHL_FIRMWARE_WAIT:
            assert_true(step.wake_ns > bench->now_ns);
            bench->now_ns = step.wake_ns;
            break;
        case CHL_FIRMWARE_SPEED:
            bench->line = step.baud;
            chl_firmware_renewed(bench->run, bench->now_ns, true, "");
            break;
        case CHL_FIRMWARE_RENEW:
            bench->renewed++;
            chl_firmware_renewed(bench->run, bench->now_ns, true, "");
            break;
        case CHL_FIRMWARE_ASK:
            transact(bench, &step.request, &answer);
            chl_firmware_answered(bench->run, bench->now_ns, &answer);
            break;
        }
    }
    fail_msg("it never ended");
}

const struct chl_firmware_result *bench_read(struct bench *bench)
{
    chl_firmware_free(bench->run);
    bench->run = NULL;
    bench->line = bench->baud;
    bench->target.baud = bench->baud;
    assert_int_equal(chl_firmware_new(&bench->target, &bench->run), CHL_OK);
    chl_firmware_read(bench->run);
    go(bench);
    return chl_firmware_result(bench->run);
}

const struct chl_firmware_result *bench_apply(struct bench *bench)
{
    chl_firmware_apply(bench->run);
    go(bench);
    return chl_firmware_result(bench->run);
}

const struct chl_firmware_item *bench_item(const struct bench *bench, const char *setting,
                                           unsigned row)
{
    size_t count = 0;
    const struct chl_firmware_item *items = chl_firmware_items(bench->run, &count);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(items[i].setting->name, setting) == 0 && items[i].row == row) {
            return &items[i];
        }
    }
    fail_msg("no setting %s", setting);
    return NULL;
}
