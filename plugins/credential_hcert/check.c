/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Checks single values of a DCC: texts, dates, codes of value sets.
 *
 *  Sources: DCC schema 1.3.3; EU eHealth Network value sets. The sets themselves grow, so a code is
 *  refused only where it cannot be one: by its form, or by a list that is closed.
 */
#include "plugins/credential_hcert/check.h"

#include <string.h>

#include "lib/base/text.h"
#include "lib/base/time.h"

enum { TEXT_MAX = 80, VERSION_WITH_PATTERNS = 3, DOSE_MAX = 255 };

/* ISO 3166-1 alpha-2, and what the EU writes beside it: EL and UK for GR and GB, EU, XK for Kosovo.
 */
static const char countries[] =
    "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR "
    "BS BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ "
    "EC EE EG EH EL ER ES ET EU FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT "
    "GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR "
    "KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT "
    "MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT "
    "PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD "
    "TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UK UM US UY UZ VA VC VE VG VI VN VU WF WS XK "
    "YE YT ZA ZM ZW ";

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

static bool is_upper(uint8_t c)
{
    return c >= 'A' && c <= 'Z';
}

/* The schema counts characters, not bytes. */
static size_t characters(struct chl_bytes text)
{
    size_t count = 0;
    for (size_t i = 0; i < text.length; i++) {
        count += (text.data[i] & 0xC0) != 0x80 ? 1 : 0;
    }
    return count;
}

static chl_refusal bounded_text(const struct chl_cbor_node *node, struct chl_bytes *text)
{
    if (!chl_cbor_text(node, text)) {
        return CHL_REFUSAL_schema_type;
    }
    return characters(*text) <= TEXT_MAX ? CHL_REFUSAL_NONE : CHL_REFUSAL_schema_length;
}

chl_refusal hcert_is_text(const struct hcert *hcert, const struct chl_cbor_node *node)
{
    (void)hcert;
    return node->item.type == CHL_CBOR_TEXT ? CHL_REFUSAL_NONE : CHL_REFUSAL_schema_type;
}

chl_refusal hcert_is_text_80(const struct hcert *hcert, const struct chl_cbor_node *node)
{
    (void)hcert;
    struct chl_bytes text;
    return bounded_text(node, &text);
}

/* A pictograph (from U+1F000 on: F0 9F …) is no letter of anybody's name. */
chl_refusal hcert_is_person_name(const struct hcert *hcert, const struct chl_cbor_node *node)
{
    (void)hcert;
    struct chl_bytes text;
    chl_refusal refusal = bounded_text(node, &text);
    if (refusal != CHL_REFUSAL_NONE) {
        return refusal;
    }
    static const char pictograph[] = "\xF0\x9F";
    bool found = text.length > 0 && memmem(text.data, text.length, pictograph, 2) != NULL;
    return found ? CHL_REFUSAL_schema_value : CHL_REFUSAL_NONE;
}

chl_refusal hcert_is_ascii_name(const struct hcert *hcert, const struct chl_cbor_node *node)
{
    (void)hcert;
    struct chl_bytes text;
    chl_refusal refusal = bounded_text(node, &text);
    for (size_t i = 0; refusal == CHL_REFUSAL_NONE && i < text.length; i++) {
        if (!is_upper(text.data[i]) && text.data[i] != '<') {
            refusal = CHL_REFUSAL_schema_value;
        }
    }
    return refusal;
}

chl_refusal hcert_is_dose(const struct hcert *hcert, const struct chl_cbor_node *node)
{
    (void)hcert;
    int64_t value = 0;
    if (!chl_cbor_int(node, &value)) {
        return CHL_REFUSAL_schema_type;
    }
    return value >= 1 && value <= DOSE_MAX ? CHL_REFUSAL_NONE : CHL_REFUSAL_schema_value;
}

static bool parse_time(struct chl_bytes text, int64_t *ns)
{
    enum { ROOM = 48 };
    char with_zone[ROOM];
    const char *start = (const char *)text.data;
    if (text.length + 1 >= sizeof with_zone) {
        return false;
    }
    if (chl_time_parse(start, text.length, ns) == CHL_OK) {
        return true;
    }
    memcpy(with_zone, start, text.length);
    with_zone[text.length] = 'Z';
    return chl_time_parse(with_zone, text.length + 1, ns) == CHL_OK;
}

bool hcert_time(const struct chl_cbor_tree *tree, const struct chl_cbor_node *node,
                int64_t *seconds, bool *has_time)
{
    enum { DATE_LENGTH = 10 };
    struct chl_bytes text;
    int64_t ns = 0;
    if (!chl_cbor_text(chl_cbor_untag(tree, node), &text) || text.length == 0 ||
        !parse_time(text, &ns)) {
        return false;
    }
    *seconds = ns / CHL_NS_PER_S;
    if (has_time != NULL) {
        *has_time = text.length > DATE_LENGTH;
    }
    return true;
}

chl_refusal hcert_is_date(const struct hcert *hcert, const struct chl_cbor_node *node)
{
    int64_t seconds = 0;
    if (chl_cbor_untag(hcert->tree, node)->item.type != CHL_CBOR_TEXT) {
        return CHL_REFUSAL_schema_type;
    }
    /* Issuers write a time behind it; the day is what counts. */
    return hcert_time(hcert->tree, node, &seconds, NULL) ? CHL_REFUSAL_NONE
                                                         : CHL_REFUSAL_schema_value;
}

chl_refusal hcert_is_date_time(const struct hcert *hcert, const struct chl_cbor_node *node)
{
    int64_t seconds = 0;
    bool has_time = false;
    if (chl_cbor_untag(hcert->tree, node)->item.type != CHL_CBOR_TEXT) {
        return CHL_REFUSAL_schema_type;
    }
    bool good = hcert_time(hcert->tree, node, &seconds, &has_time) && has_time;
    return good ? CHL_REFUSAL_NONE : CHL_REFUSAL_schema_value;
}

/* Two letters must be a country; longer names (organisations) only have a form. */
chl_refusal hcert_is_country(const struct hcert *hcert, const struct chl_cbor_node *node)
{
    enum { NAME_MAX_LENGTH = 10 };
    struct chl_bytes text;
    if (!chl_cbor_text(node, &text)) {
        return CHL_REFUSAL_schema_type;
    }
    if (text.length == 0) { /* early issuers left it empty, and the schema then let them */
        return hcert->minor < VERSION_WITH_PATTERNS ? CHL_REFUSAL_NONE : CHL_REFUSAL_schema_value;
    }
    for (size_t i = 0; i < text.length; i++) {
        if (!is_upper(text.data[i]) || i == NAME_MAX_LENGTH) {
            return CHL_REFUSAL_schema_value;
        }
    }
    if (text.length == 2) {
        char code[4] = {(char)text.data[0], (char)text.data[1], ' ', '\0'};
        return strstr(countries, code) != NULL ? CHL_REFUSAL_NONE : CHL_REFUSAL_schema_value;
    }
    return CHL_REFUSAL_NONE;
}

static bool all_digits(const uint8_t *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (!is_digit(text[i])) {
            return false;
        }
    }
    return true;
}

/* EMA's organisation identifiers have nine digits, the first a 1; other holders go by a name. */
chl_refusal hcert_is_vaccine_holder(const struct hcert *hcert, const struct chl_cbor_node *node)
{
    (void)hcert;
    enum { PREFIX = 4, DIGITS = 9 };
    struct chl_bytes text;
    if (!chl_cbor_text(node, &text)) {
        return CHL_REFUSAL_schema_type;
    }
    if (text.length < PREFIX || memcmp(text.data, "ORG-", PREFIX) != 0) {
        return CHL_REFUSAL_NONE;
    }
    bool good = text.length == PREFIX + DIGITS && text.data[PREFIX] == '1' &&
                all_digits(text.data + PREFIX, DIGITS);
    return good ? CHL_REFUSAL_NONE : CHL_REFUSAL_schema_value;
}

/* Rapid tests go by their number in the JRC's database, handed out in order; it never came near
 * 5000. Anything that is not a number is a name. */
chl_refusal hcert_is_test_device(const struct hcert *hcert, const struct chl_cbor_node *node)
{
    (void)hcert;
    enum { DIGITS = 4, FIRST_NEVER_GIVEN = '5' };
    struct chl_bytes text;
    if (!chl_cbor_text(node, &text)) {
        return CHL_REFUSAL_schema_type;
    }
    if (text.length == 0 || !all_digits(text.data, text.length)) {
        return CHL_REFUSAL_NONE;
    }
    bool good = text.length < DIGITS || (text.length == DIGITS && text.data[0] < FIRST_NEVER_GIVEN);
    return good ? CHL_REFUSAL_NONE : CHL_REFUSAL_schema_value;
}

/* Three numbers with a dot between them. */
chl_refusal hcert_is_version(const struct hcert *hcert, const struct chl_cbor_node *node)
{
    (void)hcert;
    struct chl_bytes text;
    unsigned numbers = 0;
    bool in_number = false;
    if (!chl_cbor_text(node, &text)) {
        return CHL_REFUSAL_schema_type;
    }
    for (size_t i = 0; i < text.length; i++) {
        bool digit = is_digit(text.data[i]);
        if (!digit && (text.data[i] != '.' || !in_number)) {
            return CHL_REFUSAL_schema_value;
        }
        numbers += digit && !in_number ? 1 : 0;
        in_number = digit;
    }
    return numbers == 3 && in_number ? CHL_REFUSAL_NONE : CHL_REFUSAL_schema_value;
}

static int number_at(const uint8_t *text, size_t digits)
{
    int value = 0;
    for (size_t i = 0; i < digits; i++) {
        value = value * 10 + (text[i] - '0');
    }
    return value;
}

/* YYYY, YYYY-MM or YYYY-MM-DD of the years 1900 to 2099; 00 stands for an unknown month or day. */
static bool birth_form(struct chl_bytes text)
{
    static const char form[] = "0000-00-00";
    enum { YEAR = 4, MONTH = 7, DAY = 10 };
    if (text.length != YEAR && text.length != MONTH && text.length != DAY) {
        return false;
    }
    for (size_t i = 0; i < text.length; i++) {
        bool digit = form[i] == '0';
        if (digit ? !is_digit(text.data[i]) : text.data[i] != (uint8_t)form[i]) {
            return false;
        }
    }
    int century = number_at(text.data, 2);
    return century == 19 || century == 20;
}

/* The first second at which a person with this date can have been born. */
static int64_t earliest_birth(struct chl_bytes text)
{
    enum { MONTH_AT = 5, DAY_AT = 8, DAY_S = 86400 };
    int year = number_at(text.data, 4);
    int month = text.length > MONTH_AT ? number_at(text.data + MONTH_AT, 2) : 1;
    int day = text.length > DAY_AT ? number_at(text.data + DAY_AT, 2) : 1;
    month = month < 1 ? 1 : (month > 12 ? 12 : month);
    day = day < 1 ? 1 : day;
    return chl_days_from_civil(year, (unsigned)month, (unsigned)day) * DAY_S;
}

chl_refusal hcert_check_birth(const struct hcert *hcert, const struct chl_cbor_node *node,
                              int64_t latest_s)
{
    enum { DATE_LENGTH = 10, DAY_S = 86400 };
    struct chl_bytes text;
    if (!chl_cbor_text(chl_cbor_untag(hcert->tree, node), &text)) {
        return CHL_REFUSAL_schema_type;
    }
    if (text.length == 0) {
        return CHL_REFUSAL_NONE;
    }
    int64_t when = 0;
    if (text.length > DATE_LENGTH && hcert->minor < VERSION_WITH_PATTERNS &&
        hcert_time(hcert->tree, node, &when, NULL)) {
        text.length = DATE_LENGTH; /* early issuers wrote a time behind it */
    }
    /* A day of grace for the time zones. */
    bool good = birth_form(text) && earliest_birth(text) <= latest_s + DAY_S;
    return good ? CHL_REFUSAL_NONE : CHL_REFUSAL_schema_value;
}
