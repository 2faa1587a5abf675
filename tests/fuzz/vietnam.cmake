# SPDX-License-Identifier: Apache-2.0
chl_add_fuzzer(fuzz_vietnam SOURCES fuzz_vietnam.c LINK credential_vietnam_parts)
chl_add_fuzzer(fuzz_sniff SOURCES fuzz_sniff.c LINK chl_sniff)
chl_add_fuzzer(fuzz_names SOURCES fuzz_names.c LINK chl_names)
if(NOT CHL_FUZZ)
  foreach(name IN ITEMS vietnam sniff names)
    add_test(NAME fuzz_${name}
      COMMAND fuzz_${name} "${CMAKE_CURRENT_SOURCE_DIR}/corpus/fuzz_${name}")
    set_tests_properties(fuzz_${name} PROPERTIES TIMEOUT 60 LABELS "unit;fuzz")
  endforeach()
endif()
