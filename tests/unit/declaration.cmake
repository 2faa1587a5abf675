# SPDX-License-Identifier: Apache-2.0
chl_add_test(test_declaration SOURCES test_declaration.c declaration_keys.c
  LINK chl_declaration chl_qr TIMEOUT 120)
chl_add_test(test_declaration_text SOURCES test_declaration_text.c LINK chl_declaration)
chl_add_test(test_credential_declaration SOURCES test_credential_declaration.c declaration_keys.c
  LINK chl_declaration chl_pluginhost)
add_dependencies(test_credential_declaration credential_declaration)
