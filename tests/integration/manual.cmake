# SPDX-License-Identifier: Apache-2.0
chl_add_test(test_manual SOURCES test_manual.c site_world.c LINK chl_control chl_base PkgConfig::JANSSON
  TIMEOUT 120 LABELS integration)
add_dependencies(test_manual chilangd chilang chilang-sim credential_declaration credential_vietnam scan_file
  gate_modbus)
