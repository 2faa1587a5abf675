/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief What the stream's integration tests share: a folder, keys, a host process, a raw client.
 */
#ifndef TEST_STREAM_WORLD_H
#define TEST_STREAM_WORLD_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

enum { WORLD_PATH = 256 };

struct world {
    char folder[64], keys[WORLD_PATH], journal[WORLD_PATH];
    char pull[WORLD_PATH], live[WORLD_PATH]; /**< endpoints as the host told them */
    char refusal[512];                       /**< what it said instead of `ready` */
    const char *security;
    pid_t host;
    FILE *commands, *answers;
    void *context;
    void *sockets[16]; /**< open client sockets */
};

/** A folder with keys of a server and of clients `monitor` (all classes) and `traffic` (flow), and
 * of `stranger`, who is not let in. */
void world_open(struct world *world);
void world_close(struct world *world);

/** Start the host. @param pull, live endpoints; NULL = any loopback port, or the same as before
 * when it ran already. @return true when ready. */
bool world_start(struct world *world, const char *security, const char *pull, const char *live);
void world_quit(struct world *world);
void world_kill(struct world *world);
/** Append records and wait until they are durable. @return the head. */
uint64_t world_append(struct world *world, unsigned count, unsigned size);
/** Send a command without waiting for its answer. */
void world_command(struct world *world, const char *line);
/** Next line of the host's output without its newline. */
const char *world_line(struct world *world, char *room, size_t size);
/** Resident memory of the host in KiB. */
long world_rss_kib(const struct world *world);
/** `<folder>/<name>`. */
const char *world_path(const struct world *world, const char *name, char room[WORLD_PATH]);

/** A client socket; `who` NULL = plain, else a key pair of the world; `endpoint` NULL = not
 *  connected yet. */
void *world_connect(struct world *world, int type, const char *endpoint, const char *who);
/** Close a socket of world_connect(). */
void world_drop(struct world *world, void *socket);
/** Send a request and receive its answer within `timeout_ms`. @return the JSON frame, NULL when
 * none came; `*frames` counts what followed. */
json_t *world_ask(void *socket, const char *request, int timeout_ms, size_t *frames);
json_t *world_answer(void *socket, int timeout_ms, size_t *frames);
/** `op` of an answer, "" when there is none; drops the answer. */
const char *world_op(json_t *answer);

/** Start a program with its output to `output` (a path, NULL = none). */
pid_t world_spawn(char *const argv[], const char *output);
/** Wait for it. @return exit code, 128 + signal, or −1 after `timeout_ms` (it is then killed). */
int world_wait(pid_t pid, int timeout_ms);
int64_t world_now_ms(void);

#endif
