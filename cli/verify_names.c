/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The names by which formats, stages and verdicts are printed.
 */
#include <string.h>

#include "cli/verify.h"

static const char *const format_names[] = {
#define FORMAT_NAME(id, text) [id] = (text),
    CHL_FORMATS(FORMAT_NAME)
#undef FORMAT_NAME
};

static const char *const stage_names[] = {
#define STAGE_NAME(id, text) [id] = (text),
    CHL_STAGES(STAGE_NAME)
#undef STAGE_NAME
};

static const char *const missing_names[VERIFY_MISSING_BITS] = {
#define MISSING_NAME(id, bit, text) [bit] = (text),
    CHL_MISSINGS(MISSING_NAME)
#undef MISSING_NAME
};

const char *verify_missing(unsigned bit)
{
    return bit < VERIFY_MISSING_BITS && missing_names[bit] != NULL ? missing_names[bit] : "";
}

static const char *const symptom_names[] = {
#define SYMPTOM_NAME(id, bit, text) [bit] = (text),
    CHL_SYMPTOMS(SYMPTOM_NAME)
#undef SYMPTOM_NAME
};

static const char *const test_names[] = {"", "pcr", "rapid"};
static const char *const result_names[] = {"", "negative", "positive"};

#define NAME_AT(names, at) ((at) < sizeof(names) / sizeof *(names) ? (names)[at] : "")

const char *verify_symptom(unsigned bit)
{
    return NAME_AT(symptom_names, bit);
}

const char *verify_test_kind(unsigned kind)
{
    return NAME_AT(test_names, kind);
}

const char *verify_test_result(unsigned result)
{
    return NAME_AT(result_names, result);
}

const char *verify_format(const struct chl_inspection *inspection)
{
    return format_names[inspection->format];
}

const char *verify_stage(const struct chl_inspection *inspection)
{
    return stage_names[inspection->stage];
}

/* Told by its looks alone: nothing has read it. */
static bool is_only_named(const struct chl_inspection *inspection)
{
    return inspection->outcome == CHL_NOT_MINE ||
           strcmp(inspection->reason, "format_unsupported") == 0 ||
           strcmp(inspection->reason, "place_code") == 0;
}

const char *verify_verdict(const struct chl_inspection *inspection)
{
    if (inspection->outcome == CHL_CLAIMED) {
        return inspection->is_signed ? "valid" : "claim";
    }
    if (inspection->stage == CHL_STAGE_PICTURE) {
        return "unreadable";
    }
    return is_only_named(inspection) ? "unknown" : "invalid";
}
