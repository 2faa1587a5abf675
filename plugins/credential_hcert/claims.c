/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Copies what a DCC states into the claims that every format shares.
 */
#include <string.h>

#include "lib/base/text.h"
#include "lib/names/names.h"
#include "lib/vaccines/vaccines.h"
#include "plugins/credential_hcert/hcert.h"

/* Codes of the EU value sets (LOINC, SNOMED CT). */
#define TEST_TYPE_NAAT       "LP6464-4"
#define TEST_TYPE_RAPID      "LP217198-3"
#define TEST_RESULT_DETECTED "260373001"
#define TEST_RESULT_NONE     "260415000"

enum { DOSES_MAX = 255, DATE_LENGTH = 10 };

static struct chl_bytes text_of(const struct hcert *hcert, const struct chl_cbor_node *map,
                                const char *key)
{
    struct chl_bytes text = {NULL, 0};
    (void)chl_cbor_text(chl_cbor_untag(hcert->tree, chl_cbor_text_key(hcert->tree, map, key)),
                        &text);
    return text;
}

static void copy_text(char *out, size_t size, struct chl_bytes text)
{
    if (text.length > 0) {
        (void)chl_copy_n(out, size, (const char *)text.data, text.length);
    }
}

static bool is_text(struct chl_bytes text, const char *value)
{
    return text.length == strlen(value) && memcmp(text.data, value, text.length) == 0;
}

static void append(char *out, size_t size, const char *between, struct chl_bytes text)
{
    if (text.length == 0) {
        return;
    }
    size_t used = strlen(out);
    if (used > 0) {
        (void)chl_copy(out + used, size - used, between);
        used = strlen(out);
    }
    (void)chl_copy_n(out + used, size - used, (const char *)text.data, text.length);
}

static uint8_t dose_of(const struct hcert *hcert, const char *key)
{
    int64_t value = 0;
    bool good = chl_cbor_int(chl_cbor_text_key(hcert->tree, hcert->entry, key), &value) &&
                value >= 1 && value <= DOSES_MAX;
    return good ? (uint8_t)value : 0;
}

static int64_t time_of(const struct hcert *hcert, const char *key)
{
    int64_t seconds = 0;
    (void)hcert_time(hcert->tree, chl_cbor_text_key(hcert->tree, hcert->entry, key), &seconds,
                     NULL);
    return seconds;
}

static void vaccination(const struct hcert *hcert, struct chl_claims *out)
{
    out->doses = dose_of(hcert, "dn");
    out->doses_of = dose_of(hcert, "sd");
    copy_text(out->dose_product, sizeof out->dose_product, text_of(hcert, hcert->entry, "mp"));
    (void)chl_vaccine_code(out->dose_product, out->dose_product, sizeof out->dose_product);
    struct chl_bytes date = text_of(hcert, hcert->entry, "dt");
    date.length = date.length > DATE_LENGTH ? DATE_LENGTH : date.length;
    copy_text(out->dose_date, sizeof out->dose_date, date);
}

static void test(const struct hcert *hcert, struct chl_claims *out)
{
    struct chl_bytes type = text_of(hcert, hcert->entry, "tt");
    struct chl_bytes result = text_of(hcert, hcert->entry, "tr");
    if (is_text(type, TEST_TYPE_NAAT)) {
        out->test_kind = CHL_TEST_PCR;
    } else if (is_text(type, TEST_TYPE_RAPID)) {
        out->test_kind = CHL_TEST_RAPID;
    }
    if (is_text(result, TEST_RESULT_DETECTED)) {
        out->test_result = CHL_RESULT_POSITIVE;
    } else if (is_text(result, TEST_RESULT_NONE)) {
        out->test_result = CHL_RESULT_NEGATIVE;
    }
    out->test_sampled_at = time_of(hcert, "sc");
}

static void recovery(const struct hcert *hcert, struct chl_claims *out)
{
    enum { LAST_SECOND_OF_DAY = 86399 };
    out->recovered = CHL_ANSWER_YES;
    out->recovered_from = time_of(hcert, "df");
    int64_t until = time_of(hcert, "du");
    out->recovered_until = until == 0 ? 0 : until + LAST_SECOND_OF_DAY; /* the day is included */
}

/* YYYY, YYYY-MM or YYYY-MM-DD; a month or day of 00 is not known, so it is not said. */
static void birth(const struct hcert *hcert, struct chl_claims *out)
{
    enum { MONTH_END = 7, YEAR_END = 4 };
    struct chl_bytes text = text_of(hcert, hcert->dcc, "dob");
    text.length = text.length > DATE_LENGTH ? DATE_LENGTH : text.length;
    copy_text(out->birth, sizeof out->birth, text);
    if (text.length == DATE_LENGTH && strcmp(out->birth + MONTH_END, "-00") == 0) {
        out->birth[MONTH_END] = '\0';
    }
    if (strncmp(out->birth + YEAR_END, "-00", 3) == 0) {
        out->birth[YEAR_END] = '\0';
    }
}

/* The transliteration as a name: its fillers are spaces (ICAO Doc 9303-3). */
static void name_from_ascii(struct chl_claims *out)
{
    size_t used = 0;
    for (const char *at = out->name_ascii; *at != '\0'; at++) {
        if (*at != '<') {
            out->name[used++] = *at;
        } else if (used > 0 && out->name[used - 1] != ' ') {
            out->name[used++] = ' ';
        }
    }
    used -= used > 0 && out->name[used - 1] == ' ' ? 1 : 0;
    out->name[used] = '\0';
}

static void person(const struct hcert *hcert, struct chl_claims *out)
{
    /* The family name comes first in Vietnam, and in the machine-readable zone of a passport. */
    append(out->name, sizeof out->name, " ", text_of(hcert, hcert->name, "fn"));
    append(out->name, sizeof out->name, " ", text_of(hcert, hcert->name, "gn"));
    append(out->name_ascii, sizeof out->name_ascii, "<<", text_of(hcert, hcert->name, "fnt"));
    append(out->name_ascii, sizeof out->name_ascii, "<<", text_of(hcert, hcert->name, "gnt"));
    char composed[sizeof out->name];
    if (chl_name_nfc(out->name, composed, sizeof composed) == CHL_OK) {
        memset(out->name, 0, sizeof out->name);
        (void)chl_copy(out->name, sizeof out->name, composed);
    }
    if (out->name[0] == '\0' && out->name_ascii[0] != '\0') {
        name_from_ascii(out);
        out->missing |= CHL_MISSING_ACCENTS;
    }
    birth(hcert, out);
}

/* A certificate speaks of vaccinations and tests alone; the checkpoint asks for more. */
static void what_is_missing(struct chl_claims *out)
{
    out->missing |= CHL_MISSING_SYMPTOMS | CHL_MISSING_CONTACT | CHL_MISSING_ORIGIN |
                    CHL_MISSING_PHONE | CHL_MISSING_DOCUMENT;
    out->missing |= out->name[0] == '\0' ? CHL_MISSING_NAME : 0;
    out->missing |= out->birth[0] == '\0' ? CHL_MISSING_BIRTH : 0;
}

void hcert_claims(const struct hcert *hcert, struct chl_claims *out)
{
    out->party = 1;
    out->certificate_kind = hcert->kind;
    person(hcert, out);
    what_is_missing(out);
    copy_text(out->id, sizeof out->id, text_of(hcert, hcert->entry, "ci"));
    if (hcert->kind == 'v') {
        vaccination(hcert, out);
    } else if (hcert->kind == 't') {
        test(hcert, out);
    } else if (hcert->kind == 'r') {
        recovery(hcert, out);
    }
}
