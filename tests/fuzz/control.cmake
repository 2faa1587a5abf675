# SPDX-License-Identifier: Apache-2.0
chl_add_fuzzer(fuzz_control SOURCES control.c LINK chl_control)
if(NOT CHL_FUZZ)
  add_test(NAME fuzz_control COMMAND fuzz_control "${CMAKE_CURRENT_SOURCE_DIR}/corpus/fuzz_control")
  set_tests_properties(fuzz_control PROPERTIES TIMEOUT 60 LABELS "unit;fuzz")
endif()
