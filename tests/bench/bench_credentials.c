/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Codes a second and a thread, for each format, through the chain of plugins as the host
 *         calls it, beside the bare cryptographic operation on the same signature.
 *
 *  Whole and bare take turns in short rounds, in the thread's own processor time, so that what else
 *  the machine does falls on both alike; a figure is the median of the rounds' ratios.
 */
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/base/time.h"
#include "tests/bench/bare_verify.h"
#include "tests/bench/figure.h"
#include "tests/chain/codes.h"
#include "tests/chain/memory.h"

enum { PAIRS_DEFAULT = 41, PAIRS_MIN = 21, PAIRS_MAX = 1001, ROUND_NS = 8000000, COUNTED = 100 };

/* One thing to be timed. */
struct subject {
    struct chain *chain;
    struct bare_verify *bare; /* NULL: the whole inspection */
    const struct credential_code *code;
};

static bool run_once(const struct subject *subject)
{
    if (subject->bare != NULL) {
        return bare_verify_once(subject->bare);
    }
    struct chl_inspection found;
    chain_inspect(subject->chain, subject->code->text, strlen(subject->code->text),
                  CREDENTIAL_NOW_S * CHL_NS_PER_S, &found, NULL);
    return found.outcome == CHL_CLAIMED && found.format == subject->code->format &&
           found.is_signed == (subject->code->prefix != NULL);
}

static int64_t thread_ns(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (int64_t)now.tv_sec * CHL_NS_PER_S + now.tv_nsec;
}

/* Nanoseconds of one run, as the mean of a round. */
static double time_round(const struct subject *subject, size_t runs, bool *good)
{
    int64_t began = thread_ns();
    for (size_t i = 0; i < runs; i++) {
        *good = run_once(subject) && *good;
    }
    return (double)(thread_ns() - began) / (double)runs;
}

/* Runs that fill a round; warms up. */
static size_t runs_of(const struct subject *subject, bool *good)
{
    enum { TRIAL = 100 };
    (void)time_round(subject, TRIAL, good);
    double each = time_round(subject, TRIAL, good);
    return 1 + (size_t)((double)ROUND_NS / (each > 1 ? each : 1));
}

/* Calls for memory of one run, when all is warm. */
static void count_allocations(const struct subject *subject, double *ours, double *openssl,
                              bool *good)
{
    struct memory before = memory_now();
    for (size_t i = 0; i < COUNTED; i++) {
        *good = run_once(subject) && *good;
    }
    struct memory after = memory_now();
    *openssl = (double)(after.openssl_calls - before.openssl_calls) / COUNTED;
    *ours = (double)(after.calls - before.calls) / COUNTED - *openssl;
}

static void print_row(const struct credential_code *code, double whole_ns, double bare_ns,
                      const struct subject *whole, const struct subject *bare, bool *good)
{
    double ours = 0, openssl = 0, bare_ours = 0, bare_openssl = 0;
    count_allocations(whole, &ours, &openssl, good);
    printf("%-12s %5zu chars %10.0f codes/s", code->name, strlen(code->text), 1e9 / whole_ns);
    if (bare->bare != NULL) {
        count_allocations(bare, &bare_ours, &bare_openssl, good);
        printf("   bare %8.0f /s  left %.3f   allocations: ours %.2f, OpenSSL %.2f (bare %.2f)\n",
               1e9 / bare_ns, bare_ns / whole_ns, ours, openssl, bare_openssl);
    } else {
        printf("   allocations: ours %.2f\n", ours + openssl);
    }
}

static bool measure(struct chain *chain, const struct credential_code *code, size_t pairs)
{
    static double bare_ns[PAIRS_MAX], whole_ns[PAIRS_MAX], values[PAIRS_MAX];
    struct subject whole = {chain, NULL, code}, bare = {chain, NULL, code};
    bool good = true;
    char name[64];
    if (code->prefix != NULL) {
        bare.bare = bare_verify_new(code->issuing.key, code->prefix, code->text);
        if (bare.bare == NULL) {
            return false;
        }
    }
    const bool is_signed = bare.bare != NULL;
    size_t whole_runs = runs_of(&whole, &good);
    size_t bare_runs = is_signed ? runs_of(&bare, &good) : 0;
    for (size_t i = 0; i < pairs; i++) {
        for (size_t turn = 0; turn < 2; turn++) { /* each goes first as often */
            if ((i + turn) % 2 == 0) {
                whole_ns[i] = time_round(&whole, whole_runs, &good);
            } else if (is_signed) {
                bare_ns[i] = time_round(&bare, bare_runs, &good);
            }
        }
        values[i] = is_signed ? bare_ns[i] / whole_ns[i] : 1e9 / whole_ns[i];
    }
    print_row(code, figure_median(whole_ns, pairs), is_signed ? figure_median(bare_ns, pairs) : 1,
              &whole, &bare, &good);
    if (code->bound > 0) {
        (void)snprintf(name, sizeof name, is_signed ? "%s / bare verification" : "%s codes/s",
                       code->name);
        figure_at_least(name, code->bound, values, pairs);
    }
    bare_verify_free(bare.bare);
    return good;
}

int main(int argc, char **argv)
{
    size_t pairs = argc > 1 ? strtoul(argv[1], NULL, 10) : PAIRS_DEFAULT;
    pairs = pairs < PAIRS_MIN ? PAIRS_MIN : (pairs > PAIRS_MAX ? PAIRS_MAX : pairs);
    bool counts = memory_begin();
    struct chain *chain = credential_codes_make();
    bool good = chain != NULL;
    if (!counts) {
        puts("allocations: OpenSSL's count as ours, it was used before they could be told apart");
    }
    for (size_t i = 0; chain != NULL && i < CREDENTIAL_CODES; i++) {
        struct credential_code *code = &credential_codes()[i];
        if (argc > 2 && strstr(code->name, argv[2]) == NULL) {
            continue;
        }
        if (!measure(chain, code, pairs)) {
            fprintf(stderr, "%s: expected every inspection to claim it, some did not\n",
                    code->name);
            good = false;
        }
    }
    chain_close(chain);
    credential_codes_free();
    return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
