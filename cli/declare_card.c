/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief `chilang declare --card`: the card of one declaration.
 */
#include "cli/declare.h"

#include <string.h>

#include "cli/declare_card.h"
#include "lib/base/text.h"

void declare_area_name(chl_areas_level level, const char *code, char out[CHL_AREA_TEXT])
{
    char why[DECLARE_WHY];
    const struct chl_areas *areas = code[0] == '\0' ? NULL : declare_areas(why);
    const struct chl_area *area = areas == NULL ? NULL : chl_areas_by_code(areas, level, code);
    if (area == NULL) {
        (void)snprintf(out, CHL_AREA_TEXT, "%s", code);
        return;
    }
    (void)snprintf(out, CHL_AREA_TEXT, "%s%s%s%s%s", area->kind, area->kind[0] != '\0' ? " " : "",
                   area->name, area->within[0] != '\0' ? ", " : "", area->within);
}

/** The commune, else the province. */
static void place_name(const char *commune, const char *province, char out[CHL_AREA_TEXT])
{
    if (commune[0] != '\0') {
        declare_area_name(CHL_AREAS_COMMUNE, commune, out);
    } else {
        declare_area_name(CHL_AREAS_PROVINCE, province, out);
    }
}

chl_err declare_card_prepare(const struct declare *declare, const struct chl_declaration *form,
                             const char *code, struct declare_card *out, char why[DECLARE_WHY])
{
    chl_err err = chl_qr_encode(code, strlen(code), declare_paper_level(declare), &out->symbol);
    if (err != CHL_OK) {
        (void)snprintf(why, DECLARE_WHY, "the code fits no QR symbol at this level");
        return err;
    }
    place_name(form->claims.from_area, form->from_province, out->from);
    place_name(form->claims.to_area, form->to_province, out->to);
    out->card =
        (struct chl_card){.form = form, .symbol = &out->symbol, .from = out->from, .to = out->to};
    return CHL_OK;
}

static chl_card_file file_of(const char *path)
{
    static const struct {
        const char *ending;
        chl_card_file file;
    } files[] = {{".png", CHL_CARD_PNG}, {".svg", CHL_CARD_SVG}};
    size_t length = strlen(path);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        size_t ending = strlen(files[i].ending);
        if (length >= ending && strcmp(path + length - ending, files[i].ending) == 0) {
            return files[i].file;
        }
    }
    return CHL_CARD_PDF;
}

chl_err declare_card(const struct declare *declare, const struct chl_declaration *form,
                     const char *code, const char *path, char why[DECLARE_WHY])
{
    struct declare_card card;
    chl_err err = declare_card_prepare(declare, form, code, &card, why);
    return err == CHL_OK ? chl_card_write(&card.card, file_of(path), path, why, DECLARE_WHY) : err;
}
