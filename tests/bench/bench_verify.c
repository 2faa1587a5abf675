/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief How much of OpenSSL's bare ECDSA verification a whole HC1 inspection leaves: interleaved
 * pairs, one thread, the same signature.
 */
#include <chilang/plugin.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/time.h"
#include "tests/bench/figure.h"
#include "tests/issuing/issuing.h"

enum {
    PAIRS_DEFAULT = 31,
    PAIRS_MIN = 21,
    PAIRS_MAX = 1001,
    ROUNDS = 200,
    SHA256_SIZE = 32,
    DER_MAX = 80
};

#define REQUIRED 0.85
#define NOW_S    INT64_C(1643700000) /* 2022-02-01 */

/* The bytes of the plugin's configuration: its option table says where each member lies. */
struct setup {
    struct issuing issuing;
    struct chl_instance *instance;
    struct chl_scratch scratch;
    char code[CHL_ISSUE_CODE_MAX];
    size_t length;
    EVP_PKEY_CTX *context; /* of the bare verification */
    uint8_t digest[SHA256_SIZE], der[DER_MAX];
    size_t der_length;
};

static void *option(void *config, const char *name)
{
    for (const struct chl_opt *row = chl_plugin.options; row->name != NULL; row++) {
        if (strcmp(row->name, name) == 0) {
            return (char *)config + row->offset;
        }
    }
    return NULL;
}

static bool make_instance(struct setup *s)
{
    char path[] = "/tmp/chl-bench-XXXXXX", why[512] = "";
    int descriptor = mkstemp(path);
    if (descriptor < 0 || !issuing_write_certificate(&s->issuing, path)) {
        return false;
    }
    (void)close(descriptor);
    void *config = calloc(1, chl_plugin.config_size);
    const char *paths[] = {path};
    const struct chl_list list = {1, paths};
    void *trust = config != NULL ? option(config, "trust") : NULL;
    bool good = trust != NULL;
    if (good) {
        memcpy(trust, &list, sizeof list);
        struct chl_create args = {.size = sizeof args, .name = "bench", .config = config};
        good = chl_plugin.ops->create(&args, &s->instance, why, sizeof why) == CHL_OK;
    }
    free(config);
    (void)unlink(path);
    return good;
}

static bool inspect(struct setup *s)
{
    struct chl_inspection found = {.size = sizeof found};
    s->scratch.used = 0;
    chl_err error = chl_plugin.ops->inspect(s->instance, &s->scratch, (const uint8_t *)s->code,
                                            s->length, NOW_S * CHL_NS_PER_S, &found);
    return error == CHL_OK && found.outcome == CHL_CLAIMED && found.is_signed;
}

/* The code's own signature and digest, in the form that OpenSSL takes. */
static bool take_signature(struct setup *s)
{
    struct chl_bytes packed, cose;
    struct chl_sign1 sign1;
    size_t length = 0;
    s->scratch.used = 0;
    uint8_t *bytes = chl_scratch_take(&s->scratch, s->length);
    if (chl_base45_decode(s->code + 4, s->length - 4, bytes, &length) != CHL_OK) {
        return false;
    }
    packed = (struct chl_bytes){bytes, length};
    if (chl_inflate(&s->scratch, packed, &cose) != CHL_OK ||
        chl_sign1_parse(&s->scratch, cose, &sign1) != CHL_REFUSAL_NONE ||
        sign1.signature.length != 64) {
        return false;
    }
    struct chl_bytes message = chl_sign1_signed_bytes(&s->scratch, &sign1);
    ECDSA_SIG *pair = ECDSA_SIG_new();
    BIGNUM *r_part = BN_bin2bn(sign1.signature.data, 32, NULL);
    BIGNUM *s_part = BN_bin2bn(sign1.signature.data + 32, 32, NULL);
    unsigned char *at = s->der;
    bool good = ECDSA_SIG_set0(pair, r_part, s_part) == 1 &&
                EVP_Digest(message.data, message.length, s->digest, NULL, EVP_sha256(), NULL) == 1;
    int der_length = i2d_ECDSA_SIG(pair, &at);
    ECDSA_SIG_free(pair);
    s->der_length = der_length > 0 ? (size_t)der_length : 0;
    return good && der_length > 0;
}

static bool prepare(struct setup *s)
{
    const struct issuing_dcc dcc = {.issued_at = NOW_S - 86400, .expires_at = NOW_S + 86400};
    s->scratch = (struct chl_scratch){.size = sizeof s->scratch, .capacity = CHL_SCRATCH_MIN};
    s->scratch.base = malloc(CHL_SCRATCH_MIN);
    if (s->scratch.base == NULL || !issuing_make("P-256", ISSUING_OID_VACCINATION, &s->issuing) ||
        !issuing_dcc_code(&s->issuing, NULL, &dcc, s->code, sizeof s->code)) {
        return false;
    }
    s->length = strlen(s->code);
    s->context = EVP_PKEY_CTX_new_from_pkey(NULL, s->issuing.key, NULL);
    return make_instance(s) && take_signature(s) && s->context != NULL &&
           EVP_PKEY_verify_init(s->context) == 1 && inspect(s);
}

static int64_t time_bare(struct setup *s, bool *good)
{
    int64_t began = chl_mono_ns();
    for (int i = 0; i < ROUNDS; i++) {
        *good = EVP_PKEY_verify(s->context, s->der, s->der_length, s->digest, SHA256_SIZE) == 1 &&
                *good;
    }
    return (chl_mono_ns() - began) / ROUNDS;
}

static int64_t time_whole(struct setup *s, bool *good)
{
    int64_t began = chl_mono_ns();
    for (int i = 0; i < ROUNDS; i++) {
        *good = inspect(s) && *good;
    }
    return (chl_mono_ns() - began) / ROUNDS;
}

static bool run(struct setup *s, size_t pairs)
{
    static double bare[PAIRS_MAX], whole[PAIRS_MAX], ratio[PAIRS_MAX];
    bool good = true;
    (void)time_bare(s, &good); /* warm */
    (void)time_whole(s, &good);
    for (size_t i = 0; i < pairs; i++) {
        /* Take turns at going first. */
        if (i % 2 == 0) {
            bare[i] = (double)time_bare(s, &good);
            whole[i] = (double)time_whole(s, &good);
        } else {
            whole[i] = (double)time_whole(s, &good);
            bare[i] = (double)time_bare(s, &good);
        }
        ratio[i] = bare[i] / whole[i];
    }
    printf("verify: pairs=%zu code=%zu chars bare=%.0f ns whole=%.0f ns\n", pairs, s->length,
           figure_median(bare, pairs), figure_median(whole, pairs));
    figure_at_least("HC1 verification / bare ECDSA", REQUIRED, ratio, pairs);
    return good;
}

int main(int argc, char **argv)
{
    static struct setup setup;
    size_t pairs = argc > 1 ? strtoul(argv[1], NULL, 10) : PAIRS_DEFAULT;
    pairs = pairs < PAIRS_MIN ? PAIRS_MIN : (pairs > PAIRS_MAX ? PAIRS_MAX : pairs);
    bool good = prepare(&setup);
    if (!good) {
        fputs("verify: could not make a key, a certificate and a code\n", stderr);
    } else {
        good = run(&setup, pairs);
    }
    if (setup.instance != NULL) {
        chl_plugin.ops->destroy(setup.instance);
    }
    EVP_PKEY_CTX_free(setup.context);
    issuing_free(&setup.issuing);
    free(setup.scratch.base);
    return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
