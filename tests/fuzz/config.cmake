# SPDX-License-Identifier: Apache-2.0
chl_add_fuzzer(fuzz_config SOURCES config.c LINK chl_config)
target_compile_definitions(fuzz_config PRIVATE CHL_STAGE_DIR="${CHL_STAGE}")
if(NOT CHL_FUZZ)
  add_test(NAME fuzz_config COMMAND fuzz_config "${CMAKE_CURRENT_SOURCE_DIR}/corpus/fuzz_config"
    "${CMAKE_SOURCE_DIR}/docs/examples")
  set_tests_properties(fuzz_config PROPERTIES TIMEOUT 60 LABELS "unit;fuzz")
endif()
