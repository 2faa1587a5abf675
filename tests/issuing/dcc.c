/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Writes DCC payloads, with the liberties that real issuers take.
 */
#include <string.h>

#include "tests/issuing/issuing.h"

enum { PAYLOAD_MAX = 2048, TAG_DATE = 0, MAP_OPEN = 0xBF, MAP_CLOSE = 0xFF };

/* One field of an entry: text, or a number when the text is NULL. */
struct value {
    const char *key, *text;
    int number;
    bool is_date, is_null;
};

static const char *or_else(const char *text, const char *other)
{
    return text != NULL ? text : other;
}

static void put_time(struct chl_cbor_writer *w, const struct issuing_dcc *dcc, int64_t seconds)
{
    if (dcc->float_times) {
        chl_cbor_put_double(w, (double)seconds + dcc->fraction);
    } else {
        chl_cbor_put_int(w, seconds);
    }
}

static void put_value(struct chl_cbor_writer *w, const struct issuing_dcc *dcc,
                      const struct value *value)
{
    chl_cbor_put_text(w, value->key);
    if (value->is_null) {
        chl_cbor_put_null(w);
        return;
    }
    if (value->is_date && dcc->tagged_dates) {
        chl_cbor_put_tag(w, TAG_DATE);
    }
    if (value->text != NULL) {
        chl_cbor_put_text(w, value->text);
    } else {
        chl_cbor_put_int(w, value->number);
    }
}

static void put_entry(struct chl_cbor_writer *w, const struct issuing_dcc *dcc,
                      const struct value *values, size_t count)
{
    static const uint8_t open = MAP_OPEN, close = MAP_CLOSE;
    size_t used = 0;
    for (size_t i = 0; i < count; i++) {
        used += values[i].is_null && !dcc->null_optionals ? 0 : 1;
    }
    if (dcc->indefinite) {
        chl_cbor_put_raw(w, (struct chl_bytes){&open, 1});
    } else {
        chl_cbor_put_map(w, used);
    }
    for (size_t i = 0; i < count; i++) {
        if (!values[i].is_null || dcc->null_optionals) {
            put_value(w, dcc, &values[i]);
        }
    }
    if (dcc->indefinite) {
        chl_cbor_put_raw(w, (struct chl_bytes){&close, 1});
    }
}

static void put_kind(struct chl_cbor_writer *w, const struct issuing_dcc *dcc)
{
    const char *country = or_else(dcc->country, "VN");
    const struct value vaccination[] = {
        {.key = "tg", .text = "840539006"},
        {.key = "vp", .text = "1119349007"},
        {.key = "mp", .text = or_else(dcc->product, "EU/1/20/1528")},
        {.key = "ma", .text = "ORG-100030215"},
        {.key = "dn", .number = 2},
        {.key = "sd", .number = 2},
        {.key = "dt", .text = "2021-12-20", .is_date = true},
        {.key = "co", .text = country},
        {.key = "is", .text = "Bo Y te"},
        {.key = "ci", .text = "URN:UVCI:01:VN:ABC123"}};
    const struct value test[] = {
        {.key = "tg", .text = "840539006"},
        {.key = "tt", .text = "LP6464-4"},
        {.key = "nm", .is_null = true},
        {.key = "ma", .is_null = true},
        {.key = "sc", .text = "2022-01-30T07:30:00+07:00", .is_date = true},
        {.key = "tr", .text = "260415000"},
        {.key = "tc", .text = "CDC"},
        {.key = "co", .text = country},
        {.key = "is", .text = "Bo Y te"},
        {.key = "ci", .text = "URN:UVCI:01:VN:DEF456"}};
    const struct value recovery[] = {{.key = "tg", .text = "840539006"},
                                     {.key = "fr", .text = "2021-11-01", .is_date = true},
                                     {.key = "co", .text = country},
                                     {.key = "is", .text = "Bo Y te"},
                                     {.key = "df", .text = "2021-11-12", .is_date = true},
                                     {.key = "du", .text = "2022-05-01", .is_date = true},
                                     {.key = "ci", .text = "URN:UVCI:01:VN:GHI789"}};
    char key[2] = "v";
    if (dcc->kind != 0) {
        key[0] = dcc->kind;
    }
    chl_cbor_put_text(w, key);
    chl_cbor_put_array(w, 1);
    if (key[0] == 't') {
        put_entry(w, dcc, test, sizeof test / sizeof test[0]);
    } else if (key[0] == 'r') {
        put_entry(w, dcc, recovery, sizeof recovery / sizeof recovery[0]);
    } else {
        put_entry(w, dcc, vaccination, sizeof vaccination / sizeof vaccination[0]);
    }
}

static void put_dcc(struct chl_cbor_writer *w, const struct issuing_dcc *dcc)
{
    chl_cbor_put_map(w, 4);
    chl_cbor_put_text(w, "ver");
    chl_cbor_put_text(w, or_else(dcc->version, "1.3.0"));
    chl_cbor_put_text(w, "nam");
    chl_cbor_put_map(w, dcc->no_national_name ? 2 : 4);
    if (!dcc->no_national_name) {
        chl_cbor_put_text(w, "fn");
        chl_cbor_put_text(w, or_else(dcc->family, "Nguyễn"));
        chl_cbor_put_text(w, "gn");
        chl_cbor_put_text(w, "Văn An");
    }
    chl_cbor_put_text(w, "fnt");
    chl_cbor_put_text(w, "NGUYEN");
    chl_cbor_put_text(w, "gnt");
    chl_cbor_put_text(w, "VAN<AN");
    chl_cbor_put_text(w, "dob");
    chl_cbor_put_text(w, or_else(dcc->birth, "1990-02-03"));
    put_kind(w, dcc);
}

size_t issuing_dcc_payload(const struct issuing_dcc *dcc, uint8_t *out, size_t size)
{
    enum { CLAIM_HCERT = -260, HCERT_DCC = 1 };
    struct chl_cbor_writer w;
    size_t length = 0;
    chl_cbor_begin(&w, out, size);
    chl_cbor_put_map(&w, dcc->no_expiry ? 3 : 4);
    chl_cbor_put_int(&w, CHL_CWT_ISS);
    chl_cbor_put_text(&w, "VN");
    if (!dcc->no_expiry) {
        chl_cbor_put_int(&w, CHL_CWT_EXP);
        put_time(&w, dcc, dcc->expires_at);
    }
    chl_cbor_put_int(&w, CHL_CWT_IAT);
    put_time(&w, dcc, dcc->issued_at);
    chl_cbor_put_int(&w, CLAIM_HCERT);
    chl_cbor_put_map(&w, 1);
    chl_cbor_put_int(&w, HCERT_DCC);
    put_dcc(&w, dcc);
    return chl_cbor_end(&w, &length) == CHL_OK ? length : 0;
}

bool issuing_dcc_code(const struct issuing *issuing, const struct chl_issue_options *options,
                      const struct issuing_dcc *dcc, char *out, size_t size)
{
    uint8_t payload[PAYLOAD_MAX];
    size_t length = issuing_dcc_payload(dcc, payload, sizeof payload);
    return length > 0 &&
           chl_issue(issuing->issuer, options, "HC1:", (struct chl_bytes){payload, length}, out,
                     size) == CHL_OK;
}
