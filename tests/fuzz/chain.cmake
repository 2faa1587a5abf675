# SPDX-License-Identifier: Apache-2.0
chl_add_fuzzer(fuzz_chain SOURCES fuzz_chain.c LINK chl_test_chain chl_test_issuing chl_sniff)
# The loaded plugins report what they cover to the program.
set_target_properties(fuzz_chain PROPERTIES ENABLE_EXPORTS ON)
if(NOT CHL_FUZZ)
  add_test(NAME fuzz_chain COMMAND fuzz_chain "${CMAKE_CURRENT_SOURCE_DIR}/corpus/fuzz_chain"
    "${CMAKE_CURRENT_SOURCE_DIR}/corpus/fuzz_base45")
  set_tests_properties(fuzz_chain PROPERTIES TIMEOUT 120 LABELS "unit;fuzz")
endif()
