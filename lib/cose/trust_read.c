/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Reads the bytes of one trust file: PEM, DER or a JSON list.
 */
#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <string.h>

#include "lib/cose/certificate.h"
#include "lib/cose/trust.h"
#include "lib/cose/trust_store.h"

/* OpenSSL made these bytes for us. */
static void *unconst(const uint8_t *bytes)
{
    union {
        const uint8_t *from;
        uint8_t *to;
    } same = {.from = bytes};
    return same.to;
}

static chl_err read_pem_block(struct chl_trust *trust, const char *name, struct chl_bytes der)
{
    struct chl_trust_key key;
    chl_err error = CHL_E_NOTFOUND;
    if (strcmp(name, PEM_STRING_X509) == 0 || strcmp(name, PEM_STRING_X509_OLD) == 0) {
        error = chl_certificate_to_key(der, &key);
    } else if (strcmp(name, PEM_STRING_PUBLIC) == 0) {
        error = chl_public_key_read(der, &key);
    }
    return error == CHL_OK ? chl_trust_keep(trust, &key, der) : error;
}

/* The next block of a file; what lies between blocks is passed over. @return CHL_E_NOTFOUND at the
 * end, CHL_E_CORRUPT for a block that cannot be decoded. */
static chl_err next_block(BIO *bio, char **name, struct chl_bytes *der)
{
    char *header = NULL;
    unsigned char *data = NULL;
    long length = 0;
    *name = NULL;
    *der = (struct chl_bytes){NULL, 0};
    ERR_clear_error();
    if (PEM_read_bio(bio, name, &header, &data, &length) != 1) {
        bool ended = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
        return ended ? CHL_E_NOTFOUND : CHL_E_CORRUPT;
    }
    OPENSSL_free(header);
    *der = (struct chl_bytes){data, (size_t)length};
    return CHL_OK;
}

/* Other blocks (parameters, private keys) are no concern of ours; a broken one is counted, and the
 * others of a bundle are taken. */
static chl_err add_pem(struct chl_trust *trust, struct chl_bytes content)
{
    BIO *bio = BIO_new_mem_buf(content.data, (int)content.length);
    chl_err error = bio == NULL ? CHL_E_NOMEM : CHL_OK;
    while (error == CHL_OK) {
        char *name = NULL;
        struct chl_bytes der;
        error = next_block(bio, &name, &der);
        if (error == CHL_E_NOTFOUND) {
            break;
        }
        trust->entry++;
        if (error == CHL_OK) {
            error = read_pem_block(trust, name, der);
            error = error == CHL_E_NOTFOUND ? CHL_OK : error;
        }
        if (error == CHL_E_CORRUPT) {
            chl_trust_pass_over(trust, "expected a certificate or public key in PEM, got one that "
                                       "cannot be read");
            error = CHL_OK;
        }
        OPENSSL_free(name);
        OPENSSL_free(unconst(der.data));
    }
    ERR_clear_error();
    BIO_free(bio);
    return error == CHL_E_NOTFOUND ? CHL_OK : error;
}

static chl_err add_der(struct chl_trust *trust, struct chl_bytes content)
{
    struct chl_trust_key key;
    chl_err error = chl_certificate_to_key(content, &key);
    if (error == CHL_E_CORRUPT) {
        error = chl_public_key_read(content, &key);
    }
    return error == CHL_OK ? chl_trust_keep(trust, &key, content) : error;
}

static bool contains(struct chl_bytes content, const char *text)
{
    return content.length > 0 && memmem(content.data, content.length, text, strlen(text)) != NULL;
}

static chl_err add_content(struct chl_trust *trust, struct chl_bytes content)
{
    enum { DER_SEQUENCE = 0x30 };
    if (contains(content, "-----BEGIN ")) {
        return add_pem(trust, content);
    }
    if (content.length > 0 && content.data[0] == DER_SEQUENCE) {
        chl_err error = add_der(trust, content);
        if (error != CHL_E_CORRUPT) {
            return error;
        }
    }
    return chl_trust_add_list(trust, content); /* a signature line can begin with any character */
}

chl_err chl_trust_add_content(struct chl_trust *trust, const char *name, struct chl_bytes content,
                              char *why, size_t why_size)
{
    size_t before = trust->count;
    trust->file = name;
    trust->entry = 0;
    trust->first[0] = '\0';
    chl_err error = content.length > CHL_TRUST_FILE_MAX ? CHL_E_LIMIT : add_content(trust, content);
    trust->file = NULL;
    if (error == CHL_OK && trust->count > before) {
        return CHL_OK;
    }
    error = error == CHL_OK || error == CHL_E_CORRUPT ? CHL_E_CONFIG : error;
    (void)snprintf(why, why_size, "%s: " CHL_TRUST_EXPECTED ", got none that can be read (%s%s)",
                   name, chl_strerror(error), trust->first);
    return error;
}

chl_err chl_trust_add(struct chl_trust *trust, const char *name, struct chl_bytes content,
                      char *why, size_t why_size)
{
    chl_err error = chl_trust_add_content(trust, name, content, why, why_size);
    chl_trust_sort(trust);
    return error;
}
