/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The plugin ABI: one const descriptor per plugin, checked before any of its code runs.
 *
 *  Lifecycle: check → configure → create all → start all; then, in reverse, quiesce → stop →
 * destroy → unload. create/destroy own memory, start/stop own activity (threads, timers, sockets).
 * After `stop` returns the plugin calls nothing. Structs that cross the ABI start with `size` and
 * grow only at the tail.
 */
#ifndef CHL_PLUGIN_H
#define CHL_PLUGIN_H

#include <chilang/credential.h>
#include <chilang/gate.h>
#include <chilang/host.h>
#include <chilang/option.h>
#include <chilang/types.h>

#ifdef __cplusplus
extern "C" {
#endif

#define CHL_ABI_MAJOR 1u /**< raised on an incompatible change: the host refuses another major */
#define CHL_ABI_MINOR 0u /**< raised when a tail field is appended */
#define CHL_ABI       ((CHL_ABI_MAJOR << 16) | CHL_ABI_MINOR)

#define CHL_EXPORT __attribute__((visibility("default")))

struct chl_instance; /**< the plugin's own */

typedef enum {
    CHL_KIND_SCAN = 1,
    CHL_KIND_CREDENTIAL = 2,
    CHL_KIND_GATE = 3,
    CHL_KIND_SERVICE = 4
} chl_kind;

/** What an instance is made from. Everything is borrowed and stays valid until `destroy` returns.
 */
struct chl_create {
    uint32_t size;
    const char *name;            /**< the instance's name in the configuration */
    const void *config;          /**< filled as the option table says */
    const struct chl_host *host; /**< services; call them with `ctx` */
    struct chl_ctx *ctx;
    chl_lane_id lane; /**< SCAN: the lane this scanner serves */
    const struct chl_gate_device
        *devices; /**< GATE: the devices on this bus; stride is devices[0].size */
    size_t device_count;
    const char *data_dir; /**< folder of shared data (firmware-config and so on) */
};

/** Operations. `create`, `destroy` are required; `start`, `stop`, `quiesce`, `reload` may be NULL
 * for CREDENTIAL. Calls into one instance are serial, on the supervisor thread, except where said.
 */
struct chl_ops {
    uint32_t size;

    /** Make an instance; no thread, no I/O beyond reading its own files. On failure nothing remains
     * and `why` (capacity `why_size`) says what was expected, what came and what to do. Thread:
     * supervisor. Blocks: short. Since: 1.0. */
    chl_err (*create)(const struct chl_create *args, struct chl_instance **out, char *why,
                      size_t why_size);

    /** Free an instance that is stopped or was never started. Thread: supervisor. Since: 1.0. */
    void (*destroy)(struct chl_instance *instance);

    /** Begin activity. A device that is absent is not an error: report it by `set_health` and keep
     *  trying. Thread: supervisor. Blocks: short. Since: 1.0. */
    chl_err (*start)(struct chl_instance *instance);

    /** Take no new work; returns at once. Thread: supervisor. Blocks: never. Since: 1.0. */
    void (*quiesce)(struct chl_instance *instance);

    /** End all activity and join threads; afterwards no callback. Thread: supervisor. Blocks: may.
     *  Since: 1.0. */
    void (*stop)(struct chl_instance *instance);

    /** Take a changed configuration; CHL_E_NOTSUP (or NULL) = make me anew.
     *  Thread: supervisor. Since: 1.0. */
    chl_err (*reload)(struct chl_instance *instance, const void *config, char *why,
                      size_t why_size);

    /** CREDENTIAL only. Read a code. Pure and reentrant: keeps no state, allocates only from
     * `scratch`.
     *  @param now_ns wall time to judge validity by, ns since 1970 UTC.
     *  @param out zeroed by the caller, `size` set.
     *  @return CHL_OK whatever `out` says; an error is the plugin's own fault and reads as
     * unreadable. Thread: any, concurrently. Blocks: never; at most 10 ms. Since: 1.0. */
    chl_err (*inspect)(const struct chl_instance *instance, struct chl_scratch *scratch,
                       const uint8_t *bytes, size_t length, int64_t now_ns,
                       struct chl_inspection *out);

    /** GATE only. Accept a command (copied). CHL_E_BUSY: queue full.
     *  Thread: any. Blocks: never. Since: 1.0. */
    chl_err (*submit)(struct chl_instance *instance, const struct chl_gate_command *command);
};

/** The descriptor, exported as the data symbol `chl_plugin`. */
struct chl_plugin {
    uint32_t abi;  /**< first, forever: CHL_ABI as the plugin saw it */
    uint32_t size; /**< sizeof(struct chl_plugin) as the plugin saw it */
    uint32_t kind; /**< chl_kind */
    uint32_t config_size;
    const char *name;
    const char *version;
    const char *summary_vi, *summary_en;
    const struct chl_opt *options;
    const struct chl_ops *ops;
};

/** What every 1.x descriptor has at least; never changes again. */
#define CHL_PLUGIN_SIZE_1_0 (offsetof(struct chl_plugin, ops) + sizeof(void *))

/** True when struct pointer `p` has a non-NULL member `f` inside its own `size`. */
#define CHL_HAS(p, f)                                                                              \
    ((p) != NULL && (p)->size >= offsetof(__typeof__(*(p)), f) + sizeof((p)->f) && (p)->f != NULL)

/** Defines the plugin's descriptor. */
#define CHL_PLUGIN_DEFINE(...)                                                                     \
    CHL_EXPORT const struct chl_plugin chl_plugin = {                                              \
        .abi = CHL_ABI, .size = (uint32_t)sizeof(struct chl_plugin), __VA_ARGS__}

CHL_EXPORT extern const struct chl_plugin chl_plugin;

#ifdef __cplusplus
}
#endif
#endif
