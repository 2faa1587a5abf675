# SPDX-License-Identifier: Apache-2.0
chl_add_fuzzer(fuzz_register SOURCES fuzz_register.c LINK chl_host)
if(NOT CHL_FUZZ)
  add_test(NAME fuzz_register
    COMMAND fuzz_register "${CMAKE_CURRENT_SOURCE_DIR}/corpus/fuzz_register")
  set_tests_properties(fuzz_register PROPERTIES TIMEOUT 120 LABELS "unit;fuzz")
endif()
