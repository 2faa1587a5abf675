# SPDX-License-Identifier: Apache-2.0
chl_add_test(test_host SOURCES test_host.c "${CMAKE_SOURCE_DIR}/tests/fixtures/host/site.c"
  LINK chl_host TIMEOUT 120)
add_dependencies(test_host fixture_plugins)
