/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief An independent fold of received records, see fold.h.
 */
#include "sim/demo/fold.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/text.h"

struct folding {
    struct fold *fold;
    uint64_t sequence;
    const json_t *data;
};

static void broken(struct fold *fold, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void broken(struct fold *fold, const char *format, ...)
{
    if (fold->why[0] == '\0') {
        va_list arguments;
        va_start(arguments, format);
        /* NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized): started in the line above */
        vsnprintf(fold->why, sizeof fold->why, format, arguments);
        va_end(arguments);
    }
}

static int64_t number(const struct folding *f, const char *key)
{
    return json_integer_value(json_object_get(f->data, key));
}

static const char *text(const struct folding *f, const char *key)
{
    const char *value = json_string_value(json_object_get(f->data, key));
    return value != NULL ? value : "";
}

static struct fold_gate *gate(const struct folding *f)
{
    static struct fold_gate nowhere;
    const char *id = text(f, "gate");
    for (size_t i = 0; i < f->fold->gate_count; i++) {
        if (strcmp(f->fold->gates[i].id, id) == 0) {
            return &f->fold->gates[i];
        }
    }
    if (f->fold->gate_count == FOLD_GATES_MAX || id[0] == '\0') {
        return &nowhere;
    }
    struct fold_gate *added = &f->fold->gates[f->fold->gate_count++];
    memset(added, 0, sizeof *added);
    chl_copy(added->id, sizeof added->id, id);
    return added;
}

static void use(const struct folding *f, int64_t n)
{
    struct fold_gate *at = gate(f);
    if (number(f, "grant") == 0 || (uint64_t)number(f, "grant") != at->grant) {
        return;
    }
    int64_t used = n < at->left ? n : at->left;
    at->left -= used;
    f->fold->reserved -= used;
    at->grant = at->left > 0 ? at->grant : 0;
}

static void moved(const struct folding *f, int64_t entries, int64_t exits)
{
    f->fold->inside += entries - exits;
    if (f->fold->inside > f->fold->highest) {
        f->fold->highest = f->fold->inside;
    }
}

static void tally(struct fold *fold, const char *verdict, const char *reason)
{
    for (size_t i = 0; i < fold->reason_count; i++) {
        if (strcmp(fold->reasons[i].reason, reason) == 0 &&
            strcmp(fold->reasons[i].verdict, verdict) == 0) {
            fold->reasons[i].count++;
            return;
        }
    }
    if (fold->reason_count < FOLD_REASONS_MAX) {
        struct fold_reason *added = &fold->reasons[fold->reason_count++];
        chl_copy(added->verdict, sizeof added->verdict, verdict);
        chl_copy(added->reason, sizeof added->reason, reason);
        added->count = 1;
    }
}

static void grant(const struct folding *f)
{
    struct fold *fold = f->fold;
    struct fold_gate *at = gate(f);
    int64_t places = number(f, "places");
    if ((uint64_t)number(f, "grant") != f->sequence || places == 0) {
        return; /* a repeated scan opens nothing */
    }
    if (fold->limit > 0 && fold->inside + fold->reserved + places > fold->limit) {
        fold->past_limit++;
        broken(fold,
               "record %" PRIu64 " grants %" PRId64 " places while %" PRId64
               " are inside and %" PRId64 " granted, limit %" PRId64,
               f->sequence, places, fold->inside, fold->reserved, fold->limit);
    }
    if (number(f, "inside") != fold->inside || number(f, "reserved") != fold->reserved) {
        fold->disagreements++;
        broken(fold,
               "record %" PRIu64 " says %" PRId64 " inside and %" PRId64
               " granted, its predecessors make %" PRId64 " and %" PRId64,
               f->sequence, number(f, "inside"), number(f, "reserved"), fold->inside,
               fold->reserved);
    }
    at->grant = f->sequence;
    at->left = places;
    fold->reserved += places;
    fold->admits_of_families += places >= 4 ? 1 : 0;
}

static void on_decision(const struct folding *f)
{
    static const char *const names[] = {"", "ADMIT", "WAIT", "CHECK", "DENY"};
    const char *verdict = text(f, "verdict");
    f->fold->scans += number(f, "resolves") == 0 ? 1 : 0;
    f->fold->taps += number(f, "resolves") != 0 ? 1 : 0;
    for (size_t i = 1; i < sizeof names / sizeof names[0]; i++) {
        f->fold->verdicts[i] += strcmp(names[i], verdict) == 0 ? 1 : 0;
    }
    tally(f->fold, verdict, text(f, "reason"));
    if (strcmp(verdict, "ADMIT") == 0) {
        grant(f);
    }
}

static void on_passage(const struct folding *f)
{
    int64_t n = number(f, "n");
    const char *kind = text(f, "kind");
    if (strcmp(text(f, "direction"), "exit") == 0) {
        f->fold->exits += (uint64_t)n;
        moved(f, 0, n);
        return;
    }
    f->fold->entries += (uint64_t)n;
    f->fold->tailgates += strcmp(kind, "tailgate") == 0 ? (uint64_t)n : 0;
    f->fold->forced += strcmp(kind, "forced") == 0 ? (uint64_t)n : 0;
    use(f, n);
    moved(f, n, 0);
}

static void on_cancelled(const struct folding *f)
{
    struct fold_gate *at = gate(f);
    if (at->grant != 0 && at->grant == (uint64_t)number(f, "grant")) {
        f->fold->reserved -= at->left;
        f->fold->annulled++;
        at->grant = 0;
        at->left = 0;
    }
}

static void on_reconciled(const struct folding *f)
{
    f->fold->reconciled_in += (uint64_t)number(f, "entries");
    f->fold->reconciled_out += (uint64_t)number(f, "exits");
    use(f, number(f, "granted"));
    moved(f, number(f, "entries"), number(f, "exits"));
}

static void on_started(const struct folding *f)
{
    f->fold->starts++;
}

static void on_gap(const struct folding *f)
{
    f->fold->counter_gaps++;
}

static const struct {
    const char *class_and_type;
    void (*act)(const struct folding *f);
} kinds[] = {
    {"/flow/decision/", on_decision},   {"/flow/passage/", on_passage},
    {"/flow/cancelled/", on_cancelled}, {"/flow/reconciled/", on_reconciled},
    {"/health/started/", on_started},   {"/health/gap/", on_gap},
};

static bool ends_with(const char *topic, size_t length, const char *end)
{
    size_t end_length = strlen(end);
    return length >= end_length && memcmp(topic + length - end_length, end, end_length) == 0;
}

void fold_record(struct fold *fold, uint64_t sequence, const char *topic, size_t topic_length,
                 const char *body, size_t body_length)
{
    if (fold->records == 0) {
        fold->first = sequence;
    } else if (sequence != fold->last + 1) {
        fold->gaps += sequence - fold->last - 1;
        broken(fold, "record %" PRIu64 " follows record %" PRIu64, sequence, fold->last);
    }
    fold->last = sequence;
    fold->records++;
    json_t *event = json_loadb(body, body_length, JSON_REJECT_DUPLICATES, NULL);
    struct folding f = {.fold = fold, .sequence = sequence, .data = json_object_get(event, "data")};
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (ends_with(topic, topic_length, kinds[i].class_and_type)) {
            kinds[i].act(&f);
        }
    }
    json_decref(event);
}
