# SPDX-License-Identifier: Apache-2.0
chl_add_test(test_desk SOURCES test_desk.c "${CMAKE_SOURCE_DIR}/tests/fixtures/host/site.c"
  LINK chl_host TIMEOUT 60)
add_dependencies(test_desk fixture_plugins)
chl_add_test(test_lane_view SOURCES test_lane_view.c "${CMAKE_SOURCE_DIR}/cli/lane_view.c"
  "${CMAKE_SOURCE_DIR}/cli/count_cell.c"
  "${CMAKE_SOURCE_DIR}/cli/lane_word.c" "${CMAKE_SOURCE_DIR}/cli/plain.c"
  "${CMAKE_SOURCE_DIR}/cli/entry.c" LINK chl_control chl_text chl_base PkgConfig::JANSSON)
