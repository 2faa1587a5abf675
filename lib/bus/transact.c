/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief One transaction: a quiet line, our bytes, libmodbus' frame, compared.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/time.h"
#include "lib/bus/internal.h"
#include "lib/modbus/frame.h"

enum { QUIET_MAX_MS = 250, SEND_MAX_MS = 1000, RESPONSE_MIN_US = 1000 };

static void fail(struct chl_modbus_answer *answer, chl_modbus_status status, const char *what)
{
    answer->status = status;
    (void)snprintf(answer->text, sizeof answer->text, "%s", what);
}

static void sleep_until(int64_t at_ns)
{
    const struct timespec at = {.tv_sec = (time_t)(at_ns / CHL_NS_PER_S),
                                .tv_nsec = (long)(at_ns % CHL_NS_PER_S)};
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL) == EINTR) {
    }
}

/** Anything that can be read before we asked is not an answer to us. A read is not worth the call:
 * a foreign answer does not fit its transaction number, and a closed link shows when it is sent. */
static bool is_quiet_tcp(const struct chl_bus *bus, const struct chl_modbus_request *request,
                         struct chl_modbus_answer *answer)
{
    struct pollfd early = {.fd = bus->fd, .events = POLLIN};
    if (bus->spoilt) {
        fail(answer, CHL_MODBUS_UNSENT, "an answer is still owed; expected a new connection first");
        return false;
    }
    if (chl_modbus_writes(request) && poll(&early, 1, 0) > 0) {
        fail(answer, CHL_MODBUS_UNSENT, "the device closed the link or spoke unasked");
        return false;
    }
    return true;
}

/** Keep the pause that the line's speed asks for; drop what speaks unasked meanwhile. */
static bool wait_for_quiet(struct chl_bus *bus, struct chl_modbus_answer *answer)
{
    const int64_t gap_ns = bus_line_gap_ns(&bus->line);
    if (bus->settled_ns != 0) {
        sleep_until(bus->settled_ns);
        chl_bus_flush(bus);
    }
    const int64_t until_ns = chl_mono_ns() + QUIET_MAX_MS * CHL_NS_PER_MS;
    for (;;) {
        size_t noise = 0;
        sleep_until(bus->last_byte_ns + gap_ns);
        if (!bus_discard(bus, &noise)) {
            fail(answer, CHL_MODBUS_UNSENT, "the serial line is gone");
            return false;
        }
        if (noise == 0) {
            return true;
        }
        if (chl_mono_ns() >= until_ns) {
            fail(answer, CHL_MODBUS_UNSENT,
                 "expected a quiet line, somebody else speaks all the time");
            return false;
        }
    }
}

/** @return bytes that left, or −1. */
static ssize_t send_some(const struct chl_bus *bus, const uint8_t *bytes, size_t length)
{
    return bus->address.kind == BUS_RTU ? write(bus->fd, bytes, length)
                                        : send(bus->fd, bytes, length, MSG_NOSIGNAL);
}

static bool send_all(struct chl_bus *bus, const uint8_t *frame, size_t length,
                     struct chl_modbus_answer *answer)
{
    const int64_t until_ns = chl_mono_ns() + SEND_MAX_MS * CHL_NS_PER_MS;
    size_t sent = 0;
    bus_capture_frame(bus->capture, '>', frame, length);
    while (sent < length) {
        const ssize_t some = send_some(bus, frame + sent, length - sent);
        if (some > 0) {
            sent += (size_t)some;
            continue;
        }
        struct pollfd room = {.fd = bus->fd, .events = POLLOUT};
        const bool full = some < 0 && (errno == EAGAIN || errno == EINTR);
        /* A socket without room holds requests that the device never took: it is dead. */
        const bool wait = full && bus->address.kind == BUS_RTU && chl_mono_ns() < until_ns;
        if (!wait || poll(&room, 1, SEND_MAX_MS) < 0) {
            fail(answer, sent == 0 ? CHL_MODBUS_UNSENT : CHL_MODBUS_LOST,
                 "the link took no request");
            return false;
        }
    }
    return true;
}

/** The last look before the wire: the line may have been waited for. */
static bool is_stale(const struct chl_modbus_request *request)
{
    return (request->not_after_ns != 0 && chl_mono_ns() >= request->not_after_ns) ||
           (request->newest != NULL && atomic_load(request->newest) > request->generation);
}

static bool send_request(struct chl_bus *bus, const struct chl_modbus_request *request,
                         struct chl_modbus_answer *answer)
{
    uint8_t frame[CHL_MODBUS_REQUEST_MAX];
    const bool serial = chl_bus_is_serial(bus);
    const size_t length = serial ? chl_modbus_rtu_build(request, frame)
                                 : chl_modbus_tcp_build(request, ++bus->transaction, frame);
    if (length == 0 || request->unit > UINT8_MAX ||
        (request->unit == 0 && !chl_modbus_writes(request))) {
        fail(answer, CHL_MODBUS_UNSENT,
             "expected FC01-06, 15 or 16 with a count in range, a broadcast to write");
        return false;
    }
    if (is_stale(request)) {
        fail(answer, CHL_MODBUS_STALE, "past its deadline or superseded");
        return false;
    }
    if (!send_all(bus, frame, length, answer)) {
        return false;
    }
    bus->last_byte_ns = chl_mono_ns() + chl_bus_frame_ns(bus, length);
    return true;
}

/** Nobody answers a broadcast; who does all the same is not heard. */
static void turn_around(struct chl_bus *bus, const struct chl_modbus_request *request,
                        struct chl_modbus_answer *answer)
{
    const int64_t sent_ns = chl_bus_is_serial(bus) ? bus->last_byte_ns : chl_mono_ns();
    sleep_until(sent_ns + request->response_ns);
    if (bus_discard(bus, NULL)) {
        answer->status = CHL_MODBUS_OK;
    } else {
        fail(answer, CHL_MODBUS_LOST, "the link broke after the broadcast");
    }
}

static void set_timeout(struct chl_bus *bus, const struct chl_modbus_request *request)
{
    const int64_t now = chl_mono_ns();
    int64_t wait_ns = request->response_ns;
    if (chl_bus_is_serial(bus)) {
        wait_ns += bus->last_byte_ns > now ? bus->last_byte_ns - now : 0;
        wait_ns += chl_bus_frame_ns(bus, 3 + chl_modbus_pdu_expected(request));
    }
    const int64_t us = wait_ns / 1000 > RESPONSE_MIN_US ? wait_ns / 1000 : RESPONSE_MIN_US;
    (void)modbus_set_response_timeout(bus->context, (uint32_t)(us / 1000000),
                                      (uint32_t)(us % 1000000));
}

static void judge(struct chl_bus *bus, const struct chl_modbus_request *request,
                  const uint8_t *frame, int length, struct chl_modbus_answer *answer)
{
    if (length > 0) {
        bus_capture_frame(bus->capture, '<', frame, (size_t)length);
        if (chl_bus_is_serial(bus)) {
            chl_modbus_rtu_check(request, frame, (size_t)length, answer);
        } else {
            chl_modbus_tcp_check(request, bus->transaction, frame, (size_t)length, answer);
        }
    } else if (length == 0) {
        /* libmodbus leaves frames of other units aside. */
        answer->status = CHL_MODBUS_BAD;
        (void)snprintf(answer->text, sizeof answer->text, "answer's unit: expected %u, got %u",
                       request->unit, frame[0]);
    } else if (errno == ETIMEDOUT) {
        fail(answer, CHL_MODBUS_TIMEOUT, "no whole answer in time");
    } else if (errno == EMBBADCRC) {
        fail(answer, CHL_MODBUS_BAD, "answer's checksum: expected one that fits, it does not");
    } else if (errno >= MODBUS_ENOBASE) {
        fail(answer, CHL_MODBUS_BAD, "an answer that is no Modbus frame");
    } else {
        fail(answer, CHL_MODBUS_LOST,
             bus->address.kind == BUS_RTU ? "the serial line is gone"
                                          : "the device closed the link");
    }
}

static void receive_answer(struct chl_bus *bus, const struct chl_modbus_request *request,
                           struct chl_modbus_answer *answer)
{
    uint8_t frame[CHL_MODBUS_TCP_MAX] = {0};
    const int64_t asked_ns = bus->last_byte_ns;
    set_timeout(bus, request);
    (void)modbus_set_slave(bus->context, request->unit);
    errno = 0;
    const int length = modbus_receive_confirmation(bus->context, frame);
    judge(bus, request, frame, length, answer);
    const int64_t now = chl_mono_ns();
    if (length >= 0) {
        bus->last_byte_ns = now;
    }
    if (answer->status == CHL_MODBUS_TIMEOUT || answer->status == CHL_MODBUS_BAD) {
        bus->spoilt = true;
        /* The device's longest delay counts from the question; its answer takes its time after
         * that. */
        const int64_t settled_ns = asked_ns + bus->delay_max_ns +
                                   chl_bus_frame_ns(bus, 3 + chl_modbus_pdu_expected(request));
        bus->settled_ns = settled_ns > now ? settled_ns : now;
    }
}

static void transact(struct chl_bus *bus, const struct chl_modbus_request *request,
                     struct chl_modbus_answer *answer)
{
    if (bus->fd < 0) {
        fail(answer, CHL_MODBUS_UNSENT, "not connected");
    } else if ((chl_bus_is_serial(bus) ? wait_for_quiet(bus, answer)
                                       : is_quiet_tcp(bus, request, answer)) &&
               send_request(bus, request, answer)) {
        if (request->unit == 0) {
            turn_around(bus, request, answer);
        } else {
            receive_answer(bus, request, answer);
        }
    }
    if (answer->status >= CHL_MODBUS_TIMEOUT) {
        bus_capture_note(bus->capture, answer->text);
    }
}

void chl_bus_transact(struct chl_bus *bus, const struct chl_modbus_request *request,
                      struct chl_modbus_answer *answer)
{
    answer->exception = 0;
    answer->text[0] = '\0';
    if (atomic_flag_test_and_set(&bus->taken)) {
        fail(answer, CHL_MODBUS_UNSENT, "expected one thread at a time, another one is asking");
        return;
    }
    transact(bus, request, answer);
    atomic_flag_clear(&bus->taken);
}
