# SPDX-License-Identifier: Apache-2.0
chl_add_test(test_journal SOURCES test_journal.c LINK chl_journal)
chl_add_test(test_journal_verify SOURCES test_journal_verify.c LINK chl_journal)
chl_add_test(test_journal_steps SOURCES test_journal_steps.c failing_store.c LINK chl_journal)
chl_add_test(test_writer SOURCES test_writer.c failing_store.c LINK chl_core_journal)
chl_add_test(test_snapshot SOURCES test_snapshot.c LINK chl_core_journal)
chl_add_test(test_journal_faults SOURCES test_journal_faults.c fault_vfs.c LINK chl_journal
             TIMEOUT 120)
