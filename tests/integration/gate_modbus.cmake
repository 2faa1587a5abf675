chl_add_test(test_gate_modbus SOURCES test_gate_modbus.c gate_fixture.c
  LINK chl_pluginhost chl_yaml chl_base Threads::Threads TIMEOUT 60 LABELS integration)
add_dependencies(test_gate_modbus gate_modbus modbus_peer)
chl_add_test(test_gate_modbus_sim SOURCES test_gate_modbus_sim.c gate_fixture.c
  LINK chl_pluginhost chl_yaml chl_base Threads::Threads TIMEOUT 60 LABELS integration)
add_dependencies(test_gate_modbus_sim gate_modbus chilang-sim)
