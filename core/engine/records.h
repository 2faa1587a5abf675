/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Every record the engine knows: one table from which structs, JSON and documents come.
 */
#ifndef CHL_ENGINE_RECORDS_H
#define CHL_ENGINE_RECORDS_H

#include <chilang/credential.h>
#include <chilang/gate.h>

#include "lib/text/reasons.h"
#include "lib/text/recounts.h"
#include "lib/wire/wire.h"

enum {
    ENGINE_NONE = 0xFFFF,
    ENGINE_WHO = 64,
    ENGINE_WHY = 160,
    ENGINE_CODE = 16,
    ENGINE_ALIASES = 8,
    ENGINE_HASH = 65
};

/** Other pseudonyms of the person a code speaks of: one a document number. */
struct engine_aliases {
    uint8_t count;
    uint8_t keys[ENGINE_ALIASES][ENGINE_CODE];
};

#define ENGINE_REGISTERS(X)                                                                        \
    X(REGISTER_NONE, "")                                                                           \
    X(REGISTER_POSSIBLE, "possible") /* name and birth agree: to be compared */                    \
    X(REGISTER_MATCH, "match")       /* a document number agrees */
#define ENGINE_ZONE_STATES(X)                                                                      \
    X(ZONE_NORMAL, "NORMAL")                                                                       \
    X(ZONE_APPROACHING, "APPROACHING")                                                             \
    X(ZONE_AT_LIMIT, "AT_LIMIT")                                                                   \
    X(ZONE_ABOVE, "ABOVE")                                                                         \
    X(ZONE_UNKNOWN, "UNKNOWN")
#define ENGINE_GATE_STATES(X)                                                                      \
    X(GATE_UNKNOWN, "UNKNOWN")                                                                     \
    X(GATE_OK, "OK")                                                                               \
    X(GATE_HAND, "HAND")
#define ENGINE_DIRECTIONS(X)                                                                       \
    X(DIRECTION_ENTRY, "entry")                                                                    \
    X(DIRECTION_EXIT, "exit")
#define ENGINE_PASSAGES(X)                                                                         \
    X(PASSAGE_GRANTED, "granted")   /* on a grant */                                               \
    X(PASSAGE_EXIT, "exit")         /* the free way out */                                         \
    X(PASSAGE_FREE, "free")         /* entry in mode free or emergency */                          \
    X(PASSAGE_TAILGATE, "tailgate") /* behind a granted one */                                     \
    X(PASSAGE_FORCED, "forced")     /* without any grant */                                        \
    X(PASSAGE_HAND, "hand")         /* confirmed by a tap */
#define ENGINE_ACTIONS(X)                                                                          \
    X(ACTION_NONE, "none")                                                                         \
    X(ACTION_RELEASE, "release")                                                                   \
    X(ACTION_CANCEL, "cancel")                                                                     \
    X(ACTION_MODE, "mode")                                                                         \
    X(ACTION_READ, "read")                                                                         \
    X(ACTION_SIGNAL, "signal") /* lamps and sounder: of no record */
#define ENGINE_STATUSES(X)                                                                         \
    X(STATUS_ISSUED, "issued")                                                                     \
    X(STATUS_DONE, "done")                                                                         \
    X(STATUS_FAILED, "failed")                                                                     \
    X(STATUS_UNKNOWN, "unknown")                                                                   \
    X(STATUS_ABORTED, "aborted")
#define ENGINE_ALARMS(X)                                                                           \
    X(ALARM_NONE, "none")                                                                          \
    X(ALARM_TAILGATE, "tailgate")                                                                  \
    X(ALARM_FORCED, "forced-entry")                                                                \
    X(ALARM_ABOVE_LIMIT, "above-limit")                                                            \
    X(ALARM_GATE_SILENT, "gate-silent")                                                            \
    X(ALARM_DEVICE_ERROR, "device-error")                                                          \
    X(ALARM_RECOUNT_DUE, "recount-due")                                                            \
    X(ALARM_TRUST_OLD, "trust-old")                                                                \
    X(ALARM_STUCK, "stuck")                 /* somebody or something does not leave */             \
    X(ALARM_OBJECT, "object-in-lane")       /* something stands in a locked lane */                \
    X(ALARM_WRONG_WAY, "wrong-way")         /* passed against the lane's direction */              \
    X(ALARM_TAMPER, "tamper")               /* the housing is open */                              \
    X(ALARM_UNFIT, "settings-differ")       /* the controller is not set as the site promises */   \
    X(ALARM_CHECK_SILENT, "check-silent")   /* the second count does not answer */                 \
    X(ALARM_OBJECT_SILENT, "object-silent") /* nor does the sensor in the passage */               \
    X(ALARM_TAMPER_SILENT, "tamper-silent") /* nor the housing's contact */                        \
    X(ALARM_LAMPS_SILENT, "lamps-silent")   /* nor lamps and sounder */
#define ENGINE_PHASES(X)                                                                           \
    X(PHASE_LOCKED, "LOCKED")     /* no entry */                                                   \
    X(PHASE_RELEASED, "RELEASED") /* so many may enter until the deadline */                       \
    X(PHASE_PASSING, "PASSING")   /* somebody stands in the released lane */                       \
    X(PHASE_PASSED, "PASSED")     /* the grant was used; locked again */                           \
    X(PHASE_NO_SHOW, "NO_SHOW")   /* nobody came; locked again */                                  \
    X(PHASE_STUCK, "STUCK")       /* it does not come to an end by itself */                       \
    X(PHASE_OPEN, "OPEN")         /* entry is free */
#define ENGINE_CONDITIONS(X)                                                                       \
    X(CONDITION_NONE, "")                                                                          \
    X(CONDITION_OBJECT, "OBJECT_IN_LANE")       /* something stands in a locked lane */            \
    X(CONDITION_STUCK, "STUCK")                 /* somebody does not leave a released one */       \
    X(CONDITION_ERROR, "DEVICE_ERROR")          /* the device reports an error */                  \
    X(CONDITION_WRONG_WAY, "WRONG_WAY")         /* passed against the lane's direction */          \
    X(CONDITION_TAMPER, "TAMPER")               /* the housing is open */                          \
    X(CONDITION_UNFIT, "SETTINGS_DIFFER")       /* the controller is not set as promised */        \
    X(CONDITION_FIRE, "FIRE")                   /* the fire input is active */                     \
    X(CONDITION_CHECK_SILENT, "CHECK_SILENT")   /* parts that do not answer: the second count, */  \
    X(CONDITION_OBJECT_SILENT, "OBJECT_SILENT") /* the sensor in the passage, */                   \
    X(CONDITION_TAMPER_SILENT, "TAMPER_SILENT") /* the housing's contact, */                       \
    X(CONDITION_LAMPS_SILENT, "LAMPS_SILENT")   /* lamps and sounder */
#define ENGINE_ORDERERS(X)                                                                         \
    X(ORDER_OPERATOR, "operator")   /* a person: stands until released */                          \
    X(ORDER_SITE, "site")           /* the lane's way and its schedule */                          \
    X(ORDER_DISPERSAL, "dispersal") /* everybody leaves */                                         \
    X(ORDER_DEVICE, "device")       /* found so */

#define ENGINE_ENUM_ID(id, name) id,
typedef enum { ENGINE_REGISTERS(ENGINE_ENUM_ID) REGISTER_COUNT } engine_register;
typedef enum { ENGINE_ZONE_STATES(ENGINE_ENUM_ID) ZONE_STATE_COUNT } engine_zone_state;
typedef enum { ENGINE_GATE_STATES(ENGINE_ENUM_ID) GATE_STATE_COUNT } engine_gate_state;
typedef enum { ENGINE_DIRECTIONS(ENGINE_ENUM_ID) DIRECTION_COUNT } engine_direction;
typedef enum { ENGINE_PASSAGES(ENGINE_ENUM_ID) PASSAGE_COUNT } engine_passage;
typedef enum { ENGINE_ACTIONS(ENGINE_ENUM_ID) ACTION_COUNT } engine_action;
typedef enum { ENGINE_STATUSES(ENGINE_ENUM_ID) STATUS_COUNT } engine_status;
typedef enum { ENGINE_ALARMS(ENGINE_ENUM_ID) ALARM_COUNT } engine_alarm;
typedef enum { ENGINE_PHASES(ENGINE_ENUM_ID) PHASE_COUNT } engine_phase;
typedef enum { ENGINE_CONDITIONS(ENGINE_ENUM_ID) CONDITION_COUNT } engine_condition;
typedef enum { ENGINE_ORDERERS(ENGINE_ENUM_ID) ORDER_COUNT } engine_orderer;
#undef ENGINE_ENUM_ID
_Static_assert(CONDITION_COUNT <= 16, "a gate keeps its conditions in sixteen bits");

/** Kinds of a field: name, C declaration of member `m`, how documents call it. */
#define ENGINE_FIELD_KINDS(X)                                                                      \
    X(U16)                                                                                         \
    X(U32)                                                                                         \
    X(U64)                                                                                         \
    X(I64)                                                                                         \
    X(BOOL)                                                                                        \
    X(WHO)                                                                                         \
    X(WHY)                                                                                         \
    X(HASH)                                                                                        \
    X(CODE)                                                                                        \
    X(CODES)                                                                                       \
    X(GATE)                                                                                        \
    X(LANE)                                                                                        \
    X(ZONE)                                                                                        \
    X(VERDICT)                                                                                     \
    X(REASON)                                                                                      \
    X(FORMAT)                                                                                      \
    X(MODE)                                                                                        \
    X(ZONE_STATE)                                                                                  \
    X(GATE_STATE)                                                                                  \
    X(DIRECTION)                                                                                   \
    X(PASSAGE)                                                                                     \
    X(ACTION)                                                                                      \
    X(STATUS)                                                                                      \
    X(ALARM)                                                                                       \
    X(PHASE)                                                                                       \
    X(CONDITION)                                                                                   \
    X(ORDERER)                                                                                     \
    X(HOW)                                                                                         \
    X(REGISTER)

typedef enum {
#define ENGINE_KIND_ID(kind) FIELD_##kind,
    ENGINE_FIELD_KINDS(ENGINE_KIND_ID)
#undef ENGINE_KIND_ID
        FIELD_KIND_COUNT
} engine_field_kind;

#define ENGINE_C_U16(m)        uint16_t m;
#define ENGINE_C_U32(m)        uint32_t m;
#define ENGINE_C_U64(m)        uint64_t m;
#define ENGINE_C_I64(m)        int64_t m;
#define ENGINE_C_BOOL(m)       bool m;
#define ENGINE_C_WHO(m)        char m[ENGINE_WHO];
#define ENGINE_C_WHY(m)        char m[ENGINE_WHY];
#define ENGINE_C_HASH(m)       char m[ENGINE_HASH];
#define ENGINE_C_CODE(m)       uint8_t m[ENGINE_CODE];
#define ENGINE_C_CODES(m)      struct engine_aliases m;
#define ENGINE_C_GATE(m)       uint16_t m;
#define ENGINE_C_LANE(m)       uint16_t m;
#define ENGINE_C_ZONE(m)       uint16_t m;
#define ENGINE_C_VERDICT(m)    uint8_t m;
#define ENGINE_C_REASON(m)     uint8_t m;
#define ENGINE_C_FORMAT(m)     uint8_t m;
#define ENGINE_C_MODE(m)       uint8_t m;
#define ENGINE_C_ZONE_STATE(m) uint8_t m;
#define ENGINE_C_GATE_STATE(m) uint8_t m;
#define ENGINE_C_DIRECTION(m)  uint8_t m;
#define ENGINE_C_PASSAGE(m)    uint8_t m;
#define ENGINE_C_ACTION(m)     uint8_t m;
#define ENGINE_C_STATUS(m)     uint8_t m;
#define ENGINE_C_ALARM(m)      uint8_t m;
#define ENGINE_C_PHASE(m)      uint8_t m;
#define ENGINE_C_CONDITION(m)  uint8_t m;
#define ENGINE_C_ORDERER(m)    uint8_t m;
#define ENGINE_C_HOW(m)        uint8_t m;
#define ENGINE_C_REGISTER(m)   uint8_t m;

/* The fields of each record: kind, member (which is also the JSON name), what it says. */
#define ENGINE_FIELDS_DECISION(F)                                                                  \
    F(LANE, lane, "lane where the code was shown")                                                 \
    F(GATE, gate, "gate of that lane")                                                             \
    F(ZONE, zone, "zone that entry leads to")                                                      \
    F(VERDICT, verdict, "ADMIT, WAIT, CHECK or DENY")                                              \
    F(REASON, reason, "identifier in the table of reasons")                                        \
    F(WHO, refusal, "technical identifier of a refused code")                                      \
    F(FORMAT, format, "format of the code")                                                        \
    F(CODE, code, "pseudonym of the code under the period's key")                                  \
    F(CODES, aliases, "pseudonyms of the document numbers that the code states")                   \
    F(CODE, counted, "pseudonym that the places are counted under, when it is not the code's own") \
    F(REGISTER, register_hit, "what the register of persons says: possible or match")              \
    F(REASON, bar, "reason that no tap lifts")                                                     \
    F(U16, party, "people the code asks places for")                                               \
    F(U16, places, "places granted by this decision")                                              \
    F(U64, grant, "sequence of the decision that opened the grant, 0 = none")                      \
    F(I64, expires, "end of the grant, ns since 1970")                                             \
    F(I64, valid_until, "end of the code's own validity, s since 1970")                            \
    F(I64, remembered,                                                                             \
      "until when this use counts, s since 1970, 0 = as long as the code is valid")                \
    F(U16, used_before, "places of this party used on other codes of the same person")             \
    F(I64, used_at, "when the code was first used, ns since 1970")                                 \
    F(GATE, used_gate, "gate where the code was first used")                                       \
    F(I64, inside, "people inside the zone when it was decided")                                   \
    F(I64, reserved, "places granted and not yet passed")                                          \
    F(I64, limit, "hard limit of the zone, 0 = none")                                              \
    F(U64, resolves, "sequence of the CHECK that this resolves")                                   \
    F(WHO, who, "person who resolved or entered it")                                               \
    F(WHY, why, "reason given")
#define ENGINE_FIELDS_PASSAGE(F)                                                                   \
    F(GATE, gate, "gate that was passed")                                                          \
    F(DIRECTION, direction, "entry or exit")                                                       \
    F(PASSAGE, kind, "how it was allowed, or that it was not")                                     \
    F(U32, n, "people")                                                                            \
    F(U64, grant, "grant it was made on, 0 = none")                                                \
    F(U32, entry_count, "entry counter of the device after it")                                    \
    F(U32, exit_count, "exit counter of the device after it")                                      \
    F(WHO, who, "person who confirmed it by hand")
#define ENGINE_FIELDS_CANCELLED(F)                                                                 \
    F(GATE, gate, "gate of the grant")                                                             \
    F(U64, grant, "grant that ended")                                                              \
    F(U16, unused, "places given back")                                                            \
    F(WHY, why, "deadline, restart, never-sent, by-hand")
#define ENGINE_FIELDS_RECONCILED(F)                                                                \
    F(GATE, gate, "gate whose counters moved while nobody watched")                                \
    F(U32, entries, "entries added")                                                               \
    F(U32, exits, "exits added")                                                                   \
    F(U64, grant, "grant that explains some of them, 0 = none")                                    \
    F(U32, granted, "entries explained by it")                                                     \
    F(U32, entry_count, "entry counter now")                                                       \
    F(U32, exit_count, "exit counter now")                                                         \
    F(U32, uncertain, "people by which that may be wrong")                                         \
    F(WHY, why, "baseline or away")
#define ENGINE_FIELDS_DISAGREEMENT(F)                                                              \
    F(GATE, gate, "gate with two counts")                                                          \
    F(I64, entries, "authority less second count since the last recount, entries")                 \
    F(I64, exits, "the same of exits")                                                             \
    F(U32, uncertain, "people by which this widens the error bar")                                 \
    F(U32, entry_count, "entry counter of the second count now")                                   \
    F(U32, exit_count, "exit counter of the second count now")                                     \
    F(WHY, why, "baseline, differs, agrees or gap")
#define ENGINE_FIELDS_GAP(F)                                                                       \
    F(GATE, gate, "gate whose counter was reset")                                                  \
    F(U32, entry_before, "last known entry counter")                                               \
    F(U32, exit_before, "last known exit counter")                                                 \
    F(U32, entry_count, "entry counter now")                                                       \
    F(U32, exit_count, "exit counter now")                                                         \
    F(U32, uncertain, "people by which the count may now be wrong")                                \
    F(BOOL, check, "it was the second count, which adds nothing")                                  \
    F(WHY, why, "what makes it implausible")
#define ENGINE_FIELDS_LIMIT_STATE(F)                                                               \
    F(ZONE, zone, "zone")                                                                          \
    F(ZONE_STATE, state, "new state")                                                              \
    F(ZONE_STATE, before, "state before")                                                          \
    F(I64, inside, "people inside")                                                                \
    F(I64, reserved, "places granted and not yet passed")                                          \
    F(I64, limit, "hard limit, 0 = none")                                                          \
    F(I64, uncertain, "error bar of the count, people")
#define ENGINE_FIELDS_RECOUNT(F)                                                                   \
    F(ZONE, zone, "zone that was counted by people")                                               \
    F(I64, before, "count before")                                                                 \
    F(I64, inside, "count now")                                                                    \
    F(WHO, who, "person who counted")                                                              \
    F(WHY, why, "reason given")                                                                    \
    F(HOW, how, "clicker, sweep, tickets, cameras or other")                                       \
    F(I64, uncertain, "error bar of the count before, people")
#define ENGINE_FIELDS_COUNT_AUDIT(F)                                                               \
    F(GATE, gate, "gate whose passers a person counted beside its counter")                        \
    F(U32, seconds, "for how long")                                                                \
    F(U32, tapped_in, "entries that the person tapped")                                            \
    F(U32, tapped_out, "exits that the person tapped")                                             \
    F(U32, counted_in, "entries that the gate counted meanwhile")                                  \
    F(U32, counted_out, "exits that the gate counted meanwhile")                                   \
    F(U32, bias, "people in a thousand that the counter is off by, from here on")                  \
    F(WHO, who, "person who tapped")
#define ENGINE_FIELDS_GATE_STATE(F)                                                                \
    F(GATE, gate, "gate")                                                                          \
    F(GATE_STATE, state, "new state")                                                              \
    F(WHY, why, "what was observed")
#define ENGINE_FIELDS_GATE_MODE(F)                                                                 \
    F(GATE, gate, "gate")                                                                          \
    F(MODE, mode, "new standing mode; the way out is free in every one")                           \
    F(U32, generation, "generation of the gate's commands from here on")                           \
    F(WHO, who, "person, or `device` when it was found so")                                        \
    F(WHY, why, "reason given")                                                                    \
    F(ORDERER, by, "what ordered it; an operator's order stands until it is released")
#define ENGINE_FIELDS_GATE_PHASE(F)                                                                \
    F(GATE, gate, "gate")                                                                          \
    F(PHASE, phase, "where the gate's cycle stands from here on")                                  \
    F(CONDITION, condition, "condition that began or ended, when it is one")                       \
    F(BOOL, active, "true: it began")                                                              \
    F(U32, n, "the device's error number")                                                         \
    F(WHY, why, "what was observed")
#define ENGINE_FIELDS_DISPERSAL(F)                                                                 \
    F(BOOL, active, "true: entry is closed and lanes run outward; false: ended")                   \
    F(BOOL, whole, "the whole site empties")                                                       \
    F(ZONE, zone, "else the zone that does")                                                       \
    F(WHO, who, "person")                                                                          \
    F(WHY, why, "reason given")
#define ENGINE_FIELDS_AT_ALARM(F)                                                                  \
    F(ZONE, zone, "zone")                                                                          \
    F(I64, inside, "people counted when the alarm was raised: not a roll-call")                    \
    F(I64, uncertain, "error bar of that count, people, with those who were just being let in")    \
    F(ZONE_STATE, state, "state of the zone then")
#define ENGINE_FIELDS_COMMAND(F)                                                                   \
    F(GATE, gate, "gate")                                                                          \
    F(ACTION, action, "what was commanded")                                                        \
    F(STATUS, status, "issued, or how it ended")                                                   \
    F(U64, grant, "grant concerned, 0 = none")                                                     \
    F(U32, generation, "generation of the command")                                                \
    F(WHY, why, "what the device or the bus said")
#define ENGINE_FIELDS_EMERGENCY(F)                                                                 \
    F(BOOL, active, "true: opened; false: reset")                                                  \
    F(BOOL, local, "a reset of gates that stood in their devices' emergency, not of the site")     \
    F(WHO, source, "what raised it")                                                               \
    F(WHO, who, "person, may follow later")                                                        \
    F(WHY, why, "reason given")
#define ENGINE_FIELDS_ALARM_RAISED(F)                                                              \
    F(ALARM, alarm, "kind")                                                                        \
    F(GATE, gate, "gate concerned")                                                                \
    F(ZONE, zone, "zone concerned")                                                                \
    F(U32, n, "people, or the device's error number")
#define ENGINE_FIELDS_ALARM_CLEARED(F)                                                             \
    F(ALARM, alarm, "kind")                                                                        \
    F(GATE, gate, "gate concerned")                                                                \
    F(ZONE, zone, "zone concerned")
#define ENGINE_FIELDS_OPERATOR(F)                                                                  \
    F(WHO, who, "person")                                                                          \
    F(WHO, action, "what was done")                                                                \
    F(WHO, target, "gate, lane or zone")                                                           \
    F(WHY, why, "reason given")
#define ENGINE_FIELDS_LOADED(F)                                                                    \
    F(WHO, what, "configuration, trust, preset")                                                   \
    F(HASH, digest, "SHA-256 of the content, which is stored once")
#define ENGINE_FIELDS_STARTED(F)                                                                   \
    F(WHO, version, "program version")                                                             \
    F(WHO, boot, "boot of the machine")                                                            \
    F(U64, replayed, "records folded at start")
#define ENGINE_FIELDS_STOPPED(F) F(WHY, why, "signal or order")
#define ENGINE_FIELDS_INBOX(F)   F(U32, busy, "scans answered `busy` since the last such record")
#define ENGINE_FIELDS_PLUGIN(F)                                                                    \
    F(WHO, name, "instance")                                                                       \
    F(BOOL, ok, "whether it works")                                                                \
    F(WHY, text, "what it says of itself")
#define ENGINE_FIELDS_CLOCK(F)                                                                     \
    F(I64, offset_ms, "wall clock against the clock the daemon runs on")                           \
    F(BOOL, doubt, "expiry can no longer be judged")
#define ENGINE_FIELDS_TRUST(F)                                                                     \
    F(U32, keys, "keys that are believed")                                                         \
    F(U32, skipped, "entries that could not be read")                                              \
    F(I64, updated, "when the oldest list was last known to be current, 0 = none has an age")      \
    F(BOOL, old, "signed documents under it can no longer be admitted unseen")

/** Every record: identifier, class, type in topics, fields. */
#define ENGINE_RECORDS(X)                                                                          \
    X(DECISION, FLOW, "decision")                                                                  \
    X(PASSAGE, FLOW, "passage")                                                                    \
    X(CANCELLED, FLOW, "cancelled")                                                                \
    X(RECONCILED, FLOW, "reconciled")                                                              \
    X(DISAGREEMENT, FLOW, "disagreement")                                                          \
    X(LIMIT_STATE, LIMIT, "state")                                                                 \
    X(RECOUNT, LIMIT, "recount")                                                                   \
    X(AT_ALARM, LIMIT, "at-alarm")                                                                 \
    X(COUNT_AUDIT, AUDIT, "count-audit")                                                           \
    X(GATE_STATE, GATE, "state")                                                                   \
    X(GATE_MODE, GATE, "mode")                                                                     \
    X(COMMAND, GATE, "command")                                                                    \
    X(GATE_PHASE, GATE, "phase")                                                                   \
    X(DISPERSAL, GATE, "dispersal")                                                                \
    X(EMERGENCY, GATE, "emergency")                                                                \
    X(ALARM_RAISED, ALARM, "raised")                                                               \
    X(ALARM_CLEARED, ALARM, "cleared")                                                             \
    X(OPERATOR, AUDIT, "operator")                                                                 \
    X(LOADED, AUDIT, "loaded")                                                                     \
    X(STARTED, HEALTH, "started")                                                                  \
    X(STOPPED, HEALTH, "stopped")                                                                  \
    X(PLUGIN, HEALTH, "plugin")                                                                    \
    X(CLOCK, HEALTH, "clock")                                                                      \
    X(GAP, HEALTH, "gap")                                                                          \
    X(INBOX, HEALTH, "inbox")                                                                      \
    X(TRUST, HEALTH, "trust")

#define ENGINE_MEMBER(kind, member, text) ENGINE_C_##kind(member)
#define ENGINE_STRUCT(id, class_id, type)                                                          \
    struct record_##id {                                                                           \
        ENGINE_FIELDS_##id(ENGINE_MEMBER)                                                          \
    };
ENGINE_RECORDS(ENGINE_STRUCT)
#undef ENGINE_STRUCT
#undef ENGINE_MEMBER

typedef enum {
#define ENGINE_RECORD_ID(id, class_id, type) RECORD_##id,
    ENGINE_RECORDS(ENGINE_RECORD_ID)
#undef ENGINE_RECORD_ID
        RECORD_TYPE_COUNT
} engine_record_type;

/** One record: who made it durable gave it sequence and time. */
struct engine_record {
    engine_record_type type;
    uint64_t sequence, cause;
    int64_t time_ns;
    union {
#define ENGINE_UNION(id, class_id, type) struct record_##id id;
        ENGINE_RECORDS(ENGINE_UNION)
#undef ENGINE_UNION
    } as;
};

/** A field as tables see it. */
struct engine_field {
    const char *name, *text;
    engine_field_kind kind;
    size_t offset; /**< in `as` */
};

/** What a record type is called and holds. */
struct engine_record_info {
    uint8_t event_class;
    const char *type;
    const struct engine_field *fields;
    size_t field_count;
};

const struct engine_record_info *engine_record_info(engine_record_type type);
/** Names of an enumerated field kind: `*count` names, NULL for kinds that are not enumerations. */
const char *const *engine_field_names(engine_field_kind kind, size_t *count);

#endif
