/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief A run on a real bus: does what it is told, until it is done.
 */
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/firmware.h"
#include "cli/firmware_words.h"
#include "lib/base/time.h"
#include "lib/bus/bus.h"

enum { OPEN_MS = 5000, SERIAL_PREFIX = 6 };

struct firmware_link {
    struct chl_bus_settings settings;
    struct chl_bus *bus;
    struct chl_firmware *run;
    bool english, tells; /**< tells: somebody looks at stderr */
};

/** Set by a signal: what is under way is brought to its end, nothing new is begun. */
static volatile sig_atomic_t stop_asked;

static void on_signal(int number)
{
    (void)number;
    stop_asked = 1;
}

static void catch_signals(bool on)
{
    static struct sigaction before[2];
    static const int numbers[] = {SIGINT, SIGTERM};
    struct sigaction action = {.sa_handler = on_signal};
    for (size_t i = 0; i < 2; i++) {
        (void)sigaction(numbers[i], on ? &action : &before[i], on ? &before[i] : NULL);
    }
}

int firmware_open(const struct firmware_options *options, const struct firmware_unit *unit,
                  struct firmware_link **out)
{
    char why[FIRMWARE_WHY] = "out of memory";
    const struct firmware_line *line = &unit->line;
    struct firmware_link *link = calloc(1, sizeof *link);
    chl_err error = link != NULL ? CHL_OK : CHL_E_NOMEM;
    if (error == CHL_OK) {
        link->settings =
            (struct chl_bus_settings){.address = line->address,
                                      .baud = line->baud,
                                      .parity = line->parity,
                                      .stop_bits = line->stop_bits,
                                      .delay_max_ns = unit->profile->delay_max_ms * CHL_NS_PER_MS,
                                      .capture = options->capture};
        error = chl_bus_new(&link->settings, &link->bus, why, sizeof why);
    }
    if (error == CHL_OK) {
        const bool own_line = strncmp(line->address, "rtu://", SERIAL_PREFIX) == 0;
        const struct chl_firmware_target target = {.unit = unit->unit,
                                                   .profile = unit->profile,
                                                   .use_count = unit->use_count,
                                                   .uses = unit->uses,
                                                   .serial = chl_bus_is_serial(link->bus),
                                                   .baud = own_line ? line->baud : 0,
                                                   .listed = unit->listed,
                                                   .address_count = unit->address_count,
                                                   .addresses = unit->addresses,
                                                   .response_ns = line->response_ns,
                                                   .return_ns = options->return_ns};
        link->english = options->english;
        link->tells = isatty(STDERR_FILENO) != 0;
        error = chl_firmware_new(&target, &link->run);
    }
    if (error != CHL_OK) {
        (void)fprintf(stderr, "%s: %s\n", options->program, why);
        firmware_close(link);
        return CLI_FAILED;
    }
    *out = link;
    return CLI_OK;
}

void firmware_close(struct firmware_link *link)
{
    if (link != NULL) {
        chl_firmware_free(link->run);
        chl_bus_free(link->bus);
        free(link);
    }
}

struct chl_firmware *firmware_run(struct firmware_link *link)
{
    return link->run;
}

/** Open the link, at another speed when that differs. */
static void renew(struct firmware_link *link, const struct chl_firmware_step *step)
{
    static const atomic_bool go_on = false;
    char why[FIRMWARE_WHY] = "out of memory";
    chl_err error = CHL_OK;
    if (step->action == CHL_FIRMWARE_SPEED) {
        chl_bus_free(link->bus); /* a line has one owner: first the old one goes */
        link->bus = NULL;
        link->settings.baud = step->baud;
        error = chl_bus_new(&link->settings, &link->bus, why, sizeof why);
    } else if (link->bus == NULL) {
        error = CHL_E_NOMEM;
    }
    if (error == CHL_OK) {
        error = chl_bus_open(link->bus, OPEN_MS * CHL_NS_PER_MS, &go_on, why, sizeof why);
    }
    chl_firmware_renewed(link->run, chl_mono_ns(), error == CHL_OK, why);
}

/** Asking 247 silent addresses takes a minute: whoever waits sees that it goes on. */
static void tell_probe(const struct firmware_link *link, const struct chl_firmware_step *step)
{
    char at[24];
    char of[24];
    char text[FIRMWARE_WHY];
    if (link->tells) {
        (void)snprintf(at, sizeof at, "%zu", step->probe);
        (void)snprintf(of, sizeof of, "%zu", step->probes);
        firmware_say(text, sizeof text, link->english, WORD_PROBING, at, of, NULL);
        (void)fprintf(stderr, "  %s%s", text, step->probe < step->probes ? "\r" : "\n");
    }
}

static void ask(struct firmware_link *link, const struct chl_firmware_step *step)
{
    struct chl_modbus_answer answer = {.status = CHL_MODBUS_UNSENT};
    if (step->probe > 0) {
        tell_probe(link, step);
    }
    if (link->bus != NULL) {
        if (step->probe > 0 && chl_bus_is_serial(link->bus)) {
            chl_bus_flush(link->bus);
        }
        chl_bus_transact(link->bus, &step->request, &answer);
    }
    chl_firmware_answered(link->run, chl_mono_ns(), &answer);
}

static void wait_until(int64_t wake_ns)
{
    const struct timespec until = {.tv_sec = (time_t)(wake_ns / CHL_NS_PER_S),
                                   .tv_nsec = (long)(wake_ns % CHL_NS_PER_S)};
    (void)clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
}

void firmware_drive(struct firmware_link *link)
{
    struct chl_firmware_step step = {.action = CHL_FIRMWARE_WAIT};
    stop_asked = 0;
    catch_signals(true);
    while (step.action != CHL_FIRMWARE_DONE) {
        if (stop_asked != 0) {
            chl_firmware_cancel(link->run);
        }
        chl_firmware_next(link->run, chl_mono_ns(), &step);
        switch (step.action) {
        case CHL_FIRMWARE_WAIT:
            wait_until(step.wake_ns);
            break;
        case CHL_FIRMWARE_ASK:
            ask(link, &step);
            break;
        case CHL_FIRMWARE_RENEW:
        case CHL_FIRMWARE_SPEED:
            renew(link, &step);
            break;
        case CHL_FIRMWARE_DONE:
            break;
        }
    }
    catch_signals(false);
}
