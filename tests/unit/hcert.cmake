# SPDX-License-Identifier: Apache-2.0
chl_add_test(test_hcert SOURCES test_hcert.c hcert_help.c
  LINK chl_test_issuing credential_hcert_parts Threads::Threads)
chl_add_test(test_hcert_hostile SOURCES test_hcert_hostile.c hcert_help.c
  counted_memory.c TIMEOUT 120
  LINK chl_test_issuing credential_hcert_parts)
# Every allocation of our own code goes through the test's counters.
target_link_options(test_hcert_hostile PRIVATE -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc)
