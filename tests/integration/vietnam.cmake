# SPDX-License-Identifier: Apache-2.0
chl_add_test(test_vietnam_site
  SOURCES test_vietnam_site.c "${CMAKE_SOURCE_DIR}/tests/fixtures/host/site.c"
  LINK chl_host TIMEOUT 60 LABELS integration)
add_dependencies(test_vietnam_site credential_vietnam scan_file)
