# SPDX-License-Identifier: Apache-2.0
chl_add_test(test_declaration SOURCES test_declaration.c declaration_verifier.c declaration_keys.c
  LINK chl_declaration chl_qr TIMEOUT 120)
chl_add_test(test_declaration_refusals SOURCES test_declaration_refusals.c declaration_verifier.c
  declaration_keys.c LINK chl_declaration TIMEOUT 120)
chl_add_test(test_declaration_revoked SOURCES test_declaration_revoked.c declaration_verifier.c
  declaration_keys.c LINK chl_declaration TIMEOUT 60)
chl_add_test(test_declaration_text SOURCES test_declaration_text.c LINK chl_declaration)
chl_add_test(test_credential_declaration SOURCES test_credential_declaration.c declaration_keys.c
  LINK chl_declaration chl_pluginhost)
add_dependencies(test_credential_declaration credential_declaration)
chl_add_test(test_declaration_hostile SOURCES test_declaration_hostile.c declaration_keys.c
  counted_memory.c LINK chl_declaration TIMEOUT 120)
# Every allocation of our own code goes through the test's counters.
target_link_options(test_declaration_hostile PRIVATE
  -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc)
chl_add_test(test_declaration_page SOURCES test_declaration_page.c LINK chl_declaration)
add_dependencies(test_declaration_page chilang)
