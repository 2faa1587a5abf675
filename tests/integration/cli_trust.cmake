# SPDX-License-Identifier: Apache-2.0
chl_add_test(test_cli_trust SOURCES test_cli_trust.c LINK chl_test_issuing chl_base TIMEOUT 60
  LABELS integration)
add_dependencies(test_cli_trust chilang)
