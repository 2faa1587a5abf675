/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The table of the form's fields.
 *
 *  Keys 1–23 take one byte on the wire, so the fields of the shortest declaration have them; and
 *  years, telephone numbers, commune codes and citizens' numbers go as integers, which halves them.
 */
#include "lib/declaration/declaration.h"

#include <string.h>

#define AT(member)                                                                                 \
    .offset = offsetof(struct chl_declaration, member),                                            \
    .size = sizeof(((struct chl_declaration *)0)->member)
#define ANSWER(member) .answer = offsetof(struct chl_declaration, member)

/** Seconds from 2000-01-01 to 2100-01-01, and the same in days; a form holds no other date. */
enum { DAY_MIN = 10957, DAY_MAX = 47482 };
#define TIME_MIN INT64_C(946684800)
#define TIME_MAX INT64_C(4102444800)

static const char digits[] = "0123456789";
static const char phone[] = "0123456789+";
static const char capitals[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
static const char codes[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz -./_";

static const char *const sexes[] = {"male", "female", NULL};
static const char *const answers[] = {"yes", "no", NULL};
static const char *const tests[] = {"pcr", "rapid", NULL};
static const char *const results[] = {"negative", "positive", NULL};
static const char *const transports[] = {"airplane", "train", "car", "waterway", "personal", NULL};
static const char *const contacts[] = {"patient", "area", "symptoms", "other", NULL};
static const char *const symptoms[] = {
#define SYMPTOM_NAME(id, bit, text) [bit] = (text),
    CHL_SYMPTOMS(SYMPTOM_NAME)
#undef SYMPTOM_NAME
        NULL};

/* In the order of the symptoms' bits and of the contacts. */
static const char *const symptoms_vi[] = {"sốt",      "ho",      "khó thở", "viêm phổi",
                                          "đau họng", "mệt mỏi", "khác",    NULL};
static const char *const contacts_vi[] = {"người bệnh", "vùng dịch", "người có triệu chứng", "khác",
                                          NULL};

static const struct chl_declaration_field fields[] = {
    {.key = 1,
     .name = "name",
     .type = CHL_FIELD_TEXT,
     AT(claims.name),
     .required = true,
     .asked = true,
     .vi = "Họ và tên",
     .en = "full name"},
    {.key = 2,
     .name = "birth",
     .alias = "birth_year",
     .digits = 4,
     .type = CHL_FIELD_BIRTH,
     AT(claims.birth),
     .required = true,
     .asked = true,
     .vi = "Năm sinh",
     .en = "year or date of birth"},
    {.key = 3,
     .name = "sex",
     .type = CHL_FIELD_CHOICE,
     AT(claims.sex),
     .choices = sexes,
     .vi = "Giới tính",
     .en = "sex"},
    {.key = 4,
     .name = "phone",
     .type = CHL_FIELD_TEXT,
     AT(claims.phone),
     .asked = true,
     .characters = phone,
     .of = "digits and +",
     .digits = 10,
     .vi = "Số điện thoại",
     .en = "telephone number"},
    {.key = 5,
     .name = "from",
     .type = CHL_FIELD_TEXT,
     AT(claims.from_area),
     .asked = true,
     .characters = digits,
     .of = "digits",
     .digits = 5,
     .vi = "Mã xã, phường nơi đi",
     .en = "commune code of the origin"},
    {.key = 6,
     .name = "to",
     .type = CHL_FIELD_TEXT,
     AT(claims.to_area),
     .asked = true,
     .characters = digits,
     .of = "digits",
     .digits = 5,
     .vi = "Mã xã, phường nơi đến",
     .en = "commune code of the destination"},
    {.key = 7,
     .name = "symptoms",
     .type = CHL_FIELD_BITS,
     AT(claims.symptoms),
     ANSWER(claims.symptomatic),
     .required = true,
     .asked = true,
     .choices = symptoms,
     .choices_vi = symptoms_vi,
     .vi = "Triệu chứng trong 14 ngày",
     .en = "symptoms in 14 days"},
    {.key = 8,
     .name = "contact",
     .type = CHL_FIELD_BITS,
     AT(contacts),
     ANSWER(claims.contact),
     .required = true,
     .asked = true,
     .choices = contacts,
     .choices_vi = contacts_vi,
     .vi = "Tiếp xúc trong 14 ngày",
     .en = "contact in 14 days"},
    {.key = 9,
     .name = "party",
     .type = CHL_FIELD_NUMBER16,
     AT(claims.party),
     .asked = true,
     .min = 1,
     .max = CHL_DECLARATION_PARTY_MAX,
     .vi = "Số người đi cùng mã này, kể cả người khai",
     .en = "people on this code, the declarer included"},
    {.key = 10,
     .name = "document",
     .digits = 12,
     .type = CHL_FIELD_TEXT,
     AT(claims.document),
     .characters = codes,
     .of = "letters, digits, space - . / _",
     .vi = "Số giấy tờ tùy thân",
     .en = "number of an identity document"},
    {.key = 11,
     .name = "nationality",
     .type = CHL_FIELD_TEXT,
     AT(claims.nationality),
     .characters = capitals,
     .of = "capital letters",
     .vi = "Quốc tịch",
     .en = "nationality, ISO 3166-1"},
    {.key = 12,
     .name = "vehicle",
     .type = CHL_FIELD_TEXT,
     AT(claims.vehicle),
     .characters = codes,
     .of = "letters, digits, space - . / _",
     .vi = "Biển số xe",
     .en = "plate of the vehicle"},
    {.key = 13,
     .name = "seat",
     .type = CHL_FIELD_TEXT,
     AT(claims.seat),
     .characters = codes,
     .of = "letters, digits, space - . / _",
     .vi = "Số ghế",
     .en = "seat"},
    {.key = 14,
     .name = "doses",
     .type = CHL_FIELD_NUMBER8,
     AT(claims.doses),
     .min = 1,
     .max = 9,
     .vi = "Số mũi vắc xin đã tiêm",
     .en = "number of the last dose"},
    {.key = 15,
     .name = "doses_of",
     .type = CHL_FIELD_NUMBER8,
     AT(claims.doses_of),
     .min = 1,
     .max = 9,
     .vi = "Số mũi của liệu trình",
     .en = "doses in the series"},
    {.key = 16,
     .name = "dose_date",
     .type = CHL_FIELD_DATE,
     AT(claims.dose_date),
     .min = DAY_MIN,
     .max = DAY_MAX,
     .vi = "Ngày tiêm mũi cuối",
     .en = "date of the last dose"},
    {.key = 17,
     .name = "dose_product",
     .type = CHL_FIELD_TEXT,
     AT(claims.dose_product),
     .characters = codes,
     .of = "letters, digits, space - . / _",
     .vi = "Loại vắc xin",
     .en = "vaccine product"},
    {.key = 18,
     .name = "test",
     .alias = "test_kind",
     .type = CHL_FIELD_CHOICE,
     AT(claims.test_kind),
     .choices = tests,
     .vi = "Loại xét nghiệm",
     .en = "kind of test"},
    {.key = 19,
     .name = "test_result",
     .type = CHL_FIELD_CHOICE,
     AT(claims.test_result),
     .choices = results,
     .vi = "Kết quả xét nghiệm",
     .en = "result of the test"},
    {.key = 20,
     .name = "test_at",
     .type = CHL_FIELD_TIME,
     AT(claims.test_sampled_at),
     .min = TIME_MIN,
     .max = TIME_MAX,
     .vi = "Giờ lấy mẫu",
     .en = "time of sampling"},
    {.key = 21,
     .name = "recovered",
     .type = CHL_FIELD_CHOICE,
     AT(claims.recovered),
     .choices = answers,
     .vi = "Đã khỏi bệnh",
     .en = "recovered from the disease"},
    {.key = 22,
     .name = "recovered_at",
     .type = CHL_FIELD_TIME,
     AT(claims.recovered_from),
     .min = TIME_MIN,
     .max = TIME_MAX,
     .vi = "Ngày khỏi bệnh",
     .en = "date of recovery"},
    {.key = 23,
     .name = "transport",
     .type = CHL_FIELD_CHOICE,
     AT(transport),
     .choices = transports,
     .vi = "Phương tiện",
     .en = "means of transport"},
    {.key = 24,
     .name = "trip",
     .type = CHL_FIELD_TEXT,
     AT(trip),
     .characters = codes,
     .of = "letters, digits, space - . / _",
     .vi = "Số hiệu chuyến",
     .en = "number of the flight, train or boat"},
    {.key = 25,
     .name = "travel_at",
     .type = CHL_FIELD_TIME,
     AT(travel_at),
     .min = TIME_MIN,
     .max = TIME_MAX,
     .vi = "Giờ khởi hành",
     .en = "time of departure"},
    {.key = 26,
     .name = "address",
     .type = CHL_FIELD_TEXT,
     AT(address),
     .vi = "Địa chỉ lưu trú",
     .en = "address of the stay"},
    {.key = 27,
     .name = "email",
     .type = CHL_FIELD_TEXT,
     AT(email),
     .vi = "Thư điện tử",
     .en = "e-mail address"},
    {.key = 28,
     .name = "places",
     .type = CHL_FIELD_TEXT,
     AT(places),
     .vi = "Nơi đã qua trong 14 ngày",
     .en = "places of the last 14 days"},
    {.key = 29,
     .name = "note",
     .type = CHL_FIELD_TEXT,
     AT(note),
     .vi = "Ghi chú triệu chứng",
     .en = "note on the symptoms"},
};

const struct chl_declaration_field *chl_declaration_fields(size_t *count)
{
    *count = sizeof fields / sizeof *fields;
    return fields;
}

static bool same_name(const char *known, const char *name, size_t length)
{
    if (known == NULL || strlen(known) != length) {
        return false;
    }
    for (size_t i = 0; i < length; i++) {
        bool same = known[i] == name[i] || (known[i] == '_' && name[i] == '-');
        if (!same) {
            return false;
        }
    }
    return true;
}

const struct chl_declaration_field *chl_declaration_field(const char *name, size_t length)
{
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        if (same_name(fields[i].name, name, length) || same_name(fields[i].alias, name, length)) {
            return &fields[i];
        }
    }
    return NULL;
}

void chl_declaration_init(struct chl_declaration *declaration)
{
    *declaration = (struct chl_declaration){
        .claims = {.size = (uint32_t)sizeof declaration->claims, .party = 1}};
}
