/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief An empty form, and its fields and questions found by name.
 */
#include "lib/declaration/put.h"

#include <string.h>

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
    size_t count = 0;
    const struct chl_declaration_field *fields = chl_declaration_fields(&count);
    for (size_t i = 0; i < count; i++) {
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

const struct chl_declaration_question *chl_declaration_questions(size_t *count)
{
    static const struct chl_declaration_question questions[] = {
        {"contact_patient", CHL_CONTACT_PATIENT, "Tiếp xúc với người bệnh hoặc nghi ngờ mắc bệnh",
         "contact with a patient in 14 days"},
        {"contact_area", CHL_CONTACT_AREA, "Tiếp xúc với người từ vùng, nước có bệnh",
         "contact with a person from an area or country with the disease in 14 days"},
        {"contact_symptoms", CHL_CONTACT_SYMPTOMS, "Tiếp xúc với người có triệu chứng",
         "contact with a person who has symptoms in 14 days"},
    };
    *count = sizeof questions / sizeof *questions;
    return questions;
}
