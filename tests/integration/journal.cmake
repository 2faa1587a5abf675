# SPDX-License-Identifier: Apache-2.0
chl_add_test(test_journal_kill SOURCES test_journal_kill.c LINK chl_journal
             TIMEOUT 120 LABELS integration)
chl_add_test(test_journal_full SOURCES test_journal_full.c LINK chl_journal
             TIMEOUT 60 LABELS integration)
chl_add_test(test_cli_journal SOURCES test_cli_journal.c LINK chl_journal
             TIMEOUT 60 LABELS integration)
add_dependencies(test_cli_journal chilang)
