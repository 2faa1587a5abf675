/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Reads who comes to the festival, when, with which picture, and how they behave.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/text.h"
#include "lib/base/time.h"
#include "sim/crowd.h"

enum { FIELDS = 7, LINE_MAX_BYTES = 1024 };

static const char header[] = "id,picture,lane,unit,party,behaviour,arrival_ms";

static size_t split(char *line, char *fields[FIELDS])
{
    size_t count = 0;
    line[strcspn(line, "\r\n")] = '\0';
    for (char *at = line; at != NULL;) {
        if (count == FIELDS) {
            return FIELDS + 1;
        }
        fields[count++] = at;
        at = strchr(at, ',');
        if (at != NULL) {
            *at++ = '\0';
        }
    }
    return count;
}

static bool number(const char *text, long min, long max, long *out)
{
    char *end = NULL;
    errno = 0;
    *out = strtol(text, &end, 10);
    return errno == 0 && end != text && *end == '\0' && *out >= min && *out <= max;
}

static int lane_index(struct crowd *crowd, const char *name, uint16_t unit)
{
    for (size_t i = 0; i < crowd->lane_count; i++) {
        if (strcmp(crowd->lanes[i].id, name) == 0) {
            return crowd->lanes[i].unit == unit ? (int)i : CROWD_NOBODY;
        }
    }
    if (crowd->lane_count == CROWD_LANES_MAX) {
        return CROWD_NOBODY;
    }
    struct crowd_lane *lane = &crowd->lanes[crowd->lane_count];
    memset(lane, 0, sizeof *lane);
    lane->unit = unit;
    lane->head = lane->lurker = lane->entering = lane->exiting = CROWD_NOBODY;
    lane->queue.first = lane->queue.last = CROWD_NOBODY;
    lane->leaving.first = lane->leaving.last = CROWD_NOBODY;
    return chl_copy(lane->id, sizeof lane->id, name) ? (int)crowd->lane_count++ : CROWD_NOBODY;
}

static int behaviour_by_name(const char *name)
{
    for (int i = 0; i < CROWD_BEHAVIOUR_COUNT; i++) {
        if (strcmp(crowd_behaviour_name((crowd_behaviour)i), name) == 0) {
            return i;
        }
    }
    return -1;
}

/** @return what was expected, NULL when the line is right. */
static const char *read_person(struct crowd *crowd, char *fields[FIELDS])
{
    struct crowd_person *person = &crowd->people[crowd->people_count];
    long unit = 0;
    long party = 0;
    long arrival = 0;
    memset(person, 0, sizeof *person);
    if (fields[0][0] == '\0' || !chl_copy(person->id, sizeof person->id, fields[0])) {
        return "an id of 1 to 47 bytes";
    }
    if (fields[1][0] == '\0' || !chl_copy(person->picture, sizeof person->picture, fields[1])) {
        return "a picture file of 1 to 191 bytes";
    }
    if (!number(fields[3], 1, CROWD_LANES_MAX, &unit)) {
        return "a unit from 1 to 32";
    }
    int lane = fields[2][0] != '\0' ? lane_index(crowd, fields[2], (uint16_t)unit) : CROWD_NOBODY;
    if (lane == CROWD_NOBODY) {
        return "a lane that always has the same unit, at most 32 lanes";
    }
    if (!number(fields[4], 1, 50, &party)) {
        return "a party of 1 to 50";
    }
    int behaviour = behaviour_by_name(fields[5]);
    if (behaviour < 0) {
        return "a known behaviour (walk, noshow, tailgate, reused, forged, expired, symptomatic)";
    }
    if (!number(fields[6], 0, 86400000, &arrival)) {
        return "an arrival of 0 to 86400000 ms";
    }
    person->lane = (uint16_t)lane;
    person->party = (uint16_t)party;
    person->behaviour = (crowd_behaviour)behaviour;
    person->arrival_ns = arrival * CHL_NS_PER_MS;
    person->original = person->next = CROWD_NOBODY;
    return NULL;
}

/** A copied code belongs to whoever has the same picture first. */
static void find_originals(struct crowd *crowd)
{
    for (size_t i = 0; i < crowd->people_count; i++) {
        struct crowd_person *person = &crowd->people[i];
        for (size_t j = 0; person->behaviour == CROWD_REUSED && j < crowd->people_count; j++) {
            if (j != i && crowd->people[j].behaviour != CROWD_REUSED &&
                strcmp(person->picture, crowd->people[j].picture) == 0) {
                person->original = (int)j;
                break;
            }
        }
    }
}

chl_err crowd_load(struct crowd *crowd, const char *path, char *why, size_t why_size)
{
    char line[LINE_MAX_BYTES];
    unsigned number_of_line = 0;
    const char *expected = NULL;
    FILE *file = fopen(path, "re");
    memset(crowd, 0, sizeof *crowd);
    crowd->pace = crowd_usual_pace;
    crowd->people = calloc(CROWD_PEOPLE_MAX, sizeof *crowd->people);
    if (file == NULL || crowd->people == NULL) {
        snprintf(why, why_size, "%s: expected a readable manifest, got: %s", path,
                 file == NULL ? "no such readable file" : "no memory");
        expected = why;
        goto out;
    }
    while (expected == NULL && fgets(line, sizeof line, file) != NULL) {
        char *fields[FIELDS];
        number_of_line++;
        if (number_of_line == 1) {
            line[strcspn(line, "\r\n")] = '\0';
            expected = strcmp(line, header) == 0 ? NULL : header;
        } else if (split(line, fields) != FIELDS) {
            expected = "seven fields";
        } else if (crowd->people_count == CROWD_PEOPLE_MAX) {
            expected = "at most 5000 people";
        } else {
            expected = read_person(crowd, fields);
            crowd->people_count += expected == NULL ? 1 : 0;
        }
    }
    if (expected != NULL) {
        snprintf(why, why_size, "%s:%u: expected %s, got something else", path, number_of_line,
                 expected);
    } else {
        find_originals(crowd);
    }
out:
    if (file != NULL) {
        fclose(file);
    }
    if (expected != NULL) {
        crowd_free(crowd);
        return CHL_E_CONFIG;
    }
    return CHL_OK;
}

void crowd_free(struct crowd *crowd)
{
    free(crowd->people);
    crowd->people = NULL;
    crowd->people_count = 0;
}
