#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Takes seeds for the fuzzers out of the public sample codes, where they lie beside this tree.

usage: seeds.py SAMPLES OUT

Writes OUT/<fuzzer>/<digest> and prints how many each fuzzer got. Nothing of it is kept in the tree.
"""
import base64
import hashlib
import json
import pathlib
import sys

PICTURE_MAX = 16384


def main():
    samples, out = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    counts = {}

    def put(fuzzer, content):
        folder = out / fuzzer
        folder.mkdir(parents=True, exist_ok=True)
        (folder / hashlib.sha256(content).hexdigest()[:16]).write_bytes(content)
        counts[fuzzer] = counts.get(fuzzer, 0) + 1

    def put_text(text):
        put("fuzz_chain", text)
        put("fuzz_sniff", text)
        put("fuzz_vietnam", text)

    def member(case, key):
        return case.get(key) or case.get("_" + key)

    for path in sorted((samples / "dgc-testdata").rglob("*.json")):
        case = json.loads(path.read_text("utf-8-sig"))
        code = member(case, "PREFIX")
        if code:
            put_text(code.encode())
            put("fuzz_hcert", b"\0" + code.encode())
            put("fuzz_base45", code.removeprefix("HC1:").encode())
        for key, fuzzer, first in (("COSE", "fuzz_hcert", b"\1"), ("CBOR", "fuzz_hcert", b"\2"),
                                   ("COSE", "fuzz_cose", b""), ("CBOR", "fuzz_cbor", b""),
                                   ("COMPRESSED", "fuzz_inflate", b"")):
            try:
                put(fuzzer, first + bytes.fromhex(member(case, key) or ""))
            except ValueError:
                pass  # some cases are broken on purpose
        certificate = member(case.get("TESTCTX", {}), "CERTIFICATE")
        if certificate:
            put("fuzz_trust", base64.b64decode(certificate))
        picture = member(case, "2DCODE")
        if picture:
            picture = base64.b64decode(picture)
            if len(picture) <= PICTURE_MAX:
                put("fuzz_qr_picture", picture)
    for path in sorted(samples.rglob("*.png")):
        if path.stat().st_size <= PICTURE_MAX:
            put("fuzz_qr_picture", path.read_bytes())
    for folder in ("nzcp", "shc", "vdsnc", "vn"):
        for path in sorted((samples / folder).rglob("*.txt")):
            put_text(path.read_bytes().strip())
    for fuzzer in sorted(counts):
        print(f"{counts[fuzzer]:5d} seeds for {fuzzer}")


main()
