/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The thread of the device: requests in, answers out as its manner says.
 */
#include "trap_device.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "lib/modbus/frame.h"
#include "trap_device_internal.h"

static uint16_t get16(const uint8_t *at)
{
    return (uint16_t)((unsigned)at[0] << 8 | at[1]);
}

static void put16(uint8_t *out, unsigned value)
{
    out[0] = (uint8_t)(value >> 8 & 0xFF);
    out[1] = (uint8_t)(value & 0xFF);
}

static size_t read_bits(const uint8_t *coils, unsigned address, unsigned count, uint8_t *out)
{
    const size_t bytes = (count + 7U) / 8U;
    out[1] = (uint8_t)bytes;
    memset(out + 2, 0, bytes);
    for (unsigned i = 0; i < count; i++) {
        out[2 + i / 8] |= (uint8_t)((coils[address + i] & 1U) << (i % 8));
    }
    return 2 + bytes;
}

static size_t read_words(const uint16_t *words, unsigned address, unsigned count, uint8_t *out)
{
    out[1] = (uint8_t)(2 * count);
    for (unsigned i = 0; i < count; i++) {
        put16(out + 2 + (size_t)2 * i, words[address + i]);
    }
    return 2 + (size_t)2 * count;
}

/** Carry a request out. @return length of the answer's PDU. */
static size_t carry_out(struct trap_device *d, unsigned unit, const uint8_t *pdu, uint8_t *out)
{
    const unsigned address = get16(pdu + 1);
    const unsigned value = get16(pdu + 3);
    const bool bits = pdu[0] == 1 || pdu[0] == 2 || pdu[0] == 5 || pdu[0] == 15;
    const bool many = pdu[0] != 5 && pdu[0] != 6;
    if (address + (many ? value : 1U) > (bits ? DEVICE_COILS : DEVICE_WORDS)) {
        out[0] = (uint8_t)(pdu[0] | 0x80U);
        out[1] = 2;
        return 2;
    }
    out[0] = pdu[0];
    switch (pdu[0]) {
    case 1:
    case 2:
        return read_bits(d->coils[unit], address, value, out);
    case 3:
    case 4:
        return read_words(d->words[unit], address, value, out);
    case 5:
        d->coils[unit][address] = value != 0;
        break;
    case 6:
        d->words[unit][address] = (uint16_t)value;
        break;
    case 15:
        for (unsigned i = 0; i < value; i++) {
            d->coils[unit][address + i] = (uint8_t)((unsigned)pdu[6 + i / 8] >> (i % 8) & 1U);
        }
        break;
    case 16:
        for (unsigned i = 0; i < value; i++) {
            d->words[unit][address + i] = get16(pdu + 6 + (size_t)2 * i);
        }
        break;
    default:
        out[0] |= 0x80U;
        out[1] = 1;
        return 2;
    }
    memcpy(out + 1, pdu + 1, 4);
    return 5;
}

/** Bend the answer as the manner says. @return its length. */
static size_t bend(device_manner manner, uint8_t *pdu, size_t length)
{
    static const uint8_t stale[] = {6, 0, 0x40, 0, 1};
    switch (manner) {
    case DEVICE_ADDRESS:
        pdu[2] ^= 1U;
        break;
    case DEVICE_VALUE:
        pdu[4] ^= 1U;
        break;
    case DEVICE_STALE_FC06:
        memcpy(pdu, stale, sizeof stale);
        return sizeof stale;
    case DEVICE_REFUSE:
        pdu[0] |= 0x80U;
        pdu[1] = 2;
        return 2;
    default:
        break;
    }
    return length;
}

static size_t wrap(const struct trap_device *d, const uint8_t *request, unsigned unit,
                   const uint8_t *pdu, size_t length, uint8_t *out)
{
    if (!d->serial) {
        memcpy(out, request, 4);
        put16(out + 4, (unsigned)length + 1);
        out[6] = (uint8_t)unit;
        memcpy(out + 7, pdu, length);
        return 7 + length;
    }
    out[0] = (uint8_t)unit;
    memcpy(out + 1, pdu, length);
    const uint16_t crc = chl_modbus_crc(out, 1 + length);
    out[1 + length] = (uint8_t)(crc & 0xFFU);
    out[2 + length] = (uint8_t)(crc >> 8);
    return 3 + length;
}

static void put(struct trap_device *d, const uint8_t *bytes, size_t length)
{
    const ssize_t sent =
        d->serial ? write(d->client, bytes, length) : send(d->client, bytes, length, MSG_NOSIGNAL);
    (void)sent;
}

/** The answer up to some byte, that one wrong, then anything. Over TCP nothing sums up what follows
 * the header, so the wrong byte is in it. */
static void send_noise(struct trap_device *d, const uint8_t *bytes, size_t length)
{
    enum { HEADER = 9 };
    uint8_t noise[DEVICE_FRAME + 40];
    const size_t size = 1 + (size_t)rand_r(&d->seed) % sizeof noise;
    const size_t wrong = (size_t)rand_r(&d->seed) % (d->serial ? length : HEADER);
    for (size_t i = 0; i < size; i++) {
        const uint8_t any = (uint8_t)rand_r(&d->seed);
        noise[i] = i < wrong ? bytes[i] : i == wrong ? (uint8_t)(bytes[i] ^ (any | 1U)) : any;
    }
    put(d, noise, size);
}

static void send_answer(struct trap_device *d, device_manner manner, const uint8_t *bytes,
                        size_t length)
{
    const struct timespec pause = {.tv_nsec = (long)d->dribble_ms * 1000000};
    switch (manner) {
    case DEVICE_DRIBBLE:
        for (size_t i = 0; i < length; i++) {
            (void)nanosleep(&pause, NULL);
            put(d, bytes + i, 1);
        }
        break;
    case DEVICE_NOISE:
        send_noise(d, bytes, length);
        break;
    case DEVICE_TORN:
        put(d, bytes, length / 2);
        break;
    case DEVICE_BABBLE:
        put(d, bytes, length);
        put(d, bytes, length);
        break;
    default:
        put(d, bytes, length);
        break;
    }
}

static void note(struct trap_device *d, const uint8_t *frame, size_t length, const uint8_t *pdu,
                 unsigned unit)
{
    struct device_request *at = &d->log[d->requests % DEVICE_LOG];
    *at = (struct device_request){.length = length,
                                  .unit = (uint8_t)unit,
                                  .function = pdu[0],
                                  .address = get16(pdu + 1),
                                  .value = get16(pdu + 3)};
    memcpy(at->frame, frame, length < sizeof at->frame ? length : sizeof at->frame);
    d->requests++;
    (void)pthread_cond_broadcast(&d->changed);
}

static device_manner manner_now(struct trap_device *d, unsigned unit, const uint8_t *pdu)
{
    if (d->manner_unit != 0 && (unsigned)d->manner_unit != unit) {
        return DEVICE_WELL;
    }
    if (d->manner_address < 0) {
        return d->manner;
    }
    if (pdu[0] <= 4 || get16(pdu + 1) != d->manner_address) {
        return DEVICE_WELL;
    }
    const device_manner manner = d->manner;
    d->manner = DEVICE_WELL;
    return manner;
}

/** With the mutex held; lets it go while an answer is held. */
static void handle(struct trap_device *d, const uint8_t *frame, size_t length)
{
    const unsigned unit = frame[d->serial ? 0 : 6];
    const uint8_t *pdu = frame + (d->serial ? 1 : 7);
    const device_manner manner = manner_now(d, unit, pdu);
    uint8_t answer[DEVICE_FRAME] = {0};
    uint8_t out[DEVICE_FRAME] = {0};
    note(d, frame, length, pdu, unit);
    if (unit > DEVICE_UNITS || manner == DEVICE_SILENT) {
        return;
    }
    size_t size = carry_out(d, unit, pdu, answer);
    size = bend(manner, answer, size);
    size = wrap(d, frame, manner == DEVICE_OTHER_UNIT ? unit ^ 1U : unit, answer, size, out);
    out[size - 1] ^= manner == DEVICE_BAD_CRC ? 0x55U : 0U;
    if (manner == DEVICE_VANISH) {
        device_cut(d);
        return;
    }
    d->holding = manner == DEVICE_HOLD;
    (void)pthread_cond_broadcast(&d->changed);
    while (d->holding && !d->release && d->running) {
        (void)pthread_cond_wait(&d->changed, &d->mutex);
    }
    if (unit != 0 || manner == DEVICE_BABBLE) {
        send_answer(d, manner, out, size);
    }
    d->holding = false;
    d->release = false;
    (void)pthread_cond_broadcast(&d->changed);
}

/** @return length of the first request in the buffer, 0 = not whole yet. */
static size_t whole(const struct trap_device *d, const uint8_t *bytes, size_t length)
{
    size_t need = 8;
    if (!d->serial) {
        need = length < 6 ? 6 : 6 + (size_t)get16(bytes + 4);
        need = need < 12 ? 12 : need;
    } else if (length >= 7 && (bytes[1] == 15 || bytes[1] == 16)) {
        need = 9 + (size_t)bytes[6];
    }
    return length >= need ? need : 0;
}

static void take(struct trap_device *d, uint8_t *bytes, size_t *length)
{
    const ssize_t got = read(d->client, bytes + *length, DEVICE_FRAME - *length);
    if (got <= 0) {
        if (d->held_slave < 0 && !(got < 0 && errno == EAGAIN)) {
            (void)close(d->client);
            d->client = -1;
        }
        *length = 0;
        return;
    }
    *length += (size_t)got;
    for (size_t size = whole(d, bytes, *length); size > 0; size = whole(d, bytes, *length)) {
        uint8_t frame[DEVICE_FRAME];
        memcpy(frame, bytes, size);
        *length -= size;
        memmove(bytes, bytes + size, *length);
        handle(d, frame, size);
    }
    *length = *length >= DEVICE_FRAME ? 0 : *length;
}

void *device_run(void *argument)
{
    struct trap_device *d = argument;
    uint8_t bytes[DEVICE_FRAME];
    size_t length = 0;
    (void)pthread_mutex_lock(&d->mutex);
    while (d->running) {
        struct pollfd ends[] = {{.fd = d->stop_fd, .events = POLLIN},
                                {.fd = d->client < 0 ? d->listener : -1, .events = POLLIN},
                                {.fd = d->client, .events = POLLIN}};
        (void)pthread_mutex_unlock(&d->mutex);
        (void)poll(ends, 3, -1);
        (void)pthread_mutex_lock(&d->mutex);
        if (ends[0].revents != 0) {
            uint64_t woken = 0;
            (void)!read(d->stop_fd, &woken, sizeof woken);
            length = 0;
        } else if (ends[2].revents != 0 && d->client >= 0) {
            take(d, bytes, &length);
        } else if (ends[1].revents != 0 && d->listener >= 0) {
            d->client = accept4(d->listener, NULL, NULL, SOCK_CLOEXEC);
            length = 0;
        }
    }
    (void)pthread_mutex_unlock(&d->mutex);
    return NULL;
}
