# SPDX-License-Identifier: Apache-2.0
chl_add_fuzzer(fuzz_arrivals SOURCES fuzz_arrivals.c LINK chl_rehearse)
if(NOT CHL_FUZZ)
  add_test(NAME fuzz_arrivals
    COMMAND fuzz_arrivals "${CMAKE_CURRENT_SOURCE_DIR}/corpus/fuzz_arrivals")
  set_tests_properties(fuzz_arrivals PROPERTIES TIMEOUT 120 LABELS "unit;fuzz")
endif()
