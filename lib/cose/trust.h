/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The keys that are believed: certificates and bare public keys, found by key identifier.
 *
 *  Read-only once filled, so that any number of threads may verify with it.
 */
#ifndef CHL_COSE_TRUST_H
#define CHL_COSE_TRUST_H

#include "lib/cose/bytes.h"

enum { CHL_KID_SIZE = 8, CHL_TRUST_FILE_MAX = 16 * 1024 * 1024, CHL_TRUST_TYPE_SIZE = 12 };

/** COSE algorithms that are verified (RFC 9053). */
typedef enum {
    CHL_ALG_NONE = 0,
    CHL_ALG_ES256 = -7,
    CHL_ALG_EDDSA = -8,
    CHL_ALG_PS256 = -37
} chl_alg;

/** What a key came as. A declaration's issuer is a bare key; a health certificate's is never one.
 */
enum { CHL_TRUST_CERTIFICATE = 1, CHL_TRUST_PUBLIC_KEY = 2 };

/** Documents that a certificate is restricted to, bits; 0 = not restricted. */
enum { CHL_USAGE_TEST = 1, CHL_USAGE_VACCINATION = 2, CHL_USAGE_RECOVERY = 4 };

/** One believed key. */
struct chl_trust_key {
    uint8_t kid[CHL_KID_SIZE]; /**< first 8 bytes of SHA-256 of the certificate, or of the
                                    SubjectPublicKeyInfo of a bare key */
    uint8_t kind;              /**< CHL_TRUST_CERTIFICATE or CHL_TRUST_PUBLIC_KEY */
    uint8_t usage;             /**< CHL_USAGE_… bits, 0 = not restricted */
    int alg; /**< the only algorithm this key may be used with; CHL_ALG_NONE = none
                  (such as P-384) */
    char type[CHL_TRUST_TYPE_SIZE]; /**< of the key: "P-256", "P-384", "RSA-2048", "Ed25519", … */
    char country[8]; /**< of the subject, or as the trust list says; "" = not stated */
    int64_t valid_from, valid_until; /**< s since 1970 UTC; 0 for bare keys */
    /** When its source was last known to be current, s since 1970 UTC: what a list says of itself,
     *  else the newest file beside it; 0 = has no age (bare keys, which the site itself pins). */
    int64_t updated_s;
    char subject[64], issuer[64]; /**< common name, else organisation; "" for bare keys */
    struct chl_bytes der; /**< certificate or SubjectPublicKeyInfo, owned by the store; kept only
                               after chl_trust_keep_der() */
    struct chl_verifier *verifier; /**< prepared context, owned by the store */
};

struct chl_trust;

/** An empty store. @return CHL_OK or CHL_E_NOMEM. */
chl_err chl_trust_new(struct chl_trust **out);
void chl_trust_free(struct chl_trust *trust);

/** From here on also keep the bytes of what is added, so that it can be written again. */
void chl_trust_keep_der(struct chl_trust *trust);

/** Told of each entry that is passed over: its file, its number there from 1 (0 = the whole file),
 *  and why (English). */
typedef void (*chl_trust_skip)(void *user, const char *file, size_t entry, const char *why);
/** Who is told from here on. `user` is borrowed for the life of the store. */
void chl_trust_on_skip(struct chl_trust *trust, chl_trust_skip skip, void *user);

/** Add what lies at `path`: a PEM file (certificates, public keys), a certificate or public key in
 *  DER, a JSON trust list (`updated` and `certificates: [{kid, rawData, country, certificateType,
 *  timestamp}]`, as the DCC gateway's national backends give it; a leading signature line is
 *  skipped, of types only `DSC` is taken), or a folder of these and of folders of these, one level
 *  deep. An entry that cannot be read is skipped and counted, the others are taken; but a `.json`
 *  file of a folder that holds nothing usable is refused, because hundreds would be lost silently.
 *  A certificate is known by the identifier that its list states, else by its own.
 *  What a list says of its age: `updated`, else the newest `timestamp` in it, else its file.
 *  @param why capacity `why_size`: what was expected, what came, what to do.
 *  @return CHL_OK, CHL_E_IO, CHL_E_CONFIG (nothing usable in it), CHL_E_LIMIT, CHL_E_NOMEM.
 *  Thread: one, before use. Blocks: disk. */
chl_err chl_trust_add_path(struct chl_trust *trust, const char *path, char *why, size_t why_size);
/** The same from memory; `name` stands for the file in messages. */
chl_err chl_trust_add(struct chl_trust *trust, const char *name, struct chl_bytes content,
                      char *why, size_t why_size);

/** Entries of lists and files that were passed over, since the store was made. Thread: any. */
size_t chl_trust_skipped(const struct chl_trust *trust);
/** The oldest `updated_s` of all certificates: how old what is believed may be, 0 = there is none
 *  that has an age. Thread: any. Blocks: never. */
int64_t chl_trust_updated(const struct chl_trust *trust);

/** Number of keys; key `index`. Thread: any. */
size_t chl_trust_count(const struct chl_trust *trust);
const struct chl_trust_key *chl_trust_at(const struct chl_trust *trust, size_t index);
/** Keys with this identifier lie side by side: the first one and their number, 0 = unknown.
 *  Thread: any. Blocks: never. */
size_t chl_trust_find(const struct chl_trust *trust, struct chl_bytes kid,
                      const struct chl_trust_key **first);

/** Check the signature line that a national backend puts before its JSON list: base64 of an ECDSA
 *  P-256 signature (r and s, or DER) over the bytes that follow the line.
 *  @param signer the backend's public key or certificate, the only one of its store.
 *  @return CHL_OK; CHL_E_NOTFOUND: there is no such line; CHL_E_DENIED: `signer` did not make it;
 *  CHL_E_NOMEM. Thread: any. Blocks: never. */
chl_err chl_trust_list_signed(struct chl_bytes content, const struct chl_trust *signer);

/** Write the certificates of a store (added after chl_trust_keep_der(), bare keys are left out) as
 *  one JSON list that chl_trust_add_path() reads: a temporary file beside `path`, synchronised,
 * then renamed, so that a reader finds the old list or the new one.
 *  @param updated_s when the list was current, s since 1970 UTC.
 *  @param source where it came from, UTF-8, NULL = not stated.
 *  @param why on failure: file, what failed, what to do.
 *  @return CHL_OK, CHL_E_NOTFOUND (no certificate), CHL_E_IO, CHL_E_NOMEM.
 *  Thread: any. Blocks: disk. */
chl_err chl_trust_write_list(const struct chl_trust *trust, int64_t updated_s, const char *source,
                             const char *path, char *why, size_t why_size);

/** Verify a signature over `message` with a key's own algorithm.
 *  @return true when the key made it. Thread: any, concurrently. Blocks: never. */
bool chl_trust_verify(const struct chl_trust_key *key, struct chl_bytes message,
                      struct chl_bytes signature);

#endif
