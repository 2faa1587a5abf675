chl_add_test(test_gate_modbus SOURCES test_gate_modbus.c LINK chl_pluginhost chl_yaml chl_base Threads::Threads
  TIMEOUT 60 LABELS integration)
add_dependencies(test_gate_modbus gate_modbus modbus_peer)
