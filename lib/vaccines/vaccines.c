/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The table of vaccines, and the look-up in it.
 */
#include "lib/vaccines/vaccines.h"

#include <string.h>

#include "lib/base/text.h"

/* A code of the value set, and another name under which it goes; keys hold only A–Z and 0–9. */
static const struct row {
    const char *key, *code;
} rows[] = {
    {"EU1201507", "EU/1/20/1507"},
    {"SPIKEVAX", "EU/1/20/1507"},
    {"MODERNA", "EU/1/20/1507"},
    {"COVID19VACCINEMODERNA", "EU/1/20/1507"},
    {"MRNA1273", "EU/1/20/1507"},
    {"EU1201525", "EU/1/20/1525"},
    {"JCOVDEN", "EU/1/20/1525"},
    {"JANSSEN", "EU/1/20/1525"},
    {"COVID19VACCINEJANSSEN", "EU/1/20/1525"},
    {"JOHNSONJOHNSON", "EU/1/20/1525"},
    {"EU1201528", "EU/1/20/1528"},
    {"COMIRNATY", "EU/1/20/1528"},
    {"PFIZER", "EU/1/20/1528"},
    {"PFIZERBIONTECH", "EU/1/20/1528"},
    {"BNT162B2", "EU/1/20/1528"},
    {"EU1211529", "EU/1/21/1529"},
    {"VAXZEVRIA", "EU/1/21/1529"},
    {"ASTRAZENECA", "EU/1/21/1529"},
    {"COVID19VACCINEASTRAZENECA", "EU/1/21/1529"},
    {"AZD1222", "EU/1/21/1529"},
    {"EU1211618", "EU/1/21/1618"},
    {"NUVAXOVID", "EU/1/21/1618"},
    {"NOVAVAX", "EU/1/21/1618"},
    {"EU1211580", "EU/1/21/1580"},
    {"EU1211624", "EU/1/21/1624"},
    {"BBIBPCORV", "BBIBP-CorV"},
    {"VEROCELL", "BBIBP-CorV"},
    {"SINOPHARM", "BBIBP-CorV"},
    {"CORONAVAC", "CoronaVac"},
    {"SINOVAC", "CoronaVac"},
    {"HAYATVAX", "Hayat-Vax"},
    {"SPUTNIKV", "Sputnik-V"},
    {"GAMCOVIDVAC", "Sputnik-V"},
    {"SPUTNIKLIGHT", "Sputnik-Light"},
    {"ABDALA", "Abdala"},
    {"COVAXIN", "Covaxin"},
    {"COVISHIELD", "Covishield"},
    {"COVOVAX", "Covovax"},
    {"SOBERANA02", "Soberana-02"},
    {"SOBERANAPLUS", "Soberana-Plus"},
    {"WIBPCORV", "WIBP-CorV"},
    {"CONVIDECIA", "Convidecia"},
    {"EPIVACCORONA", "EpiVacCorona"},
    {"COVIVAC", "CoviVac"},
    {"INACTIVATEDSARSCOV2VEROCELL", "Inactivated-SARS-CoV-2-Vero-Cell"},
};

enum { KEY_SIZE = 32 };

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* The capital, whatever the locale. */
static char capital(char c)
{
    static const char small[] = "abcdefghijklmnopqrstuvwxyz";
    static const char large[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    const char *found = c == '\0' ? NULL : strchr(small, c);
    if (found == NULL) {
        return c;
    }
    return large[found - small];
}

/* False when it is longer than any key, or not ASCII: then it is in no row. */
static bool key_of(const char *text, char key[KEY_SIZE])
{
    size_t used = 0;
    for (const char *at = text; *at != '\0'; at++) {
        const char c = capital(*at);
        const bool kept = (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if ((unsigned char)c >= 0x80 || (kept && used + 1 == KEY_SIZE)) {
            return false;
        }
        if (kept) {
            key[used++] = c;
        }
    }
    key[used] = '\0';
    return used > 0;
}

bool chl_vaccine_code(const char *text, char *out, size_t size)
{
    char key[KEY_SIZE];
    if (key_of(text, key)) {
        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
            if (strcmp(rows[i].key, key) == 0) {
                return chl_copy(out, size, rows[i].code);
            }
        }
    }
    while (is_space(*text)) {
        text++;
    }
    size_t length = strlen(text);
    while (length > 0 && is_space(text[length - 1])) {
        length--;
    }
    const bool whole = length < size;
    if (!whole) {
        length = size - 1;
        while (length > 0 && ((unsigned char)text[length] & 0xC0) == 0x80) {
            length--;
        }
    }
    memmove(out, text, length); /* it may be the same memory */
    out[length] = '\0';
    return whole;
}
