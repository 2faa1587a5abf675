/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Small sites and days for tests of the rehearsal.
 */
#include "tests/unit/rehearse_world.h"

#include "lib/base/time.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static void add_gate(struct stage *stage, struct engine_gate_config gate)
{
    uint16_t g = stage->config.gate_count++;
    stage->gates[g] = gate;
    stage->lanes[g] = (struct engine_lane_config){.id = gate.id, .gate = g};
    stage->config.lane_count++;
}

struct stage *stage_new(uint16_t lanes, int64_t hard)
{
    struct stage *stage = calloc(1, sizeof *stage);
    assert_non_null(stage);
    stage->config = (struct engine_config){
        .zones = stage->zones,
        .gates = stage->gates,
        .lanes = stage->lanes,
        .zone_count = 1,
        .level = 1,
        .enough_up_to = {[CHL_FORMAT_DECLARATION] = 4, [CHL_FORMAT_MANUAL] = 4}};
    stage->zones[0] =
        (struct engine_zone_config){.id = "venue", .parent = ENGINE_NONE, .hard = hard};
    for (uint16_t i = 0; i < lanes; i++) {
        add_gate(stage,
                 (struct engine_gate_config){
                     .id = "G", .from = ENGINE_NONE, .to = 0, .pass_time_ns = 7 * CHL_NS_PER_S});
    }
    stage->options = (struct rehearse_options)REHEARSE_USUAL;
    stage->options.spread = 0;
    stage->options.no_shows = 0;
    stage->options.even = true;
    stage->options.scan_ms = 500;
    stage->arrivals = (struct arrivals){.rows = stage->rows};
    return stage;
}

void stage_add_court(struct stage *stage, int64_t hard)
{
    stage->zones[1] = (struct engine_zone_config){.id = "court", .parent = 0, .hard = hard};
    stage->config.zone_count = 2;
    add_gate(stage,
             (struct engine_gate_config){
                 .id = "H", .from = 0, .to = 1, .hand = true, .pass_time_ns = 7 * CHL_NS_PER_S});
}

void stage_come(struct stage *stage, uint16_t first, uint16_t end, uint16_t people,
                struct target to)
{
    struct arrivals *arrivals = &stage->arrivals;
    assert_true(arrivals->count < STAGE_ROWS);
    arrivals->first = arrivals->count == 0 || first < arrivals->first ? first : arrivals->first;
    arrivals->end = end > arrivals->end ? end : arrivals->end;
    arrivals->people += (uint32_t)people * (uint32_t)(end - first);
    stage->rows[arrivals->count++] = (struct arrivals_row){
        .first = first, .end = end, .people = people, .to = to, .dwell_ms = -1};
}

void stage_run(struct stage *stage)
{
    plan_free(&stage->plan);
    measure_free(&stage->measure);
    world_make(&stage->config, &stage->world);
    assert_int_equal(plan_make(&stage->arrivals, &stage->options, &stage->plan), CHL_OK);
    chl_err error = day_run(&stage->world, &stage->plan, &stage->arrivals, &stage->options,
                            &stage->measure, stage->why);
    if (error != CHL_OK) {
        fail_msg("%s", stage->why);
    }
}

void stage_free(struct stage *stage)
{
    plan_free(&stage->plan);
    measure_free(&stage->measure);
    free(stage);
}
