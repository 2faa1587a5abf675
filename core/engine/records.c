/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The tables behind records.h: fields of each record and names of each enumeration.
 */
#include "core/engine/records.h"

#include <stddef.h>

#define FIELD_ROW(kind_id, member, meaning)                                                        \
    {#member, meaning, FIELD_##kind_id, offsetof(struct ROW_STRUCT, member)},

#define ROW_STRUCT record_DECISION
static const struct engine_field fields_DECISION[] = {ENGINE_FIELDS_DECISION(FIELD_ROW)};
#undef ROW_STRUCT
#define ROW_STRUCT record_PASSAGE
static const struct engine_field fields_PASSAGE[] = {ENGINE_FIELDS_PASSAGE(FIELD_ROW)};
#undef ROW_STRUCT
#define ROW_STRUCT record_CANCELLED
static const struct engine_field fields_CANCELLED[] = {ENGINE_FIELDS_CANCELLED(FIELD_ROW)};
#undef ROW_STRUCT
#define ROW_STRUCT record_RECONCILED
static const struct engine_field fields_RECONCILED[] = {ENGINE_FIELDS_RECONCILED(FIELD_ROW)};
#undef ROW_STRUCT
#define ROW_STRUCT record_DISAGREEMENT
static const struct engine_field fields_DISAGREEMENT[] = {ENGINE_FIELDS_DISAGREEMENT(FIELD_ROW)};
#undef ROW_STRUCT
#define ROW_STRUCT record_LIMIT_STATE
static const struct engine_field fields_LIMIT_STATE[] = {ENGINE_FIELDS_LIMIT_STATE(FIELD_ROW)};
#undef ROW_STRUCT
#define ROW_STRUCT record_COUNT_AUDIT
static const struct engine_field fields_COUNT_AUDIT[] = {ENGINE_FIELDS_COUNT_AUDIT(FIELD_ROW)};
#undef ROW_STRUCT
#define ROW_STRUCT record_RECOUNT
static const struct engine_field fields_RECOUNT[] = {ENGINE_FIELDS_RECOUNT(FIELD_ROW)};
#undef ROW_STRUCT
#define ROW_STRUCT record_GATE_STATE
static const struct engine_field fields_GATE_STATE[] = {ENGINE_FIELDS_GATE_STATE(FIELD_ROW)};
#undef ROW_STRUCT
#define ROW_STRUCT record_GATE_MODE
static const struct engine_field fields_GATE_MODE[] = {ENGINE_FIELDS_GATE_MODE(FIELD_ROW)};
#undef ROW_STRUCT
#define ROW_STRUCT record_GATE_PHASE
static const struct engine_field fields_GATE_PHASE[] = {ENGINE_FIELDS_GATE_PHASE(FIELD_ROW)};
#undef ROW_STRUCT
#define ROW_STRUCT record_DISPERSAL
static const struct engine_field fields_DISPERSAL[] = {ENGINE_FIELDS_DISPERSAL(FIELD_ROW)};
#undef ROW_STRUCT
#define ROW_STRUCT record_AT_ALARM
static const struct engine_field fields_AT_ALARM[] = {ENGINE_FIELDS_AT_ALARM(FIELD_ROW)};
#undef ROW_STRUCT
#define ROW_STRUCT record_COMMAND
static const struct engine_field fields_COMMAND[] = {ENGINE_FIELDS_COMMAND(FIELD_ROW)};
#undef ROW_STRUCT
#define ROW_STRUCT record_EMERGENCY
static const struct engine_field fields_EMERGENCY[] = {ENGINE_FIELDS_EMERGENCY(FIELD_ROW)};
#undef ROW_STRUCT
#define ROW_STRUCT record_ALARM_RAISED
static const struct engine_field fields_ALARM_RAISED[] = {ENGINE_FIELDS_ALARM_RAISED(FIELD_ROW)};
#undef ROW_STRUCT
#define ROW_STRUCT record_ALARM_CLEARED
static const struct engine_field fields_ALARM_CLEARED[] = {ENGINE_FIELDS_ALARM_CLEARED(FIELD_ROW)};
#undef ROW_STRUCT
#define ROW_STRUCT record_OPERATOR
static const struct engine_field fields_OPERATOR[] = {ENGINE_FIELDS_OPERATOR(FIELD_ROW)};
#undef ROW_STRUCT
#define ROW_STRUCT record_LOADED
static const struct engine_field fields_LOADED[] = {ENGINE_FIELDS_LOADED(FIELD_ROW)};
#undef ROW_STRUCT
#define ROW_STRUCT record_STARTED
static const struct engine_field fields_STARTED[] = {ENGINE_FIELDS_STARTED(FIELD_ROW)};
#undef ROW_STRUCT
#define ROW_STRUCT record_STOPPED
static const struct engine_field fields_STOPPED[] = {ENGINE_FIELDS_STOPPED(FIELD_ROW)};
#undef ROW_STRUCT
#define ROW_STRUCT record_PLUGIN
static const struct engine_field fields_PLUGIN[] = {ENGINE_FIELDS_PLUGIN(FIELD_ROW)};
#undef ROW_STRUCT
#define ROW_STRUCT record_CLOCK
static const struct engine_field fields_CLOCK[] = {ENGINE_FIELDS_CLOCK(FIELD_ROW)};
#undef ROW_STRUCT
#define ROW_STRUCT record_GAP
static const struct engine_field fields_GAP[] = {ENGINE_FIELDS_GAP(FIELD_ROW)};
#undef ROW_STRUCT
#define ROW_STRUCT record_INBOX
static const struct engine_field fields_INBOX[] = {ENGINE_FIELDS_INBOX(FIELD_ROW)};
#undef ROW_STRUCT
#define ROW_STRUCT record_TRUST
static const struct engine_field fields_TRUST[] = {ENGINE_FIELDS_TRUST(FIELD_ROW)};
#undef ROW_STRUCT

static const struct engine_record_info infos[] = {
#define INFO_ROW(id, class_id, name)                                                               \
    [RECORD_##                                                                                     \
        id] = {CHL_CLASS_##class_id, name, fields_##id, sizeof fields_##id / sizeof *fields_##id},
    ENGINE_RECORDS(INFO_ROW)
#undef INFO_ROW
};

const struct engine_record_info *engine_record_info(engine_record_type type)
{
    return &infos[type];
}

#define NAME_ROW(id, name) name,
static const char *const zone_states[] = {ENGINE_ZONE_STATES(NAME_ROW)};
static const char *const gate_states[] = {ENGINE_GATE_STATES(NAME_ROW)};
static const char *const directions[] = {ENGINE_DIRECTIONS(NAME_ROW)};
static const char *const passages[] = {ENGINE_PASSAGES(NAME_ROW)};
static const char *const actions[] = {ENGINE_ACTIONS(NAME_ROW)};
static const char *const statuses[] = {ENGINE_STATUSES(NAME_ROW)};
static const char *const alarms[] = {ENGINE_ALARMS(NAME_ROW)};
static const char *const phases[] = {ENGINE_PHASES(NAME_ROW)};
static const char *const conditions[] = {ENGINE_CONDITIONS(NAME_ROW)};
static const char *const orderers[] = {ENGINE_ORDERERS(NAME_ROW)};
static const char *const modes[] = {CHL_GATE_MODES(NAME_ROW)};
static const char *const formats[] = {CHL_FORMATS(NAME_ROW)};
static const char *const registers[] = {ENGINE_REGISTERS(NAME_ROW)};
#define HOW_ROW(id, name, vi, en) name,
static const char *const hows[] = {CHL_RECOUNTS(HOW_ROW)};
static const char *const verdicts[] = {"", "ADMIT", "WAIT", "CHECK", "DENY"};

#define NAMES(table)                                                                               \
    {                                                                                              \
        table, sizeof(table) / sizeof *(table)                                                     \
    }
static const struct {
    const char *const *names;
    size_t count;
} enumerations[FIELD_KIND_COUNT] = {
    [FIELD_VERDICT] = NAMES(verdicts),
    [FIELD_FORMAT] = NAMES(formats),
    [FIELD_MODE] = NAMES(modes),
    [FIELD_ZONE_STATE] = NAMES(zone_states),
    [FIELD_GATE_STATE] = NAMES(gate_states),
    [FIELD_DIRECTION] = NAMES(directions),
    [FIELD_PASSAGE] = NAMES(passages),
    [FIELD_ACTION] = NAMES(actions),
    [FIELD_STATUS] = NAMES(statuses),
    [FIELD_ALARM] = NAMES(alarms),
    [FIELD_PHASE] = NAMES(phases),
    [FIELD_CONDITION] = NAMES(conditions),
    [FIELD_ORDERER] = NAMES(orderers),
    [FIELD_HOW] = NAMES(hows),
    [FIELD_REGISTER] = NAMES(registers),
};

const char *const *engine_field_names(engine_field_kind kind, size_t *count)
{
    *count = enumerations[kind].count;
    return enumerations[kind].names;
}
