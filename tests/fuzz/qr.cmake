# SPDX-License-Identifier: Apache-2.0
chl_add_fuzzer(fuzz_qr_picture SOURCES fuzz_qr_picture.c LINK chl_qr_read)
if(NOT CHL_FUZZ)
  add_test(NAME fuzz_qr_picture
    COMMAND fuzz_qr_picture "${CMAKE_CURRENT_SOURCE_DIR}/corpus/fuzz_qr_picture")
  set_tests_properties(fuzz_qr_picture PROPERTIES TIMEOUT 60 LABELS "unit;fuzz")
endif()
