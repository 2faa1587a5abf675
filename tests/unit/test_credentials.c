/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The chain of credential plugins: order, closed by default, and swaps under its readers.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/time.h"
#include "lib/pluginhost/credentials.h"

/* What the members below answer; an instance is one of these. */
struct chl_instance {
    struct chl_inspection answer;
    chl_err error;
    int64_t spin_ns;
    atomic_uint asked;
    atomic_bool destroyed;
};

static chl_err inspect(const struct chl_instance *instance, struct chl_scratch *scratch,
                       const uint8_t *bytes, size_t length, int64_t now_ns,
                       struct chl_inspection *out)
{
    /* Only the tests' own counters are written; the chain hands out const on purpose. */
    struct chl_instance *own = (struct chl_instance *)(uintptr_t)instance;
    (void)bytes;
    (void)length;
    (void)now_ns;
    assert_int_equal(scratch->used, 0);
    assert_int_equal(out->size, sizeof *out);
    assert_int_equal(out->outcome, CHL_NOT_MINE);
    assert_false(atomic_load(&own->destroyed));
    (void)atomic_fetch_add(&own->asked, 1);
    int64_t until_ns = chl_mono_ns() + own->spin_ns;
    while (chl_mono_ns() < until_ns) {
    }
    scratch->used = 100;
    *out = instance->answer;
    return instance->error;
}

static const struct chl_ops ops = {.size = (uint32_t)sizeof ops, .inspect = inspect};
static const struct chl_plugin plugin = {.abi = CHL_ABI,
                                         .size = (uint32_t)sizeof plugin,
                                         .kind = CHL_KIND_CREDENTIAL,
                                         .name = "test",
                                         .version = "1",
                                         .ops = &ops};

static _Alignas(16) uint8_t memory[CHL_SCRATCH_MIN];

static struct chl_scratch new_scratch(void)
{
    return (struct chl_scratch){
        .size = (uint32_t)sizeof(struct chl_scratch), .base = memory, .capacity = sizeof memory};
}

static struct chl_inspection claimed(chl_format format)
{
    return (struct chl_inspection){.size = (uint32_t)sizeof(struct chl_inspection),
                                   .outcome = CHL_CLAIMED,
                                   .format = (uint8_t)format,
                                   .stage = CHL_STAGE_DONE};
}

static void ask(struct chl_instance *instances, size_t count, struct chl_inspection *out,
                struct chl_inspect_note *note)
{
    static const char *const names[] = {"first", "second", "third"};
    struct chl_credential members[3];
    struct chl_credentials *chain = NULL;
    struct chl_scratch scratch = new_scratch();
    for (size_t i = 0; i < count; i++) {
        members[i] =
            (struct chl_credential){.name = names[i], .plugin = &plugin, .instance = &instances[i]};
    }
    assert_int_equal(chl_credentials_new(&chain), CHL_OK);
    assert_int_equal(chl_credentials_set(chain, members, count), CHL_OK);
    memset(out, 0xA5, sizeof *out);
    chl_credentials_inspect(chain, &scratch, (const uint8_t *)"x", 1, 0, out, note);
    chl_credentials_free(chain);
}

static void test_the_first_that_knows_a_code_answers(void **state)
{
    (void)state;
    struct chl_instance three[3] = {{.error = CHL_OK}};
    struct chl_inspection out;
    struct chl_inspect_note note;
    three[1].answer = claimed(CHL_FORMAT_HCERT);
    three[2].answer = claimed(CHL_FORMAT_CCCD);
    ask(three, 3, &out, &note);
    assert_int_equal(out.outcome, CHL_CLAIMED);
    assert_int_equal(out.format, CHL_FORMAT_HCERT);
    assert_string_equal(note.by, "second");
    assert_false(note.late);
    assert_false(note.faulted);
    assert_int_equal(atomic_load(&three[0].asked), 1);
    assert_int_equal(atomic_load(&three[2].asked), 0);
}

static void test_a_code_nobody_knows_is_unknown(void **state)
{
    (void)state;
    struct chl_instance two[2] = {{.error = CHL_OK}};
    struct chl_inspection out;
    struct chl_inspect_note note;
    /* A plugin that fills claims and then says "not mine" leaves nothing behind. */
    memset(two[1].answer.claims.name, 'n', 20);
    for (size_t count = 0; count <= 2; count++) {
        ask(two, count, &out, &note);
        assert_int_equal(out.outcome, CHL_NOT_MINE);
        assert_int_equal(out.format, CHL_FORMAT_UNKNOWN);
        assert_int_equal(out.stage, CHL_STAGE_PREFIX);
        assert_string_equal(out.reason, "format_unknown");
        assert_string_equal(out.claims.name, "");
        assert_string_equal(note.by, "");
    }
}

/* Nobody read it: its looks say which format it is, or that it is a place's. What a scanner puts
 * around it makes no difference, nor does it reach the members. */
static void test_a_code_nobody_reads_is_named(void **state)
{
    (void)state;
    static const struct {
        const char *code, *reason;
        chl_format format;
    } cases[] = {
        {"NZCP:/1/2KCEVI", "format_unsupported", CHL_FORMAT_NZCP},
        {"\xEF\xBB\xBF NZCP:/1/2KCEVI\r\n", "format_unsupported", CHL_FORMAT_NZCP},
        {"shc:/5676", "format_unsupported", CHL_FORMAT_SHC},
        {"{\"data\": {\"hdr\": {}}}", "format_unsupported", CHL_FORMAT_VDSNC},
        {"HC1:6BF", "format_unsupported", CHL_FORMAT_HCERT},
        {"https://qr.tokhaiyte.vn/x", "place_code", CHL_FORMAT_PLACE},
    };
    struct chl_credentials *chain = NULL;
    assert_int_equal(chl_credentials_new(&chain), CHL_OK);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct chl_scratch scratch = new_scratch();
        struct chl_inspection out;
        const char *code = cases[i].code;
        chl_credentials_inspect(chain, &scratch, (const uint8_t *)code, strlen(code), 0, &out,
                                NULL);
        assert_int_equal(out.outcome, CHL_REFUSED);
        assert_int_equal(out.stage, CHL_STAGE_PREFIX);
        assert_int_equal(out.format, cases[i].format);
        assert_string_equal(out.reason, cases[i].reason);
    }
    chl_credentials_free(chain);
}

/* Invariant 3: whatever a plugin returns, only a whole and named claim is one. */
static void test_nonsense_is_never_a_claim(void **state)
{
    (void)state;
    const struct {
        uint8_t outcome, format, stage;
        chl_err error;
    } cases[] = {
        {CHL_CLAIMED, CHL_FORMAT_HCERT, CHL_STAGE_DONE, CHL_E_IO},
        {CHL_CLAIMED, CHL_FORMAT_HCERT, CHL_STAGE_COSE, CHL_OK},
        {CHL_CLAIMED, CHL_FORMAT_UNKNOWN, CHL_STAGE_DONE, CHL_OK},
        {CHL_CLAIMED, CHL_FORMAT_COUNT, CHL_STAGE_DONE, CHL_OK},
        {CHL_REFUSED, CHL_FORMAT_HCERT, CHL_STAGE_DONE, CHL_OK},
        {CHL_REFUSED, CHL_FORMAT_HCERT, CHL_STAGE_COUNT, CHL_OK},
        {77, CHL_FORMAT_HCERT, CHL_STAGE_DONE, CHL_OK},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct chl_instance one[1] = {{.error = cases[i].error}};
        struct chl_inspection out;
        struct chl_inspect_note note;
        one[0].answer = (struct chl_inspection){.outcome = cases[i].outcome,
                                                .format = cases[i].format,
                                                .stage = cases[i].stage,
                                                .is_signed = true};
        ask(one, 1, &out, &note);
        assert_int_equal(out.outcome, CHL_REFUSED);
        assert_int_equal(out.stage, CHL_STAGE_PICTURE);
        assert_string_equal(out.reason, "plugin-error");
        assert_false(out.is_signed);
        assert_true(note.faulted);
        assert_string_equal(note.by, "first");
    }
}

static void test_a_faulty_member_does_not_silence_the_others(void **state)
{
    (void)state;
    struct chl_instance two[2] = {{.error = CHL_E_IO}};
    struct chl_inspection out;
    struct chl_inspect_note note;
    two[1].answer = claimed(CHL_FORMAT_DECLARATION);
    ask(two, 2, &out, &note);
    assert_int_equal(out.outcome, CHL_CLAIMED);
    assert_true(note.faulted);
    assert_string_equal(note.by, "first");
}

static void test_texts_are_ended_and_lateness_is_told(void **state)
{
    (void)state;
    struct chl_instance one[1] = {{.spin_ns = CHL_INSPECT_DEADLINE_NS + CHL_NS_PER_MS}};
    struct chl_inspection out;
    struct chl_inspect_note note;
    one[0].answer = claimed(CHL_FORMAT_HCERT);
    memset(one[0].answer.reason, 'r', sizeof one[0].answer.reason);
    memset(one[0].answer.claims.id, 'i', sizeof one[0].answer.claims.id);
    ask(one, 1, &out, &note);
    assert_int_equal(strlen(out.reason), sizeof out.reason - 1);
    assert_int_equal(strlen(out.claims.id), sizeof out.claims.id - 1);
    assert_true(note.late);
    assert_true(note.elapsed_ns > CHL_INSPECT_DEADLINE_NS);
}

static void test_only_credential_plugins_join(void **state)
{
    (void)state;
    struct chl_credentials *chain = NULL;
    struct chl_plugin gate = plugin;
    gate.kind = CHL_KIND_GATE;
    struct chl_credential many[CHL_CREDENTIALS_MAX + 1];
    for (size_t i = 0; i <= CHL_CREDENTIALS_MAX; i++) {
        many[i] = (struct chl_credential){.name = "m", .plugin = &plugin};
    }
    const struct chl_credential wrong = {.name = "gate", .plugin = &gate};
    assert_int_equal(chl_credentials_new(&chain), CHL_OK);
    assert_int_equal(chl_credentials_set(chain, &wrong, 1), CHL_E_INVAL);
    assert_int_equal(chl_credentials_set(chain, many, CHL_CREDENTIALS_MAX + 1), CHL_E_LIMIT);
    assert_int_equal(chl_credentials_set(chain, many, CHL_CREDENTIALS_MAX), CHL_OK);
    assert_int_equal(chl_credentials_set(chain, NULL, 0), CHL_OK);
    chl_credentials_free(chain);
}

struct reader {
    struct chl_credentials *chain;
    atomic_bool *stop;
    unsigned answered;
};

static void *read_on(void *argument)
{
    struct reader *reader = argument;
    struct chl_scratch scratch = new_scratch();
    scratch.base = malloc(CHL_SCRATCH_MIN);
    while (!atomic_load(reader->stop)) {
        struct chl_inspection out;
        chl_credentials_inspect(reader->chain, &scratch, (const uint8_t *)"x", 1, 0, &out, NULL);
        reader->answered += out.outcome == CHL_CLAIMED ? 1U : 0U;
    }
    free(scratch.base);
    return NULL;
}

/* After a swap returns, the former instance is destroyed at once: nobody may be in it any more. */
static void test_swapped_members_are_out_of_use(void **state)
{
    (void)state;
    enum { READERS = 3, SWAPS = 200 };
    struct chl_credentials *chain = NULL;
    atomic_bool stop = false;
    struct reader readers[READERS];
    pthread_t threads[READERS];
    static struct chl_instance instances[SWAPS];
    assert_int_equal(chl_credentials_new(&chain), CHL_OK);
    for (size_t i = 0; i < READERS; i++) {
        readers[i] = (struct reader){.chain = chain, .stop = &stop};
        assert_int_equal(pthread_create(&threads[i], NULL, read_on, &readers[i]), 0);
    }
    for (size_t i = 0; i < SWAPS; i++) {
        instances[i].answer = claimed(CHL_FORMAT_HCERT);
        const struct chl_credential member = {
            .name = "swapped", .plugin = &plugin, .instance = &instances[i]};
        assert_int_equal(chl_credentials_set(chain, &member, 1), CHL_OK);
        if (i > 0) {
            atomic_store(&instances[i - 1].destroyed, true);
        }
        while (atomic_load(&instances[i].asked) == 0) {
        }
    }
    atomic_store(&stop, true);
    for (size_t i = 0; i < READERS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    }
    assert_true(readers[0].answered + readers[1].answered + readers[2].answered >= SWAPS);
    chl_credentials_free(chain);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_first_that_knows_a_code_answers),
        cmocka_unit_test(test_a_code_nobody_knows_is_unknown),
        cmocka_unit_test(test_a_code_nobody_reads_is_named),
        cmocka_unit_test(test_nonsense_is_never_a_claim),
        cmocka_unit_test(test_a_faulty_member_does_not_silence_the_others),
        cmocka_unit_test(test_texts_are_ended_and_lateness_is_told),
        cmocka_unit_test(test_only_credential_plugins_join),
        cmocka_unit_test(test_swapped_members_are_out_of_use),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
