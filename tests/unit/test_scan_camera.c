/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The plugin scan_camera, loaded as the daemon loads it, on frames made on the spot.
 */
#include <chilang/plugin.h>

#include "lib/base/time.h"
#include "tests/frames/frames.h"

#include <dlfcn.h>
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

enum { POSTS_MAX = 200, WAIT_S = 30, TEXT_MAX = 512 };
enum { SIZE = FRAME_WIDTH * FRAME_HEIGHT };

/** A line of a chip card: the name is one that a guess of the character set is known to spoil. */
static const char card_line[] = "001203000123|012345678|HUỲNH HIẾU THUẬN|01021990|Nam|"
                                "Số 1, M'gar, Đắk Lắk|01082021";

struct post {
    char text[TEXT_MAX]; /**< empty: unreadable */
    int64_t captured_ns, posted_ns;
};

/** The host as far as a scanner needs it. */
struct chl_ctx {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct post posts[POSTS_MAX];
    size_t count;
    unsigned lane;
    bool is_busy, healthy;
    unsigned health_reports;
    char health[256];
};

static struct chl_ctx ctx;
static const struct chl_plugin *plugin;
static struct chl_instance *instance;
static void *config;
static char folder[64];
static uint8_t pixels[SIZE];

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
        *post = (struct post){.captured_ns = scan->captured_ns, .posted_ns = chl_mono_ns()};
        if (!scan->unreadable && scan->length < TEXT_MAX) {
            memcpy(post->text, scan->bytes, scan->length);
        }
        self->lane = scan->lane.index;
    }
    chl_err answer = self->is_busy ? CHL_E_BUSY : CHL_OK;
    pthread_cond_broadcast(&self->changed);
    pthread_mutex_unlock(&self->lock);
    return answer;
}

static void host_health(struct chl_ctx *self, bool ok, const char *text)
{
    pthread_mutex_lock(&self->lock);
    self->healthy = ok;
    self->health_reports++;
    (void)snprintf(self->health, sizeof self->health, "%s", text);
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
    struct post post = ctx.posts[index];
    pthread_mutex_unlock(&ctx.lock);
    assert_string_equal(post.text, text);
    assert_true(post.captured_ns > 0 && post.captured_ns <= post.posted_ns);
}

static size_t posts_now(void)
{
    pthread_mutex_lock(&ctx.lock);
    size_t count = ctx.count;
    pthread_mutex_unlock(&ctx.lock);
    return count;
}

static int set_up(void **state)
{
    (void)state;
    ctx = (struct chl_ctx){.count = 0};
    (void)pthread_mutex_init(&ctx.lock, NULL);
    (void)pthread_cond_init(&ctx.changed, NULL);
    (void)snprintf(folder, sizeof folder, "/tmp/chl-camera-XXXXXX");
    return mkdtemp(folder) == NULL ? -1 : 0;
}

static int remove_entry(const char *path, const struct stat *about, int flag, struct FTW *where)
{
    (void)about;
    (void)flag;
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
        instance = NULL;
    }
    free(config);
    config = NULL;
    (void)pthread_cond_destroy(&ctx.changed);
    (void)pthread_mutex_destroy(&ctx.lock);
    return nftw(folder, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

static void *option(const char *name)
{
    for (const struct chl_opt *row = plugin->options; row->name != NULL; row++) {
        if (strcmp(row->name, name) == 0) {
            return (char *)config + row->offset;
        }
    }
    fail_msg("expected the option %s", name);
    return NULL;
}

static void set_int(const char *name, int64_t value)
{
    memcpy(option(name), &value, sizeof value);
}

static void start_with(const char *device, bool inverted, int64_t unreadable_ms)
{
    char why[256] = "";
    config = calloc(1, plugin->config_size);
    assert_non_null(config);
    memcpy(option("device"), &device, sizeof device);
    memcpy(option("inverted"), &inverted, sizeof inverted);
    set_int("width", 1280);
    set_int("height", 720);
    set_int("fps", 60);
    set_int("decode_fps", 60);
    set_int("repeat_after", 3000);
    set_int("unreadable_after", unreadable_ms);
    const struct chl_create args = {.size = (uint32_t)sizeof args,
                                    .name = "it",
                                    .config = config,
                                    .host = &host,
                                    .ctx = &ctx,
                                    .lane = {.index = 3}};
    if (plugin->ops->create(&args, &instance, why, sizeof why) != CHL_OK) {
        fail_msg("%s", why);
    }
    assert_int_equal(plugin->ops->start(instance), CHL_OK);
}

static const char *in_folder(const char *name)
{
    static char path[128];
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

/** A frame with a code into `pixels`; `hard` from 0 to 1. */
static void draw(const char *text, double hard, bool inverted)
{
    static struct chl_qr_symbol symbol;
    struct frame_card card;
    struct frame_look look;
    assert_int_equal(chl_qr_encode(text, strlen(text), CHL_QR_M, &symbol), CHL_OK);
    assert_true(frame_card_of_symbol(&symbol, &card));
    frame_look_of((size_t)(hard * 40) / 4 * 4 + (inverted ? 3 : 0), 41, &look);
    frame_draw(&card, &look, pixels);
    free(card.texels);
}

static void write_frame(const char *name)
{
    assert_true(frame_write_pgm(in_folder(name), pixels));
}

static void write_empty(const char *name)
{
    frame_background(77, pixels);
    write_frame(name);
}

static void test_recorded_frames_are_read_in_order_once(void **state)
{
    (void)state;
    write_empty("00.pgm");
    draw(card_line, 0.2, false);
    write_frame("01.pgm");
    write_frame("02.pgm"); /* the same one held */
    draw("LS1:SECOND", 0.1, true);
    write_frame("03.pgm");
    FILE *other = fopen(in_folder("04.txt"), "w"); /* no picture: passed over */
    assert_non_null(other);
    (void)fputs("no picture", other);
    (void)fclose(other);
    write_empty("05.pgm");
    draw("LS1:THIRD", 0, false);
    write_frame("06.pgm");
    start_with(folder, true, 4000);
    wait_until(has_posts, 3);
    assert_post(0, card_line); /* every tone mark as it was encoded */
    assert_post(1, "LS1:SECOND");
    assert_post(2, "LS1:THIRD");
    assert_int_equal(ctx.lane, 3);
    assert_true(is_healthy());
    assert_int_equal(posts_now(), 3);
    struct stat about;
    assert_int_equal(stat(in_folder("06.pgm"), &about), 0); /* files are only read */
}

static void test_inverted_codes_need_their_option(void **state)
{
    (void)state;
    draw("LS1:DARK", 0, true);
    write_frame("0.pgm");
    draw("LS1:LIGHT", 0, false);
    write_frame("1.pgm");
    start_with(folder, false, 0);
    wait_until(has_posts, 1);
    assert_post(0, "LS1:LIGHT");
}

static void test_a_held_picture_is_one_scan_until_the_host_has_room(void **state)
{
    (void)state;
    draw(card_line, 0, false);
    write_frame("held.pgm");
    ctx.is_busy = true;
    start_with(in_folder("held.pgm"), true, 0);
    wait_until(has_posts, 2); /* a busy host is told again */
    pthread_mutex_lock(&ctx.lock);
    ctx.is_busy = false;
    pthread_mutex_unlock(&ctx.lock);
    wait_until(has_posts, 3);
    size_t posts = posts_now();
    struct timespec while_held = {.tv_sec = 2};
    (void)nanosleep(&while_held, NULL); /* that nothing comes can only be seen by waiting */
    assert_int_equal(posts_now(), posts);
    for (size_t i = 0; i < posts; i++) {
        assert_post(i, card_line);
    }
}

/* Everything but the three marks is gone. */
static void test_a_code_that_cannot_be_read_is_said_once(void **state)
{
    (void)state;
    static struct chl_qr_symbol symbol;
    struct frame_card card;
    assert_int_equal(chl_qr_encode(card_line, strlen(card_line), CHL_QR_M, &symbol), CHL_OK);
    for (size_t y = 0; y < symbol.side; y++) {
        for (size_t x = 0; x < symbol.side; x++) {
            bool is_mark =
                (x < 8 && (y < 8 || y + 8 >= symbol.side)) || (y < 8 && x + 8 >= symbol.side);
            uint8_t *module = &symbol.dark[y * symbol.side + x];
            *module = is_mark ? *module : 0;
        }
    }
    assert_true(frame_card_of_symbol(&symbol, &card));
    const struct frame_look look = {
        .texel_px = 6, .turn = 0.3, .blur_px = 0.6, .noise = 3, .ink = 30, .paper = 220, .seed = 5};
    frame_draw(&card, &look, pixels);
    free(card.texels);
    write_frame("broken.pgm");
    start_with(in_folder("broken.pgm"), true, 500);
    wait_until(has_posts, 1);
    assert_post(0, "");
    struct timespec while_held = {.tv_sec = 1};
    (void)nanosleep(&while_held, NULL);
    assert_int_equal(posts_now(), 1);
}

static void write_film(const char *path, const char *const *texts, size_t count)
{
    FILE *film = fopen(path, "wb");
    assert_non_null(film);
    (void)fprintf(film, "YUV4MPEG2 W%d H%d F30:1 Ip A1:1 C420jpeg\n", FRAME_WIDTH, FRAME_HEIGHT);
    for (size_t i = 0; i < count; i++) {
        draw(texts[i], 0, false);
        (void)fputs("FRAME\n", film);
        assert_int_equal(fwrite(pixels, 1, SIZE, film), SIZE);
        assert_int_equal(fwrite(pixels, 1, SIZE / 2, film), SIZE / 2); /* colours */
    }
    (void)fputs("FRAME\ncut off", film);
    assert_int_equal(fclose(film), 0);
}

static void test_a_film_is_played(void **state)
{
    (void)state;
    static const char *const texts[] = {"LS1:ONE", "LS1:ONE", "LS1:TWO", "LS1:TWO"};
    write_film(in_folder("a.y4m"), texts, 4);
    start_with(in_folder("a.y4m"), true, 4000);
    wait_until(has_posts, 2);
    assert_post(0, "LS1:ONE");
    assert_post(1, "LS1:TWO");
    assert_true(is_healthy()); /* and its damaged end is its end */
}

static void test_an_absent_camera_is_said_and_found_when_it_comes(void **state)
{
    (void)state;
    char path[96];
    (void)snprintf(path, sizeof path, "%s/video", folder);
    start_with(path, true, 4000);
    wait_until(has_health, false);
    assert_non_null(strstr(ctx.health, path));
    assert_non_null(strstr(ctx.health, "plug the camera in"));
    draw("LS1:LATE", 0, false);
    write_frame("new");
    assert_int_equal(rename(in_folder("new"), path), 0);
    wait_until(has_posts, 1);
    assert_post(0, "LS1:LATE");
    assert_true(is_healthy());
}

static void test_what_is_no_camera_is_named(void **state)
{
    (void)state;
    start_with("/dev/null", true, 4000);
    wait_until(has_health, false);
    assert_non_null(strstr(ctx.health, "expected a camera"));
}

static void test_stop_is_quick_and_can_be_repeated(void **state)
{
    (void)state;
    static const char *const devices[] = {"/nonexistent/video0", "/dev/null", NULL};
    for (size_t i = 0; i < sizeof devices / sizeof *devices; i++) {
        start_with(devices[i] == NULL ? folder : devices[i], true, 4000);
        wait_until(has_health, devices[i] == NULL);
        for (int k = 0; k < 20; k++) {
            int64_t before_ns = chl_mono_ns();
            plugin->ops->quiesce(instance);
            plugin->ops->stop(instance);
            assert_true(chl_mono_ns() - before_ns < 2 * CHL_NS_PER_S);
            plugin->ops->stop(instance);
            assert_int_equal(plugin->ops->start(instance), CHL_OK);
        }
        plugin->ops->stop(instance);
        plugin->ops->destroy(instance);
        instance = NULL;
        free(config);
        config = NULL;
        ctx.health_reports = 0;
    }
}

static int load_plugin(void **state)
{
    (void)state;
    void *handle =
        dlopen(CHL_STAGE_DIR "/lib/chilang/plugins/scan_camera.so", RTLD_NOW | RTLD_LOCAL);
    if (handle == NULL) {
        fprintf(stderr, "%s\n", dlerror());
        return -1;
    }
    plugin = dlsym(handle, "chl_plugin");
    /* Never closed: a sanitizer names its frames at the end. */
    return plugin != NULL && plugin->abi == CHL_ABI && plugin->kind == CHL_KIND_SCAN ? 0 : -1;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_recorded_frames_are_read_in_order_once),
        TEST(test_inverted_codes_need_their_option),
        TEST(test_a_held_picture_is_one_scan_until_the_host_has_room),
        TEST(test_a_code_that_cannot_be_read_is_said_once),
        TEST(test_a_film_is_played),
        TEST(test_an_absent_camera_is_said_and_found_when_it_comes),
        TEST(test_what_is_no_camera_is_named),
        TEST(test_stop_is_quick_and_can_be_repeated),
    };
    return cmocka_run_group_tests(tests, load_plugin, NULL);
}
