/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief A Modbus TCP controller with eight units that misbehaves when it is told to.
 *
 *  Prints `PORT <n>`, then obeys lines on standard input and answers each with one line:
 *
 *      get UNIT REGISTER            its value
 *      set UNIT REGISTER VALUE      ok
 *      writes UNIT                  how many writes were carried out
 *      wrote UNIT REGISTER          how many of them began at this register
 *      manner UNIT NAME [MS]        ok; NAME as in `manners`
 *      drop                         ok; closes every connection
 *      listen on|off                ok; takes connections, or refuses them
 *
 *  It knows FC03 and FC16 only, as the turnstile does. It ends with its standard input. Its
 * argument is the port to listen on, any free one when there is none.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <modbus.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { UNITS = 8, WORDS = 0x3100, CLIENTS = 16, LINE = 128, HEADER = 7 };

typedef enum { WELL, SILENT, DEAF, SLOW, TID, ECHO_ADDRESS, CLOSE, BABBLE, MANNERS } manner;

static const char *const manners[MANNERS] = {
    [WELL] = "well",         /* answers */
    [SILENT] = "silent",     /* neither acts nor answers */
    [DEAF] = "deaf",         /* acts, the answer is lost */
    [SLOW] = "slow",         /* acts and answers after MS */
    [TID] = "tid",           /* acts, answers with another transaction */
    [ECHO_ADDRESS] = "echo", /* acts, acknowledges another register */
    [CLOSE] = "close",       /* closes the connection instead */
    [BABBLE] = "babble",     /* acts, answers twice */
};

struct unit {
    modbus_mapping_t *map;
    manner manner;
    int slow_ms;
    unsigned writes;
    unsigned wrote[WORDS];
};

struct peer {
    modbus_t *context;
    struct unit units[UNITS + 1];
    int listener, port;
    int clients[CLIENTS];
};

static void pause_ms(int ms)
{
    const struct timespec time = {.tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000};
    (void)nanosleep(&time, NULL);
}

static bool listen_on(struct peer *peer)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)peer->port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    const int on = 1;
    peer->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    (void)setsockopt(peer->listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (peer->listener < 0 ||
        bind(peer->listener, (struct sockaddr *)&address, sizeof address) != 0 ||
        listen(peer->listener, CLIENTS) != 0 ||
        getsockname(peer->listener, (struct sockaddr *)&address, &size) != 0) {
        return false;
    }
    peer->port = ntohs(address.sin_port);
    return true;
}

static int dropped(int fd)
{
    if (fd >= 0) {
        (void)close(fd);
    }
    return -1;
}

static void answer_other_address(struct peer *peer, const uint8_t *query)
{
    uint8_t frame[12];
    memcpy(frame, query, sizeof frame);
    frame[4] = 0;
    frame[5] = 6;
    frame[9] ^= 1;
    const ssize_t sent = send(modbus_get_socket(peer->context), frame, sizeof frame, MSG_NOSIGNAL);
    (void)sent;
}

/** Carry out a request without an answer. */
static void act_only(struct unit *unit, const uint8_t *query)
{
    const unsigned address = (unsigned)query[8] << 8 | query[9];
    const unsigned count = (unsigned)query[10] << 8 | query[11];
    for (unsigned i = 0; query[HEADER] == 0x10 && i < count && address + i < WORDS; i++) {
        const uint8_t *word = query + 13 + (size_t)2 * i;
        unit->map->tab_registers[address + i] = (uint16_t)((unsigned)word[0] << 8 | word[1]);
    }
}

static void answer(struct peer *peer, struct unit *unit, uint8_t *query, int length)
{
    const bool is_write = query[HEADER] == 0x10;
    if (!is_write && query[HEADER] != 0x03) {
        (void)modbus_reply_exception(peer->context, query, MODBUS_EXCEPTION_ILLEGAL_FUNCTION);
        return;
    }
    unit->writes += is_write && unit->manner != SILENT;
    const unsigned address = (unsigned)query[8] << 8 | query[9];
    if (is_write && unit->manner != SILENT && address < WORDS) {
        unit->wrote[address]++;
    }
    switch (unit->manner) {
    case SLOW:
        pause_ms(unit->slow_ms);
        break;
    case TID:
        query[1] ^= 1;
        break;
    case DEAF:
        act_only(unit, query);
        return;
    case ECHO_ADDRESS:
        if (is_write) {
            act_only(unit, query);
            answer_other_address(peer, query);
            return;
        }
        break;
    case BABBLE:
        (void)modbus_reply(peer->context, query, length, unit->map);
        break;
    default:
        break;
    }
    (void)modbus_reply(peer->context, query, length, unit->map);
}

static void serve(struct peer *peer, int *client)
{
    uint8_t query[MODBUS_TCP_MAX_ADU_LENGTH];
    (void)modbus_set_socket(peer->context, *client);
    const int length = modbus_receive(peer->context, query);
    if (length < 0) {
        *client = dropped(*client);
        return;
    }
    struct unit *unit = query[6] >= 1 && query[6] <= UNITS ? &peer->units[query[6]] : NULL;
    if (length < 12 || unit == NULL || unit->manner == SILENT) {
        return;
    }
    if (unit->manner == CLOSE) {
        *client = dropped(*client);
        return;
    }
    answer(peer, unit, query, length);
}

static bool set_manner(struct unit *unit, const char *name, int ms)
{
    for (int i = 0; i < MANNERS; i++) {
        if (strcmp(manners[i], name) == 0) {
            unit->manner = (manner)i;
            unit->slow_ms = ms;
            return true;
        }
    }
    return false;
}

static void set_listening(struct peer *peer, bool on)
{
    if (on && peer->listener < 0) {
        (void)listen_on(peer);
    } else if (!on && peer->listener >= 0) {
        peer->listener = dropped(peer->listener);
    }
}

static void obey(struct peer *peer, char *line)
{
    char *save = NULL;
    char *words[4] = {NULL};
    size_t count = 0;
    for (char *word = strtok_r(line, " \n", &save); word != NULL && count < 4;
         word = strtok_r(NULL, " \n", &save)) {
        words[count++] = word;
    }
    const char *verb = count > 0 ? words[0] : "";
    const long number = count > 1 ? strtol(words[1], NULL, 0) : 0;
    const bool has_unit = number >= 1 && number <= UNITS;
    struct unit *unit = &peer->units[has_unit ? number : 0];
    const long at = count > 2 ? strtol(words[2], NULL, 0) : 0;
    const long value = count > 3 ? strtol(words[3], NULL, 0) : 0;
    if (strcmp(verb, "get") == 0 && has_unit && at >= 0 && at < WORDS) {
        (void)printf("%u\n", unit->map->tab_registers[at]);
    } else if (strcmp(verb, "set") == 0 && has_unit && at >= 0 && at < WORDS) {
        unit->map->tab_registers[at] = (uint16_t)value;
        (void)puts("ok");
    } else if (strcmp(verb, "writes") == 0 && has_unit) {
        (void)printf("%u\n", unit->writes);
    } else if (strcmp(verb, "wrote") == 0 && has_unit && at >= 0 && at < WORDS) {
        (void)printf("%u\n", unit->wrote[at]);
    } else if (strcmp(verb, "manner") == 0 && has_unit && count > 2) {
        (void)puts(set_manner(unit, words[2], (int)value) ? "ok" : "unknown manner");
    } else if (strcmp(verb, "drop") == 0) {
        for (size_t i = 0; i < CLIENTS; i++) {
            peer->clients[i] = dropped(peer->clients[i]);
        }
        (void)puts("ok");
    } else if (strcmp(verb, "listen") == 0 && count > 1) {
        set_listening(peer, strcmp(words[1], "on") == 0);
        (void)puts("ok");
    } else {
        (void)puts("unknown");
    }
}

static void take_client(struct peer *peer)
{
    const int fd = accept4(peer->listener, NULL, NULL, SOCK_CLOEXEC);
    const int on = 1;
    for (size_t i = 0; fd >= 0 && i < CLIENTS; i++) {
        if (peer->clients[i] < 0) {
            (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
            peer->clients[i] = fd;
            return;
        }
    }
    if (fd >= 0) {
        (void)close(fd);
    }
}

static bool turn(struct peer *peer)
{
    struct pollfd waiting[CLIENTS + 2] = {{.fd = STDIN_FILENO, .events = POLLIN},
                                          {.fd = peer->listener, .events = POLLIN}};
    for (size_t i = 0; i < CLIENTS; i++) {
        waiting[i + 2] = (struct pollfd){.fd = peer->clients[i], .events = POLLIN};
    }
    if (poll(waiting, CLIENTS + 2, -1) < 0) {
        return errno == EINTR;
    }
    if (waiting[0].revents != 0) {
        char line[LINE];
        if (fgets(line, sizeof line, stdin) == NULL) {
            return false;
        }
        obey(peer, line);
    }
    for (size_t i = 0; i < CLIENTS; i++) {
        if (waiting[i + 2].revents != 0 && peer->clients[i] == waiting[i + 2].fd) {
            serve(peer, &peer->clients[i]);
        }
    }
    if (waiting[1].revents != 0 && peer->listener == waiting[1].fd) {
        take_client(peer);
    }
    return true;
}

int main(int argc, char **argv)
{
    static struct peer peer;
    int result = EXIT_FAILURE;
    peer.port = argc > 1 ? (int)strtol(argv[1], NULL, 10) : 0;
    peer.context = modbus_new_tcp("127.0.0.1", 502);
    if (peer.context == NULL || !listen_on(&peer)) {
        goto out;
    }
    for (size_t i = 0; i < CLIENTS; i++) {
        peer.clients[i] = -1;
    }
    for (size_t i = 1; i <= UNITS; i++) {
        peer.units[i].map = modbus_mapping_new(0, 0, WORDS, 0);
        if (peer.units[i].map == NULL) {
            goto out;
        }
        peer.units[i].map->tab_registers[0x3011] = 7;
    }
    (void)setvbuf(stdin, NULL, _IONBF, 0);
    (void)setvbuf(stdout, NULL, _IOLBF, 0);
    (void)printf("PORT %d\n", peer.port);
    while (turn(&peer)) {
    }
    result = EXIT_SUCCESS;
out:
    for (size_t i = 0; i < CLIENTS && result == EXIT_SUCCESS; i++) {
        peer.clients[i] = dropped(peer.clients[i]);
    }
    for (size_t i = 1; i <= UNITS; i++) {
        if (peer.units[i].map != NULL) {
            modbus_mapping_free(peer.units[i].map);
        }
    }
    if (peer.context != NULL) {
        (void)modbus_set_socket(peer.context, -1);
        modbus_free(peer.context);
    }
    return result;
}
