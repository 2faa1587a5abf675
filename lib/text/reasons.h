/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Why a lane says what it says: the table of reasons, in Vietnamese and English.
 */
#ifndef CHL_TEXT_REASONS_H
#define CHL_TEXT_REASONS_H

#include <chilang/credential.h>
#include <chilang/types.h>

/** What a short line may have, filled in, in characters as people count them. */
enum { CHL_REASON_SHORT_MAX = 40 };

/** Reasons; 0 is "none", so that zeroed memory never admits. Numbers are this build's own: what is
 *  stored or sent is the identifier. */
typedef enum {
    CHL_REASON_NONE = 0,
#define CHL_REASON(name, id, verdict, vi, vi_next, en, en_next) CHL_REASON_##name,
#include "lib/text/reasons.def"
#undef CHL_REASON
    CHL_REASON_COUNT
} chl_reason;

/** One reason. Short lines may hold {n}, {k}, {time} and {gate}: see chl_reason_fill. */
struct chl_reason_text {
    const char *id; /**< stable identifier, "none" for CHL_REASON_NONE */
    chl_verdict verdict;
    const char *vi, *vi_next; /**< short line for the screen; what the staff do next */
    const char *en, *en_next;
};

/** The row of a reason; that of CHL_REASON_NONE (no verdict, empty texts) for any other value.
 *  Never NULL, static. Thread: any. Blocks: never. */
const struct chl_reason_text *chl_reason_get(chl_reason reason);
/** The reason with this identifier, CHL_REASON_NONE when there is none. Thread: any. */
chl_reason chl_reason_by_id(const char *id);
/** What the staff are told when a credential plugin refused a code: by the refusal's identifier, an
 *  unknown one by its stage, else CHL_REASON_CODE_UNREADABLE. Never a reason that admits.
 *  Thread: any. Blocks: never. */
chl_reason chl_reason_for_refusal(const char *refusal_id, chl_stage stage);
/** The same, knowing the document: an expired declaration is named as such. Thread: any. */
chl_reason chl_reason_for_document(const char *refusal_id, chl_stage stage, chl_format format);

/** One row of the table of refusals, for documents.
 *  @param out the reason that the refusal leads to.
 *  @return its identifier, NULL when `index` is past the last. Static. Thread: any. */
const char *chl_reason_refusal(size_t index, chl_reason *out);

/** What fills the placeholders of a short line; NULL texts fill in as "?". */
struct chl_reason_values {
    int n, k;         /**< people of this code; of them still to pass, or days for {n} */
    const char *time; /**< local time of day, as staff read it */
    const char *gate; /**< name of a gate */
};

/** Copy a line of the table with its placeholders filled in, cut at a character's boundary. A
 * gate's name is shortened with "…" where the line would pass CHL_REASON_SHORT_MAX characters.
 *  @return CHL_OK, or CHL_E_LIMIT when it was cut. Thread: any. Blocks: never. */
chl_err chl_reason_fill(const char *line, const struct chl_reason_values *values, char *out,
                        size_t size);
/** Characters of a UTF-8 text as people count them: a combining mark belongs to its letter.
 *  Thread: any. */
size_t chl_reason_characters(const char *text);

#endif
