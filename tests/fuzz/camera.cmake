# SPDX-License-Identifier: Apache-2.0
chl_add_fuzzer(fuzz_frame SOURCES fuzz_frame.c LINK scan_camera_parts)
if(NOT CHL_FUZZ)
  add_test(NAME fuzz_frame COMMAND fuzz_frame "${CMAKE_CURRENT_SOURCE_DIR}/corpus/fuzz_frame")
  set_tests_properties(fuzz_frame PROPERTIES TIMEOUT 60 LABELS "unit;fuzz")
endif()
