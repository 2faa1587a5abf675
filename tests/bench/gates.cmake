# SPDX-License-Identifier: Apache-2.0
pkg_check_modules(LIBMODBUS REQUIRED IMPORTED_TARGET libmodbus)
foreach(name IN ITEMS bench_gates_poll bench_gates_grant)
  add_executable(${name} ${name}.c gates_world.c)
  target_link_libraries(${name} PRIVATE chl_flags chl_modbus chl_bus chl_profile chl_base PkgConfig::LIBMODBUS)
  target_compile_definitions(${name} PRIVATE CHL_SOURCE_DIR="${CMAKE_SOURCE_DIR}"
    CHL_BENCH_SIM="$<TARGET_FILE:chilang-sim>")
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/bench")
  add_dependencies(${name} chilang-sim)
endforeach()
