# SPDX-License-Identifier: Apache-2.0
chl_add_fuzzer(fuzz_scanline SOURCES fuzz_scanline.c LINK chl_scanline)
chl_add_fuzzer(fuzz_hid SOURCES fuzz_hid.c LINK scan_hid_parts)
target_include_directories(fuzz_hid PRIVATE "${CMAKE_SOURCE_DIR}/plugins/scan_hid")
if(NOT CHL_FUZZ)
  foreach(name IN ITEMS scanline hid)
    add_test(NAME fuzz_${name}
      COMMAND fuzz_${name} "${CMAKE_CURRENT_SOURCE_DIR}/corpus/fuzz_${name}")
    set_tests_properties(fuzz_${name} PROPERTIES TIMEOUT 120 LABELS "unit;fuzz")
  endforeach()
endif()
