# SPDX-License-Identifier: Apache-2.0
chl_add_test(test_header_docs SOURCES test_header_docs.c LINK chl_cose LABELS unit abi)
