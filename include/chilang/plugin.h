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
#define CHL_ABI_MINOR 2u /**< raised when a tail field is appended */
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
 *
 *  `instance` is in every call the one that `create` made; the plugin owns what is behind it.
 *  Whatever else is passed by pointer stays the host's and is borrowed until the call returns. */
struct chl_ops {
    uint32_t size;

    /** Make an instance; no thread, no I/O beyond reading its own files.
     *  @param args the host's, valid until `destroy` returns.
     *  @param out the instance made, the plugin's; given back to it by `destroy`. Left alone on
     *  failure, and nothing else remains either.
     *  @param why the host's; on failure what was expected, what came and what to do, one line.
     *  @param why_size room in `why`, bytes, with the NUL.
     *  @return CHL_OK; any error: it is shown with `why`, and the instance is made again after a
     *  delay that grows. Usual: CHL_E_CONFIG, CHL_E_NOTFOUND, CHL_E_IO, CHL_E_NOMEM.
     *  Thread: supervisor; main while a configuration is only checked. Blocks: short. Since: 1.0.
     */
    chl_err (*create)(const struct chl_create *args, struct chl_instance **out, char *why,
                      size_t why_size);

    /** Free an instance that is stopped or was never started. Errors: none.
     *  Thread: as `create`. Blocks: no. Since: 1.0. */
    void (*destroy)(struct chl_instance *instance);

    /** Begin activity. A device that is absent is not an error: report it by `set_health` and keep
     *  trying.
     *  @return CHL_OK; any error: `destroy` follows, and the instance is made again after a delay
     *  that grows; say why by `set_health` first. Usual: CHL_E_NOMEM, CHL_E_IO, CHL_E_STATE.
     *  Thread: supervisor. Blocks: short. Since: 1.0. */
    chl_err (*start)(struct chl_instance *instance);

    /** Take no new work; returns at once. Errors: none.
     *  Thread: supervisor. Blocks: never. Since: 1.0. */
    void (*quiesce)(struct chl_instance *instance);

    /** End all activity and join threads; afterwards no callback. Errors: none.
     *  Thread: supervisor. Blocks: may; more than 1 s is logged. Since: 1.0. */
    void (*stop)(struct chl_instance *instance);

    /** Take a changed configuration without a new instance. A host of 1.0 never calls it: it makes
     *  the instance anew, which is also what NULL asks for.
     *  @param config filled as the option table says; the host's, valid until `destroy` returns.
     *  @param why the host's; on failure what was expected, what came and what to do, one line.
     *  @param why_size room in `why`, bytes, with the NUL.
     *  @return CHL_OK; CHL_E_NOTSUP: make me anew; CHL_E_CONFIG: refused, the former one stays.
     *  Thread: supervisor. Blocks: short. Since: 1.0. */
    chl_err (*reload)(struct chl_instance *instance, const void *config, char *why,
                      size_t why_size);

    /** CREDENTIAL only. Read a code. Pure and reentrant: keeps no state.
     *  @param scratch the host's, the only place to allocate from; gone when the call returns.
     *  @param bytes the code, the host's.
     *  @param length of `bytes`, at most CHL_CODE_MAX bytes.
     *  @param now_ns wall time to judge validity by, ns since 1970 UTC.
     *  @param out the host's; zeroed by it, `size` set.
     *  @return CHL_OK whatever `out` says; any error is the plugin's own fault: it is logged, the
     *  next plugin is asked, and if none knows the code it reads as unreadable.
     *  Thread: any, concurrently. Blocks: never; at most 10 ms. Since: 1.0. */
    chl_err (*inspect)(const struct chl_instance *instance, struct chl_scratch *scratch,
                       const uint8_t *bytes, size_t length, int64_t now_ns,
                       struct chl_inspection *out);

    /** GATE only. Accept a command.
     *  @param command the host's, to be copied; `deadline_ns` is monotonic.
     *  @return CHL_OK: accepted, one report of kind CHL_REPORT_DONE will follow; on any error none
     *  will. CHL_E_BUSY: the queue is full; CHL_E_NOTFOUND: the gate is not on this bus;
     *  CHL_E_STATE: quiesced or not started; CHL_E_INVAL: no such action.
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
