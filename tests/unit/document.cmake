# SPDX-License-Identifier: Apache-2.0
chl_add_test(test_document SOURCES test_document.c LINK chl_document)
