/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Section credentials: which documents count, whom to trust, how far each is enough.
 */
#include "core/config/internal.h"

#include <string.h>

struct credential_options {
    struct chl_list accept;
    const char *trust, *persons;
    int64_t reuse_after_ms, trust_max_age_ms;
    const char *revoked;
};

struct document_options {
    int64_t enough_up_to;
};

/** What reads a format, and up to which epidemic level such a document alone is enough for ADMIT
 * when the site does not say: a declaration is what the checkpoint is for; an unsigned card proves
 * nothing about health. What the staff enter is a declaration made at the lane: no plugin reads it
 * and no site need accept it. */
static const struct {
    const char *name, *plugin;
    uint8_t enough_up_to;
} formats[CHL_FORMAT_COUNT] = {
    [CHL_FORMAT_UNKNOWN] = {"unknown", NULL, 0},
    [CHL_FORMAT_HCERT] = {"hcert", "credential_hcert", 1},
    [CHL_FORMAT_DECLARATION] = {"declaration", "credential_declaration", 4},
    [CHL_FORMAT_CCCD] = {"cccd", "credential_vietnam", 0},
    [CHL_FORMAT_BHYT] = {"bhyt", "credential_vietnam", 0},
    [CHL_FORMAT_PCCOVID] = {"pccovid", "credential_vietnam", 0},
    [CHL_FORMAT_NZCP] = {"nzcp", NULL, 0},
    [CHL_FORMAT_SHC] = {"shc", NULL, 0},
    [CHL_FORMAT_VDSNC] = {"vdsnc", NULL, 0},
    [CHL_FORMAT_PLACE] = {"place", NULL, 0},
    [CHL_FORMAT_MANUAL] = {"manual", NULL, 4},
};

static const struct chl_opt credential_table[] = {
    {.name = "accept",
     .type = CHL_OPT_LIST,
     .required = true,
     .max = CHL_FORMAT_COUNT,
     .offset = offsetof(struct credential_options, accept),
     .help_vi = "Các loại giấy tờ được nhận",
     .help_en = "Kinds of document that are read"},
    {.name = "trust",
     .type = CHL_OPT_PATH,
     .offset = offsetof(struct credential_options, trust),
     .help_vi = "Thư mục hoặc danh sách chứng thư tin cậy",
     .help_en = "Folder of certificates, a certificate, or a trust list"},
    {.name = "trust_max_age",
     .type = CHL_OPT_DURATION_MS,
     .dflt = "14 d",
     .min = 0,
     .max = INT64_C(3650) * 86400000,
     .offset = offsetof(struct credential_options, trust_max_age_ms),
     .help_vi = "Danh sách chứng thư cũ hơn thì nhân viên phải xem bản gốc; 0 s = không xét tuổi",
     .help_en = "Under older trust a person must look at the original; 0 s = of any age"},
    {.name = "register",
     .type = CHL_OPT_PATH,
     .offset = offsetof(struct credential_options, persons),
     .help_vi = "Tệp CSV những người cơ quan y tế cần tìm: document, name, birth",
     .help_en = "CSV file of persons the health authority looks for: document, name, birth"},
    {.name = "reuse_after",
     .type = CHL_OPT_DURATION_MS,
     .dflt = "12 h",
     .min = 60000,
     .max = INT64_C(31) * 86400000,
     .offset = offsetof(struct credential_options, reuse_after_ms),
     .help_vi = "Thẻ hoặc giấy chứng nhận được dùng lại sau bao lâu; tờ khai chỉ dùng một lần",
     .help_en = "After how long a card or certificate may be used again; a declaration never may"},
    {.name = "revoked",
     .type = CHL_OPT_PATH,
     .offset = offsetof(struct credential_options, revoked),
     .help_vi = "Danh sách mã tờ khai và khóa đã bị hủy",
     .help_en = "List of declarations that were taken back and of keys believed no longer"},
    {.name = NULL}};

static const struct chl_opt document_table[] = {
    {.name = "enough_up_to",
     .type = CHL_OPT_INT,
     .required = true,
     .max = 4,
     .offset = offsetof(struct document_options, enough_up_to),
     .help_vi = "Cấp dịch cao nhất mà riêng giấy này là đủ; 0 = không bao giờ",
     .help_en = "Highest epidemic level at which it alone is enough; 0 = never"},
    {.name = NULL}};

const char *config_reader_of(chl_format format)
{
    return formats[format].plugin;
}

static const char *format_name(const struct config *config, size_t i)
{
    (void)config;
    return i < CHL_FORMAT_COUNT ? formats[i].name : NULL;
}

/** Index of a format that some plugin reads, or that people enter where they are the key; refused
 * at `node` otherwise. */
static chl_err find_format(struct reading *r, struct chl_yaml_node node, const char *name, int *out)
{
    const char *nearest = NULL;
    size_t best = SIZE_MAX;
    bool in_accept = chl_yaml_kind_of(r->yaml, node) == CHL_YAML_SCALAR;
    for (size_t i = 0; format_name(r->config, i) != NULL; i++) {
        bool entered = i == CHL_FORMAT_MANUAL && !in_accept;
        if (formats[i].plugin == NULL && !entered) {
            continue;
        }
        if (strcmp(formats[i].name, name) == 0) {
            *out = (int)i;
            return CHL_OK;
        }
        nearest = chl_yaml_nearer(name, formats[i].name, &best) ? formats[i].name : nearest;
    }
    /* Under 'documents' the format is the key, in 'accept' it is the value. */
    chl_err (*refuse)(const struct chl_yaml *, struct chl_yaml_node, struct chl_yaml_error *,
                      const char *, ...) = in_accept ? chl_yaml_refuse : chl_yaml_refuse_key;
    return refuse(r->yaml, node, r->error,
                  "expected one of hcert, declaration, cccd, bhyt, pccovid, got '%.48s'; %s%s%s",
                  name, nearest != NULL ? "did you mean '" : "no plugin reads another",
                  nearest != NULL ? nearest : "", nearest != NULL ? "'?" : "");
}

static chl_err read_accept(struct reading *r, struct chl_yaml_node section,
                           const struct credential_options *options)
{
    struct chl_yaml_node list = chl_yaml_get(r->yaml, section, "accept");
    bool single = chl_yaml_kind_of(r->yaml, list) == CHL_YAML_SCALAR;
    for (size_t i = 0; i < options->accept.count; i++) {
        struct chl_yaml_node item = single ? list : chl_yaml_item(r->yaml, list, i, NULL);
        int format = 0;
        chl_err result = find_format(r, item, options->accept.items[i], &format);
        if (result != CHL_OK) {
            return result;
        }
        if (r->config->accepted[format]) {
            return chl_yaml_refuse(r->yaml, item, r->error,
                                   "expected each kind once, got '%s' again; take one out",
                                   options->accept.items[i]);
        }
        r->config->accepted[format] = true;
        r->config->enough_up_to[format] = formats[format].enough_up_to;
    }
    return CHL_OK;
}

static chl_err read_document(struct reading *r, struct chl_yaml_node entry, const char *name)
{
    int format = 0;
    struct document_options options = {.enough_up_to = 0};
    chl_err result = find_format(r, entry, name, &format);
    if (result == CHL_OK && format != CHL_FORMAT_MANUAL && !r->config->accepted[format]) {
        result = chl_yaml_refuse_key(r->yaml, entry, r->error,
                                     "expected a kind listed in 'accept', got '%s'; accept it or "
                                     "take this out",
                                     name);
    }
    if (result == CHL_OK) {
        result = chl_yaml_read(r->yaml, entry, document_table, NULL, &options, r->error);
    }
    if (result == CHL_OK) {
        r->config->enough_up_to[format] = (uint8_t)options.enough_up_to;
    }
    return result;
}

static chl_err read_documents(struct reading *r, struct chl_yaml_node section)
{
    struct chl_yaml_node documents = chl_yaml_get(r->yaml, section, "documents");
    if (documents.index == 0) {
        return CHL_OK;
    }
    if (chl_yaml_kind_of(r->yaml, documents) != CHL_YAML_MAPPING) {
        return chl_yaml_refuse(r->yaml, documents, r->error,
                               "expected kinds of document in 'documents', got %s; write hcert: { "
                               "enough_up_to: 1 }",
                               chl_yaml_kind_name(r->yaml, documents));
    }
    for (size_t i = 0; i < chl_yaml_count(r->yaml, documents); i++) {
        const char *name = NULL;
        struct chl_yaml_node entry = chl_yaml_item(r->yaml, documents, i, &name);
        chl_err result = read_document(r, entry, name);
        if (result != CHL_OK) {
            return result;
        }
    }
    return CHL_OK;
}

chl_err config_read_credentials(struct reading *r)
{
    static const char *const also[] = {"documents", NULL};
    struct chl_yaml_node section;
    struct credential_options options = {.trust = NULL};
    chl_err result = config_section(r, "credentials", 0, &section);
    if (result == CHL_OK) {
        result = chl_yaml_read(r->yaml, section, credential_table, also, &options, r->error);
    }
    if (result != CHL_OK) {
        return result;
    }
    r->config->trust_path = options.trust;
    r->config->trust_max_age_ms = options.trust_max_age_ms;
    r->config->register_path = options.persons;
    r->config->reuse_after_ms = options.reuse_after_ms;
    r->config->revoked_path = options.revoked;
    r->config->enough_up_to[CHL_FORMAT_MANUAL] = formats[CHL_FORMAT_MANUAL].enough_up_to;
    result = read_accept(r, section, &options);
    return result == CHL_OK ? read_documents(r, section) : result;
}
