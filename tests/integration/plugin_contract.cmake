# SPDX-License-Identifier: Apache-2.0
chl_add_test(test_plugin_contract
  SOURCES test_plugin_contract.c "${CMAKE_SOURCE_DIR}/tests/fixtures/host/site.c"
  LINK chl_host TIMEOUT 120 LABELS integration abi)
