pkg_check_modules(LIBMODBUS REQUIRED IMPORTED_TARGET libmodbus)
add_executable(modbus_peer modbus_peer.c)
set_target_properties(modbus_peer PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/tests")
target_link_libraries(modbus_peer PRIVATE chl_flags PkgConfig::LIBMODBUS)
