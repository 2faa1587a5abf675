/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief What knowing a person by several numbers and looking them up in a register adds to a
 * scan.
 */
#include <stdlib.h>
#include <string.h>

#include "core/engine/account.h"
#include "core/host/register.h"
#include "lib/base/time.h"
#include "tests/bench/figure.h"

enum { RUNS = 21, ROUNDS = 20000, ROWS = 20000, USED = 200000, ROW = 64 };

/* Of a scan's 10 ms: this is no reason to wait. */
#define BOUND_NS 50000.0

static const struct pseudonym_key key = {{1, 2, 3}};

static struct person_register *make_register(void)
{
    char *text = malloc((size_t)(ROWS + 1) * ROW);
    struct person_register *persons = NULL;
    char why[256] = "";
    size_t used = text != NULL ? (size_t)sprintf(text, "document,name,birth\n") : 0;
    for (int i = 0; text != NULL && i < ROWS; i++) {
        used += (size_t)sprintf(text + used, "%012d,Nguyễn Văn %c%c,%d\n", i + 1, 'a' + i % 26,
                                'a' + i / 26 % 26, 1940 + i % 60);
    }
    FILE *file = text != NULL ? fmemopen(text, used, "r") : NULL;
    if (file == NULL || register_read(&key, "bench", file, &persons, why, sizeof why) != CHL_OK) {
        (void)fprintf(stderr, "%s\n", why);
        abort();
    }
    (void)fclose(file);
    free(text);
    return persons;
}

static void identify(struct identity *who, bool named)
{
    *who = (struct identity){0};
    (void)identity_add_number(who, &key, CHL_DOCUMENT_CCCD, "001093029317");
    (void)identity_add_number(who, &key, CHL_DOCUMENT_CMND, "012345678");
    if (named) {
        (void)identity_set_name(who, &key, "Nguyễn Thị Thử", "1990-02-03");
    }
}

static unsigned sink;

static void numbers_only(const void *unused)
{
    struct identity who;
    (void)unused;
    identify(&who, false);
    sink += who.numbers[0].key[0];
}

static void with_register(const void *persons)
{
    struct identity who;
    identify(&who, true);
    sink += (unsigned)register_look(persons, &who);
}

/** An engine whose table of codes is full of other people. */
struct crowd {
    struct engine engine;
    struct engine_scan scan;
};

static void find_account(const void *argument)
{
    const struct crowd *crowd = argument;
    struct account account;
    account_find(&crowd->engine, &crowd->scan, ENGINE_NONE, INT64_C(1643673600) * CHL_NS_PER_S,
                 &account);
    sink += account.available;
}

static void fill_crowd(struct crowd *crowd)
{
    static const struct engine_config config = {.reuse_after_s = 43200};
    struct engine_record record = {.time_ns = INT64_C(1643673000) * CHL_NS_PER_S};
    struct record_DECISION *made = &record.as.DECISION;
    uint64_t random = 1;
    crowd->engine.config = &config;
    made->party = made->places = 1;
    made->aliases.count = 2;
    for (int i = 0; i < USED; i++) {
        for (int k = 0; k < 3; k++) {
            random = random * UINT64_C(6364136223846793005) + 1442695040888963407U;
            memcpy(k == 0 ? made->code : made->aliases.keys[k - 1], &random, sizeof random);
        }
        if (account_take(&crowd->engine.state.codes, &record) != CHL_OK) {
            abort();
        }
    }
    crowd->scan = (struct engine_scan){.format = CHL_FORMAT_CCCD, .party = 1};
    crowd->scan.aliases = made->aliases;
}

static void measure(const char *name, void (*work)(const void *), const void *argument)
{
    static double values[RUNS];
    for (size_t i = 0; i < RUNS; i++) {
        int64_t began_ns = chl_mono_ns();
        for (int k = 0; k < ROUNDS; k++) {
            work(argument);
        }
        values[i] = (double)(chl_mono_ns() - began_ns) / ROUNDS;
    }
    double middle = figure_median(values, RUNS);
    printf("figure\t%s, ns\t<= %.0f\t%.0f\t%.0f\t%.0f\t%s\n", name, BOUND_NS, middle, values[0],
           values[RUNS - 1], middle <= BOUND_NS ? "met" : "MISSED");
}

int main(void)
{
    static struct crowd crowd;
    struct person_register *persons = make_register();
    fill_crowd(&crowd);
    measure("two document numbers to pseudonyms", numbers_only, NULL);
    measure("the same, name and birth, and a register of 20000", with_register, persons);
    measure("a person among 600000 keys of the engine", find_account, &crowd);
    register_free(persons);
    engine_free(&crowd.engine);
    return sink == 1 ? 1 : 0;
}
