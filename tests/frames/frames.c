/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Draws cards through a pinhole camera, then spoils the picture as lenses and sensors do.
 */
#include "tests/frames/frames.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { FOCAL = 1300, SAMPLES = 2, CLUTTER = 14 };

static uint32_t next_random(uint32_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 17;
    *seed ^= *seed << 5;
    return *seed;
}

/** Evenly from `low` to `high`. */
static double between(uint32_t *seed, double low, double high)
{
    return low + (high - low) * (next_random(seed) >> 8) / (double)(1U << 24);
}

static uint8_t grey(double value)
{
    return (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value);
}

bool frame_card_of_symbol(const struct chl_qr_symbol *symbol, struct frame_card *out)
{
    size_t side = symbol->side + 2U * CHL_QR_QUIET;
    *out = (struct frame_card){.width = side, .height = side, .texels = malloc(side * side)};
    if (out->texels == NULL) {
        return false;
    }
    memset(out->texels, 255, side * side);
    for (size_t y = 0; y < symbol->side; y++) {
        for (size_t x = 0; x < symbol->side; x++) {
            if (symbol->dark[y * symbol->side + x] != 0) {
                out->texels[(y + CHL_QR_QUIET) * side + x + CHL_QR_QUIET] = 0;
            }
        }
    }
    return true;
}

void frame_look_of(size_t index, size_t count, struct frame_look *out)
{
    uint32_t seed = (uint32_t)(index + 1) * 2654435761U;
    double hard = count < 2 ? 0 : (double)index / (double)(count - 1);
    (void)next_random(&seed);
    *out = (struct frame_look){.seed = seed};
    out->texel_px = between(&seed, 5.5, 7) - 3.2 * hard;
    out->turn = between(&seed, -M_PI, M_PI);
    out->tilt = between(&seed, -0.65, 0.65) * hard;
    out->lean = between(&seed, -0.65, 0.65) * hard;
    out->at_x = between(&seed, -180, 180);
    out->at_y = between(&seed, -60, 60);
    out->blur_px = between(&seed, 0.2, 2.4) * hard;
    out->noise = 2 + between(&seed, 0, 22) * hard;
    out->shade = between(&seed, 0.2, 0.8) * hard;
    out->ink = 20 + 60 * hard * between(&seed, 0, 1);
    out->paper = 235 - 90 * hard * between(&seed, 0, 1);
    if (index % 4 == 3) {
        double ink = out->ink;
        out->ink = out->paper;
        out->paper = ink;
    }
}

void frame_background(uint32_t seed, uint8_t *pixels)
{
    double left = between(&seed, 60, 160), right = between(&seed, 60, 160);
    for (size_t y = 0; y < FRAME_HEIGHT; y++) {
        for (size_t x = 0; x < FRAME_WIDTH; x++) {
            pixels[y * FRAME_WIDTH + x] = grey(left + (right - left) * (double)x / FRAME_WIDTH);
        }
    }
    for (size_t i = 0; i < CLUTTER; i++) { /* sleeves, cables, posters */
        size_t width = (size_t)between(&seed, 8, 260), height = (size_t)between(&seed, 8, 260);
        size_t at_x = (size_t)between(&seed, 0, FRAME_WIDTH - 1);
        size_t at_y = (size_t)between(&seed, 0, FRAME_HEIGHT - 1);
        uint8_t shade = grey(between(&seed, 20, 230));
        for (size_t y = at_y; y < at_y + height && y < FRAME_HEIGHT; y++) {
            for (size_t x = at_x; x < at_x + width && x < FRAME_WIDTH; x++) {
                pixels[y * FRAME_WIDTH + x] = shade;
            }
        }
    }
}

struct vector {
    double x, y, z;
};

static double dot(struct vector a, struct vector b)
{
    return a.x * b.x + a.y * b.y + a.z * b.z;
}

static struct vector rotate(struct vector v, const struct frame_look *look)
{
    double c = cos(look->turn), s = sin(look->turn);
    v = (struct vector){c * v.x - s * v.y, s * v.x + c * v.y, v.z};
    c = cos(look->tilt);
    s = sin(look->tilt);
    v = (struct vector){v.x, c * v.y - s * v.z, s * v.y + c * v.z};
    c = cos(look->lean);
    s = sin(look->lean);
    return (struct vector){c * v.x + s * v.z, v.y, c * v.z - s * v.x};
}

/** A card in space: at the distance where one unit is one pixel. */
struct placed {
    struct vector centre, across, down, normal;
};

/** The texel under a ray, or −1 beside the card. */
static int under(const struct placed *at, const struct frame_card *card, double texel_px, double x,
                 double y)
{
    struct vector ray = {x - FRAME_WIDTH / 2.0, y - FRAME_HEIGHT / 2.0, FOCAL};
    double facing = dot(ray, at->normal);
    if (fabs(facing) < 1e-9) {
        return -1;
    }
    double far = dot(at->centre, at->normal) / facing;
    struct vector hit = {far * ray.x - at->centre.x, far * ray.y - at->centre.y,
                         far * ray.z - at->centre.z};
    double column = dot(hit, at->across) / texel_px + (double)card->width / 2;
    double row = dot(hit, at->down) / texel_px + (double)card->height / 2;
    if (column < 0 || row < 0 || column >= (double)card->width || row >= (double)card->height) {
        return -1;
    }
    return card->texels[(size_t)row * card->width + (size_t)column];
}

void frame_lay(const struct frame_card *card, const struct frame_look *look, uint8_t *pixels)
{
    const struct placed at = {.centre = {look->at_x, look->at_y, FOCAL},
                              .across = rotate((struct vector){1, 0, 0}, look),
                              .down = rotate((struct vector){0, 1, 0}, look),
                              .normal = rotate((struct vector){0, 0, 1}, look)};
    /* What is far from the card need not be asked: nearer corners look larger, but not twice. */
    double reach = look->texel_px * hypot((double)card->width, (double)card->height);
    for (size_t y = 0; y < FRAME_HEIGHT; y++) {
        for (size_t x = 0; x < FRAME_WIDTH; x++) {
            uint8_t *pixel = &pixels[y * FRAME_WIDTH + x];
            double sum = 0;
            if (hypot((double)x - FRAME_WIDTH / 2.0 - look->at_x,
                      (double)y - FRAME_HEIGHT / 2.0 - look->at_y) > reach) {
                continue;
            }
            for (size_t k = 0; k < (size_t)SAMPLES * SAMPLES; k++) {
                double sub_x = ((double)(k % SAMPLES) + 0.5) / SAMPLES;
                double sub_y = ((double)(k / SAMPLES) + 0.5) / SAMPLES;
                int texel = under(&at, card, look->texel_px, (double)x + sub_x, (double)y + sub_y);
                sum += texel < 0 ? *pixel : look->ink + (look->paper - look->ink) * texel / 255;
            }
            *pixel = grey(sum / (SAMPLES * SAMPLES));
        }
    }
}

/** One pass along rows (step 1) or columns (step FRAME_WIDTH): a triangle as wide as the blur. */
static void smooth(const uint8_t *from, uint8_t *to, size_t step, double radius)
{
    int reach = (int)ceil(radius);
    for (size_t y = 0; y < FRAME_HEIGHT; y++) {
        for (size_t x = 0; x < FRAME_WIDTH; x++) {
            int at = (int)(step == 1 ? x : y), end = step == 1 ? FRAME_WIDTH : FRAME_HEIGHT;
            double sum = 0, weights = 0;
            for (int k = -reach; k <= reach; k++) {
                double weight = radius + 0.5 - abs(k);
                if (weight > 0 && at + k >= 0 && at + k < end) {
                    weight = weight > 1 ? 1 : weight;
                    sum += weight * from[(ptrdiff_t)(y * FRAME_WIDTH + x) + k * (ptrdiff_t)step];
                    weights += weight;
                }
            }
            to[y * FRAME_WIDTH + x] = grey(sum / weights);
        }
    }
}

void frame_spoil(const struct frame_look *look, uint8_t *pixels)
{
    uint32_t seed = look->seed | 1U;
    uint8_t *other = malloc((size_t)FRAME_WIDTH * FRAME_HEIGHT);
    if (other != NULL && look->blur_px > 0) {
        smooth(pixels, other, 1, look->blur_px);
        smooth(other, pixels, FRAME_WIDTH, look->blur_px);
    }
    free(other);
    for (size_t i = 0; i < (size_t)FRAME_WIDTH * FRAME_HEIGHT; i++) {
        double light = 1 - look->shade * (double)(i % FRAME_WIDTH) / FRAME_WIDTH;
        double noise = 0; /* of variance 1: the sum of three even ones */
        for (int k = 0; k < 3; k++) {
            noise += between(&seed, -1, 1);
        }
        pixels[i] = grey(pixels[i] * light + look->noise * noise);
    }
}

void frame_draw(const struct frame_card *card, const struct frame_look *look, uint8_t *pixels)
{
    frame_background(look->seed | 1U, pixels);
    frame_lay(card, look, pixels);
    frame_spoil(look, pixels);
}

bool frame_write_pgm(const char *path, const uint8_t *pixels)
{
    FILE *out = fopen(path, "wb");
    if (out == NULL) {
        return false;
    }
    size_t size = (size_t)FRAME_WIDTH * FRAME_HEIGHT;
    bool written = fprintf(out, "P5\n%d %d\n255\n", FRAME_WIDTH, FRAME_HEIGHT) > 0 &&
                   fwrite(pixels, 1, size, out) == size;
    return fclose(out) == 0 && written;
}
