/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The plugin scan_file, loaded as the daemon loads it, on real folders and FIFOs.
 */
#include <chilang/plugin.h>

#include "lib/base/time.h"
#include "lib/qr/symbol.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

/** The same members as the plugin's table of options fills. */
struct config {
    const char *path;
    const char *done;
    int what;
};
enum { AUTO = 0, PICTURES, LINES };
enum { POSTS_MAX = 3000, WAIT_S = 20 };

struct post {
    char *bytes; /**< NULL: unreadable */
    size_t length;
    int64_t captured_ns, posted_ns;
};

/** The host as far as a scanner needs it. */
struct chl_ctx {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct post posts[POSTS_MAX];
    size_t count;
    unsigned lane;
    bool healthy;
    unsigned health_reports;
};

static struct chl_ctx ctx;
static const struct chl_plugin *plugin;
static struct chl_instance *instance;
static char folder[64];

static void host_log(struct chl_ctx *self, chl_log_level level, const char *format, ...)
{
    (void)self;
    (void)level;
    (void)format;
}

static int64_t host_wall(struct chl_ctx *self)
{
    (void)self;
    return chl_wall_ns();
}

static int64_t host_mono(struct chl_ctx *self)
{
    (void)self;
    return chl_mono_ns();
}

static chl_err host_post(struct chl_ctx *self, const struct chl_scan *scan)
{
    pthread_mutex_lock(&self->lock);
    if (self->count < POSTS_MAX) {
        struct post *post = &self->posts[self->count++];
        *post = (struct post){
            .length = scan->length, .captured_ns = scan->captured_ns, .posted_ns = chl_mono_ns()};
        if (!scan->unreadable) {
            post->bytes = malloc(scan->length + 1);
            memcpy(post->bytes, scan->bytes, scan->length);
            post->bytes[scan->length] = '\0';
        }
        self->lane = scan->lane.index;
    }
    pthread_cond_broadcast(&self->changed);
    pthread_mutex_unlock(&self->lock);
    return self->count % 2 == 0 ? CHL_E_BUSY : CHL_OK; /* a busy host must change nothing here */
}

static void host_health(struct chl_ctx *self, bool ok, const char *text)
{
    (void)text;
    pthread_mutex_lock(&self->lock);
    self->healthy = ok;
    self->health_reports++;
    pthread_cond_broadcast(&self->changed);
    pthread_mutex_unlock(&self->lock);
}

static const struct chl_host host = {.size = (uint32_t)sizeof host,
                                     .log = host_log,
                                     .now_wall_ns = host_wall,
                                     .now_mono_ns = host_mono,
                                     .post_scan = host_post,
                                     .set_health = host_health};

static bool has_posts(size_t count)
{
    return ctx.count >= count;
}

static bool has_health(size_t ok)
{
    return ctx.health_reports > 0 && ctx.healthy == (ok != 0);
}

static bool is_healthy(void)
{
    pthread_mutex_lock(&ctx.lock);
    bool healthy = has_health(true);
    pthread_mutex_unlock(&ctx.lock);
    return healthy;
}

static void wait_until(bool (*condition)(size_t), size_t argument)
{
    struct timespec end;
    (void)clock_gettime(CLOCK_REALTIME, &end);
    end.tv_sec += WAIT_S;
    pthread_mutex_lock(&ctx.lock);
    int err = 0;
    while (!condition(argument) && err == 0) {
        err = pthread_cond_timedwait(&ctx.changed, &ctx.lock, &end);
    }
    bool met = condition(argument);
    pthread_mutex_unlock(&ctx.lock);
    assert_true(met);
}

static void assert_post(size_t index, const char *text)
{
    pthread_mutex_lock(&ctx.lock);
    const struct post *post = &ctx.posts[index];
    if (text == NULL) {
        assert_null(post->bytes);
    } else {
        assert_non_null(post->bytes);
        assert_string_equal(post->bytes, text);
        assert_int_equal(post->length, strlen(text));
    }
    assert_true(post->captured_ns > 0 && post->captured_ns <= post->posted_ns);
    pthread_mutex_unlock(&ctx.lock);
}

static const char *in_folder(const char *name)
{
    static char paths[4][160];
    static unsigned next;
    char *path = paths[next++ % 4];
    (void)snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    return path;
}

static void start_with(struct config config)
{
    const struct chl_create args = {.size = (uint32_t)sizeof args,
                                    .name = "scanner",
                                    .config = &config,
                                    .host = &host,
                                    .ctx = &ctx,
                                    .lane = {7}};
    char why[256] = "";
    assert_int_equal(plugin->ops->create(&args, &instance, why, sizeof why), CHL_OK);
    assert_int_equal(plugin->ops->start(instance), CHL_OK);
}

static int set_up(void **state)
{
    (void)state;
    memset(&ctx, 0, sizeof ctx);
    pthread_mutex_init(&ctx.lock, NULL);
    pthread_cond_init(&ctx.changed, NULL);
    instance = NULL;
    (void)snprintf(folder, sizeof folder, "/tmp/chl-scan-XXXXXX");
    return mkdtemp(folder) == NULL ? -1 : 0;
}

static int remove_one(const char *path, const struct stat *about, int type, struct FTW *where)
{
    (void)about;
    (void)type;
    (void)where;
    return remove(path);
}

static int tear_down(void **state)
{
    (void)state;
    if (instance != NULL) {
        plugin->ops->quiesce(instance);
        plugin->ops->stop(instance);
        plugin->ops->destroy(instance);
    }
    for (size_t i = 0; i < ctx.count; i++) {
        free(ctx.posts[i].bytes);
    }
    pthread_mutex_destroy(&ctx.lock);
    pthread_cond_destroy(&ctx.changed);
    return nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static void write_file(const char *path, const void *bytes, size_t length)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, length), length);
    assert_int_equal(close(fd), 0);
}

static void write_picture(const char *path, const char *text)
{
    static struct chl_qr_symbol symbol;
    assert_int_equal(chl_qr_encode(text, strlen(text), CHL_QR_M, &symbol), CHL_OK);
    assert_int_equal(chl_qr_write_png(&symbol, 3, path), CHL_OK);
}

static bool exists(const char *path)
{
    return access(path, F_OK) == 0;
}

static void test_pictures_are_read_in_order_and_removed(void **state)
{
    (void)state;
    write_picture(in_folder("early.png"), "EARLY"); /* lies there before the start */
    start_with((struct config){.path = folder});
    wait_until(has_posts, 1);
    assert_post(0, "EARLY");
    char text[32];
    for (int i = 0; i < 20; i++) {
        (void)snprintf(text, sizeof text, "Mã số %d", i);
        char name[16];
        (void)snprintf(name, sizeof name, "%d.png", 99 - i);
        write_picture(in_folder(name), text);
    }
    write_file(in_folder("nothing.png"), "not a picture", 13);
    wait_until(has_posts, 22);
    for (int i = 0; i < 20; i++) {
        (void)snprintf(text, sizeof text, "Mã số %d", i);
        assert_post((size_t)i + 1, text);
    }
    assert_post(21, NULL);
    assert_int_equal(ctx.lane, 7);
    assert_true(is_healthy());
    assert_false(exists(in_folder("early.png")));
    assert_false(exists(in_folder("nothing.png")));
}

static void test_unfinished_and_dotted_files_are_left_alone(void **state)
{
    (void)state;
    write_file(in_folder(".part"), "x", 1);
    assert_int_equal(mkdir(in_folder("sub"), 0700), 0);
    assert_int_equal(symlink("/etc/hostname", in_folder("link.png")), 0);
    start_with((struct config){.path = folder});
    wait_until(has_health, true);
    int fd = open(in_folder("slow.txt"), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    assert_int_equal(write(fd, "HALF", 4), 4);
    write_file(in_folder("whole.txt"), "ONE\r\n\nTWO", 9);
    wait_until(has_posts, 2);
    assert_post(0, "ONE");
    assert_post(1, "TWO");
    assert_int_equal(write(fd, "-WHOLE", 6), 6);
    assert_int_equal(close(fd), 0);
    wait_until(has_posts, 3);
    assert_post(2, "HALF-WHOLE");
    assert_true(exists(in_folder(".part")));
    assert_true(exists(in_folder("sub")));
    assert_true(exists(in_folder("link.png")));
}

static void test_done_keeps_what_was_read(void **state)
{
    (void)state;
    char done[96];
    (void)snprintf(done, sizeof done, "%s/done", folder);
    assert_int_equal(mkdir(done, 0700), 0);
    start_with((struct config){.path = folder, .done = done, .what = PICTURES});
    wait_until(has_health, true);
    write_picture(in_folder("a.png"), "A");
    write_file(in_folder("b.txt"), "B", 1); /* what: pictures, so this is a bad one */
    wait_until(has_posts, 2);
    assert_post(0, "A");
    assert_post(1, NULL);
    assert_true(exists(in_folder("done/a.png")));
    assert_true(exists(in_folder("done/b.txt")));
    assert_false(exists(in_folder("a.png")));
}

static void test_done_must_be_another_folder(void **state)
{
    (void)state;
    write_file(in_folder("a.txt"), "A", 1);
    start_with((struct config){.path = folder, .done = folder});
    wait_until(has_health, false);
    assert_int_equal(ctx.count, 0);
    assert_true(exists(in_folder("a.txt")));
}

static int open_writer(const char *path)
{
    int fd = -1;
    for (int i = 0; i < WAIT_S * 100 && fd < 0; i++) { /* until the plugin has it open */
        fd = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
        if (fd < 0) {
            assert_int_equal(errno, ENXIO);
            nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
        }
    }
    assert_true(fd >= 0);
    assert_int_equal(fcntl(fd, F_SETFL, 0), 0);
    return fd;
}

static void test_a_fifo_survives_its_writers(void **state)
{
    (void)state;
    const char *path = in_folder("fifo");
    assert_int_equal(mkfifo(path, 0600), 0);
    start_with((struct config){.path = path});
    for (int i = 0; i < 50; i++) { /* writers that come and go, the last line unended */
        int fd = open_writer(path);
        char text[32];
        int length = snprintf(text, sizeof text, "A%d\r\nB%d", i, i);
        assert_int_equal(write(fd, text, (size_t)length), length);
        assert_int_equal(close(fd), 0);
        wait_until(has_posts, (size_t)(2 * i + 2));
        (void)snprintf(text, sizeof text, "A%d", i);
        assert_post((size_t)(2 * i), text);
        text[0] = 'B';
        assert_post((size_t)(2 * i + 1), text);
    }
    assert_true(is_healthy());
}

static void test_lines_are_bounded(void **state)
{
    (void)state;
    const char *path = in_folder("fifo");
    assert_int_equal(mkfifo(path, 0600), 0);
    start_with((struct config){.path = path, .what = LINES});
    int fd = open_writer(path);
    static char line[3 * CHL_CODE_MAX + 8];
    memset(line, 'X', sizeof line);
    memcpy(line + CHL_CODE_MAX, "\r\n", 2); /* as long as may be */
    assert_int_equal(write(fd, line, CHL_CODE_MAX + 2), CHL_CODE_MAX + 2);
    memset(line, 'X', sizeof line);
    line[CHL_CODE_MAX + 1] = '\n'; /* one more */
    assert_int_equal(write(fd, line, CHL_CODE_MAX + 2), CHL_CODE_MAX + 2);
    line[CHL_CODE_MAX + 1] = 'X';
    line[3 * CHL_CODE_MAX] = '\n';
    assert_int_equal(write(fd, line, 3 * CHL_CODE_MAX + 1), 3 * CHL_CODE_MAX + 1);
    assert_int_equal(write(fd, "\r\n\nEND\n", 7), 7);
    wait_until(has_posts, 4);
    assert_int_equal(ctx.posts[0].length, CHL_CODE_MAX);
    assert_post(1, NULL);
    assert_post(2, NULL);
    assert_post(3, "END");
    assert_int_equal(close(fd), 0);
}

static void test_a_burst_of_lines_loses_none(void **state)
{
    (void)state;
    const char *path = in_folder("fifo");
    assert_int_equal(mkfifo(path, 0600), 0);
    start_with((struct config){.path = path});
    int fd = open_writer(path);
    char text[32];
    for (int i = 0; i < 2000; i++) {
        int length = snprintf(text, sizeof text, "CODE %d\n", i);
        assert_int_equal(write(fd, text, (size_t)length), length);
    }
    wait_until(has_posts, 2000);
    for (int i = 0; i < 2000; i++) {
        (void)snprintf(text, sizeof text, "CODE %d", i);
        assert_post((size_t)i, text);
    }
    assert_int_equal(close(fd), 0);
}

static void test_a_text_file_is_followed(void **state)
{
    (void)state;
    const char *path = in_folder("codes");
    write_file(path, "ONE\nTWO\n", 8);
    start_with((struct config){.path = path});
    wait_until(has_posts, 2);
    int fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
    assert_int_equal(write(fd, "THREE\n", 6), 6);
    wait_until(has_posts, 3);
    assert_int_equal(ftruncate(fd, 0), 0);
    assert_int_equal(write(fd, "4\n", 2), 2);
    wait_until(has_posts, 4);
    assert_int_equal(close(fd), 0);
    write_file(in_folder("new"), "FIVE\n", 5);
    assert_int_equal(rename(in_folder("new"), path), 0);
    wait_until(has_posts, 5);
    static const char *const expected[] = {"ONE", "TWO", "THREE", "4", "FIVE"};
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        assert_post(i, expected[i]);
    }
}

static void test_a_path_that_comes_later_is_served(void **state)
{
    (void)state;
    char later[96];
    (void)snprintf(later, sizeof later, "%s/later", folder);
    start_with((struct config){.path = later});
    wait_until(has_health, false);
    assert_int_equal(mkdir(later, 0700), 0);
    wait_until(has_health, true);
    write_file(in_folder("later/a.txt"), "A\n", 2);
    wait_until(has_posts, 1);
    assert_post(0, "A");
    assert_int_equal(rename(later, in_folder("away")), 0);
    wait_until(has_health, false);
}

static void test_stop_is_quick_and_can_be_repeated(void **state)
{
    (void)state;
    start_with((struct config){.path = folder});
    for (int i = 0; i < 50; i++) {
        int64_t before = chl_mono_ns();
        plugin->ops->quiesce(instance);
        plugin->ops->stop(instance);
        assert_true(chl_mono_ns() - before < 2 * CHL_NS_PER_S);
        plugin->ops->stop(instance);
        assert_int_equal(plugin->ops->start(instance), CHL_OK);
    }
}

static int load_plugin(void **state)
{
    (void)state;
    void *handle = dlopen(CHL_STAGE_DIR "/lib/chilang/plugins/scan_file.so", RTLD_NOW | RTLD_LOCAL);
    if (handle == NULL) {
        fprintf(stderr, "%s\n", dlerror());
        return -1;
    }
    plugin = dlsym(handle, "chl_plugin");
    /* Never closed: a sanitizer names its frames at the end. */
    return plugin != NULL && plugin->abi == CHL_ABI && plugin->kind == CHL_KIND_SCAN &&
                   plugin->config_size == sizeof(struct config)
               ? 0
               : -1;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_pictures_are_read_in_order_and_removed),
        TEST(test_unfinished_and_dotted_files_are_left_alone),
        TEST(test_done_keeps_what_was_read),
        TEST(test_done_must_be_another_folder),
        TEST(test_a_fifo_survives_its_writers),
        TEST(test_lines_are_bounded),
        TEST(test_a_burst_of_lines_loses_none),
        TEST(test_a_text_file_is_followed),
        TEST(test_a_path_that_comes_later_is_served),
        TEST(test_stop_is_quick_and_can_be_repeated),
    };
    return cmocka_run_group_tests(tests, load_plugin, NULL);
}
