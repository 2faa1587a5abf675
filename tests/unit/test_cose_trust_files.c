/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Trust as it really lies about: lists with faults in them, bundles, folders of folders.
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
#include <openssl/evp.h>
#include <openssl/pem.h>

#include "lib/cose/trust.h"
#include "tests/issuing/issuing.h"

enum { TEXT_MAX = 65536, PATH_SIZE = 128, WHY_SIZE = 512, NOTES_MAX = 8 };

static struct issuing first, second, third;

/** What was passed over. */
static struct {
    char file[PATH_SIZE], why[160];
    size_t entry;
} notes[NOTES_MAX];
static size_t note_count;

static void note(void *user, const char *file, size_t entry, const char *why)
{
    assert_ptr_equal(user, notes);
    assert_true(note_count < NOTES_MAX);
    (void)snprintf(notes[note_count].file, PATH_SIZE, "%s", file);
    (void)snprintf(notes[note_count].why, sizeof notes[note_count].why, "%s", why);
    notes[note_count++].entry = entry;
}

static struct chl_trust *new_store(void)
{
    struct chl_trust *trust = NULL;
    assert_int_equal(chl_trust_new(&trust), CHL_OK);
    chl_trust_on_skip(trust, note, notes);
    note_count = 0;
    return trust;
}

static const char *base64(const struct issuing *issuing)
{
    static char texts[2][2 * ISSUING_DER_MAX];
    static unsigned next;
    char *text = texts[next++ % 2];
    (void)EVP_EncodeBlock((unsigned char *)text, issuing->certificate,
                          (int)issuing->certificate_length);
    return text;
}

static chl_err add_text(struct chl_trust *trust, const char *text, char why[WHY_SIZE])
{
    struct chl_bytes content = {(const uint8_t *)text, strlen(text)};
    return chl_trust_add(trust, "list.json", content, why, WHY_SIZE);
}

/* Each fault costs its own entry only, and is told with its place. */
static void test_faults_of_a_list_are_told(void **state)
{
    (void)state;
    static const struct {
        const char *entry, *why;
    } rows[] = {
        {"{\"rawData\":\"MIIB\"}", "X.509"},
        {"{\"rawData\":\"not base64\"}", "base64"},
        {"{}", "rawData"},
        {"7", "rawData"},
        {"{\"certificateType\":\"CSCA\",\"rawData\":\"MIIB\"}", "not DSC"},
        {"{\"certificateType\":null,\"rawData\":\"MIIB\"}", "not DSC"},
    };
    enum { ROWS = sizeof rows / sizeof *rows };
    static char text[TEXT_MAX];
    char why[WHY_SIZE];
    int used = snprintf(text, sizeof text, "{\"certificates\":[");
    for (size_t i = 0; i < ROWS; i++) {
        used += snprintf(text + used, sizeof text - (size_t)used, "%s,", rows[i].entry);
    }
    (void)snprintf(text + used, sizeof text - (size_t)used,
                   "{\"kid\":\"AAAA\",\"rawData\":\"%s\"},{\"kid\":null,\"rawData\":\"%s\"}]}",
                   base64(&first), base64(&second));
    struct chl_trust *trust = new_store();
    assert_int_equal(add_text(trust, text, why), CHL_OK);
    assert_int_equal(chl_trust_count(trust), 1);
    assert_int_equal(chl_trust_skipped(trust), ROWS + 1);
    for (size_t i = 0; i < ROWS; i++) {
        assert_string_equal(notes[i].file, "list.json");
        assert_int_equal(notes[i].entry, i + 1);
        assert_non_null(strstr(notes[i].why, rows[i].why));
    }
    assert_non_null(strstr(notes[ROWS].why, "kid"));
    chl_trust_free(trust);

    trust = new_store();
    assert_int_equal(add_text(trust, "{\"certificates\":[7,{}]}", why), CHL_E_CONFIG);
    assert_non_null(strstr(why, "list.json: expected"));
    assert_non_null(strstr(why, "entry 1: expected rawData"));
    chl_trust_free(trust);
}

/* A kid may be a certificate's of another issuer, by chance or by intent: both stay. */
static void test_all_of_one_kid_stay(void **state)
{
    (void)state;
    static const uint8_t kid[CHL_KID_SIZE] = {1, 2, 3, 4, 5, 6, 7, 8};
    static char text[TEXT_MAX];
    char why[WHY_SIZE];
    const struct chl_trust_key *key = NULL;
    (void)snprintf(text, sizeof text,
                   "{\"certificates\":[{\"kid\":\"AQIDBAUGBwg=\",\"rawData\":\"%s\"},"
                   "{\"kid\":\"AQIDBAUGBwg=\",\"rawData\":\"%s\"}]}",
                   base64(&first), base64(&second));
    struct chl_trust *trust = new_store();
    assert_int_equal(add_text(trust, text, why), CHL_OK);
    assert_int_equal(chl_trust_find(trust, (struct chl_bytes){kid, sizeof kid}, &key), 2);
    chl_trust_free(trust);
}

/* Its newest entry tells how current a gateway's list is; what it says itself counts more. */
static void test_age_of_a_gateways_list(void **state)
{
    (void)state;
    static const struct {
        const char *before, *stamps[2];
        int64_t updated_s;
    } rows[] = {
        {"", {"2022-01-20T00:00:00Z", "2022-01-19T12:00:00.5+02:00"}, 1642636800},
        {"", {"2021-06-01T00:00:00Z", "2022-01-20T02:00:00+02:00"}, 1642636800},
        {"", {"soon", "2022-01-20T00:00:00Z"}, 1642636800},
        {"", {"soon", "later"}, 1},
        {"\"updated\":\"2022-01-21T00:00:00Z\",", {"soon", "2022-01-20T00:00:00Z"}, 1642723200},
    };
    static char text[TEXT_MAX];
    char why[WHY_SIZE];
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        (void)snprintf(text, sizeof text,
                       "{%s\"certificates\":[{\"timestamp\":\"%s\",\"rawData\":\"%s\"},"
                       "{\"timestamp\":\"%s\",\"rawData\":\"%s\"}]}",
                       rows[i].before, rows[i].stamps[0], base64(&first), rows[i].stamps[1],
                       base64(&second));
        struct chl_trust *trust = new_store();
        assert_int_equal(add_text(trust, text, why), CHL_OK);
        assert_int_equal(chl_trust_updated(trust), rows[i].updated_s);
        chl_trust_free(trust);
    }
}

/* Millions of values of two bytes each would take a hundred times the file. */
static void test_a_list_of_too_many_values(void **state)
{
    (void)state;
    enum { VALUES = 1000000 };
    static const char head[] = "{\"certificates\":[[]";
    char why[WHY_SIZE];
    char *text = malloc(sizeof head + (size_t)3 * VALUES + 2);
    assert_non_null(text);
    char *at = stpcpy(text, head);
    for (size_t i = 0; i < VALUES; i++) {
        memcpy(at, ",[]", 3);
        at += 3;
    }
    (void)stpcpy(at, "]}");
    struct chl_trust *trust = new_store();
    assert_int_equal(add_text(trust, text, why), CHL_E_LIMIT);
    assert_non_null(strstr(why, "list.json: expected"));
    chl_trust_free(trust);
    free(text);
}

/* One block that was damaged in copying, in each place in turn. */
static void test_a_broken_block_of_a_bundle(void **state)
{
    (void)state;
    const struct issuing *all[] = {&first, &second, &third};
    for (size_t broken = 0; broken < 3; broken++) {
        char text[TEXT_MAX], why[WHY_SIZE];
        size_t used = 0, starts[4];
        for (size_t i = 0; i < 3; i++) {
            BIO *bio = BIO_new(BIO_s_mem());
            assert_non_null(bio);
            assert_true(PEM_write_bio(bio, "CERTIFICATE", "", all[i]->certificate,
                                      (long)all[i]->certificate_length) > 0);
            starts[i] = used;
            used += (size_t)BIO_read(bio, text + used, (int)(sizeof text - used));
            BIO_free(bio);
        }
        starts[3] = used;
        text[(starts[broken] + starts[broken + 1]) / 2] = '!';
        struct chl_trust *trust = new_store();
        struct chl_bytes content = {(const uint8_t *)text, used};
        assert_int_equal(chl_trust_add(trust, "all.pem", content, why, sizeof why), CHL_OK);
        assert_int_equal(chl_trust_count(trust), 2);
        assert_int_equal(note_count, 1);
        assert_int_equal(notes[0].entry, broken + 1);
        chl_trust_free(trust);
    }
}

static void write_text(const char *path, const char *text)
{
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static const char *in(const char *folder, const char *name)
{
    static char paths[4][PATH_SIZE];
    static unsigned next;
    char *path = paths[next++ % 4];
    (void)snprintf(path, PATH_SIZE, "%s/%s", folder, name);
    return path;
}

static void test_folders_by_country(void **state)
{
    (void)state;
    char folder[] = "/tmp/chl-trust-XXXXXX", why[WHY_SIZE];
    assert_non_null(mkdtemp(folder));
    assert_int_equal(mkdir(in(folder, "VN"), 0700), 0);
    assert_int_equal(mkdir(in(folder, "VN/more"), 0700), 0);
    assert_int_equal(mkdir(in(folder, ".git"), 0700), 0);
    assert_true(issuing_write_certificate(&first, in(folder, "a.der")));
    assert_true(issuing_write_certificate(&second, in(folder, "VN/b.der")));
    assert_true(issuing_write_certificate(&third, in(folder, "VN/more/c.der")));
    assert_true(issuing_write_certificate(&third, in(folder, ".git/d.der")));
    write_text(in(folder, "README"), "whom we believe\n");
    write_text(in(folder, "VN/broken.crt"), "nothing\n");
    assert_int_equal(mkfifo(in(folder, "fifo.pem"), 0600), 0);
    struct chl_trust *trust = new_store();
    assert_int_equal(chl_trust_add_path(trust, folder, why, sizeof why), CHL_OK);
    assert_int_equal(chl_trust_count(trust), 2);
    assert_int_equal(note_count, 1);
    assert_non_null(strstr(notes[0].file, "VN/broken.crt"));
    /* A FIFO by its name holds up nothing. */
    assert_int_not_equal(chl_trust_add_path(trust, in(folder, "fifo.pem"), why, sizeof why),
                         CHL_OK);
    chl_trust_free(trust);
    static const char *const files[] = {"a.der",      "VN/b.der",      "VN/more/c.der", "fifo.pem",
                                        ".git/d.der", "VN/broken.crt", "README"};
    static const char *const folders[] = {"VN/more", "VN", ".git", ""};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        assert_int_equal(unlink(in(folder, files[i])), 0);
    }
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        assert_int_equal(rmdir(in(folder, folders[i])), 0);
    }
}

/* A list that was cut short is refused: what stands beside it must not hide that hundreds are gone.
 */
static void test_a_broken_list_in_a_folder(void **state)
{
    (void)state;
    char folder[] = "/tmp/chl-trust-XXXXXX", why[WHY_SIZE];
    assert_non_null(mkdtemp(folder));
    assert_true(issuing_write_public_key(&first, in(folder, "own.pub.pem")));
    write_text(in(folder, "list.json"), "{\"certificates\":[{\"rawData\":\"MIIB");
    struct chl_trust *trust = new_store();
    assert_int_equal(chl_trust_add_path(trust, folder, why, sizeof why), CHL_E_CONFIG);
    assert_non_null(strstr(why, "list.json: expected"));
    chl_trust_free(trust);
    assert_int_equal(unlink(in(folder, "own.pub.pem")), 0);
    assert_int_equal(unlink(in(folder, "list.json")), 0);
    assert_int_equal(rmdir(folder), 0);
}

static void test_types_of_keys(void **state)
{
    (void)state;
    static const struct {
        const char *kind, *type;
        int alg;
    } rows[] = {{"P-256", "P-256", CHL_ALG_ES256},
                {"P-384", "P-384", CHL_ALG_NONE},
                {"RSA-2048", "RSA-2048", CHL_ALG_PS256},
                {"RSA-1024", "RSA-1024", CHL_ALG_NONE},
                {"ED25519", "Ed25519", CHL_ALG_EDDSA}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct issuing made;
        char why[WHY_SIZE];
        unsigned char *der = NULL;
        assert_true(issuing_make(rows[i].kind, NULL, &made));
        struct chl_trust *trust = new_store();
        struct chl_bytes content = {made.certificate, made.certificate_length};
        assert_int_equal(chl_trust_add(trust, "a.der", content, why, sizeof why), CHL_OK);
        assert_string_equal(chl_trust_at(trust, 0)->type, rows[i].type);
        assert_int_equal(chl_trust_at(trust, 0)->alg, rows[i].alg);
        chl_trust_free(trust);
        /* The bare key, in DER as some tools write it. */
        int length = i2d_PUBKEY(made.key, &der);
        assert_true(length > 0);
        trust = new_store();
        content = (struct chl_bytes){der, (size_t)length};
        assert_int_equal(chl_trust_add(trust, "key.der", content, why, sizeof why), CHL_OK);
        assert_int_equal(chl_trust_at(trust, 0)->kind, CHL_TRUST_PUBLIC_KEY);
        assert_string_equal(chl_trust_at(trust, 0)->type, rows[i].type);
        chl_trust_free(trust);
        OPENSSL_free(der);
        issuing_free(&made);
    }
}

static int make_all(void **state)
{
    (void)state;
    bool good = issuing_make("P-256", NULL, &first) && issuing_make("P-256", NULL, &second) &&
                issuing_make("P-256", NULL, &third);
    return good ? 0 : -1;
}

static int free_all(void **state)
{
    (void)state;
    issuing_free(&first);
    issuing_free(&second);
    issuing_free(&third);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_faults_of_a_list_are_told),
        cmocka_unit_test(test_all_of_one_kid_stay),
        cmocka_unit_test(test_age_of_a_gateways_list),
        cmocka_unit_test(test_a_list_of_too_many_values),
        cmocka_unit_test(test_a_broken_block_of_a_bundle),
        cmocka_unit_test(test_folders_by_country),
        cmocka_unit_test(test_a_broken_list_in_a_folder),
        cmocka_unit_test(test_types_of_keys),
    };
    return cmocka_run_group_tests(tests, make_all, free_all);
}
