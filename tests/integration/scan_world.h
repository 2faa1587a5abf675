/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief A host for one scan plugin under test, and the table of all scan plugins with a way to
 * show each a code.
 */
#ifndef CHL_SCAN_WORLD_H
#define CHL_SCAN_WORLD_H

#include <chilang/plugin.h>

#include <limits.h>
#include <pthread.h>

#include "lib/pluginhost/pluginhost.h"

enum { WORLD_POSTS = 256, WORLD_LANE = 7, WORLD_TEXT = 256 };

/** What a scanner posted. */
struct scan_post {
    size_t length;
    int64_t captured_ns, posted_ns;
    unsigned lane;
    bool unreadable;
    char refusal[32]; /**< "" = none */
    uint8_t bytes[CHL_CODE_MAX];
};

/** The host as far as a scanner needs it; what follows `lock` is guarded by it. */
struct chl_ctx {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct scan_post posts[WORLD_POSTS];
    size_t count;
    bool healthy;
    unsigned health_reports;
    char health[WORLD_TEXT];
};

struct scan_world;

/** One scan plugin, and the device that stands in for its own. */
struct scan_subject {
    const char *name;
    /** Options beside `device`: YAML of a flow mapping, "" or ", key: value…". */
    const char *options;
    /** Make the device at `world->device`. */
    void (*appear)(struct scan_world *world);
    /** Show a code, with what ends it. */
    void (*show)(struct scan_world *world, const uint8_t *bytes, size_t length);
    /** Take the device away. */
    void (*vanish)(struct scan_world *world);
    const char *path_option; /**< the option that names the device */
    const char *bad_option;  /**< one that must be refused, "key: value" */
    const char *bad_text;    /**< what the refusal says */
    /** The longest code that can be shown to it, 0 = longer than any. */
    size_t code_max;
    bool tells_loss; /**< its health says that the device went away */
    /** Why it cannot be tried on this machine, NULL = it can. */
    const char *(*skipped)(void);
};

/** Plugin, instance and device of one test. */
struct scan_world {
    const struct scan_subject *subject;
    struct chl_plugin_handle *handle;
    const struct chl_plugin *plugin;
    struct chl_yaml *document;
    void *config;
    struct chl_instance *instance;
    char folder[64], device[PATH_MAX];
    int fd; /**< our end of the device, −1 = none */
    struct chl_ctx ctx;
};

extern const struct scan_subject scan_subjects[];
extern const size_t scan_subject_count;

/** Load the plugin and configure it from YAML; nothing is made yet. */
void scan_world_open(struct scan_world *world, const struct scan_subject *subject);
/** The same, with other options; NULL = the subject's. */
void scan_world_open_with(struct scan_world *world, const struct scan_subject *subject,
                          const char *options);
/** create and start. */
void scan_world_start(struct scan_world *world);
/** `create` refuses the options with a text that holds `expected`. */
void scan_world_expect_create_refused(struct scan_world *world, const char *expected);
/** quiesce, stop and destroy. */
void scan_world_stop(struct scan_world *world);
/** Stop what runs, unload, remove the folder. */
void scan_world_close(struct scan_world *world);
/** YAML of an instance: `it: {use: …}`. */
void scan_world_yaml(const struct scan_world *world, const char *options, char *out, size_t size);

/** Wait up to 20 s until there are so many posts, or the health is so; fails the test otherwise. */
void scan_world_wait_posts(struct scan_world *world, size_t count);
void scan_world_wait_health(struct scan_world *world, bool ok);
/** Whether it says now that it works. */
bool scan_world_is_healthy(struct scan_world *world);
size_t scan_world_posts(struct scan_world *world);
/** Post `index` is this code. */
void scan_world_expect(struct scan_world *world, size_t index, const void *bytes, size_t length);
void scan_world_show_text(struct scan_world *world, const char *text);

#endif
