# SPDX-License-Identifier: Apache-2.0
pkg_check_modules(TEST_EVDEV REQUIRED IMPORTED_TARGET libevdev)
add_library(chl_test_scan_world STATIC scan_world.c scan_devices.c scan_subjects.c)
target_link_libraries(chl_test_scan_world PUBLIC chl_pluginhost chl_yaml chl_base chl_test_frames cmocka
  Threads::Threads)
target_compile_definitions(chl_test_scan_world PRIVATE CHL_STAGE_DIR="${CHL_STAGE}")
chl_add_test(test_scan_contract SOURCES test_scan_contract.c LINK chl_test_scan_world
  TIMEOUT 120 LABELS integration scan)
add_dependencies(test_scan_contract scan_file scan_serial scan_hid scan_camera)
chl_add_test(test_scan_serial SOURCES test_scan_serial.c LINK chl_test_scan_world
  TIMEOUT 120 LABELS integration scan)
add_dependencies(test_scan_serial scan_serial)
chl_add_test(test_scan_hid SOURCES test_scan_hid.c fake_evdev.c LINK chl_test_scan_world PkgConfig::TEST_EVDEV
  TIMEOUT 60 LABELS integration scan)
add_dependencies(test_scan_hid scan_hid)
chl_add_test(test_scan_lane
  SOURCES test_scan_lane.c scan_devices.c "${CMAKE_SOURCE_DIR}/tests/fixtures/host/site.c"
  LINK chl_host TIMEOUT 60 LABELS integration scan)
add_dependencies(test_scan_lane scan_serial scan_hid)
# Their ioctl() stands before the C library's, also for the plugin's libraries.
set_target_properties(test_scan_serial test_scan_hid PROPERTIES ENABLE_EXPORTS ON C_VISIBILITY_PRESET default)
