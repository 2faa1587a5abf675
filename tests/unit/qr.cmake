# SPDX-License-Identifier: Apache-2.0
chl_add_test(test_qr SOURCES test_qr.c LINK chl_qr z TIMEOUT 120)
