# SPDX-License-Identifier: Apache-2.0
chl_add_test(test_engine_enter SOURCES test_engine_enter.c engine_site.c LINK chl_engine)
