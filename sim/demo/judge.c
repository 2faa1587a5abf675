/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief After the festival: what was received is compared with what was written and with what
 * really happened, and every broken invariant is named.
 */
#include <inttypes.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "lib/journal/journal.h"
#include "sim/crowd.h"
#include "sim/demo/festival.h"
#include "sim/demo/fold.h"

struct judgement {
    struct festival *festival;
    struct fold fold;
    sqlite3 *store;
    sqlite3_stmt *record;
    uint64_t written, received, different;
    uint64_t
        parting; /**< written while the daemon stopped; a subscriber gets them at the next start */
    unsigned broken;
};

static void require(struct judgement *j, bool holds, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void require(struct judgement *j, bool holds, const char *format, ...)
{
    if (holds) {
        return;
    }
    va_list arguments;
    va_start(arguments, format);
    printf(" BROKEN  ");
    /* NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized): started in the line above */
    vprintf(format, arguments);
    printf("\n");
    va_end(arguments);
    j->broken++;
}

static bool same(const void *a, size_t a_length, const void *b, size_t b_length)
{
    return a_length == b_length && (a_length == 0 || memcmp(a, b, a_length) == 0);
}

static bool is_health(const struct chl_record *record)
{
    struct chl_wire_header header;
    return chl_wire_decode(record->header, CHL_WIRE_HEADER, &header) == CHL_OK &&
           header.event_class == CHL_CLASS_HEALTH;
}

/** The subscriber's copy of a record, byte by byte. */
static chl_err compare(void *user, const struct chl_record *record)
{
    struct judgement *j = user;
    sqlite3_reset(j->record);
    sqlite3_bind_int64(j->record, 1, (sqlite3_int64)record->sequence);
    bool stored = sqlite3_step(j->record) == SQLITE_ROW;
    if (!stored && record->sequence > j->festival->settled && is_health(record)) {
        j->parting++;
        return CHL_OK;
    }
    j->written++;
    if (!stored) {
        return CHL_OK;
    }
    j->received++;
    const char *topic = (const char *)sqlite3_column_text(j->record, 0);
    size_t topic_length = (size_t)sqlite3_column_bytes(j->record, 0);
    const void *header = sqlite3_column_blob(j->record, 1);
    size_t header_length = (size_t)sqlite3_column_bytes(j->record, 1);
    const char *body = sqlite3_column_blob(j->record, 2);
    size_t body_length = (size_t)sqlite3_column_bytes(j->record, 2);
    j->different += same(topic, topic_length, record->topic, record->topic_length) &&
                            same(header, header_length, record->header, CHL_WIRE_HEADER) &&
                            same(body, body_length, record->body, record->body_length)
                        ? 0
                        : 1;
    fold_record(&j->fold, record->sequence, topic, topic_length, body, body_length);
    return CHL_OK;
}

static void read_all(struct judgement *j)
{
    enum { AT_ONCE = 1000 };
    struct chl_journal_reader *reader = NULL;
    struct chl_journal_head head;
    char why[256] = "";
    chl_err rc = chl_journal_reader_open(j->festival->paths.journal, &reader, why, sizeof why);
    if (rc == CHL_OK &&
        sqlite3_open_v2(j->festival->paths.store, &j->store, SQLITE_OPEN_READONLY, NULL) ==
            SQLITE_OK &&
        sqlite3_prepare_v2(j->store, "SELECT topic, header, body FROM record WHERE sequence = ?1",
                           -1, &j->record, NULL) == SQLITE_OK) {
        rc = chl_journal_reader_head(reader, &head);
        for (uint64_t from = head.first; rc == CHL_OK && from <= head.last; from += AT_ONCE) {
            rc = chl_journal_read(reader, from, AT_ONCE, compare, j);
        }
    } else {
        rc = CHL_E_IO;
    }
    require(j, rc == CHL_OK, "journal and store can be read (%s%s)", chl_strerror(rc), why);
    sqlite3_finalize(j->record);
    sqlite3_close(j->store);
    chl_journal_reader_close(reader);
}

static int64_t stat_of(const struct judgement *j, const char *key)
{
    return festival_number(json_object_get(j->festival->scene, "stats"), key, NULL);
}

static int64_t verdict_of(const struct judgement *j, const char *behaviour, const char *verdict)
{
    const json_t *stats = json_object_get(j->festival->scene, "stats");
    return festival_number(json_object_get(json_object_get(stats, "verdicts"), behaviour), verdict,
                           NULL);
}

static int64_t truth_of(const struct judgement *j, const char *key)
{
    return festival_number(j->festival->truth, "total", key);
}

static int by_count(const void *a, const void *b)
{
    const struct fold_reason *left = a;
    const struct fold_reason *right = b;
    return left->count < right->count ? 1 : left->count > right->count ? -1 : 0;
}

static void print_verdicts(struct judgement *j)
{
    struct fold *fold = &j->fold;
    printf(" scans        %" PRIu64 " (%" PRId64
           " shown again by the same people), steward's taps %" PRIu64 "\n",
           fold->scans, stat_of(j, "shown_again"), fold->taps);
    qsort(fold->reasons, fold->reason_count, sizeof fold->reasons[0], by_count);
    printf(" verdicts     ADMIT %" PRIu64 "  WAIT %" PRIu64 "  CHECK %" PRIu64 "  DENY %" PRIu64
           "\n",
           fold->verdicts[CHL_ADMIT], fold->verdicts[CHL_WAIT], fold->verdicts[CHL_CHECK],
           fold->verdicts[CHL_DENY]);
    for (size_t i = 0; i < fold->reason_count; i++) {
        printf("   %-6s %-28s %" PRIu64 "\n", fold->reasons[i].verdict, fold->reasons[i].reason,
               fold->reasons[i].count);
    }
}

static void print_table(struct judgement *j)
{
    const struct fold *fold = &j->fold;
    const json_t *stats = j->festival->stats;
    print_verdicts(j);
    printf(" passages     entry %" PRIu64 "  exit %" PRIu64 "  tailgate %" PRIu64
           "  forced %" PRIu64 "  after restarts +%" PRIu64 " −%" PRIu64 "\n",
           fold->entries, fold->exits, fold->tailgates, fold->forced, fold->reconciled_in,
           fold->reconciled_out);
    printf(" grants       annulled %" PRIu64
           " (nobody walked), came back and were admitted %" PRId64 "\n",
           fold->annulled, stat_of(j, "stayed_then_admitted"));
    printf(" told WAIT    %" PRId64 " times because full; %" PRId64
           " admitted later with the same code\n",
           stat_of(j, "waits_full"), stat_of(j, "waited_then_admitted"));
    printf(" highest      %" PRId64 " inside by the journal, %" PRId64 " really, limit %u\n",
           fold->highest, stat_of(j, "highest_inside"), j->festival->options.limit);
    printf(" inside now   %" PRId64 " by the journal, %" PRId64 " really\n", fold->inside,
           truth_of(j, "inside"));
    char parting[48] = "";
    if (j->parting > 0) {
        (void)snprintf(parting, sizeof parting, " + %" PRIu64 " while stopping", j->parting);
    }
    printf(" records      %" PRIu64 " written%s, %" PRIu64 " received, %" PRIu64 " gaps, %" PRIu64
           " different\n",
           j->written, parting, j->received, fold->gaps, j->different);
    if (festival_number(stats, "latency_us", "count") > 0) {
        printf(" scan → gate  p50 %.2f ms, p99 %.2f ms, over %" PRId64 " acknowledged releases\n",
               (double)festival_number(stats, "latency_us", "p50") / 1000.0,
               (double)festival_number(stats, "latency_us", "p99") / 1000.0,
               festival_number(stats, "latency_us", "count"));
    }
    if (j->festival->options.torture > 0) {
        printf(" kill -9      %u times, %" PRIu64 " starts in the journal\n", j->festival->kills,
               fold->starts);
    }
}

static void check_invariants(struct judgement *j)
{
    const struct fold *fold = &j->fold;
    require(j, fold->inside == truth_of(j, "inside"),
            "inside by the journal (%" PRId64 ") is what the turnstiles really let (%" PRId64 ")",
            fold->inside, truth_of(j, "inside"));
    require(j, fold->past_limit == 0, "no grant past the limit: %" PRIu64 " were; %s",
            fold->past_limit, fold->why);
    require(j, fold->disagreements == 0,
            "a decision's counts follow from the records before it: %" PRIu64 " do not; %s",
            fold->disagreements, fold->why);
    require(j, fold->reserved == 0, "no grant is left open: %" PRId64 " places are",
            fold->reserved);
    require(j, j->written > 0 && j->written == j->received,
            "every record written (%" PRIu64 ") is received (%" PRIu64 ")", j->written,
            j->received);
    require(j, fold->gaps == 0 && fold->first == 1, "records are contiguous from 1; %s", fold->why);
    require(j, j->different == 0, "received records are the written bytes: %" PRIu64 " differ",
            j->different);
    require(j, truth_of(j, "refused_exits") == 0,
            "the way out is never refused: it was %" PRId64 " times", truth_of(j, "refused_exits"));
    static const char *const bad[] = {"forged", "expired", "symptomatic"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        require(j, verdict_of(j, bad[i], "ADMIT") == 0, "no ADMIT for a %s declaration: %" PRId64,
                bad[i], verdict_of(j, bad[i], "ADMIT"));
    }
    require(j, fold->counter_gaps == 0, "no counter was taken for reset: %" PRIu64 " were",
            fold->counter_gaps);
}

static int64_t not_admitted(const struct judgement *j, const char *behaviour)
{
    return verdict_of(j, behaviour, "CHECK") + verdict_of(j, behaviour, "DENY");
}

/** A festival in which nothing happened proves nothing. */
static void check_happenings(struct judgement *j)
{
    const struct fold *fold = &j->fold;
    require(j, not_admitted(j, "forged") > 0, "a forged declaration was shown and not admitted");
    require(j, not_admitted(j, "expired") > 0, "an expired declaration was shown and not admitted");
    require(j, not_admitted(j, "symptomatic") > 0,
            "a symptomatic declaration was shown and not admitted");
    require(j, not_admitted(j, "reused") > 0, "a used code was shown again and not admitted");
    require(j, fold->admits_of_families > 0, "a family came in on one code");
    require(j, stat_of(j, "stayed_away") > 0 && fold->annulled > 0,
            "somebody was admitted and did not walk, and the grant was annulled");
    require(j, stat_of(j, "stayed_then_admitted") > 0, "a no-show was admitted later");
    require(j, stat_of(j, "waits_full") > 0, "the limit was reached and people were told WAIT");
    require(j, stat_of(j, "waited_then_admitted") > 0,
            "who was told WAIT was admitted later with the same code");
    require(j, truth_of(j, "tailgates") > 0 && fold->tailgates + fold->forced > 0,
            "somebody tailgated at the limit (%" PRId64 " did) and was counted as such (%" PRIu64
            ")",
            truth_of(j, "tailgates"), fold->tailgates + fold->forced);
}

static void check_chain(struct judgement *j)
{
    struct festival *festival = j->festival;
    char *argv[] = {festival->chilang, "journal", "verify", festival->paths.journal, NULL};
    int code = child_run(argv, festival->paths.log_tool);
    printf(" chain        %s by chilang journal verify\n", code == 0 ? "proven" : "broken");
    require(j, code == 0, "chilang journal verify proves the chain (exit %d)", code);
}

/** What time was compressed, and what was not. */
static void print_scale(const struct festival *festival)
{
    const double stay_s = festival_stay_ms(festival) / 1000.0;
    const double real = FESTIVAL_SECONDS_A_SECOND / 1000.0;
    const int64_t *pass_ms = crowd_usual_pace.pass_ms;
    printf(
        "\n The festival is over. People lived 1 minute a second: a stay of about %.1f min took\n"
        " %.1f s, a passage of %.1f–%.1f s took %" PRId64 "–%" PRId64
        " ms. Daemon, bus and stream ran in real time.\n\n",
        stay_s * FESTIVAL_SECONDS_A_SECOND / 60.0, stay_s, (double)pass_ms[0] * real,
        (double)pass_ms[1] * real, pass_ms[0], pass_ms[1]);
}

bool festival_judge(struct festival *festival)
{
    struct judgement j;
    memset(&j, 0, sizeof j);
    j.festival = festival;
    j.fold.limit = (int64_t)festival->options.limit;
    read_all(&j);
    print_scale(festival);
    print_table(&j);
    check_chain(&j);
    check_invariants(&j);
    if (festival->options.torture == 0) {
        check_happenings(&j);
    }
    printf(j.broken == 0 ? "\n Every invariant held.\n" : "\n %u broken.\n", j.broken);
    fflush(stdout);
    return j.broken == 0;
}
