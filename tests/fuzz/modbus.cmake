# SPDX-License-Identifier: Apache-2.0
chl_add_fuzzer(fuzz_modbus SOURCES fuzz_modbus.c LINK chl_modbus)
if(NOT CHL_FUZZ)
  add_test(NAME fuzz_modbus COMMAND fuzz_modbus "${CMAKE_CURRENT_SOURCE_DIR}/corpus/fuzz_modbus")
  set_tests_properties(fuzz_modbus PROPERTIES TIMEOUT 60 LABELS "unit;fuzz")
endif()
