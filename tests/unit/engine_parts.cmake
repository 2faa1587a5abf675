# SPDX-License-Identifier: Apache-2.0
chl_add_test(test_engine_parts SOURCES test_engine_parts.c engine_site.c LINK chl_engine)
chl_add_test(test_engine_recount SOURCES test_engine_recount.c engine_site.c LINK chl_engine)
