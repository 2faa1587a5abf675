chl_add_test(test_modbus_driver SOURCES test_modbus_driver.c modbus_bus.c LINK chl_modbus)
chl_add_test(test_modbus_failures SOURCES test_modbus_failures.c modbus_bus.c LINK chl_modbus)
chl_add_test(test_modbus_frame SOURCES test_modbus_frame.c LINK chl_modbus)
