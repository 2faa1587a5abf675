chl_add_test(test_gate_health SOURCES test_gate_health.c
  "${CMAKE_SOURCE_DIR}/plugins/gate_modbus/health.c" "${CMAKE_SOURCE_DIR}/plugins/gate_modbus/gap.c"
  LINK chl_base)
