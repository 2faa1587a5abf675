/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Who comes to the festival: real declarations made by `chilang declare`, a forger's among
 * them.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/time.h"
#include "sim/crowd.h"
#include "sim/demo/festival.h"

/** How many of a hundred behave so, and how many at least. */
static const struct {
    crowd_behaviour behaviour;
    unsigned of_hundred, at_least;
} shares[] = {
    {CROWD_FORGED, 3, 3}, {CROWD_EXPIRED, 3, 3},  {CROWD_SYMPTOMATIC, 2, 3},
    {CROWD_NOSHOW, 3, 4}, {CROWD_TAILGATE, 1, 3}, {CROWD_REUSED, 3, 4},
};

#define DAY_NS (INT64_C(86400) * CHL_NS_PER_S)

enum { FAMILIES_OF_HUNDRED = 8, PAIRS_OF_HUNDRED = 20 };

struct guest {
    crowd_behaviour behaviour;
    unsigned party, gate, arrival_ms;
    unsigned code; /**< number of the picture */
};

static void shuffle(struct festival *festival, struct guest *guests, unsigned count)
{
    for (unsigned i = count; i > 1; i--) {
        unsigned j = (unsigned)(festival_draw(festival) % i);
        struct guest kept = guests[i - 1];
        guests[i - 1] = guests[j];
        guests[j] = kept;
    }
}

static void give_behaviours(struct festival *festival, struct guest *guests, unsigned count)
{
    unsigned next = 0;
    for (size_t s = 0; s < sizeof shares / sizeof shares[0]; s++) {
        unsigned n = count * shares[s].of_hundred / 100;
        n = n < shares[s].at_least ? shares[s].at_least : n;
        for (unsigned i = 0; i < n && next < count; i++) {
            guests[next++].behaviour = shares[s].behaviour;
        }
    }
    unsigned families = count * FAMILIES_OF_HUNDRED / 100 + 1;
    unsigned pairs = count * PAIRS_OF_HUNDRED / 100;
    for (unsigned i = 0; i < families + pairs && next + i < count; i++) {
        guests[next + i].party = i < families ? 4 + i % 2 : 2;
    }
    shuffle(festival, guests, count);
}

/** Who must be seen comes early: a no-show has to come again, and the doors close on a queue. */
static void come_early(struct festival *festival, struct guest *guests, unsigned count, unsigned i)
{
    unsigned third = count / 3 + 1;
    unsigned other = (unsigned)(festival_draw(festival) % third);
    for (unsigned tries = 0; i >= third && tries < third; tries++, other = (other + 1) % third) {
        if (guests[other].behaviour == CROWD_WALK) {
            struct guest kept = guests[other];
            guests[other] = guests[i];
            guests[i] = kept;
            return;
        }
    }
}

static void give_places(struct festival *festival, struct guest *guests, unsigned count)
{
    unsigned gate = 0;
    for (unsigned i = 0; i < count; i++) {
        bool late = i >= count * 2 / 3 && guests[i].behaviour != CROWD_WALK;
        if (late || guests[i].behaviour == CROWD_NOSHOW) {
            come_early(festival, guests, count, i);
        }
    }
    for (unsigned i = 0; i < count; i++) {
        /* Those who slip in try each gate. */
        guests[i].gate = 1 + (guests[i].behaviour == CROWD_TAILGATE
                                  ? gate++
                                  : (unsigned)(festival_draw(festival) % FESTIVAL_GATES)) %
                                 FESTIVAL_GATES;
    }
}

/** People come over the first part of the time, evenly. */
static void give_arrivals(struct festival *festival, struct guest *guests, unsigned count)
{
    give_places(festival, guests, count);
    unsigned span = festival->options.seconds * 1000 * 7 / 10;
    for (unsigned i = 0; i < count; i++) {
        guests[i].arrival_ms = (unsigned)((uint64_t)span * i / count);
        guests[i].code = i + 1;
    }
    /* A copied code is somebody's who came early on the same way. */
    unsigned early = 0;
    for (unsigned i = 0; i < count; i++) {
        if (guests[i].behaviour != CROWD_REUSED) {
            continue;
        }
        while (early < count && (guests[early].behaviour != CROWD_WALK || early == i)) {
            early++;
        }
        if (early < count) {
            guests[i].code = guests[early].code;
            guests[i].party = guests[early].party;
            early++;
        }
    }
}

/** Forgers sign with a key of their own, or change what a genuine code says. */
static const char *batch_of(const struct guest *guest)
{
    if (guest->behaviour == CROWD_FORGED) {
        return guest->code % 2 == 0 ? "forged" : "changed";
    }
    return guest->behaviour == CROWD_EXPIRED ? "expired" : "signed";
}

static chl_err write_batch(struct festival *festival, const struct guest *guests, unsigned count,
                           const char *batch)
{
    char path[FESTIVAL_PATH + 32];
    snprintf(path, sizeof path, "%s/%s.csv", festival->paths.codes, batch);
    FILE *file = fopen(path, "we");
    if (file == NULL) {
        festival_fail(festival, "%s: expected a file that can be written, got an error", path);
        return CHL_E_IO;
    }
    bool expired = strcmp(batch, "expired") == 0;
    char issued_at[CHL_RFC3339_SIZE];
    char expires_at[CHL_RFC3339_SIZE];
    int64_t now_ns = chl_wall_ns();
    chl_time_format(now_ns - (expired ? 4 : 0) * DAY_NS, issued_at);
    chl_time_format(now_ns - (expired ? 1 : -3) * DAY_NS, expires_at);
    fprintf(file, "file,name,birth,phone,from,to,symptoms,contact,party,issued_at,expires_at\n");
    for (unsigned i = 0; i < count; i++) {
        if (guests[i].behaviour == CROWD_REUSED || strcmp(batch_of(&guests[i]), batch) != 0) {
            continue;
        }
        fprintf(file, "c%04u.png,Khách %u,%u,09%08u,05977,05977,%s,no,%u,%s,%s\n", guests[i].code,
                guests[i].code, 1950 + guests[i].code % 60, guests[i].code,
                guests[i].behaviour == CROWD_SYMPTOMATIC ? "fever" : "no", guests[i].party,
                issued_at, expires_at);
    }
    return fclose(file) == 0 ? CHL_OK : CHL_E_FULL;
}

static chl_err write_manifest(struct festival *festival, const struct guest *guests, unsigned count)
{
    FILE *file = fopen(festival->paths.manifest, "we");
    if (file == NULL) {
        festival_fail(festival, "%s: expected a file that can be written, got an error",
                      festival->paths.manifest);
        return CHL_E_IO;
    }
    fprintf(file, "id,picture,lane,unit,party,behaviour,arrival_ms\n");
    for (unsigned i = 0; i < count; i++) {
        fprintf(file, "p%04u,c%04u.png,G%u,%u,%u,%s,%u\n", i + 1, guests[i].code, guests[i].gate,
                guests[i].gate, guests[i].party, crowd_behaviour_name(guests[i].behaviour),
                guests[i].arrival_ms);
        festival->heads += guests[i].party;
    }
    festival->declarations = count;
    return fclose(file) == 0 ? CHL_OK : CHL_E_FULL;
}

/** The site's key for its stream, and one reader that it lets in. */
static chl_err make_stream_keys(struct festival *festival)
{
    char *keys = festival->paths.keys;
    char server[FESTIVAL_PATH + 32];
    char reader[FESTIVAL_PATH + 32];
    snprintf(server, sizeof server, "%s/server", keys);
    snprintf(reader, sizeof reader, "%s/monitor", keys);
    char *make_server[] = {festival->chilang, "keygen", "curve", "--out", server, NULL};
    char *make_reader[] = {festival->chilang, "keygen", "curve", "--out", reader,
                           "--grant",         keys,     NULL};
    chl_err rc = festival_tool(festival, make_server);
    return rc == CHL_OK ? festival_tool(festival, make_reader) : rc;
}

/** An issuer whose public key lies in the site's trust folder, and a forger whose key does not. */
static chl_err make_keys(struct festival *festival)
{
    static const char *const names[] = {"issuer", "forger"};
    const struct festival_paths *paths = &festival->paths;
    char path[FESTIVAL_PATH + 32];
    char trusted[FESTIVAL_PATH + 32];
    for (size_t i = 0; i < 2; i++) {
        snprintf(path, sizeof path, "%s/%s.pem", paths->keys, names[i]);
        char *argv[] = {festival->chilang, "keygen", "issuer", "--out", path, NULL};
        if (festival_tool(festival, argv) != CHL_OK) {
            return CHL_E_IO;
        }
    }
    snprintf(path, sizeof path, "%s/issuer.pub.pem", paths->keys);
    snprintf(trusted, sizeof trusted, "%s/issuer.pub.pem", paths->trust);
    if (link(path, trusted) != 0) {
        festival_fail(festival, "%s: expected a file that can be linked, got an error", trusted);
        return CHL_E_IO;
    }
    return make_stream_keys(festival);
}

/** `chilang declare` draws one picture a row; what shall be changed is only printed. */
static chl_err make_codes(struct festival *festival, const char *batch)
{
    char key[FESTIVAL_PATH + 32];
    char csv[FESTIVAL_PATH + 32];
    bool changed = strcmp(batch, "changed") == 0;
    snprintf(key, sizeof key, "%s/%s.pem", festival->paths.keys,
             strcmp(batch, "forged") == 0 ? "forger" : "issuer");
    snprintf(csv, sizeof csv, "%s/%s.csv", festival->paths.codes, batch);
    char *draw[] = {festival->chilang,     "declare", "--key", key, "--batch", csv, "--out",
                    festival->paths.codes, "--scale", "3",     NULL};
    char *print[] = {festival->chilang, "declare", "--key", key, "--batch", csv, "--text", NULL};
    chl_err rc = festival_tool(festival, changed ? print : draw);
    return rc == CHL_OK && changed ? festival_forge(festival, festival->paths.log_tool, csv) : rc;
}

chl_err festival_people(struct festival *festival)
{
    static const char *const batches[] = {"signed", "forged", "changed", "expired"};
    unsigned count = festival->options.people;
    struct guest *guests = calloc(count, sizeof *guests);
    if (guests == NULL) {
        festival_fail(festival, "expected memory for %u people, got none", count);
        return CHL_E_NOMEM;
    }
    for (unsigned i = 0; i < count; i++) {
        guests[i] = (struct guest){.behaviour = CROWD_WALK, .party = 1};
    }
    give_behaviours(festival, guests, count);
    give_arrivals(festival, guests, count);
    chl_err rc = make_keys(festival);
    for (size_t i = 0; rc == CHL_OK && i < sizeof batches / sizeof batches[0]; i++) {
        rc = write_batch(festival, guests, count, batches[i]);
        rc = rc == CHL_OK ? make_codes(festival, batches[i]) : rc;
    }
    rc = rc == CHL_OK ? write_manifest(festival, guests, count) : rc;
    free(guests);
    return rc;
}
