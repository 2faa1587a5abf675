# SPDX-License-Identifier: Apache-2.0
chl_add_test(test_vaccines SOURCES test_vaccines.c LINK chl_vaccines)
