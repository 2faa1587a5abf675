/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The register of persons whom the health authority looks for, kept as hashes only.
 *
 *  A CSV file with the columns `document`, `name` and `birth`, each once, in any order; at most one
 *  of them is empty in a row. It is hashed while it is read: no name leaves the reading function,
 * and no refusal repeats what the file says.
 */
#ifndef CHL_CORE_HOST_REGISTER_H
#define CHL_CORE_HOST_REGISTER_H

#include <stdio.h>

#include "core/host/identity.h"

enum { REGISTER_ROWS_MAX = 100000, REGISTER_FILE_MAX = 32 * 1024 * 1024 };

struct person_register;

/** What the register says of somebody. */
typedef enum {
    REGISTER_SAYS_NOTHING = 0,
    REGISTER_SAYS_POSSIBLE = 1, /**< name and birth agree: people must compare */
    REGISTER_SAYS_MATCH = 2     /**< a document number agrees */
} register_answer;

/** Read a register.
 *  @param name of the file, for refusals.
 *  @param out the caller's, freed with register_free.
 *  @param why on failure `name:line: expected …, got …`, without anything of what the line says.
 *  @return CHL_OK; CHL_E_CORRUPT, CHL_E_LIMIT (too many rows, too long a row), CHL_E_IO,
 * CHL_E_NOMEM. Thread: any. Blocks: reads the file. */
chl_err register_read(const struct pseudonym_key *key, const char *name, FILE *file,
                      struct person_register **out, char *why, size_t why_size);
/** The same from a path: a regular file of at most REGISTER_FILE_MAX bytes. */
chl_err register_open(const struct pseudonym_key *key, const char *path,
                      struct person_register **out, char *why, size_t why_size);
void register_free(struct person_register *persons);

/** Rows that differ. Thread: any. Blocks: never. */
size_t register_count(const struct person_register *persons);
/** The hashed content: equal registers give equal bytes, whatever the order of their rows.
 *  @return borrowed until register_free. */
const void *register_content(const struct person_register *persons, size_t *length);

/** Look somebody up. Of two with the same name and birth, one is not the other when both state a
 *  citizen's number (CCCD or CMND) of the same kind and the numbers differ: that is what the staff
 *  would compare. Passports and insurance cards are renewed under new numbers and tell nobody
 * apart. Thread: any. Blocks: never. No allocation. */
register_answer register_look(const struct person_register *persons, const struct identity *who);

#endif
