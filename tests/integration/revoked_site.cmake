# SPDX-License-Identifier: Apache-2.0
pkg_check_modules(JANSSON REQUIRED IMPORTED_TARGET jansson)
chl_add_test(test_revoked_site SOURCES test_revoked_site.c site_world.c
  LINK chl_control chl_base PkgConfig::JANSSON TIMEOUT 120 LABELS integration)
add_dependencies(test_revoked_site chilangd chilang chilang-sim credential_declaration scan_file
  gate_modbus)
