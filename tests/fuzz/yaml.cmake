# SPDX-License-Identifier: Apache-2.0
chl_add_fuzzer(fuzz_yaml SOURCES yaml.c LINK chl_yaml)
if(NOT CHL_FUZZ)
  add_test(NAME fuzz_yaml COMMAND fuzz_yaml "${CMAKE_CURRENT_SOURCE_DIR}/corpus/fuzz_yaml")
  set_tests_properties(fuzz_yaml PROPERTIES TIMEOUT 60 LABELS "unit;fuzz")
endif()
