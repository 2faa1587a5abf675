/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Hashed rows, sorted two ways: by document number and by name.
 */
#include "core/host/register.h"

#include <stdlib.h>
#include <string.h>

#include "core/host/register_rows.h"

static int by_row(const void *left, const void *right)
{
    return memcmp(left, right, sizeof(struct register_row));
}

static const struct register_row *row_of(const void *slot)
{
    return *(const struct register_row *const *)slot;
}

static int by_number(const void *left, const void *right)
{
    return memcmp(row_of(left)->number, row_of(right)->number, PSEUDONYM_SIZE);
}

static int by_name(const void *left, const void *right)
{
    return memcmp(row_of(left)->name, row_of(right)->name, PSEUDONYM_SIZE);
}

static void drop_equal_rows(struct person_register *persons)
{
    struct register_row *rows = persons->content->rows;
    size_t kept = 0;
    for (size_t i = 0; i < persons->count; i++) {
        if (kept == 0 || by_row(&rows[kept - 1], &rows[i]) != 0) {
            rows[kept++] = rows[i];
        }
    }
    persons->count = kept;
}

chl_err register_finish(struct person_register *persons)
{
    struct register_row *rows = persons->content->rows;
    qsort(rows, persons->count, sizeof *rows, by_row);
    drop_equal_rows(persons);
    persons->numbers = calloc(persons->count + 1, sizeof(struct register_row *));
    persons->names = calloc(persons->count + 1, sizeof(struct register_row *));
    if (persons->numbers == NULL || persons->names == NULL) {
        return CHL_E_NOMEM;
    }
    for (size_t i = 0; i < persons->count; i++) {
        if ((rows[i].has & ROW_NUMBER) != 0) {
            persons->numbers[persons->number_count++] = &rows[i];
        }
        if ((rows[i].has & ROW_NAME) != 0) {
            persons->names[persons->name_count++] = &rows[i];
        }
    }
    qsort(persons->numbers, persons->number_count, sizeof(struct register_row *), by_number);
    qsort(persons->names, persons->name_count, sizeof(struct register_row *), by_name);
    return CHL_OK;
}

void register_free(struct person_register *persons)
{
    if (persons == NULL) {
        return;
    }
    free(persons->numbers);
    free(persons->names);
    free(persons->content);
    free(persons);
}

size_t register_count(const struct person_register *persons)
{
    return persons->count;
}

const void *register_content(const struct person_register *persons, size_t *length)
{
    *length = sizeof persons->content->head + persons->count * sizeof(struct register_row);
    return persons->content;
}

static bool has_number(const struct person_register *persons, const uint8_t number[PSEUDONYM_SIZE])
{
    struct register_row wanted = {0};
    const struct register_row *key = &wanted;
    memcpy(wanted.number, number, PSEUDONYM_SIZE);
    return persons->number_count > 0 && bsearch(&key, persons->numbers, persons->number_count,
                                                sizeof(struct register_row *), by_number) != NULL;
}

/* First row whose name's key is not before this one. */
static size_t first_name(const struct person_register *persons, const uint8_t key[PSEUDONYM_SIZE])
{
    size_t low = 0;
    size_t high = persons->name_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (memcmp(persons->names[middle]->name, key, PSEUDONYM_SIZE) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static struct identity_name name_of(const struct register_row *row)
{
    struct identity_name name = {.known = true,
                                 .has_accents = (row->has & ROW_ACCENTS) != 0,
                                 .has_day = (row->has & ROW_DAY) != 0};
    memcpy(name.key, row->name, PSEUDONYM_SIZE);
    memcpy(name.accents, row->accents, PSEUDONYM_SIZE);
    memcpy(name.day, row->day, PSEUDONYM_SIZE);
    return name;
}

/* Both state a citizen's number of the same kind; that they differ is known by then. */
static bool is_another(const struct register_row *row, const struct identity *who)
{
    bool citizen = row->kind == CHL_DOCUMENT_CCCD || row->kind == CHL_DOCUMENT_CMND;
    if ((row->has & ROW_NUMBER) == 0 || !citizen) {
        return false;
    }
    for (size_t i = 0; i < who->number_count; i++) {
        if (who->numbers[i].kind == row->kind) {
            return true;
        }
    }
    return false;
}

register_answer register_look(const struct person_register *persons, const struct identity *who)
{
    for (size_t i = 0; i < who->number_count; i++) {
        if (has_number(persons, who->numbers[i].key)) {
            return REGISTER_SAYS_MATCH;
        }
    }
    size_t at = who->name.known ? first_name(persons, who->name.key) : persons->name_count;
    for (; at < persons->name_count; at++) {
        const struct register_row *row = persons->names[at];
        if (memcmp(row->name, who->name.key, PSEUDONYM_SIZE) != 0) {
            break;
        }
        struct identity_name name = name_of(row);
        if (identity_names_agree(&name, &who->name) && !is_another(row, who)) {
            return REGISTER_SAYS_POSSIBLE;
        }
    }
    return REGISTER_SAYS_NOTHING;
}
