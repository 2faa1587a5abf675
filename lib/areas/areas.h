/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Provinces, districts and communes: their codes, and which of them a written name may
 * mean.
 *
 *  A name is no key: four communes of one province are called Chi Lăng. A code is. Communes and
 *  districts are known of the province whose table is installed; codes of other provinces are taken
 *  as they are.
 *  Source: lists of the General Statistics Office of November 2021; see data/LICENSE.
 */
#ifndef CHL_AREAS_AREAS_H
#define CHL_AREAS_AREAS_H

#include <chilang/types.h>

typedef enum { CHL_AREAS_PROVINCE = 0, CHL_AREAS_DISTRICT, CHL_AREAS_COMMUNE } chl_areas_level;

/** One area. Text is UTF-8. */
struct chl_area {
    char code[8];      /**< two, three or five digits */
    char kind[16];     /**< of a commune: phường, xã or thị trấn; otherwise "" */
    char name[64];     /**< without its kind; of a district and a province with it */
    char within[64];   /**< of a commune: its district; otherwise "" */
    char province[64]; /**< of a district and a commune: its province; otherwise "" */
};

struct chl_areas;

/** Load the tables.
 *  @param folder NULL = the installed one.
 *  @param out the caller's, freed with chl_areas_free.
 *  @param why capacity `why_size`: which file, what was expected.
 *  @return CHL_OK, CHL_E_IO, CHL_E_CORRUPT, CHL_E_LIMIT, CHL_E_NOMEM. Thread: any. Blocks: disk. */
chl_err chl_areas_load(const char *folder, struct chl_areas **out, char *why, size_t why_size);
/** Free them; NULL is allowed. */
void chl_areas_free(struct chl_areas *areas);

/** The area with a code, NULL when it is not in the tables. Thread: any. Blocks: never. */
const struct chl_area *chl_areas_by_code(const struct chl_areas *areas, chl_areas_level level,
                                         const char *code);
/** True when a code could be one: the right number of digits, and in the tables unless it lies
 *  outside their range (another province's). Thread: any. Blocks: never. */
bool chl_areas_is_code(const struct chl_areas *areas, chl_areas_level level, const char *code);

/** Areas that a text may mean: a name with or without its kind (phường Chi Lăng, P. Chi Lăng), a
 *  commune's also with its district behind a comma and its province behind another (Chi Lăng,
 *  huyện Tràng Định, Lạng Sơn), or with one of the two. With accents it means only those that have
 *  them; without, all that sound so.
 *  @param out the first `room` of them, in the order of their codes.
 *  @return how many there are. Thread: any. Blocks: never. */
size_t chl_areas_find(const struct chl_areas *areas, chl_areas_level level, const char *text,
                      const struct chl_area **out, size_t room);
/** Areas whose name holds the text anywhere, for suggestions; otherwise as chl_areas_find. */
size_t chl_areas_like(const struct chl_areas *areas, chl_areas_level level, const char *text,
                      const struct chl_area **out, size_t room);

#endif
