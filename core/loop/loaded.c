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

/** Bytes of one file or of all files of a folder. */
struct content {
    char *bytes;
    size_t length;
    bool cut; /**< more than LOADED_MAX */
};

struct loaded_job {
    uv_work_t work; /**< first: a job is found from its work */
    struct loop *loop;
    _Atomic int step; /**< hands the job over where a thread sanitizer can see it */
    struct content content;
    struct trust_status trust;
};

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

/* Each file under its name, in the order of names, so that equal folders give equal bytes. */
static void add_folder(struct content *content, const char *path)
{
    struct dirent **entries = NULL;
    int count = scandir(path, &entries, NULL, alphasort);
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

static void read_content(const char *path, struct content *content)
{
    struct stat status;
    content->bytes = malloc(LOADED_MAX);
    if (content->bytes == NULL || stat(path, &status) != 0) {
        return;
    }
    if (S_ISDIR(status.st_mode)) {
        add_folder(content, path);
    } else {
        add_file(content, path);
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
    const char *const paths[] = {loop->config->path, loop->config->trust_path};
    static const char *const names[] = {"configuration", "trust"};
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        struct content content = {0};
        if (paths[i] != NULL) {
            read_content(paths[i], &content);
            record_content(loop, names[i], &content);
        }
        free(content.bytes);
    }
    if (loop->config->trust_path != NULL) {
        struct trust_status trust;
        loop_read_trust(loop->config->trust_path, &trust);
        loop_take_trust(loop, &trust);
    }
}

static void read_trust(uv_work_t *work)
{
    struct loaded_job *job = (struct loaded_job *)(void *)work;
    (void)atomic_load(&job->step);
    read_content(job->loop->config->trust_path, &job->content);
    loop_read_trust(job->loop->config->trust_path, &job->trust);
    OPENSSL_thread_stop(); /* the pool's threads end without it, with what it keeps for each */
    atomic_store(&job->step, 2);
}

static void record_trust(uv_work_t *work, int status)
{
    struct loaded_job *job = (struct loaded_job *)(void *)work;
    struct loop *loop = job->loop;
    (void)atomic_load(&job->step);
    loop->jobs--;
    if (status == 0 && !loop_is_stuck(loop) && !loop->stopping) {
        record_content(loop, "trust", &job->content);
        loop_take_trust(loop, &job->trust);
    }
    free(job->content.bytes);
    free(job);
}

void loop_reload_trust(struct loop *loop)
{
    host_reload_credentials(loop->host);
    struct loaded_job *job = loop->config->trust_path != NULL ? calloc(1, sizeof *job) : NULL;
    if (job == NULL) {
        return;
    }
    job->loop = loop;
    loop->jobs++;
    atomic_store(&job->step, 1);
    if (uv_queue_work(&loop->uv, &job->work, read_trust, record_trust) != 0) {
        record_trust(&job->work, -1);
    }
}
