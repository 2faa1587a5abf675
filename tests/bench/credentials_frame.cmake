# SPDX-License-Identifier: Apache-2.0
find_package(OpenSSL 3.0 REQUIRED)
pkg_check_modules(JPEG REQUIRED IMPORTED_TARGET libjpeg)
add_executable(bench_credentials_frame bench_credentials_frame.c $<TARGET_OBJECTS:chl_test_memory>)
target_link_libraries(bench_credentials_frame PRIVATE chl_flags chl_test_frames chl_base
  PkgConfig::JPEG OpenSSL::Crypto)
set_target_properties(bench_credentials_frame PROPERTIES
  RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/bench")
