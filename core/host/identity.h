/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Who somebody is, as keyed hashes only: strong ones of document numbers, weak ones of name
 *  and birth.
 *
 *  A document number names one person; a name with a birth date may be two. So the first may refuse
 *  and count, the second may only ask for comparison.
 */
#ifndef CHL_CORE_HOST_IDENTITY_H
#define CHL_CORE_HOST_IDENTITY_H

#include "core/host/pseudonym.h"

enum { IDENTITY_NUMBERS_MAX = 8 };

/** A document number. Equal keys are equal numbers of one kind; those of a CCCD and of a CMND,
 * which cannot be mistaken for each other, count as one kind. */
struct identity_number {
    uint8_t kind; /**< chl_document_kind */
    uint8_t key[PSEUDONYM_SIZE];
};

/** A name with a birth date. The first key is of what is always there: the name without accents and
 *  the year. The others are compared where both sides have them. */
struct identity_name {
    bool known, has_accents, has_day;
    uint8_t key[PSEUDONYM_SIZE];
    uint8_t accents[PSEUDONYM_SIZE]; /**< of the name with its accents, and the year */
    uint8_t day[PSEUDONYM_SIZE];     /**< of the name without accents, and the whole date */
};

struct identity {
    uint8_t number_count;
    struct identity_number numbers[IDENTITY_NUMBERS_MAX];
    struct identity_name name;
};

/** Add a document number; one that is empty, masked, all of one digit or not of its kind's form
 *  says nothing and is left out. Twelve digits are a CCCD, nine a CMND; of an insurance card's
 *  fifteen characters the last ten are the person's.
 *  @param kind chl_document_kind as stated, CHL_DOCUMENT_OTHER = by its form.
 *  @return CHL_OK; CHL_E_NOTFOUND: left out; CHL_E_IO: the cryptographic library failed.
 *  Thread: any. Blocks: never. Sources: those of lib/document. */
chl_err identity_add_number(struct identity *to, const struct pseudonym_key *key, uint8_t kind,
                            const char *text);
/** Set name and birth; both are needed, and a birth date without its year says nothing.
 *  @return as identity_add_number; CHL_E_CORRUPT: the name is not UTF-8; CHL_E_INVAL: no such date.
 *  Thread: any. Blocks: never. */
chl_err identity_set_name(struct identity *to, const struct pseudonym_key *key, const char *name,
                          const char *birth);

/** Whether two may be the same person by name and birth, each compared at the best precision that
 *  both have. Thread: any. Blocks: never. */
bool identity_names_agree(const struct identity_name *a, const struct identity_name *b);

#endif
