/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Credential plugins: bytes of a code in, claims or a typed refusal out.
 *
 *  Sources: EU DCC (hcert-spec 1.0.8), RFC 8392 (CWT), RFC 9052 (COSE), the domestic health
 *  declaration form (tờ khai y tế).
 */
#ifndef CHL_CREDENTIAL_H
#define CHL_CREDENTIAL_H

#include <chilang/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Formats: identifier, stable name. */
#define CHL_FORMATS(X)                                                                             \
    X(CHL_FORMAT_UNKNOWN, "unknown")                                                               \
    X(CHL_FORMAT_HCERT, "hcert")                                                                   \
    X(CHL_FORMAT_DECLARATION, "declaration")                                                       \
    X(CHL_FORMAT_CCCD, "cccd")                                                                     \
    X(CHL_FORMAT_BHYT, "bhyt")                                                                     \
    X(CHL_FORMAT_PCCOVID, "pccovid")                                                               \
    X(CHL_FORMAT_NZCP, "nzcp")                                                                     \
    X(CHL_FORMAT_SHC, "shc")                                                                       \
    X(CHL_FORMAT_VDSNC, "vdsnc")                                                                   \
    X(CHL_FORMAT_PLACE, "place") /* QR of a place, which a visitor scans: says nothing of them */  \
    X(CHL_FORMAT_MANUAL, "manual") /* entered by the staff: no code was shown */

typedef enum {
#define CHL_FORMAT_ENUM(id, text) id,
    CHL_FORMATS(CHL_FORMAT_ENUM)
#undef CHL_FORMAT_ENUM
        CHL_FORMAT_COUNT
} chl_format;

/** Stages of reading a code, in order; the first that fails is the one reported. */
#define CHL_STAGES(X)                                                                              \
    X(CHL_STAGE_PICTURE, "picture")                                                                \
    X(CHL_STAGE_PREFIX, "prefix")                                                                  \
    X(CHL_STAGE_BASE45, "base45")                                                                  \
    X(CHL_STAGE_ZLIB, "zlib")                                                                      \
    X(CHL_STAGE_CBOR, "cbor")                                                                      \
    X(CHL_STAGE_COSE, "cose")                                                                      \
    X(CHL_STAGE_ISSUER, "issuer")                                                                  \
    X(CHL_STAGE_SIGNATURE, "signature")                                                            \
    X(CHL_STAGE_KEY_USAGE, "key-usage")                                                            \
    X(CHL_STAGE_TIME, "time")                                                                      \
    X(CHL_STAGE_SCHEMA, "schema")                                                                  \
    X(CHL_STAGE_DONE, "done")

typedef enum {
#define CHL_STAGE_ENUM(id, text) id,
    CHL_STAGES(CHL_STAGE_ENUM)
#undef CHL_STAGE_ENUM
        CHL_STAGE_COUNT
} chl_stage;

/** What an inspection found. A verdict is made elsewhere, by the engine. */
typedef enum {
    CHL_NOT_MINE = 0, /**< another plugin may know this format */
    CHL_CLAIMED = 1,  /**< well formed; `is_signed` says whether a trusted key vouches for it */
    CHL_REFUSED = 2   /**< mine, but refused at `stage` for `reason` */
} chl_outcome;

typedef enum { CHL_SEX_UNKNOWN = 0, CHL_SEX_MALE = 1, CHL_SEX_FEMALE = 2 } chl_sex;
typedef enum { CHL_ANSWER_NONE = 0, CHL_ANSWER_YES = 1, CHL_ANSWER_NO = 2 } chl_answer;
typedef enum { CHL_TEST_NONE = 0, CHL_TEST_PCR = 1, CHL_TEST_RAPID = 2 } chl_test_kind;
typedef enum {
    CHL_RESULT_NONE = 0,
    CHL_RESULT_NEGATIVE = 1,
    CHL_RESULT_POSITIVE = 2
} chl_test_result;

/** Symptoms asked by the form, a bit each. */
#define CHL_SYMPTOMS(X)                                                                            \
    X(CHL_SYMPTOM_FEVER, 0, "fever")                                                               \
    X(CHL_SYMPTOM_COUGH, 1, "cough")                                                               \
    X(CHL_SYMPTOM_DYSPNOEA, 2, "dyspnoea")                                                         \
    X(CHL_SYMPTOM_PNEUMONIA, 3, "pneumonia")                                                       \
    X(CHL_SYMPTOM_SORE_THROAT, 4, "sore-throat")                                                   \
    X(CHL_SYMPTOM_FATIGUE, 5, "fatigue")                                                           \
    X(CHL_SYMPTOM_OTHER, 6, "other")

enum {
#define CHL_SYMPTOM_ENUM(id, bit, text) id = 1 << (bit),
    CHL_SYMPTOMS(CHL_SYMPTOM_ENUM)
#undef CHL_SYMPTOM_ENUM
};

/** Kinds of document numbers. Numbers of one kind are compared with each other only, except CCCD
 *  and CMND, which are both numbers of a citizen and cannot be mistaken (12 and 9 digits). */
#define CHL_DOCUMENTS(X)                                                                           \
    X(CHL_DOCUMENT_OTHER, "other")                                                                 \
    X(CHL_DOCUMENT_CCCD, "cccd")         /* 12 digits; also the personal identity number */        \
    X(CHL_DOCUMENT_CMND, "cmnd")         /* the old card: 9 digits */                              \
    X(CHL_DOCUMENT_BHYT, "bhyt")         /* health insurance: 15 characters or 10 digits */        \
    X(CHL_DOCUMENT_PASSPORT, "passport") /* letters and digits */                                  \
    X(CHL_DOCUMENT_QID, "qid")           /* identifier of PC-Covid */

typedef enum {
#define CHL_DOCUMENT_ENUM(id, text) id,
    CHL_DOCUMENTS(CHL_DOCUMENT_ENUM)
#undef CHL_DOCUMENT_ENUM
        CHL_DOCUMENT_COUNT
} chl_document_kind;

enum { CHL_CLAIM_DOCUMENTS_MAX = 6, CHL_CLAIM_COMPANIONS_MAX = 8 };

/** A document number, normalised: capital letters and digits, no separators. A masked number is
 *  not one. */
struct chl_document {
    uint8_t kind; /**< chl_document_kind */
    char number[27];
};

/** Somebody who came on another's code: a child, a family on one telephone. */
struct chl_companion {
    char name[96];
    char birth[12];               /**< as chl_claims.birth */
    struct chl_document document; /**< empty number = none stated */
};

/** What a code does not say though the checkpoint asks it, a bit each. */
#define CHL_MISSINGS(X)                                                                            \
    X(CHL_MISSING_SYMPTOMS, 0, "symptoms")                                                         \
    X(CHL_MISSING_CONTACT, 1, "contact")                                                           \
    X(CHL_MISSING_ORIGIN, 2, "origin")                                                             \
    X(CHL_MISSING_PHONE, 3, "phone")                                                               \
    X(CHL_MISSING_NAME, 4, "name")                                                                 \
    X(CHL_MISSING_BIRTH, 5, "birth")       /* not stated, or masked */                             \
    X(CHL_MISSING_DOCUMENT, 6, "document") /* not stated, or masked */                             \
    X(CHL_MISSING_ACCENTS, 7, "accents")   /* the name came without its accents, or mangled */

enum {
#define CHL_MISSING_ENUM(id, bit, text) id = 1 << (bit),
    CHL_MISSINGS(CHL_MISSING_ENUM)
#undef CHL_MISSING_ENUM
};

/** Claims, the same for every format. Text is UTF-8, NUL-terminated, empty = not stated. Times are
 *  seconds since 1970 UTC, 0 = not stated. Grows only at its tail; check `size`. */
struct chl_claims {
    uint32_t size;
    uint16_t party;      /**< people this code asks places for: 1 + companions */
    uint8_t sex;         /**< chl_sex */
    uint8_t contact;     /**< chl_answer: contact with a patient or a person with symptoms */
    uint8_t symptomatic; /**< chl_answer: any symptom in 14 days */
    uint8_t test_kind;   /**< chl_test_kind */
    uint8_t test_result; /**< chl_test_result */
    uint8_t doses;       /**< dose number of the last dose, 0 = not stated */
    uint8_t doses_of;    /**< doses in the series */
    uint8_t recovered;   /**< chl_answer */
    uint16_t symptoms;   /**< CHL_SYMPTOM_… bits */
    int64_t issued_at, not_before, expires_at;
    int64_t test_sampled_at;
    int64_t recovered_from, recovered_until;
    char issuer[64];
    char id[96];          /**< identifier of the credential, unique within its issuer */
    char name[192];       /**< as written by the issuer */
    char name_ascii[192]; /**< transliterated (ICAO 9303), where stated */
    char birth[12];       /**< YYYY, YYYY-MM or YYYY-MM-DD */
    char document[32];    /**< number of an identity document */
    char phone[24];
    char nationality[8]; /**< ISO 3166-1 alpha-2 or alpha-3 */
    char from_area[12];  /**< commune code of the origin */
    char to_area[12];    /**< commune code of the destination */
    char vehicle[24], seat[12];
    char dose_product[40], dose_date[12]; /**< product code of the value set; YYYY-MM-DD */
    char certificate_kind;                /**< 'v', 't', 'r' of a DCC; 0 otherwise */
    uint8_t unused[3];                    /**< padding of 1.0 */
    /* Since 1.1. */
    uint8_t document_count, companion_count;
    uint16_t missing; /**< CHL_MISSING_… bits */
    /** Every number by which this person may be known, each once; `document` is the first as the
     *  code writes it. */
    struct chl_document documents[CHL_CLAIM_DOCUMENTS_MAX];
    struct chl_companion
        companions[CHL_CLAIM_COMPANIONS_MAX]; /**< named ones; `party` counts all */
    char address[192];                        /**< residence, as written */
    /** When the source of the key that vouches for this was last known to be current; 0 = nothing
     *  vouches for it, or the site itself pins the key. */
    int64_t trusted_at;
};

/** Answer of one inspection. The caller zeroes it and sets `size`. */
struct chl_inspection {
    uint32_t size;
    uint8_t outcome; /**< chl_outcome */
    uint8_t format;  /**< chl_format */
    uint8_t stage;   /**< chl_stage: where it stopped; CHL_STAGE_DONE when all passed */
    bool is_signed;  /**< a trusted key's signature was verified */
    /** Stable identifier of the refusal, "" if none; docs/plugins.md lists those in use. */
    char reason[32];
    struct chl_claims claims; /**< filled as far as reading went when outcome is not CHL_NOT_MINE */
};

/** Memory lent for one inspection; nothing in it outlives the call. */
struct chl_scratch {
    uint32_t size;   /**< of this struct */
    void *base;      /**< aligned for any type */
    size_t capacity; /**< bytes at `base`: at least CHL_SCRATCH_MIN */
    size_t used;     /**< the plugin's to advance; the host zeroes it before each call */
};

enum { CHL_SCRATCH_MIN = 256 * 1024, CHL_CODE_MAX = 8192 };

/** What a scanner read. */
struct chl_scan {
    uint32_t size;
    chl_lane_id lane;
    const uint8_t *bytes; /**< borrowed until return; NULL when `unreadable` */
    size_t length;        /**< at most CHL_CODE_MAX; a longer one is refused as unreadable */
    int64_t captured_ns;  /**< monotonic time of capture (`now_mono_ns`) */
    bool unreadable;      /**< a picture in which no code could be read */
    uint8_t unused[7];    /**< padding of 1.0 */
    /* Since 1.1. */
    /** NULL, or why the scanner itself refuses what it read, an identifier of docs/plugins.md such
     *  as `text_mangled`; then `bytes` are not looked at. Borrowed until return. */
    const char *refusal;
};

#ifdef __cplusplus
}
#endif
#endif
