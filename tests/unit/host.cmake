# SPDX-License-Identifier: Apache-2.0
foreach(name test_host test_host_instances)
  chl_add_test(${name} SOURCES ${name}.c "${CMAKE_SOURCE_DIR}/tests/fixtures/host/site.c"
    LINK chl_host TIMEOUT 120)
  add_dependencies(${name} fixture_plugins)
endforeach()
