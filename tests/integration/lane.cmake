# SPDX-License-Identifier: Apache-2.0
chl_add_test(test_lane SOURCES test_lane.c site_world.c LINK chl_control chl_base PkgConfig::JANSSON
  TIMEOUT 120 LABELS integration)
add_dependencies(test_lane chilangd chilang chilang-sim credential_declaration scan_file gate_modbus)
