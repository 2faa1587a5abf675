# SPDX-License-Identifier: Apache-2.0
chl_add_test(test_csv SOURCES test_csv.c LINK chl_csv)
