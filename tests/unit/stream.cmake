# SPDX-License-Identifier: Apache-2.0
pkg_check_modules(JANSSON REQUIRED IMPORTED_TARGET jansson)
chl_add_test(test_stream_request SOURCES test_stream_request.c LINK chl_stream)
    chl_add_test(test_stream_server SOURCES test_stream_server.c stream_fake.c LINK chl_stream PkgConfig::JANSSON)
        chl_add_test(test_stream_client SOURCES test_stream_client.c stream_fake.c LINK chl_stream PkgConfig::JANSSON)
            chl_add_test(test_stream_certificate SOURCES test_stream_certificate.c LINK chl_stream)
