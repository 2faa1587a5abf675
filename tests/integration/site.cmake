pkg_check_modules(JANSSON REQUIRED IMPORTED_TARGET jansson)
chl_add_test(test_site SOURCES test_site.c site_world.c LINK chl_control chl_base PkgConfig::JANSSON
  TIMEOUT 120 LABELS integration)
add_dependencies(test_site chilangd chilang chilang-sim credential_declaration credential_hcert
  scan_file gate_modbus stream_zmq)

chl_add_test(test_site_faults SOURCES test_site_faults.c site_world.c LINK chl_control chl_base PkgConfig::JANSSON
  TIMEOUT 120 LABELS integration)
set_tests_properties(test_site_faults PROPERTIES ENVIRONMENT "CHL_PLUGIN_PATH=${CHL_FIXTURE_PLUGINS}")
add_dependencies(test_site_faults chilangd chilang chilang-sim credential_declaration credential_hcert
  scan_file gate_modbus stream_zmq fixture_plugins)

chl_add_test(test_boards_site SOURCES test_boards_site.c site_world.c LINK chl_control chl_base PkgConfig::JANSSON
  TIMEOUT 300 LABELS integration)
add_test(NAME test_boards_site_line COMMAND test_boards_site line)
set_tests_properties(test_boards_site_line PROPERTIES TIMEOUT 300 LABELS integration)
add_dependencies(test_boards_site chilangd chilang chilang-sim credential_declaration scan_file gate_modbus)
