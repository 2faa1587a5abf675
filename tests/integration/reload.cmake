# SPDX-License-Identifier: Apache-2.0
pkg_check_modules(JANSSON REQUIRED IMPORTED_TARGET jansson)
chl_add_test(test_reload SOURCES test_reload.c site_world.c
  LINK chl_test_issuing chl_declaration chl_control chl_base PkgConfig::JANSSON TIMEOUT 240
  LABELS integration)
add_dependencies(test_reload chilangd chilang chilang-sim credential_declaration credential_hcert
  scan_file gate_modbus)
