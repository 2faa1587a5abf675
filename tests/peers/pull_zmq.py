#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A reader of the event stream written from docs/stream.md alone, with python3-zmq and nothing of ours.

Pulls every record over CURVE, proves the hash chain, prints one line: count, head, last hash.
"""
import hashlib
import json
import re
import struct
import sys

import zmq


def key(path, name):
    with open(path, encoding="ascii") as file:
        return re.search(name + r'\s*=\s*"([^"]{40})"', file.read()).group(1).encode()


def ask(socket, **request):
    socket.send(json.dumps(request).encode())
    if not socket.poll(10000):
        sys.exit("no answer")
    frames = socket.recv_multipart()
    answer = json.loads(frames[0])
    if answer.get("id") != request["id"]:
        sys.exit(f"answer to another request: {answer}")
    return answer, frames[1:]


def prove(previous, topic, header, body):
    if len(header) != 80 or header[:5] != b"CHL1\x01":
        sys.exit("not a header of version 1")
    sequence, _wall, epoch, chain, _cause = struct.unpack(">Qq16s32sQ", header[8:80])
    digest = hashlib.sha256(previous + header[:40] + bytes(32) + header[72:]
                            + struct.pack(">I", len(topic)) + topic
                            + struct.pack(">I", len(body)) + body).digest()
    if digest != chain:
        sys.exit(f"the chain breaks at record {sequence}")
    event = json.loads(body)
    if event["specversion"] != "1.0" or event["sequence"] != f"{sequence:020}":
        sys.exit(f"record {sequence} is no CloudEvent of this sequence")
    return sequence, epoch, chain


def main():
    endpoint, own, server = sys.argv[1:4]
    context = zmq.Context()
    socket = context.socket(zmq.DEALER)
    socket.linger = 0
    socket.curve_serverkey = key(server, "public-key")
    socket.curve_publickey = key(own, "public-key")
    socket.curve_secretkey = key(own, "secret-key")
    socket.connect(endpoint)
    hello, _ = ask(socket, op="hello", id="first")
    assert hello["op"] == "hello" and hello["protocol"] == 1
    cursor, chain, count = 0, bytes(32), 0
    while cursor < hello["head"]:
        answer, frames = ask(socket, op="pull", id=cursor, epoch=hello["epoch"], **{"from": cursor + 1},
                             after=chain.hex(), credit=100)
        assert answer["op"] == "events" and len(frames) == 3 * answer["count"], answer
        for i in range(0, len(frames), 3):
            sequence, epoch, chain = prove(chain, *frames[i:i + 3])
            if sequence != cursor + 1:
                sys.exit(f"expected record {cursor + 1}, came {sequence}")
            text = epoch.hex()
            assert hello["epoch"] == "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))
            cursor = sequence
            count += 1
        assert answer["covered_through"] == cursor and answer["covered_hash"] == chain.hex()
    refused, _ = ask(socket, op="pull", id=1, epoch=hello["epoch"], **{"from": 1}, credit=0)
    assert refused["op"] == "error" and refused["reason"] == "bad-member", refused
    print(count, cursor, chain.hex())


main()
