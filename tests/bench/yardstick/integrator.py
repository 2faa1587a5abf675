#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Scan, verify, commit, open, publish: the script an integrator would write with Debian's packages.

Needs python3-pymodbus, python3-serial, python3-serial-asyncio, python3-zmq, python3-cryptography.
"""
import argparse
import json
import os
import sqlite3
import sys
import time
import zlib

import zmq
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature, encode_dss_signature)
from pymodbus.client import ModbusTcpClient

BASE45 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
BASE45_VALUE = {c: i for i, c in enumerate(BASE45)}
ENTRY_GRANT = 0x40
ES256 = -7


def base45_decode(text):
    out = bytearray()
    digits = [BASE45_VALUE[c] for c in text]
    for i in range(0, len(digits), 3):
        group = digits[i:i + 3]
        if len(group) == 3:
            out += (group[0] + 45 * group[1] + 2025 * group[2]).to_bytes(2, "big")
        else:
            out.append(group[0] + 45 * group[1])
    return bytes(out)


def base45_encode(data):
    out = []
    for i in range(0, len(data) - 1, 2):
        value = data[i] << 8 | data[i + 1]
        out += [value % 45, value // 45 % 45, value // 2025]
    if len(data) % 2:
        out += [data[-1] % 45, data[-1] // 45]
    return "".join(BASE45[v] for v in out)


class Tag:
    def __init__(self, number, value):
        self.number, self.value = number, value


def cbor_head(major, value):
    for size, code in ((1, 24), (2, 25), (4, 26), (8, 27)):
        if value < 24:
            return bytes([major << 5 | value])
        if value < 1 << 8 * size:
            return bytes([major << 5 | code]) + value.to_bytes(size, "big")
    raise ValueError("too large")


def cbor_dumps(value):
    if isinstance(value, int):
        return cbor_head(0, value) if value >= 0 else cbor_head(1, -1 - value)
    if isinstance(value, bytes):
        return cbor_head(2, len(value)) + value
    if isinstance(value, str):
        data = value.encode()
        return cbor_head(3, len(data)) + data
    if isinstance(value, list):
        return cbor_head(4, len(value)) + b"".join(map(cbor_dumps, value))
    if isinstance(value, dict):
        return cbor_head(5, len(value)) + b"".join(
            cbor_dumps(k) + cbor_dumps(v) for k, v in value.items())
    if isinstance(value, Tag):
        return cbor_head(6, value.number) + cbor_dumps(value.value)
    raise TypeError(type(value))


def cbor_item(data, at):
    major, value = data[at] >> 5, data[at] & 31
    at += 1
    if 24 <= value <= 27:
        size = 1 << (value - 24)
        value = int.from_bytes(data[at:at + size], "big")
        at += size
    elif value > 27:
        raise ValueError("unsupported CBOR")
    if major == 0:
        return value, at
    if major == 1:
        return -1 - value, at
    if major in (2, 3):
        chunk = data[at:at + value]
        return (chunk if major == 2 else chunk.decode()), at + value
    if major == 4:
        items = []
        for _ in range(value):
            item, at = cbor_item(data, at)
            items.append(item)
        return items, at
    if major == 5:
        pairs = {}
        for _ in range(value):
            key, at = cbor_item(data, at)
            pairs[key], at = cbor_item(data, at)
        return pairs, at
    if major == 6:
        item, at = cbor_item(data, at)
        return Tag(value, item), at
    return {20: False, 21: True}.get(value), at


def cbor_loads(data):
    item, at = cbor_item(data, 0)
    if at != len(data):
        raise ValueError("trailing bytes")
    return item


def verify(code, key):
    """The claims of a signed code; raises when it is not to be believed."""
    message = cbor_loads(zlib.decompress(base45_decode(code[4:])))
    while isinstance(message, Tag):
        message = message.value
    protected, unprotected, payload, signature = message
    headers = {**unprotected, **cbor_loads(protected)}
    if headers.get(1) != ES256:
        raise ValueError("algorithm")
    half = len(signature) // 2
    der = encode_dss_signature(int.from_bytes(signature[:half], "big"),
                               int.from_bytes(signature[half:], "big"))
    signed = cbor_dumps(["Signature1", protected, b"", payload])
    key.verify(der, signed, ec.ECDSA(hashes.SHA256()))
    claims = cbor_loads(payload)
    if claims[4] < time.time():
        raise ValueError("expired")
    return claims


def issue(count):
    """Codes of the size of a full declaration, and the key that vouches for them."""
    key = ec.generate_private_key(ec.SECP256R1())
    protected = cbor_dumps({1: ES256, 4: b"yardstck"})
    codes = []
    for i in range(count):
        now = int(time.time())
        payload = cbor_dumps({1: "yardstick", 4: now + 86400, 5: now - 60, 6: now - 60,
                              7: os.urandom(12),
                              -65537: {1: "Người thử %d" % i, 2: "1990", 3: "0900000000",
                                       4: "05977", 5: "06001", 6: 2, 7: 2, 8: 2,
                                       9: "x" * 60}})
        r, s = decode_dss_signature(key.sign(
            cbor_dumps(["Signature1", protected, b"", payload]), ec.ECDSA(hashes.SHA256())))
        signature = r.to_bytes(32, "big") + s.to_bytes(32, "big")
        message = cbor_dumps(Tag(18, [protected, {}, payload, signature]))
        codes.append("LS1:" + base45_encode(zlib.compress(message)))
    return codes, key.public_key()


def open_database(path):
    for suffix in ("", "-wal", "-shm"):
        if os.path.exists(path + suffix):
            os.unlink(path + suffix)
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("PRAGMA journal_mode=WAL")
    db.execute("PRAGMA synchronous=FULL")
    db.execute("CREATE TABLE r(n INTEGER PRIMARY KEY, body BLOB)")
    return db


def options():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--connect", required=True, metavar="HOST:PORT")
    parser.add_argument("--database", required=True, metavar="FILE")
    parser.add_argument("--scans", type=int, default=500)
    parser.add_argument("--rate", type=int, default=25)
    parser.add_argument("--units", type=int, default=8)
    parser.add_argument("--row-bytes", type=int, default=600)
    parser.add_argument("--turns", type=int, default=0)
    parser.add_argument("--codes", metavar="FILE")
    parser.add_argument("--key", metavar="FILE")
    return parser.parse_args()


def load_codes(args):
    if args.codes is None:
        return issue(min(args.scans, 200))
    with open(args.codes, encoding="ascii") as file:
        codes = [line.rstrip("\r\n") for line in file if line.strip()]
    with open(args.key, "rb") as file:
        return codes, serialization.load_pem_public_key(file.read())


def run(args, codes, key, db, bus, publisher):
    """The times taken, in microseconds, in order."""
    row = b"r" * args.row_bytes
    taken = []
    began = time.monotonic()
    for scan in range(args.scans):
        wait = began + scan / args.rate - time.monotonic()
        if wait > 0:
            time.sleep(wait)
        code = codes[scan % len(codes)]
        unit = scan % args.units + 1
        start = time.monotonic_ns()
        try:
            claims = verify(code, key)
        except (InvalidSignature, ValueError, KeyError, zlib.error) as refusal:
            sys.exit("integrator: scan %d refused: %r" % (scan, refusal))
        db.execute("INSERT INTO r(body) VALUES(?)", (row,))
        answer = bus.write_registers(ENTRY_GRANT, [1], slave=unit)
        taken.append((time.monotonic_ns() - start) // 1000)
        if answer.isError():
            sys.exit("integrator: scan %d: write failed: %s" % (scan, answer))
        publisher.send_multipart([b"v1/yardstick/flow/entry/", json.dumps(
            {"unit": unit, "issuer": claims[1]}).encode()])
    return taken


def main():
    args = options()
    codes, key = load_codes(args)
    db = open_database(args.database)
    host, port = args.connect.rsplit(":", 1)
    bus = ModbusTcpClient(host, port=int(port))
    if not bus.connect():
        sys.exit("integrator: cannot connect to " + args.connect)
    publisher = zmq.Context().socket(zmq.PUB)
    publisher.bind_to_random_port("tcp://127.0.0.1")
    for _ in range(args.turns):
        if not sys.stdin.readline():
            sys.exit("integrator: expected a line for each turn")
        print(json.dumps(run(args, codes, key, db, bus, publisher)), flush=True)
    if args.turns > 0:
        return
    taken = sorted(run(args, codes, key, db, bus, publisher))
    n = len(taken)
    print(json.dumps({"name": "integrator", "n": n, "p50_us": taken[n // 2],
                      "p99_us": taken[n * 99 // 100], "max_us": taken[-1]}))


if __name__ == "__main__":
    main()
