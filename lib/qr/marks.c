/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Finds the corner marks of a QR code by their runs 1:1:3:1:1 along rows and columns.
 */
#include "lib/qr/marks.h"

#include "lib/qr/reader.h"

#include <math.h>
#include <string.h>

enum {
    ROW_STEP = 3,     /**< a mark's core is three modules high: no row of it need be missed */
    REACH = 48,       /**< pixels to either side whose mean divides dark from light */
    CONTRAST_MIN = 8, /**< grey levels from that mean: less is noise of an even surface */
    MARKS_MAX = 48,   /**< places remembered */
    HITS_MIN = 2,     /**< rows that must agree */
    SIDE_MIN = 12,    /**< modules between two marks: 14 in version 1 … */
    SIDE_MAX = 190    /**< … and 170 in version 40, seen at a slant */
};

struct mark {
    double x, y, module; /* centre and size, pixels */
    unsigned hits;
};

/** Sines of sixteen directions; the cosine is four further on. */
static const double directions[16] = {0, 0.3827,  0.7071,  0.9239,  1,  0.9239,  0.7071,  0.3827,
                                      0, -0.3827, -0.7071, -0.9239, -1, -0.9239, -0.7071, -0.3827};

/** A line of pixels in either direction. */
struct line {
    const uint8_t *at;
    size_t step, length;
};

/** The last five runs of a line, oldest first. */
struct runs {
    size_t length[5];
    bool is_dark; /* the newest */
};

static bool is_like_mark(const struct runs *runs, double *module)
{
    static const double modules[5] = {1, 1, 3, 1, 1};
    double total = 0;
    for (size_t i = 0; i < 5; i++) {
        if (runs->length[i] == 0) {
            return false;
        }
        total += (double)runs->length[i];
    }
    *module = total / 7;
    for (size_t i = 0; i < 5; i++) {
        double off = fabs((double)runs->length[i] - modules[i] * *module);
        if (off > 0.6 * *module + 0.7) {
            return false;
        }
    }
    return *module >= 1;
}

static void push(struct runs *runs, size_t length)
{
    memmove(runs->length, runs->length + 1, 4 * sizeof *runs->length);
    runs->length[4] = length;
}

/** Visits each five runs that look like a mark: the position behind them, and their module. */
typedef void run_visit(void *user, double end, double module);

static void walk(const struct line *line, run_visit *visit, void *user)
{
    struct runs runs = {0};
    size_t from = 0, sum = 0, have = 0, run = 0;
    size_t ahead = line->length < REACH ? line->length : REACH;
    for (; have < ahead; have++) {
        sum += line->at[have * line->step];
    }
    for (size_t i = 0; i < line->length; i++) {
        if (have < line->length) {
            sum += line->at[have++ * line->step];
        }
        if (i > REACH) {
            sum -= line->at[from++ * line->step];
        }
        int mean = (int)(sum / (have - from));
        int margin = runs.is_dark ? CONTRAST_MIN : -CONTRAST_MIN; /* to change, pass the mean */
        bool is_dark = line->at[i * line->step] < mean + margin;
        if (is_dark == runs.is_dark) {
            run++;
            continue;
        }
        push(&runs, run);
        double module = 0;
        if (runs.is_dark && is_like_mark(&runs, &module)) {
            visit(user, (double)i, module);
        }
        runs.is_dark = is_dark;
        run = 1;
    }
}

struct search {
    const uint8_t *pixels;
    size_t width, height, row;
    struct mark marks[MARKS_MAX];
    size_t count;
    /* Of the column that is compared: where its mark should lie. */
    double wanted_y, wanted_module;
    size_t top;
    double found_y, found_module;
};

static void note_column(void *user, double end, double module)
{
    struct search *search = user;
    double y = (double)search->top + end - 3.5 * module;
    double ratio = module / search->wanted_module;
    if (fabs(y - search->wanted_y) < 2 * search->wanted_module && ratio > 0.5 && ratio < 2) {
        search->found_y = y;
        search->found_module = module;
    }
}

static uint8_t pixel_at(const struct search *search, double x, double y)
{
    size_t column = x < 0 ? 0 : (size_t)x;
    size_t row = y < 0 ? 0 : (size_t)y;
    column = column < search->width ? column : search->width - 1;
    row = row < search->height ? row : search->height - 1;
    return search->pixels[row * search->width + column];
}

/** A core of three modules with a light ring around it, however it is turned: at one module from
 *  the middle all is dark, at 2.3 all is light. */
static bool has_core_and_ring(const struct search *search, double x, double y, double across,
                              double down)
{
    unsigned core[16], ring[16], dark = 0, light = 0, good = 0;
    for (size_t i = 0; i < 16; i++) {
        double sine = directions[i], cosine = directions[(i + 4) % 16];
        core[i] = pixel_at(search, x + cosine * across, y + sine * down);
        ring[i] = pixel_at(search, x + 2.3 * cosine * across, y + 2.3 * sine * down);
        dark += core[i];
        light += ring[i];
    }
    unsigned between = (dark + light) / 32;
    for (size_t i = 0; i < 16; i++) {
        good += (core[i] < between ? 1U : 0U) + (ring[i] > between ? 1U : 0U);
    }
    return light > dark + 16U * CONTRAST_MIN && good >= 28;
}

/** Runs through a turned mark are longer than its modules, up to the square root of two. */
static bool is_mark(const struct search *search, double x, double y, double across, double down)
{
    static const double scales[] = {1, 0.86, 0.74};
    for (size_t i = 0; i < sizeof scales / sizeof *scales; i++) {
        if (has_core_and_ring(search, x, y, scales[i] * across, scales[i] * down)) {
            return true;
        }
    }
    return false;
}

static void remember(struct search *search, double x, double y, double module)
{
    for (size_t i = 0; i < search->count; i++) {
        struct mark *mark = &search->marks[i];
        if (fabs(mark->x - x) < 2 * module && fabs(mark->y - y) < 2 * module) {
            mark->hits++;
            return;
        }
    }
    if (search->count < MARKS_MAX) {
        search->marks[search->count++] = (struct mark){x, y, module, 1};
    }
}

/** A row shows a mark: does the column through its middle, too? */
static void note_row(void *user, double end, double module)
{
    struct search *search = user;
    double x = end - 3.5 * module;
    size_t reach = (size_t)(10 * module) + REACH;
    size_t top = search->row > reach ? search->row - reach : 0;
    size_t bottom = search->row + reach < search->height ? search->row + reach : search->height;
    if (x < 0 || x >= (double)search->width) {
        return;
    }
    const struct line column = {.at = search->pixels + top * search->width + (size_t)x,
                                .step = search->width,
                                .length = bottom - top};
    search->top = top;
    search->wanted_y = (double)search->row;
    search->wanted_module = module;
    search->found_module = 0;
    walk(&column, note_column, search);
    if (search->found_module > 0 &&
        is_mark(search, x, search->found_y, module, search->found_module)) {
        remember(search, x, search->found_y, (module + search->found_module) / 2);
    }
}

static double distance(const struct mark *a, const struct mark *b)
{
    return hypot(a->x - b->x, a->y - b->y);
}

static bool are_alike(double a, double b, double most)
{
    return a > 0 && b > 0 && a / b < most && b / a < most;
}

/** `corner` is where the right angle would be. */
static bool is_triple(const struct mark *corner, const struct mark *b, const struct mark *c)
{
    double side = distance(corner, b);
    double other = distance(corner, c);
    double long_side = distance(b, c);
    double module = (corner->module + b->module + c->module) / 3;
    return are_alike(corner->module, b->module, 1.5) && are_alike(corner->module, c->module, 1.5) &&
           are_alike(side, other, 1.4) && are_alike(long_side, hypot(side, other), 1.25) &&
           (side + other) / 2 > SIDE_MIN * module * 0.7 && (side + other) / 2 < SIDE_MAX * module;
}

static bool has_triple(const struct search *search)
{
    for (size_t i = 0; i < search->count; i++) {
        for (size_t j = 0; j < search->count; j++) {
            for (size_t k = j + 1; k < search->count; k++) {
                if (i != j && i != k && search->marks[i].hits >= HITS_MIN &&
                    search->marks[j].hits >= HITS_MIN && search->marks[k].hits >= HITS_MIN &&
                    is_triple(&search->marks[i], &search->marks[j], &search->marks[k])) {
                    return true;
                }
            }
        }
    }
    return false;
}

bool chl_qr_has_marks(const uint8_t *pixels, size_t width, size_t height)
{
    if (pixels == NULL || width < 2 || height < 2 || width > CHL_QR_SIDE_MAX ||
        height > CHL_QR_SIDE_MAX) {
        return false;
    }
    struct search search = {.pixels = pixels, .width = width, .height = height};
    for (search.row = 0; search.row < height; search.row += ROW_STEP) {
        const struct line row = {.at = pixels + search.row * width, .step = 1, .length = width};
        walk(&row, note_row, &search);
    }
    return has_triple(&search);
}
