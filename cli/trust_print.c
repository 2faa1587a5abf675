/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Whom a site believes, as a table and as JSON.
 */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "cli/trust.h"
#include "lib/base/text.h"
#include "lib/base/time.h"

enum { WHO_COLUMNS = 27 }; /* what 80 columns leave */

/* Of a key that is of no use here its type, so that people see why. */
static const char *alg_name(const struct chl_trust_key *key)
{
    switch (key->alg) {
    case CHL_ALG_ES256:
        return "ES256";
    case CHL_ALG_PS256:
        return "PS256";
    case CHL_ALG_EDDSA:
        return "EdDSA";
    default:
        return key->type;
    }
}

/** What a certificate may vouch for: v, t, r, all three when it is not restricted. */
static void usage_of(const struct chl_trust_key *key, char out[5])
{
    uint8_t usage = key->usage == 0 ? 0xFF : key->usage;
    (void)snprintf(out, 5, "%s", key->kind == CHL_TRUST_PUBLIC_KEY ? "LS1" : "");
    if (key->kind == CHL_TRUST_CERTIFICATE) {
        (void)snprintf(out, 5, "%s%s%s", (usage & CHL_USAGE_VACCINATION) != 0 ? "v" : "",
                       (usage & CHL_USAGE_TEST) != 0 ? "t" : "",
                       (usage & CHL_USAGE_RECOVERY) != 0 ? "r" : "");
    }
}

static const char *state_of(const struct chl_trust_key *key, int64_t now_s)
{
    if (key->alg == CHL_ALG_NONE) {
        return "unusable";
    }
    if (key->kind == CHL_TRUST_CERTIFICATE && now_s > key->valid_until) {
        return "expired";
    }
    return key->kind == CHL_TRUST_CERTIFICATE && now_s < key->valid_from ? "not yet" : "ok";
}

/** `YYYY-MM-DD`, "-" for none. */
static void day_of(int64_t seconds, char out[11])
{
    char time[CHL_RFC3339_SIZE];
    chl_time_format(seconds * CHL_NS_PER_S, time);
    (void)snprintf(out, 11, "%.10s", seconds == 0 || time[0] == '\0' ? "-" : time);
}

/** Printable, cut at so many characters with a mark. */
static void clip(const char *text, size_t columns, char *out, size_t size)
{
    size_t used = 0, shown = 0, last = 0;
    for (size_t i = 0; text[i] != '\0'; i++) {
        bool begins = ((unsigned char)text[i] & 0xC0U) != 0x80U;
        if (begins && shown == columns) {
            (void)snprintf(out + last, size - last, "…");
            return;
        }
        if (begins) {
            last = used;
            shown++;
        }
        if (used + 4 >= size) {
            break;
        }
        bool control = (unsigned char)text[i] < 0x20U || text[i] == 0x7F;
        out[used++] = text[i];
        if (control) {
            out[used - 1] = '?';
        }
    }
    out[used] = '\0';
}

static void print_row(const struct chl_trust_key *key, int64_t now_s)
{
    char kid[2 * CHL_KID_SIZE + 1], usage[5], until[11], both[160], who[160];
    chl_hex(key->kid, CHL_KID_SIZE, kid);
    usage_of(key, usage);
    day_of(key->valid_until, until);
    bool named = key->subject[0] != '\0', other = strcmp(key->subject, key->issuer) != 0;
    (void)snprintf(both, sizeof both, "%s%s%s", named ? key->subject : "(bare public key)",
                   named && other && key->issuer[0] != '\0' ? " / " : "",
                   named && other ? key->issuer : "");
    clip(both, WHO_COLUMNS, who, sizeof who);
    printf("%s %-2.2s %-8.8s %-3s %-10s %-8s %s\n", kid,
           key->country[0] != '\0' ? key->country : "-", alg_name(key), usage, until,
           state_of(key, now_s), who);
}

static void print_table(const struct chl_trust *trust, int64_t now_s)
{
    size_t count = chl_trust_count(trust);
    printf("%-16s %-2s %-8s %-3s %-10s %-8s %s\n", "KEY", "CC", "ALG", "FOR", "UNTIL", "STATE",
           "WHO / ISSUED BY");
    for (size_t i = 0; i < count; i++) {
        print_row(chl_trust_at(trust, i), now_s);
    }
    int64_t updated_s = chl_trust_updated(trust);
    char day[11];
    day_of(updated_s, day);
    printf("\n%zu key%s", count, count == 1 ? "" : "s");
    if (chl_trust_skipped(trust) > 0) {
        printf(", %zu skipped (unreadable, or not a document signer)", chl_trust_skipped(trust));
    }
    if (updated_s != 0) {
        printf(", current on %s (%lld days ago)", day, (long long)((now_s - updated_s) / 86400));
    }
    putchar('\n');
}

static json_t *time_or_null(int64_t seconds)
{
    char time[CHL_RFC3339_SIZE];
    chl_time_format(seconds * CHL_NS_PER_S, time);
    return seconds == 0 ? json_null() : json_string(time);
}

static json_t *entry_of(const struct chl_trust_key *key, int64_t now_s)
{
    char kid[2 * CHL_KID_SIZE + 1], usage[5];
    chl_hex(key->kid, CHL_KID_SIZE, kid);
    usage_of(key, usage);
    return json_pack("{s:s, s:s, s:s, s:s, s:o, s:o, s:s, s:s, s:s, s:o}", "key", kid, "country",
                     key->country, "algorithm", alg_name(key), "for", usage, "valid_from",
                     time_or_null(key->valid_from), "valid_until", time_or_null(key->valid_until),
                     "state", state_of(key, now_s), "subject", key->subject, "issuer", key->issuer,
                     "updated", time_or_null(key->updated_s));
}

static void print_json(const struct chl_trust *trust, int64_t now_s)
{
    json_t *keys = json_array();
    for (size_t i = 0; i < chl_trust_count(trust); i++) {
        (void)json_array_append_new(keys, entry_of(chl_trust_at(trust, i), now_s));
    }
    json_t *all = json_pack("{s:o, s:I, s:o}", "updated", time_or_null(chl_trust_updated(trust)),
                            "skipped", (json_int_t)chl_trust_skipped(trust), "keys", keys);
    (void)json_dumpf(all, stdout, JSON_INDENT(1));
    putchar('\n');
    json_decref(all);
}

void trust_print(const struct chl_trust *trust, bool json)
{
    int64_t now_s = chl_wall_ns() / CHL_NS_PER_S;
    if (json) {
        print_json(trust, now_s);
    } else {
        print_table(trust, now_s);
    }
}
