/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief How much of two cores' bare verification is left when every code is also decoded, decided
 * and kept durably: interleaved turns.
 *
 *  The parts are the daemon's own: the credential plugin behind its chain, the pseudonym, the
 *  bounded inbox, libuv's wake-up, the engine, the records' encoding, the journal's writer. Each
 *  admitted person also passes the gate, so that the passage is decided and kept too.
 */
#include <openssl/evp.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <uv.h>

#include "core/engine/engine.h"
#include "core/host/pseudonym.h"
#include "core/journal/writer.h"
#include "core/loop/inbox.h"
#include "lib/base/time.h"
#include "lib/declaration/declaration.h"
#include "lib/pluginhost/credentials.h"
#include "lib/pluginhost/pluginhost.h"
#include "lib/wire/body.h"
#include "tests/bench/figure.h"
#include "tests/issuing/issuing.h"

enum { PAIRS = 51, WARM = 2, CODES = 1000, THREADS = 2, GATES = 8, CODE_MAX = 1024, WHY = 512 };
#define REQUIRED 0.60

struct bench {
    struct issuing issuing;
    struct chl_plugin_handle *plugin;
    struct chl_instance *instance;
    struct chl_yaml *document;
    void *config;
    struct chl_credentials *chain;
    struct pseudonym_key key;
    char (*codes)[CODE_MAX];
    char folder[256];

    struct engine engine;
    struct engine_output out;
    struct writer *writer;
    uint8_t epoch[16];
    uint32_t passed[GATES];
    struct inbox *inbox;
    uv_loop_t uv;
    uv_async_t wake;
    unsigned round; /* makes the same codes other people's */
    size_t decided;
    uint64_t admitted;
    _Atomic uint64_t durable;
    _Atomic size_t next;
    _Atomic bool good;
};

static const struct engine_zone_config zones[] = {
    {.id = "san", .parent = ENGINE_NONE, .warn = 1000000, .hard = 100000000}};
static struct engine_gate_config gates[GATES];
static struct engine_lane_config lanes[GATES];
static struct engine_config site = {.zones = zones,
                                    .gates = gates,
                                    .lanes = lanes,
                                    .zone_count = 1,
                                    .gate_count = GATES,
                                    .lane_count = GATES,
                                    .level = 1,
                                    .enough_up_to = {[CHL_FORMAT_DECLARATION] = 4}};

static bool make_plugin(struct bench *b)
{
    char path[300], why[WHY] = "";
    const char *trust = path;
    const struct chl_plugin_setting setting = {"trust", &trust, 1};
    struct chl_yaml_error error = {0};
    (void)snprintf(path, sizeof path, "%s/issuer.pem", b->folder);
    bool good = issuing_write_public_key(&b->issuing, path) &&
                chl_plugin_load(CHL_PLUGIN_DIR, "credential_declaration", &b->plugin, why,
                                sizeof why) == CHL_OK &&
                chl_plugin_configure_with(b->plugin, "bench", &setting, 1, &b->document, &b->config,
                                          &error) == CHL_OK;
    if (good) {
        const struct chl_plugin *plugin = chl_plugin_of(b->plugin);
        struct chl_create args = {.size = sizeof args, .name = "bench", .config = b->config};
        struct chl_credential member = {.name = "bench", .plugin = plugin};
        good = plugin->ops->create(&args, &b->instance, why, sizeof why) == CHL_OK;
        member.instance = b->instance;
        good = good && chl_credentials_new(&b->chain) == CHL_OK &&
               chl_credentials_set(b->chain, &member, 1) == CHL_OK;
    }
    (void)unlink(path);
    if (!good) {
        fprintf(stderr, "sustained: %s%s\n", why, error.text);
    }
    return good;
}

static bool make_codes(struct bench *b)
{
    char why[WHY] = "";
    struct chl_issuer *issuer = NULL;
    if (chl_issuer_from_key(b->issuing.key, NULL, &issuer) != CHL_OK) {
        return false;
    }
    b->codes = calloc(CODES, sizeof *b->codes);
    for (size_t i = 0; b->codes != NULL && i < CODES; i++) {
        struct chl_declaration form;
        chl_declaration_init(&form);
        (void)snprintf(form.claims.name, sizeof form.claims.name, "Nguyễn Thị Thử %zu", i);
        (void)snprintf(form.claims.issuer, sizeof form.claims.issuer, "bench");
        (void)snprintf(form.claims.birth, sizeof form.claims.birth, "1990");
        (void)snprintf(form.claims.from_area, sizeof form.claims.from_area, "05977");
        form.claims.symptomatic = CHL_ANSWER_NO;
        form.claims.contact = CHL_ANSWER_NO;
        form.claims.issued_at = chl_wall_ns() / CHL_NS_PER_S;
        form.claims.expires_at = form.claims.issued_at + CHL_DECLARATION_LIFE_S;
        if (chl_declaration_issue(issuer, &form, b->codes[i], CODE_MAX, why, sizeof why) !=
            CHL_OK) {
            fprintf(stderr, "sustained: cannot issue: %s\n", why);
            atomic_store(&b->good, false);
        }
    }
    chl_issuer_free(issuer);
    return b->codes != NULL && atomic_load(&b->good);
}

static void on_durable(void *user, uint64_t last)
{
    struct bench *b = user;
    atomic_store(&b->durable, last);
    (void)uv_async_send(&b->wake);
}

static void on_push(void *user)
{
    struct bench *b = user;
    (void)uv_async_send(&b->wake);
}

static void decide(struct bench *b, struct engine_input *input)
{
    static char data[CHL_WIRE_BODY_MAX], body[CHL_WIRE_BODY_MAX + 1];
    input->now_ns = chl_wall_ns();
    engine_decide(&b->engine, input, &b->out);
    for (size_t i = 0; i < b->out.record_count; i++) {
        const struct engine_record *record = &b->out.records[i];
        const struct engine_record_info *info = engine_record_info(record->type);
        size_t length = engine_record_encode(&site, record, data, sizeof data);
        length = chl_wire_body(body, sizeof body, "lang-son-01", b->epoch, record->sequence,
                               info->event_class, info->type, record->time_ns, data, length);
        struct chl_journal_entry entry = {.sequence = record->sequence,
                                          .cause = record->cause,
                                          .wall_ns = record->time_ns,
                                          .event_class = info->event_class,
                                          .type = info->type,
                                          .body = (const uint8_t *)body,
                                          .body_length = length};
        if (writer_push(b->writer, &entry, 1) != CHL_OK) {
            atomic_store(&b->good, false);
        }
        b->admitted += record->type == RECORD_DECISION && record->as.DECISION.verdict == CHL_ADMIT;
    }
}

/* The turnstile's own counter says that so many went through. */
static void pass(struct bench *b, uint16_t gate, uint32_t people)
{
    struct engine_input input = {.kind = INPUT_REPORT};
    struct chl_gate_report *report = &input.as.report;
    b->passed[gate] += people;
    report->kind = CHL_REPORT_READING;
    report->gate.index = gate;
    report->reading = (struct chl_gate_reading){.size = sizeof report->reading,
                                                .entry_count = b->passed[gate],
                                                .exit_left = 0xFFFF,
                                                .count_bits = 32};
    decide(b, &input);
}

static void scan(struct bench *b, const struct host_scan *scan)
{
    struct engine_input input = {.kind = INPUT_SCAN};
    input.as.scan = (struct engine_scan){.lane = scan->lane.index,
                                         .outcome = scan->outcome,
                                         .format = scan->format,
                                         .stage = scan->stage,
                                         .is_signed = scan->is_signed,
                                         .symptomatic = scan->symptomatic,
                                         .contact = scan->contact,
                                         .party = scan->party,
                                         .valid_until = scan->expires_at,
                                         .captured_ns = scan->captured_ns};
    memcpy(input.as.scan.code, scan->pseudonym, sizeof input.as.scan.code);
    decide(b, &input);
    pass(b, scan->lane.index, 1);
}

static void on_wake(uv_async_t *handle)
{
    struct bench *b = handle->data;
    struct inbox_message message;
    while (inbox_take(b->inbox, &message)) {
        scan(b, &message.as.scan);
        b->decided++;
    }
    if (b->decided == CODES && atomic_load(&b->durable) >= b->engine.state.sequence) {
        uv_stop(&b->uv);
    }
}

/* As core/host does it for each scan. */
static void inspect(struct bench *b, struct chl_scratch *scratch, size_t number)
{
    struct inbox_message message = {.kind = INBOX_SCAN, .posted_ns = chl_mono_ns()};
    struct host_scan *to = &message.as.scan;
    struct chl_inspection found;
    struct chl_inspect_note note;
    const uint8_t *code = (const uint8_t *)b->codes[number];
    size_t length = strlen(b->codes[number]);
    scratch->used = 0;
    chl_credentials_inspect(b->chain, scratch, code, length, chl_wall_ns(), &found, &note);
    explicit_bzero(scratch->base, scratch->used);
    *to = (struct host_scan){.lane = {(uint16_t)(number % GATES)},
                             .captured_ns = message.posted_ns,
                             .outcome = found.outcome,
                             .format = found.format,
                             .stage = found.stage,
                             .is_signed = found.is_signed,
                             .symptomatic = found.claims.symptomatic,
                             .contact = found.claims.contact,
                             .expires_at = found.claims.expires_at,
                             .party = 1};
    bool good = found.outcome == CHL_CLAIMED && found.is_signed &&
                pseudonym_make(&b->key, &found, code, length, to->pseudonym) == CHL_OK;
    if (!good) {
        (void)fprintf(stderr, "sustained: code %zu: %s\n", number, found.reason);
        exit(EXIT_FAILURE); /* the loop would wait for it */
    }
    while (inbox_push(b->inbox, &message) == CHL_E_BUSY) {
        (void)sched_yield();
    }
    explicit_bzero(&found, sizeof found);
}

static void *verifier(void *user)
{
    struct bench *b = user;
    struct chl_scratch scratch = {.size = sizeof scratch, .capacity = CHL_SCRATCH_MIN};
    scratch.base = malloc(CHL_SCRATCH_MIN);
    size_t number = atomic_fetch_add(&b->next, 1);
    for (; scratch.base != NULL && number < CODES; number = atomic_fetch_add(&b->next, 1)) {
        inspect(b, &scratch, number);
    }
    free(scratch.base);
    return NULL;
}

static void *bare_verifier(void *user)
{
    static const uint8_t digest[32] = "any thirty-two bytes will do ok";
    struct bench *b = user;
    uint8_t signature[128];
    size_t length = sizeof signature;
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_pkey(NULL, b->issuing.key, NULL);
    bool good = context != NULL && EVP_PKEY_sign_init(context) == 1 &&
                EVP_PKEY_sign(context, signature, &length, digest, sizeof digest) == 1 &&
                EVP_PKEY_verify_init(context) == 1;
    while (good && atomic_fetch_add(&b->next, 1) < CODES) {
        good = EVP_PKEY_verify(context, signature, length, digest, sizeof digest) == 1;
    }
    EVP_PKEY_CTX_free(context);
    if (!good) {
        atomic_store(&b->good, false);
    }
    return NULL;
}

/* @return codes a second. */
static double run(struct bench *b, void *(*body)(void *user), bool whole)
{
    pthread_t threads[THREADS];
    int64_t began_ns = chl_mono_ns();
    atomic_store(&b->next, 0);
    b->decided = 0;
    b->round++;
    memcpy(b->key.bytes, &b->round, sizeof b->round);
    for (size_t i = 0; i < THREADS; i++) {
        if (pthread_create(&threads[i], NULL, body, b) != 0) {
            abort();
        }
    }
    if (whole) {
        (void)uv_run(&b->uv, UV_RUN_DEFAULT);
    }
    for (size_t i = 0; i < THREADS; i++) {
        (void)pthread_join(threads[i], NULL);
    }
    return CODES * 1e9 / (double)(chl_mono_ns() - began_ns);
}

static void measure(struct bench *b)
{
    static double bare[PAIRS], whole[PAIRS], ratio[PAIRS];
    for (int i = -WARM; i < PAIRS; i++) {
        int at = i < 0 ? 0 : i;
        if (i % 2 == 0) {
            bare[at] = run(b, bare_verifier, false);
            whole[at] = run(b, verifier, true);
        } else {
            whole[at] = run(b, verifier, true);
            bare[at] = run(b, bare_verifier, false);
        }
        ratio[at] = whole[at] / bare[at];
    }
    printf("two threads: bare %.0f codes/s, decided and durable %.0f codes/s; %llu of %d admitted,"
           " %llu records\n",
           figure_median(bare, PAIRS), figure_median(whole, PAIRS), (unsigned long long)b->admitted,
           (PAIRS + WARM) * CODES, (unsigned long long)b->engine.state.sequence);
    figure_at_least("sustained / two bare cores", REQUIRED, ratio, PAIRS);
}

static bool open_journal(struct bench *b)
{
    char path[300], why[WHY] = "";
    struct chl_journal *journal = NULL;
    struct chl_journal_head head;
    const struct writer_hooks hooks = {.user = b, .on_durable = on_durable};
    (void)snprintf(path, sizeof path, "%s/journal.db", b->folder);
    if (chl_journal_open(path, "lang-son-01", &journal, why, sizeof why) != CHL_OK) {
        fprintf(stderr, "sustained: %s\n", why);
        return false;
    }
    chl_journal_head(journal, &head);
    memcpy(b->epoch, head.epoch, sizeof b->epoch);
    return writer_start(journal, &hooks, &b->writer) == CHL_OK;
}

static bool prepare(struct bench *b)
{
    static char names[GATES][4];
    for (size_t i = 0; i < GATES; i++) {
        (void)snprintf(names[i], sizeof names[i], "G%zu", i + 1);
        gates[i] = (struct engine_gate_config){.id = names[i],
                                               .from = ENGINE_NONE,
                                               .to = 0,
                                               .flow_max = 200,
                                               .pass_time_ns = 7 * CHL_NS_PER_S};
        lanes[i] = (struct engine_lane_config){.id = names[i], .gate = (uint16_t)i};
    }
    atomic_store(&b->good, true);
    bool good = issuing_make("P-256", NULL, &b->issuing) && make_plugin(b) && make_codes(b) &&
                engine_init(&b->engine, &site) == CHL_OK && engine_output_init(&b->out) == CHL_OK &&
                inbox_new(on_push, b, &b->inbox) == CHL_OK && uv_loop_init(&b->uv) == 0 &&
                uv_async_init(&b->uv, &b->wake, on_wake) == 0;
    b->wake.data = b;
    if (!good || !open_journal(b)) {
        return false;
    }
    struct engine_input start = {.kind = INPUT_START};
    decide(b, &start);
    for (uint16_t i = 0; i < GATES; i++) {
        pass(b, i, 0);
    }
    return true;
}

static void remove_files(const char *folder)
{
    static const char *const names[] = {"journal.db", "journal.db-wal", "journal.db-shm",
                                        "journal.db.lock"};
    char path[300];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        (void)snprintf(path, sizeof path, "%.255s/%s", folder, names[i]);
        (void)unlink(path);
    }
    (void)rmdir(folder);
}

int main(void)
{
    static struct bench bench;
    struct bench *b = &bench;
    /* On the disk of the build: a folder of temporary files may be memory. */
    (void)snprintf(b->folder, sizeof b->folder, "%s/sustained-XXXXXX", CHL_BENCH_DIR);
    if (mkdtemp(b->folder) == NULL) {
        perror(b->folder);
        return EXIT_FAILURE;
    }
    bool good = prepare(b);
    if (good) {
        measure(b);
        good = atomic_load(&b->good) && b->admitted == (uint64_t)(PAIRS + WARM) * CODES;
        (void)writer_stop(b->writer);
    }
    remove_files(b->folder);
    if (!good) {
        fprintf(stderr, "sustained: not every code was verified, admitted and kept\n");
    }
    return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
