/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Issuers' private keys: made, stored for their owner alone, loaded.
 */
#include "lib/cose/issuer.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/cose/certificate.h"
#include "lib/cose/issue.h"
#include "lib/cose/verifier.h"

static bool kid_of_key(EVP_PKEY *key, uint8_t kid[CHL_KID_SIZE])
{
    unsigned char *der = NULL;
    int length = i2d_PUBKEY(key, &der);
    bool good = length > 0 && chl_kid_of((struct chl_bytes){der, (size_t)length}, kid);
    OPENSSL_free(der);
    return good;
}

chl_err chl_issuer_from_key(struct evp_pkey_st *key, const uint8_t kid[CHL_KID_SIZE],
                            struct chl_issuer **out)
{
    struct chl_issuer *issuer = calloc(1, sizeof *issuer);
    if (issuer == NULL || EVP_PKEY_up_ref(key) != 1) {
        free(issuer);
        return CHL_E_NOMEM;
    }
    issuer->key = key;
    issuer->alg = chl_alg_of_key(key);
    bool good = true;
    if (kid != NULL) {
        memcpy(issuer->kid, kid, CHL_KID_SIZE);
    } else {
        good = kid_of_key(key, issuer->kid);
    }
    if (!good) {
        chl_issuer_free(issuer);
        return CHL_E_CONFIG;
    }
    *out = issuer;
    return CHL_OK;
}

void chl_issuer_free(struct chl_issuer *issuer)
{
    if (issuer != NULL) {
        EVP_PKEY_free(issuer->key);
        free(issuer);
    }
}

const uint8_t *chl_issuer_kid(const struct chl_issuer *issuer)
{
    return issuer->kid;
}

static int no_passphrase(char *buffer, int size, int writing, void *user)
{
    if (size > 0) {
        buffer[0] = '\0';
    }
    (void)writing;
    (void)user;
    return -1; /* nobody is there to be asked */
}

static bool is_private(FILE *file)
{
    struct stat status;
    return fstat(fileno(file), &status) == 0 && (status.st_mode & (S_IRWXG | S_IRWXO)) == 0;
}

chl_err chl_issuer_load(const char *path, struct chl_issuer **out, char *why, size_t why_size)
{
    EVP_PKEY *key = NULL;
    chl_err error = CHL_E_IO;
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        (void)snprintf(why, why_size,
                       "%s: expected a private key in PEM, could not open it; "
                       "`chilang keygen` makes one",
                       path);
        return error;
    }
    error = CHL_E_CONFIG;
    if (!is_private(file)) {
        (void)snprintf(why, why_size,
                       "%s: expected a private key that only its owner may read; "
                       "run chmod 600",
                       path);
        goto out;
    }
    key = PEM_read_PrivateKey(file, NULL, no_passphrase, NULL);
    ERR_clear_error();
    if (key == NULL || chl_alg_of_key(key) == CHL_ALG_NONE) {
        (void)snprintf(why, why_size,
                       "%s: expected an unencrypted P-256, RSA-2048 or Ed25519 private key in PEM, "
                       "got %s; `chilang keygen` makes one",
                       path, key == NULL ? "none that can be read" : "a key of another kind");
        goto out;
    }
    error = chl_issuer_from_key(key, NULL, out);
    if (error != CHL_OK) {
        (void)snprintf(why, why_size, "%s: %s", path, chl_strerror(error));
    }
out:
    EVP_PKEY_free(key);
    (void)fclose(file);
    return error;
}

static FILE *create(const char *path, mode_t mode)
{
    int descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    if (descriptor < 0) {
        return NULL;
    }
    FILE *file = fdopen(descriptor, "w");
    if (file == NULL) {
        (void)close(descriptor);
    }
    return file;
}

static chl_err write_key(const char *path, const EVP_PKEY *key, bool private_part, char *why,
                         size_t why_size)
{
    enum { OWNER_ONLY = 0600, ALL_MAY_READ = 0644 };
    FILE *file = create(path, private_part ? OWNER_ONLY : ALL_MAY_READ);
    if (file == NULL) {
        bool exists = errno == EEXIST;
        (void)snprintf(why, why_size, "%s: %s", path,
                       exists
                           ? "expected no such file, got one; choose another name or move it away"
                           : "could not create it; check the folder and its permissions");
        return exists ? CHL_E_STATE : CHL_E_IO;
    }
    int written = private_part ? PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL)
                               : PEM_write_PUBKEY(file, key);
    bool durable = fflush(file) == 0 && fsync(fileno(file)) == 0;
    bool closed = fclose(file) == 0;
    if (written != 1 || !durable || !closed) {
        (void)unlink(path);
        (void)snprintf(why, why_size, "%s: could not write it; check the space left", path);
        return CHL_E_IO;
    }
    return CHL_OK;
}

chl_err chl_issuer_keygen_for(int alg, const char *private_path, const char *public_path, char *why,
                              size_t why_size)
{
    if (alg != CHL_ALG_ES256 && alg != CHL_ALG_EDDSA) {
        (void)snprintf(why, why_size, "expected a key for ES256 or EdDSA");
        return CHL_E_INVAL;
    }
    EVP_PKEY *key =
        alg == CHL_ALG_ES256 ? EVP_EC_gen("P-256") : EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    if (key == NULL) {
        (void)snprintf(why, why_size, "OpenSSL made no such key");
        ERR_clear_error();
        return CHL_E_NOMEM;
    }
    chl_err error = write_key(private_path, key, true, why, why_size);
    if (error == CHL_OK) {
        error = write_key(public_path, key, false, why, why_size);
        if (error != CHL_OK) {
            (void)unlink(private_path); /* half a pair is of no use */
        }
    }
    EVP_PKEY_free(key);
    return error;
}

chl_err chl_issuer_keygen(const char *private_path, const char *public_path, char *why,
                          size_t why_size)
{
    return chl_issuer_keygen_for(CHL_ALG_ES256, private_path, public_path, why, why_size);
}
