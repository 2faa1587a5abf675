/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief One person's places, whichever of their codes is shown.
 */
#include "core/engine/account.h"

#include "core/engine/codes.h"
#include "lib/base/time.h"

bool account_is_ticket(uint8_t format)
{
    return format == CHL_FORMAT_DECLARATION;
}

static bool is_key(const struct engine_code *code, const uint8_t key[ENGINE_CODE])
{
    return memcmp(code->key, key, ENGINE_CODE) == 0;
}

/* Whether a use says anything about this code. */
static bool concerns(const struct engine *engine, const struct engine_scan *scan,
                     const struct engine_code *used, int64_t now_ns)
{
    if (used == NULL || code_is_over(used, now_ns / CHL_NS_PER_S)) {
        return false;
    }
    if (is_key(used, scan->code)) {
        return true;
    }
    if (account_is_ticket(scan->format)) {
        /* Declared after that use: a new ticket. Only a trusted key can say when. */
        bool newer = scan->is_signed && scan->issued_at > used->used_ns / CHL_NS_PER_S;
        return !newer;
    }
    int64_t reuse_after_s = engine->config->reuse_after_s;
    return reuse_after_s == 0 ||
           used->used_ns / CHL_NS_PER_S + reuse_after_s >= now_ns / CHL_NS_PER_S;
}

/* Of one person's codes the one for the most people says how many there are. */
static uint16_t places_left(const struct engine_code *used, uint16_t party)
{
    unsigned total = (unsigned)used->left + used->taken;
    total = total > party ? total : party;
    unsigned left = total > used->taken ? total - used->taken : 0;
    return (uint16_t)(left < party ? left : party);
}

static bool limits_more(const struct engine_code *used, uint16_t left, const struct account *than,
                        const struct engine_scan *scan)
{
    if (than->used == NULL || left != than->available) {
        return than->used == NULL || left < than->available;
    }
    bool own = is_key(used, scan->code);
    bool than_own = is_key(than->used, scan->code);
    return own != than_own ? own : used->used_ns < than->used->used_ns;
}

static void choose_key(const struct engine *engine, const struct engine_scan *scan, int64_t now_ns,
                       struct account *out)
{
    const struct engine_code *own = codes_find(&engine->state.codes, scan->code);
    bool own_counts =
        own != NULL && own->kind == CODE_MAIN && !code_is_over(own, now_ns / CHL_NS_PER_S);
    bool ticket = account_is_ticket(scan->format);
    memcpy(out->key, scan->code, ENGINE_CODE);
    if (own_counts || out->used == NULL) {
        return;
    }
    if (ticket) {
        out->used_before = out->used->taken;
    } else {
        memcpy(out->key, out->used->key, ENGINE_CODE);
    }
}

uint16_t account_party(const struct engine *engine, const struct engine_scan *scan, uint16_t gate)
{
    bool vehicle = gate < engine->config->gate_count && engine->config->gates[gate].vehicle;
    return scan->party > 0 && !vehicle ? scan->party : 1;
}

void account_find(const struct engine *engine, const struct engine_scan *scan, uint16_t gate,
                  int64_t now_ns, struct account *out)
{
    uint16_t party = account_party(engine, scan, gate);
    const struct engine_grant *grant =
        gate < engine->config->gate_count ? &engine->state.gates[gate].grant : NULL;
    *out = (struct account){.available = party};
    for (size_t i = 0; i <= scan->aliases.count; i++) {
        const uint8_t *key = i == 0 ? scan->code : scan->aliases.keys[i - 1];
        const struct engine_code *used = codes_main(&engine->state.codes, key);
        if (!concerns(engine, scan, used, now_ns)) {
            continue;
        }
        out->released_here = out->released_here || (grant != NULL && grant->state == GRANT_OPEN &&
                                                    is_key(used, grant->code));
        uint16_t left = places_left(used, party);
        if (limits_more(used, left, out, scan)) {
            out->used = used;
            out->available = left;
        }
    }
    choose_key(engine, scan, now_ns, out);
}

/* An entry that says nothing any more is begun anew. */
static bool is_fresh(const struct engine_code *slot, int64_t now_s)
{
    return slot->kind != CODE_MAIN || slot->used_ns == 0 || code_is_over(slot, now_s);
}

static int64_t later(int64_t a, int64_t b)
{
    return a == 0 || b == 0 ? 0 : a > b ? a : b;
}

static chl_err point(struct engine_codes *codes, const uint8_t key[ENGINE_CODE],
                     const uint8_t to[ENGINE_CODE], int64_t now_s)
{
    if (memcmp(key, to, ENGINE_CODE) == 0) {
        return CHL_OK;
    }
    struct engine_code *slot = codes_put(codes, key);
    if (slot == NULL) {
        return CHL_E_NOMEM;
    }
    if (is_fresh(slot, now_s)) {
        *slot = (struct engine_code){.kind = CODE_ALIAS, .gate = ENGINE_NONE};
        memcpy(slot->key, key, ENGINE_CODE);
        memcpy(slot->main, to, ENGINE_CODE);
    }
    return CHL_OK;
}

static chl_err count_places(struct engine_codes *codes, const struct engine_record *record,
                            const uint8_t key[ENGINE_CODE], int64_t now_s)
{
    const struct record_DECISION *made = &record->as.DECISION;
    struct engine_code *slot = codes_put(codes, key);
    if (slot == NULL) {
        return CHL_E_NOMEM;
    }
    int64_t until_s = made->remembered != 0 ? made->remembered : made->valid_until;
    if (is_fresh(slot, now_s)) {
        *slot = (struct engine_code){
            .kind = CODE_MAIN, .gate = ENGINE_NONE, .until_s = until_s, .taken = made->used_before};
        memcpy(slot->key, key, ENGINE_CODE);
    }
    if (slot->used_ns == 0 || slot->taken == 0) {
        slot->used_ns = record->time_ns;
        slot->gate = made->gate;
    }
    unsigned total = (unsigned)slot->left + slot->taken;
    total = total > made->party ? total : made->party;
    unsigned taken = (unsigned)slot->taken + made->places;
    slot->taken = (uint16_t)(taken < UINT16_MAX ? taken : UINT16_MAX);
    slot->left = (uint16_t)(total > taken ? total - taken : 0);
    slot->until_s = later(slot->until_s, until_s);
    return CHL_OK;
}

chl_err account_take(struct engine_codes *codes, const struct engine_record *record)
{
    const struct record_DECISION *made = &record->as.DECISION;
    const uint8_t *key = account_key(made);
    int64_t now_s = record->time_ns / CHL_NS_PER_S;
    chl_err error = count_places(codes, record, key, now_s);
    error = error != CHL_OK ? error : point(codes, made->code, key, now_s);
    for (size_t i = 0; i < made->aliases.count && error == CHL_OK; i++) {
        error = point(codes, made->aliases.keys[i], key, now_s);
    }
    return error;
}

void account_give_back(struct engine_codes *codes, const uint8_t key[ENGINE_CODE], uint16_t unused)
{
    struct engine_code *slot = codes_find(codes, key);
    if (slot != NULL && slot->kind == CODE_MAIN) {
        unsigned left = (unsigned)slot->left + unused;
        slot->left = (uint16_t)(left < UINT16_MAX ? left : UINT16_MAX);
        slot->taken = (uint16_t)(slot->taken > unused ? slot->taken - unused : 0);
    }
}
