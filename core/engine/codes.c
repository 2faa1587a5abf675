/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Table of admitted codes.
 */
#include "core/engine/codes.h"

#include <stdlib.h>
#include <string.h>

static size_t home(const struct engine_codes *codes, const uint8_t key[ENGINE_CODE])
{
    uint64_t hash = 0;
    memcpy(&hash, key, sizeof hash);
    return (size_t)hash & (codes->capacity - 1);
}

static struct engine_code *probe(const struct engine_codes *codes, const uint8_t key[ENGINE_CODE])
{
    size_t at = home(codes, key);
    while (codes->slots[at].kind != CODE_FREE &&
           memcmp(codes->slots[at].key, key, ENGINE_CODE) != 0) {
        at = (at + 1) & (codes->capacity - 1);
    }
    return &codes->slots[at];
}

struct engine_code *codes_find(const struct engine_codes *codes, const uint8_t key[ENGINE_CODE])
{
    if (codes->capacity == 0) {
        return NULL;
    }
    struct engine_code *slot = probe(codes, key);
    return slot->kind != CODE_FREE ? slot : NULL;
}

struct engine_code *codes_main(const struct engine_codes *codes, const uint8_t key[ENGINE_CODE])
{
    struct engine_code *slot = codes_find(codes, key);
    for (int hops = 0; slot != NULL && slot->kind == CODE_ALIAS; hops++) {
        slot = hops < ENGINE_HOPS_MAX ? codes_find(codes, slot->main) : NULL;
    }
    return slot;
}

static bool is_kept(const struct engine_codes *codes, const struct engine_code *slot, int64_t now_s)
{
    const struct engine_code *main_slot =
        slot->kind == CODE_ALIAS ? codes_main(codes, slot->key) : slot;
    return main_slot != NULL && !code_is_over(main_slot, now_s);
}

static bool rebuild(struct engine_codes *codes, int64_t now_s)
{
    struct engine_codes fresh = {.capacity = 1024};
    while (fresh.capacity < 4 * codes->count) {
        fresh.capacity *= 2;
    }
    fresh.slots = calloc(fresh.capacity, sizeof *fresh.slots);
    if (fresh.slots == NULL) {
        return false;
    }
    for (size_t i = 0; i < codes->capacity; i++) {
        struct engine_code *slot = &codes->slots[i];
        if (slot->kind != CODE_FREE && is_kept(codes, slot, now_s)) {
            *probe(&fresh, slot->key) = *slot;
            fresh.count++;
        }
    }
    free(codes->slots);
    *codes = fresh;
    return true;
}

struct engine_code *codes_put(struct engine_codes *codes, const uint8_t key[ENGINE_CODE])
{
    if (2 * codes->count >= codes->capacity &&
        (codes->count >= ENGINE_CODES_MAX || !rebuild(codes, INT64_MIN))) {
        return NULL;
    }
    struct engine_code *slot = probe(codes, key);
    if (slot->kind == CODE_FREE) {
        *slot = (struct engine_code){.kind = CODE_MAIN, .gate = ENGINE_NONE};
        memcpy(slot->key, key, ENGINE_CODE);
        codes->count++;
    }
    return slot;
}

void codes_forget(struct engine_codes *codes, int64_t now_s)
{
    if (codes->count > 0) {
        rebuild(codes, now_s);
    }
}

void codes_free(struct engine_codes *codes)
{
    free(codes->slots);
    *codes = (struct engine_codes){0};
}
