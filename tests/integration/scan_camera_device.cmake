# SPDX-License-Identifier: Apache-2.0
chl_add_test(test_scan_camera_device SOURCES test_scan_camera_device.c LINK chl_test_scan_world
  TIMEOUT 120 LABELS integration scan)
add_dependencies(test_scan_camera_device scan_camera)
