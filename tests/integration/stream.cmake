# SPDX-License-Identifier: Apache-2.0
pkg_check_modules(ZMQ REQUIRED IMPORTED_TARGET libzmq)
pkg_check_modules(JANSSON REQUIRED IMPORTED_TARGET jansson)
pkg_check_modules(SQLITE REQUIRED IMPORTED_TARGET sqlite3)

# A host of its own process, so that it can be killed: real plugin, real journal.
add_executable(stream_host stream_host.c)
set_target_properties(stream_host PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/tests")
target_link_libraries(stream_host PRIVATE chl_flags chl_journal chl_pluginhost chl_wire
                      Threads::Threads)
target_compile_definitions(stream_host PRIVATE CHL_PLUGIN_DIR="${CHL_PLUGIN_OUTPUT}")
add_dependencies(stream_host stream_zmq)

set(common stream_world.c "${CMAKE_SOURCE_DIR}/cli/keygen_curve.c"
    "${CMAKE_SOURCE_DIR}/cli/keygen_folder.c")
set(links chl_stream_zmq_parts chl_stream chl_journal PkgConfig::ZMQ PkgConfig::JANSSON
    PkgConfig::SQLITE)
chl_add_test(test_stream_sockets SOURCES test_stream_sockets.c ${common} LINK ${links}
             TIMEOUT 60 LABELS integration)
chl_add_test(test_stream_zmq SOURCES test_stream_zmq.c ${common} LINK ${links}
             TIMEOUT 90 LABELS integration)
chl_add_test(test_stream_monitor SOURCES test_stream_monitor.c ${common} LINK ${links}
             TIMEOUT 180 LABELS integration)
foreach(test test_stream_zmq test_stream_sockets test_stream_monitor)
  add_dependencies(${test} stream_host chilang)
endforeach()
