/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief What was loaded is state too: its digest is recorded, its content kept once in the
 * journal.
 *
 *  So it can be proved later which configuration and which keys a decision was made with.
 */
#include "core/loop/internal.h"

#include "lib/base/log.h"
#include "lib/base/text.h"

#include <dirent.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { LOADED_MAX = 4 * 1024 * 1024 };

/* Only what the plugins took is recorded as believed, so the host's word comes first. */
enum { CREDENTIALS_TAKEN = 1, CREDENTIALS_REFUSED = 2 };

/** Bytes of one file or of all files of a folder. */
struct content {
    char *bytes;
    size_t length;
    bool cut; /**< more than LOADED_MAX */
};

/** Something of the site's that is kept: a new one is a row of things_of(). */
struct thing {
    const char *what;
    const char *const *paths;
    size_t count;
    bool reloaded; /**< on SIGHUP too, with the credential plugins */
};

enum { THINGS = 3 };

struct loaded_job {
    uv_work_t work; /**< first: a job is found from its work */
    struct loop *loop;
    _Atomic int step; /**< hands the job over where a thread sanitizer can see it */
    struct content contents[THINGS];
    struct trust_status trust;
};

static void things_of(const struct config *config, struct thing out[THINGS])
{
    const struct thing things[THINGS] = {
        {"configuration", &config->path, 1, false},
        {"trust", config->trust_paths, config->trust_count, true},
        {"revoked", &config->revoked_path, config->revoked_path != NULL ? 1 : 0, true},
    };
    memcpy(out, things, sizeof things);
}

static void add(struct content *content, const void *bytes, size_t length)
{
    if (length > LOADED_MAX - content->length) {
        content->cut = true;
        return;
    }
    memcpy(content->bytes + content->length, bytes, length);
    content->length += length;
}

static void add_file(struct content *content, const char *path)
{
    char block[16384];
    FILE *file = fopen(path, "rbe");
    size_t got = 0;
    while (file != NULL && !content->cut && (got = fread(block, 1, sizeof block, file)) > 0) {
        add(content, block, got);
    }
    if (file != NULL) {
        (void)fclose(file);
    }
}

static int visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.'; /* nothing is read from what is hidden */
}

/* Each file under its name, in the order of names, so that equal folders give equal bytes. */
static void add_folder(struct content *content, const char *path)
{
    struct dirent **entries = NULL;
    int count = scandir(path, &entries, visible, alphasort);
    for (int i = 0; i < count; i++) {
        char full[4096];
        struct stat status;
        int length = snprintf(full, sizeof full, "%s/%s", path, entries[i]->d_name);
        if (length > 0 && (size_t)length < sizeof full && stat(full, &status) == 0 &&
            S_ISREG(status.st_mode)) {
            add(content, entries[i]->d_name, strlen(entries[i]->d_name));
            add(content, "\n", 1);
            add_file(content, full);
        }
        free(entries[i]);
    }
    free(entries);
}

static void read_content(const struct thing *thing, struct content *content)
{
    struct stat status;
    content->bytes = thing->count > 0 ? malloc(LOADED_MAX) : NULL;
    for (size_t i = 0; content->bytes != NULL && i < thing->count; i++) {
        if (stat(thing->paths[i], &status) != 0) {
            continue;
        }
        if (S_ISDIR(status.st_mode)) {
            add_folder(content, thing->paths[i]);
        } else if (S_ISREG(status.st_mode)) {
            add_file(content, thing->paths[i]);
        }
    }
}

static void record_content(struct loop *loop, const char *what, const struct content *content)
{
    uint8_t digest[32];
    if (content->bytes == NULL ||
        EVP_Digest(content->bytes, content->length, digest, NULL, EVP_sha256(), NULL) != 1) {
        return;
    }
    chl_err error = writer_put_content(loop->writer, digest, content->bytes, content->length);
    if (content->cut || error != CHL_OK) {
        chl_log(CHL_LOG_WARNING, "loop", "event=loaded what=%s content=%s", what,
                content->cut ? "cut" : chl_strerror(error));
    }
    struct engine_input input = {.kind = INPUT_LOADED};
    chl_copy(input.as.loaded.what, sizeof input.as.loaded.what, what);
    chl_hex(digest, sizeof digest, input.as.loaded.digest);
    loop_decide(loop, &input);
}

void loop_record_loads(struct loop *loop)
{
    struct thing things[THINGS];
    things_of(loop->config, things);
    for (size_t i = 0; i < THINGS; i++) {
        struct content content = {0};
        read_content(&things[i], &content);
        record_content(loop, things[i].what, &content);
        free(content.bytes);
    }
    if (loop->config->trust_count > 0) {
        struct trust_status trust;
        loop_read_trust(loop->config, &trust);
        loop_take_trust(loop, &trust);
    }
}

static void read_things(uv_work_t *work)
{
    struct loaded_job *job = (struct loaded_job *)(void *)work;
    struct thing things[THINGS];
    (void)atomic_load(&job->step);
    things_of(job->loop->config, things);
    for (size_t i = 0; i < THINGS; i++) {
        if (things[i].reloaded) {
            read_content(&things[i], &job->contents[i]);
        }
    }
    loop_read_trust(job->loop->config, &job->trust);
    OPENSSL_thread_stop(); /* the pool's threads end without it, with what it keeps for each */
    atomic_store(&job->step, 2);
}

static void record_things(uv_work_t *work, int status)
{
    struct loaded_job *job = (struct loaded_job *)(void *)work;
    struct loop *loop = job->loop;
    struct thing things[THINGS];
    (void)atomic_load(&job->step);
    loop->jobs--;
    loop->trust_reading = false;
    things_of(loop->config, things);
    bool keep = status == 0 && !loop_is_stuck(loop) && !loop->stopping;
    for (size_t i = 0; i < THINGS; i++) {
        if (keep) {
            record_content(loop, things[i].what, &job->contents[i]);
        }
        free(job->contents[i].bytes);
    }
    if (keep && loop->config->trust_count > 0) {
        loop_take_trust(loop, &job->trust);
    }
    free(job);
    /* Once it can be recorded again, and what came meanwhile; a newer word stands. */
    int nothing = 0;
    if (!loop->stopping && (loop->trust_again || loop_is_stuck(loop)) &&
        atomic_compare_exchange_strong(&loop->credentials_told, &nothing, CREDENTIALS_TAKEN)) {
        uv_async_send(&loop->wake);
    }
}

/* One job at a time, so that the newest word is recorded last. */
static void read_again(struct loop *loop)
{
    loop->trust_again = loop->trust_reading;
    struct loaded_job *job = loop->trust_reading ? NULL : calloc(1, sizeof *job);
    if (job == NULL) {
        return;
    }
    job->loop = loop;
    loop->jobs++;
    loop->trust_reading = true;
    atomic_store(&job->step, 1);
    if (uv_queue_work(&loop->uv, &job->work, read_things, record_things) != 0) {
        record_things(&job->work, -1);
    }
}

void loop_reload_trust(struct loop *loop)
{
    host_reload_credentials(loop->host);
}

void loop_sink_credentials(void *user, const char *why)
{
    struct loop *loop = user;
    pthread_mutex_lock(&loop->text_lock);
    chl_copy(loop->credentials_text, sizeof loop->credentials_text, why != NULL ? why : "");
    pthread_mutex_unlock(&loop->text_lock);
    atomic_store(&loop->credentials_told, why != NULL ? CREDENTIALS_REFUSED : CREDENTIALS_TAKEN);
    uv_async_send(&loop->wake);
}

void loop_tell_credentials(struct loop *loop)
{
    int told = loop_is_stuck(loop) ? 0 : atomic_exchange(&loop->credentials_told, 0);
    if (told == CREDENTIALS_TAKEN) {
        read_again(loop);
    } else if (told == CREDENTIALS_REFUSED) {
        struct trust_status refused = {.refused = true};
        pthread_mutex_lock(&loop->text_lock);
        chl_copy(refused.text, sizeof refused.text, loop->credentials_text);
        pthread_mutex_unlock(&loop->text_lock);
        loop_take_trust(loop, &refused);
    }
}
