"""Refuses a dependency whose licence is not permissive, from `cargo metadata` alone (works offline once the crates are there)."""
import json
import re
import subprocess
import sys

ALLOWED = {
    "MIT", "MIT-0", "Apache-2.0", "Apache-2.0 WITH LLVM-exception", "BSD-1-Clause", "BSD-2-Clause", "BSD-3-Clause", "ISC", "Zlib", "0BSD",
    "Unicode-3.0", "Unicode-DFS-2016", "CC0-1.0", "Unlicense", "BSL-1.0", "CDLA-Permissive-2.0", "PostgreSQL",
}
# Weak copyleft by exception, file by file, used unchanged.
EXCEPTIONS = {"MPL-2.0": set()}
# rsa: RUSTSEC-2023-0071; h2 below 0.4: RUSTSEC-2026-0258; actix-governor: GPL.
BANNED = {"rsa", "actix-governor", "h2"}


def permissive(expression, name):
    text = expression.replace("/", " OR ")
    for alternative in re.split(r"\s+OR\s+", text.strip("() ")):
        parts = [p.strip("() ") for p in re.split(r"\s+AND\s+", alternative)]
        if all(p in ALLOWED or name in EXCEPTIONS.get(p, ()) for p in parts):
            return True
    # (A OR B) AND C
    groups = [g.strip("() ") for g in re.split(r"\)\s+AND\s+|\s+AND\s+\(", text)]
    return all(any(p.strip("() ") in ALLOWED for p in re.split(r"\s+OR\s+", g)) for g in groups)


metadata = json.loads(subprocess.check_output(["cargo", "metadata", "--format-version", "1", "--locked", "--all-features"]))
bad = []
for package in metadata["packages"]:
    if package["source"] is None:
        continue
    licence = package.get("license") or ""
    if not licence or not permissive(licence, package["name"]):
        bad.append(f"{package['name']} {package['version']}: licence {licence or 'not stated'}")
    if package["name"] in BANNED:
        bad.append(f"{package['name']} {package['version']}: banned (see README)")
    if not package["source"].startswith("registry+"):
        bad.append(f"{package['name']} {package['version']}: not from the registry")
print(f"{len(metadata['packages'])} packages looked at")
if bad:
    print("\n".join(bad))
    sys.exit(1)
