/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief `chilang declare`: fills in a health declaration, signs it and draws its code.
 */
#include "cli/declare.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/declare_options.h"
#include "lib/base/text.h"
#include "lib/base/time.h"

/** The time of issue of a form without its own. */
static int64_t issue_time(const struct declare *declare)
{
    return declare->issued_at != 0 ? declare->issued_at : chl_wall_ns() / CHL_NS_PER_S;
}

chl_err declare_sign(const struct declare *declare, struct chl_declaration *form,
                     char code[CHL_ISSUE_CODE_MAX], char why[DECLARE_WHY])
{
    struct chl_claims *claims = &form->claims;
    (void)chl_copy(claims->issuer, sizeof claims->issuer, declare->issuer_name);
    if (claims->issued_at == 0) {
        claims->issued_at = issue_time(declare);
    }
    if (claims->expires_at == 0) {
        claims->expires_at =
            declare->expires_at != 0 ? declare->expires_at : claims->issued_at + declare->life_s;
    }
    claims->not_before = claims->issued_at;
    if (claims->expires_at - claims->issued_at > declare->life_max_s) {
        (void)snprintf(why, DECLARE_WHY,
                       "expected a life of at most %lld h, which is what checkpoints accept, got "
                       "%lld h; shorten it, or say --life-max",
                       (long long)(declare->life_max_s / 3600),
                       (long long)((claims->expires_at - claims->issued_at + 3599) / 3600));
        return CHL_E_INVAL;
    }
    return chl_declaration_issue(declare->issuer, form, code, CHL_ISSUE_CODE_MAX, why, DECLARE_WHY);
}

static chl_err write_svg(const struct declare *declare, const struct chl_qr_symbol *symbol)
{
    if (strcmp(declare->svg, "-") == 0) {
        return chl_qr_write_svg(symbol, declare->scale, stdout);
    }
    char *text = NULL;
    size_t length = 0;
    FILE *memory = open_memstream(&text, &length);
    if (memory == NULL) {
        return CHL_E_NOMEM;
    }
    chl_err err = chl_qr_write_svg(symbol, declare->scale, memory);
    if (fclose(memory) != 0) {
        err = CHL_E_NOMEM;
    }
    if (err == CHL_OK) {
        err = chl_qr_write_file(declare->svg, (const uint8_t *)text, length);
    }
    free(text);
    return err;
}

chl_qr_level declare_paper_level(const struct declare *declare)
{
    return declare->any_level ? declare->level : CHL_QR_Q;
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
    if (err == CHL_OK && !declare->text && declare->png == NULL && declare->svg == NULL &&
        declare->card == NULL) {
        err = chl_qr_write_terminal(&symbol, stdout);
    }
    if (err != CHL_OK || fflush(stdout) != 0) {
        fprintf(stderr, "chilang declare: the picture cannot be written (%s); check the folder\n",
                strerrordesc_np(errno));
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
        return declare_ask(stdin, stderr, issue_time(declare), &declare->form);
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
    if (err == CHL_OK && declare->form.claims.from_area[0] == '\0') {
        fprintf(stderr, "chilang declare: without --from the checkpoint must ask where the person "
                        "comes from\n");
    }
    if (err == CHL_OK && declare->card != NULL) {
        err = declare_card(declare, &declare->form, code, declare->card, why);
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
    declare_areas_free();
    return code;
}
