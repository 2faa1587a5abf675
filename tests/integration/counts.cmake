# SPDX-License-Identifier: Apache-2.0
chl_add_test(test_counts_site SOURCES test_counts_site.c site_world.c LINK chl_control chl_base
  PkgConfig::JANSSON TIMEOUT 180 LABELS integration)
add_dependencies(test_counts_site chilangd chilang chilang-sim credential_declaration scan_file
  gate_modbus)
chl_add_test(test_second_count SOURCES test_second_count.c site_world.c LINK chl_control chl_base
  PkgConfig::JANSSON TIMEOUT 240 LABELS integration)
add_dependencies(test_second_count chilangd chilang chilang-sim credential_declaration scan_file
  gate_modbus)
