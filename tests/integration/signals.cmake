# SPDX-License-Identifier: Apache-2.0
chl_add_test(test_signals_site SOURCES test_signals_site.c site_world.c LINK chl_control chl_base
  PkgConfig::JANSSON TIMEOUT 120 LABELS integration)
add_dependencies(test_signals_site chilangd chilang chilang-sim credential_declaration scan_file
  gate_modbus)
