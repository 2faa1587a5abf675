/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The line that `./dev bench` collects from every benchmark.
 */
#ifndef CHL_TESTS_BENCH_FIGURE_H
#define CHL_TESTS_BENCH_FIGURE_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

static inline int figure_ascending(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

/** Sorts. */
static inline double figure_median(double *values, size_t count)
{
    qsort(values, count, sizeof *values, figure_ascending);
    return values[count / 2];
}

/** Sorts and prints: figure, bound, median, smallest, largest, met. */
static inline void figure_at_least(const char *name, double bound, double *ratios, size_t count)
{
    double middle = figure_median(ratios, count);
    printf("figure\t%s\t>= %.2f\t%.2f\t%.2f\t%.2f\t%s\n", name, bound, middle, ratios[0],
           ratios[count - 1], middle >= bound ? "met" : "MISSED");
}

#endif
