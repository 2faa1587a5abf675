# SPDX-License-Identifier: Apache-2.0
chl_add_test(test_areas SOURCES test_areas.c LINK chl_areas)
