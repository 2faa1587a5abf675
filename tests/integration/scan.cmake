# SPDX-License-Identifier: Apache-2.0
add_library(chl_test_scan_world STATIC scan_world.c scan_devices.c scan_subjects.c)
target_link_libraries(chl_test_scan_world PUBLIC chl_pluginhost chl_yaml chl_base cmocka
  Threads::Threads)
target_compile_definitions(chl_test_scan_world PRIVATE CHL_STAGE_DIR="${CHL_STAGE}")
chl_add_test(test_scan_contract SOURCES test_scan_contract.c LINK chl_test_scan_world
  TIMEOUT 120 LABELS integration scan)
add_dependencies(test_scan_contract scan_file scan_serial scan_hid)
