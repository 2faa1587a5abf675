/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Fuzz: any bytes as a register of persons; and who is in it is found in it.
 */
#include "core/host/register.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void look_up(const struct person_register *persons, const uint8_t *data, size_t size)
{
    static const struct pseudonym_key key = {{7}};
    char text[64] = "";
    struct identity who = {0};
    memcpy(text, data, size < sizeof text - 1 ? size : sizeof text - 1);
    (void)identity_add_number(&who, &key, (uint8_t)(size % CHL_DOCUMENT_COUNT), text);
    (void)identity_set_name(&who, &key, text, "1990-02-03");
    (void)register_look(persons, &who);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct pseudonym_key key = {{7}};
    struct person_register *persons = NULL;
    char why[256] = "";
    uint8_t *copy = size > 0 ? malloc(size) : NULL; /* fmemopen wants bytes that may be written */
    if (copy == NULL) {
        return 0;
    }
    memcpy(copy, data, size);
    FILE *file = fmemopen(copy, size, "r");
    if (file == NULL) {
        abort();
    }
    chl_err error = register_read(&key, "fuzz", file, &persons, why, sizeof why);
    (void)fclose(file);
    free(copy);
    if (error == CHL_OK) {
        size_t length = 0;
        const void *content = register_content(persons, &length);
        if (content == NULL || length < register_count(persons)) {
            abort();
        }
        look_up(persons, data, size);
    } else if (why[0] == '\0' || persons != NULL) {
        abort(); /* every refusal says why */
    }
    register_free(persons);
    return 0;
}
