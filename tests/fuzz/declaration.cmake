# SPDX-License-Identifier: Apache-2.0
chl_add_fuzzer(fuzz_declaration SOURCES fuzz_declaration.c LINK chl_declaration)
if(NOT CHL_FUZZ)
  add_test(NAME fuzz_declaration
    COMMAND fuzz_declaration "${CMAKE_CURRENT_SOURCE_DIR}/corpus/fuzz_declaration")
  set_tests_properties(fuzz_declaration PROPERTIES TIMEOUT 60 LABELS "unit;fuzz")
endif()
chl_add_fuzzer(fuzz_revoked SOURCES fuzz_revoked.c LINK chl_declaration)
if(NOT CHL_FUZZ)
  add_test(NAME fuzz_revoked
    COMMAND fuzz_revoked "${CMAKE_CURRENT_SOURCE_DIR}/corpus/fuzz_revoked")
  set_tests_properties(fuzz_revoked PROPERTIES TIMEOUT 60 LABELS "unit;fuzz")
endif()
