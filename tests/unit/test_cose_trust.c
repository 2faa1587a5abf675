/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Trust stores: each form a key can come in, and what is kept of it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include "lib/cose/certificate.h"
#include "tests/issuing/issuing.h"

enum { TEXT_MAX = 16384 };

static struct issuing p256, p384, rsa, ed;

static int make_all(void **state)
{
    (void)state;
    bool good = issuing_make("P-256", ISSUING_OID_VACCINATION "," ISSUING_OID_TEST, &p256) &&
                issuing_make("P-384", NULL, &p384) &&
                issuing_make("RSA-2048", "clientAuth,emailProtection", &rsa) &&
                issuing_make("ED25519", ISSUING_OID_OLD_VACCINATION, &ed);
    return good ? 0 : -1;
}

static int free_all(void **state)
{
    (void)state;
    issuing_free(&p256);
    issuing_free(&p384);
    issuing_free(&rsa);
    issuing_free(&ed);
    return 0;
}

static struct chl_bytes der_of(const struct issuing *issuing)
{
    return (struct chl_bytes){issuing->certificate, issuing->certificate_length};
}

static const struct chl_trust_key *only_key(const struct chl_trust *trust,
                                            const struct issuing *issuing)
{
    const struct chl_trust_key *key = NULL;
    struct chl_bytes kid = {chl_issuer_kid(issuing->issuer), CHL_KID_SIZE};
    assert_int_equal(chl_trust_find(trust, kid, &key), 1);
    return key;
}

static void base64(struct chl_bytes in, char *out)
{
    (void)EVP_EncodeBlock((unsigned char *)out, in.data, (int)in.length);
}

static void test_der_certificates(void **state)
{
    (void)state;
    static const struct {
        struct issuing *issuing;
        int alg;
        uint8_t usage;
    } rows[] = {{&p256, CHL_ALG_ES256, CHL_USAGE_VACCINATION | CHL_USAGE_TEST},
                {&p384, CHL_ALG_NONE, 0},
                {&rsa, CHL_ALG_PS256, 0}, /* an extension without any DCC usage leaves it open */
                {&ed, CHL_ALG_EDDSA, CHL_USAGE_VACCINATION}};
    struct chl_trust *trust = NULL;
    char why[256];
    assert_int_equal(chl_trust_new(&trust), CHL_OK);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(chl_trust_add(trust, "x.der", der_of(rows[i].issuing), why, sizeof why),
                         CHL_OK);
    }
    for (size_t i = 0; i < 4; i++) {
        const struct chl_trust_key *key = only_key(trust, rows[i].issuing);
        assert_int_equal(key->alg, rows[i].alg);
        assert_int_equal(key->usage, rows[i].usage);
        assert_int_equal(key->kind, CHL_TRUST_CERTIFICATE);
        assert_string_equal(key->country, "VN");
        assert_true(key->valid_from < key->valid_until && key->valid_from > 0);
    }
    chl_trust_free(trust);
}

static void test_small_rsa_is_of_no_use(void **state)
{
    (void)state;
    struct issuing small;
    struct chl_trust_key key;
    assert_true(issuing_make("RSA-1024", NULL, &small));
    struct chl_trust *trust = NULL;
    char why[256];
    assert_int_equal(chl_trust_new(&trust), CHL_OK);
    assert_int_equal(chl_trust_add(trust, "x", der_of(&small), why, sizeof why), CHL_OK);
    key = *only_key(trust, &small);
    assert_int_equal(key.alg, CHL_ALG_NONE);
    chl_trust_free(trust);
    issuing_free(&small);
}

/* Text before, two certificates, a public key and a private key in one file. */
static void test_pem_of_several(void **state)
{
    (void)state;
    char text[TEXT_MAX] = "issued for a test\n", why[256];
    const struct issuing *both[] = {&p256, &ed};
    BIO *bio = BIO_new(BIO_s_mem());
    assert_non_null(bio);
    for (size_t i = 0; i < 2; i++) {
        (void)PEM_write_bio(bio, "CERTIFICATE", "", both[i]->certificate,
                            (long)both[i]->certificate_length);
    }
    assert_int_equal(PEM_write_bio_PUBKEY(bio, rsa.key), 1);
    assert_int_equal(PEM_write_bio_PrivateKey(bio, p384.key, NULL, NULL, 0, NULL, NULL), 1);
    size_t before = strlen(text);
    int length = BIO_read(bio, text + before, (int)(sizeof text - before));
    BIO_free(bio);
    assert_true(length > 0);

    struct chl_trust *trust = NULL;
    assert_int_equal(chl_trust_new(&trust), CHL_OK);
    struct chl_bytes content = {(const uint8_t *)text, before + (size_t)length};
    assert_int_equal(chl_trust_add(trust, "x.pem", content, why, sizeof why), CHL_OK);
    assert_int_equal(chl_trust_count(trust), 3);
    unsigned bare = 0;
    for (size_t i = 0; i < 3; i++) {
        bare += chl_trust_at(trust, i)->kind == CHL_TRUST_PUBLIC_KEY ? 1 : 0;
    }
    assert_int_equal(bare, 1);
    assert_null(chl_trust_at(trust, 3));
    chl_trust_free(trust);
}

static void test_bare_key_is_known_by_its_own_hash(void **state)
{
    (void)state;
    struct chl_issuer *issuer = NULL;
    struct chl_trust *trust = NULL;
    const struct chl_trust_key *key = NULL;
    char text[TEXT_MAX], why[256];
    BIO *bio = BIO_new(BIO_s_mem());
    assert_non_null(bio);
    assert_int_equal(PEM_write_bio_PUBKEY(bio, p256.key), 1);
    int length = BIO_read(bio, text, sizeof text);
    BIO_free(bio);
    assert_true(length > 0);
    assert_int_equal(chl_trust_new(&trust), CHL_OK);
    struct chl_bytes content = {(const uint8_t *)text, (size_t)length};
    assert_int_equal(chl_trust_add(trust, "x.pem", content, why, sizeof why), CHL_OK);
    assert_int_equal(chl_issuer_from_key(p256.key, NULL, &issuer), CHL_OK);
    struct chl_bytes kid = {chl_issuer_kid(issuer), CHL_KID_SIZE};
    assert_int_equal(chl_trust_find(trust, kid, &key), 1);
    assert_int_equal(key->kind, CHL_TRUST_PUBLIC_KEY);
    assert_int_equal(key->alg, CHL_ALG_ES256);
    chl_issuer_free(issuer);
    chl_trust_free(trust);
}

/* A list with a signature line before it, one entry under its own kid, one under another, one
 * broken. */
static void test_json_list(void **state)
{
    (void)state;
    static const uint8_t other_kid[CHL_KID_SIZE] = {1, 2, 3, 4, 5, 6, 7, 8};
    char first[4096], second[4096], text[TEXT_MAX], why[256];
    base64(der_of(&p256), first);
    base64(der_of(&rsa), second);
    int length =
        snprintf(text, sizeof text,
                 "c2lnbmF0dXJl\n{\"certificates\":[{\"rawData\":\"%s\",\"country\":\"LA\"},"
                 "{\"kid\":\"AQIDBAUGBwg=\",\"rawData\":\"%s\"},"
                 "{\"kid\":\"AQIDBAUGBwg=\",\"rawData\":\"MIIB\"},{}]}",
                 first, second);
    assert_true(length > 0 && (size_t)length < sizeof text);
    struct chl_trust *trust = NULL;
    const struct chl_trust_key *key = NULL;
    assert_int_equal(chl_trust_new(&trust), CHL_OK);
    struct chl_bytes content = {(const uint8_t *)text, (size_t)length};
    assert_int_equal(chl_trust_add(trust, "list.json", content, why, sizeof why), CHL_OK);
    assert_int_equal(chl_trust_count(trust), 2);
    assert_string_equal(only_key(trust, &p256)->country, "LA");
    /* Under what the list says, and under nothing else. */
    assert_int_equal(chl_trust_find(trust, (struct chl_bytes){other_kid, CHL_KID_SIZE}, &key), 1);
    assert_string_equal(key->type, "RSA-2048");
    struct chl_bytes own_kid = {chl_issuer_kid(rsa.issuer), CHL_KID_SIZE};
    assert_int_equal(chl_trust_find(trust, own_kid, &key), 0);
    chl_trust_free(trust);

    length = snprintf(text, sizeof text, "\xEF\xBB\xBF{\"certificates\":[{\"rawData\":\"%s\"}]}",
                      first); /* as an editor leaves it */
    assert_true(length > 0 && (size_t)length < sizeof text);
    assert_int_equal(chl_trust_new(&trust), CHL_OK);
    content.length = (size_t)length;
    assert_int_equal(chl_trust_add(trust, "list.json", content, why, sizeof why), CHL_OK);
    (void)only_key(trust, &p256);
    chl_trust_free(trust);
}

static void test_refused_contents(void **state)
{
    (void)state;
    static const char *const rows[] = {
        "",
        "nothing",
        "{",
        "{}",
        "{\"certificates\":{}}",
        "{\"certificates\":[]}",
        "0abc",
        "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n",
        "-----BEGIN NOTHING-----\n-----END NOTHING-----\n"};
    struct chl_trust *trust = NULL;
    assert_int_equal(chl_trust_new(&trust), CHL_OK);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char why[256] = "";
        struct chl_bytes content = {(const uint8_t *)rows[i], strlen(rows[i])};
        assert_int_equal(chl_trust_add(trust, "file.x", content, why, sizeof why), CHL_E_CONFIG);
        assert_non_null(strstr(why, "file.x: expected"));
    }
    assert_int_equal(chl_trust_count(trust), 0);
    uint8_t longer[ISSUING_DER_MAX + 1];
    char why[256];
    memcpy(longer, p256.certificate, p256.certificate_length);
    longer[p256.certificate_length] = 0;
    struct chl_bytes content = {longer, p256.certificate_length + 1};
    assert_int_equal(chl_trust_add(trust, "x", content, why, sizeof why), CHL_E_CONFIG);
    chl_trust_free(trust);
}

static void test_folders_and_paths(void **state)
{
    (void)state;
    char folder[] = "/tmp/chl-trust-XXXXXX", path[3][64], why[256];
    assert_non_null(mkdtemp(folder));
    (void)snprintf(path[0], sizeof path[0], "%s/a.der", folder);
    (void)snprintf(path[1], sizeof path[1], "%s/b.pem", folder);
    (void)snprintf(path[2], sizeof path[2], "%s/README", folder);
    struct chl_trust *trust = NULL;
    assert_int_equal(chl_trust_new(&trust), CHL_OK);
    assert_int_equal(chl_trust_add_path(trust, folder, why, sizeof why), CHL_E_CONFIG);
    assert_non_null(strstr(why, "in this folder"));
    assert_true(issuing_write_certificate(&p256, path[0]));
    assert_true(issuing_write_public_key(&ed, path[1]));
    FILE *note = fopen(path[2], "we");
    assert_non_null(note);
    (void)fputs("keys of a test\n", note);
    (void)fclose(note);
    assert_int_equal(chl_trust_add_path(trust, folder, why, sizeof why), CHL_OK);
    assert_int_equal(chl_trust_count(trust), 2);
    assert_int_equal(chl_trust_add_path(trust, path[0], why, sizeof why), CHL_OK);
    assert_int_equal(truncate(path[2], CHL_TRUST_FILE_MAX + 1), 0); /* something large beside */
    assert_int_equal(chl_trust_add_path(trust, folder, why, sizeof why), CHL_OK);
    assert_int_equal(chl_trust_add_path(trust, path[2], why, sizeof why), CHL_E_LIMIT);
    for (size_t i = 0; i < 3; i++) {
        (void)unlink(path[i]);
    }
    assert_int_equal(rmdir(folder), 0);
    assert_int_equal(chl_trust_add_path(trust, folder, why, sizeof why), CHL_E_IO);
    assert_int_equal(chl_trust_add_path(trust, "/dev/zero", why, sizeof why), CHL_E_LIMIT);
    chl_trust_free(trust);
}

static void set_age(const char *path, int64_t seconds)
{
    struct timespec times[2] = {{.tv_sec = (time_t)seconds}, {.tv_sec = (time_t)seconds}};
    assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

static void write_text(const char *path, const char *text)
{
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

/* A folder is as current as its newest certificate, a list as it says; a bare key has no age. */
static void test_ages(void **state)
{
    (void)state;
    char folder[] = "/tmp/chl-trust-XXXXXX", path[4][64], why[256], der[4096], text[TEXT_MAX];
    static const char *const names[] = {"old.der", "new.der", "own.pem", "list.json"};
    assert_non_null(mkdtemp(folder));
    for (size_t i = 0; i < 4; i++) {
        (void)snprintf(path[i], sizeof path[i], "%s/%s", folder, names[i]);
    }
    assert_true(issuing_write_certificate(&p256, path[0]));
    assert_true(issuing_write_certificate(&rsa, path[1]));
    assert_true(issuing_write_public_key(&ed, path[2]));
    set_age(path[0], 1600000000);
    set_age(path[1], 1640000000);
    set_age(path[2], 1000000000);
    struct chl_trust *trust = NULL;
    assert_int_equal(chl_trust_new(&trust), CHL_OK);
    assert_int_equal(chl_trust_add_path(trust, folder, why, sizeof why), CHL_OK);
    assert_int_equal(only_key(trust, &p256)->updated_s, 1640000000);
    assert_int_equal(only_key(trust, &rsa)->updated_s, 1640000000);
    assert_int_equal(chl_trust_updated(trust), 1640000000);
    chl_trust_free(trust);

    base64(der_of(&p384), der);
    (void)snprintf(text, sizeof text,
                   "{\"updated\":\"2022-01-20T00:00:00Z\",\"certificates\":["
                   "{\"rawData\":\"%s\",\"certificateType\":\"DSC\"},"
                   "{\"rawData\":\"%s\",\"certificateType\":\"CSCA\"},{\"rawData\":\"MIIB\"}]}",
                   der, der);
    write_text(path[3], text);
    assert_int_equal(chl_trust_new(&trust), CHL_OK);
    assert_int_equal(chl_trust_add_path(trust, folder, why, sizeof why), CHL_OK);
    assert_int_equal(only_key(trust, &p384)->updated_s, 1642636800);
    assert_int_equal(only_key(trust, &rsa)->updated_s, 1640000000);
    assert_int_equal(chl_trust_updated(trust), 1640000000);
    assert_int_equal(chl_trust_skipped(trust), 2);
    chl_trust_free(trust);

    /* Without a date of its own a list is as old as its file; with a broken one, as old as can be.
     */
    (void)snprintf(text, sizeof text, "{\"certificates\":[{\"rawData\":\"%s\"}]}", der);
    write_text(path[3], text);
    set_age(path[3], 1630000000);
    assert_int_equal(chl_trust_new(&trust), CHL_OK);
    assert_int_equal(chl_trust_add_path(trust, folder, why, sizeof why), CHL_OK);
    assert_int_equal(only_key(trust, &p384)->updated_s, 1630000000);
    chl_trust_free(trust);
    (void)snprintf(text, sizeof text,
                   "{\"updated\":\"soon\",\"certificates\":[{\"rawData\":\"%s\"}]}", der);
    write_text(path[3], text);
    assert_int_equal(chl_trust_new(&trust), CHL_OK);
    assert_int_equal(chl_trust_add_path(trust, path[3], why, sizeof why), CHL_OK);
    assert_int_equal(chl_trust_updated(trust), 1);
    chl_trust_free(trust);

    assert_int_equal(chl_trust_new(&trust), CHL_OK);
    assert_int_equal(chl_trust_add_path(trust, path[2], why, sizeof why), CHL_OK);
    assert_int_equal(chl_trust_updated(trust), 0);
    chl_trust_free(trust);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(unlink(path[i]), 0);
    }
    assert_int_equal(rmdir(folder), 0);
}

/* A bare RSA key is nobody's: declarations are signed with elliptic curves. */
static void test_bare_rsa_key_is_of_no_use(void **state)
{
    (void)state;
    char path[] = "/tmp/chl-key-XXXXXX", why[256];
    int descriptor = mkstemp(path);
    assert_true(descriptor >= 0);
    assert_int_equal(close(descriptor), 0);
    assert_true(issuing_write_public_key(&rsa, path));
    struct chl_trust *trust = NULL;
    assert_int_equal(chl_trust_new(&trust), CHL_OK);
    assert_int_equal(chl_trust_add_path(trust, path, why, sizeof why), CHL_OK);
    assert_int_equal(chl_trust_at(trust, 0)->alg, CHL_ALG_NONE);
    chl_trust_free(trust);
    assert_int_equal(unlink(path), 0);
}

static void test_unknown_kids(void **state)
{
    (void)state;
    struct chl_trust *trust = NULL;
    const struct chl_trust_key *key = NULL;
    char why[256];
    assert_int_equal(chl_trust_new(&trust), CHL_OK);
    struct chl_bytes kid = {chl_issuer_kid(p256.issuer), CHL_KID_SIZE};
    assert_int_equal(chl_trust_find(trust, kid, &key), 0);
    assert_int_equal(chl_trust_add(trust, "x", der_of(&p256), why, sizeof why), CHL_OK);
    kid.length = CHL_KID_SIZE - 1;
    assert_int_equal(chl_trust_find(trust, kid, &key), 0);
    assert_int_equal(chl_trust_find(trust, (struct chl_bytes){NULL, 0}, &key), 0);
    chl_trust_free(trust);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_der_certificates),
        cmocka_unit_test(test_small_rsa_is_of_no_use),
        cmocka_unit_test(test_pem_of_several),
        cmocka_unit_test(test_bare_key_is_known_by_its_own_hash),
        cmocka_unit_test(test_json_list),
        cmocka_unit_test(test_refused_contents),
        cmocka_unit_test(test_folders_and_paths),
        cmocka_unit_test(test_ages),
        cmocka_unit_test(test_bare_rsa_key_is_of_no_use),
        cmocka_unit_test(test_unknown_kids),
    };
    return cmocka_run_group_tests(tests, make_all, free_all);
}
