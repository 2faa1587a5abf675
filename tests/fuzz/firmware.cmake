# SPDX-License-Identifier: Apache-2.0
chl_add_fuzzer(fuzz_firmware_log SOURCES fuzz_firmware_log.c LINK chl_firmware_log)
if(NOT CHL_FUZZ)
  add_test(NAME fuzz_firmware_log
           COMMAND fuzz_firmware_log "${CMAKE_CURRENT_SOURCE_DIR}/corpus/fuzz_firmware_log")
  set_tests_properties(fuzz_firmware_log PROPERTIES TIMEOUT 60 LABELS "unit;fuzz")
endif()
