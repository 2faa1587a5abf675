# SPDX-License-Identifier: Apache-2.0
chl_add_fuzzer(fuzz_profile SOURCES profile.c LINK chl_profile)
if(NOT CHL_FUZZ)
  add_test(NAME fuzz_profile COMMAND fuzz_profile
    "${CMAKE_CURRENT_SOURCE_DIR}/corpus/fuzz_profile" "${CMAKE_SOURCE_DIR}/firmware-config")
  set_tests_properties(fuzz_profile PROPERTIES TIMEOUT 120 LABELS "unit;fuzz")
endif()
