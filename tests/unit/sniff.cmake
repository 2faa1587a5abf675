# SPDX-License-Identifier: Apache-2.0
chl_add_test(test_sniff SOURCES test_sniff.c LINK chl_sniff)
