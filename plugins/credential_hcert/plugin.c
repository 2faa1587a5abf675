/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The credential plugin for EU Digital COVID Certificates (`HC1:`).
 *
 *  Sources: hcert-spec 1.0.8; DCC schema 1.3.3.
 */
#include <chilang/plugin.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/base/time.h"
#include "plugins/credential_hcert/hcert.h"

struct config {
    struct chl_list trust;
    int64_t skew_ms;
};

struct chl_instance {
    struct chl_trust *trust;
    int64_t skew_ns;
};

static const struct chl_opt options[] = {
    {.name = "trust",
     .type = CHL_OPT_LIST,
     .max = 256,
     .offset = offsetof(struct config, trust),
     .help_vi = "Chứng thư được tin: tệp PEM, DER, danh sách JSON, hoặc thư mục chứa chúng",
     .help_en = "Believed certificates: PEM or DER files, JSON trust lists, folders of these"},
    {.name = "skew",
     .type = CHL_OPT_DURATION_MS,
     .dflt = "5 min",
     .min = 0,
     .max = INT64_C(24) * 3600 * 1000,
     .offset = offsetof(struct config, skew_ms),
     .help_vi = "Sai số đồng hồ cho phép, cả hai phía",
     .help_en = "Tolerance between the issuer's clock and ours, both ways"},
    {0},
};

static const struct chl_cose_format format = {.prefix = "HC1:",
                                              .format = CHL_FORMAT_HCERT,
                                              .trusted = CHL_TRUST_CERTIFICATE,
                                              .is_shaped = hcert_is_shaped};

static void destroy(struct chl_instance *instance)
{
    if (instance != NULL) {
        chl_trust_free(instance->trust);
        free(instance);
    }
}

static chl_err fill_trust(struct chl_trust *trust, const struct chl_list *paths, char *why,
                          size_t why_size)
{
    chl_err error = CHL_OK;
    for (size_t i = 0; error == CHL_OK && i < paths->count; i++) {
        error = chl_trust_add_path(trust, paths->items[i], why, why_size);
    }
    return error;
}

static chl_err create(const struct chl_create *args, struct chl_instance **out, char *why,
                      size_t why_size)
{
    const struct config *config = args->config;
    struct chl_instance *instance = calloc(1, sizeof *instance);
    chl_err error = instance == NULL ? CHL_E_NOMEM : chl_trust_new(&instance->trust);
    if (error == CHL_OK) {
        instance->skew_ns = config->skew_ms * CHL_NS_PER_MS;
        error = fill_trust(instance->trust, &config->trust, why, why_size);
    } else {
        (void)snprintf(why, why_size, "%s", chl_strerror(error));
    }
    if (error != CHL_OK) {
        destroy(instance);
        return error;
    }
    *out = instance;
    return CHL_OK;
}

/* Nobody is born after the certificate was issued, nor after now. */
static int64_t latest_birth(const struct chl_cose_message *message, int64_t now_ns)
{
    int64_t now_s = now_ns / CHL_NS_PER_S;
    bool issued = message->issued_at != 0 && message->issued_at < now_s;
    return issued ? message->issued_at : now_s;
}

static chl_err inspect(const struct chl_instance *instance, struct chl_scratch *scratch,
                       const uint8_t *bytes, size_t length, int64_t now_ns,
                       struct chl_inspection *out)
{
    struct chl_cose_message message;
    struct hcert hcert;
    if (!chl_cose_open(&format, instance->trust, scratch, bytes, length, out, &message)) {
        return CHL_OK;
    }
    hcert_open(&message.claims, &hcert);
    hcert_claims(&hcert, &out->claims);
    if (!chl_cose_judge(&message, hcert.usage, now_ns, instance->skew_ns, out)) {
        return CHL_OK;
    }
    chl_refusal refusal = hcert_check(&hcert, latest_birth(&message, now_ns));
    if (refusal != CHL_REFUSAL_NONE) {
        chl_refuse(out, refusal);
    } else {
        chl_cose_accept(out);
    }
    return CHL_OK;
}

static const struct chl_ops ops = {
    .size = sizeof ops, .create = create, .destroy = destroy, .inspect = inspect};

CHL_PLUGIN_DEFINE(.kind = CHL_KIND_CREDENTIAL, .config_size = sizeof(struct config),
                  .name = "credential_hcert", .version = CHL_VERSION,
                  .summary_vi =
                      "Chứng nhận COVID kỹ thuật số của EU (HC1), cả hộ chiếu vắc-xin Việt Nam",
                  .summary_en = "EU Digital COVID Certificates (HC1), with them Vietnam's",
                  .options = options, .ops = &ops);
