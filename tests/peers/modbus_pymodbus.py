#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A Modbus server of python3-pymodbus: `tcp` prints `PORT n`, `rtu` prints `LINE path` of a pseudo-terminal.

Units 1 to 3 have 0x3200 words and 64 bits of each table, broadcasts reach all. Obeys lines on standard input and
answers each with one line; ends with its standard input:

    get UNIT REGISTER | set UNIT REGISTER VALUE | coil UNIT NUMBER
"""
import asyncio
import logging
import os
import sys
import threading
import tty

try:
    import serial_asyncio  # noqa: F401: the server's own import of it fails late and unclearly
    from pymodbus.datastore import ModbusSequentialDataBlock, ModbusServerContext, ModbusSlaveContext
    from pymodbus.server.async_io import ModbusSerialServer, ModbusTcpServer
    from pymodbus.transaction import ModbusRtuFramer
except ImportError as error:
    print("ABSENT", error, flush=True)
    sys.exit(0)

logging.disable(logging.CRITICAL)  # refusals that the tests ask for
HOLDING, COIL = 3, 1


def block(size, step=0):
    return ModbusSequentialDataBlock(0, [step * i % 65536 for i in range(size)])


def unit():
    return ModbusSlaveContext(hr=block(0x3200), ir=block(0x3200, 3), co=block(64), di=block(64), zero_mode=True)


def obey(context, words):
    number, register = int(words[1], 0), int(words[2], 0)
    if words[0] == "get":
        return context[number].getValues(HOLDING, register, 1)[0]
    if words[0] == "coil":
        return int(context[number].getValues(COIL, register, 1)[0])
    context[number].setValues(HOLDING, register, [int(words[3], 0)])
    return "ok"


def listen(context):
    for line in sys.stdin:
        print(obey(context, line.split()), flush=True)
    os._exit(0)


def bridge(loop):
    """Two pseudo-terminals back to back. Returns the server's path and the client's."""
    ends = [os.openpty() for _ in range(2)]
    for _, slave in ends:
        tty.setraw(slave)
    for (near, _), (far, _) in (ends, ends[::-1]):
        loop.add_reader(near, lambda near=near, far=far: os.write(far, os.read(near, 512)))
    return [os.ttyname(slave) for _, slave in ends]


async def main(kind):
    context = ModbusServerContext(slaves={n: unit() for n in (1, 2, 3)}, single=False)
    common = {"ignore_missing_slaves": True, "broadcast_enable": True}
    if kind == "tcp":
        server = ModbusTcpServer(context, address=("127.0.0.1", 0), **common)
        serving = asyncio.ensure_future(server.serve_forever())
        await server.serving
        place = f"PORT {server.server.sockets[0].getsockname()[1]}"
    else:
        own, path = bridge(asyncio.get_running_loop())
        server = ModbusSerialServer(context, framer=ModbusRtuFramer, port=own, baudrate=115200, **common)
        await server.start()
        serving = asyncio.ensure_future(server.serve_forever())
        place = f"LINE {path}"
    threading.Thread(target=listen, args=(context,), daemon=True).start()
    print(place, flush=True)
    await serving


asyncio.run(main(sys.argv[1]))
