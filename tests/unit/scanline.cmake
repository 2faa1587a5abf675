# SPDX-License-Identifier: Apache-2.0
chl_add_test(test_scanline SOURCES test_scanline.c LINK chl_scanline LABELS unit scan)
chl_add_test(test_hid_keys SOURCES test_hid_keys.c LINK scan_hid_parts LABELS unit scan)
target_include_directories(test_hid_keys PRIVATE "${CMAKE_SOURCE_DIR}/plugins/scan_hid")
chl_add_test(test_serial_options SOURCES test_serial_options.c LINK scan_serial_parts
  LABELS unit scan)
target_include_directories(test_serial_options PRIVATE "${CMAKE_SOURCE_DIR}/plugins/scan_serial")
