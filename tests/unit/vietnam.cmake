#SPDX - License - Identifier : Apache - 2.0
chl_add_test(test_vietnam SOURCES test_vietnam.c vietnam_codes.c heap_calls.c LINK
                 credential_vietnam_parts chl_names)
    chl_add_test(test_vietnam_hostile SOURCES test_vietnam_hostile.c vietnam_codes.c LINK
                     credential_vietnam_parts)
chl_add_test(test_vietnam_picture SOURCES test_vietnam_picture.c vietnam_codes.c
  LINK credential_vietnam_parts chl_qr TIMEOUT 60)
