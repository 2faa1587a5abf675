# SPDX-License-Identifier: Apache-2.0
chl_add_test(test_wire SOURCES test_wire.c LINK chl_wire)
