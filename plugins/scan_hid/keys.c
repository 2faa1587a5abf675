/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The table of keys, and the states that change what a key means.
 */
#include "keys.h"

#include <stddef.h>
#include <string.h>

enum { RELEASED = 0, PRESSED = 1, ALT_DIGITS_MAX = 5 };

/** Bytes of a key alone and with Shift, US layout. 0 = none. */
static const struct {
    uint8_t plain, shifted;
} table[KEY_CNT] = {
    [KEY_1] = {'1', '!'},
    [KEY_2] = {'2', '@'},
    [KEY_3] = {'3', '#'},
    [KEY_4] = {'4', '$'},
    [KEY_5] = {'5', '%'},
    [KEY_6] = {'6', '^'},
    [KEY_7] = {'7', '&'},
    [KEY_8] = {'8', '*'},
    [KEY_9] = {'9', '('},
    [KEY_0] = {'0', ')'},
    [KEY_MINUS] = {'-', '_'},
    [KEY_EQUAL] = {'=', '+'},
    [KEY_Q] = {'q', 'Q'},
    [KEY_W] = {'w', 'W'},
    [KEY_E] = {'e', 'E'},
    [KEY_R] = {'r', 'R'},
    [KEY_T] = {'t', 'T'},
    [KEY_Y] = {'y', 'Y'},
    [KEY_U] = {'u', 'U'},
    [KEY_I] = {'i', 'I'},
    [KEY_O] = {'o', 'O'},
    [KEY_P] = {'p', 'P'},
    [KEY_LEFTBRACE] = {'[', '{'},
    [KEY_RIGHTBRACE] = {']', '}'},
    [KEY_A] = {'a', 'A'},
    [KEY_S] = {'s', 'S'},
    [KEY_D] = {'d', 'D'},
    [KEY_F] = {'f', 'F'},
    [KEY_G] = {'g', 'G'},
    [KEY_H] = {'h', 'H'},
    [KEY_J] = {'j', 'J'},
    [KEY_K] = {'k', 'K'},
    [KEY_L] = {'l', 'L'},
    [KEY_SEMICOLON] = {';', ':'},
    [KEY_APOSTROPHE] = {'\'', '"'},
    [KEY_GRAVE] = {'`', '~'},
    [KEY_BACKSLASH] = {'\\', '|'},
    [KEY_Z] = {'z', 'Z'},
    [KEY_X] = {'x', 'X'},
    [KEY_C] = {'c', 'C'},
    [KEY_V] = {'v', 'V'},
    [KEY_B] = {'b', 'B'},
    [KEY_N] = {'n', 'N'},
    [KEY_M] = {'m', 'M'},
    [KEY_COMMA] = {',', '<'},
    [KEY_DOT] = {'.', '>'},
    [KEY_SLASH] = {'/', '?'},
    [KEY_SPACE] = {' ', ' '},
    /* Scanners that use the keypad mean its digits, whatever the lamp says. */
    [KEY_KP0] = {'0', '0'},
    [KEY_KP1] = {'1', '1'},
    [KEY_KP2] = {'2', '2'},
    [KEY_KP3] = {'3', '3'},
    [KEY_KP4] = {'4', '4'},
    [KEY_KP5] = {'5', '5'},
    [KEY_KP6] = {'6', '6'},
    [KEY_KP7] = {'7', '7'},
    [KEY_KP8] = {'8', '8'},
    [KEY_KP9] = {'9', '9'},
    [KEY_KPDOT] = {'.', '.'},
    [KEY_KPPLUS] = {'+', '+'},
    [KEY_KPMINUS] = {'-', '-'},
    [KEY_KPASTERISK] = {'*', '*'},
    [KEY_KPSLASH] = {'/', '/'},
    [KEY_KPEQUAL] = {'=', '='},
};

static bool is_letter(uint8_t byte)
{
    return byte >= 'a' && byte <= 'z';
}

/** Where a key that is only held down keeps its state, NULL for all others. */
static bool *held(struct keys *keys, uint16_t code)
{
    switch (code) {
    case KEY_LEFTSHIFT:
        return &keys->left_shift;
    case KEY_RIGHTSHIFT:
        return &keys->right_shift;
    case KEY_LEFTCTRL:
        return &keys->left_control;
    case KEY_RIGHTCTRL:
        return &keys->right_control;
    case KEY_LEFTALT:
        return &keys->left_alt;
    case KEY_RIGHTALT:
        return &keys->right_alt;
    case KEY_LEFTMETA:
    case KEY_RIGHTMETA:
        return &keys->meta;
    default:
        return NULL;
    }
}

static enum keys_meaning type(struct keys *keys, uint8_t byte)
{
    if (byte == '\r' || byte == '\n' || byte == '\t') {
        return KEYS_END;
    }
    keys->byte = byte;
    return KEYS_BYTE;
}

/** Alt was let go: scanners type what their layout has not by its number. What the number means
 * above ASCII depends on a code page that only the other system knew. */
static enum keys_meaning end_number(struct keys *keys)
{
    uint8_t digits = keys->digits;
    uint16_t number = keys->number;
    keys->digits = 0;
    keys->number = 0;
    if (digits == 0) {
        return KEYS_NOTHING;
    }
    return number > 0 && number < 0x7F ? type(keys, (uint8_t)number) : KEYS_STRANGE;
}

static enum keys_meaning add_digit(struct keys *keys, uint8_t byte)
{
    if (byte < '0' || byte > '9' || keys->digits >= ALT_DIGITS_MAX ||
        keys->number > UINT16_MAX / 16) {
        keys->digits = ALT_DIGITS_MAX;
        keys->number = UINT16_MAX; /* no character, once Alt is let go */
        return KEYS_NOTHING;
    }
    keys->digits++;
    keys->number = (uint16_t)(keys->number * 10 + (byte - '0'));
    return KEYS_NOTHING;
}

/** Control and a letter or one of `[\]`: the control character, as scanners type FS and GS. */
static enum keys_meaning control(struct keys *keys, uint8_t plain)
{
    if (is_letter(plain)) {
        return type(keys, (uint8_t)(plain - 'a' + 1));
    }
    if (plain == '[' || plain == '\\' || plain == ']') {
        return type(keys, (uint8_t)(plain - '[' + 0x1B));
    }
    return KEYS_STRANGE;
}

static enum keys_meaning press(struct keys *keys, uint16_t code)
{
    switch (code) {
    case KEY_ENTER:
    case KEY_KPENTER:
    case KEY_TAB:
        return KEYS_END;
    case KEY_CAPSLOCK:
        keys->caps = !keys->caps;
        return KEYS_NOTHING;
    case KEY_NUMLOCK:
    case KEY_SCROLLLOCK:
        return KEYS_NOTHING;
    default:
        break;
    }
    if (code > KEY_COMPOSE || (code >= KEY_MUTE && code <= KEY_POWER)) {
        return KEYS_NOTHING; /* buttons for sound, light and windows are no part of any text */
    }
    uint8_t plain = table[code].plain;
    if (keys->left_alt) {
        return add_digit(keys, plain);
    }
    if (plain == 0 || keys->right_alt || keys->meta) {
        return KEYS_STRANGE;
    }
    if (keys->left_control || keys->right_control) {
        return control(keys, plain);
    }
    bool shift = keys->left_shift || keys->right_shift;
    bool upper = is_letter(plain) ? shift != keys->caps : shift;
    return type(keys, upper ? table[code].shifted : plain);
}

enum keys_meaning keys_take(struct keys *keys, const struct input_event *event)
{
    if (event->type == EV_SYN) {
        bool lost = event->code == SYN_DROPPED;
        keys->dropping = lost || (keys->dropping && event->code != SYN_REPORT);
        if (lost) {
            keys_release(keys);
        }
        return lost ? KEYS_LOST : KEYS_NOTHING;
    }
    /* Repeats (value 2) are the kernel's: a scanner presses a key anew for each character. */
    if (event->type != EV_KEY || keys->dropping ||
        (event->value != PRESSED && event->value != RELEASED)) {
        return KEYS_NOTHING;
    }
    bool *state = held(keys, event->code);
    if (state == NULL) {
        return event->value == PRESSED ? press(keys, event->code) : KEYS_NOTHING;
    }
    *state = event->value == PRESSED;
    return event->code == KEY_LEFTALT && event->value == RELEASED ? end_number(keys) : KEYS_NOTHING;
}

void keys_release(struct keys *keys)
{
    bool caps = keys->caps;
    bool dropping = keys->dropping;
    memset(keys, 0, sizeof *keys);
    keys->caps = caps;
    keys->dropping = dropping;
}
