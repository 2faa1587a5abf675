/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Our signed health declaration (tờ khai y tế): the form's fields, issuing, inspecting.
 *
 *  `LS1:` + base45(zlib(COSE_Sign1(CWT))). The CWT holds iss, exp, nbf, iat, cti and one private
 *  claim: a map from the form's field numbers to their values. One table of fields drives the wire,
 *  the command line, JSON, CSV and the documents.
 *  Sources: RFC 8392 (CWT), RFC 9052 (COSE), the domestic movement form of tokhaiyte.vn
 * (27-12-2021).
 */
#ifndef CHL_DECLARATION_DECLARATION_H
#define CHL_DECLARATION_DECLARATION_H

#include <chilang/credential.h>

#include "lib/cose/cose.h"
#include "lib/cose/issue.h"
#include "lib/declaration/revoked.h"

#define CHL_DECLARATION_PREFIX "LS1:"

enum {
    CHL_DECLARATION_CLAIM = -84001, /**< the private claim; private use is below −65536 */
    CHL_DECLARATION_ID_SIZE = 12,   /**< random bytes of cti that we issue: enough, and four fewer
                                       keep   a full form within a symbol of version 16-Q */
    CHL_DECLARATION_ID_MIN = 8,     /**< what is read */
    CHL_DECLARATION_ID_MAX = 16,
    CHL_DECLARATION_PARTY_MAX = 60, /**< people on one code: a coach with its crew */
    CHL_DECLARATION_LIFE_S = 72 * 3600,
    CHL_DECLARATION_SKEW_S = 300
};

/** Contact in 14 days, as the form asks it, a bit each. */
enum {
    CHL_CONTACT_PATIENT = 1,  /**< with a patient */
    CHL_CONTACT_AREA = 2,     /**< with a person from an area or country with the disease */
    CHL_CONTACT_SYMPTOMS = 4, /**< with a person who has symptoms */
    CHL_CONTACT_OTHER = 8,    /**< yes, not said with whom */
    CHL_CONTACT_ALL = 7       /**< the three questions */
};

/** Everything the form asks. Text is empty, numbers are 0 where not stated. `claims.issuer`, `id`,
 *  `issued_at`, `not_before` and `expires_at` are the code's own; `claims.id` is hexadecimal. */
struct chl_declaration {
    struct chl_claims claims;
    uint16_t contacts; /**< CHL_CONTACT_… bits; claims.contact says whether it was answered */
    uint16_t answered; /**< CHL_CONTACT_… bits of questions answered one by one; not on the wire */
    uint8_t transport; /**< index from 1 into the field's choices */
    uint8_t sex;       /**< chl_sex, or 3 = another */
    int64_t travel_at; /**< departure, s since 1970 UTC */
    char trip[24];     /**< number of the flight, train or boat */
    char from_province[4], to_province[4], province[4]; /**< codes of the statistics office */
    char district[4], ward[8];                          /**< of residence */
    char from_gate[64], to_gate[64]; /**< border gate, station or quay of the journey */
    char address[160];               /**< of residence: house, street, hamlet */
    char email[80];
    char places[160]; /**< places of the last 14 days */
    char note[160];   /**< about the symptoms */
    char old_document[32], insurance[32];
};

/** How a field is held and written. */
typedef enum {
    CHL_FIELD_TEXT = 1,  /**< char[size]; CBOR text */
    CHL_FIELD_BIRTH,     /**< char[12] YYYY, YYYY-MM or YYYY-MM-DD; CBOR text */
    CHL_FIELD_DATE,      /**< char[12] YYYY-MM-DD; CBOR days since 1970-01-01 */
    CHL_FIELD_TIME,      /**< int64_t s since 1970 UTC; CBOR integer */
    CHL_FIELD_NUMBER8,   /**< uint8_t */
    CHL_FIELD_NUMBER16,  /**< uint16_t */
    CHL_FIELD_CHOICE,    /**< uint8_t, from 1, into `choices` */
    CHL_FIELD_BITS,      /**< uint16_t, a bit for each of `choices`, and a chl_answer */
    CHL_FIELD_COMPANIONS /**< chl_claims.companions; CBOR array of [name, birth, document?] */
} chl_field_type;

/** What a code of digits names, so that a person may give the name instead. */
typedef enum {
    CHL_AREA_NONE = 0,
    CHL_AREA_PROVINCE,
    CHL_AREA_DISTRICT,
    CHL_AREA_COMMUNE
} chl_area_kind;

/** One field of the form. All pointers are static. */
struct chl_declaration_field {
    const char *name;  /**< in JSON and CSV; with `-` for `_` an option of `chilang declare` */
    const char *alias; /**< another accepted name, or NULL */
    int key;           /**< on the wire; never reused */
    chl_field_type type;
    size_t offset, size;    /**< of the member in struct chl_declaration */
    size_t answer;          /**< BITS: offset of the chl_answer */
    int64_t min, max;       /**< NUMBER8, NUMBER16, TIME, DATE (days): inclusive */
    const char *characters; /**< TEXT: allowed ones; NULL = any printable */
    const char *of;         /**< what those are, in English */
    const char *drops;      /**< TEXT: separators that are taken out */
    bool past;              /**< BIRTH, DATE, TIME: has happened before the form is signed */
    char needs;             /**< TEXT: must occur; 0 = nothing must */
    bool country;           /**< TEXT: the code of a country, asked of who fills a form */
    bool capitals;          /**< TEXT: letters are made capital, đ too */
    chl_area_kind area;
    const char *const *choices;    /**< NULL-ended */
    const char *const *choices_vi; /**< the same as people say them, accepted too */
    const char *vi, *en;
    int digits; /**< TEXT, BIRTH: text of exactly so many digits is a CBOR integer; 0 = never */
    bool required;
    bool
        insisted; /**< a person at a terminal is asked until they answer, though it may be absent */
    uint8_t asked; /**< order in which a person at a terminal is asked; 0 = not asked */
};

/** The table, in the order of its keys. Thread: any. */
const struct chl_declaration_field *chl_declaration_fields(size_t *count);
/** A field by its name or alias, `-` and `_` being the same; NULL when unknown. */
const struct chl_declaration_field *chl_declaration_field(const char *name, size_t length);

/** An empty declaration for one person. */
void chl_declaration_init(struct chl_declaration *declaration);
/** Set a field from text, as a person or a file writes it; empty text leaves it unstated.
 *  @param why what was expected and what to do; the value itself is not repeated.
 *  @return CHL_OK or CHL_E_INVAL. Thread: any. Blocks: never. */
chl_err chl_declaration_set(struct chl_declaration *declaration,
                            const struct chl_declaration_field *field, const char *text, char *why,
                            size_t why_size);
/** One of the form's three questions on contact: a bit of the field `contact`, answered yes or no.
 *  All pointers are static. */
struct chl_declaration_question {
    const char *name; /**< in JSON and CSV; with `-` for `_` an option */
    uint16_t bit;     /**< CHL_CONTACT_… */
    const char *vi, *en;
};

/** The three, in the form's order. Thread: any. */
const struct chl_declaration_question *chl_declaration_questions(size_t *count);
/** Answer one; the field `contact` is stated once all three are. @return CHL_OK, or CHL_E_INVAL
 *  with `why`. Thread: any. Blocks: never. */
chl_err chl_declaration_answer(struct chl_declaration *declaration,
                               const struct chl_declaration_question *question, const char *text,
                               char *why, size_t why_size);
/** Name one more person. @return CHL_OK; CHL_E_INVAL: name, birth or document; CHL_E_LIMIT: as many
 *  as a code names are named. Nothing is changed then. Thread: any. Blocks: never. */
chl_err chl_declaration_accompany(struct chl_declaration *declaration, const char *name,
                                  const char *birth, const char *document);
/** A document number, normalised, and its kind by its form: 12 digits, 9 digits, a health insurance
 *  number, otherwise a passport. @param nationality "" or ISO 3166-1 alpha-2; nine digits of a
 *  foreigner are a passport's. The longer forms are the country's own whoever states what: no
 *  passport has more than nine characters (ICAO Doc 9303-4). @return false: no number. Thread: any.
 * Blocks: never. */
bool chl_declaration_document(const char *text, const char *nationality, struct chl_document *out);
/** Fill the claims that follow from the form: documents, party, sex, address, what is missing.
 * Issuing and decoding do it themselves. @return false when more people are named than `party`
 * says. Thread: any. Blocks: never. */
bool chl_declaration_complete(struct chl_declaration *declaration);
/** What a field expects, such as "a number from 1 to 60". */
void chl_declaration_expects(const struct chl_declaration_field *field, char *out, size_t size);

/** The first field that tells of what has not happened yet at `now_s` (s since 1970 UTC), though it
 *  must have: a birth, also a companion's, a dose, a sampling, a recovery. A day has begun once it
 *  has begun anywhere; clocks may differ by CHL_DECLARATION_SKEW_S. NULL: none does.
 *  Thread: any. Blocks: never. */
const struct chl_declaration_field *chl_declaration_ahead(const struct chl_declaration *declaration,
                                                          int64_t now_s);
/** Check that required fields and the times are there, and that what is told has happened before
 *  the time of issue. @return CHL_OK or CHL_E_INVAL with `why`. */
chl_err chl_declaration_check(const struct chl_declaration *declaration, char *why,
                              size_t why_size);
/** Write the CWT. `claims.id` must be set. @return CHL_OK, CHL_E_LIMIT, CHL_E_INVAL (id). */
chl_err chl_declaration_encode(const struct chl_declaration *declaration, uint8_t *out, size_t size,
                               size_t *length);
/** Check, give a fresh random id, encode and sign.
 *  @param out the code, NUL-terminated; CHL_ISSUE_CODE_MAX bytes always suffice.
 *  @return CHL_OK, CHL_E_INVAL with `why`, CHL_E_LIMIT, CHL_E_NOMEM, CHL_E_IO (no randomness).
 *  Thread: one per issuer. Blocks: never. */
chl_err chl_declaration_issue(const struct chl_issuer *issuer, struct chl_declaration *declaration,
                              char *out, size_t size, char *why, size_t why_size);

/** Read the claims of a verified CWT. @return CHL_REFUSAL_NONE or a schema_… reason; what was read
 *  before it is kept. Thread: any. Blocks: never. */
chl_refusal chl_declaration_decode(const struct chl_cbor_tree *claims, struct chl_declaration *out);

/** Read the form out of a code without asking who signed it: for showing it, once
 *  chl_declaration_inspect() has said whether it stands. @return false: no declaration, or damaged;
 *  what was read before is kept. Thread: any. Blocks: never. */
bool chl_declaration_read(struct chl_scratch *scratch, const uint8_t *bytes, size_t length,
                          struct chl_declaration *out);
/** The value of a field as chl_declaration_set() takes it, "" when it is not stated. CHL_FIELD_TIME
 *  is in UTC. 2 KiB always suffice. @return CHL_OK or CHL_E_LIMIT. Thread: any. Blocks: never. */
chl_err chl_declaration_say(const struct chl_declaration *declaration,
                            const struct chl_declaration_field *field, char *out, size_t size);

/** What a checkpoint accepts. */
struct chl_declaration_rules {
    int64_t skew_ns;                   /**< tolerance of the clocks */
    int64_t life_max_s;                /**< longest time from issue to expiry */
    const struct chl_revoked *revoked; /**< what was taken back; NULL = nothing */
};

/** Inspect a code: every stage from prefix to schema. `out` is zeroed by the caller.
 *  Thread: any, concurrently. Blocks: never. */
void chl_declaration_inspect(const struct chl_trust *trust,
                             const struct chl_declaration_rules *rules, struct chl_scratch *scratch,
                             const uint8_t *bytes, size_t length, int64_t now_ns,
                             struct chl_inspection *out);

#endif
