pkg_check_modules(JANSSON REQUIRED IMPORTED_TARGET jansson)
chl_add_test(test_site_gates SOURCES test_site_gates.c site_world.c LINK chl_control chl_base
  PkgConfig::JANSSON TIMEOUT 180 LABELS integration)
add_dependencies(test_site_gates chilangd chilang chilang-sim credential_declaration credential_hcert
  scan_file gate_modbus stream_zmq)

chl_add_test(test_site_contacts SOURCES test_site_contacts.c site_world.c LINK chl_control chl_base
  PkgConfig::JANSSON TIMEOUT 180 LABELS integration)
add_dependencies(test_site_contacts chilangd chilang chilang-sim credential_declaration
  credential_hcert scan_file gate_modbus stream_zmq)
