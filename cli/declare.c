/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief `chilang declare`: fills in a health declaration, signs it and draws its code.
 */
#include "cli/declare.h"

#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/declare_options.h"
#include "lib/base/text.h"
#include "lib/base/time.h"

chl_err declare_set(struct chl_declaration *form, const char *name, const char *value,
                    char why[DECLARE_WHY])
{
    static const struct {
        const char *name;
        size_t offset;
    } times[] = {{"issued_at", offsetof(struct chl_claims, issued_at)},
                 {"expires_at", offsetof(struct chl_claims, expires_at)}};
    for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
        if (strcmp(name, times[i].name) != 0) {
            continue;
        }
        int64_t ns = 0;
        if (value[0] == '\0') {
            return CHL_OK;
        }
        if (chl_time_parse(value, strlen(value), &ns) != CHL_OK) {
            (void)snprintf(why, DECLARE_WHY,
                           "%s: expected a time such as 2022-02-01T07:30:00+07:00", name);
            return CHL_E_INVAL;
        }
        const int64_t seconds = ns / CHL_NS_PER_S;
        memcpy((uint8_t *)&form->claims + times[i].offset, &seconds, sizeof seconds);
        return CHL_OK;
    }
    const struct chl_declaration_field *field = chl_declaration_field(name, strlen(name));
    if (field == NULL) {
        (void)snprintf(why, DECLARE_WHY,
                       "expected the name of a field, got `%.40s`; `chilang declare --help` lists "
                       "them",
                       name);
        return CHL_E_NOTFOUND;
    }
    return chl_declaration_set(form, field, value, why, DECLARE_WHY);
}

chl_err declare_sign(const struct declare *declare, struct chl_declaration *form,
                     char code[CHL_ISSUE_CODE_MAX], char why[DECLARE_WHY])
{
    struct chl_claims *claims = &form->claims;
    (void)chl_copy(claims->issuer, sizeof claims->issuer, declare->issuer_name);
    if (claims->issued_at == 0) {
        claims->issued_at =
            declare->issued_at != 0 ? declare->issued_at : chl_wall_ns() / CHL_NS_PER_S;
    }
    if (claims->expires_at == 0) {
        claims->expires_at =
            declare->expires_at != 0 ? declare->expires_at : claims->issued_at + declare->life_s;
    }
    claims->not_before = claims->issued_at;
    return chl_declaration_issue(declare->issuer, form, code, CHL_ISSUE_CODE_MAX, why, DECLARE_WHY);
}

static chl_err write_svg(const struct declare *declare, const struct chl_qr_symbol *symbol)
{
    if (strcmp(declare->svg, "-") == 0) {
        return chl_qr_write_svg(symbol, declare->scale, stdout);
    }
    FILE *file = fopen(declare->svg, "we");
    if (file == NULL) {
        return CHL_E_IO;
    }
    chl_err err = chl_qr_write_svg(symbol, declare->scale, file);
    return fclose(file) == 0 ? err : CHL_E_IO;
}

/** Everything that was asked for; the terminal when nothing was. */
static chl_err draw(const struct declare *declare, const char *code)
{
    struct chl_qr_symbol symbol;
    chl_err err = chl_qr_encode(code, strlen(code), declare->level, &symbol);
    if (err != CHL_OK) {
        fprintf(stderr, "chilang declare: the code fits no QR symbol at this level; state less or "
                        "take --level L\n");
        return err;
    }
    if (declare->text) {
        puts(code);
    }
    if (declare->png != NULL) {
        err = chl_qr_write_png(&symbol, declare->scale, declare->png);
    }
    if (err == CHL_OK && declare->svg != NULL) {
        err = write_svg(declare, &symbol);
    }
    if (err == CHL_OK && !declare->text && declare->png == NULL && declare->svg == NULL) {
        err = chl_qr_write_terminal(&symbol, stdout);
    }
    if (err != CHL_OK || fflush(stdout) != 0) {
        fprintf(stderr, "chilang declare: the picture cannot be written; check the folder\n");
        return CHL_E_IO;
    }
    return CHL_OK;
}

static chl_err fill(struct declare *declare, char why[DECLARE_WHY])
{
    if (declare->json != NULL) {
        return declare_read_json(declare->json, &declare->form, why);
    }
    if (!declare->any_field && isatty(STDIN_FILENO)) {
        (void)snprintf(why, DECLARE_WHY, "the form was not finished");
        return declare_ask(stdin, stderr, &declare->form);
    }
    return CHL_OK;
}

static int declare_one(struct declare *declare)
{
    char why[DECLARE_WHY] = "";
    char code[CHL_ISSUE_CODE_MAX];
    chl_err err = fill(declare, why);
    if (err == CHL_OK) {
        err = declare_sign(declare, &declare->form, code, why);
    }
    if (err != CHL_OK) {
        fprintf(stderr, "chilang declare: %s\n", why);
        return CLI_FAILED;
    }
    return draw(declare, code) == CHL_OK ? CLI_OK : CLI_FAILED;
}

int cli_declare(int argc, char **argv)
{
    struct declare declare;
    char why[DECLARE_WHY] = "";
    if (argc > 1 && strcmp(argv[1], "revoke") == 0) {
        static char name[] = "chilang declare revoke";
        argv[1] = name;
        return cli_declare_revoke(argc - 1, argv + 1);
    }
    declare_parse(argc, argv, &declare);
    if (chl_issuer_load(declare.key, &declare.issuer, why, sizeof why) != CHL_OK) {
        fprintf(stderr, "chilang declare: %s\n", why);
        return CLI_FAILED;
    }
    int code = declare.batch != NULL ? declare_batch(&declare) : declare_one(&declare);
    chl_issuer_free(declare.issuer);
    return code;
}
