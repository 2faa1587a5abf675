/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Gathers strokes into codes; one with a stroke that is no character is never passed on.
 */
#include "typed.h"

static const struct chl_scanline_format until_enter = {.suffix_length = 1, .suffix = {'\n'}};

/** What chl_scanline_feed() hands the code back through. */
struct passing {
    const struct typed *typed;
    typed_visit *visit;
    void *user;
    bool passed;
};

static void pass(void *user, const uint8_t *bytes, size_t length)
{
    struct passing *passing = user;
    enum typed_state state = TYPED_WHOLE;
    if (bytes == NULL || passing->typed->lost) {
        state = TYPED_BROKEN;
    } else if (passing->typed->strange || chl_scanline_is_mangled(bytes, length)) {
        state = TYPED_MANGLED;
    }
    bool whole = state == TYPED_WHOLE;
    passing->passed = true;
    passing->visit(passing->user, state, whole ? bytes : NULL, whole ? length : 0);
}

void typed_init(struct typed *typed)
{
    *typed = (struct typed){.strange = false};
    chl_scanline_init(&typed->line, &until_enter);
}

static void finish(struct typed *typed, typed_visit *visit, void *user)
{
    struct passing passing = {.typed = typed, .visit = visit, .user = user};
    chl_scanline_end(&typed->line, pass, &passing);
    if (!passing.passed && (typed->strange || typed->lost)) {
        /* Nothing that could be read was among the strokes. */
        visit(user, typed->lost ? TYPED_BROKEN : TYPED_MANGLED, NULL, 0);
    }
    typed->strange = false;
    typed->lost = false;
}

void typed_take(struct typed *typed, const struct input_event *event, typed_visit *visit,
                void *user)
{
    struct passing unused = {.typed = typed, .visit = visit, .user = user};
    switch (keys_take(&typed->keys, event)) {
    case KEYS_BYTE:
        chl_scanline_feed(&typed->line, &typed->keys.byte, 1, pass, &unused);
        break;
    case KEYS_END:
        finish(typed, visit, user);
        break;
    case KEYS_STRANGE:
        typed->strange = true;
        break;
    case KEYS_LOST:
        typed->lost = true;
        break;
    case KEYS_NOTHING:
        break;
    }
}

void typed_end(struct typed *typed, typed_visit *visit, void *user)
{
    finish(typed, visit, user);
}

bool typed_reset(struct typed *typed, bool caps)
{
    bool open = typed_is_open(typed);
    (void)chl_scanline_drop(&typed->line);
    keys_release(&typed->keys);
    typed->keys.caps = caps;
    typed->keys.dropping = false;
    typed->strange = false;
    typed->lost = false;
    return open;
}

bool typed_is_open(const struct typed *typed)
{
    return chl_scanline_is_open(&typed->line) || typed->strange || typed->lost;
}
