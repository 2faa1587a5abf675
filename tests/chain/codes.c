/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Makes a code of each format.
 */
#include "tests/chain/codes.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/declaration/declaration.h"

enum { DAY_S = 86400 };

/* Composed from the published layouts; nobody's. */
#define CCCD                                                                                       \
    "001090001234|012345678|Nguyễn Thị Hường|03021990|Nữ|"                                \
    "Số 12, Phường Chi Lăng, Thành phố Lạng Sơn, Lạng Sơn|01082021"
#define BHYT                                                                                       \
    "GD4010120000001|4e677579e1bb856e205468e1bb8b2048c6b0e1bb9d6e67|03/02/1990|2|"                 \
    "4ce1baa16e672053c6a16e|01 - 012|01/01/2021|-|01/01/2021|20000000000000|-|4|01/01/2025|"       \
    "15e12345678abcde-7102|$"
#define PCCOVID                                                                                    \
    "001090001234|NGUYEN THI HUONG|1990-02-03|0|162979388586171101|<2<GD4010120000001<0912345678"

static struct credential_code codes[CREDENTIAL_CODES] = {
    {.name = "HC1 ES256",
     .prefix = "HC1:",
     .key = "P-256",
     .bound = 0.90,
     .format = CHL_FORMAT_HCERT},
    {.name = "HC1 PS256",
     .prefix = "HC1:",
     .key = "RSA-2048",
     .bound = 0.75,
     .format = CHL_FORMAT_HCERT},
    {.name = "LS1 ES256", .prefix = "LS1:", .key = "P-256", .format = CHL_FORMAT_DECLARATION},
    {.name = "LS1 Ed25519", .prefix = "LS1:", .key = "ED25519", .format = CHL_FORMAT_DECLARATION},
    {.name = "CCCD", .text = CCCD, .bound = 500000, .format = CHL_FORMAT_CCCD},
    {.name = "BHYT", .text = BHYT, .bound = 500000, .format = CHL_FORMAT_BHYT},
    {.name = "PC-Covid", .text = PCCOVID, .bound = 500000, .format = CHL_FORMAT_PCCOVID},
};

struct credential_code *credential_codes(void)
{
    return codes;
}

static const struct {
    const char *field, *value;
} answers[] = {
    {"name", "Nguyễn Thị Hường"},
    {"birth", "1990-02-03"},
    {"phone", "0912345678"},
    {"from", "00001"},
    {"to", "06001"},
    {"symptoms", "no"},
    {"contact", "no"},
    {"document", "001090001234"},
    {"doses", "2"},
    {"dose_date", "2021-12-20"},
    {"dose_product", "EU/1/20/1528"},
};

static bool make_declaration(struct credential_code *code)
{
    struct chl_declaration form;
    char why[512] = "";
    bool good = true;
    chl_declaration_init(&form);
    for (size_t i = 0; good && i < sizeof answers / sizeof *answers; i++) {
        const struct chl_declaration_field *field =
            chl_declaration_field(answers[i].field, strlen(answers[i].field));
        good = field != NULL &&
               chl_declaration_set(&form, field, answers[i].value, why, sizeof why) == CHL_OK;
    }
    (void)snprintf(form.claims.issuer, sizeof form.claims.issuer, "bench");
    form.claims.issued_at = CREDENTIAL_NOW_S - 3600;
    form.claims.not_before = CREDENTIAL_NOW_S - 3600;
    form.claims.expires_at = CREDENTIAL_NOW_S + DAY_S;
    good = good && chl_declaration_issue(code->issuing.issuer, &form, code->text, sizeof code->text,
                                         why, sizeof why) == CHL_OK;
    if (!good) {
        fprintf(stderr, "%s: %s\n", code->name, why);
    }
    return good;
}

/* Declarations are believed by a bare key, whose identifier is its own. */
static bool make_code(struct credential_code *code, char path[64])
{
    (void)snprintf(path, 64, "/tmp/chl-bench-%ld-%s", (long)getpid(), code->key);
    if (!issuing_make(code->key, NULL, &code->issuing)) {
        return false;
    }
    if (code->format == CHL_FORMAT_DECLARATION) {
        (void)strncat(path, ".pub", 63 - strlen(path));
        chl_issuer_free(code->issuing.issuer);
        code->issuing.issuer = NULL;
        return chl_issuer_from_key(code->issuing.key, NULL, &code->issuing.issuer) == CHL_OK &&
               issuing_write_public_key(&code->issuing, path) && make_declaration(code);
    }
    const struct issuing_dcc dcc = {.issued_at = CREDENTIAL_NOW_S - DAY_S,
                                    .expires_at = CREDENTIAL_NOW_S + DAY_S};
    return issuing_write_certificate(&code->issuing, path) &&
           issuing_dcc_code(&code->issuing, NULL, &dcc, code->text, sizeof code->text);
}

struct chain *credential_codes_make(void)
{
    char paths[CREDENTIAL_CODES][64];
    const char *trust[CREDENTIAL_CODES];
    size_t count = 0;
    bool good = true;
    for (size_t i = 0; good && i < CREDENTIAL_CODES; i++) {
        if (codes[i].prefix != NULL) {
            trust[count] = paths[count];
            good = make_code(&codes[i], paths[count++]);
        }
    }
    struct chain *chain = good ? chain_open(trust, count) : NULL;
    for (size_t i = 0; i < count; i++) {
        (void)unlink(paths[i]);
    }
    return chain;
}

void credential_codes_free(void)
{
    for (size_t i = 0; i < CREDENTIAL_CODES; i++) {
        if (codes[i].prefix != NULL) {
            issuing_free(&codes[i].issuing);
        }
    }
}
