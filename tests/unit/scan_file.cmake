# SPDX-License-Identifier: Apache-2.0
chl_add_test(test_scan_file SOURCES test_scan_file.c LINK chl_base chl_qr_write dl Threads::Threads
  TIMEOUT 60)
add_dependencies(test_scan_file scan_file)
