# SPDX-License-Identifier: Apache-2.0
chl_add_test(test_cli_declare SOURCES test_cli_declare.c LINK chl_base TIMEOUT 60
  LABELS integration)
add_dependencies(test_cli_declare chilang credential_declaration)
