# SPDX-License-Identifier: Apache-2.0
pkg_check_modules(LIBMODBUS REQUIRED IMPORTED_TARGET libmodbus)
add_library(trap_device STATIC trap_device.c trap_device_ends.c trap_case.c)
target_link_libraries(trap_device PUBLIC chl_flags chl_bus cmocka PkgConfig::LIBMODBUS)
chl_add_test(test_modbus_traps_line SOURCES test_modbus_traps_line.c
  LINK trap_device TIMEOUT 120 LABELS integration)
chl_add_test(test_modbus_traps_tcp SOURCES test_modbus_traps_tcp.c
  LINK trap_device TIMEOUT 120 LABELS integration)
chl_add_test(test_modbus_traps_link SOURCES test_modbus_traps_link.c
  LINK trap_device TIMEOUT 120 LABELS integration)
chl_add_test(test_gate_modbus_cable SOURCES test_gate_modbus_cable.c gate_fixture.c
  LINK trap_device chl_pluginhost chl_yaml chl_base Threads::Threads TIMEOUT 120 LABELS integration)
add_dependencies(test_gate_modbus_cable gate_modbus modbus_peer)
chl_add_test(test_modbus_peers SOURCES test_modbus_peers.c gate_fixture.c
  LINK chl_bus chl_pluginhost chl_yaml chl_base Threads::Threads TIMEOUT 120 LABELS integration)
add_dependencies(test_modbus_peers gate_modbus chilang-sim)
chl_add_test(test_bus_line SOURCES test_bus_line.c LINK trap_device TIMEOUT 120 LABELS integration)
chl_add_test(test_bus_net SOURCES test_bus_net.c LINK trap_device TIMEOUT 120 LABELS integration)
chl_add_test(test_gate_modbus_faults SOURCES test_gate_modbus_faults.c gate_fixture.c
  LINK chl_pluginhost chl_yaml chl_base Threads::Threads TIMEOUT 420 LABELS integration ARGS tcp)
add_dependencies(test_gate_modbus_faults gate_modbus chilang-sim)
foreach(wire IN ITEMS rtu rtu+tcp)
  add_test(NAME test_gate_modbus_faults_${wire} COMMAND test_gate_modbus_faults ${wire})
  set_tests_properties(test_gate_modbus_faults_${wire} PROPERTIES TIMEOUT 420 LABELS integration)
endforeach()
