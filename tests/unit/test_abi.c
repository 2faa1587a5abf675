/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief No member of the public ABI moved, shrank or changed its value since 1.0 was frozen.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <chilang/plugin.h>

#include "tests/unit/abi_rows.h"

static bool is_struct(const struct abi_row *row)
{
    return strncmp(row->name, "struct ", 7) == 0;
}

/* Options are passed as an array, a list and a reading lie inside other structs: they may not grow.
 * Claims lie at the end of an inspection, and may. */
static bool may_grow(const char *name)
{
    return strcmp(name, "struct chl_opt") != 0 && strcmp(name, "struct chl_list") != 0 &&
           strcmp(name, "struct chl_gate_reading") != 0;
}

static void test_every_row_is_where_it_was(void **state)
{
    (void)state;
    size_t rows = 0;
    for (; abi_rows_frozen[rows].name != NULL; rows++) {
        const struct abi_row *was = &abi_rows_frozen[rows];
        const struct abi_row *is = &abi_rows_now[rows];
        assert_string_equal(was->name, is->name);
        bool same_place = was->place == is->place;
        bool same_size = was->size == is->size;
        bool grows =
            is_struct(was) ? may_grow(was->name) : strcmp(was->name, "chl_inspection.claims") == 0;
        if (grows) {
            same_size = is->size >= was->size;
        }
        if (!same_place || !same_size) {
            fail_msg("%s: expected place %lld and size %zu as in ABI 1.0, got %lld and %zu",
                     was->name, was->place, was->size, is->place, is->size);
        }
    }
    assert_null(abi_rows_now[rows].name);
    assert_true(rows > 200);
}

/* A 64-bit plugin's descriptor, written out by hand: abi and size lie where every host looks. */
static void test_descriptor_begins_with_abi_and_size(void **state)
{
    (void)state;
    assert_int_equal(offsetof(struct chl_plugin, abi), 0);
    assert_int_equal(offsetof(struct chl_plugin, size), 4);
    assert_int_equal(offsetof(struct chl_plugin, kind), 8);
    assert_int_equal(CHL_PLUGIN_SIZE_1_0, 16 + 6 * sizeof(void *));
    assert_int_equal(CHL_ABI_MAJOR, 1);
}

static void test_has_looks_only_inside_size(void **state)
{
    (void)state;
    const struct chl_plugin *none = NULL;
    struct chl_ops ops = {.size = (uint32_t)offsetof(struct chl_ops, submit)};
    assert_false(CHL_HAS(none, ops));
    assert_false(CHL_HAS(&ops, create));
    memset(&ops, 0x11, sizeof ops); /* anything but NULL */
    ops.size = (uint32_t)offsetof(struct chl_ops, submit);
    assert_true(CHL_HAS(&ops, create));
    assert_true(CHL_HAS(&ops, inspect));
    assert_false(CHL_HAS(&ops, submit));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_row_is_where_it_was),
        cmocka_unit_test(test_descriptor_begins_with_abi_and_size),
        cmocka_unit_test(test_has_looks_only_inside_size),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
