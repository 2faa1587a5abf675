#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Our check of the DCC schema against the published JSON Schema, judged by python3-jsonschema.

usage: test_schema_agreement.py SCHEMA_VERDICTS SAMPLES

Every certificate of the public test data, and thousands made of them by changing one thing, get the
same answer from both, but for what is listed here: LENIENT is what real issuers write and we take,
STRICT is what the schema leaves to value sets or writes loosely.
"""
import copy
import datetime
import json
import pathlib
import re
import struct
import subprocess
import sys

SKIPPED = "SKIPPED ALL: "
DATE = re.compile(r"^(\d{4})-(\d\d)-(\d\d)$")
DATE_TIME = re.compile(
    r"^(\d{4}-\d\d-\d\d)T([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)(\.\d+)?(Z|[+-]([01]\d|2[0-3]):?[0-5]\d|[+-]\d\d)$")


def encode(value):
    """CBOR of a JSON value."""
    def head(major, number):
        for info, size, form in ((24, 1, "B"), (25, 2, ">H"), (26, 4, ">I"), (27, 8, ">Q")):
            if number < 24:
                return bytes([major << 5 | number])
            if number < 1 << 8 * size:
                return bytes([major << 5 | info]) + struct.pack(form, number)
        raise ValueError(number)
    if value is None:
        return b"\xf6"
    if isinstance(value, bool):
        return b"\xf5" if value else b"\xf4"
    if isinstance(value, int):
        return head(0, value) if value >= 0 else head(1, -1 - value)
    if isinstance(value, float):
        return b"\xfb" + struct.pack(">d", value)
    if isinstance(value, str):
        return head(3, len(value.encode())) + value.encode()
    if isinstance(value, list):
        return head(4, len(value)) + b"".join(map(encode, value))
    return head(5, len(value)) + b"".join(encode(k) + encode(v) for k, v in value.items())


def is_date(text):
    found = DATE.match(text)
    if not found:
        return False
    try:
        datetime.date(*map(int, found.groups()))
    except ValueError:
        return False
    return True


def is_date_time(text):
    found = DATE_TIME.match(text)
    return bool(found) and is_date(found.group(1))


def make_schema(folder):
    import jsonschema
    checker = jsonschema.FormatChecker(formats=())
    checker.checks("date")(lambda v: not isinstance(v, str) or is_date(v))
    checker.checks("date-time")(lambda v: not isinstance(v, str) or is_date_time(v))
    text = json.loads((folder / "DCC.combined-schema.json").read_text())
    return jsonschema.Draft202012Validator(text, format_checker=checker)


def entries(dcc):
    for kind in "vtr":
        if isinstance(dcc.get(kind), list):
            for entry in dcc[kind]:
                if isinstance(entry, dict):
                    yield kind, entry


def minor(dcc):
    found = re.match(r"1\.(\d)", dcc["ver"]) if isinstance(dcc.get("ver"), str) else None
    return int(found.group(1)) if found else 0


def drop_nulls(value):
    if isinstance(value, dict):
        return {k: drop_nulls(v) for k, v in value.items() if v is not None}
    return [drop_nulls(v) for v in value] if isinstance(value, list) else value


# What real issuers write and we take: brought to what the schema wants.
def lenient(dcc):
    dcc = drop_nulls(copy.deepcopy(dcc))
    early = minor(dcc) < 3
    if early:
        for kind in "vtr":
            listed = dcc.get(kind)
            if listed == []:
                del dcc[kind]
        if isinstance(dcc.get("dob"), str) and len(dcc["dob"]) > 10 and is_time_like(dcc["dob"]):
            dcc["dob"] = dcc["dob"][:10]
    for kind, entry in entries(dcc):
        for field in {"v": ("dt",), "r": ("fr", "df", "du"), "t": ()}[kind]:
            if isinstance(entry.get(field), str) and is_time_like(entry[field]):
                entry[field] = entry[field][:10]  # a time behind the day
        text = entry.get("sc")
        if kind == "t" and isinstance(text, str) and len(text) > 10 and is_time_like(text):
            entry["sc"] = text if is_date_time(text) else text + "Z"  # no zone: UTC
        for field in ("dn", "sd"):
            if isinstance(entry.get(field), float) and entry[field].is_integer():
                entry[field] = int(entry[field])
        if early and entry.get("co") == "":
            entry["co"] = "XX"
    return dcc


def is_time_like(text):
    return is_date(text) or is_date_time(text) or is_date_time(text + "Z")


# What the schema leaves open, and where no such value can be right. The kind of the list counts.
def strict(dcc, countries):
    if not re.fullmatch(r"[0-9]+\.[0-9]+\.[0-9]+", dcc["ver"]):
        return "a dot is a dot"
    birth = dcc["dob"]
    if birth[:4] > "2022" or birth[:7] > "2022-02" or birth[:10] > "2022-02-02":
        return "nobody is born tomorrow"
    names = [dcc["nam"].get(k, "") for k in ("fn", "gn")]
    if any(ord(c) >= 0x1F000 for name in names for c in name):
        return "a pictograph is no letter"
    for _, entry in entries(dcc):
        country = entry["co"]
        if not re.fullmatch(r"[A-Z]{1,10}", country) and country != "":
            return "the whole country is capitals"
        if len(country) == 2 and country not in countries and country != "XX":
            return "no such country"
        if any(isinstance(entry.get(k), int) and entry[k] > 255 for k in ("dn", "sd")):
            return "nobody had so many doses"
        holder = entry.get("ma", "")
        if holder.startswith("ORG-") and not re.fullmatch(r"ORG-1\d{8}", holder):
            return "EMA's numbers begin with 1"
        if "tt" in entry and holder.isascii() and holder.isdigit() and (
                len(holder) > 4 or (len(holder) == 4 and holder[0] >= "5")):
            return "the JRC gave no such number"
    return None


TEXTS = ["", "x", "A" * 80, "A" * 81, "ễ" * 80, "ễ" * 81, "A<B", "a<b", "Đ", "😀", "VN", "XY", "vn",
         "xXx", "UNHCR", "ABCDEFGHIJK", "ORG-100030215", "ORG-200030215", "ORG-1", "1341", "9999",
         "12345", "260373001"]
DATES = ["2021-12-20", "2021-2-3", "2021-02-30", "2021-13-01", "20211220", "2021-12-20T10:00:00Z",
         "2021-12-20T10:00:00+07:00", "2021-12-20T10:00:00", "2021-12-20T10:00:00.123Z",
         "2021-12-20T25:00:00Z", "2021-12-20T10:00:00+0700", "2021-12-20T10:00:00+07", "0000-00-00",
         "2024-02-29", "2023-02-29", "yesterday"]
BIRTHS = ["1990", "1990-02", "1990-02-03", "1990-00", "1990-00-00", "1899", "1900", "2099", "2021",
          "2100", "1990-2", "90", "1990/02/03", "1990-02-03T00:00:00", "1990-99-99", "03/02/1990"]
NUMBERS = [0, 1, 2, 9, 255, 256, -1, 1.0, 2.5, "1", True]
ANYTHING = [None, 5, 1.5, True, [], {}, [1], {"a": 1}, "x"]
VERSIONS = ["1.0.0", "1.2.1", "1.3.0", "1.3.3", "1.3", "1.3.0.0", "a.b.c", "1x3y0", "1.3.0-rc", "10.20.30"]


def mutants(dcc):
    """Copies with one thing changed."""
    def changed(path, value=None, remove=False):
        other = copy.deepcopy(dcc)
        place = other
        for step in path[:-1]:
            place = place[step]
        if remove:
            del place[path[-1]]
        else:
            place[path[-1]] = value
        return other
    paths = [("ver",), ("nam",), ("dob",)] + [("nam", k) for k in dcc["nam"]]
    for kind, entry in entries(dcc):
        paths += [(kind,), (kind, 0)] + [(kind, 0, k) for k in entry]
        yield changed((kind,), [])
        yield changed((kind,), [entry, entry])
        for other in set("vtr") - {kind}:
            yield changed((other,), [])
            yield changed((other,), [entry])
        break
    for path in paths:
        values = list(ANYTHING)
        name = path[-1]
        if name in ("dn", "sd"):
            values += NUMBERS
        elif name == "dob":
            values += BIRTHS
        elif name == "ver":
            values += VERSIONS
        elif name in ("dt", "fr", "df", "du", "sc"):
            values += DATES
        elif isinstance(name, str):
            values += TEXTS
        for value in values:
            yield changed(path, value)
        if name != 0:
            yield changed(path, remove=True)
    yield changed(("unknown",), "kept")


def main():
    program, samples = sys.argv[1], pathlib.Path(sys.argv[2])
    if not (samples / "dcc-schema").is_dir() or not (samples / "dgc-testdata").is_dir():
        print(SKIPPED + "the schema and the public test data are not here")
        return 0
    try:
        schema = make_schema(samples / "dcc-schema")
    except ImportError:
        print(SKIPPED + "python3-jsonschema is not installed")
        return 0
    countries = set(json.loads((samples / "business-rules/valuesets/valueSets.json").read_text())
                    ["country-2-codes"]) | {"EU", "XK", "EL", "UK", "XX"}
    cases, shapes, fixtures = [], set(), 0
    for path in sorted((samples / "dgc-testdata").rglob("*.json")):
        dcc = json.loads(path.read_text("utf-8-sig")).get("JSON")
        if not isinstance(dcc, dict):
            continue
        fixtures += 1
        cases.append((str(path), dcc))
        shape = (dcc.get("ver"), tuple(sorted(dcc)), tuple(k for k in "vtr" if dcc.get(k)))
        if shape in shapes or not isinstance(dcc.get("nam"), dict):
            continue
        shapes.add(shape)
        cases += [(f"{path} changed {i}", other) for i, other in enumerate(mutants(dcc))]
    lines = "".join(encode(dcc).hex() + "\n" for _, dcc in cases)
    ours = subprocess.run([program], input=lines, capture_output=True, text=True, check=True,
                          timeout=60).stdout.split("\n")[:-1]
    assert len(ours) == len(cases), "an answer for each"
    same, stricter, wrong = 0, {}, 0
    for (name, dcc), found in zip(cases, ours):
        plain = lenient(dcc)
        # Before 1.3 several entries were allowed: each is judged alone.
        alone = [plain]
        kinds = [k for k in "vtr" if isinstance(plain.get(k), list)]
        if minor(dcc) < 3 and len(kinds) == 1 and len(plain[kinds[0]]) > 1:
            alone = [{**plain, kinds[0]: [entry]} for entry in plain[kinds[0]]]
        expected = all(schema.is_valid(one) for one in alone)
        why = strict(plain, countries) if expected else None
        if expected == (found == "good") and why is None:
            same += 1
        elif expected and why is not None and found == "schema_value":
            stricter[why] = stricter.get(why, 0) + 1
        else:
            wrong += 1
            if wrong <= 20:
                text = [e.message[:90] for one in alone for e in schema.iter_errors(one)][:2]
                print(f"{name}: the schema says {'good' if expected else text}, we say {found}"
                      f"{' although ' + why if why else ''}\n  {json.dumps(dcc, ensure_ascii=False)[:700]}")
    print(f"fixtures={fixtures} certificates={len(cases)} same={same} "
          f"stricter={sum(stricter.values())} wrong={wrong}")
    for why, count in sorted(stricter.items()):
        print(f"  {count:4d} stricter: {why}")
    return 0 if wrong == 0 and fixtures >= 150 and len(cases) > 1000 and same > len(cases) // 2 else 1


sys.exit(main())
