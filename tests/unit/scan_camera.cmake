# SPDX-License-Identifier: Apache-2.0
chl_add_test(test_scan_camera_hold SOURCES test_scan_camera_hold.c LINK scan_camera_parts)
chl_add_test(test_scan_camera_v4l2 SOURCES test_scan_camera_v4l2.c LINK scan_camera_parts)
chl_add_test(test_scan_camera SOURCES test_scan_camera.c LINK chl_base chl_test_frames dl
  Threads::Threads TIMEOUT 120)
add_dependencies(test_scan_camera scan_camera)
